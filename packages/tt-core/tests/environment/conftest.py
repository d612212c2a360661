from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Computer = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    """Make a folder that holds the given files as /proc and /sys would."""

    def build(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return build
