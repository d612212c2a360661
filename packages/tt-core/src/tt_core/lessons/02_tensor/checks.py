"""What module 02 must do: inputs, and what must come out by NumPy's word or by plain arithmetic."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tt_core.course.checks import Check, Raised, Rng

Inputs = dict[str, Any]


def described(x: Any) -> Inputs:
    return {"values": np.asarray(x), "dtype": str(np.asarray(x).dtype)}


def three_shapes(rng: Rng) -> Inputs:
    """Draw a shape, and three that broadcast to it: cut off in front, with ones put in."""
    whole = [int(n) for n in rng.integers(2, 6, 4)]
    ones = [int(d) for d in rng.permutation(4)[:2]]
    first = [1 if d == ones[0] else n for d, n in enumerate(whole)]
    second = [1 if d == ones[1] else n for d, n in enumerate(whole)][1:]
    return {"shapes": [second, first, whole[3:]]}


def floats(*shape: int) -> Any:
    return lambda rng: rng.normal(size=shape)


COMMON_SHAPE = [
    Check(
        "common_shape",
        "broadcasts (2, 1, 3) and (4, 1) to (2, 4, 3)",
        "together",
        {"shapes": [[2, 1, 3], [4, 1]]},
        [2, 4, 3],
    ),
    Check(
        "common_shape",
        "broadcasts three shapes of different lengths",
        "together",
        three_shapes,
        lambda shapes: list(np.broadcast_shapes(*map(tuple, shapes))),
        hint="Shapes are compared from their last sizes backwards.",
    ),
    Check(
        "common_shape", "takes a lone shape as it is, also that of a single number", "together", {"shapes": [[]]}, []
    ),
    Check(
        "common_shape",
        "treats 0 as any other size: 1 stretches to 0",
        "together",
        {"shapes": [[3, 0], [1]]},
        [3, 0],
        hint="The larger of 0 and 1 is 1, but the common size is 0: nothing to repeat one number for.",
    ),
    Check(
        "common_shape",
        "refuses (2, 3) with (2, 4) and names both shapes",
        "together",
        {"shapes": [[2, 3], [2, 4]]},
        Raised("ValueError", ("2, 3", "2, 4")),
    ),
    Check(
        "common_shape",
        "refuses (4, 3) with (4,), which would fit if shapes were aligned in front",
        "together",
        {"shapes": [[4, 3], [4]]},
        Raised("ValueError", ("4, 3",)),
    ),
    Check(
        "common_shape",
        "refuses sizes of which the third does not fit the first two",
        "together",
        {"shapes": [[5, 2], [1, 2], [3, 1]]},
        Raised("ValueError", ("5", "3")),
    ),
]

AT = [
    Check(
        "at",
        "reads (4, 1) at (3, 0) for the element (1, 3, 2)",
        "read_at",
        {"index": [1, 3, 2], "shape": [4, 1]},
        [3, 0],
    ),
    Check(
        "at",
        "reads what `numpy.broadcast_to` reads, everywhere",
        "all_read",
        lambda rng: {"x": rng.normal(size=(3, 1, 4)), "shape": [2, 3, 2, 4]},
        lambda x, shape: np.broadcast_to(x, shape),  # noqa: PLW0108 - NumPy names its parameter otherwise
        hint="Dimensions that the operand lacks are in front: the end of the index counts.",
    ),
    Check("at", "reads a single number at the empty index", "read_at", {"index": [4, 2], "shape": []}, []),
    Check(
        "at",
        "reads an operand of the result's own shape where the result is",
        "read_at",
        {"index": [1, 0, 2], "shape": [2, 3, 4]},
        [1, 0, 2],
    ),
    Check(
        "at",
        "reads at 0 in dimensions that only the operand has",
        "read_at",
        {"index": [2], "shape": [1, 1, 3]},
        [0, 0, 2],
    ),
]

EACH = [
    Check(
        "each",
        "adds a column (2, 1) and a row (3,)",
        "elementwise",
        lambda rng: {"function": "+", "operands": [rng.normal(size=(2, 1)), rng.normal(size=3)]},
        lambda function, operands: described(operands[0] + operands[1]),
    ),
    Check(
        "each",
        "keeps the order of its operands: x - y is not y - x",
        "elementwise",
        lambda rng: {"function": "-", "operands": [rng.normal(size=(2, 2)), rng.normal(size=(2, 2))]},
        lambda function, operands: described(operands[0] - operands[1]),
    ),
    Check(
        "each",
        "takes three operands, all of which broadcast",
        "elementwise",
        lambda rng: {
            "function": "a if c else b",
            "operands": [rng.random((3, 1)) < 0.5, rng.normal(size=(1, 4)), rng.normal(size=())],
            "dtype": "float64",
        },
        lambda function, operands, dtype: described(np.where(*operands)),
    ),
    Check(
        "each",
        "gives int8 for two arrays of int8, and wraps 100 + 100 around to -56",
        "elementwise",
        {"function": "+", "operands": [np.array([100, 1], np.int8), np.array([100, 2], np.int8)]},
        {"values": np.array([-56, 3]), "dtype": "int8"},
        hint="Store with `put`: it knows how many bits the type has.",
    ),
    Check(
        "each",
        "gives int8 for an array of int8 and Python's 100",
        "elementwise",
        {"function": "+", "operands": [np.array([1, 2], np.int8), 100]},
        {"values": np.array([101, 102]), "dtype": "int8"},
        hint="Ask `result_type` of the operands as they came: an array made of 100 would be int64.",
    ),
    Check(
        "each",
        "hands Python's numbers to the function, not NumPy's",
        "handed_over",
        {"x": np.array([100, 1], np.int8)},
        ["int", "int"],
        hint="`x.item(index)` reads a Python number, `x[index]` one of NumPy's, which wraps around by itself.",
    ),
    Check(
        "each",
        "gives the type that it is asked for",
        "elementwise",
        {"function": "==", "operands": [np.array([1, 2, 3]), np.array([1, 5, 3])], "dtype": "bool"},
        {"values": np.array([True, False, True]), "dtype": "bool"},
    ),
    Check(
        "each",
        "takes 0.1 as the array beside it would hold it: a float32's 0.1 equals it",
        "elementwise",
        {"function": "==", "operands": [np.array([0.1, 0.2], np.float32), 0.1], "dtype": "bool"},
        {"values": np.array([True, False]), "dtype": "bool"},
        hint="`as_array(x, operands)` makes arrays of Python numbers.",
    ),
    Check(
        "each",
        "gives an array without dimensions for two numbers",
        "elementwise",
        {"function": "*", "operands": [np.array(6.0), np.array(7.0)]},
        {"values": np.array(42.0), "dtype": "float64"},
    ),
    Check(
        "each",
        "gives an empty array for an empty one",
        "elementwise",
        {"function": "+", "operands": [np.zeros((0, 3)), np.zeros((1, 3))]},
        {"values": np.zeros((0, 3)), "dtype": "float64"},
    ),
    Check(
        "each",
        "leaves its operands as they were",
        "untouched",
        lambda rng: {"x": rng.normal(size=(2, 3)), "y": rng.normal(size=3)},
        lambda x, y: [x, y],
    ),
    Check(
        "each",
        "refuses shapes that do not broadcast",
        "elementwise",
        {"function": "+", "operands": [np.zeros(2), np.zeros(3)]},
        Raised("ValueError", ("2", "3")),
    ),
]

FOLDS = [
    Check(
        "folds",
        "adds numbers up",
        "folded",
        lambda rng: {"function": "total", "numbers": rng.normal(size=7).tolist()},
        lambda function, numbers: math.fsum(numbers),
    ),
    Check("folds", "finds 0 as the sum of nothing", "folded", {"function": "total", "numbers": []}, 0),
    Check(
        "folds",
        "multiplies numbers",
        "folded",
        lambda rng: {"function": "product", "numbers": rng.normal(size=5).tolist()},
        lambda function, numbers: math.prod(numbers),
    ),
    Check("folds", "finds 1 as the product of nothing", "folded", {"function": "product", "numbers": []}, 1),
    Check(
        "folds",
        "keeps whole numbers whole and exact",
        "folded",
        {"function": "product", "numbers": [3**20, 3**20, 7]},
        3**40 * 7,
        hint="Start from the whole number 1, not from 1.0.",
    ),
    Check(
        "folds",
        "finds the largest of negative numbers",
        "best",
        lambda rng: {"better": "larger", "numbers": (-rng.random(6) - 1).tolist()},
        lambda better, numbers: max(numbers),
        hint="Start from the first number: 0 would win against all negative ones.",
    ),
    Check(
        "folds",
        "finds the smallest of positive numbers",
        "best",
        lambda rng: {"better": "smaller", "numbers": (rng.random(6) + 1).tolist()},
        lambda better, numbers: min(numbers),
    ),
    Check(
        "folds",
        "finds nan where there is one, wherever it stands",
        "best",
        {"better": "larger", "numbers": [1.0, math.nan, 2.0]},
        math.nan,
        hint="Let `better` decide each time: it knows of nan, `>` and `max` do not.",
    ),
    Check(
        "folds",
        "refuses to name the largest of no numbers",
        "best",
        {"better": "larger", "numbers": []},
        Raised("ValueError"),
    ),
]

REDUCED = [
    Check(
        "reduced",
        "sums the rows of a matrix",
        "reduced",
        lambda rng: {"function": "sum", "x": rng.normal(size=(2, 3)), "dim": [1], "keepdim": False},
        lambda function, x, dim, keepdim: described(x.sum(1)),
    ),
    Check(
        "reduced",
        "finds the largest of each column, and keeps the dimension when asked to",
        "reduced",
        lambda rng: {"function": "largest", "x": rng.normal(size=(2, 3)), "dim": [0], "keepdim": True},
        lambda function, x, dim, keepdim: described(x.max(0, keepdims=True)),
    ),
    Check(
        "reduced",
        "reduces all dimensions when `dim` is None",
        "reduced",
        lambda rng: {"function": "sum", "x": rng.normal(size=(2, 3, 2)), "dim": None, "keepdim": False},
        lambda function, x, dim, keepdim: described(x.sum()),
    ),
    Check(
        "reduced",
        "reduces the outer two of three dimensions",
        "reduced",
        lambda rng: {"function": "sum", "x": rng.normal(size=(2, 3, 4)), "dim": [0, 2], "keepdim": False},
        lambda function, x, dim, keepdim: described(x.sum((0, 2))),
    ),
    Check(
        "reduced",
        "keeps each reduced dimension as 1, of three the outer two",
        "reduced",
        lambda rng: {"function": "sum", "x": rng.normal(size=(2, 3, 4)), "dim": [2, 0], "keepdim": True},
        lambda function, x, dim, keepdim: described(x.sum((0, 2), keepdims=True)),
    ),
    Check(
        "reduced",
        "drops the reduced dimensions only, and no others of size 1",
        "reduced",
        lambda rng: {"function": "sum", "x": rng.normal(size=(3, 1, 2)), "dim": [0], "keepdim": False},
        lambda function, x, dim, keepdim: described(x.sum(0)),
        hint="`squeeze()` drops every 1: (3, 1, 2) over 0 is (1, 2).",
    ),
    Check(
        "reduced",
        "hands the numbers over in row-major order",
        "reduced",
        lambda rng: {
            "function": "2 · the second - the last",
            "x": rng.normal(size=(3, 2, 2)),
            "dim": [0, 2],
            "keepdim": False,
        },
        lambda function, x, dim, keepdim: described(2 * x[0, :, 1] - x[2, :, 1]),
    ),
    Check(
        "reduced",
        "gives the type that it is asked for, and else that of x",
        "reduced",
        {"function": "how many", "x": np.zeros((3, 2), np.float32), "dim": [0], "keepdim": False, "dtype": "int64"},
        {"values": np.array([3, 3]), "dtype": "int64"},
    ),
    Check(
        "reduced",
        "wraps what is too large for the type around",
        "reduced",
        {"function": "sum", "x": np.array([[200, 100]], np.uint8), "dim": [1], "keepdim": False},
        {"values": np.array([44]), "dtype": "uint8"},
        hint="Store with `put`.",
    ),
    Check(
        "reduced",
        "calls the function with an empty list for a dimension of size 0",
        "reduced",
        {"function": "how many", "x": np.zeros((0, 2)), "dim": [0], "keepdim": False},
        {"values": np.array([0.0, 0.0]), "dtype": "float64"},
    ),
    Check(
        "reduced",
        "takes a single number as a list of one",
        "reduced",
        {"function": "first", "x": np.array(5.0), "dim": None, "keepdim": False},
        {"values": np.array(5.0), "dtype": "float64"},
    ),
    Check(
        "reduced",
        "lets the function's own error through, such as for the first of no numbers",
        "reduced",
        {"function": "largest", "x": np.zeros((2, 0)), "dim": [1], "keepdim": False},
        Raised("ValueError"),
    ),
]


def matrices(first: tuple[int, ...], second: tuple[int, ...]) -> Any:
    return lambda rng: {"x": rng.normal(size=first), "y": rng.normal(size=second)}


def by_numpy(x: Any, y: Any) -> Inputs:
    return described(x @ y)


MATMUL = [
    Check(
        "matmul",
        "multiplies a (2, 3) by a (3, 4) matrix",
        "product",
        matrices((2, 3), (3, 4)),
        by_numpy,
        hint="Row i of x meets column j of y.",
    ),
    Check(
        "matmul",
        "multiplies whole numbers exactly",
        "product",
        {"x": np.array([[1, 2], [3, 4]]), "y": np.array([[0, 1], [1, 1]])},
        {"values": np.array([[2, 3], [4, 7]]), "dtype": "int64"},
    ),
    Check(
        "matmul",
        "wraps what is too large for the type around: 100 + 100 in int8 is -56",
        "product",
        {"x": np.array([[100, 100]], np.int8), "y": np.array([[1], [1]], np.int8)},
        {"values": np.array([[-56]]), "dtype": "int8"},
        hint="Store with `put`.",
    ),
    Check("matmul", "multiplies five pairs of matrices", "product", matrices((5, 2, 3), (5, 3, 2)), by_numpy),
    Check(
        "matmul",
        "broadcasts the batches (2, 1) and (3,)",
        "product",
        matrices((2, 1, 2, 3), (3, 3, 2)),
        by_numpy,
        hint="`common_shape` and `at` are for the dimensions before the last two.",
    ),
    Check(
        "matmul",
        "gives the common type, float64, of float32 and int64",
        "product",
        {"x": np.ones((1, 2), np.float32), "y": np.array([[2], [3]], np.int64)},
        {"values": np.array([[5.0]]), "dtype": "float64"},
    ),
    Check(
        "matmul",
        "keeps the sum in a Python number: 1e8 + 600 · 0.75 - 1e8 is 450 in float32 too",
        "product",
        {"x": np.array([[1e8, *[0.75] * 600, -1e8]], np.float32), "y": np.ones((602, 1), np.float32)},
        {"values": np.array([[450.0]]), "dtype": "float32"},
        hint="`x.item(i, k)` is a Python number of 53 bits; `x[i, k]` is a NumPy float32 of 24, and so are sums of it.",
    ),
    Check(
        "matmul",
        "multiplies in its own loops, and leaves no product to NumPy",
        "products_of_numpy",
        matrices((2, 3), (3, 2)),
        [],
        hint="`x @ y` is what stands in the other column of the table: here is where it is said what it means.",
    ),
    Check(
        "matmul",
        "gives zeros where rows have no numbers",
        "product",
        {"x": np.ones((2, 0)), "y": np.ones((0, 3))},
        {"values": np.zeros((2, 3)), "dtype": "float64"},
    ),
    Check(
        "matmul",
        "refuses (2, 3) by (2, 4) and names both lengths",
        "product",
        {"x": np.ones((2, 3)), "y": np.ones((2, 4))},
        Raised("ValueError", ("3", "2")),
    ),
    Check(
        "matmul",
        "refuses (2, 3) by (4, 2), whose longer columns would be cut off",
        "product",
        {"x": np.ones((2, 3)), "y": np.ones((4, 2))},
        Raised("ValueError", ("3", "4")),
    ),
]


def some_kernels(rng: Rng) -> Inputs:
    """Draw which backends above NumPy's have a kernel, in any order."""
    names = ["numpy", *(name for name in ("middle", "top") if rng.random() < 0.5)]
    return {"asked": "top", "kernels": [names[k] for k in rng.permutation(len(names))]}


