"""Downloads that go on where they broke off."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

BLOCK = 2**16  # bytes
TIMEOUT = 30  # s without any answer
WHOLE, NOTHING_MORE = 200, 416  # what a server says that sends everything, and one that has sent everything


def download_file(url: str, part: Path, what: str) -> None:
    """Append to `part` what it lacks of the file at `url`; if the connection breaks, the next call goes on there.

    Raises:
        OSError: the file cannot be had; `requests`' errors are OSErrors.
    """
    from pooch import HTTPDownloader  # noqa: PLC0415 - it takes time to load, and is seldom needed

    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open("ab") as file, ExitStack() as stack:
        headers = {"Accept-Encoding": "identity", "Range": f"bytes={file.tell()}-"}
        sink = _Sink(file, what, stack)
        get = HTTPDownloader(chunk_size=BLOCK, timeout=TIMEOUT, headers=headers, hooks={"response": sink.begin})
        try:
            get(url, sink, None)
        except OSError as error:
            if getattr(getattr(error, "response", None), "status_code", 0) != NOTHING_MORE:
                raise


class _Sink:
    """The file that is written to, and the bar that shows how far it is."""

    def __init__(self, file: BinaryIO, what: str, stack: ExitStack) -> None:
        self.file, self.what, self.stack = file, what, stack

    def begin(self, answer: Any, **_: Any) -> None:
        """Take note of what the server is going to send, before it does."""
        from tt_train.data.bar import progress_bar  # noqa: PLC0415 - the same

        if answer.status_code == WHOLE:
            self.file.truncate(0)
        done = self.file.seek(0, 2)
        total = done + int(answer.headers.get("content-length", 0))
        self.advance = self.stack.enter_context(progress_bar(self.what, total, sizes=True))
        self.advance(done)

    def write(self, block: bytes) -> None:
        """Append a block."""
        self.file.write(block)
        self.advance(len(block))

    def flush(self) -> None:
        """Hand over what is buffered."""
        self.file.flush()
