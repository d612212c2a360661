"""What a package above, or a third party, can do with nothing but `tt_core.extend`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core import extend
from tt_core.dispatch import REGISTRY
from tt_core.extend import (
    NAIVE,
    NUMPY,
    Array,
    Backend,
    Primitive,
    Sample,
    alike,
    apply,
    as_dim,
    as_dims,
    derivative,
    primitive,
    quiet,
    register_backend,
    samples_for,
)
from tt_core.testing import check_backend, check_gradients


@pytest.fixture(autouse=True)
def forget_what_tests_register() -> Iterator[None]:
    primitives, backends = dict(REGISTRY.primitives), dict(REGISTRY.backends)
    yield
    REGISTRY.primitives.clear()
    REGISTRY.primitives.update(primitives)
    REGISTRY.backends.clear()
    REGISTRY.backends.update(backends)


class Metered(Backend):
    """NumPy's kernels; their calls and the bytes of their results are counted."""

    def __init__(self) -> None:
        super().__init__("metered", parent=NUMPY)
        self.calls: Counter[str] = Counter()
        self.nbytes: Counter[str] = Counter()

    def find(self, primitive: Primitive[...]) -> Callable[..., Array]:
        kernel = super().find(primitive)

        def metered(*arrays: Any, **settings: Any) -> Array:
            out = kernel(*arrays, **settings)
            self.calls[primitive.name] += 1
            self.nbytes[primitive.name] += out.nbytes
            return out

        return metered


def test_everything_that_is_promised_is_there() -> None:
    assert sorted(extend.__all__) == [name for name in sorted(vars(extend)) if name in extend.__all__]
    documented = re.findall(r"\w+", (extend.__doc__ or "").split("\n\n")[1])
    assert set(extend.__all__) - {"Array"} <= set(documented)


def test_a_backend_that_counts_calls_and_bytes_needs_no_change_anywhere() -> None:
    x, weight = tt.ones(8, 4), tt.ones(3, 4, requires_grad=True)
    with tt.use_backend(Metered()) as metered:
        assert isinstance(metered, Metered)
        out = x @ weight.T
        assert metered.calls == {"permute": 1, "matmul": 1}
        assert metered.nbytes == {"permute": 3 * 4 * 4, "matmul": 8 * 3 * 4}
        (out * out).sum().backward()
    assert metered.calls["matmul"] >= 2, "backward runs on the same backend"
    assert weight.grad is not None
    assert weight.grad.tolist() == [[64.0] * 4] * 3
    x @ weight.T
    assert metered.calls["matmul"] == 2, "and nothing is counted outside"


def test_a_backend_is_known_by_its_name_once_it_is_registered() -> None:
    metered = Metered()
    with pytest.raises(tt.BackendError, match=r"expected a backend out of .*; got 'metered'"):
        tt.use_backend("metered").__enter__()
    assert register_backend(metered) is metered
    with tt.use_backend("metered") as used:
        assert used is metered
    with pytest.raises(tt.BackendError, match="'metered' is taken"):
        register_backend(Metered())
    assert check_backend("metered", primitives=["matmul", "add", "getitem"]).failures == []


def test_a_backend_takes_from_its_parents_what_it_lacks() -> None:
    @primitive
    def twice(x: Array) -> Array:
        return x + x

    middle = Backend("middle", parent=NUMPY)
    top = Backend("top", parent=middle)
    with tt.use_backend(top):
        assert apply(twice, tt.ones(1)).item() == 2

        @twice.kernel(middle)
        def twice_wrong(x: Array) -> Array:
            return 3 * x

        assert apply(twice, tt.ones(1)).item() == 3, "a kernel that comes later counts from then on"
    assert apply(twice, tt.ones(1)).item() == 2
    with pytest.raises(tt.BackendError, match=r"kernel for 'twice'; backend 'alone' and its parents have none"):
        Backend("alone").find(twice)


def scaled_sum() -> Primitive[...]:
    """Make Σ scale · xᵢ, of any number of arrays."""

    @primitive
    def scaled_sum(*xs: Array, scale: float) -> Array:
        out: Array = scale * sum(xs[1:], xs[0])
        return out

    derivative(scaled_sum, xs=lambda g, scale: g * scale)
    return scaled_sum


def test_any_number_of_arguments_share_a_rule_and_broadcasts_are_undone() -> None:
    rows, columns, number = tt.randn(3, 1), tt.randn(4), tt.randn(())
    assert check_gradients(lambda *xs: apply(scaled_sum(), *xs, scale=3.0), rows, columns, number, second=True)


