"""A thread that works ahead: while one batch is computed with, the next ones are made (module 07).

It pays because NumPy lets other threads run while it copies and computes.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from queue import SimpleQueue
from threading import Semaphore, Thread, current_thread
from typing import Any, TypeVar

T = TypeVar("T")


class _Ahead:
    """What the thread and its consumer share: at most `depth` items that are made and not yet taken.

    Attributes:
        source: where the items come from; only the thread asks it.
        room: as many permits as items may still be made ahead: one is taken for each, and given back for it.
        ready: pairs (item, None), or (None, error) as the last one.
        stopped: whether nobody wants items any more.
    """

    def __init__(self, source: Iterator[Any], depth: int) -> None:
        self.source = source
        self.room = Semaphore(depth)
        self.ready: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self.stopped = False

    def produce(self) -> None:
        """Make items, each after a permit of `room`, until there are no more, or one fails, or nobody wants them.

        The end of the source is an error too, StopIteration: it is put into `ready` like any other, of whatever kind,
        even those that are no `Exception`, such as SystemExit: the consumer would wait for ever.
        """
        while self.room.acquire() and not self.stopped:
            try:
                item = next(self.source)
            except BaseException as error:  # noqa: BLE001 - it is raised where the item is waited for
                self.ready.put((None, error))
                return
            self.ready.put((item, None))

    def stop(self) -> None:
        """Let the thread end after the item that it is at."""
        self.stopped = True
        self.room.release()


def prefetch(source: Iterator[T], depth: int) -> Generator[T, None, None]:
    """Yield what `source` yields, made by a thread that is up to `depth` items ahead.

    The thread runs `_Ahead.produce`, as a daemon; nothing runs before the first item is asked for. A permit is given
    back as soon as an item is taken, so that the next one is made while the consumer works with this one. An error in
    the source comes out where its item would have. The thread ends when the generator is closed or dropped; who closes
    it waits for that.
    """
    ahead = _Ahead(source, depth)
    thread = Thread(target=ahead.produce, name="tt-prefetch", daemon=True)
    thread.start()
    try:
        while True:
            item, error = ahead.ready.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            ahead.room.release()
            yield item
            del item  # while we wait for the next one, its memory may serve again
    finally:
        ahead.stop()
        if thread is not current_thread():  # the garbage collector may run anywhere
            thread.join()
