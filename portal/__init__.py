"""The support portal. The listing of this folder is its architecture; docs/decisions says why."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from portal.base.settings import Settings


def create_app(settings: "Settings") -> "Flask":
    """The portal as a WSGI app. Assembled in portal/roof.py, imported only here and now: whoever needs one floor
    of the house (a command, a rule) does not load all of it."""
    from portal.roof import create_app as assemble

    return assemble(settings)
