"""Ready answers: the list, and writing one."""

from flask import flash, redirect
from flask.typing import ResponseReturnValue

from portal.base.unit_of_work import unit_of_work
from portal.blueprints.agent import agent
from portal.models import QuickAnswer
from portal.queries.knowledge import quick_answers as queries
from portal.services import Invalid
from portal.services.knowledge import quick_answers as services
from portal.services.knowledge.quick_answers import AnswerText
from portal.web import limits
from portal.web.forms import QuickAnswerForm
from portal.web.guards import actor, staff
from portal.web.pages import page

LIST = "/agent/quick-answers"


@agent.get("/quick-answers")
@staff
def quick_answers() -> ResponseReturnValue:
    return page("agent/quick_answers.html", answers=queries.quick_answers())


@agent.get("/quick-answers/new")
@staff
def new_quick_answer() -> ResponseReturnValue:
    return _editor(QuickAnswerForm(formdata=None, is_enabled=True))


@agent.post("/quick-answers/new")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def add_quick_answer() -> ResponseReturnValue:
    return _save(QuickAnswerForm(), None)


@agent.get("/quick-answers/<int:answer_id>")
@staff
def edit_quick_answer(answer_id: int) -> ResponseReturnValue:
    found = queries.get_quick_answer(answer_id)
    given = {"title": found.title, "patterns": "\n".join(found.patterns), "answer": found.answer}
    return _editor(QuickAnswerForm(formdata=None, is_enabled=found.is_enabled, **given), found)


@agent.post("/quick-answers/<int:answer_id>")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def change_quick_answer(answer_id: int) -> ResponseReturnValue:
    return _save(QuickAnswerForm(), queries.get_quick_answer(answer_id))


@agent.post("/quick-answers/<int:answer_id>/remove")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def remove_quick_answer(answer_id: int) -> ResponseReturnValue:
    with unit_of_work():
        services.remove_quick_answer(actor(), queries.get_quick_answer(answer_id, lock=True))
    flash("The quick answer is gone.")
    return redirect(LIST, 303)


def _save(form: QuickAnswerForm, found: QuickAnswer | None) -> ResponseReturnValue:
    if not form.validate():
        return _editor(form, found, status=422)
    wanted = AnswerText(
        form.title.data, form.patterns.data.splitlines(), form.answer.data.replace("\r\n", "\n"), form.is_enabled.data
    )
    try:
        with unit_of_work():
            locked = queries.get_quick_answer(found.id, lock=True) if found else None
            services.put_quick_answer(actor(), wanted, locked)
    except Invalid as invalid:
        form.patterns.errors = [invalid.message]
        return _editor(form, found, status=422)
    flash("The quick answer is saved.")
    return redirect(LIST, 303)


def _editor(form: QuickAnswerForm, found: QuickAnswer | None = None, *, status: int = 200) -> ResponseReturnValue:
    return page("agent/quick_answer_editor.html", status=status, form=form, answer=found)
