"""All the calculus of tt-core on one page: one rule per argument of each primitive, in the order of `primitives`.

How to read a rule and what the names mean stands in `rules`: a rule's parameters are what the operation saves. At a
kink a rule takes PyTorch's side: |x|' is 0 at 0, equal maxima share the gradient, a bound of `clamp` lets it through.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tt_core.graph import Recorded, wrap
from tt_core.operations import creation as C
from tt_core.operations import indexing as X
from tt_core.operations import joining as J
from tt_core.operations import linalg as L
from tt_core.operations import pointwise as F
from tt_core.operations import reductions as R
from tt_core.operations.arguments import Operand, converted
from tt_core.primitives import elementwise as E
from tt_core.primitives import linalg, neural, reductions, shapes
from tt_core.recording import apply
from tt_core.rules import derivative

if TYPE_CHECKING:
    from tt_core.tensor import Tensor


def zero_where(mask: Tensor, g: Tensor) -> Tensor:
    """Return g with zeros where the mask holds; unlike a product, it also stops nan and infinity."""
    return apply(E.zero_where, g, mask)


def halved_at_ties(g: Tensor, lost: Tensor, x: Operand, y: Operand) -> Tensor:
    """Return zeros where `lost` holds, half of g where x equals y, and g elsewhere, also where one of them is nan."""
    return zero_where(lost, F.select(F.eq(x, y), g * 0.5, g))


# elementwise: arithmetic


def mul_x(g: Tensor, y: Operand) -> Tensor:
    """∂(x y)/∂x = y, times g."""
    return g * y


def mul_y(g: Tensor, x: Operand) -> Tensor:
    """∂(x y)/∂y = x, times g."""
    return g * x


def div_x(g: Tensor, y: Operand) -> Tensor:
    """∂(x/y)/∂x = 1/y, times g."""
    return g / y


def div_y(g: Tensor, out: Tensor, y: Tensor) -> Tensor:
    """∂(x/y)/∂y = -x/y² = -out/y for out = x/y, times g."""
    return -g * (out / y)


def pow_x(g: Tensor, x: Tensor, y: Operand) -> Tensor:
    """∂(x^y)/∂x = y x^(y-1), times g; 0 for y = 0 even at x = 0. The exponent is a tensor (`Recorded`) or a number."""
    if not isinstance(y, Recorded):
        return g * 0 if y == 0 else g * (y * F.pow(x, y - 1))
    return zero_where(F.eq(y, 0), g * (y * F.pow(x, y - 1)))


def pow_y(g: Tensor, out: Tensor, x: Operand, y: Tensor) -> Tensor:
    """x^y log x, and 0 at x = 0 where y ≥ 0, to all orders."""
    base = x if isinstance(x, Recorded) else converted(x, y.dtype)
    return g * (out * F.log(F.masked_fill(base, (base == 0) & (y >= 0), 1)))


derivative(E.add, x=lambda g: g, y=lambda g: g)
derivative(E.sub, x=lambda g: g, y=lambda g: -g)
derivative(E.mul, x=mul_x, y=mul_y)
derivative(E.div, x=div_x, y=div_y)
derivative(E.pow, x=pow_x, y=pow_y)
derivative(E.floor_divide, x=lambda g: g * 0, y=lambda g: g * 0)
derivative(E.trunc_divide, x=lambda g: g * 0, y=lambda g: g * 0)
derivative(E.remainder, x=lambda g: g, y=lambda g, x, y: -g * F.floor_divide(x, y))
derivative(
    E.maximum,
    x=lambda g, x, y: halved_at_ties(g, F.lt(x, y), x, y),
    y=lambda g, x, y: halved_at_ties(g, F.gt(x, y), x, y),
)
derivative(
    E.minimum,
    x=lambda g, x, y: halved_at_ties(g, F.gt(x, y), x, y),
    y=lambda g, x, y: halved_at_ties(g, F.lt(x, y), x, y),
)
derivative(E.logaddexp, x=lambda g, x, y: g * F.sigmoid(x - y), y=lambda g, x, y: g * F.sigmoid(y - x))

# elementwise: functions of one number


def exp_x(g: Tensor, out: Tensor) -> Tensor:
    """(e^x)' = e^x = out, times g."""
    return g * out


