"""The roof: create_app hangs every door on one Flask app. Nothing beneath imports from here."""

from flask import Flask

from portal.base.job_app import TEMPLATES, lay_ground
from portal.base.settings import MEGABYTE, Settings
from portal.blueprints import install_doors
from portal.web.assets import install_assets
from portal.web.compress import install_compression
from portal.web.csrf import csrf
from portal.web.errors import install_errors
from portal.web.filters import install_filters
from portal.web.guards import install_guards
from portal.web.limits import install_limits
from portal.web.proxies import install_proxies
from portal.web.security import install_security
from portal.web.sign_in import install_sign_in

FORM_FIELD_KB = 1000  # twice the longest text in its widest letters, so that it is answered by its form
FORM_PARTS = 200


def create_app(settings: Settings) -> Flask:
    """The portal with the given settings: ground first, then the hall, then the doors."""
    app = Flask("portal", template_folder=str(TEMPLATES), static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=settings.MAX_REQUEST_MB * MEGABYTE,
        MAX_FORM_MEMORY_SIZE=FORM_FIELD_KB * 1024,
        MAX_FORM_PARTS=FORM_PARTS,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        TEMPLATES_AUTO_RELOAD=False,
    )
    lay_ground(app, settings)
    _open_hall(app, settings)
    install_doors(app, settings)
    return app


def _open_hall(app: Flask, settings: Settings) -> None:
    install_proxies(app, settings)
    install_sign_in(app, settings)
    install_guards(app)
    install_limits(app, settings)
    csrf.init_app(app)
    install_assets(app, settings)
    install_filters(app, settings)
    install_errors(app)
    install_security(app, settings)
    install_compression(app)
