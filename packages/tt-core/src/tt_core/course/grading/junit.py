"""Grades as JUnit's XML, which build servers show: a suite for each submission, a case for each check."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from tt_core.course.grading.grader import printable
from tt_core.course.grading.grades import ExerciseGrade, Grade

__all__ = ["junit"]


def junit(grades: Iterable[Grade], sandbox: str) -> str:
    """Return the grades as XML."""
    root = ET.Element("testsuites", name="tt grade")
    for grade in grades:
        root.append(_suite(grade, sandbox))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(grade: Grade, sandbox: str) -> ET.Element:
    suite = ET.Element("testsuite", name=printable(grade.name), time=f"{grade.seconds:.3f}")
    properties = ET.SubElement(suite, "properties")
    for name, value in (("student", printable(grade.student)), ("points", grade.points), ("sandbox", sandbox)):
        ET.SubElement(properties, "property", name=name, value=str(value))
    if grade.status != "graded":
        case = ET.SubElement(suite, "testcase", classname="submission", name="can be graded")
        ET.SubElement(case, "error", message=printable(grade.reason))
    for exercise in grade.exercises:
        suite.extend(_cases(exercise))
    for count, kinds in (("tests", ("testcase",)), ("failures", ("failure",)), ("errors", ("error",))):
        suite.set(count, str(sum(len(list(suite.iter(kind))) for kind in kinds)))
    return suite


def _cases(exercise: ExerciseGrade) -> Iterable[ET.Element]:
    for check in exercise.checks:
        case = ET.Element("testcase", classname=f"{exercise.number} {exercise.name}", name=check.says)
        if not check.passed:
            ET.SubElement(case, "failure", type=check.outcome, message=printable(check.what))
        yield case
