"""Give up all rights but those named, then run a script: the first thing that runs in a sandbox.

A script of its own that knows nothing of TinyTorch. Its argument is JSON: `limits`, `landlock`, `filter`, `path` (where
modules are found) and `run` (the script and its arguments). The script runs in this very process, since what comes
after the filter can start no other.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import json
import os
import runpy
import struct
import sys
from typing import Any

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
PATH_BENEATH = 1
NO_NEW_PRIVILEGES, DROP_CAPABILITY, DIE_WITH_PARENT, SET_SECCOMP, FILTER = 38, 24, 1, 22, 2
CAPSET = {"x86_64": 126, "aarch64": 91}
CAPABILITIES_3 = 0x20080522
SIGKILL = 9


def libc() -> ctypes.CDLL:
    """Return the C library, which tells its errors."""
    return ctypes.CDLL(None, use_errno=True)


def need(result: int, what: str) -> int:
    """Return what a call returned, unless it failed: half a sandbox is none.

    Raises:
        OSError: it failed.
    """
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def set_limits(limits: dict[str, int]) -> None:
    """Set each limit, the soft and the hard one, where a lower one does not hold already."""
    if not limits:  # Windows has no such module
        return
    import resource

    for name, most in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (value, value))


def set_landlock(attributes: bytes, rules: list[tuple[str, int]]) -> None:
    """Leave only the rules' rights over files."""
    call = libc().syscall
    ruleset = need(call(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0)), "ruleset")
    for path, rights in rules:
        with contextlib.suppress(FileNotFoundError):
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            rule = struct.pack("=Qi", rights, place)
            need(call(ADD_RULE, ruleset, PATH_BENEATH, rule, ctypes.c_uint32(0)), path)
            os.close(place)
    need(call(RESTRICT_SELF, ruleset, ctypes.c_uint32(0)), "restrict")
    os.close(ruleset)


def drop_capabilities() -> None:
    """Give up what root may do beyond others; who is not root has nothing to give up."""
    control, number = libc().prctl, 0
    while control(DROP_CAPABILITY, number, 0, 0, 0) == 0:
        number += 1
    header, none = struct.pack("=Ii", CAPABILITIES_3, 0), bytes(24)
    need(libc().syscall(CAPSET[os.uname().machine], header, none), "capabilities")


def set_filter(program: bytes) -> None:
    """Have the kernel look at each system call from now on."""
    code = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    need(libc().prctl(SET_SECCOMP, FILTER, head, 0, 0), "filter")


def confine(orders: dict[str, Any]) -> None:
    """Give up what the orders name, in the order in which it can be given up."""
    set_limits(orders["limits"])
    if orders.get("filter"):
        need(libc().prctl(DIE_WITH_PARENT, SIGKILL, 0, 0, 0), "die with parent")
        need(libc().prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0), "no new privileges")
        drop_capabilities()
    if orders.get("landlock"):
        set_landlock(base64.b64decode(orders["landlock"]["attributes"]), orders["landlock"]["rules"])
    if orders.get("filter"):
        set_filter(base64.b64decode(orders["filter"]))


def main(orders: dict[str, Any]) -> None:
    """Confine this process, then run the script as Python itself would."""
    confine(orders)
    script, *arguments = orders["run"]
    sys.path[:0] = [os.path.dirname(script), *orders["path"]]  # noqa: PTH120 - pathlib takes 20 ms to import
    sys.argv[:] = [script, *arguments]
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