FIND = [
    Check(
        "find",
        "takes the backend's own kernel rather than its parent's",
        "found",
        {"asked": "middle", "kernels": ["numpy", "middle", "top"]},
        "middle",
    ),
    Check(
        "find",
        "takes the parent's kernel where there is no own one",
        "found",
        {"asked": "middle", "kernels": ["numpy", "top"]},
        "numpy",
    ),
    Check(
        "find",
        "asks the parent's parent if need be",
        "found",
        {"asked": "top", "kernels": ["numpy"]},
        "numpy",
        hint="The parent is a backend too, and has a `find` of its own.",
    ),
    Check(
        "find",
        "stops at the nearest ancestor that has a kernel",
        "found",
        some_kernels,
        lambda asked, kernels: next(name for name in ("top", "middle", "numpy") if name in kernels),
    ),
    Check(
        "find",
        "imports the backend's modules, since importing registers kernels",
        "imported_first",
        {"module": "colorsys"},
        {"colorsys is imported": True},
        hint="`import_module(name)` imports a module by name.",
    ),
    Check(
        "find",
        "says which primitive lacks a kernel, and which parent was asked last",
        "found",
        {"asked": "middle", "kernels": ["top"]},
        Raised("BackendError", ("spoken", "numpy")),
    ),
]

