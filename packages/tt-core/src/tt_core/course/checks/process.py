"""A learner's process: started, asked, listened to, and ended with all that it has started itself."""

from __future__ import annotations

import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TypeAlias

from tt_core.course.checks import child
from tt_core.overlay import VARIABLE

__all__ = ["Ended", "Launch", "Process", "launch_here"]

Launch: TypeAlias = Callable[[Path], "subprocess.Popen[bytes]"]

LONGEST_ANSWER = 16 * 2**20  # as values they take up to fifty times as much
LONGEST_PRINT = 20_000
PATIENCE = 0.5  # seconds for the last of what was printed to arrive


class Ended(Exception):  # noqa: N818  # an end is no error of ours
    """The process has ended, or sent what is no answer, instead of answering."""


def launch_here(workspace: Path, environ: Mapping[str, str] | None = None) -> Launch:
    """Return how to start a process that sees the learner's files in place of ours."""

    def launch(probes: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603  # our own interpreter and our own script
            [sys.executable, child.__file__, str(probes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**inherited(), "PYTHONIOENCODING": "utf-8", **(environ or {}), VARIABLE: str(workspace)},
            start_new_session=True,
        )

    return launch


def inherited() -> dict[str, str]:
    """Return this process's variables without those that would make a check come out otherwise."""
    return {name: value for name, value in os.environ.items() if name not in {"TT_CHECK_SHAPES", "TT_BACKEND"}}


class Process:
    """A learner's process that answers one request after the other."""

    def __init__(self, launch: Launch, probes: Path) -> None:
        self.popen = launch(probes)
        self.killed = False
        self.answers: queue.Queue[bytes] = queue.Queue()
        self.asked = threading.Semaphore(0)  # no line is read that nobody waits for: it may be as long as it likes
        self.printed = Printed(self.popen.stderr)
        threading.Thread(target=self._listen, args=(self.popen.stdout,), daemon=True).start()

    def _listen(self, stream: IO[bytes]) -> None:
        with stream:
            while self.asked.acquire() and (line := stream.readline(LONGEST_ANSWER)):
                self.answers.put(line)
            self.answers.put(b"")

    def call(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Return the answer to a request.

        Raises:
            TimeoutError: none came in time.
            Ended: none will come.
        """
        mark = secrets.token_hex(8)
        self.asked.release()
        threading.Thread(target=self._send, args=({**request, "mark": mark},), daemon=True).start()
        try:
            line = self.answers.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None
        self.printed.wait_for(mark.encode())
        return self._read(line, mark)

    def _send(self, request: Mapping[str, Any]) -> None:
        """Send a request, in a thread of its own: who never reads would make its writer wait for ever."""
        with suppress(OSError):  # a process that has ended shows when the answer is read
            if stream := self.popen.stdin:
                stream.write(json.dumps(request).encode() + b"\n")
                stream.flush()

    def _read(self, line: bytes, mark: str) -> dict[str, Any]:
        if not line:
            raise Ended(self._end_of_it())
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise Ended("what came back is no answer") from error
        if not isinstance(found, dict) or found.get("mark") != mark:  # written before it was asked for
            raise Ended("what came back is no answer")
        return found

    def _end_of_it(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(PATIENCE)
        code = self.popen.returncode
        self._kill()
        if code is None:
            return "the program stopped answering"
        return ended(code)

    def _kill(self) -> None:
        """Kill the process and those that it has started, once: its number may soon be another's."""
        if not self.killed and hasattr(os, "killpg"):
            with suppress(OSError):
                os.killpg(self.popen.pid, signal.SIGKILL)
        self.killed = True
        self.popen.kill()

    def heard(self) -> str:
        """Return what was printed since the last call."""
        return self.printed.take()

    def end(self) -> None:
        """Kill the process with all that it has started, and wait for its last words."""
        self._kill()
        self.popen.wait()
        self.asked.release()
        self.printed.join()
        with suppress(OSError):
            if self.popen.stdin:
                self.popen.stdin.close()


def ended(code: int) -> str:
    """Return how a program ended that we did not kill."""
    if code >= 0:
        return f"the program ended itself, with exit code {code}"
    known = -code in set(signal.Signals)
    return f"the program was ended by {signal.Signals(-code).name if known else f'signal {-code}'}"


class Printed:
    """What a process prints: the first of it is kept, the rest is read and dropped, so that nobody waits."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self.text = bytearray()
        self.tail = b""
        self.changed = threading.Condition()
        self.done = stream is None
        self.thread = threading.Thread(target=self._listen, args=(stream,), daemon=True)
        self.thread.start()

    def _listen(self, stream: IO[bytes] | None) -> None:
        if stream is None:
            return
        with stream:
            while part := os.read(stream.fileno(), 65536):
                with self.changed:
                    self.text += part[: max(0, LONGEST_PRINT - len(self.text))]
                    self.tail = (self.tail + part)[-64:]
                    self.changed.notify_all()
        with self.changed:
            self.done = True
            self.changed.notify_all()

    def wait_for(self, mark: bytes) -> None:
        """Wait until a mark was heard, and take it out; it may be lost if somebody else has closed the stream."""
        with self.changed:
            self.changed.wait_for(lambda: self.done or mark in self.tail, PATIENCE)
            self.text = self.text.replace(mark, b"")
            for length in range(len(mark) - 1, 0, -1):  # cut at the limit
                if len(self.text) == LONGEST_PRINT and self.text.endswith(mark[:length]):
                    del self.text[-length:]

    def take(self) -> str:
        """Return what was printed since the last call."""
        with self.changed:
            text = self.text.decode(errors="replace")
            self.text = bytearray()
        return text

    def join(self) -> None:
        """Wait, not long, until the process and its children have closed the stream."""
        self.thread.join(PATIENCE)
