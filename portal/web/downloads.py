"""A stored file on its way out: streamed, always an attachment, inert in the browser (RULES 8)."""

from collections.abc import Iterator
from typing import IO
from urllib.parse import quote

from flask import Response

from portal.base.storage import CHUNK, storage
from portal.models import ArticleImage, Attachment
from portal.queries import NotFound


def download(attachment: Attachment) -> Response:
    """The file's bytes. The caller has checked the reader's right just now. Raises NotFound when the file is gone."""
    try:
        stream = storage().open(attachment.key)
    except FileNotFoundError:
        raise NotFound from None
    return Response(_chunks(stream), headers=_headers(attachment))


def picture(image: ArticleImage) -> Response:
    """A picture we encoded ourselves, shown where it stands. Raises NotFound when the file is gone."""
    try:
        stream = storage().open(image.key)
    except FileNotFoundError:
        raise NotFound from None
    return Response(
        _chunks(stream),
        headers={
            "Content-Type": image.content_type,
            "Content-Length": str(image.size),
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "public, max-age=31536000, immutable",
        },
    )


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    with stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _headers(attachment: Attachment) -> dict[str, str]:
    plain = attachment.filename.encode("ascii", "replace").decode().replace('"', "'").replace("\\", "_")
    return {
        "Content-Type": attachment.content_type,
        "Content-Length": str(attachment.size),
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(attachment.filename, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }
