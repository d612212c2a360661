from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core as tt
from tt_core import NotSupportedError, ShapeError, Tensor, nn
from tt_core.nn import init

RANDOM: list[Callable[..., Tensor]] = [
    init.uniform_,
    init.normal_,
    init.trunc_normal_,
    init.xavier_uniform_,
    init.xavier_normal_,
    init.kaiming_uniform_,
    init.kaiming_normal_,
    init.orthogonal_,
]


def filled(initializer: Callable[..., Tensor], *args: Any, shape: tuple[int, ...] = (300, 200), **options: Any) -> Any:
    return initializer(tt.zeros(shape, dtype=tt.float64), *args, generator=tt.Generator(11), **options).numpy()


def phi(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def Phi(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2))


# What all share


@pytest.mark.parametrize("initializer", RANDOM, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [tt.float16, tt.float32, tt.float64], ids=str)
def test_writes_in_place_without_recording(initializer: Callable[..., Tensor], dtype: Any) -> None:
    p = nn.Parameter(tt.zeros(6, 5, dtype=dtype))
    memory = p.data
    assert initializer(p) is p
    assert p.data is memory
    assert p.dtype == dtype
    assert p.is_leaf
    assert p.requires_grad
    assert len(np.unique(memory)) > 15


@pytest.mark.parametrize("initializer", RANDOM, ids=lambda f: f.__name__)
def test_chance_comes_from_the_generator(initializer: Callable[..., Tensor]) -> None:
    def drawn(generator: tt.Generator | None = None) -> Any:
        return initializer(tt.zeros(4, 4), generator=generator).tolist()

    assert drawn(tt.Generator(1)) == drawn(tt.Generator(1)) != drawn(tt.Generator(2))
    tt.manual_seed(1)
    assert drawn() == drawn(tt.Generator(1))


@pytest.mark.parametrize("initializer", RANDOM, ids=lambda f: f.__name__)
def test_nothing_to_fill_is_no_error(initializer: Callable[..., Tensor]) -> None:
    assert initializer(tt.zeros(3, 0)).shape == (3, 0)


def test_what_is_saved_for_a_gradient_is_seen_to_change() -> None:
    p = nn.Parameter(tt.ones(2, 2))
    loss = (p * p).sum()
    init.zeros_(p)
    with pytest.raises(tt.GradientError, match="changed in place"):
        loss.backward()


# Without chance


def test_constants() -> None:
    x = tt.zeros(2, 3)
    assert init.constant_(x, 0.5).tolist() == [[0.5] * 3] * 2
    assert init.ones_(x).tolist() == [[1] * 3] * 2
    assert init.zeros_(x).tolist() == [[0] * 3] * 2


@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (2, 2)])
def test_identity(shape: tuple[int, int]) -> None:
    assert init.eye_(tt.ones(shape)).tolist() == np.eye(*shape).tolist()


def test_identity_is_a_matrix() -> None:
    with pytest.raises(ShapeError, match=r"expected a matrix for eye_; got shape \[3\]"):
        init.eye_(tt.ones(3))


# Uniform and normal


def test_uniform() -> None:
    x = filled(init.uniform_, -3.0, 5.0)
    assert (-3 <= x.min() < -2.99, 4.99 < x.max() < 5) == (True, True)
    assert x.mean() == pytest.approx(1, abs=0.05)
    assert x.std() == pytest.approx(8 / math.sqrt(12), rel=0.01)


def test_normal() -> None:
    x = filled(init.normal_, 2.0, 3.0)
    assert x.mean() == pytest.approx(2, abs=0.05)
    assert x.std() == pytest.approx(3, rel=0.01)
    assert (np.abs(x - 2) < 3).mean() == pytest.approx(0.6827, abs=0.01)


# Truncated


@pytest.mark.parametrize(
    "mean, std, a, b",
    [
        (0.0, 1.0, -2.0, 2.0),
        (0.0, 0.02, -2.0, 2.0),
        (1.0, 2.0, -1.0, 2.0),
        (0.0, 1.0, 1.0, 1.1),
        (0.0, 1.0, 3.0, 100.0),
        (5.0, 1.0, -100.0, 1.0),
        (0.0, 1.0, -1e9, 1e9),
    ],
)
def test_truncated_normal_has_the_moments_of_its_formula(mean: float, std: float, a: float, b: float) -> None:
    x = filled(init.trunc_normal_, mean, std, a, b)
    low, high = (a - mean) / std, (b - mean) / std
    mass = Phi(high) - Phi(low) if low < 0 else Phi(-low) - Phi(-high)  # small differences of small numbers
    first = (phi(low) - phi(high)) / mass
    variance = 1 + (low * phi(low) - high * phi(high)) / mass - first**2
    assert a <= x.min() <= x.max() <= b
    assert x.mean() == pytest.approx(mean + std * first, abs=5 * std * math.sqrt(variance / x.size))
    assert x.std() == pytest.approx(std * math.sqrt(variance), rel=0.02)


def test_truncated_normal_has_the_right_shape_between_its_bounds() -> None:
    x = np.sort(filled(init.trunc_normal_, 0.5, 1.5, -1.0, 3.0).ravel())
    low, high = Phi(-1.0), Phi(2.5 / 1.5)
    expected = np.array([(Phi((v - 0.5) / 1.5) - low) / (high - low) for v in x])
    distance = np.abs(expected - (np.arange(x.size) + 0.5) / x.size).max()
    assert distance < 1.63 / math.sqrt(x.size)  # Kolmogorov-Smirnov, 1 %


