"""Draw how a network learned photographs: its course, what it confuses, where it is sure and wrong, its filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tt_core.milestones.drawing import BLUE, RED, draw
from tt_train.milestones.panels import Curve, Tile, confusion, curves, smooth, tiles

if TYPE_CHECKING:
    from tt_core import Tensor
    from tt_core.milestones import Picture
    from tt_train.milestones.cifar10 import Network, Training

MISTAKES = 15
FILTERS = 24


def draw_all(network: Network, seen: Training, scores: Tensor, labels: Tensor, examined: Any) -> tuple[Picture, ...]:
    """Return the four pictures in the order of the story."""
    answers, truth = scores.data.argmax(1), labels.data
    return (
        _course(seen),
        _confusion(answers, truth, examined.classes),
        _mistakes(scores.data, truth, examined),
        _filters(network),
    )


def _course(seen: Training) -> Picture:
    width = max(1, len(seen.right) // 60)
    right = smooth(seen.right, width)
    minutes = [second / 60 for second in seen.seconds]
    return draw(
        "From guessing to knowing",
        f"The share of right answers while learning, over {len(seen.right):,} steps of 500 shifted and mirrored images "
        "each. The steps are largest after a fifth of the time, and then become small.",
        f"A curve that rises from {right[0]:.0f} to {right[-1]:.0f} percent of right answers.",
        lambda axes: curves(axes, [Curve("while learning", minutes, right, BLUE)], "minutes", "right answers, %"),
    )


def _confusion(answers: NDArray[Any], truth: NDArray[Any], names: tuple[str, ...]) -> Picture:
    counts = np.zeros((len(names), len(names)), np.int64)
    np.add.at(counts, (truth, answers), 1)
    wrong = counts * ~np.eye(len(names), dtype=bool)
    row, column = divmod(int(wrong.argmax()), len(names))
    words = f"{wrong.max()} images of the class {names[row]} are taken for {names[column]}"
    return draw(
        "What it takes for what",
        f"Each row is a class of the test images, each column an answer. The commonest mistake: {words}.",
        f"A table of {len(names)} classes and answers, most of it on the diagonal; {words}.",
        lambda axes: confusion(axes, counts, names),
    )


def _mistakes(scores: NDArray[Any], truth: NDArray[Any], examined: Any) -> Picture:
    answers = scores.argmax(1)
    lead = scores.max(1) - scores[np.arange(len(truth)), truth]
    worst = [int(i) for i in np.argsort(-lead)[:MISTAKES] if answers[i] != truth[i]]
    pixels = examined.fetch(np.array(worst, np.int64))[0].data.transpose(0, 2, 3, 1) / 255 if worst else ()
    names = examined.classes
    shown = [
        Tile(image, f"{names[answers[i]]}\nnot {names[truth[i]]}", RED) for i, image in zip(worst, pixels, strict=True)
    ]
    return draw(
        "Sure, and wrong",
        "The test images whose wrong answer is furthest ahead of the right one.",
        f"{len(shown)} small photographs, each with the wrong answer and the right one.",
        lambda axes: tiles(axes, shown, 5, head=0.3),
    )


def _filters(network: Network) -> Picture:
    found = network.whiten.weight.data[:FILTERS].transpose(0, 2, 3, 1)
    scaled = 0.5 + 0.5 * found / np.abs(found).max(axis=(1, 2, 3), keepdims=True)
    return draw(
        "The first layer was not learned",
        "The directions in which patches of photographs differ, the strongest first: brightness, then edges, then "
        "colours and finer and finer patterns. They come from the images' statistics alone.",
        f"{len(scaled)} patches of 4 × 4 pixels: plain, then with edges, then with finer patterns.",
        lambda axes: tiles(axes, [Tile(image) for image in scaled], 6),
    )
