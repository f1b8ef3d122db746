"""Mail over TLS: what is asked for is had or the mail waits; a stranger's certificate gets neither mail nor password."""

import ssl
import subprocess
from pathlib import Path

import pytest

from portal.base.settings import Settings
from portal.mail.transport import SendResult, Transport
from tests.mail.smtp_server import Inbox, Script, mail_server, scripted_server
from tests.mail.test_transport import ANA, SENDER, mail


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of 127.0.0.1 in one file, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 -subj /CN=127.0.0.1"
    subprocess.run(
        [*command.split(), "-addext", "subjectAltName=IP:127.0.0.1"], cwd=folder, check=True, capture_output=True
    )
    both = folder / "both"
    both.write_bytes((folder / "key").read_bytes() + (folder / "cert").read_bytes())
    return both


@pytest.fixture
def servers_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def _trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.with_name("cert")))


def sent_to(port: int, **how: object) -> SendResult:
    settings = Settings(mail_server="127.0.0.1", mail_port=port, secret_key="k" * 32).filled(**how)
    with Transport(settings, connect_timeout=2, command_timeout=2).connected() as connection:
        return connection.send(mail(), SENDER, ANA)


@pytest.mark.usefixtures("_trusted")
def test_after_starttls_the_mail_goes_over_tls(servers_side: ssl.SSLContext) -> None:
    inbox = Inbox()
    with mail_server(inbox, tls_context=servers_side, require_starttls=True) as port:
        assert sent_to(port, mail_use_tls=True).state == "sent"
    assert inbox.was_secure == [True]


@pytest.mark.usefixtures("_trusted")
def test_tls_from_the_first_byte(servers_side: ssl.SSLContext) -> None:
    inbox = Inbox()
    with mail_server(inbox, ssl_context=servers_side) as port:
        assert sent_to(port, mail_use_ssl=True).state == "sent"
    assert inbox.was_secure == [True]


@pytest.mark.parametrize(("how", "theirs"), [("mail_use_tls", "tls_context"), ("mail_use_ssl", "ssl_context")])
def test_a_certificate_nobody_vouches_for_gets_no_mail(servers_side: ssl.SSLContext, how: str, theirs: str) -> None:
    inbox = Inbox()
    with mail_server(inbox, **{theirs: servers_side}) as port:
        result = sent_to(port, **{how: True})
    assert (result.state, inbox.kept) == ("retry", [])
    assert "CERTIFICATE_VERIFY_FAILED" in result.text


def test_a_server_without_starttls_gets_neither_mail_nor_password() -> None:
    script = Script(answers={"EHLO": "250 plain", "STARTTLS": "502 not here"})
    with scripted_server(script) as port:
        result = sent_to(port, mail_use_tls=True, mail_username="portal", mail_password="secret")
    assert result.state == "retry"
    assert not {"AUTH", "MAIL", "DATA"} & set(script.commands)
