import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pytest

import tt_core as tt
import tt_core.functional as F
from tt_core import nn
from tt_core.errors import DTypeError
from tt_train.checkpoint import RandomState
from tt_train.data import DistributedSampler
from tt_train.distributed import SERIAL, Communicator, DistributedError, connect, synchronize
from tt_train.distributed.mpi import STARTED

from .fake import World, install, together

SIZES = [1, 2, 3, 4]


@pytest.fixture(autouse=True)
def mpi(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    for name in STARTED:
        monkeypatch.delenv(name, raising=False)


def arrays_of(rank: int) -> list[np.ndarray]:
    """Return arrays of all floating types, orders of memory and odd shapes."""
    draw = np.random.default_rng(rank)
    a, b, c, d = (draw.normal(size=shape) for shape in ((3, 4), (2, 3, 4), (5,), ()))
    return [a.astype("f4").T, b.transpose(1, 2, 0), c.astype("f2"), np.asarray(d), np.zeros((0, 3), "f4"), a[::2, 1::2]]


@pytest.mark.parametrize("size", SIZES)
def test_averages_stand_in_the_place_of_the_arrays(size: int) -> None:
    def work(communicator: Communicator) -> list[np.ndarray]:
        arrays = arrays_of(communicator.rank)
        before = [x.copy() for x in arrays]
        communicator.average(arrays)
        communicator.average(before)
        assert all(np.array_equal(x, y) for x, y in zip(arrays, before, strict=True))  # in the kept buffer too
        return arrays

    for found in together(size, work):
        for got, *all_ranks in zip(found, *map(arrays_of, range(size)), strict=True):
            expected = np.mean([x.astype("f8") for x in all_ranks], axis=0)
            assert got.dtype == all_ranks[0].dtype
            assert got.strides == all_ranks[0].strides
            np.testing.assert_allclose(got, expected, rtol=1e-6 if got.dtype != "f2" else 1e-3, atol=1e-7)


def test_all_ranks_get_the_same_bits() -> None:
    def work(communicator: Communicator) -> list[bytes]:
        arrays = arrays_of(communicator.rank)
        communicator.average(arrays, weight=communicator.rank + 0.1)
        return [x.tobytes() for x in arrays]

    first, *others = together(3, work)
    assert all(other == first for other in others)


def test_ranks_count_by_their_weights() -> None:
    def work(communicator: Communicator) -> list[float]:
        x = np.full(3, communicator.rank, "f8")
        communicator.average([x], weight=[3, 0, 1][communicator.rank])
        return list(x)

    assert together(3, work) == [[0.5] * 3] * 3


@pytest.mark.parametrize("weight", [0, -1, float("nan")])
def test_weights_must_add_up_to_something(weight: float) -> None:
    with pytest.raises(DistributedError, match="expected weights with a positive sum to average by"):
        together(2, lambda communicator: communicator.average([np.zeros(1)], weight=weight))


def test_whole_numbers_have_no_average() -> None:
    with pytest.raises(DTypeError, match="expected floating-point numbers to average; got int64"):
        together(2, lambda communicator: communicator.average([np.zeros(1, "i8")]))


@pytest.mark.parametrize("method", ["average", "sum", "broadcast"])
def test_ranks_with_other_arrays_are_told_so_and_do_not_wait(method: str) -> None:
    def work(communicator: Communicator) -> None:
        getattr(communicator, method)([np.zeros(3)] * (1 + communicator.rank))

    with pytest.raises(DistributedError, match="expected arrays of as many elements on every rank; got 3, 6"):
        together(2, work)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "int32", "uint8"])
def test_sums(dtype: str) -> None:
    def work(communicator: Communicator) -> list[Any]:
        x = np.arange(6).reshape(2, 3).astype(dtype).T
        communicator.sum([x])
        assert x.dtype == dtype
        return x.tolist()

    assert together(3, work) == [[[0, 9], [3, 12], [6, 15]]] * 3


def test_rank_0_gives_to_all() -> None:
    def work(communicator: Communicator) -> list[Any]:
        rank = communicator.rank
        arrays = [np.full((2, 3), rank + 1.5).T, np.array([rank == 0]), np.array(rank, "f2"), np.arange(4)[::-2]]
        arrays[-1] *= rank + 1
        communicator.broadcast(arrays)
        return [x.tolist() for x in arrays]

    assert together(3, work) == [[[[1.5, 1.5]] * 3, [True], 0.0, [3, 1]]] * 3


def test_values_are_gathered_in_order() -> None:
    def work(communicator: Communicator) -> list[Any]:
        communicator.barrier()
        return communicator.gather(value(communicator.rank))

    def value(rank: int) -> Any:
        return {"rank": rank, "text": "é" * rank, "list": [0.1 + 0.2, None, 2**70]}

    found, *others = together(3, work)
    assert found == [value(rank) for rank in range(3)]
    assert all(other == found for other in others)


def test_modules_become_equal() -> None:
    def work(communicator: Communicator) -> nn.Module:
        model = nn.Linear(3, 2)
        with tt.no_grad():
            model.weight.fill_(communicator.rank)
        model.register_buffer("count", tt.tensor(communicator.rank))
        synchronize(model, communicator)
        return model

    models = together(2, work)
    for model in models:
        assert (model.weight == 0).all()
        assert (model.bias == models[0].bias).all()
        assert model.count.item() == 0


