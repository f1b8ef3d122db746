"""Headers on every answer, errors and fragments included."""

from flask import Flask, Response, request

from portal.base.current import current_settings
from portal.base.settings import Settings

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def content_policy(origin: str) -> str:
    """Scripts, styles and fonts only from /static/, nothing inline, no framing."""
    static = f"{origin}/static/"
    return (
        f"default-src 'none'; script-src {static}; style-src {static}; font-src {static};"
        f" img-src 'self' data:; connect-src 'self'; form-action 'self'; manifest-src 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    )


def page_origin() -> str:
    """The address the reader's browser sees: the configured one, on plain http the one it asked for."""
    settings = current_settings()
    return settings.base_url if settings.is_https else request.host_url.rstrip("/")


def install_security(app: Flask, settings: Settings) -> None:
    """Add the headers to whatever is answered; a view may set stricter ones of its own."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if "Content-Security-Policy" not in response.headers:
            response.headers["Content-Security-Policy"] = content_policy(page_origin())
        if settings.is_https:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        if response.mimetype == "text/html":
            response.vary.update(["HX-Request", "HX-Request-Type"])
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response
