"""Submissions to try grading on: solved, half solved, empty, broken, malicious; as a module and as a script.

python workspaces.py FOLDER [COUNT] [MODULE]
"""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tt_core.course.lessons import Exercise, Lesson, find_lesson
from tt_core.course.reference import path_in_package
from tt_core.course.skeletons import blank, reference_source

Files = dict[str, str]


def solved(lesson: Lesson, done: Iterable[Exercise] | None = None) -> Files:
    """Return a workspace in which some exercises, all if None, are as in the reference, the others blank."""
    finished = {exercise.name for exercise in (lesson.exercises if done is None else done)}
    missing = [exercise for exercise in lesson.exercises if exercise.name not in finished]
    modules = dict.fromkeys(module for exercise in lesson.exercises for module in exercise.modules)
    return {str(path_in_package(module)): blank(reference_source(module), module, missing) for module in modules}


def malicious(lesson: Lesson, attack: str, done: Iterable[Exercise] = ()) -> Files:
    """Return a workspace whose first file begins with an attack."""
    files = solved(lesson, done)
    first = next(iter(files))
    return files | {first: put_in(files[first], attack)}


def put_in(text: str, attack: str) -> str:
    """Return a module's text with more statements behind its `from __future__`."""
    head, mark, rest = text.partition("from __future__ import annotations\n")
    return f"{head}{mark}{attack}\n{rest}" if mark else f"{attack}\n{text}"


def put(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write a workspace."""
    for name, content in {"tt.toml": "version = 1\n", **files}.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def put_zip(path: Path, files: Mapping[str, str], inside: str = "work/") -> Path:
    """Write a workspace as a zip archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"tt.toml": "version = 1\n", **files}.items():
            archive.writestr(inside + name, content)
    return path


def put_tar(path: Path, files: Mapping[str, str], inside: str = "work/") -> Path:
    """Write a workspace as a tar archive."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in {"tt.toml": "version = 1\n", **files}.items():
            data = content.encode()
            info = tarfile.TarInfo(inside + name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


QUICK = {
    "exit": "import os\nos._exit(0)",
    "exit_politely": "import sys\nsys.exit(0)",
    "patched": "import builtins, numpy.testing as t\nt.assert_allclose = builtins.all = lambda *a, **k: True",
    "memory": "import mmap\nhog = mmap.mmap(-1, 10**10)",
    "fork": "import os\nfor _ in range(6):\n    os.fork()",
    "reads": "print(open('/etc/shadow').read())",
    "loop": "while True:\n    pass",
}
"""Attacks whose damage is bounded even without a sandbox: 64 processes, memory that is not touched."""


def kinds(lesson: Lesson) -> list[tuple[str, Callable[[], Files]]]:
    """Return the kinds of submission that a class hands in, by name."""
    half = lesson.exercises[::2]
    found: list[tuple[str, Callable[[], Files]]] = [("solved", lambda: solved(lesson))] * 6
    found += [("half", lambda: solved(lesson, half))] * 6
    found += [("empty", lambda: solved(lesson, ()))] * 3
    found += [("broken", lambda: malicious(lesson, "def (:", lesson.exercises))] * 2
    found += [("nothing", dict)]
    return found + [(name, lambda code=code: malicious(lesson, code)) for name, code in QUICK.items()]  # type: ignore[misc]


def make(folder: Path, count: int, lesson: Lesson) -> Path:
    """Write as many submissions, in turn of each kind, as folders and archives with the names of Canvas and Moodle."""
    choices = kinds(lesson)
    ready = {name: files() for name, files in choices}
    folder.mkdir(parents=True, exist_ok=True)
    for k in range(count):
        kind = choices[k % len(choices)][0]
        if k % 3 == 0:
            put(folder / f"student{k:03d}-{kind}", ready[kind])
        elif k % 3 == 1:
            put_zip(folder / f"student{k:03d}{kind.replace('_', '')}_{1000 + k}_{5000 + k}_work.zip", ready[kind])
        else:
            inner = folder / f"Student {k:03d} {kind}_{2000 + k}_assignsubmission_file_"
            inner.mkdir()
            put_tar(inner / "work.tar.gz", ready[kind])
    return folder


if __name__ == "__main__":
    make(Path(sys.argv[1]), int((sys.argv[2:] or ["200"])[0]), find_lesson((sys.argv[3:] or ["02"])[0]))
