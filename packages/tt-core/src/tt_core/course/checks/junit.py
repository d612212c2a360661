"""Results of checks as JUnit's XML, which editors and build servers show: a case for each check."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from tt_core.course.checks.results import Result
from tt_core.course.checks.summary import Summary
from tt_core.course.lessons import Lesson

__all__ = ["junit"]

TAGS = {"failed": "failure", "crashed": "error", "timed out": "error", "not built": "failure", "not reached": "skipped"}


def junit(found: Iterable[tuple[Lesson, Sequence[Summary]]]) -> str:
    """Return the results of modules as XML, a suite for each."""
    root = ET.Element("testsuites")
    root.extend(_suite(lesson, summaries) for lesson, summaries in found)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(lesson: Lesson, found: Sequence[Summary]) -> ET.Element:
    results = [result for summary in found for result in summary.results]
    suite = ET.Element("testsuite", name=f"{lesson.number} {lesson.name}", tests=str(len(results)))
    suite.set("time", f"{sum(result.seconds for result in results):.3f}")
    suite.extend(map(_case, results))
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(len(list(suite.iter(tag)))))
    return suite


def _case(result: Result) -> ET.Element:
    exercise = result.exercise
    case = ET.Element("testcase", classname=f"{exercise.number} {exercise.name}", name=allowed(result.check.says))
    case.set("time", f"{result.seconds:.3f}")
    if not result.passed:
        element = ET.SubElement(case, TAGS[result.outcome], message=allowed(result.what))
        element.set("type", result.outcome)
        element.text = "\n".join(f"{frame.file}:{frame.line}" for frame in result.frames)
    if result.printed:
        ET.SubElement(case, "system-out").text = allowed(result.printed)
    return case


def allowed(text: str) -> str:
    """Return a text without the characters that XML 1.0 does not know."""
    return "".join(
        c if c in "\t\n" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff" else "�" for c in text
    )
