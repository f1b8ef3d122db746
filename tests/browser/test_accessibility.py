"""axe-core on every page, in both themes, wide and narrow; and no page that scrolls sideways, down to 320 px."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, WIDE, OpenWindow
from tests.browser.office import ANA, BEN, CLEO, Office, unique
from tests.running import Portal

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
SMALLEST = {"width": 320, "height": 640}
RUN = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  await frame().then(frame); // colours have arrived in the theme
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations
    .filter((found) => ["serious", "critical"].includes(found.impact))
    .flatMap((found) => found.nodes.map((node) => `${found.id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}"""
PUBLIC = {
    "help centre": "/",
    "sign in": "/login",
    "sign up": "/signup",
    "forgotten password": "/password/forgot",
    "sign-in link": "/login/link",
    "new ticket of a guest": "/tickets/new",
    "component sheet": "/dev/ui",
    "mailbox": "/dev/mailbox",
    "API document": "/api/v1/docs",
    "nothing here": "/nowhere",
}


def trouble(page: Page) -> list[str]:
    """Whatever is wrong with what the page shows now."""
    page.evaluate(AXE)
    found = []
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        found += _sideways(page)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            found += [f"{theme} {size['width']} {line}" for line in page.evaluate(RUN)]
    page.set_viewport_size(SMALLEST)
    return found + _sideways(page)


def _sideways(page: Page) -> list[str]:
    extent, width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return [f"scrolls sideways at {width}: {extent}"] if extent > width else []


@pytest.mark.parametrize("address", PUBLIC.values(), ids=PUBLIC.keys())
def test_pages_for_everyone(open_window: OpenWindow, address: str) -> None:
    page = open_window()
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == (404 if address == "/nowhere" else 200)
    assert trouble(page) == []


def test_pages_on_the_way_to_an_account(open_window: OpenWindow, office: Office) -> None:
    page, address = open_window(), f"{unique()}@example.org"
    page.goto("/signup")
    page.get_by_label("Name").fill("Maya Osei")
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading")).to_have_text("Check your mail")
    assert trouble(page) == []
    page.goto(office.link(address, "/verify/"))
    assert trouble(page) == []
    page.get_by_label("Password", exact=True).fill("a long enough secret")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("No tickets yet")).to_be_visible()
    assert trouble(page) == []


def test_pages_for_who_lost_the_password(open_window: OpenWindow, office: Office) -> None:
    page = open_window()
    for start, path in (("/password/forgot", "/password/reset/"), ("/login/link", "/login/link/")):
        page.goto(start)
        page.get_by_label("E-mail address").fill(BEN)
        page.get_by_role("button", name="Send the link").click()
        expect(page.get_by_role("heading")).to_have_text("Check your mail")
        page.goto(office.link(BEN, path))
        assert trouble(page) == []


def test_pages_of_a_guests_ticket(open_window: OpenWindow, office: Office) -> None:
    page, address = open_window(), f"{unique()}@example.org"
    page.goto("/tickets/new")
    page.locator(".new-ticket").evaluate("form => form.submit()")
    expect(page.get_by_text("fields need another look")).to_be_visible()
    assert trouble(page) == []
    page.get_by_label("Subject").fill("Hello")
    page.get_by_label("What happened?").fill("A question before I sign up.")
    page.get_by_label("Category").select_option("general")
    page.get_by_label("Your e-mail address").fill(address)
    page.get_by_role("button", name="Send ticket").click()
    page.goto(office.link(address, "/tickets/confirm/"))
    assert trouble(page) == []
    page.get_by_role("button", name="Send my ticket").click()
    expect(page.get_by_role("heading")).to_contain_text("We have it")
    assert trouble(page) == []


def test_pages_of_a_customer(open_window: OpenWindow, office: Office) -> None:
    number, page = office.ticket(), open_window(ANA)
    office.note(number, "Only for us.")
    office.reply(number, "Which **browser**? See `about:version`.\n\n> The export stops\n\n1. one\n2. two")
    for address in ("/tickets", "/tickets?q=zzzz", "/tickets/new", f"/tickets/{number}?new=1"):
        page.goto(address)
        assert trouble(page) == []
    page.get_by_text("Add a follower").click()
    page.locator("form[action$=followers]").evaluate("form => form.submit()")
    expect(page.get_by_text("Enter a full address")).to_be_visible()
    assert trouble(page) == []
    office.change(number, status="resolved")
    page.goto(f"/tickets/{number}")
    assert trouble(page) == []


def test_pages_of_the_survey(open_window: OpenWindow, office: Office) -> None:
    number, page = office.ticket(), open_window()
    office.change(number, status="resolved")
    page.goto(next(word for word in office.mail(ANA, number, "How did we do?")["text"].split() if "/survey/" in word))
    assert trouble(page) == []
    page.get_by_role("button", name="Send rating").click()
    expect(page.get_by_role("heading")).to_have_text("Thank you")
    assert trouble(page) == []
    office.answer(number, "It is back.")
    page.get_by_role("link", name="Change my rating").click()
    expect(page.get_by_text("This ticket is not resolved yet")).to_be_visible()
    assert trouble(page) == []


