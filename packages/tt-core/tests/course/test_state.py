import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tt_core.course import state
from tt_core.course.state import ExerciseRecord, ModuleRecord, State, StateError, parse, written

names = st.text("abc_é\"'\n\\ .", min_size=1, max_size=6)
texts = st.text(max_size=8)
numbers = st.integers(0, 9)
exercises = st.builds(ExerciseRecord, texts, numbers, numbers, texts)
modules = st.builds(
    ModuleRecord, texts, st.dictionaries(names, texts, max_size=3), st.dictionaries(names, exercises, max_size=3)
)
states = st.builds(
    State, texts, texts, st.dictionaries(names, texts, max_size=2), st.dictionaries(names, modules, max_size=3)
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "tt.toml"
    state.create(file, State("today", "naive", {"tt-core": "0.2.0"}))
    return file


def hinted(before: State) -> State:
    """Return the state with one hint more."""
    record = before.module("02").exercise("matmul")
    return before.with_exercise("02", "matmul", replace(record, hints=record.hints + 1))


@given(states, states)
def test_what_is_written_is_read(first: State, second: State) -> None:
    text = written("", first)
    assert parse(text) == first
    assert parse(written(text, first)) == first
    assert parse(written(text, second)) == second


def test_the_file_is_for_people_too(path: Path) -> None:
    state.change(path, hinted)
    assert path.read_text(encoding="utf-8").splitlines()[:6] == [
        f"# {state.FIRST_LINE}",
        "format = 1",
        'created = "today"',
        'backend = "naive"',
        "",
        "[packages]",
    ]
    assert 'matmul = {outcome = "", attempts = 0, hints = 1, first_passed = ""}' in path.read_text(encoding="utf-8")


def test_comments_and_unknown_keys_stay(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace('backend = "naive"', 'backend = "naive" # slow\ncolour = "red"')
    path.write_text(text + "\n[notes]\n# mine\nday = 1\n", encoding="utf-8")
    state.change(path, hinted)
    state.change(path, hinted)
    text = path.read_text(encoding="utf-8")
    assert 'backend = "naive" # slow\ncolour = "red"\n' in text
    assert "# mine\nday = 1\n" in text
    assert state.read(path).module("02").exercise("matmul").hints == 2


def test_no_change_is_no_write(path: Path) -> None:
    before = path.stat().st_mtime_ns
    state.change(path, lambda now: now)
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "damage,words",
    [
        (b"format = ", "tt.toml is damaged: Invalid value"),
        (b"\xff", "tt.toml is damaged: it is not UTF-8"),
        (b"format = 'one'", "expected format to be int; got 'one'"),
        (b"format = true", "expected format to be int; got True"),
        (b"", "expected format to be int; got None"),
        (b"format = 1\nmodules = 3", "expected modules to be dict; got 3"),
        (b"format = 1\n[modules.02.exercises.a]\nhints = -1", "expected hints to be int; got -1"),
        (b"format = 1\n[modules.02]\nopened = []", r"expected opened to be str; got \[\]"),
        (b"x = " + b"[" * 3000 + b"]" * 3000, "tt.toml is damaged"),
        (b"#" * (state.LARGEST + 1), "tt.toml is larger than"),
        (None, "tt.toml cannot be read: No such file"),
    ],
)
def test_damage_is_one_sentence_and_the_copy_is_used(path: Path, damage: bytes | None, words: str) -> None:
    state.change(path, hinted)
    state.change(path, hinted)
    path.unlink() if damage is None else path.write_bytes(damage)
    told: list[str] = []
    found = state.read(path, told.append)
    assert found.module("02").exercise("matmul").hints == 1
    assert len(told) == 1
    assert "going on with the copy of before the last change" in told[0]
    state.copy_of(path).unlink()
    with pytest.raises(StateError, match=words) as raised:
        state.read(path)
    assert "\n" not in str(raised.value)


def test_a_damaged_file_is_kept_when_it_is_replaced(path: Path) -> None:
    path.write_bytes(b"format = my notes")
    state.change(path, hinted)
    assert state.copy_of(path).with_suffix(".damaged").read_bytes() == b"format = my notes"
    assert state.read(path).packages == {"tt-core": "0.2.0"}
    tomllib.loads(path.read_text(encoding="utf-8"))


def test_a_state_of_a_newer_version_is_refused_not_replaced(path: Path) -> None:
    newer = path.read_text(encoding="utf-8").replace("format = 1", "format = 2")
    path.write_text(newer, encoding="utf-8")
    state.copy_of(path).write_text(newer, encoding="utf-8")
    with pytest.raises(StateError, match="has format 2, this tt-core knows 1"):
        state.change(path, hinted)
    assert path.read_text(encoding="utf-8") == newer


COUNT_UP = """
import sys
from dataclasses import replace
from pathlib import Path
from tt_core.course import state

def hinted(before):
    record = before.module("02").exercise("matmul")
    return before.with_exercise("02", "matmul", replace(record, hints=record.hints + 1))

for _ in range(10):
    state.change(Path(sys.argv[1]), hinted)
"""


def test_processes_do_not_lose_each_others_changes(path: Path) -> None:
    command = [sys.executable, "-c", COUNT_UP, str(path)]  # nothing of the tests, which a child may not find
    workers = [subprocess.Popen(command) for _ in range(2)]
    assert [worker.wait() for worker in workers] == [0, 0]
    assert state.read(path).module("02").exercise("matmul").hints == 20
