"""What a lesson looks like, whoever wrote it: seven parts, exercises with hints, pictures that say what they show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from tt_core.course.lessons import Exercise, Lesson

__all__ = ["PARTS", "faults", "parts", "pictures", "prose"]

PARTS = (
    "1. Why it exists",
    "2. The idea",
    "3. Build it",
    "4. Measure it",
    "5. How PyTorch does it",
    "6. Check yourself",
    "7. What you unlocked",
)
WORDS = range(1500, 3001)
EXERCISES = range(5, 13)
HINTS = 3
QUESTIONS = 5
PICTURES = 2
FENCED = re.compile(r"^(`{3,}|~{3,})(.*)\n(?:.*\n)*?\1[ \t]*$", re.MULTILINE)
FORMULA = re.compile(r"\$\$.*?\$\$", re.DOTALL)
YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b")
# what a cell is to print, since it differs from machine to machine
MEASURED = re.compile(
    r"\b\d[\d.,]*\s?(?:ns|µs|μs|us|ms|milliseconds|microseconds|nanoseconds|[GMT]FLOP/s|[GMT]FLOPS|[GM]i?B/s)\b"
)
SOURCE_FILE = re.compile(r"`(?:aten|c10|torch|torchvision)/[\w/.-]+\.(?:cpp|h|cu|py|yaml)\b")
HEADER = re.compile(r"\A---\n.*?^---\n", re.MULTILINE | re.DOTALL)


def faults(lesson: Lesson) -> Iterator[str]:
    """Yield what is wrong with a lesson's form, one sentence each."""
    path = lesson.folder / "lesson.md"
    if not path.is_file():
        yield "lesson.md is missing"
        return
    text = path.read_text(encoding="utf-8")
    yield from _header(text)
    yield from _headings(text)
    yield from _length(text)
    yield from _exercises(lesson, text)
    yield from _questions(text)
    yield from _sources(text)
    yield from _figures(text)
    yield from _pictures(lesson.folder, text)


def prose(text: str) -> str:
    """Return what is read as sentences: the text without its header, code, formulas and markup.

    >>> prose("Two *words* and [a link](https://example.org).").split()
    ['Two', 'words', 'and', 'a', 'link.']
    """
    for pattern in (HEADER, FENCED, FORMULA, re.compile(r"<[^<>]+>")):
        text = pattern.sub("", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"^[#>|\s-]+|[*|]", "", text, flags=re.MULTILINE)


def parts(text: str) -> dict[str, str]:
    """Return the text under each heading of the second level, by heading."""
    bare = FENCED.sub(lambda found: re.sub("^#", " #", found[0], flags=re.MULTILINE), text)  # comments are no headings
    pieces = re.split(r"^## (.+?)[ \t]*$", bare, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def pictures(text: str) -> list[tuple[str, str]]:
    """Return the alternative text and the file of each picture that is shown."""
    return re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", FENCED.sub("", text))


def _header(text: str) -> Iterator[str]:
    found = HEADER.match(text)
    for needed in ("jupytext", "extension: .md", "format_name: myst", "kernelspec"):
        if found is None or needed not in found[0]:
            yield f"lesson.md's header lacks {needed!r}: it is no notebook for jupytext"


def _headings(text: str) -> Iterator[str]:
    if (found := tuple(parts(text))) != PARTS:
        yield f"the parts are {', '.join(found)}; expected {', '.join(PARTS)}"


def _length(text: str) -> Iterator[str]:
    if (count := len(prose(text).split())) not in WORDS:
        yield f"the prose has {count} words; expected {WORDS.start} to {WORDS.stop - 1}"


def _exercises(lesson: Lesson, text: str) -> Iterator[str]:
    if len(lesson.exercises) not in EXERCISES:
        yield f"there are {len(lesson.exercises)} exercises; expected {EXERCISES.start} to {EXERCISES.stop - 1}"
    shown = re.findall(r"^### (\d\d\.\d+) +`?([\w. ]+?)`? +[—–-] +\S", parts(text).get(PARTS[2], ""), re.MULTILINE)
    expected = [(each.number, each.name) for each in lesson.exercises]
    if shown != expected:
        yield f"part 3 shows the exercises {_listed(shown)}; lesson.toml has {_listed(expected)}"
    for exercise in lesson.exercises:
        yield from _hints(exercise)


def _listed(pairs: list[tuple[str, str]]) -> str:
    return ", ".join(" ".join(pair) for pair in pairs) or "none"


def _hints(exercise: Exercise) -> Iterator[str]:
    if len(exercise.hints) != HINTS or not all(hint.strip() for hint in exercise.hints):
        yield f"{exercise.number} has {len(exercise.hints)} hints; expected {HINTS}, none empty"
    if exercise.points <= 0:
        yield f"{exercise.number} is worth {exercise.points} points; expected more than 0"


def _questions(text: str) -> Iterator[str]:
    part = parts(text).get(PARTS[5], "")
    folded = re.findall(r"<details>\s*<summary>.+?</summary>\s*(.+?)\s*</details>", part, re.DOTALL)
    if len(folded) != QUESTIONS or part.count("<details") != QUESTIONS:
        yield f"part 6 has {len(folded)} folded answers; expected {QUESTIONS}"


def _sources(text: str) -> Iterator[str]:
    found = parts(text)
    if not YEAR.search(found.get(PARTS[0], "")):
        yield "part 1 names no year: expected a paper, or a machine, with its year"
    if "```{code-cell}" not in found.get(PARTS[3], ""):
        yield "part 4 measures nothing: expected a code cell"
    if "predict" not in found.get(PARTS[3], "").lower():
        yield "part 4 asks for no prediction before it measures"
    if not SOURCE_FILE.search(found.get(PARTS[4], "")):
        yield "part 5 names no file of PyTorch, such as `aten/src/ATen/ExpandUtils.cpp`"


def _figures(text: str) -> Iterator[str]:
    for found in MEASURED.finditer(prose(text)):
        yield f"the prose says {found[0]!r}, which differs from machine to machine: let a cell print it"


def _pictures(folder: Path, text: str) -> Iterator[str]:
    shown = pictures(text)
    if sum(file.endswith(".svg") for _, file in shown) < PICTURES:
        yield f"lesson.md shows {len(shown)} pictures; expected {PICTURES} SVGs or more"
    for alternative, file in shown:
        if not (folder / file).is_file():
            yield f"the picture {file} is not in the lesson's folder"
        if len(alternative.split()) < 3:
            yield f"the picture {file} has no alternative text worth reading: {alternative!r}"
    for path in sorted(folder.glob("*.svg")):
        if path.name not in {file for _, file in shown}:
            yield f"{path.name} is not shown in lesson.md"
        yield from _drawing(path)


def _drawing(path: Path) -> Iterator[str]:
    content = path.read_text(encoding="utf-8")
    try:
        root = ET.fromstring(content)  # noqa: S314  # the file is the package's own
    except ET.ParseError as error:
        yield f"{path.name} is not XML: {error}"
        return
    for tag in ("title", "desc"):
        element = root.find(f"{{http://www.w3.org/2000/svg}}{tag}")
        if element is None or not (element.text or "").strip():
            yield f"{path.name} has no <{tag}>: who cannot see it learns nothing from it"
    if "viewBox" not in root.attrib:
        yield f"{path.name} has no viewBox: it cannot be made smaller"
    if re.search(r"<script|\bhref=\"(?!#)|@import|url\((?!#)", content):
        yield f"{path.name} loads something from elsewhere"