TENSOR = [
    Check(
        "tensor",
        "makes float32 of nested lists of Python floats",
        "made",
        lambda rng: {"data": rng.normal(size=(2, 3)).tolist()},
        lambda data: {"values": np.array(data), "dtype": "float32", "shape": [2, 3]},
        rtol=1e-5,
    ),
    Check(
        "tensor",
        "makes int64 of whole numbers",
        "made",
        {"data": [[1, 2], [3, 4]]},
        {"values": np.array([[1, 2], [3, 4]]), "dtype": "int64", "shape": [2, 2]},
    ),
    Check(
        "tensor",
        "makes bool of truth values",
        "made",
        {"data": [True, False]},
        {"values": np.array([True, False]), "dtype": "bool", "shape": [2]},
    ),
    Check(
        "tensor",
        "makes a tensor without dimensions of one number",
        "made",
        {"data": 2.5},
        {"values": np.array(2.5), "dtype": "float32", "shape": []},
    ),
    Check(
        "tensor",
        "keeps the type of an array",
        "made",
        lambda rng: {"data": rng.normal(size=3)},
        lambda data: {"values": data, "dtype": "float64", "shape": [3]},
        hint="Only Python's floats become float32: what has a dtype has been given it by somebody.",
    ),
    Check(
        "tensor",
        "keeps the type of NumPy's numbers in a list",
        "made_of_numpy_numbers",
        {"numbers": [0.1, 0.2]},
        {"values": np.array([0.1, 0.2]), "dtype": "float64"},
        rtol=1e-12,
    ),
    Check(
        "tensor",
        "makes the type that it is asked for",
        "made",
        {"data": [1, 2], "dtype": "float16"},
        {"values": np.array([1.0, 2.0]), "dtype": "float16", "shape": [2]},
    ),
    Check(
        "tensor",
        "copies another tensor, type and all",
        "made_of_tensor",
        lambda rng: {"x": rng.normal(size=(2, 2))},
        described,
    ),
    Check(
        "tensor",
        "copies an array: -1, written into it afterwards, does not show",
        "own_memory",
        lambda rng: {"x": rng.normal(size=4), "copy": True},
        lambda x, copy: x,
    ),
    Check(
        "tensor",
        "shares an array's memory with copy=False: -1, written into the array afterwards, shows in the result",
        "own_memory",
        lambda rng: {"x": rng.normal(size=4), "copy": False},
        lambda x, copy: np.full_like(x, -1),
        hint="`np.array(data, copy=None)` copies only if it must; `copy=False` would refuse where it must.",
    ),
    Check(
        "tensor",
        "makes an array of a list with copy=False too, where it must",
        "array_of",
        {"data": [1.0], "copy": False},
        {"values": np.array([1.0]), "dtype": "float32"},
        hint="NumPy's `copy=False` refuses where it must copy; `copy=None` does not.",
    ),
    Check(
        "tensor",
        "is a leaf at first: no gradient, no node, no hooks, no version",
        "past",
        {"data": [1.0], "requires_grad": False},
        {"requires_grad": False, "grad, node, hooks and version are None": [True] * 4},
    ),
    Check(
        "tensor",
        "requires a gradient when asked to",
        "past",
        {"data": [1.0], "requires_grad": True},
        {"requires_grad": True, "grad, node, hooks and version are None": [True] * 4},
    ),
    Check(
        "tensor",
        "refuses a gradient for whole numbers",
        "past",
        {"data": [1], "requires_grad": True},
        Raised("GradientError", ("int64",)),
        hint="`self.requires_grad_()` knows when there is no gradient.",
    ),
    Check(
        "tensor",
        "refuses lists of different lengths and names them",
        "made",
        {"data": [[1.0, 2.0], [3.0, 4.0, 5.0]]},
        Raised("ShapeError", ("2", "3")),
    ),
    Check("tensor", "refuses text", "made", {"data": ["one", "two"]}, Raised("DTypeError")),
    Check(
        "tensor",
        "refuses text even where digits could be read as the type that is asked for",
        "made",
        {"data": ["1", "2"], "dtype": "float32"},
        Raised("DTypeError"),
    ),
    Check(
        "tensor",
        "refuses a type that is not supported, such as uint16",
        "made",
        {"data": np.zeros(2, np.uint16)},
        Raised("DTypeError", ("uint16",)),
    ),
    Check(
        "tensor",
        "shows its array to those who count memory",
        "bytes_counted",
        {"x": np.zeros((10, 10))},
        800,
        hint="Make the array a tensor with `wrap`, and take that tensor's data.",
    ),
]

