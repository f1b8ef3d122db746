"""Machines are told from people, and no person is ever taken for a machine."""

import pytest

from portal.rules.automatic_mail import MailClass, MailFacts, classify, may_be_answered


def facts(
    subject: str = "Export stops", sender: str = "ana@kunde.example", text: str = "", **headers: str
) -> MailFacts:
    named = {name.replace("_", "-"): [value] for name, value in headers.items()}
    return MailFacts(
        headers=named,
        from_address=sender,
        subject=subject,
        text=text,
        return_path=named.get("return-path", [None])[0],
        content_type=headers.get("content_type", ""),
        loop_mark="ours",
        own_addresses=frozenset({"support@portal.example"}),
    )


@pytest.mark.parametrize(
    "mail",
    [
        facts(),
        facts(auto_submitted="no"),
        facts(precedence="bulk", list_id="<team.kunde.example>"),
        facts(list_unsubscribe="<mailto:x@y.example>"),
        facts(x_auto_response_suppress="All"),
        facts("Out of office hours, what then?"),
        facts("Automatic reply does not work"),
        facts("Auto renewal of my plan"),
        facts("Autorisierung fehlt"),
        facts("Vacation days are counted wrongly"),
        facts("Re: Automatic reply: your order"),
        facts("Undelivered Mail Returned to Sender", text="I keep getting this: 550 5.1.1 user unknown"),
        facts("Delivery failed again", text="my parcel could not be delivered"),
        facts("Mail delivery failed", "postman.pat@kunde.example", "the report could not be sent, error 550 "),
        facts("Hello", "postmaster@kunde.example", "I look after our mail server and have a question."),
        facts("Invoice", "no-reply@shop.example", "Your invoice is attached."),
        facts(x_portal_loop="somebody else's"),
        facts("absent fields in the form"),
    ],
)
def test_people_are_people(mail: MailFacts) -> None:
    assert classify(mail) is MailClass.PERSON


@pytest.mark.parametrize(
    "mail",
    [
        facts(auto_submitted="auto-replied"),
        facts(auto_submitted="auto-generated; type=x"),
        facts(precedence="auto_reply"),
        facts(x_autoreply="yes"),
        facts(x_autorespond="vacation"),
        facts("Automatic reply: [#7] Export"),
        facts("Out of Office: away"),
        facts("Abwesenheitsnotiz: Urlaub"),
        facts("Réponse automatique : absente"),
        facts("Respuesta automática: vacaciones"),
        facts("Autosvar: semester"),
        facts("自動返信"),
        facts(content_type="multipart/report; report-type=disposition-notification"),
    ],
)
def test_answers_of_machines_are_told(mail: MailFacts) -> None:
    assert classify(mail) is MailClass.AUTO_REPLY


@pytest.mark.parametrize(
    "mail",
    [
        facts(content_type='multipart/report; report-type="delivery-status"; boundary=x'),
        facts(content_type="multipart/report; report-type=feedback-report"),
        facts(x_failed_recipients="ben@kunde.example"),
        facts("Undeliverable: Export", "postmaster@kunde.example"),
        facts("failure notice", "MAILER-DAEMON@kunde.example"),
        facts("Nachricht", "mailer-daemon@kunde.example", "550 5.1.1 <ben@kunde.example>: user unknown"),
        facts("Undeliverable Message", "sysadmin@kunde.example", "Message could not be delivered."),
        facts("anything", text="Your message could not be delivered", return_path=""),
        facts(sender="mailer-daemon@x.example", subject="Returned mail: see transcript", auto_submitted="auto-replied"),
    ],
)
def test_bounces_are_told(mail: MailFacts) -> None:
    assert classify(mail) is MailClass.BOUNCE


@pytest.mark.parametrize("mail", [facts(x_portal_loop="ours"), facts(sender="Support@portal.example")])
def test_our_own_mail_come_back_is_a_loop(mail: MailFacts) -> None:
    assert classify(mail) is MailClass.LOOP


@pytest.mark.parametrize(
    "mail",
    [
        facts(auto_submitted="auto-replied"),
        facts(list_id="<team.kunde.example>"),
        facts(precedence="bulk"),
        facts(x_auto_response_suppress="DR, AutoReply"),
        facts(sender="no-reply@shop.example"),
        facts(return_path=""),
    ],
)
def test_robots_lists_and_null_senders_get_no_automatic_answer(mail: MailFacts) -> None:
    assert not may_be_answered(mail)


def test_ana_gets_an_automatic_answer() -> None:
    assert may_be_answered(facts(auto_submitted="no", return_path="ana@kunde.example"))
