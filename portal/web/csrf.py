"""CSRF tokens on every form. A door that carries proof of its own and reads no cookie takes itself out: `csrf.exempt(door)`."""

from flask_wtf import CSRFProtect

csrf = CSRFProtect()