def log_x(g: Tensor, x: Tensor) -> Tensor:
    """(log x)' = 1/x, times g."""
    return g / x


def sqrt_x(g: Tensor, out: Tensor) -> Tensor:
    """(√x)' = 1/(2√x) = 1/(2 out), times g."""
    return g / (out * 2)


def tanh_x(g: Tensor, out: Tensor) -> Tensor:
    """(tanh x)' = 1 - tanh² x = 1 - out², times g."""
    return g * (1 - out * out)


def sigmoid_x(g: Tensor, out: Tensor) -> Tensor:
    """σ'(x) = σ(x) (1 - σ(x)) = out (1 - out), times g."""
    return g * ((1 - out) * out)


derivative(E.neg, x=lambda g: -g)
derivative(E.abs, x=lambda g, x: g * F.sign(x))
derivative(E.sign, x=lambda g: g * 0)
derivative(E.floor, x=lambda g: g * 0)
derivative(E.ceil, x=lambda g: g * 0)
derivative(E.trunc, x=lambda g: g * 0)
derivative(E.exp, x=exp_x)
derivative(E.expm1, x=lambda g, out: g * (out + 1))
derivative(E.log, x=log_x)
derivative(E.log1p, x=lambda g, x: g / (x + 1))
derivative(E.log2, x=lambda g, x: g / (x * math.log(2)))
derivative(E.log10, x=lambda g, x: g / (x * math.log(10)))
derivative(E.sqrt, x=sqrt_x)
derivative(E.square, x=lambda g, x: g * (x * 2))
derivative(E.sin, x=lambda g, x: g * F.cos(x))
derivative(E.cos, x=lambda g, x: -g * F.sin(x))
derivative(E.tan, x=lambda g, out: g * (out * out + 1))
derivative(E.asin, x=lambda g, x: g * F.rsqrt(1 - x * x))
derivative(E.acos, x=lambda g, x: -g * F.rsqrt(1 - x * x))
derivative(E.atan, x=lambda g, x: g / (x * x + 1))
derivative(E.sinh, x=lambda g, x: g * F.cosh(x))
derivative(E.cosh, x=lambda g, x: g * F.sinh(x))
derivative(E.tanh, x=tanh_x)
derivative(E.reciprocal, x=lambda g, out: -g * (out * out))
derivative(E.rsqrt, x=lambda g, out: g * (out * out * out) * -0.5)
derivative(E.sigmoid, x=sigmoid_x)
derivative(E.erf, x=lambda g, x: g * F.exp(-x * x) * (2 / math.sqrt(math.pi)))
derivative(E.round, x=lambda g: g * 0)

# elementwise: choices

derivative(E.where, x=lambda g, condition: zero_where(~condition, g), y=lambda g, condition: zero_where(condition, g))


def clamp_x(g: Tensor, x: Tensor, low: Operand | None, high: Operand | None) -> Tensor:
    """1 between the bounds, the bounds themselves included."""
    if low is not None:
        g = zero_where(F.lt(x, low), g)
    return g if high is None else zero_where(F.gt(x, high), g)


def clamp_low(g: Tensor, x: Tensor, low: Tensor, high: Operand | None) -> Tensor:
    """1 where the lower bound is the result."""
    kept = F.lt(x, low) if high is None else F.lt(x, low) & F.lt(low, high)
    return zero_where(~kept, g)


def clamp_high(g: Tensor, x: Tensor, low: Operand | None, high: Tensor) -> Tensor:
    """1 where the upper bound is the result."""
    kept = F.gt(x, high) if low is None else F.gt(x, high) | F.lt(high, low)
    return zero_where(~kept, g)


derivative(E.zero_where, x=lambda g, mask: zero_where(mask, g))
derivative(E.clamp, x=clamp_x, low=clamp_low, high=clamp_high)
derivative(E.cast, x=lambda g: g)

# reductions


def spread(g: Tensor, shape: tuple[int, ...], dim: tuple[int, ...] | None, keepdim: bool) -> Tensor:
    """Return the result of a reduction, or its gradient, repeated over what it was reduced from: the rule of `sum`.

    Args:
        shape: of what was reduced.
        dim: what was summed over, counted from the front; None for all dimensions.
        keepdim: whether the reduced dimensions are still there, with size 1.
    """
    if not keepdim and dim is not None:
        g = g.reshape([1 if d in dim else n for d, n in enumerate(shape)])
    return apply(shapes.expand, g, shape=shape)


