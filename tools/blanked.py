"""Type-check what a learner starts from: our packages with every exercise's body taken out, and the lessons' checks.

    python tools/blanked.py

The packages that are installed are copied to a temporary folder; mypy is run there with the settings of the project.
"""

import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from tt_core.course.lessons import Lesson, all_lessons
from tt_core.course.proving import blanked
from tt_core.course.reference import path_in_package

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("tt_core", "tt_train")
# what a probe is given is said in checks.py
UNTYPED = (
    "--allow-untyped-defs",
    "--allow-incomplete-defs",
    "--allow-untyped-calls",
    "--no-check-untyped-defs",
    "--no-warn-unused-ignores",
)


def write_packages(folder: Path, lessons: tuple[Lesson, ...]) -> None:
    """Copy the packages without what learners do not build, and take the bodies out."""
    for name in PACKAGES:
        spec = find_spec(name)
        for place in (spec and spec.submodule_search_locations) or ():
            shutil.copytree(place, folder / name, ignore=shutil.ignore_patterns("__pycache__", "lessons"))
    exercises = [exercise for lesson in lessons for exercise in lesson.exercises]
    for module, text in blanked(exercises).items():
        (folder / path_in_package(module)).write_text(text, encoding="utf-8", newline="")


def write_checks(folder: Path, lessons: tuple[Lesson, ...]) -> None:
    """Copy the lessons' checks and probes into packages of their own: all have the same names."""
    for lesson in lessons:
        package = folder / f"lesson_{lesson.key}"
        package.mkdir()
        (package / "__init__.py").write_text('"""A lesson."""\n')
        for name in ("checks.py", "probes.py"):
            shutil.copy(lesson.folder / name, package / name)


def main() -> None:
    """Write both and run mypy; its exit code is ours."""
    lessons = all_lessons()
    with tempfile.TemporaryDirectory() as folder:
        write_packages(Path(folder), lessons)
        write_checks(Path(folder), lessons)
        shown = f"{len(lessons)} lessons, {sum(len(lesson.exercises) for lesson in lessons)} exercises taken out"
        print(shown, flush=True)
        packages = mypy(folder, *PACKAGES)
        probes = mypy(folder, *UNTYPED, *(f"lesson_{lesson.key}" for lesson in lessons))
        sys.exit(packages or probes)


def mypy(folder: str, *arguments: str) -> int:
    """Run mypy in a folder, and return its exit code."""
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", "cache"]
    return subprocess.run([*command, *arguments], cwd=folder, check=False).returncode


if __name__ == "__main__":
    main()
