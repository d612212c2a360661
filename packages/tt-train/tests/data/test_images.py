from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tt_train.data import DataError, images
from tt_train.data.images import decode_image

from .parquet_files import png


def test_pixels_keep_their_places() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert np.array_equal(decode_image(png(pixels)), pixels)
    assert np.array_equal(decode_image(png(pixels[..., 0])), pixels[..., :1])


def test_pictures_with_a_palette_or_of_bits_become_colour_and_grey() -> None:
    colours = Image.fromarray(np.zeros((3, 3, 3), np.uint8) + 51)  # a colour of the usual palette
    grey = Image.fromarray(np.eye(3, dtype=np.uint8) * 255)
    for image, shape, corner in ((colours.convert("P"), (3, 3, 3), 51), (grey.convert("1"), (3, 3, 1), 255)):
        decoded = decode_image(as_bytes(image))
        assert decoded.shape == shape
        assert decoded[0, 0, 0] == corner


def as_bytes(image: Any, kind: Any = "PNG") -> Any:
    from io import BytesIO

    file = BytesIO()
    image.save(file, kind)
    return file.getvalue()


def test_other_formats_are_decoded_too() -> None:
    grey = Image.fromarray(np.full((8, 8), 100, np.uint8))
    for kind in ("JPEG", "BMP", "GIF"):
        assert np.abs(decode_image(as_bytes(grey, kind), "L").astype(int) - 100).max() <= 1


def test_formats_that_are_not_expected_are_refused() -> None:
    with pytest.raises(
        DataError, match="expected the bytes of a whole PNG, JPEG, WEBP, BMP or GIF file; got something"
    ):
        decode_image(as_bytes(Image.fromarray(np.zeros((8, 8), np.uint8)), "PPM"))


def test_more_than_8_bits_are_refused() -> None:
    with pytest.raises(DataError, match="expected 8 bits per channel; got an image of Pillow's mode I;16"):
        decode_image(as_bytes(Image.fromarray(np.zeros((2, 2), np.uint16))))


def bomb(width: int, height: int) -> Any:
    """Return a PNG that says it has so many pixels, in a few bytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    packed = [struct.pack(">I", len(x)) + k + x + struct.pack(">I", zlib.crc32(k + x)) for k, x in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


@pytest.mark.parametrize("side", [6_000, 12_000, 100_000])
def test_images_that_would_fill_the_memory_are_refused_before_they_are_unpacked(side: int) -> None:
    with pytest.raises(DataError):
        decode_image(bomb(side, side))


def test_every_damaged_file_is_one_kind_of_error_or_decodes() -> None:
    rng = np.random.default_rng(0)
    whole = png(rng.integers(0, 256, (12, 12, 3), dtype=np.uint8))
    for i in range(300):
        spoilt = bytearray(whole)
        for place in rng.integers(0, len(whole), 1 + i % 4):
            spoilt[place] = rng.integers(0, 256)
        with suppress(DataError):  # and no other
            assert decode_image(bytes(spoilt[: len(spoilt) - (i % 3) * 7])).dtype == np.uint8


def test_the_largest_image_is_small_enough_for_a_row_of_arrow() -> None:
    assert images.MAX_PIXELS * 4 < 2**31
