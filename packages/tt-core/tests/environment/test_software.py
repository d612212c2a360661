import platform
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from tt_core.environment.software import emulation, find_numpy, find_python, find_system
from tt_core.environment.variables import redact

Computer = Callable[[Mapping[str, str]], Path]


def test_python_is_the_one_that_runs() -> None:
    python = find_python()
    assert python.version.split(".")[:2] == [str(part) for part in sys.version_info[:2]]
    assert python.implementation == platform.python_implementation()
    assert python.executable == redact(sys.executable)
    assert isinstance(python.free_threaded, bool)


def test_numpy_is_the_one_that_is_imported() -> None:
    numpy = find_numpy()
    assert numpy.version == np.__version__
    assert all(isinstance(name, str) for name in numpy.simd)


def test_system_names_the_emulator(computer: Computer) -> None:
    system = find_system(computer({"proc/cpuinfo": "model name : QEMU Virtual CPU"}))
    assert system.architecture == platform.machine()
    assert "QEMU" in system.emulation


@pytest.mark.parametrize(
    "machine,cpuinfo,sign",
    [
        ("x86_64", "vendor_id : VirtualApple", "Rosetta"),
        ("x86_64", "model name : QEMU TCG CPU version 2.5+", "QEMU"),
        ("x86_64", "CPU implementer : 0x61", "Arm"),
        ("aarch64", "CPU implementer : 0x61", ""),
        ("x86_64", "model name : AMD EPYC", ""),
    ],
)
def test_emulation_shows_in_cpuinfo(machine: str, cpuinfo: str, sign: str) -> None:
    assert sign in emulation(machine, cpuinfo)
    assert bool(sign) == bool(emulation(machine, cpuinfo))


@pytest.mark.parametrize("answer,found", [("1", True), ("0", False), ("", False)])
def test_emulation_on_a_mac(answer: str, found: bool) -> None:
    assert bool(emulation("x86_64", "", {"sysctl.proc_translated": answer}.__getitem__)) is found
