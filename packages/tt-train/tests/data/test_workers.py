"""Worker processes: the same batches, and one clear error whatever happens to them."""

from __future__ import annotations

import errno
import gc
import json
import os
import threading
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_train.data import DataError, DataLoader, TensorDataset, WorkerError, get_worker_info, workers

Options = dict[str, Any]
SPAWN: Options = {"multiprocessing_context": "spawn"}  # pytest-xdist's workers are like a prompt
pytestmark = pytest.mark.usefixtures("clean")


def plain(x: Any) -> Any:
    """Return a batch as Python's own numbers and containers."""
    if isinstance(x, dict):
        return {key: plain(value) for key, value in x.items()}
    if isinstance(x, (list, tuple)):
        return [plain(value) for value in x]
    return x.tolist() if hasattr(x, "tolist") else x


def batches(loader: Any) -> list[Any]:
    return [plain(batch) for batch in loader]


@pytest.mark.parametrize("ahead", [0, 2])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_any_number_of_workers_gives_the_same_bits(supplies: ModuleType, quick: Options, n: int, ahead: int) -> None:
    def passes(**options: Any) -> Any:
        generator = tt.Generator(4)
        found = DataLoader(
            supplies.Squares(),
            3,
            shuffle=True,
            transform=supplies.noise,
            generator=generator,
            prefetch=ahead,
            **options,
        )
        return [batches(found), batches(found)]

    assert passes(num_workers=n, **quick) == passes()


def test_spawned_workers_give_the_same_bits(supplies: ModuleType) -> None:
    data = TensorDataset(tt.arange(50), tt.randn(50, 4))
    alone, helped = (
        DataLoader(data, 8, True, generator=tt.Generator(1), transform=supplies.noise, num_workers=n, **options)
        for n, options in ((0, {}), (2, SPAWN))
    )
    assert batches(helped) == batches(alone)


def test_forkserver_works_too(supplies: ModuleType) -> None:
    pytest.importorskip("resource", reason="a fork server is for systems that fork")
    found = DataLoader(supplies.Squares(), 5, num_workers=1, multiprocessing_context="forkserver")
    assert batches(found) == batches(DataLoader(supplies.Squares(), 5))


def test_items_of_all_sorts_arrive(supplies: ModuleType, quick: Options) -> None:
    here, there = (next(iter(DataLoader(supplies.Mixed(), 4, num_workers=n, **o))) for n, o in ((0, {}), (1, quick)))
    assert type(there) is supplies.Pair
    assert plain(there) == plain(here)
    assert there.rest["image"].dtype == tt.float64
    assert [type(x) for x in there.rest["more"]] == [tt.Tensor, tt.Tensor]


def test_the_order_of_memory_arrives(supplies: ModuleType, quick: Options) -> None:
    (batch,) = DataLoader([1, 2], 2, collate_fn=supplies.channels_last, num_workers=1, **quick)  # type: ignore[arg-type]
    assert batch.shape == (2, 3, 5, 4)
    assert batch.data.strides == (480, 8, 96, 24)


def test_random_items_do_not_depend_on_who_makes_them(supplies: ModuleType, quick: Options) -> None:
    def once(n: int) -> Any:
        return batches(DataLoader(supplies.Noisy(), 3, num_workers=n, generator=tt.Generator(2), **quick))

    one = once(1)
    assert one == once(3)
    assert len({json.dumps(x) for x in one}) == len(one)


def test_batches_that_grow_use_larger_segments(supplies: ModuleType, quick: Options, clean: list[str]) -> None:
    found = DataLoader(supplies.Growing(40), 1, num_workers=2, **quick)
    assert batches(found) == batches(DataLoader(supplies.Growing(40), 1))
    assert len(clean) > 2 * 2


def test_segments_are_used_again(supplies: ModuleType, quick: Options, clean: list[str]) -> None:
    found = DataLoader(supplies.Squares(100), 2, num_workers=2, prefetch_factor=3, **quick)
    assert len(list(found)) == 50
    assert 0 < len(clean) <= 2 * 3


def test_batches_are_not_views_of_segments(supplies: ModuleType, quick: Options) -> None:
    kept = [batch[1] for batch in DataLoader(supplies.Squares(40), 2, num_workers=1, **quick)]
    assert [x.tolist()[0][0] for x in kept] == list(range(0, 40, 2))
    assert all(x.data.flags.writeable for x in kept)


