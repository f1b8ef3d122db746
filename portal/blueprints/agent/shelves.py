"""Categories of articles: names, descriptions, order."""

from flask import flash, redirect
from flask.typing import ResponseReturnValue

from portal.base.unit_of_work import unit_of_work
from portal.blueprints.agent import agent
from portal.queries.knowledge import articles as queries
from portal.services.knowledge import categories as services
from portal.web import limits
from portal.web.forms import KbCategoryForm
from portal.web.guards import actor, staff
from portal.web.pages import page


@agent.get("/articles/categories")
@staff
def kb_categories() -> ResponseReturnValue:
    return _page(KbCategoryForm(formdata=None))


@agent.post("/articles/categories")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def add_kb_category() -> ResponseReturnValue:
    form = KbCategoryForm()
    if not form.validate():
        return _page(form, status=422)
    with unit_of_work():
        services.add_category(actor(), form.name.data, form.description.data or "")
    flash("The category is there.")
    return redirect("/agent/articles/categories", 303)


@agent.post("/articles/categories/<slug>")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def change_kb_category(slug: str) -> ResponseReturnValue:
    form = KbCategoryForm()
    if not form.validate():
        return _page(form, status=422)
    with unit_of_work():
        category = queries.get_category(slug)
        place = form.position.data if form.position.data is not None else category.position
        services.change_category(actor(), category, form.name.data, form.description.data or "", place)
    flash("The category is saved.")
    return redirect("/agent/articles/categories", 303)


def _page(form: KbCategoryForm, *, status: int = 200) -> ResponseReturnValue:
    shelves = queries.categories_with_counts(for_staff=True, also_empty=True)
    return page("agent/kb_categories.html", status=status, form=form, shelves=shelves)
