"""A solved ticket as the beginning of an article: the question and the answer that solved it, for a person to rewrite."""

from portal.models import Article, Category, Ticket, TicketMessage, User
from portal.models.knowledge import SUMMARY_LENGTH, TITLE_LENGTH
from portal.queries import tickets as ticket_queries
from portal.rules import access
from portal.rules.access import Action, Actor
from portal.services import Refused
from portal.services.knowledge.articles import ArticleText, write_article
from portal.services.knowledge.categories import category_named

TEMPLATE = """## Overview

{overview}

## Prerequisites

What readers need before they begin; leave this out if it is nothing.

## Steps

{steps}

## Additional resources

- Related articles
"""
OVERVIEW = "Say in two sentences what this article is for."
STEPS = "1. First step\n2. Second step\n3. Third step"


def empty_template() -> str:
    """What a new article begins with."""
    return TEMPLATE.format(overview=OVERVIEW, steps=STEPS)


def draft_from_ticket(actor: Actor, author: User, ticket: Ticket) -> Article:
    """A draft of the customer's question and the last public answer; notes stay where they are.

    Raises access.Denied, and Refused for a ticket that is not solved.
    """
    access.require(actor, Action.VIEW, ticket.access_facts())
    if ticket.status.is_active:
        raise Refused("Only a solved ticket can become an article: resolve it first.")
    messages = [message for message in ticket_queries.messages(actor, ticket) if not message.is_internal]
    return write_article(actor, author, _draft(ticket, messages), ticket=ticket)


def _draft(ticket: Ticket, messages: list[TicketMessage]) -> ArticleText:
    question = messages[0].body if messages else ""
    answers = [message.body for message in messages if message.author is not None and message.author.is_staff]
    body = TEMPLATE.format(overview=question.strip() or OVERVIEW, steps=answers[-1].strip() if answers else STEPS)
    return ArticleText(
        title=ticket.subject[:TITLE_LENGTH],
        summary=" ".join(question.split())[: SUMMARY_LENGTH // 2],
        body=body,
        category=category_named(_category(ticket.category)),
    )


def _category(category: Category) -> str:
    return category.name
