import json
import math
import re
import subprocess
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tt_core import milestones
from tt_core.course import milestone as command
from tt_core.course import writing
from tt_core.course.console import make_console
from tt_core.dispatch import active_backend, use_backend
from tt_core.milestones import Bar, Measure, Milestone, Rehearsal, Settings, perceptron
from tt_core.milestones.registry import GROUP

Call = Callable[..., Result]

REAL = {name: EntryPoint(name, f"tt_core.milestones.{name}:MILESTONE", GROUP) for name in ("xor", "perceptron")}


class Announced(EntryPoint):
    """The entry point of an object that is at hand."""

    def load(self) -> object:
        return vars(self)["found"]


def entry(name: str, found: object) -> EntryPoint:
    announced = Announced(name, "plugin:MILESTONE", GROUP)
    vars(announced)["found"] = found
    return announced


def fake(name: str, year: int, after: float = 100.0, error: Exception | None = None) -> EntryPoint:
    def run(settings: Settings, progress: milestones.Progress) -> milestones.Result:
        progress(1, 1, "done")
        if error:
            raise error
        measures = (Measure("seed", settings.seed), Measure("nothing", math.inf))
        return milestones.Result(Measure("accuracy", 50, "%"), Measure("accuracy", after, "%"), Bar(90), measures)

    return entry(name, Milestone(name, year, f"The {name}", "A story.", ("02", "04"), run))


@pytest.fixture
def tt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return a function that runs `tt milestone` in an empty folder, with given milestones installed."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, installed: list[EntryPoint]) -> Result:
        monkeypatch.setattr(command, "announced", lambda: {entry.name: entry for entry in installed})
        return CliRunner().invoke(command.milestone, arguments, terminal_width=100)

    return call


GOOD = [fake("lenet", 1998), fake("perceptron", 1957)]


def test_all_runs_what_is_installed_the_oldest_first(tt: Call) -> None:
    ran = tt("all", "--plain", installed=GOOD)
    assert ran.exit_code == 0
    names = [line.split()[0] for line in ran.stdout.splitlines()[:2]]
    assert names == ["perceptron", "lenet"]
    assert "perceptron (1957): accuracy 50 % before, 100 % after, bar at least 90 %, 0.0 s: passed" in ran.stdout
    assert "2 of 2 passed." in ran.stdout


def test_the_report_goes_to_runs_and_its_path_is_printed(tt: Call) -> None:
    for options in ((), ("--plain",)):
        ran = tt("all", *options, installed=GOOD)
        assert str(Path("runs", "milestones.html")) in ran.stdout
    text = Path("runs", "milestones.html").read_text(encoding="utf-8")
    assert "The lenet" in text
    assert "tt milestone all --seed 0" in text


def test_one_name_runs_one_and_the_others_are_not_even_loaded(tt: Call) -> None:
    ran = tt("lenet", "--json", installed=[*GOOD, EntryPoint("gpt", "no_such_module:GPT", GROUP)])
    assert ran.exit_code == 0
    assert [each["name"] for each in json.loads(ran.stdout)["milestones"]] == ["lenet"]


def test_the_table_holds_the_figures_and_the_verdict(tt: Call) -> None:
    ran = tt("lenet", installed=GOOD)
    assert ran.exit_code == 0
    for cell in ("lenet", "1998", "accuracy", "50 %", "100 %", "≥ 90 %", "passed"):
        assert cell in ran.stdout
    assert "\x1b" not in ran.stdout


def test_a_missed_bar_is_shown_and_is_exit_code_1(tt: Call) -> None:
    ran = tt("all", "--plain", installed=[*GOOD, fake("gpt", 2018, after=10)])
    assert ran.exit_code == 1
    assert "gpt (2018): accuracy 50 % before, 10 % after, bar at least 90 %, 0.0 s: missed" in ran.stdout
    assert "2 of 3 passed: gpt missed its bar." in ran.stdout


