"""Parquet files as the tests of data sets need them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image
from pyarrow import parquet


def png(pixels: Any, mode: str | None = None, format: Any = "PNG") -> Any:
    """Return the bytes of an image file with these pixels, (H, W) or (H, W, C) of uint8."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels), mode=mode).save(file, format)
    return file.getvalue()


def image_table(images: Any, labels: Any, column: Any = "image", names: Any = ("cat", "dog", "ant")) -> Any:
    """Return a table in Hugging Face's layout; `images` are bytes."""
    structs = pa.array(
        [{"bytes": data, "path": None} for data in images],
        pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
    )
    features = {column: {"_type": "Image"}, "label": {"names": list(names), "_type": "ClassLabel"}}
    table = pa.table({column: structs, "label": pa.array(labels, pa.int64())})
    return table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def write(path: Path, table: Any, **options: Any) -> Any:
    """Write a table and return its path."""
    parquet.write_table(table, path, **options)
    return path


def pictures(n: int, shape: tuple[int, ...] = (5, 4, 3), seed: int = 0) -> Any:
    """Return random images (N, H, W, C) and labels."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, *shape), dtype=np.uint8), rng.integers(0, 3, n)
