"""Hands on keyboard and mouse: what forms do between typing and sending."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NARROW, OpenWindow, sign_in
from tests.browser.office import ANA, BEN, CLEO, Office, unique

MB = 1024 * 1024


@pytest.fixture
def number(office: Office) -> int:
    return office.ticket()


def message_box(page: Page) -> Locator:
    return page.get_by_label("Message", exact=True)


def fill_ticket(page: Page, subject: str) -> None:
    page.goto("/tickets/new")
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("What happened?").fill("Rows are missing.")
    page.get_by_label("Category").select_option("billing")


def chosen(page: Page) -> Locator:
    return page.locator("file-drop .chosen .name")


def test_the_queue_by_keyboard(open_window: OpenWindow) -> None:
    page = open_window(CLEO)
    page.goto("/agent?view=all")
    rows = page.locator("td.subject a")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Keyboard shortcuts")
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Search these tickets")).to_be_focused()
    page.keyboard.type("jk?")
    expect(page.get_by_label("Search these tickets")).to_have_value("jk?")
    expect(page.get_by_text("Nothing fits")).to_be_visible()
    page.get_by_label("Search these tickets").fill("")
    expect(rows.nth(1)).to_be_visible()
    page.get_by_label("Search these tickets").blur()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/agent/tickets/*")


def test_a_ticket_by_keyboard(open_window: OpenWindow, number: int) -> None:
    page = open_window(CLEO)
    page.goto(f"/agent/tickets/{number}")
    page.keyboard.press("n")
    expect(message_box(page)).to_be_focused()
    expect(page.get_by_text("Only agents see this")).to_be_visible()
    page.keyboard.type("are arena: no key of these acts")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".msg.note .prose")).to_have_text("are arena: no key of these acts")
    expect(message_box(page)).to_be_focused()
    message_box(page).blur()
    page.keyboard.press("r")
    expect(message_box(page)).to_be_focused()
    page.keyboard.type("Thank you.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".msg.agent .prose")).to_have_text("Thank you.")
    expect(page.locator("#case_head .badge").first).to_have_text("Waiting for customer")
    expect(message_box(page)).to_have_value("")
    expect(message_box(page)).to_be_focused()
    message_box(page).blur()
    page.keyboard.press("a")
    expect(page.get_by_label("Assignee").locator("option:checked")).to_have_text("Jonas Weber")
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    expect(page.locator("#case_head .badge").first).to_have_text("Resolved")
    page.keyboard.press("g")
    page.keyboard.press("q")
    page.wait_for_url("**/agent")


def test_the_first_wrong_field_has_the_focus_and_nothing_typed_is_lost(open_window: OpenWindow) -> None:
    page = open_window(ANA)
    fill_ticket(page, "   ")
    with page.expect_response("**/tickets/new") as answer:
        page.get_by_role("button", name="Send ticket").click()
    assert answer.value.status == 422
    expect(page.get_by_label("Subject")).to_be_focused()
    expect(page.get_by_label("Subject")).to_have_accessible_description(re.compile("Say in one line what it is about."))
    expect(page.get_by_label("What happened?")).to_have_value("Rows are missing.")
    expect(page.get_by_label("Category")).to_have_value("billing")


def test_a_blank_answer_is_refused_beside_the_box(open_window: OpenWindow, number: int) -> None:
    page = open_window(CLEO)
    page.goto(f"/agent/tickets/{number}")
    message_box(page).fill("   ")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#composer-errors")).to_have_text("Write a message first.")
    expect(message_box(page)).to_be_focused()
    expect(message_box(page)).to_have_accessible_description("Write a message first.")
    message_box(page).fill("Better now.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".msg.agent .prose")).to_have_text("Better now.")
    expect(page.locator("#composer-errors")).to_be_empty()


def test_the_picker_says_at_once_what_is_too_much(open_window: OpenWindow, large_file: Path) -> None:
    page = open_window(ANA)
    fill_ticket(page, f"Files {unique()}")
    picker, problem = page.locator("input[name=attachments]"), page.locator("file-drop .problem")
    picker.set_input_files([{"name": f"{i}.txt", "mimeType": "text/plain", "buffer": b"x"} for i in range(11)])
    expect(problem).to_have_text("Up to 10 files can be sent at once; remove 1.")
    page.get_by_role("button", name="Send ticket").click()
    expect(page).to_have_url("/tickets/new")
    page.get_by_role("button", name="Remove 10.txt").click()
    expect(problem).to_be_empty()
    expect(chosen(page)).to_have_count(10)
    picker.set_input_files([])
    for i in range(10):
        page.get_by_role("button", name=f"Remove {i}.txt").click()
    picker.set_input_files(large_file)
    expect(problem).to_have_text("large.bin is larger than 25 MB.")


def test_files_come_by_drop_and_by_paste(open_window: OpenWindow) -> None:
    page = open_window(ANA)
    fill_ticket(page, f"Files {unique()}")
    page.locator(".new-ticket").dispatch_event("drop", {"dataTransfer": _carrier(page, "dropped.txt")})
    page.get_by_label("What happened?").evaluate(
        "(box, data) => box.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}))",
        _carrier(page, "pasted.txt"),
    )
    expect(chosen(page)).to_have_text(["dropped.txt", "pasted.txt"])
    page.get_by_role("button", name="Send ticket").click()
    expect(page.locator(".msg .file .name")).to_have_text(["dropped.txt", "pasted.txt"])


def _carrier(page: Page, name: str) -> object:
    return page.evaluate_handle(
        "name => { const data = new DataTransfer(); data.items.add(new File(['text'], name)); return data }",
        name,
    )


def test_two_clicks_send_once(open_window: OpenWindow, office: Office, number: int) -> None:
    subject = f"Twice {unique()}"
    customer, agent = open_window(ANA), open_window(CLEO)
    fill_ticket(customer, subject)
    customer.get_by_role("button", name="Send ticket").dblclick()
    customer.wait_for_url("**/tickets/*?new=1")
    customer.goto(f"/tickets?q={subject.split()[1]}")
    expect(customer.locator(".ticket-card")).to_have_count(1)

    customer.goto(f"/tickets/{number}")
    customer.get_by_label("Your message").fill("Only once.")
    customer.get_by_role("button", name="Send reply").dblclick()
    expect(customer.locator(".msg", has_text="Only once.")).to_have_count(1)

    agent.goto(f"/agent/tickets/{number}")
    message_box(agent).fill("Once as well.")
    agent.get_by_role("button", name="Send", exact=True).dblclick()
    expect(agent.locator(".msg.agent")).to_have_count(1)
    assert office.bodies(number)[1:] == ["Only once.", "Once as well."]


def test_back_shows_the_list_as_it_was(open_window: OpenWindow, office: Office) -> None:
    word = unique()
    office.ticket(f"Back {word}")
    page = open_window(CLEO)
    page.goto("/agent")
    page.get_by_label("Search these tickets").fill(word)
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("td.subject a").click()
    page.wait_for_url("**/agent/tickets/*")
    page.go_back()
    expect(page.get_by_label("Search these tickets")).to_have_value(word)
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_form_that_is_too_old_keeps_its_text(open_window: OpenWindow) -> None:
    page = open_window()
    address = f"{unique()}@example.org"
    fill_ticket(page, "Written slowly")
    page.get_by_label("Your e-mail address").fill(address)
    page.context.clear_cookies()
    page.get_by_role("button", name="Send ticket").click()
    expect(page.get_by_role("heading")).to_have_text("The form was open too long")
    expect(page.locator(".kept")).to_contain_text("Rows are missing.")
    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_role("heading")).to_have_text("Check your mail")


def test_who_was_signed_out_while_typing_signs_in_and_is_back(open_window: OpenWindow, number: int) -> None:
    page = open_window(ANA, fresh=True)
    page.goto(f"/tickets/{number}")
    page.get_by_label("Your message").fill("Still there?")
    _end_session(open_window, page)
    page.get_by_role("button", name="Send reply").click()
    page.wait_for_url("**/login?next=**")
    sign_in(page, ANA)
    expect(page).to_have_url(f"/tickets/{number}")
    expect(page.get_by_label("Your message")).to_have_value("Still there?")
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator(".msg").last).to_contain_text("Still there?")
    expect(page.get_by_label("Your message")).to_have_value("")


def test_an_agent_signed_out_while_typing_signs_in_and_is_back(open_window: OpenWindow, number: int) -> None:
    page = open_window(CLEO, fresh=True)
    page.goto(f"/agent/tickets/{number}")
    page.locator(".modes").get_by_text("Internal note").click()
    message_box(page).fill("Still there?")
    _end_session(open_window, page)
    page.get_by_role("button", name="Add note").click()
    page.wait_for_url("**/login?next=**")
    sign_in(page, CLEO)
    expect(page).to_have_url(f"/agent/tickets/{number}")
    expect(message_box(page)).to_have_value("Still there?")
    expect(page.get_by_text("Only agents see this")).to_be_visible()


def test_who_signed_out_in_another_tab_loses_no_word(open_window: OpenWindow, number: int) -> None:
    page = open_window(ANA, fresh=True)
    page.goto(f"/tickets/{number}")
    page.get_by_label("Your message").fill("Nearly done.")
    _sign_out(page.context.new_page())
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator(".kept")).to_contain_text("Nearly done.")
    page.get_by_role("button", name="Send it now").click()
    sign_in(page, ANA)
    expect(page).to_have_url(f"/tickets/{number}")
    expect(page.get_by_label("Your message")).to_have_value("Nearly done.")


def test_a_page_from_before_signing_in_anew_works_at_the_second_try(open_window: OpenWindow, number: int) -> None:
    page = open_window(CLEO, fresh=True)
    page.goto(f"/agent/tickets/{number}")
    message_box(page).fill("Nearly done.")
    other = page.context.new_page()
    _sign_out(other)
    sign_in(other, CLEO)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#alerts")).to_contain_text("please send it again")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".msg.agent .prose")).to_have_text("Nearly done.")
    expect(page.locator("#alerts")).to_be_empty()


def _end_session(open_window: OpenWindow, page: Page) -> None:
    """Another window with the same cookies signs out."""
    _sign_out(open_window(storage_state=page.context.storage_state()))


def _sign_out(other: Page) -> None:
    other.goto("/")
    other.locator(".user-menu > summary").click()
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_url("**/login")


def test_a_file_too_large_for_us_is_answered_with_a_page(open_window: OpenWindow, large_file: Path) -> None:
    page = open_window(BEN, java_script_enabled=False)
    fill_ticket(page, f"Large {unique()}")
    page.locator("input[name=attachments]").set_input_files(large_file)
    with page.expect_response("**/tickets/new") as answer:
        page.get_by_role("button", name="Send ticket").click()
    assert answer.value.status == 413
    expect(page.locator("main")).to_contain_text("25 MB")


@pytest.fixture
def large_file(tmp_path: Path) -> Path:
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(26 * MB))
    return path


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_the_theme_stays_as_chosen(scripts: bool, open_window: OpenWindow) -> None:
    page = open_window(ANA, java_script_enabled=scripts)
    page.goto("/tickets")
    root = page.locator("html")
    for theme, mark in (("Dark", "dark"), ("Light", "light")):
        page.locator(".user-menu summary").click()
        with page.expect_response("**/theme"):
            page.get_by_role("button", name=theme).click()
        expect(root).to_have_attribute("data-theme", mark)
        page.goto("/tickets/new")
        expect(root).to_have_attribute("data-theme", mark)


def test_a_phone_is_enough_to_answer(open_window: OpenWindow, number: int) -> None:
    page = open_window(CLEO, viewport=NARROW, has_touch=True, is_mobile=True)
    page.goto("/agent?view=all")
    page.locator("td.subject a").first.tap()
    page.wait_for_url("**/agent/tickets/*")
    page.goto(f"/agent/tickets/{number}")
    page.locator(".modes").get_by_text("Internal note").tap()
    message_box(page).fill("From the train.")
    page.get_by_role("button", name="Add note").tap()
    expect(page.locator(".msg.note .prose")).to_have_text("From the train.")
    message_box(page).fill("Answer follows.")
    page.get_by_label("Other ways to send").tap()
    page.get_by_role("button", name="Send, keep in progress").tap()
    expect(page.locator(".msg.agent .prose")).to_have_text("Answer follows.")
    expect(page.locator("#case_head .badge").first).to_have_text("In progress")
