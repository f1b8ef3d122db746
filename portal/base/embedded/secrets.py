"""Passwords and keys of embedded mode, made once at random and kept in DATA_DIR/secrets.env (readable by its owner only)."""

import os
import secrets
from pathlib import Path

NAMES = ("SECRET_KEY", "INBOUND_RAW_SECRET", "POSTGRES_PASSWORD", "POSTGRES_ADMIN_PASSWORD", "VALKEY_PASSWORD")


def secrets_path(data_dir: Path) -> Path:
    return data_dir / "secrets.env"


def read_secrets(data_dir: Path) -> dict[str, str]:
    """What the file holds; nothing when there is none yet."""
    try:
        lines = secrets_path(data_dir).read_text().splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def make_secrets(data_dir: Path) -> dict[str, str]:
    """Read the file and add what it lacks. Only the holder of the lock may call this."""
    kept = read_secrets(data_dir)
    full = {name: kept.get(name) or secrets.token_urlsafe(32) for name in NAMES}
    if full != kept:
        _write(secrets_path(data_dir), kept | full)
    return full


def _write(path: Path, values: dict[str, str]) -> None:
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in values.items())
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)
