"""The rules of the house that no linter knows."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import nodes
from werkzeug.routing import Rule

from portal.rules.vocabulary import MailKind

ROOT = Path(__file__).resolve().parents[1]
CODE = sorted((ROOT / "portal").rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
LONGEST_FILE = 350
"""About 300 is the aim."""


@pytest.fixture
def whole(request: pytest.FixtureRequest) -> Flask:
    """The app with every door on it; its database is not touched."""
    app: Flask = request.getfixturevalue("_app")
    return app


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines_with(pattern: str, paths: list[Path], *, but: set[str] = frozenset()) -> list[str]:  # type: ignore[assignment]
    """Every line that holds the pattern, as file:line, outside the files named."""
    found = re.compile(pattern)
    return [
        f"{name(path)}:{number}: {line.strip()}"
        for path in paths
        if name(path) not in but
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if found.search(line)
    ]


def under(folder: str) -> list[Path]:
    return [path for path in CODE if name(path).startswith(folder)]


class TestRoutes:
    @pytest.fixture
    def rules(self, whole: Flask) -> list[Rule]:
        return list(whole.url_map.iter_rules())

    def test_each_carries_a_mark_that_says_who_may_knock(self, whole: Flask, rules: list[Rule]) -> None:
        unmarked = [rule.rule for rule in rules if not hasattr(whole.view_functions[rule.endpoint], "guard")]
        assert unmarked == []

    def test_below_agent_are_for_staff_only(self, whole: Flask, rules: list[Rule]) -> None:
        marks = {whole.view_functions[rule.endpoint].guard for rule in rules if rule.rule.startswith("/agent")}  # type: ignore[attr-defined]
        assert marks == {"staff"}

    def test_take_either_safe_or_unsafe_verbs_never_both(self, rules: list[Rule]) -> None:
        """So that no GET reaches code that changes something, and every change has CSRF and origin checked."""
        verbs = [(rule.rule, (rule.methods or set()) - {"OPTIONS", "HEAD"}) for rule in rules]
        assert [path for path, methods in verbs if "GET" in methods and methods != {"GET"}] == []

    def test_that_answer_a_get_open_no_unit_of_work(self, whole: Flask, rules: list[Rule]) -> None:
        reading = [rule for rule in rules if rule.methods and "GET" in rule.methods]
        writing = [
            rule.rule
            for rule in reading
            if "unit_of_work" in inspect.getsource(inspect.unwrap(whole.view_functions[rule.endpoint]))
        ]
        assert writing == []

    def test_of_the_development_mode_are_there_in_embedded_mode_only(self, rules: list[Rule]) -> None:
        assert lines_with(r"register_blueprint\(dev\)", CODE) == [
            "portal/blueprints/__init__.py:19: app.register_blueprint(dev)"
        ]
        assert any(rule.rule.startswith("/dev/") for rule in rules)


class TestCode:
    def test_commits_in_the_unit_of_work_only(self) -> None:
        # migrations run on a connection of their own, before any app is there
        places = {"portal/base/unit_of_work.py", "portal/base/migrations.py"}
        assert lines_with(r"\.commit\(", CODE, but=places | copying()) == []

    def test_never_listens_to_commits(self) -> None:
        assert lines_with(r"after_commit['\"]", CODE) == []

    def test_reads_wall_time_in_one_place(self) -> None:
        assert (
            lines_with(r"datetime\.now\(|utcnow\(|time\.time\(|date\.today\(", CODE, but={"portal/base/clock.py"}) == []
        )

    def test_of_services_queries_models_and_mail_knows_no_request(self) -> None:
        beneath = [
            path for floor in ("services", "queries", "models", "mail", "rules") for path in under(f"portal/{floor}/")
        ]
        assert lines_with(r"from flask import .*\b(request|session|g|abort)\b|flask\.request", beneath) == []

    def test_never_builds_links_from_the_request(self) -> None:
        assert lines_with(r"_external=True|request\.url_root|request\.base_url\b", CODE) == []

    def test_never_unpickles_evaluates_or_shells(self) -> None:
        assert lines_with(r"pickle|\beval\(|\bexec\(|shell=True|yaml\.load\(|os\.system", CODE) == []

    def test_holds_no_leftovers(self) -> None:
        assert lines_with(r"\b(TODO|FIXME|XXX|HACK)\b|\bbreakpoint\(|\bpdb\b", CODE) == []

    def test_stands_in_files_one_can_read(self) -> None:
        long = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in CODE}
        assert {path: lines for path, lines in long.items() if lines > LONGEST_FILE} == {}


def copying() -> set[str]:
    """Bulk loading for benchmarks speaks COPY on a connection of its own."""
    return {name(path) for path in under("portal/services/load/")} | {"portal/cli/seed.py"}


def without_jinja(path: Path) -> str:
    """The HTML alone."""
    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


class TestTemplates:
    def test_end_in_html_so_that_everything_is_escaped_or_are_plain_text_mails(self) -> None:
        others = {path.suffix for path in (ROOT / "templates").rglob("*") if path.is_file()} - {".html"}
        assert others <= {".txt"}
        assert (
            lines_with(r".", [path for path in (ROOT / "templates").rglob("*.txt") if path.parent.name != "mail"]) == []
        )

    def test_trust_html_in_the_components_only(self) -> None:
        assert lines_with(r"\|\s*safe\b|autoescape false|Markup\(", TEMPLATES, but={"templates/ui.html"}) == []
        assert len(lines_with(r"\|\s*safe\b", [ROOT / "templates" / "ui.html"])) == 1

    def test_hold_nothing_inline(self) -> None:
        inline = re.compile(r"\sstyle=|\son[a-z]+=|\shx-on|<style\b|<script(?![^>]*\bsrc=)|javascript:")
        pages = {name(path): without_jinja(path) for path in TEMPLATES if path.parent.name != "mail"}
        assert {path: found[0] for path, text in pages.items() if (found := inline.search(text))} == {}

    def test_whose_name_begins_with_an_underscore_are_each_used(self) -> None:
        everything = "\n".join(path.read_text(encoding="utf-8") for path in [*TEMPLATES, *CODE])
        partials = [path for path in TEMPLATES if path.name.startswith("_")]
        unused = [name(path) for path in partials if not re.search(rf"""["'](?:[\w/]+/)?{path.name}["']""", everything)]
        assert unused == []

    def test_are_each_shown_by_somebody(self) -> None:
        everything = "\n".join(path.read_text(encoding="utf-8") for path in [*TEMPLATES, *CODE])
        pages = [
            path for path in TEMPLATES if path.parent.name not in {"errors", "mail"} and not path.name.startswith("_")
        ]
        unused = [path for path in pages if path.relative_to(ROOT / "templates").as_posix() not in everything]
        assert [name(path) for path in unused] == []

    def test_post_with_a_csrf_token_each_time(self) -> None:
        forms = re.compile(r"<form[^>]*method=\"post\".*?</form>", re.DOTALL)
        bare = [
            f"{name(path)}: {form[:80]}"
            for path in TEMPLATES
            if name(path) != "templates/dev/ui.html"  # the component sheet's form goes nowhere
            for form in forms.findall(path.read_text(encoding="utf-8"))
            if not re.search(r"csrf\(\)|hidden_tag\(\)", form)
        ]
        assert bare == []


def fragments() -> Iterator[tuple[str, str]]:
    """(template, block) wherever a door asks for a part of a page by name."""
    for path in under("portal/blueprints/"):
        source = path.read_text(encoding="utf-8")
        constants = dict(re.findall(r"^([A-Z_]+) = \"([\w/]+\.html)\"", source, re.MULTILINE))
        for template, fragment in re.findall(r"page\(\s*(\"[\w/]+\.html\"|[A-Z_]+),[^)]*?fragment=\"(\w+)\"", source):
            yield constants.get(template, template.strip('"')), fragment
        for template, fragment in re.findall(r"render_block\(\s*(\"[\w/]+\.html\"|[A-Z_]+),\s*\"(\w+)\"", source):
            yield constants.get(template, template.strip('"')), fragment
        for regions in re.findall(r"regions = \[([^\]]+)\]", source):
            for fragment in re.findall(r"\"(\w+)\"", regions):
                yield constants["TEMPLATE"], fragment


FRAGMENTS = sorted(set(fragments()))
NESTED = {("agent/ticket.html", "composer_errors")}
"""Blocks that are the inside of an element, not the element itself."""


def test_doors_ask_for_fragments() -> None:
    assert len(FRAGMENTS) >= 6


@pytest.mark.parametrize(("template", "fragment"), FRAGMENTS)
def test_every_fragment_is_a_block_and_an_element_id(whole: Flask, template: str, fragment: str) -> None:
    source = (ROOT / "templates" / template).read_text(encoding="utf-8")
    blocks = {block.name for block in whole.jinja_env.parse(source).find_all(nodes.Block)}
    assert fragment in blocks
    if (template, fragment) not in NESTED:
        block = source.split(f"{{% block {fragment} %}}")[1]
        first_tag = re.search(r"<\w[^>]*>", block)
        assert first_tag is not None
        assert f'id="{fragment}"' in first_tag[0]


@pytest.mark.parametrize(("template", "fragment"), FRAGMENTS)
def test_no_fragment_needs_what_stands_outside_it(whole: Flask, template: str, fragment: str) -> None:
    """Rendering one block skips the template's top level: no set, import or macro there may be used inside."""
    tree = whole.jinja_env.parse((ROOT / "templates" / template).read_text(encoding="utf-8"))
    outside = {
        target.name
        for node in tree.body
        if isinstance(node, nodes.Assign | nodes.Macro | nodes.Import | nodes.FromImport)
        for target in ([node] if isinstance(node, nodes.Macro) else node.find_all(nodes.Name))
    }
    [block] = [block for block in tree.find_all(nodes.Block) if block.name == fragment]
    assert outside & {used.name for used in block.find_all(nodes.Name)} == set()


@pytest.mark.parametrize("kind", list(MailKind))
def test_every_mail_kind_has_subject_text_and_html(kind: MailKind) -> None:
    folder = ROOT / "templates" / "mail"
    pieces = {path.name for path in folder.glob(f"{kind.value}.*") if path.read_text(encoding="utf-8").strip()}
    assert pieces == {f"{kind.value}.{piece}" for piece in ("subject.txt", "txt", "html")}


def test_no_mail_is_written_that_nobody_sends() -> None:
    written = {path.name.split(".")[0] for path in (ROOT / "templates" / "mail").iterdir() if path.name[0] != "_"}
    assert written == {kind.value for kind in MailKind}
