"""What an open page learns by itself. The page's clock is the test's, so that nobody waits for a poll."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenWindow
from tests.browser.office import ANA, CLEO, DORA, Office, unique
from tests.running import Portal

PATIENT_MS = 20_000
"""The page's clock runs ahead, but a new connection takes the time of a busy machine."""


@pytest.fixture
def number(office: Office) -> int:
    return office.ticket()


def open_ticket(page: Page, number: int) -> Page:
    page.goto(f"/agent/tickets/{number}")
    return page


def test_a_customers_page_shows_an_answer_by_its_next_poll(
    office: Office, open_window: OpenWindow, number: int
) -> None:
    page = open_window(ANA)
    page.clock.install()
    page.goto(f"/tickets/{number}")
    page.get_by_label("Your message").fill("I was about to say")
    office.note(number, "Nothing of this may show.")
    office.reply(number, "We are looking into it.")
    expect(page.locator(".msg")).to_have_count(1)

    page.clock.fast_forward(21_000)

    expect(page.locator(".msg.agent .prose")).to_have_text("We are looking into it.")
    expect(page.locator(".msg")).to_have_count(2)
    expect(page.locator(".case-head .badge")).to_have_text("Waiting for you")
    expect(page.get_by_label("Your message")).to_have_value("I was about to say")


def test_nothing_new_costs_an_empty_answer(open_window: OpenWindow, number: int) -> None:
    page = open_window(ANA)
    page.clock.install()
    page.goto(f"/tickets/{number}")
    with page.expect_response("**/news?*") as answer:
        page.clock.fast_forward(21_000)
    assert answer.value.status == 204


def test_the_queue_takes_a_new_ticket_in(office: Office, open_window: OpenWindow) -> None:
    page = open_window(CLEO)
    first = page.locator("tbody tr").first
    subject = f"Live {unique()}"
    with page.expect_response("**/agent/stream"):
        page.goto("/agent?view=all")
    number = office.ticket(subject)
    expect(first).to_contain_text(subject)
    expect(first).to_contain_text("Open")
    office.change(number, status="in_progress")
    expect(first).to_contain_text("In progress")


def test_the_counts_beside_the_queue_move_with_it(office: Office, open_window: OpenWindow) -> None:
    page = open_window(CLEO)
    with page.expect_response("**/agent/stream"):
        page.goto("/agent?view=all")
    unassigned = page.locator("#views a", has_text="Unassigned").locator(".n")
    before = int(unassigned.inner_text())
    number = office.ticket()
    expect(unassigned).to_have_text(str(before + 1))
    expect(page.locator("tbody tr").first).to_contain_text(str(number))


def test_a_half_written_answer_survives_what_comes_in(office: Office, open_window: OpenWindow, number: int) -> None:
    page = open_ticket(open_window(CLEO), number)
    page.get_by_label("Message", exact=True).press_sequentially("Have you tried ")
    office.answer(number, "It works in Firefox.")
    expect(page.locator(".msg").last).to_contain_text("It works in Firefox.")
    page.keyboard.type("Firefox?")
    expect(page.get_by_label("Message", exact=True)).to_have_value("Have you tried Firefox?")


def test_what_one_agent_does_the_other_sees(open_window: OpenWindow, number: int) -> None:
    cleo, dora = open_ticket(open_window(CLEO), number), open_ticket(open_window(DORA), number)
    cleo.get_by_role("button", name="Assign to me").click()
    expect(dora.get_by_label("Assignee").locator("option:checked")).to_have_text("Jonas Weber")
    expect(dora.get_by_role("button", name="Assign to me")).to_have_count(0)
    dora.get_by_label("Priority").select_option("urgent")
    expect(cleo.locator("#case_head .prio")).to_have_text("Urgent")
    dora.locator(".modes").get_by_text("Internal note").click()
    dora.get_by_label("Message", exact=True).fill("I know this one.")
    dora.get_by_role("button", name="Add note").click()
    expect(cleo.locator(".msg.note")).to_contain_text("I know this one.")
    expect(dora.locator(".msg.note")).to_have_count(1)


def test_of_two_who_take_a_ticket_the_second_hears_whose_it_is(open_window: OpenWindow, number: int) -> None:
    cleo, dora = open_ticket(open_window(CLEO), number), open_window(DORA)
    dora.route("**/agent/stream*", lambda route: route.abort())
    open_ticket(dora, number)
    cleo.get_by_role("button", name="Assign to me").click()
    expect(cleo.locator(".toast")).to_have_text("This ticket is yours")
    dora.get_by_role("button", name="Assign to me").click()
    expect(dora.locator("#alerts")).to_have_text("Jonas Weber has taken this ticket already.")


def test_a_lost_stream_is_said_and_caught_up_with(
    office: Office, open_window: OpenWindow, running_portal: Portal, number: int
) -> None:
    page = open_window(CLEO)
    page.clock.install()
    with page.expect_response("**/agent/stream"):
        page.goto("/agent?view=all")
    bar = page.get_by_text("Updates paused")
    page.route("**/agent/stream", lambda route: route.abort())
    (worker,) = running_portal.child("gunicorn").children()
    with page.expect_request("**/agent/stream"):
        worker.kill()
        page.clock.run_for(2_000)
    expect(bar).to_be_hidden()
    page.clock.run_for(31_000)
    expect(bar).to_be_visible()

    running_portal.until(lambda: _answers(office, number))
    subject = f"Missed {unique()}"
    office.ticket(subject)
    page.unroute("**/agent/stream")
    page.clock.run_for(70_000)
    expect(page.locator("tbody tr").first).to_contain_text(subject, timeout=PATIENT_MS)
    expect(bar).to_be_hidden()


def test_a_stream_that_never_came_is_said_and_asked_for_again(
    office: Office, open_window: OpenWindow, number: int
) -> None:
    page = open_window(CLEO)
    page.clock.install()
    page.route("**/agent/stream*", lambda route: route.abort())
    open_ticket(page, number)
    for _ in range(8):
        with page.expect_request("**/agent/stream*", timeout=PATIENT_MS):
            page.clock.run_for(5_000)
    expect(page.get_by_text("Updates paused")).to_be_visible()
    office.answer(number, "Anybody there?")
    page.unroute("**/agent/stream*")
    page.clock.run_for(5_000)
    expect(page.locator(".msg").last).to_contain_text("Anybody there?")
    expect(page.get_by_text("Updates paused")).to_be_hidden()


def _answers(office: Office, number: int) -> bool:
    try:
        return bool(office.bodies(number))
    except OSError:
        return False
