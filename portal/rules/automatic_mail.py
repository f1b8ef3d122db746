# ruff: noqa: RUF001 (words of many alphabets)
"""Mail no person wrote for us to read: answers of machines, bounces, and our own mail come back.

Sources: RFC 3834 (automatic responses), RFC 3464 and 6522 (reports), RFC 5965 (complaints), and what mail servers and
help desks are known to send. A customer's mail taken for automatic is the fault that counts, so a sign that people's
mail also carries (lists, "bulk", a no-reply sender, the words "out of office" in a sentence) never decides alone.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

LOOP_HEADER = "x-portal-loop"

_LOOKED_AT = 4_000  # characters of the text that may tell a bounce


class MailClass(StrEnum):
    PERSON = "person"
    AUTO_REPLY = "auto-reply"
    BOUNCE = "bounce"
    LOOP = "loop"


@dataclass(frozen=True)
class MailFacts:
    """What is known of a mail before anybody believes it. Header names are lower-case, each with all its values."""

    headers: Mapping[str, list[str]]
    from_address: str = ""
    return_path: str | None = None  # None when not told, "" for the null sender <>
    subject: str = ""
    content_type: str = ""  # the whole header, parameters included
    part_types: frozenset[str] = field(default_factory=frozenset)
    text: str = ""
    loop_mark: str = ""  # ours; empty when not known
    own_addresses: frozenset[str] = field(default_factory=frozenset)

    def first(self, name: str) -> str:
        """The first value of a header, lower-case, without white space around it; empty when it is not there."""
        return next(iter(self.headers.get(name, [])), "").strip().lower()


def classify(facts: MailFacts) -> MailClass:
    """Loop before bounce before auto-reply: a bounce of our own mail carries marks of all three kinds."""
    if is_loop(facts):
        return MailClass.LOOP
    if is_bounce(facts):
        return MailClass.BOUNCE
    return MailClass.AUTO_REPLY if is_auto_reply(facts) else MailClass.PERSON


def may_be_answered(facts: MailFacts) -> bool:
    """Whether an automatic answer may go out: never to a robot, a list, a null or a no-reply sender (RFC 3834, 2)."""
    if classify(facts) is not MailClass.PERSON or facts.return_path == "":
        return False
    if facts.first("auto-submitted") not in ("", "no") or facts.first("precedence") in _BULK:
        return False
    if any(name.startswith("list-") for name in facts.headers):
        return False
    suppressed = {word.strip() for word in facts.first("x-auto-response-suppress").split(",")}
    return not suppressed & {"all", "autoreply"} and not _NO_REPLY.match(facts.from_address)


# --- loop


def is_loop(facts: MailFacts) -> bool:
    """Our own mail came back, or somebody writes in our own name."""
    marks = facts.headers.get(LOOP_HEADER, [])
    is_marked = bool(facts.loop_mark) and any(
        hmac.compare_digest(mark.strip().encode("utf-8", "replace"), facts.loop_mark.encode()) for mark in marks
    )
    return is_marked or facts.from_address.lower() in facts.own_addresses


# --- bounce

_REPORTS = re.compile(r"report-type\s*=\s*\"?\s*(?:delivery-status|feedback-report)", re.IGNORECASE)
_DAEMON = re.compile(
    r"(?:mail(?:er)?[-_.]?daemon|mail-?delivery(?:-subsystem|-system)?|mdaemon|bounces?|postmaster|post_master)@?",
    re.IGNORECASE,
)
_ROBOT = re.compile(
    r"(?:mail(?:er)?[-_.]?daemon|mdaemon|post[-_.]?master|bounces?|(?:no|not|do-?not)[-_.]?reply|sys-?admin|"
    r"mail-?admin(?:istrator)?|smtp|system|mail|administrator|delivery\S*)(?:[+@]|$)",
    re.IGNORECASE,
)
_BOUNCE_SUBJECT = re.compile(
    r"^(?:\W{0,3}(?:re|aw)\W{1,3})?(?:\W*(?:mail |message |e-?mail )?deliver(?:y|ing) (?:status |has |was )?"
    r"(?:notification|failed|failure|report|error|problem|delayed|unsuccessful|subsystem)|(?:permanent |"
    r"temporary )?delivery "
    r"(?:failed|failure|error|problem|problems)|"
    r"undeliver(?:able|ed)|returned (?:e-?)?mail|mail (?:system )?(?:error|failure|delivery|returned)|failure notice|"
    r"non[- ]?delivery|message (?:delivery|could not|not delivered|you sent|delayed)|warning: (?:could not|"
    r"message)|delayed mail|"
    r"notice: mail delivery|postmaster notify|\W*message you sent blocked|status notification|delivery has failed|"
    r"nondeliverable|"
    r"could not (?:send|deliver)|unzustellbar|nicht zustellbar|échec de|échec d|non remis|non distribu|onbestelbaar|"
    r"mancata consegna|no se (?:ha )?(?:pudo|podido) entreg|no entregado|não entregue|falha na entrega|"
    r"недоставлен|не доставлен|"
    r"ваше сообщение не доставлено|niedostarcz|kan inte leverer|"
    r"メールエラー|配信不能|配信できません|退信|系统退信|投递失败)",
    re.IGNORECASE,
)
_FAILURE_TEXT = re.compile(
    r"(?:could not|cannot|can not|can't|unable to|not able to|failed to|was not|hasn't been|has not been|not been)\s+"
    r"(?:be )?(?:deliver|sent|send|accept)|undeliver|delivery (?:to|has|failed|failure|of)|permanent (?:error|"
    r"failure|fatal)|"
    r"no such user|user unknown|unknown user|unknown recipient|invalid (?:user|recipient|address)|"
    r"mailbox (?:is )?(?:full|unavailable)|"
    r"does not exist|recipient address rejected|returning message|message blocked|blocked by|送信できません|配信できません|"
    r"не может быть доставлено|nicht zugestellt|n'a pas pu être|送達|退回",
    re.IGNORECASE,
)
_SMTP_CODE = re.compile(r"(?<![\d.])[45](?:\d\d(?=[\s#-])|\.\d\.\d{1,3}\b)")
_DAEMON_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status", "message/feedback-report"})


def is_bounce(facts: MailFacts) -> bool:
    """A report of a mail server that a mail did not arrive, or a complaint (RFC 3464, 5965, and the untidy ones)."""
    if _REPORTS.search(facts.content_type) or facts.part_types & _DAEMON_TYPES:
        return True
    if facts.first("x-failed-recipients"):
        return True
    return _looks_like_bounce(facts)


def _looks_like_bounce(facts: MailFacts) -> bool:
    """Two independent signs at least, one of them about the sender: people forward and quote bounces too."""
    has_subject = bool(_BOUNCE_SUBJECT.match(facts.subject.strip()))
    text = facts.text[:_LOOKED_AT]
    tells_failure = bool(_FAILURE_TEXT.search(text))
    if facts.return_path == "" and (has_subject or tells_failure):
        return True
    if _DAEMON.match(facts.from_address) and (has_subject or (tells_failure and _SMTP_CODE.search(text))):
        return True
    is_robot = bool(_ROBOT.match(facts.from_address)) or not facts.from_address
    return is_robot and has_subject and tells_failure


# --- auto-reply

_BULK = frozenset({"bulk", "list", "junk", "auto_reply", "auto-reply", "autoreply"})
_NO_REPLY = re.compile(r"(?:no|not|do-?not|donot)[-_.]?(?:reply|answer)|mailer-daemon|postmaster", re.IGNORECASE)
_ANY_VALUE = (
    "x-autoreply", "x-autorespond", "x-autoresponder", "x-autoresponse", "x-auto-reply", "x-auto-respond",
    "x-autoreply-from", "x-mail-autoreply", "x-away", "x-vacation", "x-auto-response", "x-autoresponsemessage",
)  # fmt: skip
_OWN_VALUE = {
    "precedence": re.compile(r"auto[_-]?reply"),
    "x-precedence": re.compile(r"auto[_-]?reply"),
    "x-autogenerated": re.compile(r"reply|forward"),
    "auto-submitted": re.compile(r"auto-|vacation"),
    "x-post-messageclass": re.compile(r".*autoresponder"),
    "delivered-to": re.compile(r"autoresponder"),
    "x-amazon-mail-relay-type": re.compile(r"notification"),
    "x-fc-machinegenerated": re.compile(r"true"),
}
_AUTO_SUBJECT = re.compile(
    r"^\W*(?:auto(?:matic)?[- ]?(?:reply|response|responder|answer)(?: from| to)?\b\s*(?:[:：\-–]|$|re\b|fw)|"
    r"auto\s?[:：]|out[- ]of[- ](?:the[- ])?office(?: (?:auto ?-?)?(?:reply|response|message|"
    r"notification))?\s*(?:[:：\-–(]|$)|"
    r"vacation(?: (?:reply|notice|message|response|autoreply))\b|on vacation\s*[:：]|away from (?:the office|"
    r"my mail|mail)\b|"
    r"abwesenheits(?:notiz|nachricht|meldung|assistent)\b|automatische (?:antwort|abwesenheit)|abwesend\s*[:：]|"
    r"réponse automatique|absence du bureau|absent(?:e)? du bureau|message d'absence|"
    r"respuesta autom[aá]tica|fuera de (?:la )?oficina|ausente\s*[:：]|resposta autom[aá]tica|fora do escrit[oó]rio|"
    r"risposta automatica|fuori sede|automatisch(?:e)? (?:antwoord|afwezigheid)|afwezigheidsbericht|"
    r"niet aanwezig\s*[:：]|"
    r"autosvar|automatiskt? (?:svar|besvarad)|fr[aå]nvaro|fravær|automaattinen vastaus|poissa|poissaolo|"
    r"autom(?:atyczna|atická) odpow?[ií]e?d[źď]|automatická odpověď|automatikus válasz|otomatik yanıt|ofis dışında|"
    r"автоматический ответ|автоответ|автоматична відповідь|răspuns automat|αυτόματη απάντηση|自动回复|自動回覆|自動返信|"
    r"자동 ?회신|부재중)",
    re.IGNORECASE,
)  # fmt: skip
_DISPOSITION = re.compile(r"report-type\s*=\s*\"?\s*disposition-notification", re.IGNORECASE)


def is_auto_reply(facts: MailFacts) -> bool:
    """An absence note, a receipt, or any mail that says of itself that a machine made it."""
    if _DISPOSITION.search(facts.content_type) or "message/disposition-notification" in facts.part_types:
        return True
    if any(facts.first(name) not in ("", "no", "false") for name in _ANY_VALUE):
        return True
    if any(pattern.match(facts.first(name)) for name, pattern in _OWN_VALUE.items()):
        return True
    if facts.first("x-ms-exchange-generated-message-source").startswith("mailbox rules agent"):
        return True
    is_exchange_rule = "x-ms-exchange-inbox-rules-loop" in facts.headers
    return is_exchange_rule or bool(_AUTO_SUBJECT.match(facts.subject[:300]))
