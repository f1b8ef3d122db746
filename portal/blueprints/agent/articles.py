"""Writing articles: the list, the editor with its preview, and pictures."""

from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue

from portal.base.clock import now
from portal.base.markup import render_article
from portal.base.unit_of_work import unit_of_work
from portal.blueprints.agent import agent
from portal.models import Article
from portal.queries import tickets as ticket_queries
from portal.queries.knowledge import articles as queries
from portal.queries.knowledge.articles import ArticleFilter
from portal.rules.vocabulary import ArticleStatus
from portal.services import Invalid, Refused
from portal.services.attachments import UploadRefused
from portal.services.knowledge import articles as services
from portal.services.knowledge import drafting, images
from portal.services.knowledge.articles import ArticleText
from portal.services.knowledge.categories import category_named
from portal.web import limits
from portal.web.forms import ArticleForm, uploads
from portal.web.guards import actor, person, staff
from portal.web.pages import page

EDITOR = "agent/article_editor.html"
STATUS_WORDS = {
    ArticleStatus.PUBLISHED: "Published",
    ArticleStatus.DRAFT: "Drafts",
    ArticleStatus.INTERNAL: "Internal",
    ArticleStatus.ARCHIVED: "Archived",
}
SORT_WORDS = {"updated": "Last change", "views": "Most read", "title": "Title"}


@agent.get("/articles")
@staff
def articles() -> ResponseReturnValue:
    """Every article; narrowed by status, category, words of the title, and to those due for a look."""
    args, today = request.args, now().date()
    status = ArticleStatus(args["status"]) if args.get("status") in set(ArticleStatus) else None
    category = queries.find_category(args.get("category", "")[:100])
    sort = args.get("sort", "") if args.get("sort", "") in SORT_WORDS else "updated"
    due = args.get("due") == "1"
    wanted = ArticleFilter(status, category.id if category else None, today if due else None, args.get("q", "")[:200])
    return page(
        "agent/articles.html",
        fragment="rows",
        found=queries.page_of_articles(wanted, sort, args.get("cursor")),
        counts=queries.status_counts(today),
        categories=queries.categories(),
        asked={
            "status": status,
            "category": category.slug if category else "",
            "sort": sort,
            "due": due,
            "q": wanted.text,
        },
        status_words=STATUS_WORDS,
        sorts=SORT_WORDS,
        today=today,
    )


@agent.get("/articles/new")
@staff
def new_article() -> ResponseReturnValue:
    return _editor(_form(formdata=None, body=drafting.empty_template(), status=ArticleStatus.DRAFT.value))


@agent.post("/articles/new")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def write_article() -> ResponseReturnValue:
    form = _form()
    if _asks_for_help():
        return _helped(form)
    if not form.validate():
        return _editor(form, status=422)
    with unit_of_work():
        article = services.write_article(actor(), person(), _text(form))
    flash("The article is saved.")
    return redirect(f"/agent/articles/{article.id}", 303)


@agent.get("/articles/<int:article_id>")
@staff
def edit_article(article_id: int) -> ResponseReturnValue:
    found = queries.get_article(article_id, for_staff=True)
    return _editor(_form(formdata=None, **_fields(found)), found)


@agent.post("/articles/<int:article_id>")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def change_article(article_id: int) -> ResponseReturnValue:
    """Whoever saves over a change they have not seen is shown it beside their own text; pressing again then saves."""
    form, found = _form(), queries.get_article(article_id, for_staff=True)
    if _asks_for_help():
        return _helped(form, found)
    if not form.validate():
        return _editor(form, found, status=422)
    try:
        with unit_of_work():
            locked = queries.get_article(article_id, for_staff=True, lock=True)
            changed = services.change_article(
                actor(), person(), locked, _text(form), seen_version=int(form.version.data or 0)
            )
    except Refused as refused:
        return _overtaken(form, queries.get_article(article_id, for_staff=True), str(refused))
    flash("The article is saved." if changed else "Nothing was changed.")
    return redirect(f"/agent/articles/{article_id}", 303)


