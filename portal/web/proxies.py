"""Proxy headers are believed from as many hops as are configured, and from none by default."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.base.settings import Settings


def install_proxies(app: Flask, settings: Settings) -> None:
    hops = settings.trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
