import io
import os
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tt_core.course.grading import archives
from tt_core.course.grading.names import Submission
from tt_core.course.grading.submissions import Handed, Refused, read

from .workspaces import put, put_tar, put_zip

FILE = "tt_core/naive/linalg.py"
OTHER = "tt_core/naive/loops.py"
WANTED = (FILE, OTHER)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="links and queues are POSIX's")


def handed(path: Path) -> Handed:
    return read(Submission.at(path), WANTED)


def refused(path: Path) -> str:
    with pytest.raises(Refused) as found:
        handed(path)
    return str(found.value)


def test_only_files_of_exercises_are_read(tmp_path: Path) -> None:
    files = {FILE: "x = 1", "tt_core/__init__.py": "evil", "numpy.py": "evil", "notes.txt": "mine"}
    assert handed(put(tmp_path / "a", files)) == Handed({FILE: b"x = 1"})


@pytest.mark.parametrize("inside", ["", "work/", "a/b c/work/"])
def test_archives_may_hold_the_workspace_in_folders(inside: str, tmp_path: Path) -> None:
    expected = {FILE: b"x = 1", OTHER: b"y = 2"}
    files = {FILE: "x = 1", OTHER: "y = 2"}
    assert handed(put_zip(tmp_path / "a.zip", files, inside)).files == expected
    assert handed(put_tar(tmp_path / "a.tar.gz", files, inside)).files == expected


def test_a_workspace_may_lie_in_a_folder_or_be_an_archive_in_one(tmp_path: Path) -> None:
    put(tmp_path / "a" / "inner" / "work", {FILE: "x = 1"})
    assert handed(tmp_path / "a").files == {FILE: b"x = 1"}
    (tmp_path / "b").mkdir()
    put_zip(tmp_path / "b" / "work.zip", {FILE: "x = 1"})
    assert handed(tmp_path / "b").files == {FILE: b"x = 1"}


def test_what_a_mac_adds_to_archives_is_no_workspace(tmp_path: Path) -> None:
    put_zip(tmp_path / "a.zip", {FILE: "x = 1", f"__MACOSX/{FILE}": "resource"}, "")
    assert handed(tmp_path / "a.zip").files == {FILE: b"x = 1"}


