"""Every cell of the table that decides what becomes of a mail."""

import pytest

from portal.rules.threading import Evidence, Outcome, Sender, Verdict, decide

KEYED = [Evidence.REPLY_ADDRESS, Evidence.OWN_MESSAGE_ID]
GUESSABLE = [Evidence.THEIR_MESSAGE_ID, Evidence.SUBJECT_NUMBER]

ADDRESSEE = Sender(is_addressee=True, is_participant=True)
PARTICIPANT = Sender(is_participant=True)
STRANGER = Sender()
STAFF = Sender(is_addressee=True, is_participant=True, is_staff=True)


@pytest.mark.parametrize("evidence", KEYED)
@pytest.mark.parametrize(
    ("verdict", "sender", "outcome"),
    [
        (Verdict.PASS, ADDRESSEE, Outcome.REPLY),
        (Verdict.NONE, ADDRESSEE, Outcome.REPLY),
        (Verdict.FAIL, ADDRESSEE, Outcome.HELD),
        (Verdict.PASS, PARTICIPANT, Outcome.HELD),
        (Verdict.NONE, PARTICIPANT, Outcome.HELD),
        (Verdict.FAIL, PARTICIPANT, Outcome.HELD),
        (Verdict.PASS, STRANGER, Outcome.HELD),
        (Verdict.NONE, STRANGER, Outcome.HELD),
        (Verdict.FAIL, STRANGER, Outcome.HELD),
    ],
)
def test_keyed_evidence_speaks_for_the_address_it_was_issued_to_and_for_no_other(
    evidence: Evidence, verdict: Verdict, sender: Sender, outcome: Outcome
) -> None:
    assert decide(evidence, verdict, sender).outcome is outcome


@pytest.mark.parametrize("evidence", GUESSABLE)
@pytest.mark.parametrize(
    ("verdict", "sender", "outcome"),
    [
        (Verdict.PASS, PARTICIPANT, Outcome.REPLY),
        (Verdict.NONE, PARTICIPANT, Outcome.HELD),
        (Verdict.FAIL, PARTICIPANT, Outcome.HELD),
        (Verdict.PASS, STRANGER, Outcome.HELD),
        (Verdict.NONE, STRANGER, Outcome.HELD),
        (Verdict.FAIL, STRANGER, Outcome.HELD),
    ],
)
def test_what_anybody_can_guess_needs_a_proven_participant(
    evidence: Evidence, verdict: Verdict, sender: Sender, outcome: Outcome
) -> None:
    assert decide(evidence, verdict, sender).outcome is outcome


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        (Verdict.PASS, Outcome.NEW_TICKET),
        (Verdict.NONE, Outcome.NEW_TICKET_UNPROVEN),
        (Verdict.FAIL, Outcome.HELD),
    ],
)
def test_mail_without_a_thread_opens_a_ticket_unless_the_sender_failed(verdict: Verdict, outcome: Outcome) -> None:
    assert decide(Evidence.NONE, verdict, STRANGER).outcome is outcome


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("evidence", [*KEYED, *GUESSABLE])
def test_cleo_never_speaks_in_a_thread_by_mail(evidence: Evidence, verdict: Verdict) -> None:
    assert decide(evidence, verdict, STAFF).outcome is Outcome.HELD


@pytest.mark.parametrize("evidence", list(Evidence))
@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("sender", [ADDRESSEE, PARTICIPANT, STRANGER, STAFF])
def test_each_decision_gives_its_reason_in_a_sentence(evidence: Evidence, verdict: Verdict, sender: Sender) -> None:
    reason = decide(evidence, verdict, sender).reason
    assert reason.endswith(".")
    assert len(reason) > 20
