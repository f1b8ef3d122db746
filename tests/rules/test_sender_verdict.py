"""What our own mail server found out decides; what a sender wrote into the same header does not."""

import pytest

from portal.rules.sender_verdict import sender_verdict
from portal.rules.threading import Verdict


def verdict(*results: str) -> Verdict:
    return sender_verdict(results, "mx.portal.test")


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ("dmarc=pass header.from=bank.com", Verdict.PASS),
        ("dmarc=fail header.from=bank.com", Verdict.FAIL),
        ("DMARC=Pass (p=reject dis=none) header.from=bank.com", Verdict.PASS),
        ("dmarc / 1 = pass header.from=bank.com", Verdict.PASS),
        ("spf=pass smtp.mailfrom=bank.com; dkim=pass header.d=bank.com", Verdict.NONE),
        ("spf=fail smtp.mailfrom=bank.com; dkim=none", Verdict.FAIL),
        ("spf=fail smtp.mailfrom=list.org; dkim=pass header.d=bank.com", Verdict.NONE),
        ("dkim=fail header.d=list.org; dkim=pass header.d=bank.com", Verdict.NONE),
        ("dmarc=temperror header.from=bank.com; spf=fail", Verdict.NONE),
        ("none", Verdict.NONE),
        ("", Verdict.NONE),
    ],
)
def test_dmarc_decides_and_a_failed_check_counts_only_without_it(findings: str, expected: Verdict) -> None:
    assert verdict(f"mx.portal.test; {findings}") is expected


@pytest.mark.parametrize(
    "forged",
    [
        "spf=pass smtp.mailfrom=dmarc=pass@evil.com",
        'spf=pass reason="x dmarc=pass" smtp.mailfrom=evil.com',
        'spf=pass smtp.mailfrom="a; dmarc=pass "@evil.com',
        r'spf=pass smtp.mailfrom="a\"; dmarc=pass "@evil.com',
        "spf=pass (a; dmarc=pass (b) ; dmarc=pass) smtp.mailfrom=evil.com",
        r"spf=pass (a \) ; dmarc=pass ) smtp.mailfrom=evil.com",
        "spf=pass smtp.mailfrom=a;dmarc=pass@evil.com",
        'spf=pass; "a" dmarc=pass',
        "x-dmarc=pass",
    ],
)
def test_a_pass_the_sender_wrote_proves_nothing(forged: str) -> None:
    assert verdict(f"mx.portal.test; {forged}") is Verdict.NONE
    for findings in (f"dmarc=fail header.from=bank.com; {forged}", f"{forged}; dmarc=fail header.from=bank.com"):
        assert verdict(f"mx.portal.test; {findings}") is Verdict.FAIL


def test_a_fail_beside_a_pass_is_a_fail() -> None:
    assert verdict("mx.portal.test; dmarc=fail; dmarc=pass") is Verdict.FAIL
    assert verdict("mx.portal.test; dmarc=pass; dmarc=fail") is Verdict.FAIL


@pytest.mark.parametrize("opened", ["(", '"', '"\\'])
def test_a_header_left_open_hides_no_fail(opened: str) -> None:
    assert verdict(f"mx.portal.test; spf=pass smtp.mailfrom=a{opened}b@evil.com; dmarc=fail") is Verdict.FAIL


def test_only_the_topmost_header_of_our_own_server_counts() -> None:
    assert verdict("evil.com; dmarc=pass") is Verdict.NONE
    assert verdict("evil.com; dmarc=pass", "MX.portal.test 1; dmarc=fail") is Verdict.FAIL
    assert verdict("(ours) mx.portal.test; dmarc=fail", "mx.portal.test; dmarc=pass") is Verdict.FAIL
    assert sender_verdict(["; dmarc=pass"], "") is Verdict.NONE
