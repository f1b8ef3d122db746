"""Pictures of articles: decoded, turned upright, made no larger than a page shows, and encoded anew (RULES 8).

What was uploaded is never shown, so nothing hidden in it, position data included, gets through.
"""

import warnings
from io import BytesIO
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

from portal.base.clock import now
from portal.base.current import current_settings
from portal.base.database import db
from portal.base.settings import MEGABYTE
from portal.base.storage import storage
from portal.models import ArticleImage, User
from portal.rules import access
from portal.rules.access import Action, Actor
from portal.services import Invalid
from portal.services.attachments import UploadRefused

LONGEST_SIDE = 1600
MOST_PIXELS = 40_000_000
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


def encode_picture(stream: IO[bytes]) -> tuple[bytes, int, int]:
    """WebP bytes, width and height of an uploaded picture; of a moving one, its first frame.

    Raises Invalid for what is no picture of a known kind or holds too many pixels, UploadRefused when it is too large.
    """
    limit_mb = current_settings().max_upload_mb
    content = stream.read(limit_mb * MEGABYTE + 1)
    if len(content) > limit_mb * MEGABYTE:
        raise UploadRefused(f"The picture is larger than {limit_mb} MB.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _encoded(content)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError, Warning):
        raise Invalid("image", "This is no picture we can show: use PNG, JPEG, WebP or GIF.") from None


def keep_picture(actor: Actor, author: User, encoded: tuple[bytes, int, int]) -> ArticleImage:
    """Store an encoded picture and its row. If the transaction fails, the sweep of orphans removes the file."""
    access.require(actor, Action.WRITE_ARTICLES)
    content, width, height = encoded
    stored = storage().save(BytesIO(content), len(content))
    image = ArticleImage(
        key=stored.key,
        content_type="image/webp",
        size=stored.size,
        width=width,
        height=height,
        author_id=author.id,
        created_at=now(),
    )
    db.session.add(image)
    db.session.flush()
    return image


def _encoded(content: bytes) -> tuple[bytes, int, int]:
    with Image.open(BytesIO(content), formats=_FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValueError("too many pixels")
        upright = ImageOps.exif_transpose(picture)
        mode = "RGBA" if upright.has_transparency_data else "RGB"
        shown = upright.convert(mode)
    shown.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = BytesIO()
    shown.save(out, "WEBP", quality=85, method=4)
    return out.getvalue(), shown.width, shown.height
