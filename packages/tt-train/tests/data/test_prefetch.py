"""The thread that works ahead."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest

from tt_train.data.prefetch import prefetch


@pytest.fixture(autouse=True)
def no_threads_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


def test_everything_comes_in_order() -> None:
    assert list(prefetch(iter(range(100)), 3)) == list(range(100))
    assert list(prefetch(iter(()), 1)) == []


@pytest.mark.parametrize("depth", [1, 3])
def test_it_is_ahead_by_no_more_than_its_depth(depth: int) -> None:
    made: list[int] = []
    enough = threading.Event()

    def source() -> Iterator[int]:
        for i in range(50):
            made.append(i)
            if len(made) == depth + 1:
                enough.set()
            yield i

    items = prefetch(source(), depth)
    assert next(items) == 0
    assert enough.wait(10)
    for taken in range(1, 20):
        assert len(made) <= taken + depth
        next(items)
    items.close()


def test_an_error_comes_where_its_item_would() -> None:
    def source() -> Iterator[int]:
        yield 1
        message = "no more"
        raise LookupError(message)

    items = prefetch(source(), 5)
    assert next(items) == 1
    with pytest.raises(LookupError, match="no more") as caught:
        next(items)
    assert "source" in [entry.name for entry in caught.traceback]
    assert list(items) == []


def test_breaking_off_ends_the_thread() -> None:
    for i in prefetch(iter(range(100)), 2):
        if i == 3:
            break
    else:
        pytest.fail("it was to break off")


def test_dropping_it_ends_the_thread() -> None:
    items = prefetch(iter(range(100)), 2)
    next(items)
    del items
    gc.collect()


def test_dropping_it_in_its_own_thread_does_not_wait_for_itself() -> None:
    cycle: list[object] = []
    dropped = threading.Event()

    def source() -> Iterator[int]:
        yield 0
        cycle.clear()
        dropped.set()
        yield 1

    cycle.append(prefetch(source(), 1))
    assert next(cycle[0]) == 0  # type: ignore[call-overload]
    assert dropped.wait(10)
    for thread in threading.enumerate():
        if thread.name == "tt-prefetch":
            thread.join(10)