def mean_x(g: Tensor, shape: tuple[int, ...], dim: tuple[int, ...] | None, keepdim: bool) -> Tensor:
    """1/n for each of the n elements that went into a mean, times g (1 for n = 0, where nothing is left to scale)."""
    n = math.prod(shape if dim is None else [shape[d] for d in dim])
    return spread(apply(E.div, g, float(max(n, 1))), shape, dim, keepdim)


def prod_x(g: Tensor, x: Tensor, dim: tuple[int, ...] | None, keepdim: bool) -> Tensor:
    """The product of all others: of those before times those after, so that zeros need no division."""
    dims = tuple(range(x.ndim)) if dim is None else dim
    last = x.movedim(dims, tuple(range(-len(dims), 0))) if dims else x
    flat = last.reshape((*last.shape[: x.ndim - len(dims)], math.prod(last.shape[x.ndim - len(dims) :])))
    one = C.ones_like(flat[..., :1])
    before = R.cumprod(J.cat([one, flat[..., :-1]], -1), -1)
    after = R.cumprod(J.cat([one, flat.flip(-1)[..., :-1]], -1), -1).flip(-1)
    others = (before * after).reshape(last.shape)
    others = others.movedim(tuple(range(-len(dims), 0)), dims) if dims else others
    return spread(g, x.shape, dim, keepdim) * others


def extreme_x(g: Tensor, x: Tensor, out: Tensor, dim: tuple[int, ...] | None, keepdim: bool) -> Tensor:
    """G where x is the extreme one, and 0 elsewhere; among equals, each gets an equal share.

    If there is a nan in x, `out` is nan, which nothing equals: g times 0 hits by 0 hits, so nan for all that competed.
    """
    hit = (x == spread(out, x.shape, dim, keepdim)).to(g.dtype)
    return spread(g, x.shape, dim, keepdim) * hit / hit.sum(dim, keepdim=True)


def logsumexp_x(g: Tensor, x: Tensor, out: Tensor, dim: tuple[int, ...] | None, keepdim: bool) -> Tensor:
    """∂(log Σ e^x)/∂x = e^x / Σ e^x = e^(x - out), the softmax, times g; 0 where all of x is -∞, and so `out`."""
    top = spread(out, x.shape, dim, keepdim)
    return zero_where(top == -math.inf, spread(g, x.shape, dim, keepdim) * F.exp(x - top))


def norm_x(g: Tensor, x: Tensor, out: Tensor, ord: float, dim: tuple[int, ...] | None, keepdim: bool) -> Tensor | None:
    """sign(x) (|x| / ‖x‖)^(p-1), and 0 where the norm is 0; for p = ±∞ an equal share for each extreme element."""
    if ord == 0:
        return None
    wide, top = spread(g, x.shape, dim, keepdim), spread(out, x.shape, dim, keepdim)
    if math.isinf(ord):
        hit = (x.abs() == top).to(g.dtype)
        return wide * x.sign() * hit / hit.sum(dim, keepdim=True)
    if ord == 1:
        return wide * x.sign()
    if ord == 2:
        return wide * zero_where(top == 0, x / top)
    if ord < 1:
        return wide * zero_where(x == 0, x.sign() * (x.abs() / top) ** (ord - 1))
    return wide * x.sign() * (x.abs() / top.masked_fill(top == 0, 1)) ** (ord - 1)


def cumprod_x(g: Tensor, x: Tensor, out: Tensor, dim: int) -> Tensor:
    """Σ over i ≥ k of gᵢ outᵢ / xₖ; with a zero among x, the same products made without xₖ."""
    if (x.data != 0).all():
        return (g * out).flip(dim).cumsum(dim).flip(dim) / x
    rows = x.movedim(dim, -1).unsqueeze(-2)
    without = F.select(wrap(np.eye(x.shape[dim], dtype=bool)), 1.0, rows).cumprod(-1)  # (…, k, i)
    return (without.triu() * g.movedim(dim, -1).unsqueeze(-2)).sum(-1).movedim(-1, dim)


