# ruff: noqa: RUF001 (words of many alphabets)
"""What a bounce tells: which addresses failed, for good or for now, and whether the mailbox is gone."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from portal.mail.addresses import parse_addresses

_MOST = 50  # recipients
_LOOKED_AT = 30_000  # characters of the readable text


@dataclass(frozen=True)
class Bounce:
    """permanent: no later mail to this address can be expected to arrive. address_dead: the mailbox does not exist or moved.

    status is the enhanced code (RFC 3463) of the first failed recipient, empty when the report names none.
    """

    recipients: tuple[str, ...]
    permanent: bool
    address_dead: bool
    status: str


_ADDRESS = r"[\w.!#$%&'*/=?^`{|}~+-]{1,64}@[\w-]+(?:\.[\w-]+)+"
_IN_TEXT = (
    re.compile(
        rf"^\s*(?:to|for|rcpt to|recipient|address)?\s*[:：]?\s*<?({_ADDRESS})>?\s*(?:\([^)]*\))?\s*[:：]?\s*(?:$|"
        rf"host |[45]\d\d|smtp;|remote)",
        re.IGNORECASE | re.MULTILINE,
    ),
    re.compile(
        rf"(?:rcpt to|recipients?|deliver(?:ed|y|ing)?(?: (?:message|mail|it))? to|sent to|message to|"
        rf"address(?:es)?|addressed to|failed for|to)\s*[:：]?\s*<({_ADDRESS})>",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:rcpt to|recipients?|final-recipient|original-recipient|deliver(?:ed|y)? to|"
        rf"your message to)\s*[:：]?\s*(?:rfc822\s*;)?\s*({_ADDRESS})",
        re.IGNORECASE,
    ),
    re.compile(
        rf"<({_ADDRESS})>(?:[^\n]{{0,40}}[:：]|[^\n]{{0,30}}(?:\n\s)?[^\n]{{0,30}}(?:unknown|no such|not exist|"
        rf"reject|fail))",
        re.IGNORECASE,
    ),
)
_ORIGINAL_BELOW = re.compile(
    r"^[\s>*_=-]*(?:-{2,}.{0,40}(?:original|copy of|header|returned|unsent|below this line).{0,60}|"
    r"(?:included is a copy|the header of the original|below is a copy|original message follows|"
    r"message header follows|here is a copy|this is a copy).{0,80}|received: (?:from|by|\().{0,200}|"
    r"return-path:.{0,200})$",
    re.IGNORECASE | re.MULTILINE,
)
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<![\d.])([45])\d\d(?=[\s#:-])(?!\s*(?:bytes|kb|mb|hours|days))")

_GONE = re.compile(
    r"user (?:is )?unknown|unknown[ -](?:user|recipient|address|mailbox|local)|no such (?:user|recipient|mailbox|"
    r"address|person|account|local)|"
    r"(?:user|recipient|mailbox|account|address|addressee|person|alias|email account)[^\n]{0,60}(?:does(?: not|"
    r"n't) exist|not (?:be )?found|"
    r"no longer|is invalid|not known|doesn't have|not listed|not a valid|is not known|unknown|inactive user|"
    r"has moved)|"
    r"(?:invalid|nonexist\w+|non-exist\w+|bad|illegal) (?:final delivery )?(?:user|recipient|mailbox|address|"
    r"destination)|"
    r"no mailbox|not our customer|isn't in my list|not a (?:valid|known) (?:user|mailbox|recipient)|"
    r"recipient (?:address )?(?:not found|unknown|rejected: (?:user|undeliverable|unknown|recipient))|"
    r"(?:has|have) moved|new address|address (?:changed|no longer)|"
    r"mailbox (?:not found|unavailable or not local|does not exist)|unrouteable address|delivery to this user|"
    r"user not found|"
    r"host (?:or domain name )?(?:not found|unknown)|unknown host|domain (?:name )?(?:does not exist|not found)|"
    r"no such (?:domain|host)|"
    r"nullmx|null mx|does not accept (?:any )?(?:e?mail)|host .{0,80} unknown|dns error: .{0,40}not found|"
    r"not in (?:my|our) (?:local )?(?:user|recipient)|該当.{0,8}ユーザ|宛先.{0,12}(?:存在|見つか)|нет такого|не существует|"
    r"пользовател.{0,20}не найден",
    re.IGNORECASE,
)
_NOT_THE_ADDRESS = re.compile(
    r"(?:mailbox|inbox|quota|storage|account)[^\n]{0,30}(?:full|exceed|over)|"
    r"over (?:the )?(?:maximum allowed )?quota|"
    r"mailbox is full|insufficient (?:system )?(?:storage|disk)|out of (?:disk )?space|too (?:large|big|many)|"
    r"size limit|exceed\w* (?:the )?(?:max|size|fixed)|"
    r"(?:is )?(?:suspend|disabled|deactivat|locked|blocked|blacklist|block ?list|spam|junk|virus|malware|"
    r"unsolicited|reputation|policy|"
    r"dnsbl|spf|dkim|dmarc|denied|refused|relay|not authorized|authentication|content reject|greylist|throttl|"
    r"try again|temporar)|"
    r"timed? ?out|connection (?:timed|reset|lost|refused)|rate limit|couldn't create|command output|procmail|"
    r"service (?:unavailable|not available)|(?:system|internal|local|configuration|mailer) error|loop|"
    r"いっぱい|一杯|переполнен|превышен",
    re.IGNORECASE,
)
_STILL_TRYING = re.compile(
    r"still being retried|will (?:be )?(?:retr|continue|keep) ?(?:y|ied|ying|trying|to be)?|"
    r"warning (?:message )?only|delayed|"
    r"do not need to resend|not yet been delivered|will try again",
    re.IGNORECASE,
)  # fmt: skip
_DEAD_CODES = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"}
_LIVE_DETAILS = {"5.2.1", "5.2.2", "5.2.3", "5.3.4", "5.4.6", "5.4.7", "5.7.1"}


def read_bounce(
    headers: Mapping[str, list[str]], reports: Iterable[tuple[str, str]], text: str, own: Iterable[str] = ()
) -> Bounce:
    """Machine-readable fields first, then the sentences mail servers write."""
    reports = list(reports)
    fields = [field for kind, report in reports if "delivery-status" in kind for field in _fields(report)]
    fields = fields or _fields_in_text(text[:_LOOKED_AT])
    readable = _above_original(text[:_LOOKED_AT])
    recipients = _reported(fields) or _named_in_header(headers) or _told(readable, set(own))
    told = "\n".join([*(value for name, value in fields if name == "diagnostic-code"), readable])
    status = _status(fields, told)
    action = next((value.lower() for name, value in fields if name == "action"), "")
    is_complaint = any("feedback" in kind for kind, _ in reports)
    is_final = not (is_complaint or action == "delayed" or status.startswith("4") or _STILL_TRYING.search(readable))
    is_dead = is_final and _tells_dead(status, fields, told) and _is_from_the_server(fields, status, told, headers)
    is_for_good = is_dead or (is_final and _is_unexplained(fields, status, told))
    return Bounce(tuple(recipients[:_MOST]), is_for_good, is_dead, status)


def _fields(report: str) -> list[tuple[str, str]]:
    """All "Name: value" lines of the report, unfolded."""
    unfolded = re.sub(r"\n[ \t]+", " ", report)
    pairs = (line.partition(":") for line in unfolded.split("\n"))
    return [(name.strip().lower(), value.strip()) for name, colon, value in pairs if colon]


def _fields_in_text(text: str) -> list[tuple[str, str]]:
    """The same fields where a broken report left them in the text."""
    begin = re.search(r"^Reporting-MTA:|^Final-Recipient:", text, re.IGNORECASE | re.MULTILINE)
    return [
        (name, value)
        for name, value in (_fields(text[begin.start() :]) if begin else [])
        if name
        in ("final-recipient", "original-recipient", "x-actual-recipient", "action", "status", "diagnostic-code")
    ]


def _reported(fields: list[tuple[str, str]]) -> list[str]:
    """Final-Recipient, in order; the original one where the final one is no mail address."""
    for wanted in ("final-recipient", "x-actual-recipient", "original-recipient"):
        found = _unique(_typed(value) for name, value in fields if name == wanted)
        if found:
            return found
    return []


def _typed(value: str) -> str:
    """The address in "rfc822; <ana@example.com>"."""
    found, _ = parse_addresses(value.rpartition(";")[2].strip().replace('"', ""))
    return found[0].address if found else ""


def _named_in_header(headers: Mapping[str, list[str]]) -> list[str]:
    values = headers.get("x-failed-recipients", [])
    return _unique(found.address for value in values for found in parse_addresses(value)[0])


def _told(readable: str, own: set[str]) -> list[str]:
    for pattern in _IN_TEXT:
        found = [address for address in _unique(hit.lower() for hit in pattern.findall(readable)) if address not in own]
        if found:
            return found
    return []


def _unique(addresses: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(address for address in addresses if address))


def _above_original(text: str) -> str:
    """Only the report itself: the returned mail below it names other addresses."""
    below = _ORIGINAL_BELOW.search(text)
    return text[: below.start()] if below and text[: below.start()].strip() else text


def _status(fields: list[tuple[str, str]], told: str) -> str:
    """The report's status; a more telling code in the server's own words wins over a bare 5.0.0."""
    given = next((value.split()[0] for name, value in fields if name == "status" and _STATUS.match(value)), "")
    spoken = _STATUS.search(told)
    if spoken and (not given or given.endswith(".0.0")) and spoken[1] != "2":
        return spoken.group()
    if given:
        return given
    code = _REPLY_CODE.search(told)
    return f"{code[1]}.0.0" if code else ""


def _tells_dead(status: str, fields: list[tuple[str, str]], told: str) -> bool:
    """The address itself is wrong. What speaks of full, blocked or too large is about something else."""
    diagnostic = "\n".join(value for name, value in fields if name == "diagnostic-code") or told
    if _GONE.search(diagnostic):
        return not re.search(r"procmail|command output", diagnostic, re.IGNORECASE)
    return status in _DEAD_CODES and not _NOT_THE_ADDRESS.search(told)


def _is_unexplained(fields: list[tuple[str, str]], status: str, told: str) -> bool:
    """A report of final failure that gives no reason: by RFC 3463 a class 5 is for good."""
    is_report = any(name == "action" and value.lower().startswith("failed") for name, value in fields)
    return is_report and status.startswith("5") and status not in _LIVE_DETAILS and not _NOT_THE_ADDRESS.search(told)


_ABOUT_RECIPIENT = re.compile(r"rcpt to|said:|remote host|smtp error|recipient address rejected", re.IGNORECASE)


def _is_from_the_server(
    fields: list[tuple[str, str]], status: str, told: str, headers: Mapping[str, list[str]]
) -> bool:
    """Whether the mailbox's own server judged the address: a report, a code of its kind, or its answer to RCPT.

    A dead address gets no more mail, so a sentence of some gateway in between is not enough.
    """
    return bool(
        any(name == "action" for name, _ in fields)
        or status.startswith("5.1.")
        or "x-failed-recipients" in headers
        or _ABOUT_RECIPIENT.search(told)
    )