RESHAPE = [
    Check(
        "reshape",
        "shows 12 numbers as (3, 4), in their order",
        "reshaped",
        lambda rng: {"x": rng.normal(size=(2, 6)), "shape": [3, 4]},
        lambda x, shape: x.reshape(shape),
    ),
    Check(
        "reshape",
        "finds the size that is left out: (2, 3, 4) as (4, -1) is (4, 6)",
        "reshaped",
        lambda rng: {"x": rng.normal(size=(2, 3, 4)), "shape": [4, -1]},
        lambda x, shape: x.reshape(shape),
    ),
    Check(
        "reshape",
        "makes a single number of one element",
        "reshaped",
        {"x": np.array([[3.0]]), "shape": []},
        np.array(3.0),
    ),
    Check(
        "reshape",
        "shows nothing in another shape of nothing",
        "reshaped",
        {"x": np.zeros((0, 3)), "shape": [2, 0]},
        np.zeros((2, 0)),
    ),
    Check(
        "reshape",
        "shares the memory: what is written into the result shows in x",
        "reshaped_then_written",
        lambda rng: {"x": rng.normal(size=(2, 3)), "shape": [3, 2]},
        lambda x, shape: np.full_like(x, -1),
    ),
    Check(
        "reshape",
        "refuses 6 numbers as (4, 2), and names both shapes",
        "reshaped",
        {"x": np.zeros((2, 3)), "shape": [4, 2]},
        Raised("ShapeError", ("reshape", "2, 3", "4, 2")),
    ),
    Check(
        "reshape",
        "refuses -1 where no number fits: 6 numbers as (4, -1)",
        "reshaped",
        {"x": np.zeros((2, 3)), "shape": [4, -1]},
        Raised("ShapeError", ("4, -1",)),
        hint="6 // 4 is 1, but 4 · 1 is not 6: look at the remainder.",
    ),
    Check(
        "reshape",
        "refuses two sizes left out",
        "reshaped",
        {"x": np.zeros(4), "shape": [-1, -1]},
        Raised("ShapeError", ("-1, -1",)),
        hint="4 could be 1 · 4, 2 · 2 or 4 · 1.",
    ),
    Check(
        "reshape",
        "refuses negative sizes, though their product be right",
        "reshaped",
        {"x": np.zeros(6), "shape": [-2, -3]},
        Raised("ShapeError", ("-2, -3",)),
    ),
    Check(
        "reshape",
        "refuses -1 beside 0, where any number would do",
        "reshaped",
        {"x": np.zeros((0, 3)), "shape": [0, -1]},
        Raised("ShapeError", ("0, -1",)),
    ),
    Check(
        "reshape",
        "refuses a list, which is no tensor",
        "reshaped_list",
        {"numbers": [1.0, 2.0], "shape": [2, 1]},
        Raised("DTypeError", ("list",)),
        hint="`not_a_tensor(name, x)` makes the error; a list has no `data` to ask for.",
    ),
]

