"""The admins' pages."""

from flask import Blueprint

admin = Blueprint("admin", __name__, url_prefix="/admin")

from portal.blueprints.admin import synonyms  # noqa: E402, F401 (it hangs views on it)
