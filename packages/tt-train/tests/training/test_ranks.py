"""Several processes that train together, here as threads; with MPI they are tried in distributed/."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tt_train import metrics
from tt_train.callbacks import Callback, EarlyStopping, TimeLimit
from tt_train.data import DataLoader, DistributedSampler
from tt_train.logs import read_log
from tt_train.training import Trainer

Array = np.ndarray[Any, Any]


class Meeting:
    """Where the ranks exchange what they have."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.barrier = threading.Barrier(size, timeout=20)
        self.table: list[Any] = [None] * size

    def exchange(self, rank: int, value: Any) -> list[Any]:
        self.table[rank] = value
        self.barrier.wait()
        found = list(self.table)
        self.barrier.wait()
        return found


class Rank:
    """A communicator for one of the threads."""

    def __init__(self, rank: int, meeting: Meeting) -> None:
        self.rank, self.size, self.meeting = rank, meeting.size, meeting

    def average(self, arrays: Sequence[Array], weight: float = 1.0) -> None:
        found = self.meeting.exchange(self.rank, ([x.copy() for x in arrays], weight))
        total = sum(weight for _, weight in found)
        for i, x in enumerate(arrays):
            x[...] = sum(each[i] * weight for each, weight in found) / total

    def sum(self, arrays: Sequence[Array]) -> None:
        found = self.meeting.exchange(self.rank, [x.copy() for x in arrays])
        for i, x in enumerate(arrays):
            x[...] = sum(each[i] for each in found)

    def broadcast(self, arrays: Sequence[Array]) -> None:
        found = self.meeting.exchange(self.rank, [x.copy() for x in arrays])
        for i, x in enumerate(arrays):
            x[...] = found[0][i]

    def gather(self, value: Any) -> list[Any]:
        return self.meeting.exchange(self.rank, value)

    def barrier(self) -> None:
        self.meeting.exchange(self.rank, None)


def together(work: Callable[[Rank], Any], size: int = 2) -> list[Any]:
    """Run something on all ranks, and return what each found."""
    meeting, results, errors = Meeting(size), [None] * size, list[BaseException]()

    def run(rank: int) -> None:
        try:
            results[rank] = work(Rank(rank, meeting))
        except BaseException as error:  # noqa: BLE001  # it is raised again below
            errors.append(error)
            meeting.barrier.abort()

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


def shares(dataset: Any, rank: Rank, batch_size: int) -> DataLoader[Any]:
    sampler: Any = DistributedSampler(dataset, rank.size, rank.rank, shuffle=False)
    return DataLoader(dataset, batch_size, sampler=sampler)


MEASURES = {"accuracy": metrics.Accuracy, "wrong": metrics.ConfusionMatrix, "f1": metrics.F1}


def test_two_ranks_learn_what_one_process_learns(problem: Any, tmp_path: Path) -> None:
    def measures() -> dict[str, Any]:
        return {name: make() for name, make in MEASURES.items()}

    models = [problem.model(), problem.model()]
    models[1][0].weight.data += 1  # type: ignore[index]  # rank 0's weights are the ones that count

    def train(rank: Rank) -> Any:
        trainer = problem.trainer(
            models[rank.rank], metrics=measures(), communicator=rank, folder=tmp_path, clip_norm=0.5
        )
        trainer.fit(shares(problem.train, rank, 8), shares(problem.test, rank, 8), epochs=3)
        return trainer

    first, second = together(train)
    alone = problem.trainer(metrics=measures(), clip_norm=0.5)
    alone.fit(problem.loader(16, shuffle=False), problem.validation(), epochs=3)
    for p, q, r in zip(*(each.model.parameters() for each in (first, second, alone)), strict=True):
        assert np.array_equal(p.data, q.data)
        np.testing.assert_allclose(p.data, r.data, rtol=1e-12, atol=1e-14)
    for ours, theirs, expected in zip(first.history, second.history, alone.history, strict=True):
        assert {**ours, "seconds": 0} == {**theirs, "seconds": 0}
        for name in expected.keys() - {"seconds"}:
            np.testing.assert_allclose(ours[name], expected[name], rtol=1e-12)
    rows = read_log(tmp_path / "log.jsonl")
    assert [row["kind"] for row in rows].count("step") == 18
    assert len(list((tmp_path / "checkpoints").glob("0*"))) == 3