@pytest.mark.parametrize("options", [(), ("--plain",)])
def test_one_that_breaks_is_told_with_its_traceback_and_the_others_still_run(
    tt: Call, options: tuple[str, ...]
) -> None:
    ran = tt("all", *options, installed=[fake("alexnet", 1900, error=ValueError("no [pictures]")), *GOOD])
    assert ran.exit_code == 1
    assert "2 of 3 passed: alexnet is broken." in ran.stdout
    assert "alexnet broke: ValueError: no [pictures]" in ran.stderr
    assert "Traceback (most recent call last):" in ran.stderr


def test_one_that_does_not_load_is_told_and_is_exit_code_1(tt: Call) -> None:
    broken = EntryPoint("gpt", "no_such_module:GPT", GROUP)
    ran = tt("all", installed=[broken, *GOOD])
    assert ran.exit_code == 1
    assert "gpt broke: no_such_module:GPT cannot be imported" in ran.stderr
    assert "✔" in ran.stdout
    assert "✖" in ran.stdout


def test_json_is_complete_and_alone(tt: Call) -> None:
    broken = EntryPoint("gpt", "no_such_module:GPT", GROUP)
    ran = tt("all", "--json", "--seed", "7", installed=[fake("lenet", 1998), broken])
    assert ran.exit_code == 1
    assert ran.stderr == ""
    found = json.loads(ran.stdout)
    assert found["passed"] is False
    assert found["report"] == str(Path("runs", "milestones.html"))
    assert found["environment"]["seed"] == "7"
    assert {"Python", "NumPy", "backend"} <= set(found["environment"])
    lenet, gpt = found["milestones"]
    assert lenet["status"] == "passed"
    assert lenet["year"] == 1998
    assert lenet["before"] == {"name": "accuracy", "value": 50, "unit": "%"}
    assert lenet["bar"] == {"side": "at least", "limit": 90}
    assert lenet["measures"] == [
        {"name": "seed", "value": 7, "unit": ""},
        {"name": "nothing", "value": None, "unit": ""},
    ]
    assert gpt["status"] == "broken"
    assert "no_such_module" in gpt["error"]


