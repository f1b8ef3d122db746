"""An agent's hands: nothing is sent that was not meant, nothing typed is lost, and what is new is seen."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenWindow
from tests.browser.office import ANA, CLEO, Office, unique

LONG = "A long answer.\n\n" + "\n\n".join(f"Line {number} of what I saw." for number in range(40))


def opened(open_window: OpenWindow, number: int) -> Page:
    page = open_window(CLEO)
    page.goto(f"/agent/tickets/{number}")
    return page


def in_sight(page: Page, text: str) -> bool:
    """Whether the message is on the screen and not under the composer."""
    box = page.locator(".msg", has_text=text).last.bounding_box()
    composer = page.locator("#composer").bounding_box()
    assert box is not None
    assert composer is not None
    return box["y"] + box["height"] <= composer["y"] + 10 and box["y"] + box["height"] > 0


def test_a_double_click_on_taking_a_ticket_only_takes_it(office: Office, open_window: OpenWindow) -> None:
    number = office.ticket()
    page = opened(open_window, number)
    box = page.get_by_role("button", name="Assign to me").bounding_box()
    assert box is not None
    where = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(*where)
    expect(page.locator(".toast")).to_have_text("This ticket is yours")
    page.mouse.click(*where)
    expect(page.locator("#case_head .badge").first).to_have_text("In progress")
    expect(page.get_by_role("button", name="Resolve", exact=True)).to_be_visible()


def test_one_key_does_not_resolve(office: Office, open_window: OpenWindow) -> None:
    page = opened(open_window, office.ticket())
    page.keyboard.press("e")
    expect(page.get_by_role("button", name="Resolve", exact=True)).to_be_focused()
    expect(page.locator("#case_head .badge").first).to_have_text("Open")
    page.keyboard.press("Enter")
    expect(page.locator("#case_head .badge").first).to_have_text("Resolved")


def test_changing_one_property_leaves_what_is_typed_in_another(office: Office, open_window: OpenWindow) -> None:
    page = opened(open_window, office.ticket())
    page.get_by_label("Add by e-mail").fill("free@demo.t")
    page.get_by_label("Priority").select_option("urgent")
    expect(page.locator("#case_head .prio")).to_have_text("Urgent")
    expect(page.get_by_label("Add by e-mail")).to_have_value("free@demo.t")
    expect(page.get_by_label("Priority")).to_have_value("urgent")


def test_a_long_thread_opens_at_its_end_and_goes_along_with_what_is_sent(
    office: Office, open_window: OpenWindow
) -> None:
    number = office.ticket(description=LONG)
    office.reply(number, f"The newest of all. {LONG}")
    page = opened(open_window, number)
    assert in_sight(page, "The newest of all.")
    page.get_by_label("Message", exact=True).fill("And one more thing.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".msg.agent").last).to_contain_text("And one more thing.")
    assert in_sight(page, "And one more thing.")


def test_news_below_is_told_and_leaves_the_reader_where_they_are(office: Office, open_window: OpenWindow) -> None:
    number = office.ticket(description=LONG)
    page = opened(open_window, number)
    page.evaluate("scrollTo(0, 0)")
    office.answer(number, "I found something.")
    news = page.get_by_role("button", name="1 new message")
    expect(news).to_be_visible()
    assert page.evaluate("scrollY") == 0
    news.click()
    expect(news).to_be_hidden()
    assert in_sight(page, "I found something.")


def test_a_refused_answer_moves_nobody_later(office: Office, open_window: OpenWindow) -> None:
    number = office.ticket(description=LONG)
    page = opened(open_window, number)
    page.get_by_label("Message", exact=True).fill(" ")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#composer-errors")).to_contain_text("Write a message first.")
    page.evaluate("scrollTo(0, 0)")
    office.answer(number, "I found something.")
    expect(page.get_by_role("button", name="1 new message")).to_be_visible()
    assert page.evaluate("scrollY") == 0


def test_tags_show_what_is_stored_and_lose_nobodys(office: Office, open_window: OpenWindow) -> None:
    number = office.ticket()
    page = opened(open_window, number)
    tags = page.get_by_label("Tags")
    tags.fill("zeta, alpha")
    tags.press("Enter")
    expect(tags).to_have_value("alpha, zeta")
    office.change(number, tags=["alpha", "gamma", "zeta"])
    expect(tags).to_have_value("alpha, gamma, zeta")
    tags.press("End")
    page.keyboard.type(", delta")
    page.keyboard.press("Enter")
    expect(tags).to_have_value("alpha, delta, gamma, zeta")


def test_a_browser_that_forbids_storage_keeps_its_keys(office: Office, open_window: OpenWindow) -> None:
    number = office.ticket()
    page = open_window(CLEO)
    page.add_init_script("Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('denied'); } })")
    page.goto(f"/agent/tickets/{number}")
    page.keyboard.press("r")
    expect(page.get_by_label("Message", exact=True)).to_be_focused()


def test_the_way_back_leads_to_the_list_one_came_from(office: Office, open_window: OpenWindow) -> None:
    word = unique()
    office.ticket(f"Lost {word}")
    page = open_window(CLEO)
    page.goto(f"/agent?view=unassigned&q={word}")
    page.locator("tbody tr a").click()
    page.locator(".crumbs a").click()
    expect(page).to_have_url(f"{office.portal.address}/agent?view=unassigned&q={word}")


def test_what_was_typed_before_the_session_ended_is_sent_after_signing_in_again(
    office: Office, open_window: OpenWindow
) -> None:
    number = office.ticket()
    page = open_window(ANA, java_script_enabled=False)
    page.goto(f"/tickets/{number}")
    page.get_by_label("Your message").fill("Six lines I had to think about.")
    page.context.clear_cookies()
    page.get_by_role("button", name="Send reply").click()
    expect(page.get_by_role("heading")).to_have_text("You are not signed in any more")
    with page.context.expect_page() as other:
        page.get_by_role("link", name="Sign in in a new tab").click()
    tab = other.value
    tab.get_by_label("E-mail address").fill(ANA)
    tab.get_by_label("Password", exact=True).fill("demo-portal-1")
    tab.get_by_role("button", name="Sign in", exact=True).click()
    tab.wait_for_url("**/tickets")
    for _ in range(2):  # as the page says, it asks once more: the form's token was the old session's
        page.get_by_role("button", name="Send it now").click()
    expect(page.locator(".msg").last).to_contain_text("Six lines I had to think about.")
