"""Seeds, states and what is drawn from them."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core import DTypeError, Generator, ShapeError, Tensor
from tt_core.random import default_generator

DRAWS: list[Callable[..., Tensor]] = [
    lambda **k: tt.rand(5, **k), lambda **k: tt.randn((2, 3), **k), lambda **k: tt.randint(100, (5,), **k),
    lambda **k: tt.randint(-5, 5, 4, **k), lambda **k: tt.randperm(10, **k), lambda **k: tt.normal(1.0, 2.0, (4,), **k),
    lambda **k: tt.bernoulli(tt.full((20,), 0.5), **k), lambda **k: tt.multinomial(tt.ones(9), 4, **k),
    lambda **k: tt.multinomial(tt.ones(9), 40, True, **k), lambda **k: tt.rand_like(tt.zeros(3), **k),
    lambda **k: tt.randn_like(tt.zeros(3), **k), lambda **k: tt.randint_like(tt.zeros(9), 50, **k),
    lambda **k: tt.zeros(4).uniform_(**k), lambda **k: tt.zeros(4).normal_(**k),
]  # fmt: skip


@pytest.mark.parametrize("draw", DRAWS)
def test_the_same_seed_gives_the_same_numbers(draw: Callable[..., Tensor]) -> None:
    assert draw(generator=Generator(1)).tolist() == draw(generator=Generator(1)).tolist()
    assert draw(generator=Generator(1)).tolist() != draw(generator=Generator(2)).tolist()
    tt.manual_seed(1)
    assert draw().tolist() == draw(generator=Generator(1)).tolist()


@pytest.mark.parametrize("draw", DRAWS)
def test_a_generator_of_ones_own_leaves_the_default_alone(draw: Callable[..., Tensor]) -> None:
    tt.manual_seed(5)
    before = default_generator.get_state()
    draw(generator=Generator(1))
    assert default_generator.get_state() == before
    draw()
    assert default_generator.get_state() != before


def test_the_numbers_do_not_change_over_time() -> None:
    assert tt.randint(1000, (4,), generator=Generator(42)).tolist() == [89, 773, 654, 438]


def test_states() -> None:
    generator = Generator(3)
    tt.rand(7, generator=generator)
    state = json.loads(json.dumps(generator.get_state()))
    first = tt.rand(4, generator=generator).tolist()
    assert generator.set_state(state) is generator
    assert tt.rand(4, generator=generator).tolist() == first
    assert generator.initial_seed() == 3
    assert Generator(9).set_state(state).initial_seed() == 3
    assert generator.manual_seed(-1) is generator
    assert generator.initial_seed() == -1
    assert tt.manual_seed(8) is default_generator
    assert tt.rand(2, generator=Generator(-1)).tolist() == tt.rand(2, generator=Generator(2**64 - 1)).tolist()


def test_distributions() -> None:
    g = Generator(0)
    uniform, normal = tt.rand(20_000, generator=g), tt.randn(20_000, generator=g)
    assert 0 <= uniform.min().item() < 0.001
    assert 0.999 < uniform.max().item() < 1
    assert uniform.mean().item() == pytest.approx(0.5, abs=0.02)
    assert normal.mean().item() == pytest.approx(0, abs=0.03)
    assert normal.std().item() == pytest.approx(1, abs=0.03)
    dice = tt.randint(1, 7, (6000,), generator=g)
    assert sorted(set(dice.tolist())) == [1, 2, 3, 4, 5, 6]
    assert sorted(tt.randperm(50, generator=g).tolist()) == list(range(50))
    assert tt.bernoulli(Tensor([0.0, 1.0]), generator=g).tolist() == [0.0, 1.0]
    coins = tt.bernoulli(tt.zeros(5000), 0.2, generator=g)
    assert coins.mean().item() == pytest.approx(0.2, abs=0.03)
    half = tt.rand(70_000, generator=g, dtype=tt.float16)
    assert half.max().item() < 1


def test_normal_with_tensors() -> None:
    g = Generator(0)
    means, deviations = Tensor([0.0, 100.0], dtype="float64"), Tensor([[0.0], [1.0]], dtype="float64")
    found = tt.normal(means, deviations, generator=g)
    assert (found.shape, found.dtype) == ((2, 2), tt.float64)
    assert found[0].tolist() == [0.0, 100.0]
    assert 90 < found[1, 1].item() < 110
    assert tt.normal(5.0, 0.0, (2,)).tolist() == [5.0, 5.0]
    assert tt.normal(5.0, Tensor([0.0])).tolist() == [5.0]
    assert tt.normal(Tensor([5.0]), 0.0).dtype == tt.float32


def test_multinomial_follows_its_weights() -> None:
    g = Generator(0)
    weights = Tensor([[0.0, 1.0, 3.0, 0.0], [2.0, 0.0, 0.0, 2.0]])
    drawn = tt.multinomial(weights, 8000, True, generator=g)
    assert drawn.shape == (2, 8000)
    counts = np.stack([np.bincount(row, minlength=4) for row in drawn.data])
    np.testing.assert_allclose(counts / 8000, [[0, 0.25, 0.75, 0], [0.5, 0, 0, 0.5]], atol=0.02)
    for _ in range(20):
        assert sorted(tt.multinomial(weights[0], 2, generator=g).tolist()) == [1, 2]
    first = [tt.multinomial(Tensor([1.0, 3.0]), 1, generator=g).item() for _ in range(400)]
    assert np.mean(first) == pytest.approx(0.75, abs=0.07)


def test_types_and_shapes() -> None:
    assert tt.rand(2, dtype=tt.float64).dtype == tt.randn(2, dtype="float64").dtype == tt.float64
    assert tt.randint(5, (2,), dtype=tt.int8).dtype == tt.int8
    assert tt.randperm(3, dtype=tt.int32).dtype == tt.int32
    assert tt.rand(()).shape == tt.rand().shape == ()
    assert tt.rand([2, 0]).shape == (2, 0)
    assert tt.rand_like(tt.zeros(2, dtype=tt.float16)).dtype == tt.float16
    assert tt.randn_like(tt.zeros(2), dtype=tt.float64).dtype == tt.float64
    assert tt.randint_like(tt.zeros(2), 3, 4).tolist() == [3.0, 3.0]


ERRORS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: tt.rand(2, dtype=tt.int64), DTypeError, "expected a floating type for random numbers; got int64"),
    (lambda: tt.randn(2, dtype=tt.bool), DTypeError, "expected a floating type for random numbers; got bool"),
    (lambda: tt.rand(-1), ShapeError, r"expected sizes of at least 0; got \[-1\]"),
    (lambda: tt.normal(0.0, -1.0, (2,)), ShapeError, "expected deviations of at least 0 for normal; got -1"),
    (lambda: tt.normal(0.0, Tensor([1.0, -2.0])), ShapeError, "expected deviations of at least 0 for normal; got -2"),
    (lambda: tt.bernoulli(Tensor([0.5, 2.0])), ShapeError, "of 0 to 1 in bernoulli; got some from 0.5 to 2.0"),
    (lambda: tt.bernoulli(tt.zeros(2), -0.1), ShapeError, "of 0 to 1 in bernoulli; got some from -0.1 to -0.1"),
    (lambda: tt.manual_seed("7"), DTypeError, "expected a whole number as a seed; got '7'"),
    (lambda: tt.rand(2, generator=np.random.default_rng(0)), DTypeError, r"got numpy\.random\S*Generator"),
    (
        lambda: tt.randint(5, 5, (2,)),
        ShapeError,
        r"expected low < high and a size for randint; got low 5, high 5, size",
    ),
    (lambda: tt.randint(5), ShapeError, "expected low < high and a size for randint; got low 0, high 5, size None"),
    (lambda: tt.multinomial(Tensor([1.0, -1.0]), 1), ShapeError, "expected finite weights of at least 0"),
    (lambda: tt.multinomial(Tensor([1.0, float("inf")]), 1), ShapeError, "expected finite weights of at least 0"),
    (lambda: tt.multinomial(tt.zeros(2, 2), 1), ShapeError, "with a positive sum in every row of multinomial"),
    (lambda: tt.multinomial(Tensor([1.0, 0.0]), 2), ShapeError, "expected at least 2 positive weights in every row"),
]


@pytest.mark.parametrize("call, kind, message", ERRORS)
def test_what_cannot_be_drawn(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call()