@pytest.mark.parametrize(
    "arguments,words",
    [
        (("tulip",), "there is no milestone 'tulip'; installed: lenet, perceptron; or say all, or list."),
        ((), "Missing argument"),
        (("all", "--seed", "-1"), "-1"),
        (("all", "--report", "."), "is a directory"),
        (("all", "--nothing"), "No such option"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_writes_nothing(tt: Call, arguments: tuple[str, ...], words: str) -> None:
    ran = tt(*arguments, installed=GOOD)
    assert ran.exit_code == 2
    assert words in ran.stderr
    assert not Path("runs").exists()


def test_a_report_path_that_cannot_be_had_is_found_before_anything_runs(tt: Call) -> None:
    Path("file").touch()
    ran = tt("all", "--report", "file/report.html", installed=[fake("lenet", 1998, error=ValueError("it ran"))])
    assert ran.exit_code == 2
    assert "cannot make the folder 'file'" in ran.stderr
    assert "it ran" not in ran.stderr


def test_the_report_may_go_to_a_path_with_spaces(tt: Call) -> None:
    assert tt("all", "--report", "my runs/a b.html", installed=GOOD).exit_code == 0
    assert Path("my runs", "a b.html").is_file()


def test_list_shows_what_is_installed_and_which_modules_it_needs(tt: Call) -> None:
    for options in ((), ("--plain",)):
        ran = tt("list", *options, installed=GOOD)
        assert ran.exit_code == 0
        assert "The lenet" in ran.stdout
        assert "02 04" in ran.stdout
        assert ran.stdout.index("perceptron") < ran.stdout.index("lenet")
    assert not Path("runs").exists()


def test_list_reports_what_does_not_load_and_says_so_in_its_exit_code(tt: Call) -> None:
    ran = tt("list", "--json", installed=[entry("gpt", "text"), fake("lenet", 1998)])
    assert ran.exit_code == 1
    assert json.loads(ran.stdout) == [
        {
            "name": "lenet",
            "year": "1998",
            "title": "The lenet",
            "modules": "02 04",
            "data": "",
            "budget": "",
            "all": "yes",
        },
        {
            "name": "gpt",
            "year": "",
            "title": "broken: plugin:MILESTONE is a str; expected a tt_core.milestones.Milestone",
            "modules": "",
            "data": "",
            "budget": "",
            "all": "",
        },
    ]


def chooser(name: str = "cifar10", *, extended: bool = False) -> EntryPoint:
    """Announce a milestone that has two data sets, takes a budget and measures what it was told."""

    def run(settings: Settings, progress: milestones.Progress) -> milestones.Result:
        measures = (Measure(f"trained on {settings.data}", settings.budget or 0, "s"),)
        return milestones.Result(Measure("accuracy", 10, "%"), Measure("accuracy", 99, "%"), Bar(90), measures)

    made = Milestone(
        name, 2012, "Pictures", "A story.", ("10",), run, data=("digits", "mnist"), budget=600.0, extended=extended
    )
    return entry(name, made)


def test_a_run_gets_the_milestone_s_own_data_and_budget_unless_told_otherwise(tt: Call) -> None:
    for options, data, budget in (
        ((), "digits", 600),
        (("--data", "mnist"), "mnist", 600),
        (("--budget", "90s"), "digits", 90),
        (("--data", "mnist", "--budget", "1h"), "mnist", 3600),
    ):
        ran = tt("cifar10", "--json", *options, installed=[chooser()])
        assert ran.exit_code == 0, ran.output
        (found,) = json.loads(ran.stdout)["milestones"]
        assert found["measures"] == [{"name": f"trained on {data}", "value": budget, "unit": "s"}]
        assert (found["data"], found["budget"]) == (data, budget)


def test_data_and_budget_are_shown_wherever_the_run_is(tt: Call) -> None:
    options = ("cifar10", "--data", "mnist", "--budget", "90m")
    assert "cifar10 (2012, on mnist, budget 90m): accuracy" in tt(*options, "--plain", installed=[chooser()]).stdout
    table = tt(*options, installed=[chooser()]).stdout
    assert "on mnist" in table
    assert "budget 90m" in table
    assert "…" not in table
    text = Path("runs", "milestones.html").read_text(encoding="utf-8")
    assert "This run: on mnist, budget 90m." in text
    assert "tt milestone cifar10 --data mnist --budget 90m --seed 0" in text


def test_a_milestone_without_data_or_budget_speaks_of_neither(tt: Call) -> None:
    (found,) = json.loads(tt("lenet", "--json", installed=GOOD).stdout)["milestones"]
    assert (found["data"], found["budget"]) == (None, None)
    text = Path("runs", "milestones.html").read_text(encoding="utf-8")
    assert "This run" not in text
    assert "tt milestone lenet --seed 0" in text


@pytest.mark.parametrize(
    "arguments,words",
    [
        (("cifar10", "--data", "rocks"), "cifar10 does not know the data set 'rocks'; it runs on digits (the default)"),
        (("lenet", "--data", "mnist"), "lenet has no data set to choose, and got 'mnist'; leave it out."),
        (("lenet", "--budget", "10m"), "lenet trains as long as it needs and takes no budget; leave it out."),
        (("cifar10", "--budget", "10"), "expected a time as 90s, 10m or 1h; got '10'."),
        (("cifar10", "--budget", "0m"), "expected a time as 90s, 10m or 1h; got '0m'."),
        (("cifar10", "--budget", "-1m"), "expected a time as 90s, 10m or 1h; got '-1m'."),
        (("all", "--data", "mnist"), "--data and --budget are for one milestone, by its name; got them with all."),
        (("list", "--budget", "10m"), "--data and --budget are for one milestone, by its name; got them with list."),
    ],
)
def test_data_and_budget_that_do_not_fit_are_refused_before_anything_runs(
    tt: Call, arguments: tuple[str, ...], words: str
) -> None:
    ran = tt(*arguments, installed=[*GOOD, chooser()])
    assert ran.exit_code == 2
    assert words in " ".join(ran.stderr.split())
    assert not Path("runs").exists()


def test_all_leaves_out_what_runs_only_when_it_is_named(tt: Call) -> None:
    installed = [*GOOD, chooser(extended=True)]
    ran = tt("all", "--json", installed=installed)
    assert [each["name"] for each in json.loads(ran.stdout)["milestones"]] == ["perceptron", "lenet"]
    assert tt("cifar10", installed=installed).exit_code == 0


def test_all_says_so_if_nothing_is_left_for_it(tt: Call) -> None:
    ran = tt("all", installed=[chooser(extended=True)])
    assert ran.exit_code == 1
    assert "every milestone that is installed runs only when it is named: cifar10." in ran.stderr


def test_list_shows_data_sets_budget_and_whether_all_includes_it(tt: Call) -> None:
    rows = json.loads(tt("list", "--json", installed=[chooser(extended=True)]).stdout)
    assert rows == [
        {
            "name": "cifar10",
            "year": "2012",
            "title": "Pictures",
            "modules": "10",
            "data": "digits mnist",
            "budget": "10m",
            "all": "no",
        }
    ]
    assert "data digits mnist, budget 10m, all no" in tt("list", "--plain", installed=[chooser(extended=True)]).stdout
    table = tt("list", installed=[chooser(extended=True)]).stdout
    for cell in ("digits mnist", "10m", "no"):
        assert cell in table


def test_the_list_is_not_crushed_in_a_terminal_of_80_columns() -> None:
    row = {"name": "cifar10", "year": "2009", "title": "Photographs, ten minutes, two cores"}
    row |= {"modules": "02 03 04 05 06 07 08 09", "data": "cifar10 synthetic", "budget": "10m", "all": "no"}
    console = make_console(width=80, record=True, force_terminal=True)
    writing.draw_list(console, [row])
    lines = console.export_text().splitlines()
    assert re.match("cifar10 +2009 +Photographs, ten +02–09 +cifar10 synthetic +10m +no$", lines[2])
    assert lines[3].split() == ["minutes,", "two", "cores"]
    assert all(line == line.rstrip() for line in lines)


def test_the_exit_codes_are_in_the_help(tt: Call) -> None:
    assert (
        "Exit codes: 0 all passed, 1 one missed its bar or broke, 2 wrong usage." in tt("--help", installed=[]).stdout
    )


@pytest.mark.long
def test_the_two_milestones_of_tt_core_pass_and_fill_the_report(tt: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perceptron, "EPOCHS_OVERLAPPING", 5)
    ran = tt("all", "--json", installed=list(REAL.values()))
    assert ran.exit_code == 0
    found = json.loads(ran.stdout)
    assert [(each["name"], each["year"], each["status"]) for each in found["milestones"]] == [
        ("perceptron", 1957, "passed"),
        ("xor", 1969, "passed"),
    ]
    assert Path(found["report"]).read_text(encoding="utf-8").count("data:image/svg+xml;base64,") == 8


def test_a_report_that_cannot_be_written_is_told_after_the_figures(tt: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(command.report, "write", full)
    ran = tt("lenet", "--plain", installed=GOOD)
    assert ran.exit_code == 1
    assert "1 of 1 passed." in ran.stdout
    assert "could not be written to 'runs/milestones.html': No space left on device" in ran.stderr.replace("\\", "/")


def test_nothing_to_run_is_not_a_success(tt: Call) -> None:
    ran = tt("all", installed=[])
    assert ran.exit_code == 1
    assert 'no package announces a milestone; run pip install "tt-core[course]"' in ran.stderr


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace; the test runs in a folder inside it."""
    (tmp_path / "tt.toml").write_text('format = 1\nbackend = "naive"\n', encoding="utf-8")
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    monkeypatch.delenv("TT_WORKSPACE", raising=False)
    return tmp_path


def test_in_a_workspace_the_same_command_runs_on_the_learners_files(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[list[str], dict[str, str]]] = []

    def start(arguments: list[str], env: dict[str, str], check: bool) -> subprocess.CompletedProcess[bytes]:
        started.append((arguments, env))
        return subprocess.CompletedProcess(arguments, 1)

    monkeypatch.setattr(command, "announced", lambda: {entry.name: entry for entry in GOOD})
    monkeypatch.setattr(command.subprocess, "run", start)
    ran = CliRunner().invoke(command.milestone, ["lenet", "--seed", "3", "--plain"])
    assert ran.exit_code == 1  # that of the child
    [(arguments, env)] = started
    assert arguments[1:6] == ["-m", "tt_core.course.cli", "milestone", "lenet", "--seed"]
    assert arguments[6] == "3"
    assert str(workspace / "runs" / "milestones.html") in arguments
    assert arguments[-1] == "--plain"
    assert env["TT_WORKSPACE"] == str(workspace)
    assert env["TT_BACKEND"] == "naive"


def test_on_the_learners_files_the_run_is_kept_for_the_report(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "announced", lambda: {entry.name: entry for entry in GOOD})
    monkeypatch.setattr(command.overlay, "active", lambda: True)
    ran = CliRunner().invoke(command.milestone, ["lenet", "--plain"])
    assert ran.exit_code == 0
    assert "Whose code runs: reference: " in ran.stderr
    kept = json.loads((workspace / "runs" / "lenet" / "result.json").read_text(encoding="utf-8"))
    assert kept["status"] == "passed"
    assert kept["environment"]["modules"].startswith("reference: ")
    assert "reference: " in (workspace / "runs" / "milestones.html").read_text(encoding="utf-8")


def rehearsed(ran_on: list[str], **more: object) -> EntryPoint:
    """Announce a milestone that notes the backend of its run."""

    def run(settings: Settings, progress: milestones.Progress) -> milestones.Result:
        ran_on.append(active_backend().name)
        return milestones.Result(Measure("accuracy", 50, "%"), Measure("accuracy", 100, "%"), Bar(90))

    return entry("lenet", Milestone("lenet", 1998, "The lenet", "A story.", ("09",), run, **more))  # type: ignore[arg-type]


def test_a_long_run_is_rehearsed_on_the_loops_and_goes_on_with_fast_kernels(tt: Call) -> None:
    ran_on: list[str] = []

    def rehearse(settings: Settings) -> Rehearsal:
        ran_on.append(active_backend().name)
        return Rehearsal(2.0, 4, 7200)

    with use_backend("naive"):
        ran = tt("lenet", "--plain", installed=[rehearsed(ran_on, rehearse=rehearse)])
    assert ran_on == ["naive", "numpy"]
    assert "lenet on loops: 4 images took 2.0 s; the whole, 7,200 images, would take about 1.0 hours." in ran.stderr


def test_a_short_run_is_all_on_the_loops_and_an_extended_one_is_not(tt: Call) -> None:
    ran_on: list[str] = []
    with use_backend("naive"):
        tt("lenet", "--plain", installed=[rehearsed(ran_on)])
        tt("lenet", "--plain", installed=[rehearsed(ran_on, extended=True)])
    assert ran_on == ["naive", "numpy"]


def test_on_fast_kernels_nothing_is_rehearsed(tt: Call) -> None:
    def rehearse(settings: Settings) -> Rehearsal:
        raise AssertionError("there is nothing to rehearse")

    assert tt("lenet", "--plain", installed=[rehearsed([], rehearse=rehearse)]).exit_code == 0
