"""The checker of gradients: what it passes, and that it catches what is wrong and says where."""

import functools
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

import tt_core as tt
from tt_core.dispatch import REGISTRY, Primitive
from tt_core.recording import apply
from tt_core.rules import derivative
from tt_core.testing import check_gradients
from tt_core.testing.gradients import _Precision


@pytest.fixture
def primitive(request: Any) -> None:
    """Make a primitive for one test."""

    def make(kernel: Any, **rules: Any) -> None:
        made = Primitive(kernel, name=f"{kernel.__name__}_for_a_test")
        request.addfinalizer(lambda: REGISTRY.primitives.pop(made.name))
        derivative(made, **rules)
        return lambda *xs: apply(made, *xs)

    return make


def product(x: Any, y: Any) -> None:
    return x * y


def cube(x: Any) -> None:
    return x**3


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, min_side=0, max_side=3))
def test_broadcast_and_empty_inputs_pass(drawn: Any) -> None:
    x, y = (np.linspace(0.5, 2, int(np.prod(s))).reshape(s) for s in drawn.input_shapes)
    assert check_gradients(lambda x, y: x * y + x.exp(), x, y, second=True)


def test_inputs_are_taken_in_any_form_and_type_and_left_as_they_are() -> None:
    x = tt.tensor([[1.0, 2.0], [3.0, 4.0]])
    before = x.data.copy()
    wide = np.broadcast_to(np.float16([1.5, 2.5]), (2, 2))
    assert check_gradients(lambda x, y, n, flag: x * y**n if flag else x, x, wide, 3, True)
    assert check_gradients(product, x.data.T[::-1], tt.tensor(2.0, dtype=tt.float64, requires_grad=True), second=True)
    np.testing.assert_array_equal(x.data, before)
    assert not x.requires_grad
    assert x.grad is None


def test_integers_are_passed_on() -> None:
    x = tt.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    index = tt.tensor([[0, 0], [2, 1]])
    assert check_gradients(lambda x, i: x.gather(1, i) * i, x, index, second=True)


def test_several_outputs_of_which_some_have_no_gradient() -> None:
    x = tt.tensor([3.0, 1.0, 2.0])
    assert check_gradients(lambda x: x.sort(), x, second=True)
    assert check_gradients(lambda x, y: [x * y, x.detach() > 1, tt.ones(2), y.sin()], x, tt.tensor(0.7), second=True)


def test_an_input_that_is_not_used_has_no_gradient() -> None:
    assert check_gradients(lambda x, y: x * 2, tt.ones(2), tt.ones(3), second=True)


def test_recording_is_switched_on_where_it_was_off() -> None:
    with tt.no_grad():
        assert check_gradients(cube, tt.ones(2), second=True)


def test_a_constant_has_no_gradient() -> None:
    assert check_gradients(lambda x: tt.ones(3), tt.ones(2), second=True)


def test_a_wrong_rule_is_caught_with_its_place(primitive: Any) -> None:
    def mul(x: Any, y: Any) -> None:
        return x * y

    wrong = primitive(mul, x=lambda g, y: g * y, y=lambda g, x: g * (x + tt.tensor([[0.0, 0.0], [0.0, 1.0]])))
    x, y = tt.tensor([[1.0, 2.0], [3.0, 4.0]]), tt.ones(2, 2)
    with pytest.raises(
        tt.GradientError, match=r"gradient of mul_for_a_test by argument 1 at \[1, 1\] to be .*; got"
    ) as e:
        check_gradients(wrong, x, y)
    expected, got = map(float, re.findall(r"(?:be|got) (-?[\d.]+)", str(e.value)))
    assert got / expected == pytest.approx(5 / 4)


@pytest.mark.parametrize("factor", [0.0, -1.0, 0.5, 1.0001])
def test_small_and_large_errors_are_caught(primitive: Any, factor: Any) -> None:
    def exp(x: Any) -> None:
        return np.exp(x)

    wrong = primitive(exp, x=lambda g, out: g * out * factor)
    with pytest.raises(tt.GradientError, match="exp_for_a_test"):
        check_gradients(wrong, np.array([0.3, 1.0]))


def test_a_rule_that_is_not_linear_in_the_incoming_gradient_is_caught(primitive: Any) -> None:
    def neg(x: Any) -> None:
        return -x

    wrong = primitive(neg, x=lambda g: -(g * g))
    with pytest.raises(tt.GradientError, match="neg_for_a_test by argument 0"):
        check_gradients(wrong, np.ones(3))


