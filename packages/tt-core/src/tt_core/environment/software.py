"""Which Python, which NumPy, which operating system, and whether a processor is only imitated."""

import platform
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tt_core.environment.files import ROOT, read, sysctl
from tt_core.environment.variables import redact


@dataclass(frozen=True, slots=True)
class Python:
    """The interpreter that runs: `free_threaded` says whether it was built without the global lock (PEP 703)."""

    version: str
    implementation: str
    executable: str
    free_threaded: bool


@dataclass(frozen=True, slots=True)
class NumPy:
    """The NumPy that was imported; `simd` names the vector instructions that it found beyond its baseline."""

    version: str
    simd: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class System:
    """The operating system; `emulation` tells how an imitated processor was noticed, `""` for a real one."""

    name: str
    architecture: str
    emulation: str


def find_python() -> Python:
    """Describe the running interpreter: what `platform` tells of it, and `sys.executable`, redacted.

    A build without the global lock has the configuration variable `Py_GIL_DISABLED` set (`sysconfig`).
    """
    return Python(
        version=platform.python_version(),
        implementation=platform.python_implementation(),
        executable=redact(sys.executable),
        free_threaded=bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    )


def find_numpy() -> NumPy:
    """Describe the imported NumPy: its version, and what its configuration lists under "SIMD Extensions", "found".

    A NumPy that found none has no such entry. Source: `numpy.show_config(mode="dicts")`.
    """
    simd = np.show_config(mode="dicts").get("SIMD Extensions", {})
    return NumPy(version=np.__version__, simd=tuple(simd.get("found", ())))


def find_system(root: Path = ROOT) -> System:
    """Describe the operating system."""
    machine = platform.machine()
    return System(
        name=platform.platform(aliased=True, terse=False),
        architecture=machine,
        emulation=emulation(machine, read(root / "proc/cpuinfo")),
    )


def emulation(machine: str, cpuinfo: str, ask: Callable[[str], str] = sysctl) -> str:
    """Return how one can tell that the processor is imitated in software, or `""` where nothing says so.

    Apple's Rosetta sets `sysctl.proc_translated` and, for Linux containers, calls its processor VirtualApple; QEMU
    names itself in `/proc/cpuinfo`, or leaves an Arm `/proc/cpuinfo` below a program built for x86.

    >>> emulation("x86_64", "model name : QEMU Virtual CPU version 2.5+")
    'QEMU names itself in /proc/cpuinfo'
    >>> emulation("x86_64", "model name : AMD EPYC", ask=lambda name: "0")
    ''
    """
    if "VirtualApple" in cpuinfo:
        return "Rosetta names itself in /proc/cpuinfo"
    if "QEMU" in cpuinfo:
        return "QEMU names itself in /proc/cpuinfo"
    if machine in {"x86_64", "AMD64", "i686"} and "CPU implementer" in cpuinfo:
        return f"/proc/cpuinfo describes an Arm processor, the program runs as {machine}"
    return "Rosetta sets sysctl.proc_translated" if not cpuinfo and ask("sysctl.proc_translated") == "1" else ""
