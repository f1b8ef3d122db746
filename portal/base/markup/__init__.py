"""Markdown that people wrote, rendered to HTML that cannot harm: messages of tickets, and articles."""

from portal.base.markup.articles import Heading, RenderedArticle, render_article
from portal.base.markup.messages import render_markdown

__all__ = ["Heading", "RenderedArticle", "render_article", "render_markdown"]