@agent.post("/articles/preview")
@staff
@limits.limit(limits.PREVIEW, limits.person_or_peer)
def preview() -> ResponseReturnValue:
    """What the text will look like; asked for while it is written."""
    form = _form()
    return page(EDITOR, fragment="preview", form=form, shown=render_article(form.body.data or ""), **_around(None))


@agent.post("/articles/images")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def add_image() -> ResponseReturnValue:
    """An uploaded picture becomes one of ours; the answer is the Markdown to put into the text."""
    try:
        return {"markdown": _picture()}, 201
    except (Invalid, UploadRefused) as refused:
        return {"problem": str(refused)}, 413 if isinstance(refused, UploadRefused) else 422


@agent.post("/tickets/<int:number>/article")
@staff
@limits.limit(limits.WRITE, limits.person_or_peer)
def article_from_ticket(number: int) -> ResponseReturnValue:
    with unit_of_work():
        article = drafting.draft_from_ticket(actor(), person(), ticket_queries.get_ticket(actor(), number))
    flash("Here is a draft made of the question and the answer. Take out what concerns only this customer.")
    return redirect(f"/agent/articles/{article.id}", 303)


_NO_MARKS = str.maketrans(dict.fromkeys("[]()\\\r\n\0"))


def _asks_for_help() -> bool:
    """The buttons of the editor for who has no JavaScript: show the text, or take a picture into it; nothing is saved."""
    return "preview" in request.form or "add_picture" in request.form


def _helped(form: ArticleForm, article: Article | None = None) -> ResponseReturnValue:
    if "add_picture" not in request.form:
        return _editor(form, article)
    try:
        form.body.data = f"{(form.body.data or '').rstrip()}\n\n{_picture()}\n"
    except (Invalid, UploadRefused) as refused:
        return _editor(form, article, status=422, picture_errors=[str(refused)])
    return _editor(form, article)


def _picture() -> str:
    """Take in the picture of this request; its Markdown. Raises Invalid, UploadRefused."""
    files = uploads("image")
    if not files:
        raise Invalid("image", "Choose a picture first.")
    encoded = images.encode_picture(files[0].stream)
    with unit_of_work():
        image = images.keep_picture(actor(), person(), encoded)
    words = files[0].filename.rsplit(".", 1)[0].translate(_NO_MARKS)[:100]
    return f"![{words}](/kb/images/{image.id})"


def _form(**given: Any) -> ArticleForm:
    form = ArticleForm(**given)
    form.category.choices = [row.name for row in queries.categories()]
    if form.category.data and form.category.data not in form.category.choices:
        form.category.choices.append(form.category.data)
    return form


def _fields(article: Article) -> dict[str, Any]:
    return {
        "title": article.title,
        "summary": article.summary,
        "body": article.body,
        "category": article.category.name,
        "tags": ", ".join(article.tags),
        "status": article.status.value,
        "review_on": article.review_on,
        "version": article.version,
    }


def _text(form: ArticleForm) -> ArticleText:
    """What the form says; a category nobody has is made."""
    return ArticleText(
        title=form.title.data,
        summary=form.summary.data or "",
        body=form.body.data.replace("\r\n", "\n"),
        category=category_named(form.new_category.data or form.category.data),
        tags=services.clean_tags((form.tags.data or "").split(",")),
        status=ArticleStatus(form.status.data),
        review_on=form.review_on.data,
    )


def _editor(
    form: ArticleForm, article: Article | None = None, *, status: int = 200, **more: Any
) -> ResponseReturnValue:
    shown = render_article(form.body.data or "")
    return page(EDITOR, status=status, form=form, shown=shown, **{**_around(article), **more})


def _overtaken(form: ArticleForm, theirs: Article, why: str) -> ResponseReturnValue:
    """The other's version beside the writer's text, and the form now knows it."""
    form.version.data = str(theirs.version)
    form.version.raw_data = [str(theirs.version)]
    return _editor(form, theirs, status=409, overtaken=why)


def _around(article: Article | None) -> dict[str, Any]:
    return {"article": article, "status_words": STATUS_WORDS, "overtaken": "", "picture_errors": []}
