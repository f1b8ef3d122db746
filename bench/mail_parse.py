"""How well raw mails are read: shares of a folder of real mails with known answers.

python bench/mail_parse.py FOLDER        (or BENCH_DATA=FOLDER; it holds expect.jsonl and the mails it names)
python bench/mail_parse.py FOLDER -v     names what differs
"""

import argparse
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from portal.mail.parse import ParsedMail, parse_mail

Expected = dict[str, Any]
AUTOMATIC = ("bounce", "auto-reply")
WANTED = {
    "accepted": 100, "customer mail taken for automatic": 0, "bounces recognised": 100, "auto-replies recognised": 87,
    "failed recipient": 98, "permanent or temporary": 79, "reply text exact": 76, "reply text not lost": 97,
    "attachment names": 90, "attachment sizes": 92,
}  # fmt: skip


def words(text: str) -> str:
    return " ".join(text.split())


def checks(wanted: Expected, mail: ParsedMail) -> Iterator[tuple[str, bool]]:
    """(share's name, right or not) for whatever is known about the mail."""
    kind = wanted["kind"]
    yield "accepted", not any(problem.startswith("Unreadable") for problem in mail.problems)
    if kind in ("new", "reply"):
        yield "customer mail taken for automatic", mail.kind in AUTOMATIC
        yield "new told from reply", mail.kind == kind
    if kind == "bounce":
        yield "bounces recognised", mail.kind == "bounce"
    if kind == "auto-reply":
        yield "auto-replies recognised", mail.kind == "auto-reply"
    for name, judge in JUDGES.items():
        if name in wanted:
            yield from judge(wanted, mail)


def reply_equals(wanted: Expected, mail: ParsedMail) -> Iterator[tuple[str, bool]]:
    told = words(wanted["reply_equals"])
    with_signature = words(f"{mail.reply} {mail.signature}")
    yield "reply text exact", words(mail.reply) == told
    yield "reply text exact, signature included", told in (words(mail.reply), with_signature)
    yield "reply text not lost", not Counter(told.split()) - Counter(with_signature.split())


def reply_contains(wanted: Expected, mail: ParsedMail) -> Iterator[tuple[str, bool]]:
    yield "reply text not lost", all(words(piece) in words(mail.reply) for piece in wanted["reply_contains"])


def reply_excludes(wanted: Expected, mail: ParsedMail) -> Iterator[tuple[str, bool]]:
    yield "history left out", not any(words(piece) in words(mail.reply) for piece in wanted["reply_excludes"])


def body_contains(wanted: Expected, mail: ParsedMail) -> Iterator[tuple[str, bool]]:
    yield "body", all(words(piece) in words(mail.text) for piece in wanted["body_contains"])


def bounce(wanted: Expected, mail: ParsedMail) -> Iterator[tuple[str, bool]]:
    told = mail.bounce
    if "final_recipient" in wanted["bounce"]:
        failed = {address.lower() for address in wanted["bounce"]["final_recipient"]}
        yield "failed recipient", bool(told) and failed <= set(told.recipients if told else ())
    if "permanent" in wanted["bounce"]:
        yield (
            "permanent or temporary",
            bool(told) and told is not None and told.permanent == wanted["bounce"]["permanent"][0],
        )
        yield (
            "address dead or not",
            bool(told) and told is not None and told.address_dead == wanted["bounce"]["permanent"][0],
        )
    if any(wanted["bounce"].get("status", [])):
        yield "status", told is not None and told.status in wanted["bounce"]["status"]


def same(
    name: str, value: Callable[[ParsedMail], Any], key: str
) -> Callable[[Expected, ParsedMail], Iterator[tuple[str, bool]]]:
    def judge(wanted: Expected, mail: ParsedMail) -> Iterator[tuple[str, bool]]:
        yield name, value(mail) == wanted[key]

    return judge


JUDGES: dict[str, Callable[[Expected, ParsedMail], Iterator[tuple[str, bool]]]] = {
    "reply_equals": reply_equals,
    "reply_contains": reply_contains,
    "reply_excludes": reply_excludes,
    "body_contains": body_contains,
    "bounce": bounce,
    "subject": same("subject", lambda mail: mail.subject, "subject"),
    "from_address": same("sender", lambda mail: mail.from_address, "from_address"),
    "in_reply_to": same("in-reply-to", lambda mail: mail.in_reply_to, "in_reply_to"),
    "signature": same("signature", lambda mail: mail.signature.strip(), "signature"),
    "attachment_count": same("attachment count", lambda mail: len(mail.attachments), "attachment_count"),
    "attachment_names": same(
        "attachment names", lambda mail: [file.filename for file in mail.attachments], "attachment_names"
    ),
    "attachment_sizes": same(
        "attachment sizes", lambda mail: [file.size for file in mail.attachments], "attachment_sizes"
    ),
}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", nargs="?", default=os.environ.get("BENCH_DATA"))
    options.add_argument("-v", "--verbose", action="store_true")
    given = options.parse_args()
    if not given.folder:
        options.error("name the folder of mails, or set BENCH_DATA")
    folder = Path(given.folder)
    results: dict[str, list[bool]] = defaultdict(list)
    slowest = (0.0, "")
    expected = [json.loads(line) for line in (folder / "expect.jsonl").read_text().splitlines()]
    for wanted in expected:
        raw = (folder / wanted["file"]).read_bytes()
        begin = time.perf_counter()
        mail = parse_mail(raw)
        slowest = max(slowest, (time.perf_counter() - begin, wanted["file"]))
        for name, is_so in checks(wanted, mail):
            results[name].append(is_so)
            if given.verbose and is_so == (WANTED.get(name) == 0):
                print(f"{name}: {wanted['file']}")
    print(f"{len(expected)} mails of {folder}; slowest {slowest[0] * 1000:.0f} ms ({slowest[1]})")
    for name, answers in sorted(results.items(), key=lambda item: (item[0] not in WANTED, item[0])):
        share = f"{sum(answers):4} of {len(answers):4} {100 * sum(answers) / len(answers):6.1f} %"
        print(f"{name:38} {share}" + (f"   wanted {WANTED[name]} %" if name in WANTED else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
