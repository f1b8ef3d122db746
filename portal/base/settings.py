"""Settings, read once from the environment into a frozen, validated object."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from dotenv import dotenv_values

from portal.base.problem import Problem

MEGABYTE = 1024 * 1024


class SettingsError(Problem):
    """One line that names the setting and what is wrong with it."""


@dataclass(frozen=True)
class Settings:
    """Everything the portal reads from outside. Sizes in MB, times in seconds unless the name says otherwise."""

    MAX_FILES: ClassVar[int] = 10
    """With one message."""
    MAX_REQUEST_MB: ClassVar[int] = 60
    """Everything one request may hold, its files included."""

    database_url: str = ""
    redis_url: str = ""
    secret_key: str = ""
    base_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    web_workers: int = 2
    web_threads: int = 8
    data_dir: Path = Path("var")
    storage_url: str = ""
    mail_server: str = ""
    mail_port: int = 25
    mail_username: str = ""
    mail_password: str = ""
    mail_use_tls: bool = False
    mail_use_ssl: bool = False
    mail_default_sender: str = "TradeSense Support <support@localhost>"
    support_address: str = "support@localhost"
    inbound_raw_secret: str = ""
    inbound_authserv_id: str = ""
    trusted_proxies: int = 0
    max_upload_mb: int = 25
    ratelimit_enabled: bool = True
    portal_demo: bool = True
    chromium: str = ""
    log_level: str = "info"
    log_format: str = "text"
    embedded: bool = False
    """The database is the portal's own, started by `portal run` or a command; never set by hand."""

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    def filled(self, **values: Any) -> "Settings":
        """A copy with the given values; used by embedded mode once its servers' addresses are known."""
        return replace(self, **values)

    def environment(self) -> dict[str, str]:
        """The same settings as variables, for a child process; empty ones too, so that no `.env` fills them in again."""
        values = {_variable(field.name): getattr(self, field.name) for field in fields(self)}
        return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}


_FIELDS = {"PORTAL_EMBEDDED": "embedded"}


def _variable(field: str) -> str:
    return next((name for name, kept in _FIELDS.items() if kept == field), field.upper())


_BOOLS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _bool(text: str) -> bool:
    try:
        return _BOOLS[text.strip().lower()]
    except KeyError:
        raise ValueError("must be true or false") from None


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text) or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return parse


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if urlsplit(text).scheme not in schemes:
            raise ValueError("must begin with " + " or ".join(f"{scheme}:" for scheme in schemes))
        return text

    return parse


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("must be an address like https://support.example.com, without a path")
    return text.rstrip("/")


def _address(text: str) -> str:
    if not re.fullmatch(r"[^\s@+<>]+@[^\s@<>]+", text):
        raise ValueError("must be a plain mail address without +")
    return text


def _one_line(text: str) -> str:
    if re.search(r"[\r\n\0]", text):
        raise ValueError("must not hold line breaks")
    return text


def _choice(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.lower() not in words:
            raise ValueError("must be one of " + ", ".join(words))
        return text.lower()

    return parse


def _secret(text: str) -> str:
    if len(text) < 32:
        raise ValueError("must have at least 32 characters")
    return text


_READERS: dict[str, Callable[[str], Any]] = {
    "DATABASE_URL": _url("postgresql", "postgres", "postgresql+psycopg"),
    "REDIS_URL": _url("redis", "rediss", "valkey"),
    "SECRET_KEY": _secret,
    "BASE_URL": _base_url,
    "HOST": _one_line,
    "PORT": _whole(1, 65535),
    "WEB_WORKERS": _whole(1, 64),
    "WEB_THREADS": _whole(1, 256),
    "DATA_DIR": Path,
    "STORAGE_URL": _url("file"),
    "MAIL_SERVER": _one_line,
    "MAIL_PORT": _whole(1, 65535),
    "MAIL_USERNAME": _one_line,
    "MAIL_PASSWORD": _one_line,
    "MAIL_USE_TLS": _bool,
    "MAIL_USE_SSL": _bool,
    "MAIL_DEFAULT_SENDER": _one_line,
    "SUPPORT_ADDRESS": _address,
    "INBOUND_RAW_SECRET": _secret,
    "INBOUND_AUTHSERV_ID": _one_line,
    "TRUSTED_PROXIES": _whole(0, 10),
    "MAX_UPLOAD_MB": _whole(1, Settings.MAX_REQUEST_MB),
    "RATELIMIT_ENABLED": _bool,
    "PORTAL_DEMO": _bool,
    "CHROMIUM": _one_line,
    "LOG_LEVEL": _choice("debug", "info", "warning", "error"),
    "LOG_FORMAT": _choice("text", "json"),
    "PORTAL_EMBEDDED": _bool,
}

_REQUIRED_WITH_DATABASE = ("REDIS_URL", "SECRET_KEY", "BASE_URL", "MAIL_SERVER")


def load_settings(env: Mapping[str, str] | None = None) -> Settings:
    """Read the environment (or `.env`; the environment wins). An empty value counts as unset.

    With DATABASE_URL set (production), REDIS_URL, SECRET_KEY, BASE_URL and MAIL_SERVER must be set too.
    Raises SettingsError with one line that names the setting.
    """
    if env is None:
        env = {**{key: value or "" for key, value in dotenv_values(".env").items()}, **os.environ}
    given = {name: env[name] for name in _READERS if env.get(name, "").strip()}
    values = {_FIELDS.get(name, name.lower()): _read(name, text) for name, text in given.items()}
    settings = Settings(**values)
    settings = settings.filled(data_dir=settings.data_dir.absolute())
    if settings.database_url:
        _require(given)
    return settings


def _read(name: str, text: str) -> Any:
    try:
        return _READERS[name](text.strip())
    except ValueError as wrong:
        raise SettingsError(f"{name} {wrong}") from None


def _require(given: Mapping[str, str]) -> None:
    for name in _REQUIRED_WITH_DATABASE:
        if name not in given:
            raise SettingsError(f"{name} must be set when DATABASE_URL is set")
