"""Ctrl-C, held back until a step is over: an optimizer that has changed half of the weights cannot be saved."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any, Self


class Interrupts:
    """A `with` block in which the first Ctrl-C only leaves a note that `check` reads; a second one interrupts at once.

    Where Ctrl-C does something else already, or in another thread than the main one, nothing is changed.
    """

    def __init__(self, *, wanted: bool = True) -> None:
        self.came = False
        self._wanted = wanted and threading.current_thread() is threading.main_thread()
        self._before: Any = None

    def __enter__(self) -> Self:
        if self._wanted and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def check(self) -> None:
        """Let the interrupt happen now.

        Raises:
            KeyboardInterrupt: there was one.
        """
        if self.came:
            raise KeyboardInterrupt

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        self.check()
        self.came = True