def test_one_process_has_nobody_to_wait_for() -> None:
    x = np.arange(3.0)
    SERIAL.average([x], weight=3)
    SERIAL.sum([x])
    SERIAL.broadcast([x])
    SERIAL.barrier()
    synchronize(nn.Linear(2, 2), SERIAL)
    assert (SERIAL.rank, SERIAL.size, repr(SERIAL)) == (0, 1, "SERIAL")
    assert x.tolist() == [0, 1, 2]
    assert SERIAL.gather("x") == ["x"]


# Who else is there


def test_alone() -> None:
    assert connect() is SERIAL


@pytest.mark.parametrize("name", ["PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "TT_RANKS"])
def test_with_others(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    install(monkeypatch, World(1, [None] * 2, None))  # type: ignore[arg-type]
    monkeypatch.setenv(name, "2")
    assert repr(connect()) == "MPICommunicator(rank 1 of 2)"


def test_an_mpi_that_sees_nobody_is_the_wrong_one(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, World(0, [None], None))  # type: ignore[arg-type]
    monkeypatch.setenv("TT_RANKS", "2")
    with pytest.raises(DistributedError, match="expected the 2 ranks that were started; MPI tells of 1"):
        connect()


def test_a_missing_mpi4py_is_told_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    monkeypatch.setenv("TT_RANKS", "2")
    with pytest.raises(DistributedError, match=r'expected mpi4py and an MPI.*pip install "tt-train\[mpi\]" mpich'):
        connect()


# Training

X = tt.as_tensor(np.random.default_rng(5).normal(size=(64, 6)))
Y = tt.as_tensor(np.random.default_rng(6).integers(0, 3, 64))


def fresh() -> nn.Module:
    tt.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3)).double()


def learn(model: nn.Module, batches: Iterable[list[int]], communicator: Communicator = SERIAL) -> np.ndarray:
    """Return the weights after a step with momentum for each batch."""
    parameters = list(model.parameters())
    velocities = [np.zeros_like(p.data) for p in parameters]
    for batch in batches:
        model.zero_grad()
        F.cross_entropy(model(X[batch]), Y[batch]).backward()
        gradients = [p.grad.data for p in parameters if p.grad is not None]
        communicator.average(gradients, weight=len(batch))
        velocities = [0.9 * v + g for v, g in zip(velocities, gradients, strict=True)]
        for p, v in zip(parameters, velocities, strict=True):
            p.data -= 0.1 * v
    return np.concatenate([p.data.ravel() for p in parameters])


def batches_of(size: int, rank: int = 0, replicas: int = 1) -> Iterator[list[int]]:
    sampler = DistributedSampler(X, replicas, rank, seed=3)
    for epoch in range(3):
        sampler.set_epoch(epoch)
        order = list(sampler)
        yield from (order[i : i + size] for i in range(0, len(order), size))


@pytest.mark.parametrize("size", [2, 4])
def test_ranks_learn_together_what_one_process_learns_alone(size: int) -> None:
    alone = learn(fresh(), batches_of(16))
    models = [fresh() for _ in range(size)]

    def work(communicator: Communicator) -> np.ndarray:
        return learn(models[communicator.rank], batches_of(16 // size, communicator.rank, size), communicator)

    for weights in together(size, work):
        np.testing.assert_allclose(weights, alone, rtol=1e-12, atol=1e-13)


def test_ranks_with_shares_of_other_sizes_do_too() -> None:
    alone = learn(fresh(), batches_of(16))
    models = [fresh(), fresh()]

    def work(communicator: Communicator) -> np.ndarray:
        share = [slice(0, 11), slice(11, 16)][communicator.rank]
        return learn(models[communicator.rank], [batch[share] for batch in batches_of(16)], communicator)

    for weights in together(2, work):
        np.testing.assert_allclose(weights, alone, rtol=1e-12, atol=1e-13)


# Random numbers


class Stub:
    """A rank whose others are known."""

    def __init__(self, rank: int, others: list[Any]) -> None:
        self.rank, self.others = rank, others

    def gather(self, value: Any) -> list[Any]:
        self.others[self.rank] = json.loads(json.dumps(value))
        return self.others


def test_each_rank_goes_on_with_its_own_random_numbers() -> None:
    states: list[Any] = [None, None]
    expected = []
    for rank in range(2):
        tt.manual_seed(rank)
        RandomState(Stub(rank, states)).state_dict()
        expected.append(tt.rand(3).tolist())
    for rank in range(2):
        RandomState(Stub(rank, states)).load_state_dict({"ranks": states})
        assert tt.rand(3).tolist() == expected[rank]
    assert expected[0] != expected[1]


def test_a_rank_that_is_new_goes_on_as_it_is() -> None:
    states = RandomState().state_dict()["ranks"]
    tt.manual_seed(4)
    RandomState(Stub(1, [])).load_state_dict({"ranks": states})
    assert tt.rand(3).tolist() == tt.rand(3, generator=tt.Generator(4)).tolist()
