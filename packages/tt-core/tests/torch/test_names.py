"""Every name of the public interface is there, as a function or a method, and takes PyTorch's keywords."""

from __future__ import annotations

import pytest
import torch

import tt_core as tt
from tt_core import Tensor

from .harness import compare_results, ours

ATTRIBUTES = "data grad grad_fn shape dtype ndim requires_grad is_leaf T mT"
METHODS = """
size numel dim item tolist numpy detach clone to float double long bool contiguous backward zero_ copy_ add_
requires_grad_ register_hook __array__ __dlpack__ __len__ __iter__ __bool__ __float__ __int__ __getitem__ __setitem__
add sub mul div pow neg abs sign exp expm1 log log1p log2 log10 sqrt rsqrt square reciprocal sin cos tan asin acos atan
sinh cosh tanh sigmoid erf floor ceil round clamp maximum minimum where lerp addcmul logaddexp isnan isclose eq ne lt le
gt ge masked_fill
sum mean prod var std amax amin max min argmax argmin logsumexp norm cumsum cumprod all any count_nonzero
matmul mm bmm mv dot outer addmm baddbmm trace diag diagonal
reshape view transpose permute t movedim flatten squeeze unsqueeze expand broadcast_to repeat tile repeat_interleave
split chunk unbind narrow select flip roll tril triu gather scatter scatter_add index_select index_add index_put
take_along_dim masked_select nonzero topk sort argsort
relu softmax log_softmax clip cpu logical_and logical_or logical_xor equal new_zeros new_ones new_full new_tensor
absolute multiply subtract divide
"""
FUNCTIONS = """
Tensor tensor as_tensor from_numpy zeros ones full empty arange linspace eye zeros_like ones_like full_like rand randn
randint randperm normal bernoulli multinomial manual_seed Generator float16 float32 float64 int8 uint8 int32 int64 bool
add sub mul div pow neg abs sign exp expm1 log log1p log2 log10 sqrt rsqrt square reciprocal sin cos tan asin acos atan
sinh cosh tanh sigmoid erf floor ceil round clamp maximum minimum where lerp addcmul logaddexp isnan isclose eq ne lt le
gt ge masked_fill
sum mean prod var std var_mean amax amin max min argmax argmin logsumexp norm cumsum cumprod all any count_nonzero
matmul mm bmm mv dot outer einsum addmm baddbmm trace diag diagonal
reshape view transpose permute t movedim flatten squeeze unsqueeze expand broadcast_to repeat tile repeat_interleave cat
stack hstack vstack split chunk unbind narrow select flip roll tril triu gather scatter scatter_add index_select
index_add index_put take_along_dim masked_select nonzero topk sort argsort meshgrid one_hot
relu softmax log_softmax clip concat concatenate logical_and logical_or logical_xor equal is_tensor
absolute multiply subtract divide
no_grad enable_grad inference_mode grad Function checkpoint jacobian hessian vjp jvp
use_backend set_backend available_backends functional nn linalg testing
"""


@pytest.mark.parametrize("name", [*ATTRIBUTES.split(), *METHODS.split()])
def test_tensors_have(name: str) -> None:
    assert hasattr(tt.ones(2, 2), name)


@pytest.mark.parametrize("name", FUNCTIONS.split())
def test_the_package_has(name: str) -> None:
    assert hasattr(tt, name)
    assert name in tt.__all__


A = torch.arange(6.0).reshape(2, 3)
S = torch.arange(9.0).reshape(3, 3)
B = torch.arange(12.0).reshape(2, 2, 3)
C = torch.arange(18.0).reshape(2, 3, 3)
V = torch.tensor([1.0, -2.0, 3.0])
J = torch.tensor([[0, 2, 1], [1, 0, 2]])
K = torch.tensor([2, 0])
M = torch.tensor([[True, False, True], [False, True, True]])