derivative(reductions.sum, x=spread)
derivative(reductions.mean, x=mean_x)
derivative(reductions.prod, x=prod_x)
derivative(reductions.amax, x=extreme_x)
derivative(reductions.amin, x=extreme_x)
derivative(reductions.logsumexp, x=logsumexp_x)
derivative(reductions.vector_norm, x=norm_x)
derivative(reductions.cumsum, x=lambda g, dim: g.flip(dim).cumsum(dim).flip(dim))
derivative(reductions.cumprod, x=cumprod_x)

# products


def rows(x: Tensor) -> Tensor:
    """Return x as one matrix of all its rows."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def matmul_x(g: Tensor, y: Tensor) -> Tensor:
    """G Yᵀ: (…, N, M) times (…, M, K) is (…, N, K), the shape of X."""
    return g @ y.mT


def matmul_y(g: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Xᵀ G: (…, K, N) times (…, N, M); one product for the whole batch where y has none of its own."""
    if y.ndim == 2 and x.ndim > 2:
        return rows(x).t() @ rows(g)
    return x.mT @ g


def einsum_xs(g: Tensor, xs: list[Tensor], position: int, shape: tuple[int, ...], equation: str) -> Tensor:
    """The same sum with g in the argument's place; along a letter that only the argument has, g repeats."""
    left, out = equation.split("->")
    terms = left.split(",")
    term = terms.pop(position)
    letters = "".join(dict.fromkeys(term))
    known = "".join(c for c in letters if c in out or c in "".join(terms))
    part = L.einsum(f"{','.join([out, *terms])}->{known}", g, *xs[:position], *xs[position + 1 :])
    sizes = dict(zip(term, shape, strict=True)) | dict(zip(known, part.shape, strict=True))
    full = part.reshape([sizes[c] if c in known else 1 for c in letters]).expand([sizes[c] for c in letters])
    if letters == term:
        return full
    grid = dict(zip(letters, np.ogrid[tuple(slice(sizes[c]) for c in letters)], strict=True))
    return apply(shapes.unindex, full, key=tuple(grid[c] for c in term), shape=shape)


derivative(linalg.matmul, x=matmul_x, y=matmul_y)
derivative(linalg.einsum, xs=einsum_xs)

# shapes


def diagonal_x(g: Tensor, shape: tuple[int, ...], offset: int, dim1: int, dim2: int) -> Tensor:
    """G on the diagonal of zeros."""
    rest = [n for d, n in enumerate(shape) if d not in (dim1, dim2)]
    rows = np.arange(g.shape[-1]) + max(-offset, 0)
    square = apply(shapes.unindex, g, key=(..., rows, rows + offset), shape=(*rest, shape[dim1], shape[dim2]))
    return square.movedim((-2, -1), (dim1, dim2))


def setitem_values(g: Tensor, key: Any, shape: tuple[int, ...]) -> Tensor:
    """g[key], in as many dimensions as the values had, and 0 for a value that a later one has overwritten."""
    picked = apply(shapes.getitem, g, key=key)
    if any(isinstance(part, np.ndarray) and part.dtype != bool for part in (key if isinstance(key, tuple) else (key,))):
        numbers = wrap(np.arange(picked.numel()).reshape(picked.shape))
        last = apply(
            shapes.getitem, apply(shapes.setitem, wrap(np.zeros(g.shape, np.int64)), numbers, key=key), key=key
        )
        picked = zero_where(last != numbers, picked)
    return picked.reshape((1,) * (len(shape) - picked.ndim) + picked.shape)


def scatter_src(g: Tensor, index: Tensor, shape: tuple[int, ...], dim: int) -> Tensor:
    """As of `scatter_add`, and 0 for an element that a later one has overwritten."""
    numbers = wrap(np.arange(index.numel()).reshape(index.shape))
    last = apply(
        shapes.gather, apply(shapes.scatter, wrap(np.zeros(g.shape, np.int64)), index, numbers, dim=dim), index, dim=dim
    )
    return _framed(zero_where(last != numbers, apply(shapes.gather, g, index, dim=dim)), shape)