def test_a_missing_gradient_is_caught(primitive: Any) -> None:
    def exp(x: Any) -> None:
        return np.exp(x)

    wrong = primitive(exp, x=lambda g: None)
    with pytest.raises(tt.GradientError, match=r"argument 0 at \[\] to be -?\d.*; got none"):
        check_gradients(wrong, np.array(1.0))


def test_a_gradient_lost_by_the_function_is_caught() -> None:
    def lossy(x: Any) -> None:
        return x * x.detach()

    with pytest.raises(tt.GradientError, match=r"gradient of lossy by argument 0 at \[0\]"):
        check_gradients(lossy, tt.tensor([2.0]))


def test_nan_is_caught() -> None:
    with pytest.raises(tt.GradientError, match="got nan"):
        check_gradients(lambda x: x.abs().sqrt() * 0 + (x * 0).sqrt() * x.sign(), tt.tensor([0.0, 1.0]))


def test_a_wrong_second_derivative_is_caught_when_asked_for(primitive: Any) -> None:
    def square(x: Any) -> None:
        return x * x

    once = primitive(square, x=lambda g, x: g * x.detach() * 2)
    assert check_gradients(once, np.array([1.5]))
    with pytest.raises(tt.GradientError, match=r"gradient of the gradient of square_for_a_test by argument 0 at \[0\]"):
        check_gradients(once, np.array([1.5]), second=True)


def test_a_gradient_cut_off_from_the_incoming_one_is_caught(primitive: Any) -> None:
    def double(x: Any) -> None:
        return x * 2

    cut = primitive(double, x=lambda g: g.detach() * 2)
    with pytest.raises(tt.GradientError, match="by the incoming gradient of output 0"):
        check_gradients(cut, np.array([1.5]), second=True)


def test_names_of_functions() -> None:
    class Lossy:
        def __call__(self, x: Any, scale: Any = 1) -> None:
            return x.detach() * scale

    with pytest.raises(tt.GradientError, match="gradient of Lossy by"):
        check_gradients(Lossy(), tt.ones(1))
    with pytest.raises(tt.GradientError, match="gradient of lossy by"):
        check_gradients(functools.partial(lossy_of_two, scale=2), tt.ones(1))
    with pytest.raises(tt.GradientError, match="gradient of Halved by"):
        check_gradients(Halved.apply, tt.ones(1))


class Halved(tt.Function):
    @staticmethod
    def forward(_: Any, x: Any) -> Any:
        return x * 2

    @staticmethod
    def backward(_: Any, g: Any) -> Any:
        return g


def lossy_of_two(x: Any, scale: Any) -> None:
    return x.detach() * scale


lossy_of_two.__name__ = "lossy"


@pytest.mark.parametrize("inputs", [(), (3,), (tt.tensor([1, 2]),)])
def test_nothing_to_check_is_an_error(inputs: Any) -> None:
    with pytest.raises(tt.GradientError, match="expected floating-point inputs and outputs"):
        check_gradients(lambda *xs: tt.ones(1), *inputs)
    with pytest.raises(tt.GradientError, match="of argmax; got none"):
        check_gradients(tt.argmax, tt.ones(2))


def test_tolerances_are_the_callers() -> None:
    def kinked(x: Any) -> None:
        return x.abs()

    with pytest.raises(tt.GradientError, match="kinked"):
        check_gradients(kinked, tt.tensor([1e-7]))
    assert check_gradients(kinked, tt.tensor([1e-7]), eps=1e-9)
    assert check_gradients(kinked, tt.tensor([1e-7]), atol=2.0)


@pytest.mark.parametrize("pair", [(3.0, np.inf), (np.inf, 3.0), (np.inf, np.inf), (-np.inf, np.inf), (3.0, -np.inf)])
def test_nothing_is_close_to_infinity(pair: tuple[float, float]) -> None:
    assert not _Precision(1e-6, 1e-6, 1e-5).accepts(*pair)


def test_a_function_with_an_infinite_slope_does_not_pass() -> None:
    with np.errstate(all="ignore"), pytest.raises(tt.GradientError, match="to be inf, by central differences; got 3"):
        check_gradients(jump, tt.tensor(0.0))


class Jump(tt.Function):
    """1/0 above 0, and a gradient of 3 for it."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return tt.where(x > 0, np.inf, x)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 0 + 3


def jump(x: Any) -> Any:
    return Jump.apply(x)