KEYWORDS = [  # name, arguments after the first: by PyTorch's names
    *[
        (name, A, {"other": A + 1})
        for name in [
            "add",
            "sub",
            "mul",
            "div",
            "maximum",
            "minimum",
            "logaddexp",
            "multiply",
            "subtract",
            "divide",
            "eq",
            "ne",
            "lt",
            "le",
            "gt",
            "ge",
        ]
    ],
    *[
        (name, A, {"other": A + 1})
        for name in ["isclose", "remainder", "floor_divide", "logical_and", "logical_or", "logical_xor"]
    ],
    ("add", A, {"other": A, "alpha": 2}),
    ("sub", A, {"other": A, "alpha": 2}),
    ("div", A, {"other": V, "rounding_mode": "floor"}),
    ("pow", A, {"exponent": 3}),
    ("round", A, {"decimals": 1}),
    ("clamp", A, {"min": 1, "max": 4}),
    ("clip", A, {"min": 1, "max": 4}),
    ("softmax", A, {"dim": 1, "dtype": torch.float64}),
    ("log_softmax", A, {"dim": 0}),
    ("relu", -A, {}),
    ("absolute", -A, {}),
    ("where", M, {"input": A, "other": -A}),
    ("lerp", A, {"end": -A, "weight": 0.25}),
    ("addcmul", A, {"tensor1": A, "tensor2": A, "value": 0.5}),
    ("addcdiv", A, {"tensor1": A, "tensor2": A + 1, "value": 0.5}),
    ("masked_fill", A, {"mask": M, "value": -1.0}),
    *[
        (name, A, {"dim": 1, "keepdim": True})
        for name in ["sum", "mean", "prod", "amax", "amin", "max", "min", "argmax", "argmin", "all", "any"]
    ],
    *[(name, A, {"dim": 1, "keepdim": True, "correction": 0}) for name in ("var", "std", "var_mean")],
    ("logsumexp", A, {"dim": 0, "keepdim": True}),
    ("norm", A, {"p": 3, "dim": 1, "keepdim": True}),
    ("cumsum", A, {"dim": 1}),
    ("cumprod", A, {"dim": 1}),
    ("count_nonzero", A, {"dim": 1}),
    ("sum", A, {"dtype": torch.float64}),
    ("max", A, {"other": -A}),
    ("min", A, {"other": -A}),
    ("matmul", A, {"other": S}),
    ("mm", A, {"mat2": S}),
    ("bmm", B, {"mat2": C}),
    ("mv", A, {"vec": V}),
    ("dot", V, {"tensor": V}),
    ("outer", V, {"vec2": V}),
    ("addmm", A, {"mat1": A, "mat2": S, "beta": 2, "alpha": 0.5}),
    ("baddbmm", B, {"batch1": B, "batch2": C, "beta": 2, "alpha": 0.5}),
    ("diag", S, {"diagonal": 1}),
    ("diagonal", C, {"offset": 1, "dim1": 0, "dim2": -1}),
    ("reshape", A, {"shape": (3, 2)}),
    ("transpose", A, {"dim0": 0, "dim1": 1}),
    ("permute", B, {"dims": (2, 0, 1)}),
    ("movedim", B, {"source": 0, "destination": 2}),
    ("flatten", B, {"start_dim": 1, "end_dim": 2}),
    ("squeeze", A[:1], {"dim": 0}),
    ("unsqueeze", A, {"dim": -1}),
    ("broadcast_to", V, {"size": (2, 3)}),
    ("tile", A, {"dims": (2,)}),
    ("repeat_interleave", A, {"repeats": 2, "dim": 1}),
    ("chunk", A, {"chunks": 2, "dim": 1}),
    ("unbind", A, {"dim": 1}),
    ("narrow", A, {"dim": 1, "start": 1, "length": 2}),
    ("select", A, {"dim": 1, "index": -1}),
    ("flip", A, {"dims": (0, 1)}),
    ("roll", A, {"shifts": 1, "dims": 1}),
    ("tril", A, {"diagonal": 1}),
    ("triu", A, {"diagonal": 1}),
    ("gather", A, {"dim": 1, "index": J}),
    ("scatter", A, {"dim": 1, "index": J, "src": -A}),
    ("scatter", A, {"dim": 1, "index": J, "value": 7.0}),
    ("scatter_add", A, {"dim": 1, "index": J, "src": -A}),
    ("index_select", A, {"dim": 1, "index": K}),
    ("index_add", S, {"dim": 0, "index": K, "source": A, "alpha": 2}),
    ("index_put", A, {"indices": (torch.tensor([0]),), "values": V, "accumulate": True}),
    ("take_along_dim", A, {"indices": J, "dim": 1}),
    ("masked_select", A, {"mask": M}),
    ("nonzero", A, {"as_tuple": True}),
    ("topk", A, {"k": 2, "dim": 1, "largest": False, "sorted": True}),
    ("sort", A, {"dim": 1, "descending": True}),
    ("sort", A, {"dim": 0, "stable": True}),
    ("argsort", A, {"dim": 1, "descending": True}),
    ("unflatten", A, {"dim": 1, "sizes": (3, 1)}),
]


