from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from jaxtyping import Bool, Float, Int, Shaped

import tt_core as tt
from tt_core.errors import DTypeError, ShapeError
from tt_core.tensor import Tensor
from tt_core.typing import check_shapes


@check_shapes
def product(x: Float[Tensor, "*#batch n k"], y: Float[Tensor, "*#batch k m"]) -> Float[Tensor, "*#batch n m"]:
    """The product of two matrices."""
    return x @ y


@check_shapes
def affine(
    x: Float[Tensor, "*batch k"], weight: Float[Tensor, "m k"], bias: Float[Tensor, " m"] | None = None
) -> Float[Tensor, "*batch m"]:
    out = x @ weight.T
    return out if bias is None else out + bias


@check_shapes
def squared_error(x: Float[Tensor, "*n"], y: Float[Tensor, "*n"]) -> Float[Tensor, ""]:
    return ((x - y) ** 2).mean()


@check_shapes
def transposed(x: Shaped[Tensor, "n m"]) -> Shaped[Tensor, "m n"]:
    return x


@check_shapes
def joined(*tensors: Int[Tensor, " n"], dim: int = 0) -> tuple[Int[Tensor, "2 n"], Bool[Tensor, " ..."]]:
    return tt.stack(tensors), tt.stack(tensors) > 0


@check_shapes
def stacked(tensors: Sequence[Float[Tensor, " ..."]]) -> Float[Tensor, " ..."]:
    return tt.stack(list(tensors))


@check_shapes
def careful(x: Float[Tensor, "n n"]) -> Tensor:
    if x.ndim != 2:
        raise ShapeError("the function's own words")
    return tt.from_numpy(np.zeros(2) + np.zeros(x.shape[1] + 1))


class Layer:
    def __init__(self, size_in: int, size_out: int) -> None:
        self.size_in, self.size_out = size_in, size_out

    @check_shapes
    def forward(self, x: Float[Tensor, "*batch {self.size_in}"]) -> Float[Tensor, "*batch {self.size_out}"]:
        return x.T if x.shape == (self.size_in, self.size_in) else tt.ones(*x.shape[:-1], self.size_out)


def test_what_fits_passes() -> None:
    assert product(tt.ones(5, 2, 3), tt.ones(1, 3, 4)).shape == (5, 2, 4)
    assert product(tt.ones(2, 3), y=tt.ones(3, 4)).shape == (2, 4)
    assert affine(tt.ones(2, 7, 3), tt.ones(4, 3), tt.ones(4)).shape == (2, 7, 4)
    assert affine(tt.ones(3), tt.ones(4, 3), None).shape == (4,)
    assert squared_error(tt.ones(3, 1), tt.zeros(3, 1)).item() == 1
    assert [x.shape for x in joined(tt.arange(3), tt.arange(3), dim=0)] == [(2, 3), (2, 3)]
    assert stacked([tt.ones(3), tt.zeros(3)]).shape == (2, 3)


def test_sizes_are_free_again_in_the_next_call() -> None:
    assert product(tt.ones(2, 3), tt.ones(3, 4)).shape != product(tt.ones(5, 6), tt.ones(6, 7)).shape


def test_a_size_means_the_same_in_all_arguments() -> None:
    expected = (
        r"expected argument 'y' of squared_error to be Float\[Tensor, '\*n'\]; "
        r"got float32\[3\] beside x float32\[3, 1\]"
    )
    with pytest.raises(ShapeError, match=expected):
        squared_error(tt.ones(3, 1), tt.ones(3))


def test_an_error_inside_gets_a_note_that_says_what_came_before() -> None:
    expected = r"argument 'bias' of affine to be .*; got float32\[5\] beside x float32\[2, 3\], weight float32\[4, 3\]"
    with pytest.raises(ShapeError) as raised:
        affine(tt.ones(2, 3), tt.ones(4, 3), tt.ones(5))
    assert str(raised.value).startswith("add expected operands that fit")
    assert re.search(expected, raised.value.__notes__[0])


def test_braces_ask_the_arguments() -> None:
    assert Layer(4, 3).forward(tt.ones(2, 4)).shape == (2, 3)
    with pytest.raises(ShapeError) as raised:
        Layer(4, 3).forward(x=tt.ones(2, 5))
    assert str(raised.value) == (
        "expected argument 'x' of Layer.forward to be Float[Tensor, '*batch 4']; got float32[2, 5]"
    )
    with pytest.raises(
        ShapeError, match=r"result of Layer.forward to be Float\[Tensor, '\*batch 3'\]; got .* beside x"
    ):
        Layer(4, 3).forward(tt.ones(4, 4))


