"""Shelves: the tables, and facts about one loaded row. Importing this package makes the whole schema known."""

from portal.models.account import Account
from portal.models.api import ApiToken, IdempotencyKey
from portal.models.figures import BegunTicket, SearchDay
from portal.models.inbound import InboundEmail
from portal.models.knowledge import Article, ArticleImage, ArticleRating, ArticleRevision, KbCategory, QuickAnswer
from portal.models.knowledge_search import ArticleDocument, Lexeme, Posting, SearchTotals, SynonymGroup, Word
from portal.models.outbox import OutboxMail
from portal.models.routing import Category, PriorityRule, Team, TeamMember
from portal.models.search import TicketSearch
from portal.models.session import OneTimeToken, UserSession
from portal.models.setting import Setting
from portal.models.sla import BusinessCalendar, SlaClock, SlaPolicy
from portal.models.ticket import (
    Attachment,
    Participant,
    SatisfactionRating,
    Tag,
    Ticket,
    TicketEvent,
    TicketMessage,
    ticket_tags,
)
from portal.models.user import User

__all__ = [
    "Account",
    "ApiToken",
    "Article",
    "ArticleDocument",
    "ArticleImage",
    "ArticleRating",
    "ArticleRevision",
    "Attachment",
    "BegunTicket",
    "BusinessCalendar",
    "Category",
    "IdempotencyKey",
    "InboundEmail",
    "KbCategory",
    "Lexeme",
    "OneTimeToken",
    "OutboxMail",
    "Participant",
    "Posting",
    "PriorityRule",
    "QuickAnswer",
    "SatisfactionRating",
    "SearchDay",
    "SearchTotals",
    "Setting",
    "SlaClock",
    "SlaPolicy",
    "SynonymGroup",
    "Tag",
    "Team",
    "TeamMember",
    "Ticket",
    "TicketEvent",
    "TicketMessage",
    "TicketSearch",
    "User",
    "UserSession",
    "Word",
    "ticket_tags",
]
