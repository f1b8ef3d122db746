"""The help centre in a browser: found while typing, read, rated, written; with the keyboard and without scripts."""

import io

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenWindow
from tests.browser.office import ANA, CLEO, Office, unique
from tests.browser.test_accessibility import trouble

DORA_ADMIN = "admin@demo.test"


def test_an_article_is_found_while_typing_and_opened_with_the_keyboard(open_window: OpenWindow) -> None:
    page = open_window()
    page.goto("/")
    page.keyboard.press("/")
    expect(page.get_by_label("Search the help articles")).to_be_focused()
    page.keyboard.type("exprot data", delay=30)
    expect(page.get_by_text("Did you mean export data?")).to_be_visible()
    expect(page).to_have_url("/kb/search?q=exprot+data")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".meant a")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hits a").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Search the help articles")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Export")
    expect(page.get_by_text("Did this help?")).to_be_visible()


def test_the_slower_answer_never_covers_the_newer(open_window: OpenWindow) -> None:
    page = open_window()
    page.goto("/")
    page.route("**/kb/search?q=webhook", lambda route: (page.wait_for_timeout(800), route.continue_()))
    field = page.get_by_label("Search the help articles")
    field.press_sequentially("webhook")
    page.wait_for_timeout(300)
    field.fill("refund")
    expect(page).to_have_url("/kb/search?q=refund")
    page.wait_for_timeout(900)
    expect(page).to_have_url("/kb/search?q=refund")


def test_without_scripts_one_searches_reads_and_rates(open_window: OpenWindow) -> None:
    page = open_window(java_script_enabled=False)
    page.goto("/")
    page.get_by_label("Search the help articles").fill("export my data")
    page.get_by_role("button", name="Search").click()
    page.locator(".hits a").first.click()
    page.get_by_role("link", name="No", exact=True).click()
    page.get_by_label("Anything to add?").fill("It does not say where Excel is.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def test_one_press_rates_and_a_remark_may_follow(open_window: OpenWindow) -> None:
    page = open_window()
    page.goto("/kb/search?q=export+my+data")
    page.locator(".hits a").first.click()
    page.get_by_role("link", name="Yes", exact=True).click()
    expect(page.locator("#rating")).to_contain_text("Thank you. What helped most?")
    page.get_by_label("Anything to add?").fill("The table.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#rating")).to_contain_text("Whoever writes this article reads what you wrote.")


def test_answers_come_while_a_ticket_is_written_and_open_beside_it(open_window: OpenWindow) -> None:
    page = open_window(ANA)
    page.goto("/tickets/new")
    page.get_by_label("Subject").press_sequentially("How can I exprot my data")
    offered = page.locator(".suggestions")
    expect(offered).to_contain_text("Export my data")
    article = offered.locator("details").nth(1)
    article.locator("summary").click()
    expect(article.locator(".peek")).to_contain_text("Overview")
    expect(page.get_by_label("Subject")).to_have_value("How can I exprot my data")
    page.get_by_label("What happened?").fill("As a file, please.")
    expect(article.locator(".peek")).to_contain_text("Overview")
    article.get_by_role("button", name="This solved it").click()
    expect(page.get_by_role("heading")).to_have_text("Glad that helped")


def test_without_scripts_answers_are_a_button_away(open_window: OpenWindow) -> None:
    page = open_window(ANA, java_script_enabled=False)
    page.goto("/tickets/new")
    page.get_by_label("Subject").fill("Export my data")
    page.get_by_label("What happened?").fill("As a file, please.")
    page.get_by_role("button", name="Is there an answer already?").click()
    expect(page.locator(".suggestions")).to_contain_text("Export my data")
    expect(page.get_by_label("What happened?")).to_have_value("As a file, please.")


def test_an_agent_puts_an_article_into_the_reply(office: Office, open_window: OpenWindow) -> None:
    number, page = office.ticket("Cannot export my data"), open_window(CLEO)
    page.goto(f"/agent/tickets/{number}")
    expect(page.locator("#helpers")).to_contain_text("Export my data")
    page.get_by_label("Message", exact=True).fill("Please read this:")
    page.locator("#helpers .helper", has=page.locator("a")).first.get_by_role("button").click()
    text = page.get_by_label("Message", exact=True).input_value()
    assert text.startswith("Please read this:")
    assert "/kb/articles/" in text


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "navy").save(out, "PNG")
    return out.getvalue()


