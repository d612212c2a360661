"""Work that is shared: the same results, nothing left behind, from any thread and after a fork."""

from __future__ import annotations

import itertools
import multiprocessing
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tt_train import threads
from tt_train.spatial.primitives import convolution

MUCH = threads.ENOUGH * 100


class Fake:
    """A BLAS that only remembers how many threads it may use."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.history: list[int] = []

    def set(self, count: int) -> None:
        self.count = count
        self.history.append(count)


@pytest.fixture
def blas(monkeypatch: pytest.MonkeyPatch) -> Fake:
    fake = Fake(3)
    made = threads.OpenBlas(lambda: fake.count, fake.set)
    monkeypatch.setattr(threads, "openblas", lambda: made)
    return fake


def test_parts_make_up_the_whole_in_order(blas: Fake) -> None:
    parts = threads.share(list, 10, MUCH, products=True)
    assert parts == [[0, 1, 2], [3, 4, 5], [6, 7, 8, 9]]
    assert blas.history == [1, 3]


def test_what_asks_for_no_products_leaves_blas_alone(blas: Fake) -> None:
    assert threads.share(list, 10, MUCH) == [[0, 1, 2], [3, 4, 5], [6, 7, 8, 9]]
    assert not blas.history


@pytest.mark.parametrize("count, work", [(10, 5), (1, MUCH), (0, MUCH)])
def test_little_work_stays_in_one_thread(blas: Fake, count: int, work: int) -> None:
    caller = threading.current_thread()
    assert threads.share(lambda r: (list(r), threading.current_thread()), count, work) == [(list(range(count)), caller)]
    assert not blas.history


def test_without_openblas_there_is_one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "openblas", lambda: None)
    assert threads.share(list, 4, MUCH, products=True) == [[0, 1, 2, 3]], "another BLAS has threads of its own"
    assert [*itertools.chain(*threads.share(list, 4, MUCH))] == [0, 1, 2, 3]
    assert threads.allowed() >= 1


@pytest.mark.parametrize("wrong", [0, 9])
def test_an_error_in_any_part_arrives_when_all_parts_are_done(blas: Fake, wrong: int) -> None:
    def task(places: range) -> None:
        if wrong in places:
            raise ArithmeticError(f"in {wrong}")

    with pytest.raises(ArithmeticError, match=f"in {wrong}"):
        threads.share(task, 10, MUCH, products=True)
    assert blas.history == [1, 3]


def test_errors_that_numpy_is_told_to_ignore_are_ignored_in_every_part(blas: Fake) -> None:
    with np.errstate(all="ignore"):
        parts = threads.share(lambda r: np.float64(len(r)) / np.zeros(()), 9, MUCH)
    assert np.isinf(parts).all()


def test_the_last_user_restores_what_was(blas: Fake) -> None:
    made: Any = threads.openblas()
    with made.alone():
        with made.alone():
            assert made.threads() == 3
        assert blas.count == 1
    assert blas.count == 3


def test_openblas_is_found_and_asked() -> None:
    found = threads.openblas()
    config: Any = np.show_config(mode="dicts")
    if "openblas" not in str(config["Build Dependencies"]["blas"]["name"]) or sys.platform == "win32":
        pytest.skip("NumPy uses another BLAS here")
    assert found is not None
    before = found.threads()
    with found.alone():
        assert found.get() == 1
    assert found.threads() == found.get() == before


def convolved(seed: int) -> Any:
    """Return the gradient of the weights of a convolution that is large enough to be shared."""
    rng = np.random.default_rng(seed)
    x, y = (rng.standard_normal((16, n, 16, 16), dtype=np.float32) for n in (8, 16))
    ones: Any = ((1, 1), (1, 1), (1, 1))
    return convolution.conv2d_weight(x, y, size=(3, 3), stride=ones[0], padding=ones[1], dilation=ones[2], groups=1)


@pytest.mark.parametrize("stride, groups", [(1, 1), (2, 1), (1, 16), (2, 16)])
def test_shared_convolutions_are_those_of_one_thread(
    blas: Fake, monkeypatch: pytest.MonkeyPatch, stride: int, groups: int
) -> None:
    rng, one = np.random.default_rng(0), (1, 1)
    x = rng.standard_normal((7, 16, 20, 20), dtype=np.float32)
    weight = rng.standard_normal((32, 16 // groups, 3, 3), dtype=np.float32)
    bias = rng.standard_normal(32, dtype=np.float32)
    settings: Any = {"stride": (stride, stride), "padding": one, "dilation": one, "groups": groups}

    def all_three() -> list[Any]:
        y = convolution.conv2d(x, weight, bias, **settings)
        back = convolution.conv2d_input(y, weight, size=(20, 20), **settings)
        return [y, back, convolution.conv2d_weight(x, y, size=(3, 3), **settings)]

    monkeypatch.setattr(threads, "ENOUGH", 1000)
    shared = all_three()
    assert blas.history == ([1, 3] * 3 if groups == 1 else []), "depthwise, there are no products"
    monkeypatch.setattr(threads, "openblas", lambda: None)
    for got, expected in zip(shared, all_three(), strict=True):
        np.testing.assert_allclose(got, expected, 1e-4, 1e-4 * abs(expected).max())


@contextmanager
def pool(count: int) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(count) as made:
        yield made


def test_many_threads_convolve_at_once() -> None:
    expected = [convolved(seed) for seed in range(6)]
    with pool(6) as made:
        for got, wanted in zip(made.map(convolved, range(6)), expected, strict=True):
            np.testing.assert_allclose(got, wanted, 1e-3, 1e-3)


@pytest.mark.skipif(not hasattr(threads.os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own() -> None:
    expected = convolved(0)
    with multiprocessing.get_context("fork").Pool(1) as made:
        np.testing.assert_allclose(made.apply_async(convolved, (0,)).get(60), expected, 1e-3, 1e-3)


@pytest.mark.parametrize("library", [OSError("no such library"), SimpleNamespace()])
def test_a_library_that_cannot_be_asked_is_none(monkeypatch: pytest.MonkeyPatch, library: Any) -> None:
    def opened(_: Any) -> Any:
        if isinstance(library, OSError):
            raise library
        return library

    monkeypatch.setattr(threads.ctypes, "CDLL", opened)
    assert threads.openblas.__wrapped__() is None
