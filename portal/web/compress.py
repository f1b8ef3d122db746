"""Pages over the wire: compressed on the way out at a level that costs little."""

from flask import Flask
from flask_compress import Compress


def install_compression(app: Flask) -> None:
    """Only text answers from 1 kB on, never streams; static files come compressed from disk already."""
    app.config.update(
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=1,
        COMPRESS_LEVEL=1,
        COMPRESS_MIN_SIZE=1024,
        COMPRESS_STREAMS=False,
        COMPRESS_MIMETYPES=["text/html", "application/json", "application/problem+json", "text/plain"],
    )
    Compress(app)