def test_an_article_is_written_with_its_preview_and_a_picture_and_published(open_window: OpenWindow) -> None:
    word, page = unique(), open_window(CLEO)
    page.goto("/agent/articles/new")
    page.get_by_label("Title").fill(f"Read the {word} report")
    page.get_by_label("Text", exact=True).fill(f"## Overview\n\nThe **{word}** report.\n")
    expect(page.locator("#preview strong")).to_have_text(word)
    chart = {"name": "chart.png", "mimeType": "image/png", "buffer": picture()}
    page.locator("input[name=image]").set_input_files(chart)
    expect(page.locator("#preview img")).to_have_attribute("alt", "chart")
    page.get_by_label("Status").select_option("published")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_have_text("The article is saved.")
    reader = open_window()
    reader.goto(f"/kb/search?q={word}")
    reader.locator(".hits a").first.click()
    expect(reader.get_by_role("heading", level=1)).to_have_text(f"Read the {word} report")
    shown = reader.locator(".article img")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.naturalWidth") == 300


def test_two_who_write_one_article_are_told(open_window: OpenWindow) -> None:
    word, cleo = unique(), open_window(CLEO)
    cleo.goto("/agent/articles/new")
    cleo.get_by_label("Title").fill(word)
    cleo.get_by_label("Text", exact=True).fill("One.")
    cleo.get_by_role("button", name="Save").click()
    cleo.wait_for_url("**/agent/articles/*")
    other = open_window(DORA_ADMIN)
    other.goto(cleo.url)
    other.get_by_label("Text", exact=True).fill("Two.")
    other.get_by_role("button", name="Save").click()
    expect(other.locator(".toast")).to_be_visible()
    cleo.get_by_label("Text", exact=True).fill("Three.")
    cleo.get_by_role("button", name="Save").click()
    expect(cleo.locator(".alert.warn")).to_contain_text("Somebody saved before you.")
    expect(cleo.get_by_label("Text", exact=True)).to_have_value("Three.")


READERS = {
    "search": "/kb/search?q=export",
    "nothing found": "/kb/search?q=zebra+xylophone",
    "slip": "/kb/search?q=exprot",
    "category": "/kb/categories/getting-started",
}


@pytest.mark.parametrize("address", READERS.values(), ids=READERS.keys())
def test_readers_pages_are_for_everybody(open_window: OpenWindow, address: str) -> None:
    page = open_window()
    answer = page.goto(address)
    assert answer is not None
    assert answer.ok
    assert trouble(page) == []


def test_an_article_is_for_everybody(open_window: OpenWindow) -> None:
    page = open_window()
    page.goto("/kb/search?q=export+my+data")
    page.locator(".hits a").first.click()
    assert trouble(page) == []
    page.get_by_role("link", name="No", exact=True).click()
    expect(page.locator("#rating")).to_contain_text("What was missing?")
    assert trouble(page) == []


def test_a_ticket_with_answers_beside_it_is_for_everybody(open_window: OpenWindow) -> None:
    page = open_window()
    page.goto("/tickets/new?q=export+my+data")
    page.get_by_label("What happened?").press_sequentially("As a file")
    expect(page.locator(".suggestions details").first).to_be_visible()
    assert trouble(page) == []


def writers_pages(page: Page) -> list[str]:
    page.goto("/agent/articles")
    first = page.locator("td.subject a").first.get_attribute("href")
    return [
        "/agent/articles",
        "/agent/articles?q=zzzz",
        "/agent/articles/new",
        str(first),
        f"{first}/history",
        f"{first}/history/1",
        "/agent/articles/categories",
        "/agent/articles/insights",
        "/agent/quick-answers",
        "/agent/quick-answers/1",
        "/admin/synonyms",
    ]


def test_writers_pages_are_for_everybody(open_window: OpenWindow) -> None:
    page = open_window(DORA_ADMIN)
    for address in writers_pages(page):
        answer = page.goto(address)
        assert answer is not None
        assert answer.ok, address
        assert trouble(page) == [], address
