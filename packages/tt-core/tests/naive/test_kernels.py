"""The loops: all there, loops indeed, loaded when they are used, and equal to NumPy on whatever is drawn."""

import ast
import inspect
import subprocess
import sys
from importlib import import_module
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tt_core as tt
from tt_core import naive
from tt_core.dispatch import NAIVE, NUMPY, REGISTRY, Backend
from tt_core.primitives import elementwise as E
from tt_core.primitives import linalg as L
from tt_core.primitives import neural as N
from tt_core.primitives import reductions as R
from tt_core.primitives import shapes as S

FILES = {"elementwise": E, "linalg": L, "neural": N, "reductions": R, "shapes": S}
OURS = [p for module in FILES.values() for p in vars(module).values() if type(p).__name__ == "Primitive"]
SHAPE_WORK = {"arange", "asarray", "bool_", "dtype", "empty", "iinfo", "int64", "ndindex", "result_type", "zeros"}
OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.MatMult)
floats = st.floats(-100, 100, width=32)


@pytest.mark.parametrize("primitive", OURS, ids=lambda p: p.name)
def test_every_primitive_but_views_has_loops_of_its_own(primitive: Any) -> None:
    if primitive.view:
        assert set(primitive.kernels) == {NUMPY}
        return
    kernel = primitive.kernels[NAIVE]
    assert kernel.__name__ == primitive.name
    assert kernel.__module__.startswith("tt_core.naive.")
    assert kernel.__doc__


def test_all_primitives_of_this_package_were_looked_at() -> None:
    modules = {p: getattr(p.kernels[NUMPY], "__module__", "numpy") for p in REGISTRY.primitives.values()}
    assert {p for p, module in modules.items() if module.startswith(("tt_core", "numpy"))} <= set(OURS)
    assert len(OURS) > 90


@pytest.mark.parametrize("name", FILES)
def test_the_files_mirror_the_primitives_or_the_modules_of_the_course(name: Any) -> None:
    rows = [p for p in vars(FILES[name]).values() if type(p).__name__ == "Primitive" and not p.view]
    files = {p.kernels[NAIVE].__module__.removeprefix("tt_core.naive.") for p in rows if p.name != "logsumexp"}
    assert files == ({"activations", "layers", "losses"} if name == "neural" else {name})


@pytest.mark.parametrize("name", ["loops", "scalars", *naive.__all__])
def test_of_numpy_the_loops_use_what_makes_and_indexes_arrays(name: Any) -> None:
    tree = ast.parse(inspect.getsource(import_module(f"tt_core.naive.{name}")))
    used = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute) and getattr(n.value, "id", "") == "np"}
    assert used <= SHAPE_WORK


def test_loops_are_imported_when_the_first_kernel_is_asked_for() -> None:
    program = (
        "import sys, tt_core as tt\n"
        "x = tt.ones(2) + tt.ones(2)\n"
        "print('tt_core.naive' in sys.modules)\n"
        "with tt.use_backend('naive'): y = tt.ones(2) + tt.ones(2)\n"
        "print('tt_core.naive' in sys.modules, (x == y).all().item())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "True"]


class Recorder(Backend):
    """A backend that writes down which kernels ran."""

    def __init__(self, parent: Any) -> None:
        super().__init__("recorder", parent)
        self.ran = []

    def find(self, primitive: Any) -> None:
        kernel = super().find(primitive)

        def recorded(*args: Any, **kwargs: Any) -> None:
            self.ran.append((primitive, kernel))
            return kernel(*args, **kwargs)

        return recorded


def test_backward_runs_on_loops_alone_once_the_backend_is_naive() -> None:
    recorder = Recorder(NAIVE)
    x = tt.tensor([[0.5, -1.0, 2.0], [1.5, 0.2, -0.3]], requires_grad=True)
    w = tt.tensor([[1.0, -2.0], [0.5, 0.1], [0.3, 0.7]], requires_grad=True)
    with tt.use_backend(recorder):
        hidden = (x @ w).tanh()
        loss = (hidden.exp() / hidden.exp().sum(1, keepdim=True)).log()[:, 0].mean() + hidden.max(1).values.sum()
        forward = len(recorder.ran)
        loss.backward()
    assert len(recorder.ran) > forward + 10
    for primitive, kernel in recorder.ran:
        assert primitive.view or kernel.__module__.startswith("tt_core.naive."), primitive
    slow = x.grad, w.grad
    x.grad = w.grad = None
    hidden = (x @ w).tanh()
    loss = (hidden.exp() / hidden.exp().sum(1, keepdim=True)).log()[:, 0].mean() + hidden.max(1).values.sum()
    loss.backward()
    for a, b in zip(slow, (x.grad, w.grad), strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-5, atol=1e-6)


def both(primitive: Any, *args: Any, **params: Any) -> None:
    """Compute by loops and by NumPy, and hold one against the other."""
    slow, fast = (np.asarray(primitive.kernels[b](*args, **params)) for b in (NAIVE, NUMPY))
    assert slow.dtype == fast.dtype
    assert slow.shape == fast.shape
    np.testing.assert_allclose(slow, fast, rtol=1e-5, atol=1e-5)


@given(st.data(), hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, min_side=0, max_side=3))
def test_broadcasting(data: Any, drawn: Any) -> None:
    condition, x, y = (
        data.draw(hnp.arrays(dtype, shape, elements=elements))
        for dtype, shape, elements in zip(
            ("?", "f4", "f4"), drawn.input_shapes, (st.booleans(), floats, floats), strict=True
        )
    )
    both(E.mul, x, y)
    both(E.maximum, x, y)
    both(E.where, condition, x, y)


