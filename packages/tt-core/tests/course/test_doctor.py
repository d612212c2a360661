import io
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.metadata import EntryPoint

import pytest
from click.testing import CliRunner, Result

from tt_core.course.console import make_console
from tt_core.course.doctor import SIGNS, doctor, draw, exit_code, plain_text
from tt_core.environment import Advice, Measurement, Report, Speed, report

WARNING = Advice("warning", "Something is slow: make it fast.")
PROBLEM = Advice("problem", "Something fails: mend it.")
RATE = Measurement("GB/s", "64 MiB", best=2.0, median=1.0, spread=1.0, repeats=3)
FACTS = {"Memory": {"free": "1 GiB"}, "BLAS": {"library": "OpenBLAS", "kernel": "[red]Zen"}}

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command on this machine, but with the given advice, commands and figures."""

    def examine(advice: tuple[Advice, ...], *, measure: bool) -> Report:
        speed = Speed(RATE, RATE) if measure else None
        return replace(report(measure=False), advice=advice, speed=speed, variables={})

    def invoke(*arguments: str, advice: tuple[Advice, ...] = (), broken: str = "") -> Result:
        commands = {broken: EntryPoint(broken, "tt_no_such_package:command", "tt.commands")} if broken else {}
        monkeypatch.setattr("tt_core.course.doctor.installed_commands", lambda: commands)
        monkeypatch.setattr("tt_core.course.doctor.report", partial(examine, advice))
        return CliRunner().invoke(doctor, arguments)

    return invoke


def test_a_healthy_machine(run: Run) -> None:
    result = run()
    assert result.exit_code == 0
    assert result.output.rstrip().endswith("Ready: no problem, no warning.")
    assert "2 GB/s best" in result.output


def test_nothing_is_measured_on_request(run: Run) -> None:
    assert "GB/s" not in run("--no-measure").output


@pytest.mark.parametrize("advice,code", [((), 0), ((WARNING,), 0), ((PROBLEM,), 1), ((PROBLEM, WARNING), 1)])
@pytest.mark.parametrize("option", ["--plain", "--json", "--no-measure"])
def test_only_problems_change_the_exit_code(run: Run, option: str, advice: tuple[Advice, ...], code: int) -> None:
    assert run(option, advice=advice).exit_code == code == exit_code(advice)


def test_a_broken_command_is_a_problem(run: Run) -> None:
    result = run("--plain", advice=(WARNING,), broken="lost")
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[-3].startswith("problem: The command tt lost does not load (ModuleNotFoundError: No module named")
    assert lines[-2:] == ["warning: Something is slow: make it fast.", "Not ready: 1 problem, 1 warning."]


def test_json_is_all_there_is(run: Run) -> None:
    found = json.loads(run("--json", advice=(WARNING,)).output)
    assert found["ready"] is True
    assert found["advice"] == [{"level": "warning", "text": WARNING.text}]
    assert found["speed"]["copy"]["unit"] == "GB/s"
    assert {"packages", "python", "numpy", "blas", "cpu", "memory", "system", "variables"} < set(found)


def test_plain_output_is_ascii_without_escapes(run: Run) -> None:
    output = run("--plain", advice=(PROBLEM, WARNING)).output
    assert output.isascii()
    assert "\x1b" not in output


def test_a_wrong_option_exits_with_2(run: Run) -> None:
    assert run("--jsno").exit_code == 2


def test_help_documents_the_exit_codes(run: Run) -> None:
    output = run("--help").output
    assert "Exit codes: 0 ready" in output
    assert "--no-measure" in output


def test_plain_text() -> None:
    assert plain_text(FACTS, (WARNING,)).splitlines() == [
        "Memory",
        "  free: 1 GiB",
        "BLAS",
        "  library: OpenBLAS",
        "  kernel: [red]Zen",
        "",
        "warning: Something is slow: make it fast.",
        "Ready: no problem, 1 warning.",
    ]


@pytest.mark.parametrize("advice,sign", [((), "✔"), ((WARNING,), "✔"), ((PROBLEM,), "✖")])
def test_the_drawing_fits_the_width(advice: tuple[Advice, ...], sign: str) -> None:
    file = io.StringIO()
    draw(make_console(file=file, width=50), FACTS, advice)
    lines = file.getvalue().splitlines()
    assert lines[0] == "╭" + 48 * "─" + "╮"
    assert all(len(line) <= 50 for line in lines)
    assert lines[-1].startswith(sign)
    assert all(any(line.startswith(SIGNS[item.level][0]) for line in lines) for item in advice)


def test_the_drawing_shows_values_as_they_are() -> None:
    file = io.StringIO()
    draw(make_console(file=file, width=60), FACTS, ())
    assert "[red]Zen" in file.getvalue()
    assert file.getvalue().count("├") == 1
