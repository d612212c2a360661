"""A filter of system calls for the kernel: no new processes, no network, no signals; threads are allowed.

Source: Linux, Documentation/userspace-api/seccomp_filter.rst; include/uapi/linux/{filter,seccomp,audit}.h.
"""

from __future__ import annotations

import errno
import struct

from tt_core.course.grading.syscalls import CLONE, CLONE3, DENIED, IGNORED, IOCTL, NEWEST, PRCTL, Machine

__all__ = ["assemble"]

LOAD, EQUAL, GREATER, ALL_OF, RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
KILL, FAIL, ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
NUMBER, ARCHITECTURE, FIRST, SECOND = 0, 4, 16, 24

THREAD = 0x10000
PDEATHSIG = 1
TIOCSTI, TIOCLINUX = 0x5412, 0x541C


def assemble(machine: Machine) -> bytes:
    """Return the filter's program, eight bytes for each instruction.

    >>> from tt_core.course.grading.syscalls import MACHINES
    >>> len(assemble(MACHINES["x86_64"])) % 8
    0
    """
    number = machine.column
    found = [op(LOAD, ARCHITECTURE), op(EQUAL, machine.audit, then=1), op(RETURN, KILL), op(LOAD, NUMBER)]
    found += [op(GREATER, NEWEST, other=1), op(RETURN, FAIL | errno.ENOSYS)]
    for table, error in ((DENIED, errno.EPERM), (IGNORED, 0)):
        for each in (numbers[number] for numbers in table.values()):
            found += [] if each is None else [op(EQUAL, each, other=1), op(RETURN, FAIL | error)]
    # glibc then falls back to clone, whose flags can be looked at
    found += [op(EQUAL, CLONE3[number], other=1), op(RETURN, FAIL | errno.ENOSYS)]
    found += [op(EQUAL, CLONE[number], other=4), op(LOAD, FIRST), op(ALL_OF, THREAD, then=1)]
    found += [op(RETURN, FAIL | errno.EPERM), op(RETURN, ALLOW)]
    found += refused_argument(PRCTL[number], FIRST, PDEATHSIG)
    found += refused_argument(IOCTL[number], SECOND, TIOCSTI) + refused_argument(IOCTL[number], SECOND, TIOCLINUX)
    return b"".join([*found, op(RETURN, ALLOW)])


def refused_argument(number: int, place: int, value: int) -> list[bytes]:
    """Return instructions that refuse a call with this argument, and else look at its number again."""
    refusal = [op(LOAD, place), op(EQUAL, value, other=1), op(RETURN, FAIL | errno.EPERM), op(LOAD, NUMBER)]
    return [op(EQUAL, number, other=len(refusal)), *refusal]


def op(code: int, value: int, then: int = 0, other: int = 0) -> bytes:
    """Return one instruction; `then` and `other` are how many to step over."""
    return struct.pack("=HBBI", code, then, other, value)
