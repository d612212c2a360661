"""A loss must not broadcast its target.

Elsewhere, predictions of shape (3, 1) held against targets of shape (3,) broadcast to (3, 3): every prediction was
pulled towards the mean of all targets, the loss fell a little and stayed there, and hours went by before somebody
printed a shape.
"""

from collections.abc import Callable

import pytest

import tt_core as tt
import tt_core.functional as F
from tt_core import ShapeError, Tensor

LOSSES: list[Callable[[Tensor, Tensor], Tensor]] = [
    F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss, F.binary_cross_entropy, F.binary_cross_entropy_with_logits,
]  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("prediction, target", [((3, 1), (3,)), ((3,), (3, 1)), ((3, 1), (1, 3)), ((2, 3), (3,))])
def test_other_shapes_are_refused(
    loss: Callable[[Tensor, Tensor], Tensor], prediction: tuple[int, ...], target: tuple[int, ...]
) -> None:
    with pytest.raises(ShapeError, match=r"\[.*\]"):
        loss(tt.full(prediction, 0.5), tt.full(target, 0.5))


@pytest.mark.parametrize("shape", [(), (1,), (2,), (3, 1), (1, 3)])
@pytest.mark.parametrize("scores", [(4, 3), (3,), (4, 3, 2)])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_class_weights_beside_probabilities_are_one_per_class(
    shape: tuple[int, ...], scores: tuple[int, ...], smoothing: float
) -> None:
    x, probabilities = tt.zeros(scores), tt.full(scores, 1 / 3)
    with pytest.raises(ShapeError, match="expected 3 weights in cross_entropy, one per class; got shape"):
        F.cross_entropy(x, probabilities, tt.ones(shape), label_smoothing=smoothing)
