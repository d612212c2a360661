"""The checker of backends: what it passes, and that it catches every way in which a kernel can be wrong."""

from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core.dispatch import NUMPY, REGISTRY, Backend, Primitive, get_backend
from tt_core.primitives import elementwise as E
from tt_core.primitives import linalg as L
from tt_core.primitives import shapes as S
from tt_core.rules import derivative
from tt_core.testing import Sample, check_backend, compare_backend, samples_for, samples_of


class Altered(Backend):
    """NumPy with one kernel replaced by a function of it."""

    def __init__(self, primitive: Any, change: Any) -> None:
        super().__init__("altered", NUMPY)
        self.primitive, self.change = primitive, change

    def find(self, primitive: Any) -> None:
        kernel = super().find(primitive)
        if primitive is not self.primitive:
            return kernel
        return lambda *args, **params: self.change(kernel, *args, **params)


def altered(primitive: Any, change: Any) -> None:
    """Return the first difference that the checker finds when one kernel is changed."""
    report = compare_backend(Altered(primitive, change), primitives=[primitive])
    return report.outcomes[0].difference


@pytest.mark.parametrize("name", ["numpy", "naive"])
def test_our_backends_agree_with_the_loops_in_every_primitive(name: Any) -> None:
    report = check_backend(name)
    assert [outcome.primitive for outcome in report.outcomes] == list(REGISTRY.primitives)
    assert report.backend == name
    assert not report.failures
    assert all(outcome.samples > 4 for outcome in report.outcomes)


def test_other_seeds_draw_other_samples() -> None:
    assert check_backend(NUMPY, primitives=["matmul", L.einsum], seed=1).failures == []
    first, again, other = (samples_of(L.matmul, seed)[0].inputs[0] for seed in (0, 0, 1))
    assert (first == again).all()
    assert not (first == other).any()


def test_a_wrong_value_is_found() -> None:
    def off_by_one(kernel: Any, x: Any) -> None:
        out = kernel(x)
        out[..., -1:] += 1
        return out

    difference = altered(E.exp, off_by_one)
    assert difference.what == "the result at [0, 2]"
    assert difference.got == pytest.approx(difference.expected + 1)
    assert "float64[2, 3]" in str(difference)


@pytest.mark.parametrize(
    "change,what,got",
    [
        (lambda kernel, x: kernel(x).astype("float16"), "the result of type and shape", "float16[2, 3]"),
        (lambda kernel, x: kernel(x)[None], "the result of type and shape", "float64[1, 2, 3]"),
        (lambda kernel, x: x, "the result", "a view of an argument"),
        (lambda kernel, x: 1 / 0, "a result, but", "ZeroDivisionError('division by zero')"),
    ],
)
def test_what_else_is_wrong_is_found(change: Any, what: Any, got: Any) -> None:
    difference = altered(E.tanh, change)
    assert (difference.what, difference.got) == (what, got)


def test_an_argument_that_is_changed_is_found() -> None:
    def in_place(kernel: Any, x: Any, y: Any) -> None:
        if x.flags.writeable and x.shape == np.broadcast_shapes(x.shape, y.shape):
            x += y
            return x.copy()
        return kernel(x, y)

    assert altered(E.add, in_place).what == "argument 0 unchanged, as"


def test_a_kernel_that_is_wrong_only_for_memory_out_of_order_is_found() -> None:
    def as_if_in_order(kernel: Any, x: Any) -> None:
        return np.ndarray(x.shape, x.dtype, kernel(x).copy(order="A").tobytes(order="A"))

    difference = altered(E.square, as_if_in_order)
    assert difference is not None
    assert not difference.sample.inputs[0].flags.c_contiguous


def test_a_kernel_that_is_wrong_only_at_nan_is_found() -> None:
    difference = altered(E.maximum, lambda kernel, x, y: np.fmax(x, y))
    assert np.isnan(difference.expected)
    assert not difference.sample.smooth


def test_a_kernel_that_is_wrong_only_for_integers_is_found() -> None:
    difference = altered(E.mul, lambda kernel, x, y: np.multiply(x, y, dtype=float).astype(kernel(x, y).dtype))
    assert difference is None  # exact below 2^53, and cut off as the loops do
    difference = altered(E.mul, lambda kernel, x, y: kernel(x, y) if np.asarray(x).dtype != "int8" else kernel(x, x))
    assert difference.sample.inputs[0].dtype == np.int8


def test_a_kernel_that_only_the_gradient_uses_is_found() -> None:
    backend = Altered(S.unindex, lambda kernel, x, **params: kernel(x, **params) * 2)
    report = compare_backend(backend, primitives=[S.getitem])
    assert report.outcomes[0].difference.what == "the gradient of argument 0 at [1, 0]"


def test_a_difference_is_an_error_that_lists_the_first_of_each_primitive() -> None:
    backend = Altered(L.matmul, lambda kernel, x, y: kernel(x, y) * 1.001)
    with pytest.raises(tt.BackendError, match="'altered' to agree with 'naive'; 1 of 2 primitives differ") as e:
        check_backend(backend, primitives=["add", "matmul"])
    assert "matmul(float64[2, 3], float64[3, 4]): expected the result at [0, 0]" in str(e.value)
    report = compare_backend(backend, primitives=["add", "matmul"])
    assert [outcome.ok for outcome in report.outcomes] == [True, False]
    assert str(report).startswith("ok      add\nfailed  matmul(")


def test_rounding_is_allowed_for() -> None:
    assert altered(E.exp, lambda kernel, x: kernel(x.astype("float64")).astype(x.dtype)) is None


def test_a_backend_without_a_kernel_differs() -> None:
    report = compare_backend(Backend("lonely"), primitives=["add"])
    assert "backend 'lonely' and its parents have none" in report.outcomes[0].difference.got


def test_names_that_are_not_there() -> None:
    with pytest.raises(tt.BackendError, match=r"expected a backend out of .*; got 'gpu'"):
        check_backend("gpu")
    with pytest.raises(tt.BackendError, match="registered primitive; got 'frobnicate'"):
        check_backend("numpy", primitives=["frobnicate"])


@pytest.fixture
def twice() -> None:
    """A primitive of somebody else's, with its rule and loops."""

    def kernel(x: Any, *, times: Any) -> None:
        return x * times

    made = Primitive(kernel, name="twice_for_a_test")
    derivative(made, x=lambda g, times: g * times)

    @made.kernel(get_backend("naive"))
    def loops(x: Any, *, times: Any) -> None:
        out = np.empty_like(x)
        for i in np.ndindex(x.shape):
            out[i] = sum(x[i] for _ in range(times))
        return out

    yield made
    del REGISTRY.primitives[made.name]


def test_a_primitive_without_samples_is_an_error_until_somebody_registers_them(twice: Any) -> None:
    with pytest.raises(tt.BackendError, match="samples for the primitive 'twice_for_a_test'; none are registered"):
        check_backend("numpy", primitives=[twice])

    @samples_for(twice)
    def samples(rng: Any) -> None:
        yield Sample((rng.normal(size=(2, 3)),), {"times": 3})

    assert check_backend("numpy", primitives=["twice_for_a_test"]).outcomes == (("twice_for_a_test", 1, None),)
    wrong = Altered(twice, lambda kernel, x, *, times: kernel(x, times=times) + 1)
    assert compare_backend(wrong, primitives=[twice]).failures[0].primitive == "twice_for_a_test"


def test_samples_describe_themselves() -> None:
    sample = Sample((np.ones((2, 3), "float32"), 0.5, None), {"dim": 1})
    assert str(sample) == "float32[2, 3], 0.5, None, dim=1"
