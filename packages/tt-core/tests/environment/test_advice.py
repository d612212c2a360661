import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tt_core.environment import (
    Advice,
    Blas,
    Cache,
    Cpu,
    Measurement,
    Memory,
    NumPy,
    Python,
    Report,
    Speed,
    System,
    advise,
)
from tt_core.environment.advice import RULES

GIB = 2**30
STEADY = Measurement("GB/s", "64 MiB", best=10.0, median=9.5, spread=0.05, repeats=9)
QUIET = Report(
    python=Python("3.12.1", "CPython", "~/venv/bin/python", free_threaded=False),
    numpy=NumPy("2.4.0", ("X86_V3",)),
    blas=Blas("OpenBLAS", "0.3.31", "SkylakeX", "SkylakeX", 8, "OpenBLAS 0.3.31 SkylakeX", "~/lib.so"),
    cpu=Cpu("Xeon", logical=8, usable=8, quota=None, load=0.1, caches=(Cache(2, "unified", 1048576, 1),)),
    memory=Memory(total=16 * GIB, available=8 * GIB, limit=None),
    system=System("Linux", "x86_64", ""),
    variables={},
    speed=Speed(STEADY, STEADY),
)


def changed(part: str, **values: Any) -> Report:
    """Return the quiet machine with some values of one part changed."""
    return replace(QUIET, **{part: replace(getattr(QUIET, part), **values)})


def with_variables(report: Report, **variables: str) -> Report:
    return replace(report, variables=variables)


FORCED = with_variables(changed("blas", kernel="Haswell"), OPENBLAS_CORETYPE="Haswell")

CASES = {
    "no BLAS": (changed("blas", name="none"), "problem", r"without an optimised BLAS \(found: none\).*: install"),
    "slow BLAS": (changed("blas", name="reference BLAS"), "problem", r"\(found: reference BLAS\).*: install"),
    "least memory": (changed("memory", available=GIB // 4), "problem", r"0\.25 GiB.* want 0\.5 GiB: close"),
    "little memory": (changed("memory", available=GIB), "warning", r"1\.00 GiB.* want 2 GiB: close"),
    "emulation": (changed("system", emulation="QEMU"), "warning", r"emulation \(QEMU\).*: install a Python"),
    "kernel": (FORCED, "warning", r"OPENBLAS_CORETYPE=Haswell .* Haswell kernel .* would get SkylakeX: unset"),
    "unknown kernel": (
        with_variables(changed("blas", native="unknown"), OPENBLAS_CORETYPE="Haswell"),
        "warning",
        r"may get a faster one: unset",
    ),
    "cache": (with_variables(QUIET, OPENBLAS_L2_SIZE="512"), "warning", r"L2_SIZE=512 .* has 1024 KiB: unset"),
    "unknown cache": (
        with_variables(changed("cpu", caches=()), OPENBLAS_L2_SIZE="512"),
        "warning",
        r"has an unknown number of KiB: unset",
    ),
    "one thread by a variable": (
        with_variables(changed("blas", threads=1), OMP_NUM_THREADS="1"),
        "warning",
        r"OMP_NUM_THREADS=1 leaves OpenBLAS one thread on 8 usable cores: unset it or set it to 8",
    ),
    "one thread": (changed("blas", threads=1), "warning", r"OpenBLAS runs one thread on 8 usable cores: install"),
    "too many threads": (changed("cpu", usable=2), "warning", r"8 threads on 2 usable cores.*: set OMP_NUM_THREADS=2"),
    "load": (changed("cpu", load=6.5), "warning", r"load average is 6\.5 on 8 cores.*: wait"),
    "spread": (
        replace(QUIET, speed=Speed(STEADY, replace(STEADY, spread=0.4))),
        "warning",
        r"differ by 40%.*: close it",
    ),
}


def test_a_quiet_machine_needs_no_advice() -> None:
    assert advise(QUIET) == ()


@pytest.mark.parametrize("report,level,text", CASES.values(), ids=CASES)
def test_one_cause_one_sentence(report: Report, level: str, text: str) -> None:
    (advice,) = advise(report)
    assert advice.level == level
    assert re.search(text, advice.text)


@pytest.mark.parametrize(
    "report",
    [
        with_variables(QUIET, OPENBLAS_CORETYPE="SkylakeX"),
        with_variables(QUIET, OPENBLAS_L2_SIZE="1024"),
        with_variables(changed("blas", name="Intel MKL", kernel="unknown", native="unknown"), OPENBLAS_CORETYPE="x"),
        with_variables(changed("blas", name="Intel MKL"), OPENBLAS_L2_SIZE="512"),
        replace(changed("blas", threads=1), cpu=replace(QUIET.cpu, usable=1)),
        changed("blas", threads=None),
        changed("blas", threads=4),
        changed("cpu", load=None),
        changed("memory", available=None),
        replace(QUIET, speed=None),
    ],
)
def test_no_false_alarm(report: Report) -> None:
    assert advise(report) == ()


def test_problems_come_first() -> None:
    report = replace(FORCED, memory=Memory(GIB, GIB // 8, None))
    assert [advice.level for advice in advise(report)] == ["problem", "warning"]


def test_every_rule_has_a_case() -> None:
    fired: set[Callable[[Report], str]] = {rule for report, _, _ in CASES.values() for _, rule in RULES if rule(report)}
    assert fired == {rule for _, rule in RULES}


def test_advice_is_one_sentence() -> None:
    for report, _, _ in CASES.values():
        for advice in advise(report):
            assert isinstance(advice, Advice)
            assert advice.text.endswith(".")
            assert ". " not in advice.text
