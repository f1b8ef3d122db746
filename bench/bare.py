"""The yardstick: a Flask page without database that renders a table of 25 rows through one Jinja template."""

from flask import Flask, render_template_string

ROWS = [
    {"number": 1000 + n, "subject": f"Subject of ticket {n}", "customer": f"Customer {n}", "status": "open"}
    for n in range(25)
]
TEMPLATE = """<!doctype html><title>Bare</title><table>
{% for row in rows %}<tr><td>{{ row.number }}</td><td><a href="/t/{{ row.number }}">{{ row.subject }}</a></td>
<td>{{ row.customer }}</td><td>{{ row.status }}</td></tr>{% endfor %}</table>"""


def app() -> Flask:
    bare = Flask("bare")

    @bare.get("/")
    def page() -> str:
        return render_template_string(TEMPLATE, rows=ROWS)

    return bare