def test_truncated_normal_keeps_its_bounds_in_half_precision() -> None:
    x = init.trunc_normal_(tt.zeros(2000, dtype=tt.float16), 0.0, 1.0, -0.1, 0.1, tt.Generator(0)).numpy()
    assert np.abs(x).max() <= np.float16(0.1)


@pytest.mark.parametrize("options", [{"a": 1.0, "b": 1.0}, {"a": 2.0, "b": 1.0}, {"std": 0.0}, {"std": -1.0}])
def test_truncated_normal_needs_room(options: dict[str, float]) -> None:
    with pytest.raises(ShapeError, match="expected a < b and a positive std for trunc_normal_; got a="):
        init.trunc_normal_(tt.zeros(2), **options)  # type: ignore[arg-type]


# Scaled by the fan


@pytest.mark.parametrize("shape, fan_in, fan_out", [((300, 200), 200, 300), ((40, 30, 5, 5), 750, 1000)])
def test_xavier(shape: tuple[int, ...], fan_in: int, fan_out: int) -> None:
    std = 2 * math.sqrt(2 / (fan_in + fan_out))
    normal, uniform = filled(init.xavier_normal_, 2.0, shape=shape), filled(init.xavier_uniform_, 2.0, shape=shape)
    assert normal.std() == pytest.approx(std, rel=0.02)
    assert uniform.std() == pytest.approx(std, rel=0.02)
    assert 0.99 < np.abs(uniform).max() / (std * math.sqrt(3)) <= 1


@pytest.mark.parametrize(
    "options, std",
    [
        ({}, math.sqrt(2 / 200)),
        ({"mode": "fan_out"}, math.sqrt(2 / 300)),
        ({"a": 1.0}, math.sqrt(1 / 200)),
        ({"nonlinearity": "relu"}, math.sqrt(2 / 200)),
        ({"nonlinearity": "tanh"}, 5 / 3 / math.sqrt(200)),
    ],
)
def test_kaiming(options: dict[str, Any], std: float) -> None:
    normal, uniform = filled(init.kaiming_normal_, **options), filled(init.kaiming_uniform_, **options)
    assert normal.std() == pytest.approx(std, rel=0.02)
    assert uniform.std() == pytest.approx(std, rel=0.02)
    assert 0.99 < np.abs(uniform).max() / (std * math.sqrt(3)) <= 1


def test_a_chain_of_relu_layers_keeps_its_scale() -> None:
    x = tt.randn(64, 256, generator=tt.Generator(0))
    for seed in range(10):
        weight = init.kaiming_normal_(tt.zeros(256, 256), nonlinearity="relu", generator=tt.Generator(seed))
        x = tt.functional.relu(x @ weight.T) if seed < 9 else x @ weight.T
    assert 0.5 < float(x.var()) / 2 < 2


@pytest.mark.parametrize(
    "initializer", [init.xavier_uniform_, init.xavier_normal_, init.kaiming_uniform_, init.kaiming_normal_]
)
def test_a_fan_needs_two_dimensions(initializer: Callable[..., Tensor]) -> None:
    with pytest.raises(ShapeError, match=r"expected a weight of shape \[out, in, ...\].*; got \[3\]"):
        initializer(tt.zeros(3))


def test_options_that_do_not_exist() -> None:
    with pytest.raises(NotSupportedError, match="expected mode 'fan_in' or 'fan_out'; got 'fan'"):
        init.kaiming_uniform_(tt.zeros(2, 2), mode="fan")  # type: ignore[arg-type]
    with pytest.raises(NotSupportedError, match=r"expected a nonlinearity out of conv1d, .*, tanh; got 'gelu'"):
        init.calculate_gain("gelu")


@pytest.mark.parametrize(
    "name, param, gain",
    [
        ("linear", None, 1),
        ("conv2d", None, 1),
        ("conv_transpose3d", None, 1),
        ("sigmoid", None, 1),
        ("tanh", None, 5 / 3),
        ("relu", None, math.sqrt(2)),
        ("leaky_relu", None, math.sqrt(2 / (1 + 0.01**2))),
        ("leaky_relu", 0, math.sqrt(2)),
        ("leaky_relu", math.sqrt(5), math.sqrt(1 / 3)),
        ("selu", None, 0.75),
    ],
)
def test_gain(name: str, param: float | None, gain: float) -> None:
    assert init.calculate_gain(name, param) == pytest.approx(gain)


# Orthogonal


@given(rows=st.integers(1, 8), columns=st.integers(1, 4), depth=st.integers(1, 2), gain=st.sampled_from([1.0, 2.5]))
def test_orthogonal_rows_or_columns(rows: int, columns: int, depth: int, gain: float) -> None:
    q = filled(init.orthogonal_, gain, shape=(rows, columns, depth)).reshape(rows, -1)
    small = q @ q.T if rows < q.shape[1] else q.T @ q
    np.testing.assert_allclose(small, gain**2 * np.eye(len(small)), atol=1e-12)


def test_orthogonal_prefers_no_direction() -> None:
    random = tt.Generator(0)
    drawn = np.stack([init.orthogonal_(tt.zeros(2, 2), generator=random).numpy() for _ in range(2000)])
    assert np.abs(drawn.mean(0)).max() < 0.06
    assert (np.linalg.det(drawn) > 0).mean() == pytest.approx(0.5, abs=0.04)


def test_orthogonal_needs_two_dimensions() -> None:
    with pytest.raises(ShapeError, match=r"expected at least two dimensions for orthogonal_; got shape \[3\]"):
        init.orthogonal_(tt.zeros(3))
