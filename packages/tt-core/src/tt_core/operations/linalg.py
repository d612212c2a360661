"""Products of vectors and matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import DTypeLike

from tt_core.dtypes import Array, int64
from tt_core.errors import DTypeError, NotSupportedError, ShapeError
from tt_core.operations.arguments import Dim, Number, alike, to_dtype, to_tensor, whole_number
from tt_core.operations.pointwise import add, mul
from tt_core.operations.reductions import sum, vector_norm
from tt_core.operations.shapes import diagonal, reshape, unsqueeze
from tt_core.primitives import linalg as P
from tt_core.recording import apply, apply_binary
from tt_core.typing import Shaped, shaped

if TYPE_CHECKING:
    from tt_core.tensor import Tensor


@shaped
def matmul(
    x: Shaped[Tensor, "*#batch n k"] | Shaped[Tensor, " k"] | Array,
    other: Shaped[Tensor, "*#batch k m"] | Shaped[Tensor, " k"] | Array,
) -> Tensor:
    """The product of two matrices, of batches of them, or of vectors: Σₖ xᵢₖ yₖⱼ.

    A vector on the left is a row, on the right a column; its dimension is gone from the result. Batch dimensions
    broadcast.

    Raises:
        ShapeError: the inner sizes differ, or an operand has no dimension.
        DTypeError: the types differ; convert one of them.
    """
    x, other = _same_type("matmul", to_tensor(x), to_tensor(other))
    a, b = x.data.ndim, other.data.ndim
    if a == 0 or b == 0:
        shapes = f"{list(x.shape)} and {list(other.shape)}"
        message = f"expected at least one dimension in both operands of matmul; got shapes {shapes}"
        raise ShapeError(message)
    try:
        if a > 1 and b > 1:
            return apply_binary(P.matmul, x, other)
        product = apply(P.matmul, unsqueeze(x, 0) if a == 1 else x, unsqueeze(other, 1) if b == 1 else other)
    except ShapeError:
        raise _misfit(x.shape, other.shape) from None
    shape = product.shape
    shape = shape if b > 1 else shape[:-1]
    return reshape(product, shape if a > 1 else (*shape[: -1 - (b > 1)], *shape[len(shape) - (b > 1) :]))


def _misfit(a: tuple[int, ...], b: tuple[int, ...]) -> ShapeError:
    """Return the error about shapes that have no product, with a transposition that would help."""
    inner = b[max(len(b) - 2, 0)]
    if a[-1] == inner:
        return ShapeError(f"matmul expected batches that broadcast; got {list(a[:-2])} and {list(b[:-2])}")
    flipped = "second" if b[-1] == a[-1] else "first" if a[max(len(a) - 2, 0)] == inner else ""
    advice = f": transpose the {flipped} with .mT if that is what you mean" if flipped else ""
    sizes = f"{a[-1]} and {inner}, of shapes {list(a)} and {list(b)}"
    return ShapeError(f"matmul expected equal inner sizes; got {sizes}{advice}")


def _same_type(name: str, *operands: Tensor) -> list[Tensor]:
    if len({x.data.dtype for x in operands}) > 1:
        types = [x.data.dtype.name for x in operands]
        message = f"expected operands of one type for {name}; got {' and '.join(types)}: convert with .to(dtype)"
        raise DTypeError(message)
    return list(operands)


def _need_ndim(name: str, x: Tensor, ndim: int) -> Tensor:
    if x.data.ndim != ndim:
        message = f"expected {ndim} dimensions for {name}; got shape {list(x.shape)}"
        raise ShapeError(message)
    return x


@shaped
def mm(x: Shaped[Tensor, "n k"], mat2: Shaped[Tensor, "k m"]) -> Shaped[Tensor, "n m"]:
    """The product of two matrices, (N, K) by (K, M)."""
    return matmul(_need_ndim("mm", x, 2), _need_ndim("mm", mat2, 2))


@shaped
def bmm(x: Shaped[Tensor, "b n k"], mat2: Shaped[Tensor, "b k m"]) -> Shaped[Tensor, "b n m"]:
    """The products of two batches of matrices, (B, N, K) by (B, K, M)."""
    x, mat2 = _need_ndim("bmm", x, 3), _need_ndim("bmm", mat2, 3)
    if x.shape[0] != mat2.shape[0]:
        message = f"expected batches of one size for bmm; got {x.shape[0]} and {mat2.shape[0]}"
        raise ShapeError(message)
    return matmul(x, mat2)


@shaped
def mv(x: Shaped[Tensor, "n k"], vec: Shaped[Tensor, " k"]) -> Shaped[Tensor, " n"]:
    """The product of a matrix and a vector, (N, K) by (K,)."""
    return matmul(_need_ndim("mv", x, 2), _need_ndim("mv", vec, 1))


@shaped
def dot(x: Shaped[Tensor, " n"], tensor: Shaped[Tensor, " n"]) -> Shaped[Tensor, ""]:
    """Σ xᵢ yᵢ of two vectors."""
    return matmul(_need_ndim("dot", x, 1), _need_ndim("dot", tensor, 1))


@shaped
def outer(x: Shaped[Tensor, " n"], vec2: Shaped[Tensor, " m"]) -> Shaped[Tensor, "n m"]:
    """xᵢ yⱼ of two vectors, as a matrix."""
    return mul(unsqueeze(_need_ndim("outer", x, 1), 1), _need_ndim("outer", vec2, 1))


def einsum(equation: str, *operands: Any) -> Tensor:
    """Einstein's sum: `einsum("bij,bjk->bik", x, y)` is a batch of matrix products.

    Letters name dimensions; those that the output lacks are summed over; `...` stands for any number of them.
    """
    tensors = operands[0] if len(operands) == 1 and isinstance(operands[0], (list, tuple)) else operands
    written = explicit(equation, [x.data.ndim for x in tensors])
    xs = alike(*tensors)
    if xs[0].data.dtype.kind != "f" and _sums_one_operand(written):
        xs = [to_dtype(x, int64) for x in xs]
    return apply(P.einsum, *xs, equation=written)


def _sums_one_operand(equation: str) -> bool:
    """Tell whether a letter is summed over within one operand, where integers are added up in int64 as in `sum`."""
    left, _, out = equation.partition("->")
    terms = "".join("".join(set(term)) for term in left.split(","))
    return any(c not in out and terms.count(c) == 1 for c in set(terms))


def explicit(equation: str, ndims: list[int]) -> str:
    """Return the equation with every dimension named by a letter of its own and the output written out.

    Raises:
        ShapeError: it does not fit the operands.
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        message = f"expected one operand for each term of {equation!r}; got {len(ndims)}"
        raise ShapeError(message)
    spare = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" if c not in equation]
    hidden = [
        ndim - len(term.replace("...", "")) if "..." in term else 0 for term, ndim in zip(terms, ndims, strict=True)
    ]
    if any(n < 0 for n in hidden):
        message = f"expected operands with the dimensions that {equation!r} names; got {ndims} dimensions"
        raise ShapeError(message)
    width = max(hidden)
    batch = "".join(spare[:width])
    named = [term.replace("...", batch[width - n :]) for term, n in zip(terms, hidden, strict=True)]
    letters = "".join(terms).replace("...", "")
    implicit = batch + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    return ",".join(named) + "->" + (right.replace("...", batch) if arrow else implicit)


