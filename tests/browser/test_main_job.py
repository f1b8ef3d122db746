"""The main job from the customer's first word to the rating, with scripts and without."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenWindow
from tests.browser.office import ANA, BEN, CLEO, Mail, Office, unique

FILES = [
    {"name": "export.csv", "mimeType": "text/csv", "buffer": b"day,trades\n2026-03-01,5000\n"},
    {"name": "what I saw.txt", "mimeType": "text/plain", "buffer": "Zeile eins \u2013 und Schluss\n".encode()},
]
QUOTED = "\n\nOn Tue, 3 Mar 2026 at 16:05, TradeSense Support <support@localhost> wrote:\n> Which browser do you use?\n"
NOTE = "Looks like the new exporter: "


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_ticket_from_the_first_word_to_the_rating(scripts: bool, office: Office, open_window: OpenWindow) -> None:
    word = unique()
    customer = open_window(ANA, java_script_enabled=scripts)
    agent = open_window(CLEO, java_script_enabled=scripts)

    number = write_ticket(customer, word)
    acknowledgement = office.mail(ANA, number, "Hello Sofia")
    assert "support+" in acknowledgement["headers"]["Reply-To"]
    files_are_hers_alone(customer, open_window(BEN))

    open_from_queue(agent, word, number, scripts)
    take(agent, scripts)
    write_note(agent, NOTE + word)
    answer_ticket(agent, f"Which browser do you use, {word}?")
    reply = office.mail(ANA, number, f"Which browser do you use, {word}?")

    answer_by_mail(office, agent, reply, f"Firefox, on Linux, {word}.", scripts)
    agent.get_by_role("button", name="Resolve", exact=True).click()
    expect(agent.locator("#case_head .badge").first).to_have_text("Resolved")

    goodbye = office.mail(ANA, number, "How did we do?")
    assert "Not solved? Reply to this mail within" in goodbye["text"]
    rate_by_link(office, goodbye, open_window(java_script_enabled=scripts), customer, number)
    rate_on_the_page(customer, number)

    assert NOTE not in customer.content()
    assert not [mail for mail in office.mails(number) if NOTE in mail["text"] + mail["html"]]
    agent.reload()
    expect(agent.locator("#props")).to_contain_text("Rated 4 of 5")


def write_ticket(customer: Page, word: str) -> int:
    customer.goto("/tickets")
    customer.get_by_role("link", name="New ticket").first.click()
    customer.get_by_label("Subject").fill(f"Cannot export data {word}")
    customer.get_by_label("What happened?").fill("Getting an error when trying to export trades.")
    customer.get_by_label("Category").select_option("technical")
    customer.locator("input[name=attachments]").first.set_input_files(FILES)
    customer.get_by_role("button", name="Send ticket").click()
    customer.wait_for_url("**/tickets/*?new=1")
    number = int(customer.url.split("/")[-1].split("?")[0])
    expect(customer.locator(".alert.good")).to_contain_text(f"We have it: ticket {number}")
    expect(customer.locator(".alert.good")).to_contain_text("Expect our answer by")
    facts = customer.locator(".facts")
    expect(facts).to_contain_text("High")
    expect(facts.locator("small")).not_to_be_empty()
    return number


def files_are_hers_alone(customer: Page, stranger: Page) -> None:
    for file in FILES:
        link = customer.get_by_role("link", name=str(file["name"]))
        with customer.expect_download() as download:
            link.click()
        assert download.value.path().read_bytes() == file["buffer"]
        assert download.value.suggested_filename == file["name"]
        assert stranger.request.get(str(link.get_attribute("href"))).status == 404
    assert stranger.request.get(customer.url).status == 404


def open_from_queue(agent: Page, word: str, number: int, scripts: bool) -> None:
    agent.goto("/agent")
    agent.get_by_label("Search these tickets").fill(word)
    if not scripts:
        agent.get_by_role("button", name="Apply").click()
    row = agent.locator("tbody tr")
    expect(row).to_have_count(1)
    row.get_by_role("link").click()
    agent.wait_for_url(f"**/agent/tickets/{number}")
    if scripts:
        agent.evaluate("window.neverReloaded = true")


def take(agent: Page, scripts: bool) -> None:
    if scripts:
        agent.get_by_role("button", name="Assign to me").click()
        expect(agent.locator(".toast")).to_have_text("This ticket is yours")
    else:
        agent.get_by_label("Assignee").select_option(label="Jonas Weber")
        agent.locator("form.prop", has=agent.get_by_label("Assignee")).get_by_role("button", name="Save").click()
    expect(agent.get_by_label("Assignee").locator("option:checked")).to_have_text("Jonas Weber")
    expect(agent.locator("#case_head .badge").first).to_have_text("In progress")


def write_note(agent: Page, text: str) -> None:
    agent.locator(".modes").get_by_text("Internal note").click()
    agent.get_by_label("Message", exact=True).fill(text)
    agent.get_by_role("button", name="Add note").click()
    expect(agent.locator(".msg.note .prose")).to_have_text(text)


def answer_ticket(agent: Page, text: str) -> None:
    expect(agent.get_by_label("Reply", exact=True)).to_be_checked()
    agent.get_by_label("Message", exact=True).fill(text)
    agent.get_by_role("button", name="Send", exact=True).click()
    expect(agent.locator(".msg.agent .prose")).to_have_text(text)
    expect(agent.locator("#case_head .badge").first).to_have_text("Waiting for customer")


def answer_by_mail(office: Office, agent: Page, reply: Mail, text: str, scripts: bool) -> None:
    answer = agent.locator(".msg.customer", has_text=text)
    office.post_mail(ANA, reply["headers"]["Reply-To"], text + QUOTED)
    if scripts:
        expect(answer).to_have_count(1)
        assert agent.evaluate("window.neverReloaded") is True
    else:
        office.portal.until(lambda: agent.reload() and answer.count(), 20)
    expect(answer).to_contain_text("by e-mail")
    expect(answer.locator(".prose").first).to_have_text(text)
    expect(agent.locator("#case_head .badge").first).to_have_text("In progress")


def rate_by_link(office: Office, goodbye: Mail, reader: Page, customer: Page, number: int) -> None:
    link = next(word for word in goodbye["text"].split() if "/survey/" in word and word.endswith("score=5"))
    reader.goto(link)
    expect(reader.get_by_role("radio", name="5")).to_be_checked()
    customer.goto(f"/tickets/{number}")
    expect(customer.locator("#rate")).not_to_contain_text("You gave")
    reader.get_by_label("Anything to add?").fill("Quick and kind.")
    reader.get_by_role("button", name="Send rating").click()
    expect(reader.get_by_role("heading")).to_have_text("Thank you")


def rate_on_the_page(customer: Page, number: int) -> None:
    customer.reload()
    expect(customer.locator("#rate")).to_contain_text("You gave 5 of 5")
    expect(customer.get_by_label("Anything to add?")).to_have_value("Quick and kind.")
    customer.locator("#rate").get_by_role("radio", name="4").check()
    customer.get_by_role("button", name="Change my rating").click()
    expect(customer.locator("#rate")).to_contain_text("You gave 4 of 5")
