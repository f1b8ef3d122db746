"""The settings of the running app."""

from flask import Flask, current_app

from portal.base.settings import Settings

_KEY = "portal_settings"


def install_settings(app: Flask, settings: Settings) -> None:
    app.extensions[_KEY] = settings


def current_settings() -> Settings:
    """The settings the running app was made with."""
    settings: Settings = current_app.extensions[_KEY]
    return settings
