import tomllib
from pathlib import Path

import pytest

from .demo import Demo


def test_a_workspace_is_made_in_a_new_folder(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(demo.folder.parent)
    assert demo.tt("init new").splitlines() == [
        f"Made a workspace in {demo.folder.parent / 'new'}.",
        "Next: cd new && tt start",
    ]
    root = demo.folder.parent / "new"
    assert (root / "runs").is_dir()
    assert "tt status" in (root / "README.md").read_text()
    assert "\n    TT_WORKSPACE=. python\n" in (root / "README.md").read_text()
    found = tomllib.loads((root / "tt.toml").read_text())
    assert (found["format"], found["backend"]) == (1, "naive")


def test_what_is_there_stays(demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "there is something"
    folder.mkdir()
    (folder / "README.md").write_text("mine")
    monkeypatch.chdir(folder)
    assert demo.tt("init").endswith("Next: tt start\n")
    assert (folder / "README.md").read_text() == "mine"


@pytest.mark.parametrize("place,words", [(".", "is a workspace already"), ("inside", "lies in the workspace")])
def test_a_workspace_is_never_made_over_or_in_another(demo: Demo, place: str, words: str) -> None:
    before = (demo.folder / "tt.toml").read_bytes()
    assert words in demo.refused(f"init {place}", 2)
    assert (demo.folder / "tt.toml").read_bytes() == before


def test_json(demo: Demo, tmp_path: Path) -> None:
    assert demo.json(f"init {tmp_path / 'other'}") == {"workspace": str(tmp_path / "other"), "next": "01"}


def test_a_folder_that_cannot_be_made(demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "a workspace cannot be made in" in demo.refused(f"init {tmp_path / 'file' / 'x'}")


def test_the_folders_name_is_quoted_for_the_shell(demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert 'Next: cd "a b" && tt start' in demo.run("init", "a b").output