def scatter_add_src(g: Tensor, index: Tensor, shape: tuple[int, ...], dim: int) -> Tensor:
    """G at the places written to; zeros where `src` was larger than `index`."""
    return _framed(apply(shapes.gather, g, index, dim=dim), shape)


def _framed(g: Tensor, shape: tuple[int, ...]) -> Tensor:
    return apply(shapes.unindex, g, key=tuple(map(slice, g.shape)), shape=shape)


def cat_xs(g: Tensor, position: int, shapes: list[tuple[int, ...]], dim: int) -> Tensor:
    """The argument's part of g."""
    return g.narrow(dim, sum(s[dim] for s in shapes[:position]), shapes[position][dim])


derivative(shapes.reshape, x=lambda g, shape: g.reshape(shape))
derivative(shapes.permute, x=lambda g, dims: g.permute(tuple(np.argsort(dims).tolist())))
derivative(shapes.expand, x=lambda g: g)
derivative(shapes.flip, x=lambda g, dims: g.flip(dims))
derivative(shapes.diagonal, x=diagonal_x)
derivative(shapes.getitem, x=lambda g, shape, key: apply(shapes.unindex, g, key=key, shape=shape))
derivative(shapes.unindex, x=lambda g, key: apply(shapes.getitem, g, key=key))
derivative(
    shapes.setitem,
    x=lambda g, key: apply(shapes.setitem, g, wrap(np.zeros((), g.dtype)), key=key),
    values=setitem_values,
)
derivative(shapes.gather, x=lambda g, index, shape, dim: X.scatter_add(wrap(np.zeros(shape, g.dtype)), dim, index, g))
derivative(shapes.scatter, x=lambda g, index, dim: g.scatter(dim, index, 0), src=scatter_src)
derivative(shapes.scatter_add, x=lambda g: g, src=scatter_add_src)
derivative(shapes.cat, xs=cat_xs)
derivative(shapes.pad, x=lambda g, widths: apply(shapes.pad, g, widths=tuple((-a, -b) for a, b in widths), value=0))
derivative(shapes.roll, x=lambda g, shifts, dims: g.roll([-n for n in shifts], dims))
derivative(shapes.tril, x=lambda g, diagonal: g.tril(diagonal))
derivative(shapes.triu, x=lambda g, diagonal: g.triu(diagonal))
derivative(shapes.clone, x=lambda g: g)

# neural

SIXTH = float(np.float32(1 / 6))  # the slope of hardsigmoid is PyTorch's to the last digit, and PyTorch's is a float32


def linear_x(g: Tensor, weight: Tensor) -> Tensor:
    """G W, since the result is X Wᵀ + b: (…, out) times (out, in) is (…, in)."""
    return g @ weight


def linear_weight(g: Tensor, x: Tensor) -> Tensor:
    """Gᵀ X over all rows: (out, rows) times (rows, in), whatever the leading dimensions of the two are."""
    return rows(g).t() @ rows(x)


def relu_x(g: Tensor, out: Tensor) -> Tensor:
    """G where the result is above 0, and 0 elsewhere: `neural.gate` of g by the result."""
    return apply(neural.gate, g, out)


def softmax_x(g: Tensor, out: Tensor, dim: int) -> Tensor:
    """∂pᵢ/∂xⱼ = pᵢ (δᵢⱼ - pⱼ) for p = out; so (g - Σ g p) p, the sum along `dim`."""
    return (g - (g * out).sum(dim, keepdim=True)) * out


def log_softmax_x(g: Tensor, out: Tensor, dim: int) -> Tensor:
    """∂(xᵢ - log Σ e^x)/∂xⱼ = δᵢⱼ - pⱼ for p = e^out; so g - p Σ g, the sum along `dim`."""
    return g - F.exp(out) * g.sum(dim, keepdim=True)


def cross_entropy_x(g: Tensor, x: Tensor, target: Tensor) -> Tensor:
    """Softmax(x) - one_hot(target), each sample's row times its g: the primitive `softmax_minus_one_hot`."""
    return apply(neural.softmax_minus_one_hot, x, target, g)