PERMUTE = [
    Check(
        "permute",
        "puts (2, 3, 4) in the order (2, 0, 1)",
        "permuted",
        lambda rng: {"x": rng.normal(size=(2, 3, 4)), "order": [2, 0, 1]},
        lambda x, order: x.transpose(order),
        hint="Dimension i of the result is dimension order[i] of x, not the other way around.",
    ),
    Check(
        "permute",
        "counts negative dimensions from the end",
        "permuted",
        lambda rng: {"x": rng.normal(size=(2, 3, 4)), "order": [-1, 0, -2]},
        lambda x, order: x.transpose([d % 3 for d in order]),
    ),
    Check(
        "permute",
        "takes the order as `dims` too",
        "permuted_by_name",
        lambda rng: {"x": rng.normal(size=(2, 3)), "dims": [1, 0]},
        lambda x, dims: x.transpose(dims),
    ),
    Check(
        "permute",
        "refuses a dimension named twice",
        "permuted",
        {"x": np.zeros((2, 3)), "order": [0, 0]},
        Raised("ShapeError", ("0, 0",)),
    ),
    Check(
        "permute",
        "refuses an order that lacks a dimension",
        "permuted",
        {"x": np.zeros((2, 3, 4)), "order": [0, 1]},
        Raised("ShapeError", ("0, 1",)),
    ),
    Check(
        "permute",
        "exchanges the last two of three dimensions",
        "transposed",
        lambda rng: {"x": rng.normal(size=(2, 3, 4)), "dim0": -1, "dim1": 1},
        lambda x, dim0, dim1: x.swapaxes(dim0, dim1),
    ),
    Check(
        "permute",
        "transposes a single number to itself",
        "transposed",
        {"x": np.array(4.0), "dim0": 0, "dim1": -1},
        np.array(4.0),
    ),
    Check(
        "permute",
        "copies nothing: element (2, 0) of the transposed matrix is element (0, 2) of the matrix",
        "transposed_then_written",
        lambda rng: {"x": rng.normal(size=(2, 3)), "row": 2, "column": 0},
        lambda x, row, column: np.where(np.arange(6).reshape(2, 3) == column * 3 + row, -1, x),
    ),
    Check(
        "permute",
        "refuses a dimension that there is not",
        "transposed",
        {"x": np.zeros((2, 3)), "dim0": 0, "dim1": 2},
        Raised("ShapeError", ("2",)),
    ),
]


