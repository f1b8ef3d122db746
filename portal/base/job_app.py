"""The ground under an app: what web, workers and commands have in common."""

from pathlib import Path

from flask import Flask

from portal.base.current import install_settings
from portal.base.database import install_database
from portal.base.redis import install_redis
from portal.base.settings import Settings
from portal.base.storage import install_storage

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


def lay_ground(app: Flask, settings: Settings) -> None:
    """Settings, database, Redis and storage, each reachable from inside the app's context."""
    install_settings(app, settings)
    install_database(app, settings)
    install_redis(app, settings)
    install_storage(app, settings)


def create_job_app(settings: Settings) -> Flask:
    """An app for workers and commands: the ground and the templates of mails, no doors for people."""
    app = Flask("portal", template_folder=str(TEMPLATES), static_folder=None)
    lay_ground(app, settings)
    return app