def test_shares_of_different_sizes(problem: Any) -> None:
    """One rank has 11 samples of a batch, the other 5: the gradient is still that of all 16."""
    x, y = problem.train[:16]
    models = [problem.model(), problem.model()]

    def train(rank: Rank) -> Any:
        trainer = problem.trainer(models[rank.rank], communicator=rank, metrics=[metrics.ConfusionMatrix()])
        share = slice(11, 16) if rank.rank else slice(11)
        trainer.fit([(x[share], y[share])], epochs=4)
        return trainer

    first, _ = together(train)
    alone = problem.trainer(metrics=[metrics.ConfusionMatrix()])
    alone.fit([(x, y)], epochs=4)
    for p, q in zip(first.model.parameters(), alone.model.parameters(), strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-12, atol=1e-14)
    assert first.history["confusion"] == alone.history["confusion"]
    np.testing.assert_allclose(first.history["loss"], alone.history["loss"], rtol=1e-12)


def test_ranks_that_know_of_different_classes() -> None:
    from tt_train.metrics import Mean
    from tt_train.training.parts import merged

    def count(rank: Rank) -> Any:
        confusion = metrics.ConfusionMatrix()
        confusion.update([rank.rank * 2], [rank.rank])
        before = confusion.compute().tolist()
        losses = Mean()
        losses.update(rank.rank + 1.0, 1 + rank.rank)
        found = merged(losses, {"confusion": confusion}, rank)
        assert confusion.compute().tolist() == before, "its own counts stay its own"
        return found

    expected = {"loss": 5 / 3, "confusion": [[1, 0, 0], [0, 0, 1], [0, 0, 0]]}
    assert together(count) == [expected, expected]


def test_they_stop_together(problem: Any) -> None:
    def train(rank: Rank) -> Any:
        stopping = [EarlyStopping("loss", patience=1, min_delta=100.0), TimeLimit(0 if rank.rank else 1e9)]
        trainer = problem.trainer(communicator=rank, callbacks=stopping)
        trainer.fit(shares(problem.train, rank, 8), epochs=2)
        return trainer.steps

    assert together(train) == [1, 1]


def test_they_go_on_together(problem: Any, tmp_path: Path) -> None:
    class Crash(Callback):
        def on_batch_end(self, trainer: Trainer) -> None:
            if trainer.steps == 8:
                raise RuntimeError

    def train(folder: Path, *callbacks: Callback) -> Any:
        models = [problem.model() for _ in range(2)]  # here: threads share one generator

        def work(rank: Rank) -> Any:
            trainer = problem.trainer(
                models[rank.rank], communicator=rank, folder=folder, save_every=2, callbacks=callbacks
            )
            trainer.fit(shares(problem.train, rank, 8), epochs=3)
            return [p.data for p in trainer.model.parameters()]

        return together(work)

    whole = train(tmp_path / "whole")
    with pytest.raises((RuntimeError, threading.BrokenBarrierError)):
        train(tmp_path / "cut", Crash())
    again = train(tmp_path / "cut")
    for ours, expected in zip(again, whole, strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(ours, expected, strict=True))


def test_ctrl_c_is_not_held_back(problem: Any) -> None:
    """A rank that left by itself would keep the others waiting; the job is to end."""

    class Press(Callback):
        def on_batch_end(self, trainer: Trainer) -> None:
            raise KeyboardInterrupt

    def train(rank: Rank) -> None:
        problem.trainer(communicator=rank, callbacks=[Press()]).fit(shares(problem.train, rank, 8))

    with pytest.raises(KeyboardInterrupt):
        together(train)
