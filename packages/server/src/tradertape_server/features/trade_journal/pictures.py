"""Screenshots: checked by what they are, not by their name, and encoded anew."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from tradertape_server.platform.errors import BadRequest, TooLarge

MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 25_000_000
MOST_SIDE = 2560
FORMATS = ("PNG", "JPEG", "WEBP")
MEDIA_TYPE = "image/webp"
_WRONG = "This is no PNG, JPEG or WebP picture, or it is damaged."


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as WebP: no place, no camera and nothing else that the file said besides."""

    content: bytes
    width: int
    height: int


def read_picture(content: bytes) -> Picture:
    """Read a picture and encode it anew, at most 2,560 pixels wide or high.

    Raises BadRequest for what is no picture, TooLarge beyond 8 MB or 25 megapixels.
    """
    if len(content) > MOST_BYTES:
        raise TooLarge("A screenshot has at most 8 MB: send a smaller one.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _encoded(content)
    except Image.DecompressionBombError as error:
        raise TooLarge(_too_many()) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise BadRequest(_WRONG) from error


def _encoded(content: bytes) -> Picture:
    with Image.open(io.BytesIO(content), formats=FORMATS) as image:
        # The size is in the header: nothing is decoded before it is known to be bearable.
        if image.width * image.height > MOST_PIXELS:
            raise TooLarge(_too_many())
        image.load()
        whole = ImageOps.exif_transpose(image) or image
        shown = whole.convert("RGBA" if "A" in whole.getbands() else "RGB")
        shown.thumbnail((MOST_SIDE, MOST_SIDE))
        plain = Image.new(shown.mode, shown.size)
        plain.paste(shown)
        made = io.BytesIO()
        plain.save(made, "WEBP", quality=88)
        return Picture(made.getvalue(), plain.width, plain.height)


def _too_many() -> str:
    return f"A screenshot has at most {MOST_PIXELS // 1_000_000} megapixels: send a smaller one."
