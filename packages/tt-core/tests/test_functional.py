"""The index `tt_core.functional`, and the functions behind the layers: linear, dropout, normalisations, directions."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import tt_core
import tt_core.functional as F
from tt_core import DTypeError, Generator, NotSupportedError, ShapeError, Tensor, grad, manual_seed, tensor
from tt_core.testing import check_gradients

from .strategies import Array, seeds, shapes

rng = np.random.default_rng(0)


def gradient(y: Tensor, x: Tensor, seed: Tensor | None = None) -> Array:
    (g,) = grad(y, x, seed)
    assert g is not None
    return g.numpy()


def test_the_index_is_sorted_and_complete() -> None:
    assert F.__all__ == sorted(set(F.__all__))
    public = {name for name in vars(F) if not name.startswith("_")} - {"annotations"}
    assert public == set(F.__all__)
    assert all(getattr(F, name).__doc__ for name in F.__all__)
    assert tt_core.functional is F


# linear


@given(shape=shapes(min_dims=1), outputs=st.integers(0, 3), biased=st.booleans(), seed=seeds)
def test_linear_is_a_product_with_the_transposed_weight(shape: Any, outputs: int, biased: bool, seed: int) -> None:
    draw = np.random.default_rng(seed)
    x, w, b = draw.standard_normal(shape), draw.standard_normal((outputs, shape[-1])), draw.standard_normal(outputs)
    got = F.linear(Tensor(x), Tensor(w), Tensor(b) if biased else None)
    assert_allclose(got.numpy(), x @ w.T + (b if biased else 0), atol=1e-12)
    if got.numel():
        assert check_gradients(F.linear, x, w, b if biased else None, second=True)


def test_linear_with_one_output_without_a_dimension() -> None:
    x, w, b = rng.standard_normal((2, 3)), rng.standard_normal(3), rng.standard_normal(())
    assert_allclose(F.linear(Tensor(x), Tensor(w)).numpy(), x @ w)
    assert_allclose(F.linear(Tensor(x), Tensor(w), Tensor(b)).numpy(), x @ w + b)
    assert check_gradients(F.linear, x, w, b)


@pytest.mark.parametrize("x,w", [((2, 3), (4, 2)), ((), (4, 2)), ((2,), (2, 2, 2)), ((3,), (2,)), ((2,), ())])
def test_linear_refuses_sizes_that_do_not_fit(x: Any, w: Any) -> None:
    with pytest.raises(ShapeError, match=r"expected x .* for a weight .*; got x"):
        F.linear(Tensor(np.ones(x)), Tensor(np.ones(w)))


def test_linear_refuses_a_mixture_of_types() -> None:
    with pytest.raises(DTypeError, match="x and weight of one type in linear; got float32 and float64"):
        F.linear(tensor([1.0]), Tensor(np.ones((1, 1))))


# dropout


def test_dropout_keeps_the_mean_and_scales_gradients_alike() -> None:
    x = Tensor(np.full((100, 100), 2.0), requires_grad=True)
    y = F.dropout(x, 0.25, generator=Generator(1))
    kept = y.detach().numpy() != 0
    assert abs(kept.mean() - 0.75) < 0.02
    assert_allclose(y.detach().numpy()[kept], 2 / 0.75)
    assert_allclose(gradient(y.sum(), x), kept / 0.75)


def test_dropout_draws_from_its_generator_and_else_from_the_default_one() -> None:
    x = tensor(np.ones(50))
    first, again = (F.dropout(x, generator=Generator(3)).numpy() for _ in range(2))
    assert_array_equal(first, again)
    assert (F.dropout(x, generator=Generator(4)).numpy() != first).any()
    manual_seed(3)
    assert_array_equal(F.dropout(x).numpy(), first)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dropout_at_its_ends(dtype: str) -> None:
    x = tensor([1.0, -2.0], dtype=dtype, requires_grad=True)
    assert F.dropout(x, training=False) is x
    assert F.dropout(x, 0) is x
    gone = F.dropout(x, 1.0)
    assert gone.tolist() == [0, 0]
    assert gone.dtype == x.dtype
    assert gradient(gone.sum(), x).tolist() == [0, 0]
    assert F.dropout(x, 0.5).dtype == x.dtype


def test_dropout_refuses_what_it_cannot_do() -> None:
    for p in (-0.1, 1.1, math.nan):
        with pytest.raises(ShapeError, match="probability p from 0 to 1 in dropout; got"):
            F.dropout(tensor([1.0]), p)
    with pytest.raises(NotSupportedError, match="inplace=False; dropout"):
        F.dropout(tensor([1.0]), inplace=True)
    with pytest.raises(DTypeError, match="floating type for dropout"):
        F.dropout(tensor([1]))


# normalisations


NORMALIZED: list[tuple[tuple[int, ...], int | tuple[int, ...]]] = [
    ((4, 3), 3), ((4, 3), (3,)), ((2, 4, 3), (4, 3)), ((3,), (3,)), ((0, 3), (3,)),
]  # fmt: skip


@pytest.mark.parametrize("shape,normalized", NORMALIZED)
@pytest.mark.parametrize("parameters", [0, 1, 2])
def test_layer_norm(shape: Any, normalized: Any, parameters: int) -> None:
    sizes = (normalized,) if isinstance(normalized, int) else normalized
    axes = tuple(range(-len(sizes), 0))
    x = rng.standard_normal(shape)
    w, b = [*(rng.standard_normal(sizes) for _ in range(parameters)), None, None][:2]
    out = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 0.1)
    expected = out * (1 if w is None else w) + (0 if b is None else b)
    weight, bias = [None if p is None else Tensor(p) for p in (w, b)]
    assert_allclose(F.layer_norm(Tensor(x), normalized, weight, bias, 0.1).numpy(), expected, atol=1e-12)
    if x.size:
        assert check_gradients(lambda t, u, v: F.layer_norm(t, normalized, u, v, 0.1), x, w, b, second=True)


@pytest.mark.parametrize("shape,normalized", NORMALIZED)
@pytest.mark.parametrize("weighted", [False, True])
def test_rms_norm(shape: Any, normalized: Any, weighted: bool) -> None:
    sizes = (normalized,) if isinstance(normalized, int) else normalized
    axes = tuple(range(-len(sizes), 0))
    x, w = rng.standard_normal(shape), rng.standard_normal(sizes) if weighted else None
    expected = x / np.sqrt((x**2).mean(axes, keepdims=True) + 0.1) * (1 if w is None else w)
    got = F.rms_norm(Tensor(x), normalized, None if w is None else Tensor(w), 0.1)
    assert_allclose(got.numpy(), expected, atol=1e-12)
    if x.size:
        assert check_gradients(lambda t, p: F.rms_norm(t, normalized, p, 0.1), x, w, second=True)


def test_eps_of_rms_norm_is_that_of_the_type_unless_given() -> None:
    for dtype in ("float32", "float64"):
        x = np.zeros(2, dtype)
        x[0] = np.finfo(dtype).eps ** 0.5
        assert_allclose(F.rms_norm(Tensor(x), 2).numpy(), [1 / math.sqrt(1.5), 0], rtol=1e-6)


@pytest.mark.parametrize("norm", [F.layer_norm, F.rms_norm])
def test_norms_far_out_and_at_zero(norm: Any) -> None:
    for dtype in ("float16", "float32", "float64"):
        x = Tensor(np.array([[1e4, -1e4, 1e4, -1e4], [0, 0, 0, 0]], dtype), requires_grad=True)
        y = norm(x, 4)
        assert_allclose(y.detach().numpy(), [[1, -1, 1, -1], [0, 0, 0, 0]], rtol=1e-6)
        assert np.isfinite(gradient(y, x, Tensor(np.arange(8, dtype=dtype).reshape(2, 4)))).all()


@pytest.mark.parametrize("norm", [F.layer_norm, F.rms_norm])
def test_norms_refuse_what_does_not_fit(norm: Any) -> None:
    x = Tensor(np.ones((2, 3)))
    for wrong in (2, (2,), (3, 2), ()):
        with pytest.raises(ShapeError, match=f"x of {norm.__name__} to end in normalized_shape"):
            norm(x, wrong)
    with pytest.raises(ShapeError, match=r"to end in normalized_shape \[\]; got shape \[\]"):
        norm(tensor(1.0), ())
    with pytest.raises(ShapeError, match=rf"weight and bias of {norm.__name__} of shape \[3\]; got \[1\]"):
        norm(x, 3, Tensor(np.ones(1)))
    with pytest.raises(DTypeError, match=f"floating type for {norm.__name__}"):
        norm(tensor([1, 2]), 2)


# directions


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, math.inf])
@pytest.mark.parametrize("dim", [0, 1, -1, (0, 1)])
def test_normalize(p: float, dim: Any) -> None:
    x = rng.standard_normal((3, 4))
    length = (abs(x) ** p).sum(dim, keepdims=True) ** (1 / p) if p < math.inf else abs(x).max(dim, keepdims=True)
    assert_allclose(F.normalize(Tensor(x), p, dim).numpy(), x / length)
    assert check_gradients(lambda t: F.normalize(t, p, dim), x)


def test_normalize_leaves_zero_vectors() -> None:
    x = Tensor(np.zeros((1, 2)), requires_grad=True)
    y = F.normalize(x)
    assert y.tolist() == [[0, 0]]
    assert_allclose(gradient(y.sum(), x), [[1e12, 1e12]])


@pytest.mark.parametrize("a,b,dim", [((3, 4), (3, 4), 1), ((3, 4), (4,), -1), ((2, 1, 3), (2, 3), 1), ((4,), (4,), 0)])
def test_cosine_similarity(a: Any, b: Any, dim: int) -> None:
    x, y = rng.standard_normal(a), rng.standard_normal(b)
    wide_x, wide_y = np.broadcast_arrays(x, y)
    lengths = np.sqrt((wide_x**2).sum(dim) * (wide_y**2).sum(dim))
    assert_allclose(F.cosine_similarity(Tensor(x), Tensor(y), dim).numpy(), (wide_x * wide_y).sum(dim) / lengths)
    assert check_gradients(lambda s, t: F.cosine_similarity(s, t, dim), x, y, second=True)


def test_cosine_similarity_of_zero_huge_and_mixed_vectors() -> None:
    x = tensor([[0.0, 0.0], [1e4, 0.0]], requires_grad=True)
    y = tensor([[1.0, 0.0], [1e4, 1e4]], dtype="float64")
    got = F.cosine_similarity(x, y)
    assert got.dtype == y.dtype
    assert_allclose(got.detach().numpy(), [0, math.sqrt(0.5)])
    assert_allclose(gradient(got.sum(), x), [[1e8, 0], [0, math.sqrt(0.5) / 1e4]], atol=1e-12)
    with pytest.raises(DTypeError, match="floating type for cosine_similarity"):
        F.cosine_similarity(tensor([1]), tensor([1]), 0)