def numbered(x: Any, slices: list[list[Any]], order: list[int] | None = None) -> Any:
    """Return which elements a view shows, by taking the same view of their numbers."""
    part = np.arange(x.size).reshape(x.shape)[tuple(p[0] if len(p) == 1 else slice(*p) for p in slices)]
    return part if order is None else part.transpose(order)


POSITIONS = [
    Check(
        "positions",
        "finds the second row of a (3, 4) matrix at 4, 5, 6, 7",
        "located",
        {"x": np.zeros((3, 4)), "slices": [[1]]},
        np.array([4, 5, 6, 7]),
    ),
    Check(
        "positions",
        "finds each second column, from the second row on",
        "located",
        lambda rng: {"x": np.zeros(rng.integers(3, 8, 2)), "slices": [[1, None, None], [None, None, 2]]},
        numbered,
    ),
    Check(
        "positions",
        "counts in elements whatever their size in bytes",
        "located",
        {"x": np.zeros((4, 5), np.int16), "slices": [[1, 3, None], [2, 4, None]]},
        numbered,
        hint="Addresses and strides are in bytes; an int16 has two, a float64 eight.",
    ),
    Check(
        "positions",
        "follows strides backwards",
        "located",
        {"x": np.zeros(6), "slices": [[None, None, -2]]},
        np.array([5, 3, 1]),
    ),
    Check(
        "positions",
        "finds the elements of a permuted view",
        "located",
        {"x": np.zeros((2, 3, 4)), "slices": [], "order": [2, 0, 1]},
        numbered,
    ),
    Check(
        "positions",
        "finds a repeated row in one place, again and again",
        "located_repeated",
        {"x": np.zeros((1, 3)), "shape": [2, 3]},
        np.array([[0, 1, 2], [0, 1, 2]]),
        hint="A broadcast dimension has stride 0.",
    ),
    Check(
        "positions",
        "finds a single element",
        "located",
        {"x": np.zeros((2, 3)), "slices": [[1, 2, None], [2, None, None]]},
        np.array([[5]]),
    ),
    Check(
        "positions",
        "finds nothing for an empty view",
        "located",
        {"x": np.zeros((2, 3)), "slices": [[0, 0, None]]},
        np.zeros((0, 3)),
    ),
]

