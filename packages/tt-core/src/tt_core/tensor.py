"""`Tensor`: a NumPy array that remembers how it was computed (module 02).

The class holds the data and says how they look; what can be done with them stands in `operations` as functions, and the
second half of the class is their list. A function whose first parameter is a tensor is a method, so nothing is written
twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

from tt_core import activations, autograd
from tt_core.dtypes import Array
from tt_core.errors import GradientError, ShapeError
from tt_core.graph import Recorded, wrap
from tt_core.operations import (
    conversion,
    creation,
    indexing,
    inplace,
    joining,
    linalg,
    logic,
    pointwise,
    reductions,
    shapes,
)
from tt_core.operations.arguments import Operand, to_tensor
from tt_core.operations.conversion import as_arrays

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from tt_core.graph import Node


class Tensor(Recorded):
    """A multi-dimensional array of numbers, with gradients.

    Args:
        data: numbers, nested lists of them, or an array; the tensor holds a copy. Arrays keep their type; Python floats
            become float32, integers int64.
        requires_grad: whether `backward()` shall compute a gradient for it, into `grad`.
        dtype: the type of the elements, instead of the data's own.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = False, dtype: DTypeLike | None = None) -> None:
        """Hold in `data` what `creation.to_array` makes of the data, and know nothing of a past.

        `wrap` shows the new array to those who count memory. `grad`, `node`, `hooks` and `version` are None at first,
        and `requires_grad` is False; `requires_grad_()` sets it, or says why it cannot be.
        """
        made = wrap(creation.to_array(data, dtype))
        self.data = made.data
        self.requires_grad = False
        self.grad = self.node = self.hooks = self.version = None
        if requires_grad:
            self.requires_grad_()

    # What it is

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.data.ndim

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user and not by a recorded operation."""
        return self.node is None

    @property
    def grad_fn(self) -> Node | None:
        """The recorded operation that it is a result of, None for a leaf."""
        return self.node

    @property
    def T(self) -> Tensor:
        """All dimensions in reverse order."""
        return self.permute(tuple(range(self.data.ndim))[::-1])

    @property
    def mT(self) -> Tensor:
        """The last two dimensions exchanged: every matrix of a batch transposed."""
        return self.transpose(-2, -1)

    @property
    def device(self) -> str:
        """Where the data are: always "cpu"."""
        return "cpu"

    # What it holds

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Array:
        """Give NumPy functions the data."""
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """Make a tensor of `array + tensor`, and let every other of NumPy's elementwise functions see arrays."""
        operator = _OPERATORS.get(ufunc)
        if operator is not None and method == "__call__" and not options:
            return operator(*inputs)
        return getattr(ufunc, method)(*as_arrays(inputs), **as_arrays(options))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """Let NumPy's other functions, `np.mean` or `np.concatenate`, see arrays."""
        return function(*as_arrays(args), **as_arrays(kwargs))

    def __dlpack__(self, **options: Any) -> Any:
        """Give other libraries the data without a copy."""
        return self.numpy().__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        """Say where the data are: (1, 0) is the CPU."""
        return self.data.__dlpack_device__()

    def __bool__(self) -> bool:
        """Tell whether the only element is not zero."""
        if self.data.size != 1:
            message = (
                f"expected one element to decide whether it is true; got shape {list(self.shape)}: use any() or all()"
            )
            raise ShapeError(message)
        return bool(self.data)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        """Return the only element as an index; floating-point numbers are none."""
        return self.data.reshape(()).__index__() if self.data.size == 1 else self.data.__index__()

    def __len__(self) -> int:
        if self.data.ndim == 0:
            message = "expected a dimension to count; got a tensor without one"
            raise ShapeError(message)
        return len(self.data)

    def __iter__(self) -> Iterator[Tensor]:
        """Yield the slices along the first dimension."""
        if self.data.ndim == 0:
            message = "expected a dimension to iterate over; got a tensor without one"
            raise ShapeError(message)
        return iter(self.unbind(0))

    def __contains__(self, value: Operand) -> bool:
        return bool((self.data == to_tensor(value).data).any())

    def __format__(self, spec: str) -> str:
        return format(self.item() if self.data.ndim == 0 and spec else str(self), spec)

    __hash__ = object.__hash__

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        """Return a leaf with memory of its own, for `copy.deepcopy`.

        Raises:
            GradientError: this is a result, and the graph behind it cannot be copied.
        """
        if self.node is not None:
            message = "expected a leaf for deepcopy; got a result of recorded operations: detach() it first"
            raise GradientError(message)
        made = Tensor(self.data, self.requires_grad)
        made.grad = deepcopy(self.grad, memo)
        return made

    # Arithmetic, on the left and on the right

    __add__ = add = pointwise.add
    __sub__ = sub = subtract = pointwise.sub
    __mul__ = mul = multiply = pointwise.mul
    __truediv__ = div = divide = pointwise.div
    __floordiv__ = floor_divide = pointwise.floor_divide
    __mod__ = remainder = pointwise.remainder
    __pow__ = pow = pointwise.pow
    __matmul__ = matmul = linalg.matmul
    __neg__ = neg = pointwise.neg
    __abs__ = abs = absolute = pointwise.abs
    __invert__ = bitwise_not = pointwise.bitwise_not
    __and__ = bitwise_and = pointwise.bitwise_and
    __or__ = bitwise_or = pointwise.bitwise_or
    __xor__ = bitwise_xor = pointwise.bitwise_xor
    __eq__ = eq = pointwise.eq  # type: ignore[assignment]  # a tensor of answers, not one
    __ne__ = ne = pointwise.ne  # type: ignore[assignment]
    __lt__ = lt = pointwise.lt
    __le__ = le = pointwise.le
    __gt__ = gt = pointwise.gt
    __ge__ = ge = pointwise.ge
    __getitem__ = indexing.getitem
    __setitem__ = inplace.setitem
    __iadd__ = add_ = inplace.add_
    __isub__ = sub_ = inplace.sub_
    __imul__ = mul_ = inplace.mul_
    __itruediv__ = div_ = inplace.div_
    __ipow__ = pow_ = inplace.pow_
    __radd__ = __add__
    __rmul__ = __mul__
    __rand__ = __and__
    __ror__ = __or__
    __rxor__ = __xor__

    def __pos__(self) -> Tensor:
        return self

    def __rsub__(self, other: Operand) -> Tensor:
        return pointwise.sub(other, self)

    def __rtruediv__(self, other: Operand) -> Tensor:
        return pointwise.div(other, self)

    def __rfloordiv__(self, other: Operand) -> Tensor:
        return pointwise.floor_divide(other, self)

    def __rmod__(self, other: Operand) -> Tensor:
        return pointwise.remainder(other, self)

    def __rpow__(self, other: Operand) -> Tensor:
        return pointwise.pow(other, self)

    def __rmatmul__(self, other: Any) -> Tensor:
        return linalg.matmul(to_tensor(other), self)

    # Every element by itself

    exp = pointwise.exp
    expm1 = pointwise.expm1
    log = pointwise.log
    log1p = pointwise.log1p
    log2 = pointwise.log2
    log10 = pointwise.log10
    sqrt = pointwise.sqrt
    rsqrt = pointwise.rsqrt
    square = pointwise.square
    reciprocal = pointwise.reciprocal
    sin = pointwise.sin
    cos = pointwise.cos
    tan = pointwise.tan
    asin = pointwise.asin
    acos = pointwise.acos
    atan = pointwise.atan
    sinh = pointwise.sinh
    cosh = pointwise.cosh
    tanh = pointwise.tanh
    sigmoid = pointwise.sigmoid
    erf = pointwise.erf
    sign = pointwise.sign
    floor = pointwise.floor
    ceil = pointwise.ceil
    trunc = pointwise.trunc
    round = pointwise.round
    clamp = clip = pointwise.clamp
    maximum = pointwise.maximum
    minimum = pointwise.minimum
    logaddexp = pointwise.logaddexp
    lerp = pointwise.lerp
    addcmul = pointwise.addcmul
    addcdiv = pointwise.addcdiv
    masked_fill = pointwise.masked_fill
    logical_not = pointwise.logical_not
    logical_and = logic.logical_and
    logical_or = logic.logical_or
    logical_xor = logic.logical_xor
    isnan = logic.isnan
    isinf = logic.isinf
    isfinite = logic.isfinite
    isclose = logic.isclose
    allclose = logic.allclose
    equal = logic.equal
    relu = activations.relu

    def where(self, condition: Tensor, other: Operand) -> Tensor:
        """Return this tensor where the condition holds, `other` elsewhere."""
        return pointwise.select(condition, self, other)

    # Many elements to one

    sum = reductions.sum
    mean = reductions.mean
    prod = reductions.prod
    var = reductions.var
    std = reductions.std
    amax = reductions.amax
    amin = reductions.amin
    max = reductions.max
    min = reductions.min
    argmax = reductions.argmax
    argmin = reductions.argmin
    logsumexp = reductions.logsumexp
    softmax = activations.softmax
    log_softmax = activations.log_softmax
    norm = reductions.norm
    cumsum = reductions.cumsum
    cumprod = reductions.cumprod
    all = reductions.all
    any = reductions.any
    count_nonzero = reductions.count_nonzero

    # Products

    mm = linalg.mm
    bmm = linalg.bmm
    mv = linalg.mv
    dot = linalg.dot
    outer = linalg.outer
    addmm = linalg.addmm
    baddbmm = linalg.baddbmm
    trace = linalg.trace

    # Shapes

    reshape = shapes.reshape
    reshape_as = shapes.reshape_as
    view = shapes.view
    view_as = shapes.view_as
    transpose = shapes.transpose
    permute = shapes.permute
    t = shapes.t
    movedim = shapes.movedim
    flatten = shapes.flatten
    ravel = shapes.ravel
    unflatten = shapes.unflatten
    squeeze = shapes.squeeze
    unsqueeze = shapes.unsqueeze
    expand = shapes.expand
    expand_as = shapes.expand_as
    broadcast_to = shapes.broadcast_to
    repeat = shapes.repeat
    tile = shapes.tile
    split = joining.split
    chunk = joining.chunk
    unbind = joining.unbind
    narrow = shapes.narrow
    select = shapes.select
    diagonal = shapes.diagonal
    diag = shapes.diag
    flip = shapes.flip
    roll = shapes.roll
    tril = shapes.tril
    triu = shapes.triu
    contiguous = shapes.contiguous
    clone = shapes.clone

    # Positions

    gather = indexing.gather
    scatter = indexing.scatter
    scatter_add = indexing.scatter_add
    index_select = indexing.index_select
    index_add = indexing.index_add
    index_put = indexing.index_put
    take_along_dim = indexing.take_along_dim
    take = indexing.take
    masked_select = indexing.masked_select
    nonzero = indexing.nonzero
    argsort = indexing.argsort
    sort = indexing.sort
    topk = indexing.topk
    repeat_interleave = indexing.repeat_interleave

    # In place

    copy_ = inplace.copy_
    zero_ = inplace.zero_
    fill_ = inplace.fill_
    clamp_ = inplace.clamp_
    lerp_ = inplace.lerp_
    uniform_ = inplace.uniform_
    normal_ = inplace.normal_

    # Gradients

    backward = autograd.backward
    register_hook = autograd.register_hook
    retain_grad = autograd.retain_grad

    # Facts, copies and types

    size = conversion.size
    dim = conversion.dim
    numel = conversion.numel
    element_size = conversion.element_size
    is_floating_point = conversion.is_floating_point
    is_contiguous = conversion.is_contiguous
    item = conversion.item
    tolist = conversion.tolist
    numpy = conversion.numpy
    __repr__ = conversion.to_text
    __reduce__ = conversion.reduce
    detach = conversion.detach
    requires_grad_ = conversion.requires_grad_
    to = conversion.to
    cpu = conversion.cpu
    type_as = conversion.type_as
    float = conversion.float_
    double = conversion.double
    half = conversion.half
    long = conversion.long
    int = conversion.int_
    short = conversion.short
    byte = conversion.byte
    char = conversion.char
    bool = conversion.bool_
    type = astype = conversion.to
    new_zeros = creation.new_zeros
    new_ones = creation.new_ones
    new_full = creation.new_full
    new_tensor = creation.new_tensor


_OPERATORS: dict[np.ufunc, Any] = {
    np.add: pointwise.add,
    np.subtract: pointwise.sub,
    np.multiply: pointwise.mul,
    np.true_divide: pointwise.div,
    np.floor_divide: pointwise.floor_divide,
    np.remainder: pointwise.remainder,
    np.power: pointwise.pow,
    np.matmul: linalg.matmul,
    np.equal: pointwise.eq,
    np.not_equal: pointwise.ne,
    np.less: pointwise.lt,
    np.less_equal: pointwise.le,
    np.greater: pointwise.gt,
    np.greater_equal: pointwise.ge,
    np.bitwise_and: pointwise.bitwise_and,
    np.bitwise_or: pointwise.bitwise_or,
    np.bitwise_xor: pointwise.bitwise_xor,
}
