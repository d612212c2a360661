"""Pictures from the bytes of PNG and other files, as arrays (H, W, C) of uint8."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from tt_core.extend import Array
from tt_train.data.errors import DataError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
CHANNELS = {"L": 1, "RGB": 3, "RGBA": 4}
SIMPLE = {"1": "L", "P": "RGB", "LA": "RGBA", "PA": "RGBA", "CMYK": "RGB", "YCbCr": "RGB"}
MAX_PIXELS = 2**25

# what Pillow raises for bytes that are no picture, or one that unpacks to far more than it should
DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def decode_image(data: bytes, mode: str | None = None) -> Array:
    """Return the picture in a file's bytes as uint8 (H, W, C): 1 channel for grey, 3 for colour, 4 with transparency.

    Args:
        mode: "L" (grey), "RGB" or "RGBA", to convert to; None keeps what the file has.

    Raises:
        DataError: the bytes are damaged or no picture, or it has more than 2²⁵ pixels or more than 8 bits per channel.
    """
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            wanted = _allowed(image, mode)
            pixels = np.frombuffer((image if image.mode == wanted else image.convert(wanted)).tobytes(), np.uint8)
            return pixels.reshape(image.height, image.width, CHANNELS[wanted])
    except DataError:
        raise
    except DAMAGED as error:
        message = f"expected the bytes of a whole {', '.join(FORMATS[:-1])} or {FORMATS[-1]} file; got {_said(error)}"
        raise DataError(message) from None


def _allowed(image: Image.Image, mode: str | None) -> str:
    """Return the mode to convert to, before any pixel is unpacked."""
    if image.width * image.height > MAX_PIXELS:
        message = f"expected an image of at most {MAX_PIXELS:,} pixels; got {image.width} × {image.height}"
        raise DataError(message)
    wanted = mode or SIMPLE.get(image.mode, image.mode)
    if wanted not in CHANNELS:
        message = f"expected 8 bits per channel; got an image of Pillow's mode {wanted}: convert it first"
        raise DataError(message)
    return wanted


def _said(error: BaseException) -> str:
    """Return in brief what Pillow found; where it knows nothing, it would name a place in memory."""
    return "something else" if isinstance(error, UnidentifiedImageError) else f"damaged ones ({error})"
