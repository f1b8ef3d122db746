"""Doors for browsers, programs and mail providers. No door knows another."""

from flask import Flask

from portal.base.settings import Settings
from portal.blueprints import files, health, hooks, session
from portal.blueprints.admin import admin
from portal.blueprints.agent import agent
from portal.blueprints.api import api
from portal.blueprints.customer import customer
from portal.blueprints.dev import dev


def install_doors(app: Flask, settings: Settings) -> None:
    """Register every blueprint; the pages of the embedded mode only where it runs."""
    for door in (session.session_door, customer, agent, admin, api, files.files, hooks.hooks, health.health):
        app.register_blueprint(door)
    if settings.embedded:
        app.register_blueprint(dev)
