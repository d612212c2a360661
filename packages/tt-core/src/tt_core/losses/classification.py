"""Losses for classes: the scores of all classes against the number of the right one, or against probabilities.

Classes are dimension 1 of the input (N, K) or (N, K, d₁, …), whose target is (N,) or (N, d₁, …); a single sample is
(K,), and its target has no dimensions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tt_core.activations import log_softmax, relu
from tt_core.errors import DTypeError, NotSupportedError, ShapeError
from tt_core.graph import Recorded, wrap
from tt_core.losses.reduction import Loss, reduce
from tt_core.operations.arguments import need_floating, not_a_tensor
from tt_core.operations.pointwise import add, div, masked_fill, mul, neg, square, sub
from tt_core.operations.reductions import sum
from tt_core.operations.shapes import reshape, squeeze, unsqueeze
from tt_core.primitives import elementwise as E
from tt_core.primitives import neural as P
from tt_core.primitives import shapes as S
from tt_core.recording import apply
from tt_core.typing import Float, Shaped, shaped

if TYPE_CHECKING:
    from tt_core.dtypes import Array
    from tt_core.tensor import Tensor


@shaped
def cross_entropy(
    input: Float[Tensor, " ..."],
    target: Shaped[Tensor, " ..."],
    weight: Float[Tensor, " K"] | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Float[Tensor, " ..."]:
    """-Σ q log softmax(input) for a target distribution q: all of it on one class, or as given.

    Args:
        input: scores of K classes, of any size and sign ("logits").
        target: class numbers, or probabilities of the input's shape.
        weight: of each class; the "mean" over class numbers divides by the sum of their weights.
        ignore_index: targets with this number count for nothing.
        label_smoothing: the part of q, from 0 to 1, that is spread over all classes evenly.

    Raises:
        ShapeError: the shapes do not fit, or a target is not the number of a class.
        DTypeError: the target is neither.

    >>> from tt_core import tensor
    >>> cross_entropy(tensor([[0.0, 0.0]]), tensor([1]))
    tensor(0.6931)
    """
    need_floating(input, "cross_entropy")
    if not 0 <= label_smoothing <= 1:
        raise ShapeError(f"expected label_smoothing from 0 to 1 in cross_entropy; got {label_smoothing}")
    if not isinstance(target, Recorded):
        raise not_a_tensor("the target of cross_entropy", target)
    if target.data.shape == input.data.shape and input.data.ndim:
        _check_probabilities(target, ignore_index)
        _check_weight("cross_entropy", weight, input.data.shape[min(input.data.ndim - 1, 1)])
        return _against_probabilities(input, target, weight, reduction, label_smoothing)
    x, chosen = _chosen("cross_entropy", input, target, weight, ignore_index)
    if label_smoothing == 0:
        return chosen.reduce(chosen.weigh(apply(P.cross_entropy, x, chosen.classes)), reduction)
    return chosen.reduce(_smoothed(log_softmax(x, 1), chosen, weight, label_smoothing), reduction)


def _smoothed(scores: Tensor, chosen: _Chosen, weight: Tensor | None, amount: float) -> Tensor:
    """Return (1 - ε) · (loss of the right class) + ε / K · (losses of all K classes added up), for ε = `amount`.

    The loss of a class is -log p, times the class's weight; where the target is ignored both parts are 0.

    Args:
        scores: log p (N, K, …).
        chosen: the right classes: `weigh` and `without_ignored` know what they count.
        weight: of each class (K,); None for 1 each. `_times_class_weight` applies it.
        amount: from 0 to 1.

    Source: Szegedy et al. 2016, https://arxiv.org/abs/1512.00567, section 7
    """
    one = chosen.weigh(neg(_picked(scores, chosen.classes)))
    even = chosen.without_ignored(neg(sum(_times_class_weight(scores, weight), 1)))
    return add(mul(one, 1 - amount), mul(even, amount / scores.shape[1]))


def _check_probabilities(target: Tensor, ignore_index: int) -> None:
    if target.data.dtype.kind != "f":
        raise DTypeError(
            f"expected probabilities, since the target has the input's shape {list(target.shape)}; "
            f"got {target.dtype.name}: class numbers have no dimension for the classes"
        )
    if ignore_index >= 0:
        raise ShapeError(f"expected class numbers beside ignore_index={ignore_index}; probabilities name no class")


def _against_probabilities(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, label_smoothing: float
) -> Tensor:
    """Return -Σ w q log softmax(x) over the classes, which are dimension 1 (0 if there is no other).

    Args:
        input: scores x (N, K, …) or (K,).
        target: a distribution q for each sample, of the same shape.
        weight: w of each class; None for 1 each.
        reduction: "mean" is that of the samples, whatever they weigh.
        label_smoothing: ε: first of all, q becomes (1 - ε) q + ε / K.
    """
    dim = min(input.ndim - 1, 1)
    if label_smoothing:
        target = add(mul(target, 1 - label_smoothing), label_smoothing / input.shape[dim])
    terms = mul(_times_class_weight(log_softmax(input, dim), weight), target)
    return reduce(neg(sum(terms, dim)), reduction)


@shaped
def nll_loss(
    input: Float[Tensor, " ..."],
    target: Shaped[Tensor, " ..."],
    weight: Float[Tensor, " K"] | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Float[Tensor, " ..."]:
    """-input[target] for log-probabilities `input`: `cross_entropy` after `log_softmax`.

    Args:
        target: class numbers.
        weight: of each class; the "mean" divides by the sum of the targets' weights.
        ignore_index: targets with this number count for nothing.

    Raises:
        ShapeError: the shapes do not fit, or a target is not the number of a class.
        DTypeError: the target holds no integers.
    """
    x, chosen = _chosen("nll_loss", need_floating(input, "nll_loss"), target, weight, ignore_index)
    return chosen.reduce(chosen.weigh(neg(_picked(x, chosen.classes))), reduction)


@shaped
def multi_margin_loss(
    input: Float[Tensor, " ..."],
    target: Shaped[Tensor, " ..."],
    *,
    p: int = 1,
    margin: float = 1.0,
    weight: Float[Tensor, " K"] | None = None,
    reduction: str = "mean",
) -> Float[Tensor, " ..."]:
    """Σ max(0, margin - x[target] + x[k])^p / K over the wrong classes k: the hinge loss of several classes.

    Args:
        input: scores (N, K) or (K,).
        target: class numbers (N,); of one sample (1,) or without dimensions.
        weight: of each class; the "mean" is that of all samples, whatever they weigh.

    Raises:
        ShapeError: the shapes do not fit, or a target is not the number of a class.
        NotSupportedError: p is neither 1 nor 2.

    Source: Crammer & Singer 2001, https://www.jmlr.org/papers/v2/crammer01a.html
    """
    if p not in (1, 2):
        raise NotSupportedError(f"expected p 1 or 2 in multi_margin_loss; got {p}")
    target = reshape(target, ()) if input.ndim == 1 and target.shape == (1,) else target
    x, chosen = _chosen("multi_margin_loss", need_floating(input, "multi_margin_loss"), target, weight, None)
    own = np.arange(x.shape[1]) == chosen.classes.data[..., None]  # (N, K)
    over = relu(add(sub(x, unsqueeze(_picked(x, chosen.classes), 1)), margin))
    wrong = masked_fill(square(over) if p == 2 else over, wrap(own), 0)
    losses = chosen.weigh(div(sum(wrong, 1), x.shape[1]))
    return reduce(reshape(losses, chosen.shape), reduction)


class _Chosen(NamedTuple):
    """The right classes, and what each counts.

    Attributes:
        classes: their numbers, 0 where the target is ignored.
        ignored: where it is; None for nowhere.
        factors: the weight of each, 0 where it is ignored; None if all are 1.
        shape: of the target as it was given.
    """

    classes: Tensor
    ignored: Tensor | None
    factors: Array | None
    shape: tuple[int, ...]

    def without_ignored(self, losses: Tensor) -> Tensor:
        """Return the losses, those of ignored targets 0 whatever they are, even nan: the primitive `E.zero_where`."""
        return losses if self.ignored is None else apply(E.zero_where, losses, self.ignored)

    def weigh(self, losses: Tensor) -> Tensor:
        """Return the losses times the factors of their classes, in the losses' own type; ignored ones are 0.

        `factors` is an array: `astype`, then `wrap`.
        """
        kept = self.without_ignored(losses)
        return kept if self.factors is None else mul(kept, wrap(self.factors.astype(losses.dtype)))

    def reduce(self, losses: Tensor, reduction: str) -> Tensor:
        """Return what `reduction` makes of weighed losses, in the target's shape if it is "none".

        "mean" divides their sum by the sum of the factors, if there are any: an ignored target is not counted, and one
        of weight 2 counts twice. nan if nothing counts.
        """
        if reduction == "mean" and self.factors is not None:
            return div(sum(losses), float(self.factors.sum()))
        return reduce(losses if losses.shape == self.shape else reshape(losses, self.shape), reduction)


def _chosen(
    name: str, input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int | None
) -> tuple[Tensor, _Chosen]:
    """Return the input as a batch, and the classes that the target chooses.

    Raises:
        ShapeError: the shapes do not fit, or a target is not the number of a class.
        DTypeError: the target holds no integers.
    """
    shape, expected = target.data.shape, input.data.shape[:1] + input.data.shape[2:]
    if input.data.ndim < 2:
        expected = ()
        input, target = reshape(input, (1, -1)), reshape(target, -1)
    if shape != expected:
        raise ShapeError(
            f"expected a target {list(expected)} of class numbers for the input {list(input.shape)} of {name}, "
            f"whose classes are dimension 1; got {list(shape)}"
        )
    count = input.data.shape[1]
    _check_weight(name, weight, count)
    classes, ignored = _numbers(name, target, count, ignore_index)
    factors = None if weight is None else weight.data[classes.data]
    if ignored is not None:
        factors = np.where(ignored.data, 0, 1.0 if factors is None else factors)
    return input, _Chosen(classes, ignored, factors, shape)


def _check_weight(name: str, weight: Tensor | None, count: int) -> None:
    if weight is not None and weight.shape != (count,):
        raise ShapeError(f"expected {count} weights in {name}, one per class; got shape {list(weight.shape)}")


def _numbers(name: str, target: Tensor, count: int, ignore_index: int | None) -> tuple[Tensor, Tensor | None]:
    """Return the target with 0 in the place of ignored ones, and where these are, or None for nowhere."""
    if target.data.dtype.kind not in "iu":
        raise DTypeError(f"expected class numbers as integers in {name}; got {target.dtype.name} {list(target.shape)}")
    numbers = target.data.astype(np.int64, copy=False)
    if _within(numbers, count) and (ignore_index is None or not 0 <= ignore_index < count):
        return target, None
    ignored = numbers == ignore_index
    numbers = np.where(ignored, 0, numbers)
    if not _within(numbers, count):
        wrong = numbers[(numbers < 0) | (numbers >= count)][0]
        raise ShapeError(f"expected class numbers from 0 to {count - 1} in {name}, for {count} classes; got {wrong}")
    return wrap(numbers), wrap(ignored) if ignored.any() else None


def _within(numbers: Array, count: int) -> bool:
    """Tell whether all are from 0 to count - 1: read without a sign, negative ones are large too."""
    return not numbers.size or bool(numbers.view(np.uint64).max() < count)


def _picked(x: Tensor, classes: Tensor) -> Tensor:
    """Return from x (N, K, …) at each place the number of the class named there: classes (N, …), and so the result."""
    return squeeze(apply(S.gather, x, unsqueeze(classes, 1), dim=1), 1)


def _times_class_weight(scores: Tensor, weight: Tensor | None) -> Tensor:
    """Return the scores of each class times its weight."""
    if weight is None:
        return scores
    after = max(scores.ndim - 2, 0)
    return mul(scores, reshape(weight, (-1, *[1] * after)))


class CrossEntropyLoss(Loss):
    """`cross_entropy` as a module."""

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction=reduction)
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(Loss):
    """`nll_loss` as a module."""

    weight: Tensor | None

    def __init__(self, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class MultiMarginLoss(Loss):
    """`multi_margin_loss` as a module."""

    weight: Tensor | None

    def __init__(
        self, *, p: int = 1, margin: float = 1.0, weight: Tensor | None = None, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction=reduction)
        self.register_buffer("weight", weight)
        self.p = p
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return multi_margin_loss(
            input, target, p=self.p, margin=self.margin, weight=self.weight, reduction=self.reduction
        )