def test_a_rule_sees_where_it_stands() -> None:
    @primitive
    def weighted(*xs: Array) -> Array:
        return sum((i + 1) * x for i, x in enumerate(xs))  # type: ignore[return-value]  # there is at least one

    derivative(weighted, xs=lambda g, position: g * (position + 1))
    assert check_gradients(lambda *xs: apply(weighted, *xs), tt.randn(2), tt.randn(2), tt.randn(2))


def test_what_is_not_differentiable_says_so_by_needing_no_gradient() -> None:
    @primitive(differentiable=False)
    def steps(x: Array) -> Array:
        return np.floor(x)

    assert not apply(steps, tt.ones(2, requires_grad=True)).requires_grad


def test_a_view_is_noticed_when_it_is_changed() -> None:
    @primitive(view=True)
    def first_row(x: Array) -> Array:
        row: Array = x[0]
        return row

    derivative(first_row, x=lambda g, shape: tt.pad(g[None], (0, 0, 0, shape[0] - 1)))
    base = tt.ones(2, 2, requires_grad=True) * 1
    squares = base * base
    row = apply(first_row, base)
    assert check_gradients(lambda x: apply(first_row, x), tt.randn(3, 2))
    row.zero_()
    assert base.tolist() == [[0, 0], [1, 1]]
    with pytest.raises(tt.GradientError, match="changed in place"):
        squares.sum().backward()


def test_a_missing_rule_is_named() -> None:
    @primitive
    def opaque(x: Array, y: Array) -> Array:
        return x * y

    derivative(opaque, x=lambda g, y: g * y)
    apply(opaque, tt.ones(2, requires_grad=True), tt.ones(2)).sum().backward()
    with pytest.raises(tt.GradientError, match=r"rule for 'y' of 'opaque'; none is registered"):
        apply(opaque, tt.ones(2), tt.ones(2, requires_grad=True)).sum().backward()


def test_a_rule_for_nothing_or_for_the_second_time_is_refused() -> None:
    made = scaled_sum()
    with pytest.raises(tt.GradientError, match=r"argument of 'scaled_sum'; got 'z', and it has \['xs'\]"):
        derivative(made, z=lambda g: g)
    with pytest.raises(tt.GradientError, match="got 'xs', and it already has a rule for it"):
        derivative(made, xs=lambda g: g)


def test_a_rule_that_gives_the_wrong_shape_is_refused() -> None:
    @primitive
    def halves(x: Array) -> Array:
        return x[::2].copy()

    derivative(halves, x=lambda g: g)
    with pytest.raises(tt.GradientError, match=r"gradient of shape \[4\] from the rule of 'halves'; got \[2\]"):
        apply(halves, tt.ones(4, requires_grad=True)).sum().backward()


class TestChecks:
    """A mistake in any part of an extension is found by the checker of that part."""

    def cube(self, *, loops_exponent: int = 3, factor: float = 3.0) -> Primitive[[Array]]:
        @primitive
        @quiet
        def cube(x: Array) -> Array:
            return x * x * x

        @cube.kernel(NAIVE)
        def cube_loops(x: Array) -> Array:
            return np.array([float(number) ** loops_exponent for number in x.flat], x.dtype).reshape(x.shape)

        @samples_for(cube)
        def samples(rng: np.random.Generator) -> Iterator[Sample]:
            yield Sample((rng.normal(size=(2, 3)),))
            yield Sample((rng.normal(size=0).astype(np.float32),))

        derivative(cube, x=lambda g, x: g * x * x * factor)
        return cube

    def test_all_is_right(self) -> None:
        made = self.cube()
        assert check_backend("numpy", primitives=[made]).failures == []
        assert check_gradients(lambda x: apply(made, x), tt.randn(3), second=True)

    def test_a_wrong_kernel(self) -> None:
        with pytest.raises(tt.BackendError, match=r"1 of 1 primitives differ:\n  cube\(float64\[2, 3\]\)"):
            check_backend("numpy", primitives=[self.cube(loops_exponent=2)])

    def test_a_wrong_rule(self) -> None:
        made = self.cube(factor=2.0)
        with pytest.raises(tt.GradientError, match=r"gradient of cube by argument 0 at \[0\]"):
            check_gradients(lambda x: apply(made, x), tt.randn(3))


def test_operands_and_dimensions_follow_pytorchs_rules() -> None:
    x, y = alike(tt.arange(3), tt.ones(3))
    assert x.dtype == y.dtype == tt.float32
    assert alike(tt.ones(3), 2)[1] == 2
    assert as_dim(-1, 3) == 2
    assert as_dims((0, -1), 3) == (0, 2)
    with pytest.raises(tt.ShapeError, match="expected a dimension from -3 to 2; got 3"):
        as_dim(3, 3)
