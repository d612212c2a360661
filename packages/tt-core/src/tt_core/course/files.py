"""Write files at once or not at all: a reader sees the old one or the new one, never half of one."""

import os
from pathlib import Path


def write(path: Path, data: bytes | str) -> None:
    """Replace a file, and make its folder if it is missing; text is UTF-8 with the line ends that it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with unfinished.open("wb") as file:
            file.write(data.encode("utf-8") if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
