"""Start a command that may read these folders, write that one, and do little else.

Three tiers, the best first: bubblewrap (a machine of its own, and in it what the second has), Landlock with a filter
of system calls, and limits of resources alone. `tiers` finds which of them hold on this machine.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any, Literal, TypeAlias

from tt_core.course.grading import bubblewrap, landlock, launcher, seccomp
from tt_core.course.grading.limits import Limits
from tt_core.course.grading.strays import TOKEN, end_strays, most_processes
from tt_core.course.grading.syscalls import this_machine
from tt_core.course.grading.view import View, executable, interpreter

__all__ = ["Confined", "Kind", "Sandbox"]

Kind: TypeAlias = Literal["bubblewrap", "landlock", "rlimits", "none"]

QUIET = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "LANG": "C.UTF-8", "PATH": ""}


class Confined(Popen[bytes]):
    """A process that is killed together with those it started."""

    token = ""

    def kill(self) -> None:
        """Kill its whole session, and what has left it."""
        if self.returncode is None and hasattr(os, "killpg"):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        super().kill()
        if self.token and sys.platform == "linux":
            end_strays(self.token)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A way to confine processes, and what each may use."""

    kind: Kind
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    modules: tuple[Path, ...] = ()
    """Folders in which its Python finds modules besides the standard library."""

    def start(
        self,
        script: Sequence[str],
        view: View,
        environ: Mapping[str, str] | None = None,
        **streams: Any,
    ) -> Confined:
        """Start a Python script with its arguments, in a session of its own, with the three streams as pipes."""
        seen = self._whole(view, script)
        scratch = str(seen.writable or "/")
        token = secrets.token_hex(8)
        process = Confined(
            self.command(script, seen),
            env={**QUIET, "HOME": scratch, "TMPDIR": scratch, TOKEN: token, **system(), **(environ or {})},
            cwd=None if sys.platform == "win32" else "/",
            start_new_session=True,
            **{"stdin": PIPE, "stdout": PIPE, "stderr": PIPE, **streams},
        )
        process.token = token if self.kind in {"rlimits", "none"} else ""
        return process

    def command(self, script: Sequence[str], view: View) -> list[str]:
        """Return the whole command line."""
        python = [str(executable()), "-I", "-S", "-B", "-X", "utf8", launcher.__file__, self._orders(script, view)]
        if self.kind != "bubblewrap":
            return python
        program = bubblewrap.program()
        if program is None:
            raise FileNotFoundError("bubblewrap (the program bwrap) is not installed")
        return [*bubblewrap.command(program, view, self.limits), "--", *python]

    def _whole(self, view: View, script: Sequence[str]) -> View:
        """Return a view with what Python and the sandbox themselves need."""
        python = interpreter()
        own = [Path(os.path.realpath(launcher.__file__)), Path(os.path.realpath(script[0]))]
        readable = (*python.readable, *own, *view.readable)
        return replace(view, readable=readable, hidden=(*python.hidden, *view.hidden))

    def _orders(self, script: Sequence[str], view: View) -> str:
        orders: dict[str, Any] = {"path": [str(each) for each in self.modules], "run": list(script), "limits": {}}
        machine = this_machine()
        if self.kind != "none":
            orders["limits"] = self.limits.resources()
        if self.kind == "rlimits":
            orders["limits"]["NPROC"] = most_processes()
        if self.kind in {"bubblewrap", "landlock"} and machine is not None:
            orders["filter"] = base64.b64encode(seccomp.assemble(machine)).decode()
        if self.kind == "landlock" or (self.kind == "bubblewrap" and landlock.version()):
            orders["landlock"] = self._landlock(view)
        return json.dumps(orders)

    def _landlock(self, view: View) -> dict[str, Any]:
        version = landlock.version()
        readable = (*view.readable, *(Path("/dev", name) for name in ("null", "zero", "urandom")))
        writable = [Path("/dev/null"), *([view.writable] if view.writable else [])]
        return {
            "attributes": base64.b64encode(landlock.attributes(version)).decode(),
            "rules": landlock.rules(readable, view.hidden, writable, version),
        }


def system() -> dict[str, str]:
    """Return the variables without which Windows starts no program."""
    return {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