def test_a_wrong_result_is_the_functions_fault() -> None:
    expected = (
        r"expected result of transposed to be Shaped\[Tensor, 'm n'\]; got float32\[2, 3\] beside x float32\[2, 3\]"
    )
    with pytest.raises(ShapeError, match=expected):
        transposed(tt.ones(2, 3))
    assert transposed(tt.ones(2, 2)).shape == (2, 2)


def test_a_wrong_type_of_elements_is_a_dtype_error() -> None:
    with pytest.raises(DTypeError, match=r"argument 'y' of squared_error .*; got int64\[3\]"):
        squared_error(tt.ones(3), tt.arange(3))
    with pytest.raises(DTypeError, match=r"argument 'x' of transposed .*; got list"):
        transposed([[1.0]])  # type: ignore[arg-type]
    with pytest.raises(DTypeError, match=r"argument 'x' of squared_error .*; got float64\[2\]"):
        squared_error(np.ones(2), tt.ones(2))  # type: ignore[arg-type]


def test_every_one_of_many_arguments_is_checked() -> None:
    with pytest.raises(ShapeError, match="tensors of one shape") as raised:
        joined(tt.arange(3), tt.arange(2))
    note = "expected argument 'tensors' of joined to be Int[Tensor, ' n']; got int64[2] beside tensors int64[3]"
    assert raised.value.__notes__ == [note]
    with pytest.raises(ShapeError, match=r"result of joined .*; got \(int64\[3, 2\], bool\[3, 2\]\)"):
        joined(tt.arange(2), tt.arange(2), tt.arange(2))


def test_an_error_of_the_functions_own_goes_first() -> None:
    with pytest.raises(ShapeError, match="the function's own words"):
        careful(tt.ones(3))


def test_an_error_that_the_function_did_not_mean_comes_second() -> None:
    with pytest.raises(ShapeError, match=r"argument 'x' of careful .*; got float32\[3, 2\]") as raised:
        careful(tt.ones(3, 2))
    assert "broadcast" in str(raised.value.__cause__)
    with pytest.raises(ValueError, match="broadcast") as unmasked:
        careful(tt.ones(3, 3))
    assert not isinstance(unmasked.value, ShapeError)


def test_a_missing_argument_is_pythons_error() -> None:
    with pytest.raises(TypeError, match="'y'"):
        product(tt.ones(2, 2))  # type: ignore[call-arg]


def test_gradients_flow_as_ever() -> None:
    x = tt.ones(2, 3, requires_grad=True)
    product(x, tt.ones(3, 4)).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[4.0] * 3] * 2


def test_name_documentation_and_signature_stay() -> None:
    assert product.__name__ == "product"
    assert product.__doc__ == "The product of two matrices."
    assert list(inspect.signature(affine).parameters) == ["x", "weight", "bias"]


def run(code: str, switch: str | None, *flags: str) -> subprocess.CompletedProcess[str]:
    env = {key: value for key, value in os.environ.items() if key != "TT_CHECK_SHAPES"}
    env |= {} if switch is None else {"TT_CHECK_SHAPES": switch}
    return subprocess.run([sys.executable, *flags, "-c", code], env=env, capture_output=True, text=True, check=False)


SWITCHED = """
from __future__ import annotations
import sys
import tt_core as tt
from tt_core import Tensor
from tt_core.typing import Float, Int, Shaped, shaped

def first(x: Float[Tensor, "n m"], y: Int[Tensor, " n"]) -> Shaped[Tensor, " m"]:
    return x[0]

checked = shaped(first)
"""


@pytest.mark.parametrize("switch", [None, "", "0"])
def test_off_a_function_is_itself_and_jaxtyping_is_not_imported(switch: str | None) -> None:
    code = """
assert checked is first
assert Float[Tensor, "n m"] is Tensor
checked(tt.ones(2), tt.ones(3))
assert not {"jaxtyping", "beartype"} & set(sys.modules)
"""
    done = run(SWITCHED + code, switch)
    assert done.returncode == 0, done.stderr


def test_on_the_same_function_is_checked() -> None:
    code = """
assert checked is not first
assert tuple(checked(tt.ones(2, 3), tt.arange(2)).shape) == (3,)
try:
    checked(tt.ones(2, 3), tt.arange(3))
except tt.ShapeError as error:
    print(error)
"""
    done = run(SWITCHED + code, "1")
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout == "expected argument 'y' of first to be Int[Tensor, ' n']; got int64[3] beside x float32[2, 3]\n"
    )


def test_on_without_beartype_one_error_says_so() -> None:
    done = run("import sys; sys.modules['beartype'] = None; import tt_core.typing", "1")
    assert done.returncode == 1
    assert "ImportError: expected beartype and jaxtyping because TT_CHECK_SHAPES is 1" in done.stderr
