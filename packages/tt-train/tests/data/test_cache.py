from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from tt_train.data import cache


def test_the_folder_is_the_given_one_or_the_environments_or_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TT_CACHE_DIR", str(tmp_path / "b"))
    assert cache.cache_folder(tmp_path / "a") == tmp_path / "a"
    assert cache.cache_folder() == tmp_path / "b"
    monkeypatch.delenv("TT_CACHE_DIR")
    assert cache.cache_folder().name == "tinytorch"


def test_a_temporary_file_disappears_unless_it_is_published(tmp_path: Path) -> None:
    with cache.temporary_file(tmp_path / "new") as file:
        file.write_text("half")
    assert not list((tmp_path / "new").iterdir())
    with cache.temporary_file(tmp_path) as file:
        file.write_text("whole")
        cache.publish(file, tmp_path / "x")
    assert [path.read_text() for path in tmp_path.glob("*") if path.is_file()] == ["whole"]


def test_what_killed_processes_left_behind_is_removed_after_a_day(tmp_path: Path) -> None:
    old, young = tmp_path / ".a.tmp", tmp_path / ".b.tmp"
    for path in (old, young):
        path.write_text("half")
    os.utime(old, (0, time.time() - cache.ABANDONED - 60))
    with cache.temporary_file(tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [".b.tmp"]


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make files count as old enough to be remembered."""
    monkeypatch.setattr(cache, "SETTLED", -(10**12))


def asked(path: Path, tmp_path: Path, answers: Any) -> Any:
    return cache.remembered(path, "what", lambda: answers.append(path.read_text()) or answers[-1], tmp_path / "cache")


def test_what_is_remembered_is_computed_once(tmp_path: Path, settled: None) -> None:
    file, answers = tmp_path / "x", []
    file.write_text("one")
    assert [asked(file, tmp_path, answers) for _ in range(3)] == ["one"] * 3
    assert answers == ["one"]


def test_a_changed_file_is_asked_again(tmp_path: Path, settled: None) -> None:
    file, answers = tmp_path / "x", []
    file.write_text("one")
    asked(file, tmp_path, answers)
    file.write_text("three")
    assert asked(file, tmp_path, answers) == "three"
    file.unlink()
    file.write_text("other")
    os.utime(file, ns=(1, 1))
    assert asked(file, tmp_path, answers) == "other"


def test_several_facts_are_kept_side_by_side(tmp_path: Path, settled: None) -> None:
    file = tmp_path / "x"
    file.write_text("one")
    for name in ("a", "b", "a"):
        assert cache.remembered(file, name, lambda name=name: [name], tmp_path / "cache") == [name]
    assert len(list((tmp_path / "cache" / "facts").iterdir())) == 1


def test_a_file_that_was_just_written_is_not_remembered(tmp_path: Path) -> None:
    file, answers = tmp_path / "x", []
    file.write_text("one")
    asked(file, tmp_path, answers)
    asked(file, tmp_path, answers)
    assert answers == ["one", "one"]


@pytest.mark.parametrize("spoilt", ["no json", "[1]", "{}", '{"stamp": 3, "what": "wrong"}'])
def test_spoilt_notes_are_ignored(tmp_path: Path, settled: None, spoilt: str) -> None:
    file, answers = tmp_path / "x", []
    file.write_text("one")
    asked(file, tmp_path, answers)
    note = next((tmp_path / "cache" / "facts").iterdir())
    note.write_text(spoilt)
    assert asked(file, tmp_path, answers) == "one"


def test_a_folder_that_cannot_be_written_to_only_costs_time(tmp_path: Path, settled: None) -> None:
    file, answers = tmp_path / "x", []
    file.write_text("one")
    (tmp_path / "cache").write_text("a file in the place of the folder")
    assert asked(file, tmp_path, answers) == "one"
    assert asked(file, tmp_path, answers) == "one"
    assert answers == ["one", "one"]


def test_a_lock_lets_one_go_on_at_a_time(tmp_path: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    path = tmp_path / "new" / "x.lock"
    with cache.locked(path), path.open() as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
