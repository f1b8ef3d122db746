"""What the tests need to have happened before a browser looks: tickets through the API, mails in and out."""

import hashlib
import hmac
import json
import re
import time
import urllib.request
from email.message import EmailMessage
from email.utils import make_msgid
from functools import cached_property
from typing import Any
from uuid import uuid4

from tests.running import Portal

PASSWORD = "demo-portal-1"
ANA = "premium@demo.test"
BEN = "pro@demo.test"
CLEO = "agent@demo.test"
DORA = "lead@demo.test"
"""The cast among the demo's people: a premium customer, another one who must see nothing of hers, two agents."""

Mail = dict[str, Any]


class Office:
    """A running portal seen from its other doors."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self._opened = 0
        self._customer = ""

    @cached_property
    def _agent(self) -> str:
        return self._token(CLEO)

    def _token(self, email: str) -> str:
        done = self.portal.command("token", "create", "--email", email, "--json")
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout)["token"])

    def ticket(self, subject: str = "", description: str = "The export stops at 5,000 rows.", **fields: Any) -> int:
        """A new ticket of ana's; its number. One token may open ten in ten minutes."""
        if self._opened % 10 == 0:
            self._customer = self._token(ANA)
        self._opened += 1
        given = {
            "subject": subject or f"Export {unique()}",
            "description": description,
            "category": "technical",
            **fields,
        }
        return int(self._call("POST", "/tickets", self._customer, given)["number"])

    def reply(self, number: int, text: str) -> None:
        """cleo answers."""
        self._call("POST", f"/tickets/{number}/messages", self._agent, {"body": text})

    def note(self, number: int, text: str) -> None:
        self._call("POST", f"/tickets/{number}/messages", self._agent, {"body": text, "is_internal": True})

    def answer(self, number: int, text: str) -> None:
        """ana answers."""
        self._call("POST", f"/tickets/{number}/messages", self._customer, {"body": text})

    def change(self, number: int, **fields: Any) -> None:
        self._call("PUT", f"/tickets/{number}", self._agent, fields)

    def bodies(self, number: int) -> list[str]:
        """All messages of a ticket as an agent reads them."""
        found = self._call("GET", f"/tickets/{number}", self._agent)
        return [str(message["body"]) for message in found["messages"]]

    def _call(self, method: str, path: str, token: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(
            self._send(
                method,
                f"/api/v1/support{path}",
                json.dumps(body).encode() if body else None,
                {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            )
        )
        return answer

    def _send(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
        request = urllib.request.Request(self.portal.address + path, body, headers or {}, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())

    def mails(self, about: int) -> list[Mail]:
        """Every caught mail about a ticket, newest first."""
        caught: list[Mail] = json.loads(self._send("GET", "/dev/mailbox/messages.json"))
        return [mail for mail in caught if f"[#{about}]" in mail["subject"]]

    def mail(self, to: str, about: int, saying: str) -> Mail:
        """The mail to somebody about a ticket that holds these words, once it has arrived."""

        def arrived() -> Mail | None:
            return next((mail for mail in self.mails(about) if to in mail["to"] and saying in mail["text"]), None)

        found = self.portal.until(arrived, 20)
        assert found is not None
        return found

    def link(self, to: str, path: str) -> str:
        """The newest link of a kind that was mailed to an address, without its host."""

        def arrived() -> str:
            caught: list[Mail] = json.loads(self._send("GET", "/dev/mailbox/messages.json"))
            texts = [mail["text"] for mail in caught if to in mail["to"]]
            found = [match[0] for text in texts if (match := re.search(rf"{re.escape(path)}[^\s>]+", text))]
            return found[0] if found else ""

        return self.portal.until(arrived, 20)

    def post_mail(self, sender: str, to: str, text: str) -> None:
        """A raw mail at the hook, signed as a mail provider would."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, to, "Re: your answer"
        message["Message-ID"] = make_msgid(domain="example.com")
        message.set_content(text)
        raw, when = message.as_bytes(), str(int(time.time()))
        secret = self.portal.secrets["INBOUND_RAW_SECRET"].encode()
        signature = hmac.new(secret, when.encode() + b"." + raw, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "message/rfc822", "X-Signature": f"t={when},v1={signature}"}
        self._send("POST", "/hooks/email/raw", raw, headers)


def unique() -> str:
    """A word no other test uses, so that a search finds one ticket."""
    return f"q{uuid4().hex[:10]}"