def test_the_settings_say_where_the_workspace_is(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(f"backup/old/{FILE}", "old")
        archive.writestr("work/now/here/tt.toml", "")
        archive.writestr(f"work/now/here/{FILE}", "new")
    assert handed(tmp_path / "a.zip").files == {FILE: b"new"}


def test_two_submissions_of_the_same_files_have_the_same_digest(tmp_path: Path) -> None:
    first = handed(put(tmp_path / "a", {FILE: "x", OTHER: "y"}))
    assert first.digest == handed(put_zip(tmp_path / "b.zip", {OTHER: "y", FILE: "x"})).digest
    assert first.digest != handed(put(tmp_path / "c", {FILE: "y", OTHER: "x"})).digest


def test_nothing_is_refused_with_an_example(tmp_path: Path) -> None:
    expected = f"it holds no file of an exercise, such as {FILE}"
    assert refused(put(tmp_path / "a", {})) == expected
    assert refused(put_zip(tmp_path / "b.zip", {"notes.txt": "x"})) == expected
    (tmp_path / "c").mkdir()
    assert refused(tmp_path / "c") == expected


@POSIX
def test_links_are_left_out(tmp_path: Path) -> None:
    put(tmp_path / "other", {FILE: "x = 1"})
    put(tmp_path / "a", {OTHER: "y = 2"})
    (tmp_path / "a" / FILE).symlink_to(tmp_path / "other" / FILE)
    found = handed(tmp_path / "a")
    assert found == Handed({OTHER: b"y = 2"}, (f"{FILE} was left out: it is a link, or lies behind one",))


@POSIX
def test_what_lies_behind_a_linked_folder_is_left_out(tmp_path: Path) -> None:
    put(tmp_path / "other", {FILE: "x = 1"})
    put(tmp_path / "a", {})
    (tmp_path / "a" / "tt_core").symlink_to(tmp_path / "other" / "tt_core")
    assert "it is a link, or lies behind one" in refused(tmp_path / "a")
    (tmp_path / "b").symlink_to(tmp_path / "other")
    assert refused(tmp_path / "b") == "it is a link, not a folder or an archive"


@POSIX
def test_queues_and_folders_are_no_files(tmp_path: Path) -> None:
    put(tmp_path / "a", {"tt_core/naive/x": ""})
    os.mkfifo(tmp_path / "a" / FILE)
    (tmp_path / "a" / OTHER).mkdir()
    text = refused(tmp_path / "a")
    assert f"{FILE} was left out: it is not a plain file" in text
    assert f"{OTHER} was left out: it is not a plain file" in text


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all files")
def test_a_file_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    put(tmp_path / "a", {FILE: "x", OTHER: "y"})
    (tmp_path / "a" / FILE).chmod(0)
    assert handed(tmp_path / "a").remarks == (f"{FILE} was left out: it cannot be read: Permission denied",)


@pytest.mark.parametrize("kind", ["folder", "zip", "tar"])
def test_files_that_are_too_large_are_left_out(kind: str, tmp_path: Path) -> None:
    files = {FILE: "#" * (archives.LARGEST_FILE + 1), OTHER: "y"}
    path = {
        "folder": lambda: put(tmp_path / "a", files),
        "zip": lambda: put_zip(tmp_path / "a.zip", files),
        "tar": lambda: put_tar(tmp_path / "a.tar.gz", files),
    }[kind]()
    found = handed(path)
    assert found.files == {OTHER: b"y"}
    assert "was left out: it is larger than 1024 KiB" in found.remarks[0]


@pytest.mark.parametrize("name", [f"../{FILE}", f"/{FILE}", f"a/../../{FILE}", f"C:/{FILE}", f"..\\{FILE}"])
def test_paths_that_lead_outside_are_refused(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(FILE, "x")
        archive.writestr(name, "x")
    assert refused(tmp_path / "a.zip").startswith("the archive holds a path that leads outside")
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo(FILE)
        info.name = name
        archive.addfile(info, io.BytesIO())
    assert refused(tmp_path / "b.tar.gz").startswith("the archive holds a path that leads outside")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_archives_are_left_out(kind: bytes, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo(FILE)
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    assert "it is a link or a device, not a file" in refused(tmp_path / "a.tar.gz")


def test_a_link_in_a_zip_archive_is_left_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo(FILE)
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert "it is a link or a device, not a file" in refused(tmp_path / "a.zip")


def test_bombs_end_at_their_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "LARGEST_CONTENT", 2**20)
    put_tar(tmp_path / "a.tar.gz", {"big.bin": "\0" * 2**22, FILE: "x"})
    assert refused(tmp_path / "a.tar.gz") == "the archive unpacks to more than 1 MiB"
    monkeypatch.setattr(archives, "MOST_MEMBERS", 50)
    put_zip(tmp_path / "b.zip", {f"{k}.txt": "" for k in range(60)})
    assert refused(tmp_path / "b.zip") == "the archive holds more than 50 files"
    monkeypatch.setattr(archives, "LARGEST_ARCHIVE", 100)
    assert refused(tmp_path / "b.zip") == "the archive is larger than 0 MiB"


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_unusual_packing_is_left_out(method: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
        archive.writestr(FILE, "x = 1")
    assert "it is packed in an unusual way" in refused(tmp_path / "a.zip")


@pytest.mark.parametrize("ending", [".zip", ".tar.gz", ".tar"])
@pytest.mark.parametrize("content", [b"", b"no archive at all" * 99])
def test_what_is_no_archive_is_refused(content: bytes, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(content)
    assert refused(path).startswith(("the archive cannot be read", "it holds no file of an exercise"))


@pytest.mark.parametrize("place", [10, 40, 60, 90])
def test_damaged_archives_are_refused_or_read(place: int, tmp_path: Path) -> None:
    for path in (
        put_zip(tmp_path / "a.zip", {FILE: "x = 1" * 999}),
        put_tar(tmp_path / "a.tar.gz", {FILE: "x = 1" * 999}),
    ):
        data = bytearray(path.read_bytes())
        data[place] ^= 0xFF
        path.write_bytes(data)
        try:
            assert set(handed(path).files) <= set(WANTED)
        except Refused as reason:
            assert str(reason)  # noqa: PT017 - damage may go unnoticed