def gelu_slope_x(g: Tensor, x: Tensor, approximate: str) -> Tensor:
    """Φ'(x) (2 - x²), or what it is for the approximation Φ = (1 + tanh u) / 2."""
    if approximate == "none":
        return g * (F.exp(x * x * -0.5) * (1 / math.sqrt(2 * math.pi)) * (2 - x * x))
    c, a = math.sqrt(2 / math.pi), neural.GELU_CUBIC
    t = F.tanh((x * x * a + 1) * x * c)
    slope = (x * x * (3 * a) + 1) * c
    return g * ((1 - t * t) * (slope + x * x * (3 * a * c) - x * t * slope * slope))


def softplus_x(g: Tensor, x: Tensor, beta: float, threshold: float) -> Tensor:
    """σ(βx), and 1 above the threshold."""
    scaled = x * beta
    return F.select(scaled > threshold, g, g * F.sigmoid(scaled))


def wide(x: Tensor) -> Tensor:
    """Return x, or float16 as float32, whose squares do not overflow."""
    return x.float() if x.dtype == np.float16 else x


def standardize_x(g: Tensor, x: Tensor, out: Tensor, ndim: int, eps: float) -> Tensor:
    """G less its mean and less its part along the result, over the standard deviation."""
    dims = tuple(range(-ndim, 0))
    x = wide(x)
    deviation = F.rsqrt(F.square(x - x.mean(dims, keepdim=True)).mean(dims, keepdim=True) + eps)
    return (g - g.mean(dims, keepdim=True) - out * (g * out).mean(dims, keepdim=True)) * deviation


def unit_rms_x(g: Tensor, x: Tensor, out: Tensor, ndim: int, eps: float) -> Tensor:
    """G less its part along the result, over the root of the mean square."""
    dims = tuple(range(-ndim, 0))
    scale = F.rsqrt(F.square(wide(x)).mean(dims, keepdim=True) + eps)
    return (g - out * (g * out).mean(dims, keepdim=True)) * scale


def softmax_minus_one_hot_x(g: Tensor, x: Tensor, scale: Tensor) -> Tensor:
    """The softmax's own rule: the one-hot part is constant."""
    p = apply(neural.softmax, x, dim=1)
    scaled = g * scale.unsqueeze(1)
    return (scaled - (scaled * p).sum(1, keepdim=True)) * p


def softmax_minus_one_hot_scale(g: Tensor, x: Tensor, target: Tensor) -> Tensor:
    """Σ g (softmax - one_hot) over the classes."""
    one = wrap(np.ones(target.shape, x.dtype))
    return (g * apply(neural.softmax_minus_one_hot, x, target, one)).sum(1)


def binary_cross_entropy_target(g: Tensor, x: Tensor) -> Tensor:
    """log(1 - x) - log x, neither below -100."""
    return g * (F.clamp(F.log1p(-x), min=-100) - F.clamp(F.log(x), min=-100))


derivative(neural.linear, x=linear_x, weight=linear_weight, bias=lambda g: g)
derivative(neural.relu, x=relu_x)
derivative(neural.gate, x=lambda g, y: apply(neural.gate, g, y), y=lambda: None)
derivative(neural.gelu, x=lambda g, x, approximate: g * apply(neural.gelu_slope, x, approximate=approximate))
derivative(neural.gelu_slope, x=gelu_slope_x)
derivative(neural.softplus, x=softplus_x)
derivative(neural.softmax, x=softmax_x)
derivative(neural.log_softmax, x=log_softmax_x)
derivative(neural.standardize, x=standardize_x)
derivative(neural.unit_rms, x=unit_rms_x)
derivative(neural.hardtanh, x=lambda g, out, low, high: zero_where((out <= low) | (out >= high), g))
derivative(neural.hardsigmoid, x=lambda g, x: zero_where((x <= -3) | (x >= 3), g * SIXTH))
derivative(neural.softsign, x=lambda g, x: g / F.square(x.abs() + 1))
derivative(neural.logsigmoid, x=lambda g, x: g * F.sigmoid(-x))
derivative(
    neural.binary_cross_entropy,
    x=lambda g, x, target: g * (x - target) / F.clamp(x * (1 - x), min=1e-12),
    target=binary_cross_entropy_target,
)
derivative(neural.cross_entropy, x=cross_entropy_x)
derivative(neural.softmax_minus_one_hot, x=softmax_minus_one_hot_x, scale=softmax_minus_one_hot_scale)
