import runpy
import sys

import pytest

from tt_core.course.cli import main


def test_help_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    assert "Usage: tt [OPTIONS] COMMAND" in capsys.readouterr().out


def test_an_unknown_command_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["dotcor"])
    assert stopped.value.code == 2
    assert "No such command 'dotcor'" in capsys.readouterr().err


@pytest.mark.parametrize("absent,named", [(["click"], "click"), (["click", "rich"], "click and rich")])
def test_without_the_extra_it_says_what_to_install(
    absent: list[str], named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in absent:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SystemExit) as stopped:
        main(["doctor"])
    assert stopped.value.code == 2
    expected = f'tt needs {named}: run pip install "tt-core[course]" and try again.\n'
    assert capsys.readouterr() == ("", expected)


def test_the_package_runs_as_a_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["anything", "-h"])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_module("tt_core", run_name="__main__")
    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith("Usage: tt ")
