"""What the tests draw, and the one checker that they share.

An operation is held against two oracles: its values against NumPy, its gradients against central differences in
float64. Second derivatives are checked in the same way, as gradients of the gradient.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from tt_core import Tensor, from_numpy, grad, no_grad

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int, ...]

STEP = 1e-5
FLOATS = [np.dtype(name) for name in ("float32", "float64", "float16")]
INTEGERS = [np.dtype(name) for name in ("int64", "int32", "int16", "int8", "uint8")]
DTYPES = [*FLOATS, *INTEGERS, np.dtype(bool)]
dtypes = st.sampled_from(DTYPES)
seeds = st.integers(0, 2**32 - 1)


def shapes(min_dims: int = 0, max_dims: int = 3, min_side: int = 0, max_side: int = 3) -> st.SearchStrategy[Shape]:
    return hnp.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=max_side)


def broadcastable(count: int, max_dims: int = 3) -> st.SearchStrategy[tuple[Shape, ...]]:
    """Draw so many shapes that broadcast together, empty ones among them."""
    drawn = hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=max_dims, min_side=0, max_side=3)
    return drawn.map(lambda found: found.input_shapes)


def in_columns(a: Array) -> Array:
    return np.asfortranarray(a)


def with_gaps(a: Array) -> Array:
    """Return the numbers as every second element of a larger array, whose others are nan (or 77)."""
    wide = np.full(
        tuple(2 * n for n in a.shape), np.nan if a.dtype.kind == "f" else 77 if a.dtype.kind in "iu" else True
    )
    wide = wide.astype(a.dtype)
    steps: tuple[Any, ...] = (..., *[slice(None, None, 2)] * a.ndim)
    view: Array = wide[steps]
    view[...] = a
    return view


def backwards(a: Array) -> Array:
    """Return the numbers in memory that runs from the last to the first."""
    return np.flip(np.flip(a).copy())


LAYOUTS: list[Callable[[Array], Array]] = [np.ascontiguousarray, in_columns, with_gaps, backwards]


def spaced(rng: np.random.Generator, shape: Shape, low: float, high: float) -> Array:
    """Return numbers in random order, all different, none near the middle or either end: differences meet no kink."""
    n = int(np.prod(shape))
    return ((rng.permutation(n) + rng.uniform(0.1, 0.4)) / max(n, 1) * (high - low) + low).reshape(shape)


@st.composite
def arrays(
    draw: st.DrawFn, shape: st.SearchStrategy[Shape] | Shape | None = None, low: float = -2.0, high: float = 2.0
) -> Array:
    """Draw a float64 array of different numbers between two bounds, in any layout."""
    found = draw(shapes() if shape is None else shape if isinstance(shape, st.SearchStrategy) else st.just(shape))
    rng = np.random.default_rng(draw(seeds))
    return np.asarray(draw(st.sampled_from(LAYOUTS))(spaced(rng, found, low, high))).reshape(found)


@st.composite
def together(draw: st.DrawFn, *bounds: tuple[float, float]) -> list[Array]:
    """Draw one array for each pair of bounds, of shapes that broadcast."""
    return [draw(arrays(s, *b)) for s, b in zip(draw(broadcastable(len(bounds))), bounds, strict=True)]


@st.composite
def some_dims(draw: st.DrawFn, ndim: int) -> Any:
    """Draw what `dim` may be: None, one dimension, or several, counted from either end."""
    if ndim == 0:
        return draw(st.sampled_from([None, 0, -1, ()]))
    one = st.integers(-ndim, ndim - 1)
    return draw(st.none() | one | st.lists(one, unique_by=lambda d: d % ndim, min_size=1).map(tuple))


def axes(dim: Any, ndim: int) -> Any:
    """Return NumPy's axis for PyTorch's dim: nothing and no dimension both mean all."""
    return None if dim is None or dim == () or ndim == 0 else dim


def check(
    f: Callable[..., Any],
    oracle: Callable[..., Any],
    *given: Array,
    twice: bool = True,
    rtol: float = 1e-12,
) -> None:
    """Hold `f` on tensors against `oracle` on arrays, and its gradients against differences of f itself.

    Args:
        given: float64 arrays have gradients; others go in as tensors without.
        twice: whether second derivatives are checked too.
        rtol: how near the values must be.
    """
    before = [a.copy() for a in given]
    out = f(*[from_numpy(a) for a in given])
    expected = np.asarray(oracle(*given))
    assert out.dtype == expected.dtype
    assert out.shape == expected.shape
    assert_allclose(out.data, expected, rtol=rtol, atol=rtol)
    for a, b in zip(given, before, strict=True):
        np.testing.assert_array_equal(a, b)
    check_gradient(f, *given)
    if twice:
        check_second(f, *given)


def leaves(given: Sequence[Array]) -> list[Tensor]:
    return [from_numpy(a).requires_grad_() if a.dtype == np.float64 else from_numpy(a) for a in given]


def value(f: Callable[..., Any], given: Sequence[Array]) -> Array:
    with no_grad():
        found: Array = f(*[from_numpy(a) for a in given]).data
    return found


def check_gradient(f: Callable[..., Any], *given: Array) -> None:
    """Compare each element of each gradient of Σ w·f with its difference quotient."""
    xs = leaves(given)
    out = f(*xs)
    w = np.random.default_rng(7).standard_normal(out.shape)
    wanted = [x for x in xs if x.requires_grad]
    for x, g in zip(wanted, grad(out, wanted, from_numpy(w), allow_unused=True), strict=True):
        position = next(i for i, other in enumerate(xs) if other is x)
        numeric = quotients(lambda *arrays: (w * value(f, arrays)).sum(), given, position)
        found = np.zeros(x.shape) if g is None else g.data
        assert found.shape == x.shape
        assert_allclose(found, numeric, rtol=1e-6, atol=1e-6, err_msg=f"gradient of argument {position}")


def quotients(scalar: Callable[..., Any], given: Sequence[Array], position: int) -> Array:
    """Return (f(x + h) - f(x - h)) / 2h for each element x of one argument."""
    x = given[position].copy()
    moved = [*given[:position], x, *given[position + 1 :]]
    out = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        middle = x[index]
        x[index] = middle + STEP
        above = scalar(*moved)
        x[index] = middle - STEP
        out[index] = (above - scalar(*moved)) / (2 * STEP)
        x[index] = middle
    return out


def pulled(f: Callable[..., Any], xs: Sequence[Tensor], w: Tensor, *, create_graph: bool = True) -> list[Tensor]:
    """Return the gradients of Σ w·f, zeros where there is none."""
    wanted = [x for x in xs if x.requires_grad]
    found = grad(f(*xs), wanted, w, create_graph=create_graph, allow_unused=True)
    return [x.detach() * 0 if g is None else g for x, g in zip(wanted, found, strict=True)]


def check_second(f: Callable[..., Any], *given: Array) -> None:
    """Compare the gradient of Σ v·(gradient of Σ w·f), by x and by w, with difference quotients along v."""
    xs = leaves(given)
    rng = np.random.default_rng(8)
    w = from_numpy(rng.standard_normal(value(f, given).shape)).requires_grad_()
    wanted = [x for x in xs if x.requires_grad]
    vs = [rng.standard_normal(x.shape) for x in wanted]
    firsts = pulled(f, xs, w)
    total = sum((g * from_numpy(v)).sum() for g, v in zip(firsts, vs, strict=True))
    assert isinstance(total, Tensor)
    if not total.requires_grad:
        seconds = [x.detach() * 0 for x in [*wanted, w]]
    else:
        found = grad(total, [*wanted, w], allow_unused=True)
        seconds = [x.detach() * 0 if g is None else g for x, g in zip([*wanted, w], found, strict=True)]
    ends = [_moved(given, vs, h) for h in (STEP, -STEP)]
    slopes = [pulled(f, leaves(end), w.detach(), create_graph=False) for end in ends]
    for found_, above, below in zip(seconds, *slopes, strict=False):
        numeric = (above.data - below.data) / (2 * STEP)
        assert_allclose(found_.data, numeric, rtol=1e-5, atol=1e-5, err_msg="second derivative")
    along = (value(f, ends[0]) - value(f, ends[1])) / (2 * STEP)
    assert_allclose(seconds[-1].data, along, rtol=1e-5, atol=1e-5, err_msg="derivative by the incoming gradient")


def _moved(given: Sequence[Array], directions: Sequence[Array], step: float) -> list[Array]:
    by = iter(directions)
    return [np.asarray(a + step * next(by)) if a.dtype == np.float64 else a for a in given]