@shaped
def addmm(
    x: Tensor,
    mat1: Shaped[Tensor, "n k"],
    mat2: Shaped[Tensor, "k m"],
    *,
    beta: Number = 1,
    alpha: Number = 1,
) -> Shaped[Tensor, "n m"]:
    """`beta · x + alpha · mat1 @ mat2`."""
    return _scaled_sum(x, mm(mat1, mat2), beta, alpha)


@shaped
def baddbmm(
    x: Tensor,
    batch1: Shaped[Tensor, "b n k"],
    batch2: Shaped[Tensor, "b k m"],
    *,
    beta: Number = 1,
    alpha: Number = 1,
) -> Shaped[Tensor, "b n m"]:
    """`beta · x + alpha · batch1 @ batch2`, of batches."""
    return _scaled_sum(x, bmm(batch1, batch2), beta, alpha)


def _scaled_sum(x: Tensor, product: Tensor, beta: Number, alpha: Number) -> Tensor:
    """`beta · x + alpha · product`; with beta 0, x is not read at all, as in BLAS.

    Raises:
        ShapeError: x does not broadcast to the product's shape.
    """
    if any(n not in (1, m) for n, m in zip(x.shape[::-1], product.shape[::-1], strict=False)) or x.ndim > product.ndim:
        raise ShapeError(f"expected x to broadcast to the product's shape {list(product.shape)}; got {list(x.shape)}")
    alpha, beta = (whole_number(n, product.data.dtype) for n in (alpha, beta))
    scaled = product if alpha == 1 else mul(product, alpha)
    if beta == 0:
        return scaled
    return add(x if beta == 1 else mul(x, beta), scaled)


@shaped
def trace(x: Shaped[Tensor, "n m"]) -> Shaped[Tensor, ""]:
    """The sum of a matrix's diagonal."""
    return sum(diagonal(_need_ndim("trace", x, 2)))


def norm(
    x: Tensor,
    ord: Number | str | None = None,
    dim: Dim = None,
    keepdim: bool = False,
    *,
    dtype: DTypeLike | None = None,
) -> Tensor:
    """√Σ x² over `dim`, or over everything; of vectors, along one `dim`, also the norms of another order `ord`.

    Raises:
        NotSupportedError: the order is one of matrices, other than "fro".
        ShapeError: an order is given, and x is neither a vector nor a matrix.
    """
    if ord is None:
        return vector_norm(x, 2, dim, keepdim, dtype=dtype)
    count = x.ndim if dim is None else 1 if isinstance(dim, int) else len(dim)
    if count == 1 and not isinstance(ord, str):
        return vector_norm(x, ord, dim, keepdim, dtype=dtype)
    if count != 2:
        shape = f"shape {list(x.shape)}, dim {dim}"
        message = f"linalg.norm expected one or two dimensions for the order {ord!r}; got {shape}"
        raise ShapeError(message)
    if ord != "fro":
        message = f"linalg.norm supports the orders None and 'fro' of matrices; got {ord!r}"
        raise NotSupportedError(message)
    return vector_norm(x, 2, dim, keepdim, dtype=dtype)