@pytest.mark.parametrize("name, x, keywords", KEYWORDS, ids=[name for name, *_ in KEYWORDS])
def test_keywords_are_pytorchs(name: str, x: torch.Tensor, keywords: dict[str, object]) -> None:
    expected = getattr(torch, name)(x, **keywords)
    compare_results(getattr(tt, name)(ours(x), **ours(keywords)), expected, name)
    if name != "where" and hasattr(torch.Tensor, name):
        compare_results(getattr(Tensor, name)(ours(x), **ours(keywords)), expected, f"Tensor.{name}")


@pytest.mark.parametrize("name, x, keywords", KEYWORDS, ids=[name for name, *_ in KEYWORDS])
def test_positions_are_pytorchs(name: str, x: torch.Tensor, keywords: dict[str, object]) -> None:
    positional = tuple(keywords.values())
    try:
        expected = getattr(torch, name)(x, *positional)
    except TypeError:
        pytest.skip("PyTorch takes it by name only")
    compare_results(getattr(tt, name)(ours(x), *ours(positional)), expected, name)


METHOD_CALLS = [
    ("expand", V, (2, -1)),
    ("expand", V, ((2, 3),)),
    ("repeat", A, (2, 1)),
    ("repeat", A, ((2, 1, 1),)),
    ("view", A, (-1,)),
    ("view", A, ((3, 2),)),
    ("reshape", A, (3, -1)),
    ("permute", B, (2, 0, 1)),
    ("flip", A, (0, 1)),
    ("tile", A, (2, 2)),
    ("size", A, ()),
    ("size", A, (-1,)),
    ("split", A, (1,)),
    ("split", A, ([1, 2], 1)),
    ("cpu", A, ()),
    ("new_zeros", A, (2, 3)),
    ("new_zeros", K, ((2, 3),)),
    ("new_ones", K, (2,)),
    ("new_full", K, ((2,), 3.7)),
    ("new_tensor", K, ([1.5, 2.5],)),
    ("to", A, (torch.int64,)),
    ("to", A, ("cpu", torch.float64)),
    ("to", A, (M,)),
    ("type_as", A, (M,)),
]


@pytest.mark.parametrize("name, x, arguments", METHOD_CALLS, ids=[name for name, *_ in METHOD_CALLS])
def test_methods_take_sizes_one_by_one_or_as_one(name: str, x: torch.Tensor, arguments: tuple[object, ...]) -> None:
    expected = getattr(x, name)(*arguments)
    compare_results(getattr(ours(x), name)(*ours(arguments)), expected, name)


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("zeros", ((2, 3),)),
        ("ones", (2, 3)),
        ("full", ((2,), 3.5)),
        ("full", ((2,), 3)),
        ("full", ((2,), True)),
        ("arange", (5,)),
        ("arange", (1, 10, 3)),
        ("arange", (0.0, 1.0, 0.25)),
        ("arange", (5, 0, -2)),
        ("linspace", (-1, 1, 5)),
        ("eye", (2, 3)),
        ("tensor", ([[1, 2], [3, 4]],)),
        ("tensor", ([1.5, 2],)),
        ("tensor", (True,)),
        ("as_tensor", ([1, 2],)),
    ],
)
def test_creation_is_pytorchs(name: str, arguments: tuple[object, ...]) -> None:
    for options in ({}, {"dtype": torch.float64}, {"device": "cpu"}):
        expected = getattr(torch, name)(*arguments, **options)
        compare_results(getattr(tt, name)(*arguments, **ours(options)), expected, name)


@pytest.mark.parametrize("name", ["rand", "randn", "zeros", "ones", "empty"])
def test_sizes_may_be_named(name: str) -> None:
    assert getattr(tt, name)(size=(2, 3)).shape == getattr(tt, name)(2, 3).shape == getattr(tt, name)((2, 3)).shape


def test_another_device_is_refused_by_name() -> None:
    with pytest.raises(tt.NotSupportedError, match="expected device 'cpu', the only one there is; got 'cuda'"):
        tt.zeros(2, device="cuda")
    with pytest.raises(NotImplementedError, match="cuda"):
        tt.zeros(2).to("cuda")