KEYS = [
    Check(
        "as_key",
        "picks rows that a list names",
        "read_one",
        lambda rng: {"x": rng.normal(size=(4, 2)), "key": ["list", [3, 0, 3]]},
        lambda x, key: x[key[1]],
    ),
    Check(
        "as_key",
        "picks with a tensor of positions",
        "read_one",
        lambda rng: {"x": rng.normal(size=(4, 2)), "key": ["tensor", [[1, 2], [0, 0]]]},
        lambda x, key: x[np.array(key[1])],
    ),
    Check(
        "as_key",
        "picks with a mask",
        "read_one",
        lambda rng: {"x": rng.normal(size=3), "key": ["tensor", [True, False, True]]},
        lambda x, key: x[np.array(key[1])],
    ),
    Check(
        "as_key",
        "takes uint8 for a mask, as PyTorch's first masks were",
        "read_one",
        {"x": np.array([5.0, 6.0, 7.0]), "key": ["tensor", np.array([1, 0, 1], np.uint8)]},
        np.array([5.0, 7.0]),
    ),
    Check(
        "as_key",
        "treats each part of a tuple by itself",
        "read",
        lambda rng: {"x": rng.normal(size=(2, 3, 4)), "key": [["slice", 0, 2], ["None"], ["..."], ["tensor", [3, 1]]]},
        lambda x, key: x[0:2, None, ..., key[3][1]],
    ),
    Check(
        "as_key",
        "takes a tensor without dimensions for the number that it is",
        "kind_of_key",
        {"key": ["tensor", 1]},
        "int",
        hint="A number takes its dimension away, as x[1] does; an array without dimensions would be an advanced index.",
    ),
    Check(
        "as_key",
        "takes a single uint8 for a number too, not for a mask",
        "kind_of_key",
        {"key": ["tensor", np.array(1, np.uint8)]},
        "int",
        hint="Ask for dimensions first: only what has some can be a mask.",
    ),
    Check(
        "as_key",
        "picks nothing with an empty list",
        "read_one",
        {"x": np.ones((3, 2)), "key": ["list", []]},
        np.ones((0, 2)),
        hint="NumPy takes [] for floats; as an index it must be of integers.",
    ),
    Check("as_key", "leaves integers and slices as they are", "kind_of_key", {"key": ["slice", 1, 3]}, "slice"),
    Check(
        "as_key",
        "copies positions: what happens to an array afterwards does not show",
        "key_after_change",
        {"kind": "array", "positions": np.array([2, 1])},
        np.array([2, 1]),
    ),
    Check(
        "as_key",
        "copies positions out of a tensor too",
        "key_after_change",
        {"kind": "tensor", "positions": np.array([2, 1])},
        np.array([2, 1]),
    ),
    Check(
        "as_key",
        "lets a tensor index a tensor",
        "picked",
        lambda rng: {"x": rng.normal(size=(3, 2)), "index": rng.integers(0, 3, 5)},
        lambda x, index: x[index],
    ),
    Check(
        "as_key",
        "leaves it to the reader to refuse a position that there is not",
        "picked",
        {"x": np.zeros(3), "index": np.array([3])},
        Raised("IndexError", ("3",)),
    ),
]

CHECKS = [*COMMON_SHAPE, *AT, *EACH, *FOLDS, *REDUCED, *MATMUL, *FIND, *TENSOR, *RESHAPE, *PERMUTE, *POSITIONS, *KEYS]
