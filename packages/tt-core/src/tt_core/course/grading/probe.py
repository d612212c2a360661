"""Try from inside a sandbox what it must prevent, and tell what could be done: run as a script, with a JSON argument.

A sandbox is believed only if this script could do nothing that it should not, and everything that it should.
"""

from __future__ import annotations

import json
import mmap
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def can(action: Callable[[], object]) -> bool:
    """Tell whether an action ends without an error of the system."""
    try:
        action()
    except (OSError, RuntimeError, MemoryError, ValueError, ImportError):
        return False
    return True


def start_process() -> None:
    """Start a process that ends at once."""
    if not hasattr(os, "fork"):
        raise OSError("this system has none")
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def start_thread() -> None:
    """Start a thread, as loaders of data do."""
    thread = threading.Thread(target=time.monotonic)
    thread.start()
    thread.join()


def main(orders: dict[str, Any]) -> None:
    """Try everything, and write what could be done as one line of JSON."""
    own = Path(os.environ["TMPDIR"])
    found = {
        "reads": can(lambda: Path(orders["secret"]).read_bytes()),
        "writes": can(lambda: Path(orders["outside"]).write_bytes(b"x")),
        "connects": can(lambda: socket.create_connection(("127.0.0.1", orders["port"]), 2).close()),
        "starts": can(start_process),
        "signals": can(lambda: os.kill(orders["process"], 0)),
        "memory": can(lambda: mmap.mmap(-1, orders["memory"]).close()),
        "threads": can(start_thread),
        "scratch": can(lambda: (own / "file").write_bytes(b"x" * 1000)),
        "numpy": can(lambda: __import__("numpy").ones((64, 64)) @ __import__("numpy").ones((64, 64))),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
