import io
import re

import pytest
from rich.table import Table
from rich.text import Text

from tt_core.course.console import WIDEST, can_draw, make_console, trimmed, write

COLOUR = re.compile(r"\x1b\[[\d;]*3\d")


def terminal(encoding: str = "utf-8") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


def test_a_wide_terminal_is_not_used_up() -> None:
    assert make_console(width=300).width == WIDEST
    assert make_console(width=60).width == 60


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert COLOUR.search(painted())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not COLOUR.search(painted())


def painted() -> str:
    """Return what a terminal gets for a red word."""
    file = io.StringIO()
    make_console(file=file, force_terminal=True, color_system="standard", width=40).print("[red]word")
    return file.getvalue()


def test_only_some_encodings_can_draw() -> None:
    assert can_draw(make_console(file=terminal("utf-8")))
    assert not can_draw(make_console(file=terminal("ascii")))


def test_write_escapes_what_the_encoding_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    output = terminal("ascii")
    monkeypatch.setattr("sys.stdout", output)
    write("caf\u00e9")
    output.flush()
    assert output.buffer.getvalue().strip() == rb"caf\xe9"  # type: ignore[attr-defined]  # it is a BytesIO


def test_a_drawing_has_no_blanks_at_the_ends_of_its_lines() -> None:
    console = make_console(width=30, record=True, force_terminal=True)
    table = Table("name", "what")
    table.box = None
    table.add_row("one", Text("the first", "red"))
    table.add_row("two", "")
    console.print(trimmed(console, table), end="")
    assert console.export_text() == " name  what\n one   the first\n two\n"
