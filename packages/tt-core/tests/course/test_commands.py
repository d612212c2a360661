import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner

from tt_core.course.commands import GROUP, Commands, broken_commands, installed_commands, load
from tt_core.course.version import version


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


GOOD = entry("version", "tt_core.course.version:version")
ABSENT = entry("absent", "tt_no_such_package.module:command")
OTHER = entry("other", "tt_core.course.cli:NEEDED")


@pytest.fixture
def tt() -> Commands:
    return Commands("tt", {item.name: item for item in (GOOD, ABSENT, OTHER)})


def plug_in(folder: Path, name: str, code: str) -> EntryPoint:
    """Write a plug-in module and return the entry point of its command."""
    (folder / f"{name}.py").write_text(code, encoding="utf-8")
    return entry(name, f"{name}:command")


def test_load_returns_the_command() -> None:
    assert load(GOOD) is version


def test_load_tells_why_not() -> None:
    assert load(ABSENT) == "ModuleNotFoundError: No module named 'tt_no_such_package'"
    assert load(OTHER) == "tt_core.course.cli:NEEDED is not a click command"


@pytest.mark.parametrize("code,error", [("1 / 0", "ZeroDivisionError"), ("raise SystemExit(9)", "SystemExit: 9")])
def test_a_plug_in_may_fail_in_any_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, error: str) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    found = load(plug_in(tmp_path, f"tt_plug_{error[:4].lower()}", code))
    assert isinstance(found, str)
    assert error in found


def test_a_third_party_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    item = plug_in(tmp_path, "tt_plug_hello", "import click\n@click.command()\ndef command(): click.echo('hello')\n")
    assert CliRunner().invoke(Commands("tt", {"hello": item}), ["hello"]).output == "hello\n"


def test_help_lists_good_and_broken_commands(tt: Commands) -> None:
    result = CliRunner().invoke(tt, ["--help"])
    assert result.exit_code == 0
    text = " ".join(result.output.split())
    assert "version Show the versions" in text
    assert "absent (broken) ModuleNotFoundError: No module named 'tt_no_such_package'" in text
    assert "other (broken) tt_core.course.cli:NEEDED is not a click command" in text


def test_a_broken_command_says_why_and_exits_with_1(tt: Commands) -> None:
    result = CliRunner().invoke(tt, ["absent", "--any", "argument"])
    assert result.exit_code == 1
    assert "'absent' does not load (ModuleNotFoundError" in result.output
    assert "reinstall or remove tt_no_such_package.module" in result.output


def test_a_good_command_runs_beside_broken_ones(tt: Commands) -> None:
    assert CliRunner().invoke(tt, ["version"]).exit_code == 0


def test_commands_are_listed_without_importing_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    group = Commands(
        "tt", {"lazy": plug_in(tmp_path, "tt_plug_lazy", "import click\ncommand = click.Command('lazy')\n")}
    )
    assert group.list_commands(click.Context(group)) == ["lazy"]
    assert "tt_plug_lazy" not in sys.modules


def test_commands_added_in_code_are_found_too(tt: Commands) -> None:
    tt.add_command(click.Command("added"))
    context = click.Context(tt)
    assert "added" in tt.list_commands(context)
    assert tt.get_command(context, "added") is not None
    assert tt.get_command(context, "unheard-of") is None


def test_broken_commands_by_name(tt: Commands) -> None:
    assert list(broken_commands(tt.entries)) == ["absent", "other"]


def test_completion_offers_the_commands(tt: Commands) -> None:
    offered = BashComplete(tt, {}, "tt", "_TT_COMPLETE").get_completions([], "v")
    assert [item.value for item in offered] == ["version"]


def test_the_first_package_on_the_path_wins_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = [GOOD, entry("version", "elsewhere:version"), ABSENT]
    monkeypatch.setattr("tt_core.course.commands.entry_points", lambda group: twice if group == GROUP else [])
    assert installed_commands() == {"version": GOOD, "absent": ABSENT}


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version_is_an_option_too(option: str, tt: Commands) -> None:
    from tt_core.course.commands import tt as real

    expected = CliRunner().invoke(tt, ["version"]).output
    assert CliRunner().invoke(real, [option]).output == expected


def test_what_a_command_does_fits_its_line_in_the_help() -> None:
    found = {name: each for name, each in installed_commands().items() if each.dist and each.dist.name == "tt-core"}
    if not found:
        pytest.skip("tt-core is not installed here")
    group = Commands("tt", found)
    lines = CliRunner().invoke(group, ["--help"], terminal_width=80).output.splitlines()
    listed = lines[lines.index("Commands:") + 1 :]
    assert [line.split()[0] for line in listed] == sorted(found)
    assert all(line.endswith(".") and not line.endswith("...") for line in listed)
