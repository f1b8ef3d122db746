"""What the receiving mail server found out about the sender, read from Authentication-Results (RFC 8601)."""

import re
from collections.abc import Sequence

from portal.rules.threading import Verdict

_RESULT = re.compile(r"\b(spf|dkim|dmarc)\s*=\s*(\w+)", re.IGNORECASE)


def sender_verdict(results: Sequence[str], trusted_server: str) -> Verdict:
    """Only headers of the configured server count, the topmost one; anybody can write the others.

    DMARC decides where it was checked: it alone ties the checks to the From people see. Without it a failed SPF or
    DKIM is a fail unless the other passed (forwarding breaks SPF), and passes prove nothing about From.
    """
    if not trusted_server:
        return Verdict.NONE
    for result in results:
        server, _, findings = result.partition(";")
        if (server.split() or [""])[0].lower() == trusted_server.lower():
            return _judged({name.lower(): value.lower() for name, value in _RESULT.findall(findings)})
    return Verdict.NONE


def _judged(found: dict[str, str]) -> Verdict:
    dmarc = found.get("dmarc", "none")
    if dmarc == "pass":
        return Verdict.PASS
    others = {found.get("spf"), found.get("dkim")}
    if dmarc == "fail" or (dmarc == "none" and "fail" in others and "pass" not in others):
        return Verdict.FAIL
    return Verdict.NONE
