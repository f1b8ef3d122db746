"""Log lines: one shape, no secrets."""

import json
import logging

import pytest
import structlog

from portal.base.logging import configure_logging
from portal.base.settings import Settings

URL = "postgresql+psycopg://portal:hunter2hunter2@127.0.0.1:5432/portal"


@pytest.fixture(autouse=True)
def _put_back() -> object:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_secrets_never_reach_the_log(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_format=log_format))
    log = structlog.get_logger("portal.test")
    log.info("signed in", password="hunter2hunter2", api_token="hunter2hunter2", set_cookie="hunter2hunter2")
    log.warning("no connection", url=URL)
    logging.getLogger("library").warning("no connection to %s", URL)
    try:
        raise RuntimeError(URL)
    except RuntimeError:
        log.exception("it broke")
    text = capsys.readouterr().err
    assert "hunter2" not in text
    assert text.count("portal:[hidden]@127.0.0.1") >= 3
    assert "RuntimeError" in text


def test_json_is_one_object_a_line_for_us_and_for_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_format="json"))
    structlog.get_logger("portal.test").info("ticket opened", number=12)
    logging.getLogger("library").warning("slow %s", "query")
    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["number"], ours["level"], ours["logger"]) == (
        "ticket opened",
        12,
        "info",
        "portal.test",
    )
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("slow query", "warning", "library")


def test_the_level_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_level="warning"))
    structlog.get_logger("portal.test").info("quiet")
    assert capsys.readouterr().err == ""