@given(st.data(), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3), st.booleans())
def test_reductions(data: Any, shape: Any, keepdim: Any) -> None:
    x = data.draw(hnp.arrays("f4", shape, elements=st.floats(-2, 2, width=32)))
    dim = data.draw(st.none() | st.sets(st.sampled_from(range(len(shape)))).map(tuple) if shape else st.none())
    both(R.sum, x, dim=dim, keepdim=keepdim)
    both(R.prod, x, dim=dim, keepdim=keepdim)
    both(R.any, x, dim=dim, keepdim=keepdim)
    both(R.logsumexp, x, dim=dim, keepdim=keepdim)


@given(
    hnp.arrays("i8", hnp.array_shapes(max_dims=2, min_side=0, max_side=6), elements=st.integers(0, 3)), st.booleans()
)
def test_sorting_keeps_the_order_of_equals(x: Any, descending: Any) -> None:
    both(R.argsort, x, dim=x.ndim - 1, descending=descending)


@given(st.data(), st.tuples(*[st.integers(0, 3)] * 3))
def test_products(data: Any, sizes: Any) -> None:
    n, k, m = sizes
    x = data.draw(hnp.arrays("f8", (2, n, k), elements=floats))
    y = data.draw(hnp.arrays("f8", (k, m), elements=floats))
    both(L.matmul, x, y)
    both(L.einsum, x, y, equation="bij,jk->kbi")
    both(N.linear, x, np.ascontiguousarray(y.T), None)


@given(st.data())
def test_indexing(data: Any) -> None:
    shape = (3, 2, 4)
    key = data.draw(hnp.basic_indices(shape, allow_newaxis=True) | hnp.integer_array_indices(shape))
    x = data.draw(hnp.arrays("f8", shape, elements=floats))
    part = np.asarray(x[key])
    both(S.unindex, part, key=key, shape=shape)
    if len(set(np.arange(24).reshape(shape)[key].ravel().tolist())) == part.size:
        both(S.setitem, x, part * 2, key=key)


@pytest.mark.parametrize(
    "primitive,args,params,message",
    [
        (E.add, ((2, 3), (4,)), {}, r"\[2, 3\] and \[4\] do not broadcast"),
        (E.where, ((2,), (2,), (3,)), {}, "do not broadcast"),
        (L.matmul, ((2, 3), (2, 3)), {}, "rows of 3 numbers meet columns of 2"),
        (L.matmul, ((2, 2, 3), (3, 3, 2)), {}, r"\[2\] and \[3\] do not broadcast"),
        (L.einsum, ((2, 3), (2, 3)), {"equation": "ij,jk->ik"}, "do not broadcast"),
        (N.linear, ((2, 3), (4, 2), (4,)), {}, "rows of 3 numbers meet weights for 2"),
        (S.cat, ((2, 3), (2, 2)), {"dim": 0}, "differ elsewhere than in dimension 0"),
        (S.setitem, ((3, 4), (3,)), {"key": slice(0, 1)}, "do not"),
        (S.setitem, ((3, 4), (2, 4)), {"key": slice(0, 1)}, r"shape \[2, 4\] do not fit the shape \[1, 4\]"),
        (S.unindex, ((5,),), {"key": slice(0, 1), "shape": (3,)}, "do not fit"),
        (R.amax, ((0, 3),), {"dim": (0,), "keepdim": False}, "no largest or smallest of no numbers"),
        (R.argmin, ((0,),), {"dim": None, "keepdim": False}, "no largest or smallest of no numbers"),
    ],
)
def test_what_does_not_fit_is_said_in_words(primitive: Any, args: Any, params: Any, message: Any) -> None:
    arrays = [np.zeros(shape) for shape in args]
    with pytest.raises(ValueError, match=message):
        primitive.kernels[NAIVE](*arrays, **params)
    with pytest.raises(ValueError, match=r"\w"):
        primitive.kernels[NUMPY](*arrays, **params)


def test_numbers_beside_an_array_do_not_widen_it() -> None:
    x = np.array([0.1, 0.7], "float32")
    assert E.add.kernels[NAIVE](x, 0.5).dtype == np.float32
    assert E.eq.kernels[NAIVE](x, 0.1).tolist() == [True, False]
    assert E.mul.kernels[NAIVE](np.array([100], "int8"), 2).tolist() == [-56]
