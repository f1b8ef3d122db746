"""Who the embedded servers run as: ourselves, or an unprivileged user when we are root (PostgreSQL refuses root)."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.base.embedded.errors import EmbeddedError


@dataclass(frozen=True)
class Account:
    """A user of the machine that is not root."""

    name: str
    uid: int
    gid: int

    def may_enter(self, folder: Path) -> bool:
        """By mode bits alone; access lists are not looked at."""
        facts = folder.stat()
        if facts.st_uid == self.uid:
            return bool(facts.st_mode & stat.S_IXUSR)
        if facts.st_gid == self.gid:
            return bool(facts.st_mode & stat.S_IXGRP)
        return bool(facts.st_mode & stat.S_IXOTH)


def choose_account(data_dir: Path) -> Account | None:
    """None: run as ourselves. As root: whoever the data belong to already, else `nobody`."""
    if os.geteuid() != 0:
        return None
    for folder in (data_dir / "postgres", data_dir):
        if folder.exists() and (uid := folder.stat().st_uid) != 0:
            return Account(_name(uid), uid, folder.stat().st_gid)
    return _unprivileged()


def _unprivileged() -> Account:
    for name in ("nobody", "daemon"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(
        "PostgreSQL does not run as root and there is no user nobody: run the portal as an ordinary user."
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def require_way(account: Account | None, *places: Path) -> None:
    """Raises EmbeddedError naming the first folder on the way to `places` that the account may not enter."""
    if account is None:
        return
    for place in places:
        for folder in reversed(place.parents):
            if not account.may_enter(folder):
                raise EmbeddedError(
                    f"PostgreSQL does not run as root but as {account.name}, who may not enter {folder}: "
                    f"run the portal as an ordinary user, move it elsewhere, or allow it with: chmod o+x '{folder}'"
                )


def give(folder: Path, account: Account | None) -> None:
    """Hand the folder and all in it to the account, unless it has it already."""
    if account is None or folder.stat().st_uid == account.uid:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def popen_user(account: Account | None) -> dict[str, Any]:
    """The arguments of subprocess that start a child as the account."""
    return {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
