"""Whole pages and their parts from the same templates."""

from typing import Any

from flask import Response, current_app, make_response, render_template, request


def wants_fragment() -> bool:
    """htmx says "partial" when the answer goes into a part of the page (htmx 4: HX-Request-Type)."""
    return request.headers.get("HX-Request-Type") == "partial"


def page(template: str, *, fragment: str | None = None, status: int = 200, **context: Any) -> Response:
    """The whole page, or only the block of that name when htmx asks for a part."""
    if fragment is not None and wants_fragment():
        html = render_block(template, fragment, **context)
    else:
        html = render_template(template, **context)
    return make_response(html, status)


def render_block(template: str, block: str, **context: Any) -> str:
    """One block of a template, without the template's top level."""
    loaded = current_app.jinja_env.get_template(template)
    current_app.update_template_context(context)
    return "".join(loaded.blocks[block](loaded.new_context(context)))


def partials(*parts: tuple[str, str, str]) -> str:
    """Further places of the open page to refresh: (selector, swap, html) each."""
    return "".join(
        f'<hx-partial hx-target="{target}" hx-swap="{swap}">{html}</hx-partial>' for target, swap, html in parts
    )
