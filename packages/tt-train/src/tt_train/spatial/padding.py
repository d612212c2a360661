"""Borders around tensors, with PyTorch's modes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from tt_core import Tensor
from tt_core import pad as pad_constant
from tt_core.errors import NotSupportedError, ShapeError
from tt_core.extend import apply
from tt_core.typing import Shaped, shaped
from tt_train.spatial.primitives import padding as P

Mode: TypeAlias = Literal["constant", "reflect", "replicate", "circular"]


@shaped
def pad(
    x: Shaped[Tensor, "*shape"], pad: Sequence[int], mode: Mode = "constant", value: float | None = None
) -> Shaped[Tensor, " ..."]:
    """`x` with a border: `value`, or what is inside, reflected, repeated, or from the other end.

    Args:
        pad: how much goes (before, behind), pair by pair, of the last dimension first; negative numbers cut off.
        mode: all but "constant" leave the first dimensions, batch and channels, as they are.
        value: what "constant" puts there, 0 unless given.

    Raises:
        ShapeError: there are more pairs than dimensions, or a border is wider than what it is made of.
        NotSupportedError: another mode.

    >>> from tt_core import arange
    >>> pad(arange(4).reshape(1, 1, 4), (2, 1), "reflect").tolist()
    [[[2, 1, 0, 1, 2, 3, 2]]]
    """
    if mode == "constant":
        return pad_constant(x, pad, value=value)
    if mode not in ("reflect", "replicate", "circular"):
        raise NotSupportedError(f"expected mode 'constant', 'reflect', 'replicate' or 'circular' of pad; got {mode!r}")
    if value:
        raise NotSupportedError(
            f"expected no value of pad beside mode {mode!r}, which takes what is inside; got {value}"
        )
    count = len(pad) // 2
    if len(pad) % 2 or not 1 <= count <= 3 or x.ndim not in (count + 1, count + 2):
        found = f"{list(pad)} for a tensor of {x.ndim} dimensions"
        raise ShapeError(f"expected a pair of widths for each dimension after batch and channels of pad; got {found}")
    pairs = list(zip(pad[::2], pad[1::2], strict=True))[::-1]
    _check(x, pairs, mode)
    return apply(P.border, x, widths=((0, 0),) * (x.ndim - count) + tuple(pairs), mode=mode)


def _check(x: Tensor, pairs: Sequence[tuple[int, int]], mode: str) -> None:
    """Refuse borders that are wider than what they are made of, and results without a number.

    Raises:
        ShapeError: one is.
    """
    for n, (before, behind) in zip(x.shape[-len(pairs) :], pairs, strict=True):
        most = {"reflect": n - 1, "circular": n}.get(mode)
        if most is not None and max(before, behind) > most:
            found = f"{(before, behind)} for a size of {n}"
            raise ShapeError(f"expected widths of at most {most} for mode {mode!r} of pad; got {found}")
        if n + before + behind < 1 or n == 0:
            raise ShapeError(f"expected a result of pad that is not empty; got {(before, behind)} for a size of {n}")