def test_pages_of_an_agent(open_window: OpenWindow, office: Office) -> None:
    number, page = office.ticket(), open_window(CLEO)
    office.note(number, "Only for us.")
    office.reply(number, "Which browser?")
    office.post_mail(ANA, office.mail(ANA, number, "Which browser?")["headers"]["Reply-To"], "Firefox.")
    for address in ("/agent", "/agent?view=all", "/agent?view=open&q=zzzz", f"/agent/tickets/{number}"):
        page.goto(address)
        assert trouble(page) == []
    page.set_viewport_size(WIDE)
    page.locator(".modes").get_by_text("Internal note").click()
    assert trouble(page) == []
    page.set_viewport_size(WIDE)
    page.locator(".modes").get_by_text("Reply").click()
    page.get_by_label("Other ways to send").click()
    assert trouble(page) == []
    page.set_viewport_size(WIDE)
    page.locator(".user-menu summary").click()
    assert trouble(page) == []
    page.set_viewport_size(WIDE)
    page.get_by_role("button", name="Keyboard shortcuts").click()
    assert trouble(page) == []


def test_one_mail(open_window: OpenWindow, office: Office) -> None:
    number, page = office.ticket(), open_window()
    page.goto(f"/dev/mailbox/{office.mail(ANA, number, 'Hello')['id']}")
    assert trouble(page) == []


def refused(page: Page, status: int, provoke: Callable[[Page], object]) -> list[str]:
    """What is wrong with the error page of this status."""
    with page.expect_response(lambda answer: answer.status == status and answer.request.is_navigation_request()):
        provoke(page)
    page.wait_for_load_state()
    expect(page.locator(".code")).to_contain_text(f"Error {status}")
    return trouble(page)


def test_pages_that_say_no_to_a_customer(open_window: OpenWindow, office: Office) -> None:
    number, page = office.ticket(), open_window(ANA)
    assert refused(page, 400, lambda page: page.goto("/tickets?cursor=nonsense")) == []
    assert refused(page, 405, lambda page: page.goto("/logout")) == []
    assert refused(page, 409, lambda page: _send_elsewhere(page, f"/tickets/{number}/reopen")) == []
    assert refused(page, 413, lambda page: _send_files(page, 300)) == []
    assert refused(page, 403, _send_from_elsewhere) == []
    assert refused(page, 429, _send_too_often) == []


def test_a_form_whose_files_were_refused(open_window: OpenWindow) -> None:
    page = open_window(ANA)
    _send_files(page, 11)
    expect(page.locator("#attachments-error")).to_contain_text("At most 10 files")
    assert trouble(page) == []


def test_the_page_for_a_form_that_is_too_old(open_window: OpenWindow, office: Office) -> None:
    number, page = office.ticket(), open_window(ANA)
    page.goto(f"/tickets/{number}")
    page.get_by_label("Your message").fill("A word " * 50 + "x" * 200)
    page.context.clear_cookies()
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_role("heading")).to_have_text("You are not signed in any more")
    assert trouble(page) == []


def test_the_page_for_a_value_nobody_offered(open_window: OpenWindow, office: Office) -> None:
    number, page = office.ticket(), open_window(CLEO)
    page.goto(f"/agent/tickets/{number}")
    assert refused(page, 422, _send_a_strange_status) == []


def test_the_page_for_a_fault_of_ours(open_window: OpenWindow, running_portal: Portal) -> None:
    page, hole = open_window(), running_portal.place / "mailbox" / "20990101T000000.0-1.eml"
    hole.mkdir()
    try:
        assert refused(page, 500, lambda page: page.goto("/dev/mailbox")) == []
    finally:
        hole.rmdir()


def test_the_page_while_the_database_is_away(open_window: OpenWindow, running_portal: Portal) -> None:
    page = open_window(ANA)
    with _database_away(running_portal):
        assert refused(page, 503, lambda page: page.goto("/tickets")) == []
    running_portal.until(lambda: page.goto("/tickets").status == 200, 30)


def _send_elsewhere(page: Page, address: str) -> None:
    page.goto("/tickets/new")
    page.locator(".new-ticket").evaluate("(form, address) => { form.action = address; form.submit() }", address)


def _send_files(page: Page, count: int) -> None:
    """Past what the page itself would refuse."""
    page.goto("/tickets/new")
    page.get_by_label("Subject").fill("Files")
    page.get_by_label("What happened?").fill("Too many.")
    page.get_by_label("Category").select_option("general")
    files = [{"name": f"{number}.txt", "mimeType": "text/plain", "buffer": b"x"} for number in range(count)]
    page.locator("input[name=attachments]").set_input_files(files)
    page.locator(".new-ticket").evaluate("form => form.submit()")


def _send_from_elsewhere(page: Page) -> None:
    """A page that is not ours sends a form to us."""
    action = page.url.split("/tickets")[0] + "/logout"
    page.goto("about:blank")
    page.set_content(f"<form method=post action='{action}'></form>")
    page.locator("form").evaluate("form => form.submit()")


def _send_too_often(page: Page) -> None:
    """Six times where five are allowed."""
    for _ in range(6):
        page.goto("/login/link")
        with page.expect_navigation():
            page.locator("main form").evaluate("form => form.submit()")


def _send_a_strange_status(page: Page) -> None:
    page.get_by_label("Status").evaluate("box => { box.selectedOptions[0].value = 'strange'; box.form.submit() }")


@contextmanager
def _database_away(portal: Portal) -> Iterator[None]:
    """PostgreSQL turns everybody away but us."""
    port = int((portal.place / "postgres" / "postmaster.pid").read_text().splitlines()[3])
    word = portal.secrets["POSTGRES_ADMIN_PASSWORD"]
    with psycopg.connect(
        host="127.0.0.1", port=port, user="postgres", password=word, dbname="postgres", autocommit=True
    ) as admin:
        admin.execute("alter database portal with allow_connections false")
        try:
            admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'portal'")
            yield
        finally:
            admin.execute("alter database portal with allow_connections true")
