"""What search engines ask for."""

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from portal.base.current import current_settings
from portal.blueprints.customer import customer
from portal.queries.knowledge import articles as queries
from portal.web.guards import public

KEPT = {"Cache-Control": "public, max-age=3600"}


@customer.get("/sitemap.xml")
@public
def sitemap() -> ResponseReturnValue:
    """Every published article with the time of its last change, at most as many as one sitemap may hold."""
    base, rows = current_settings().base_url, queries.sitemap_rows()
    return Response(
        render_template("customer/sitemap.html", base=base, rows=rows), headers=KEPT, mimetype="application/xml"
    )


@customer.get("/robots.txt")
@public
def robots() -> ResponseReturnValue:
    lines = ["User-agent: *", "Disallow: /tickets", "Disallow: /agent", "Disallow: /kb/search", "Disallow: /survey"]
    text = "\n".join([*lines, f"Sitemap: {current_settings().base_url}/sitemap.xml", ""])
    return Response(text, headers=KEPT, mimetype="text/plain")
