"""Words that mean the same to search."""

from flask import flash, redirect
from flask.typing import ResponseReturnValue

from portal.base.unit_of_work import unit_of_work
from portal.blueprints.admin import admin
from portal.queries.knowledge import synonyms as queries
from portal.services import Invalid
from portal.services.knowledge import synonyms as services
from portal.web import limits
from portal.web.forms import SynonymForm
from portal.web.guards import actor, admins
from portal.web.pages import page

PAGE = "/admin/synonyms"


@admin.get("/synonyms")
@admins
def synonyms() -> ResponseReturnValue:
    return _page(SynonymForm(formdata=None))


@admin.post("/synonyms")
@admins
@limits.limit(limits.WRITE, limits.person_or_peer)
def add_synonyms() -> ResponseReturnValue:
    return _save(None)


@admin.post("/synonyms/<int:group_id>")
@admins
@limits.limit(limits.WRITE, limits.person_or_peer)
def change_synonyms(group_id: int) -> ResponseReturnValue:
    return _save(group_id)


@admin.post("/synonyms/<int:group_id>/remove")
@admins
@limits.limit(limits.WRITE, limits.person_or_peer)
def remove_synonyms(group_id: int) -> ResponseReturnValue:
    with unit_of_work():
        services.remove_group(actor(), queries.get_group(group_id, lock=True))
    flash("These words are no synonyms any more.")
    return redirect(PAGE, 303)


def _save(group_id: int | None) -> ResponseReturnValue:
    form = SynonymForm()
    if not form.validate():
        return _page(form, status=422)
    try:
        with unit_of_work():
            group = queries.get_group(group_id, lock=True) if group_id else None
            services.put_group(actor(), (form.words.data or "").split(","), group)
    except Invalid as invalid:
        form.words.errors = [invalid.message]
        return _page(form, status=422)
    flash("Saved. Searches use it from now on.")
    return redirect(PAGE, 303)


def _page(form: SynonymForm, *, status: int = 200) -> ResponseReturnValue:
    return page("admin/synonyms.html", status=status, form=form, groups=queries.groups())