@pytest.mark.parametrize("why", ["no room for the segment", "no room for its pages"])
def test_without_shared_memory_batches_go_through_the_pipe(
    supplies: ModuleType, quick: Options, monkeypatch: pytest.MonkeyPatch, clean: list[str], why: str
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise OSError(errno.ENOSPC, "no space left on device")

    if why == "no room for the segment":
        monkeypatch.setattr(workers, "SharedMemory", refuse)
    else:
        monkeypatch.setattr(os, "posix_fallocate", refuse, raising=False)
    big = TensorDataset(tt.randn(12, 40000))
    found = DataLoader(big, 3, num_workers=2, **quick)
    assert all(np.array_equal(a[0].data, b[0].data) for a, b in zip(found, DataLoader(big, 3), strict=True))
    if why == "no room for the segment" or Path("/dev/shm").is_dir():
        assert not clean


def test_who_is_reading(supplies: ModuleType, quick: Options) -> None:
    found = DataLoader(supplies.Whoami(), 1, num_workers=2, worker_init_fn=supplies.mark, **quick)
    rows = [[int(x) for x in batch] for batch in found]
    assert [row[0] for row in rows] == list(range(10))
    assert [row[1] for row in rows] == [0, 1] * 5
    assert {row[2] for row in rows} == {2}
    assert len({row[3] for row in rows}) == len({row[4] for row in rows}) == 2
    assert os.getpid() not in {row[4] for row in rows}
    assert [row[5] for row in rows] == [0, 1] * 5
    assert get_worker_info() is None


def test_workers_may_persist(supplies: ModuleType, quick: Options) -> None:
    found = DataLoader(supplies.Whoami(), 1, num_workers=2, persistent_workers=True, **quick)
    first, second = ([int(batch[4]) for batch in found] for _ in range(2))
    assert first == second
    for _ in found:
        break
    assert [int(batch[4]) for batch in found] == first
    outer, inner = iter(found), iter(found)
    assert int(next(outer)[4]) == first[0]
    assert int(next(inner)[4]) not in first
    assert [int(batch[0]) for batch in outer] == list(range(1, 10))
    assert [int(batch[0]) for batch in inner] == list(range(1, 10))
    del found, outer, inner
    gc.collect()


def test_streams_are_shared_out(supplies: ModuleType, quick: Options) -> None:
    found = DataLoader(supplies.Count(11), 2, num_workers=3, **quick)
    wanted = [[0, 3], [1, 4], [2, 5], [6, 9], [7, 10], [8]]
    assert batches(found) == wanted
    assert batches(found) == wanted
    assert len(found) == 6
    assert batches(DataLoader(supplies.Count(3), None, num_workers=4, **quick)) == [0, 1, 2]
    assert batches(DataLoader(supplies.Count(11), 3, drop_last=True, num_workers=3, **quick)) == [
        [0, 3, 6],
        [1, 4, 7],
        [2, 5, 8],
    ]


@pytest.mark.parametrize("kind", ["Count", "Stateful", "Squares"])
@pytest.mark.parametrize("used", range(7))
def test_the_place_in_mid_epoch(supplies: ModuleType, quick: Options, kind: str, used: int) -> None:
    def make() -> Any:
        data = getattr(supplies, kind)(11)
        options = {} if kind != "Squares" else {"shuffle": True, "transform": supplies.noise}
        return DataLoader(data, 2, num_workers=2, prefetch=used % 2, **options, **quick)

    original = make()
    iterator = iter(original)
    for _ in range(used):
        next(iterator)
    state = json.loads(json.dumps(original.state_dict()))
    wanted = [plain(batch) for batch in iterator]
    later = batches(original)
    restored = make()
    restored.load_state_dict(state)
    found = batches(restored)
    if kind == "Stateful" and used:
        assert any(i >= 1000 for batch in found for i in batch) or not found, "it was to go on from its own state"
        found = [[i % 1000 for i in batch] for batch in found]
    assert found == wanted
    assert batches(restored) == later


def test_a_place_among_workers_fits_the_same_number_of_workers(supplies: ModuleType, quick: Options) -> None:
    found = DataLoader(supplies.Count(11), 2, num_workers=2, **quick)
    next(iter(found))
    with pytest.raises(tt.StateError, match=r"expected 2 processes to read an iterable data set, .* got 1"):
        DataLoader(supplies.Count(11), 2).load_state_dict(found.state_dict())
    shuffled = DataLoader(supplies.Squares(11), 2, shuffle=True, num_workers=2, **quick)
    iterator = iter(shuffled)
    next(iterator)
    alone = DataLoader(supplies.Squares(11), 2, shuffle=True)
    alone.load_state_dict(shuffled.state_dict())
    assert batches(alone) == batches(iterator)


@pytest.mark.parametrize("ahead", [0, 1])
def test_a_worker_that_raises_is_quoted(supplies: ModuleType, quick: Options, ahead: int) -> None:
    found = iter(DataLoader(supplies.Failing(bad=5), 2, num_workers=2, prefetch=ahead, **quick))
    assert plain(next(found))[0] == [0, 1]
    assert plain(next(found))[0] == [4, 9]
    with pytest.raises(WorkerError) as caught:
        next(found)
    message = "expected batch 2 from worker 0; its data set raised KeyError: 'this item is rotten'"
    assert str(caught.value) == message
    assert (caught.value.worker, caught.value.batch) == (0, 2)
    assert "in do_raise" in caught.value.original
    assert "while reading item 5 of Failing" in caught.value.original
    assert caught.value.original in caught.value.__notes__[0]
    assert list(found) == []


@pytest.mark.parametrize(
    "how, message",
    [
        ("exit", "expected worker 0 to live; it ended with exit code 7 while batch 2 was awaited$"),
        ("leave", "it ended with exit code 3 while batch 2 was awaited$"),
        ("kill", r"it ended with signal 9 \(SIGKILL\) while batch 2 was awaited: it may have run out of memory$"),
    ],
)
@pytest.mark.parametrize("ahead", [0, 1])
def test_a_worker_that_dies_is_missed(supplies: ModuleType, quick: Options, how: str, message: str, ahead: int) -> None:
    found = iter(DataLoader(supplies.Failing(5, how), 2, num_workers=2, prefetch=ahead, **quick))
    next(found)
    next(found)
    with pytest.raises(WorkerError, match=message):
        next(found)
    assert list(found) == []


def test_a_persistent_worker_that_dies_is_replaced(supplies: ModuleType, quick: Options) -> None:
    found = DataLoader(supplies.Failing(5, "exit"), 2, num_workers=2, persistent_workers=True, **quick)
    for _ in range(2):
        iterator = iter(found)
        assert plain(next(iterator))[0] == [0, 1]
        with pytest.raises(WorkerError, match="exit code 7"):
            list(iterator)
        del iterator


@pytest.mark.parametrize("ahead", [0, 1])
def test_a_worker_that_hangs_is_given_up(supplies: ModuleType, quick: Options, ahead: int) -> None:
    found = DataLoader(supplies.Failing(1, "hang"), 1, num_workers=1, timeout=0.3, prefetch=ahead, **quick)
    with pytest.raises(WorkerError, match=r"^expected batch 1 from worker 0 within 0\.3 seconds; it did not come$"):
        list(found)


@pytest.mark.parametrize("ahead", [0, 2])
def test_nobody_waits_for_a_batch_that_nobody_wants(supplies: ModuleType, quick: Options, ahead: int) -> None:
    for batch in DataLoader(supplies.Failing(1, "hang"), 1, num_workers=1, prefetch=ahead, **quick):
        assert plain(batch)[0] == [0]
        break


def test_an_error_that_cannot_travel_is_told_all_the_same(supplies: ModuleType, quick: Options) -> None:
    with pytest.raises(WorkerError, match="raised ValueError: "):
        list(DataLoader(supplies.Failing(1, "unpicklable"), 2, num_workers=1, **quick))
    with pytest.raises(WorkerError, match=r"raised .*(pickle|local object)"):
        list(DataLoader(supplies.Squares(), 2, collate_fn=supplies.lambdas, num_workers=1, **quick))


def test_a_stream_that_breaks(supplies: ModuleType, quick: Options) -> None:
    found = iter(DataLoader(supplies.Endless(), None, num_workers=1, **quick))
    assert next(found) == 1
    with pytest.raises(WorkerError, match="raised OSError: the stream is broken"):
        next(found)


def test_a_worker_that_cannot_start(supplies: ModuleType, quick: Options) -> None:
    found = DataLoader(supplies.Squares(), 2, num_workers=2, worker_init_fn=supplies.fail, **quick)
    with pytest.raises(WorkerError, match=r"batch 1 from worker 1; .* raised RuntimeError: not today"):
        list(found)


def test_what_cannot_be_sent_is_refused(supplies: ModuleType) -> None:
    found = DataLoader(supplies.Squares(), 2, num_workers=1, collate_fn=lambda items: items, **SPAWN)
    with pytest.raises(DataError, match=r"that can be sent to a worker process; got an error, .*: define classes"):
        list(found)


def test_what_cannot_arrive_is_quoted(supplies: ModuleType) -> None:
    with pytest.raises(WorkerError, match=r"batch 0 from worker 0; .* raised ImportError: no way in"):
        list(DataLoader(supplies.Unloadable(), 2, num_workers=1, **SPAWN))


def test_contexts(quick: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"multiprocessing_context to be one of .*; got 'teleport'"):
        list(DataLoader([1], num_workers=1, multiprocessing_context="teleport"))  # type: ignore[arg-type]
    chosen = workers.choose_context("spawn")
    assert workers.choose_context(chosen) is chosen
    monkeypatch.setattr(workers, "at_prompt", lambda: False)
    assert workers.choose_context(None).get_start_method() == "spawn"


def test_workers_have_no_workers(supplies: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    class Process:
        daemon = True

    monkeypatch.setattr(workers.mp, "current_process", Process)
    with pytest.raises(DataError, match="num_workers=0 within a worker process"):
        list(DataLoader(supplies.Squares(), num_workers=1))


@pytest.mark.parametrize("ahead", [0, 2])
def test_early_ends_leave_nothing_behind(supplies: ModuleType, quick: Options, ahead: int) -> None:
    options = SPAWN if ahead else quick  # a fork from among threads may hang
    found = DataLoader(supplies.Squares(12), 2, num_workers=2, prefetch=ahead, **options)
    for _ in found:
        break
    iterator = iter(found)
    next(iterator)
    del iterator
    never = iter(found)
    with pytest.raises(ZeroDivisionError):
        [1 / 0 for _ in found]
    pairs = [(plain(a)[0][0], plain(b)[0][0]) for a, _ in zip(found, range(1), strict=False) for b in found]
    assert len(pairs) == 6
    cycle: list[Any] = [iter(found)]
    next(cycle[0])
    cycle.append(cycle)
    del cycle, never
    gc.collect()


def test_closing_twice_is_harmless(supplies: ModuleType, quick: Options) -> None:
    iterator: Any = iter(DataLoader(supplies.Squares(), 2, num_workers=1, **quick))
    next(iterator)
    iterator.close()
    iterator.close()
    assert list(iterator) == []


def test_threads_of_algebra_are_set_for_workers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(workers.THREADS[0], "5")
    monkeypatch.delenv(workers.THREADS[1], raising=False)
    before = dict(os.environ)
    with workers.one_thread_each():
        assert (os.environ[workers.THREADS[0]], os.environ[workers.THREADS[1]]) == ("5", "1")
    assert dict(os.environ) == before


def test_a_fork_does_not_end_its_parents_workers(supplies: ModuleType, quick: Options) -> None:
    iterator = iter(DataLoader(supplies.Squares(), 2, num_workers=1, **quick))
    next(iterator)
    workers.end([], os.getpid() + 1)
    assert threading.active_count() >= 1
    assert len(list(iterator)) == 4


def test_segments_grow_to_fit() -> None:
    segments = workers.Segments()
    assert segments.take() is None
    segments.give_back(None, 0)
    assert segments.take() is None
    segments.give_back(None, 100)
    small = segments.take()
    assert isinstance(small, SharedMemory)
    assert small.size >= 125
    segments.give_back(small, 100)
    assert segments.take() is small
    segments.give_back(small, 10**6)
    large = segments.take()
    assert large is not None
    assert large.size >= 10**6
    with pytest.raises(FileNotFoundError):
        SharedMemory(small.name)
    segments.close()
    with pytest.raises(FileNotFoundError):
        SharedMemory(large.name)
