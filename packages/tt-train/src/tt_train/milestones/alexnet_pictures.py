"""Draw what AlexNet's ideas bought: losses, accuracies, the gap between known and new pictures, filters and answers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tt_core.milestones.drawing import BLUE, GREEN, GREY, INK, RED, draw, key
from tt_train.milestones.panels import Curve, Tile, curves, dotted, smooth, tiles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tt_core.milestones import Picture
    from tt_train.milestones.alexnet import Run

COLORS: Final = (BLUE, RED, GREEN)
SHOWN: Final = 500
"""Among how many new pictures those with their answers are looked for."""

VARIED: Final = 18
WINDOW: Final = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """What the run found out, for drawing.

    Args:
        classes: their names.
        images: new pictures (N, 32, 32, 3).
        labels: the truth (N,).
        chances: what AlexNet gives each class (N, classes).
        varied: one picture, cropped and mirrored in many ways (M, 32, 32, 3).
        filters: the first layer's weights (F, 3, 5, 5).

    """

    classes: tuple[str, ...]
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    chances: NDArray[np.float32]
    varied: NDArray[np.uint8]
    filters: NDArray[np.float32]


def draw_all(best: Run, tanh: Run, plain: Run, seen: Seen) -> tuple[Picture, ...]:
    """Return the six pictures in the order of the story; `plain` had neither augmentation nor dropout."""
    return (
        _losses(best, tanh, len(seen.classes)),
        _accuracies((best, tanh, plain)),
        _gap(best, plain),
        _varied(seen),
        _filters(seen),
        _answers(seen),
    )


def _losses(best: Run, tanh: Run, classes: int) -> Picture:
    def paint(axes: Axes) -> None:
        lines = [
            Curve(name, range(1, len(run.training.losses) + 1), smooth(run.training.losses, WINDOW), color)
            for name, run, color in (("relu", best, BLUE), ("tanh", tanh, RED))
        ]
        curves(axes, lines, "step", f"loss, mean of {WINDOW} steps")
        axes.set(xlim=(1, None), ylim=(0, None))
        dotted(axes, math.log(classes), "guessing")

    found = [f"{smooth(run.training.losses, WINDOW)[-1]:.2f}" for run in (best, tanh)]
    return draw(
        "Units that do not tire",
        "The same network, the same start, the same pictures: only the unit differs. Where sums are large, tanh is "
        "flat and passes almost no gradient back; relu passes all of it, however large the sum. At the end the loss "
        f"is {found[0]} with relu and {found[1]} with tanh.",
        f"Loss against steps, with relu and with tanh; at the end {found[0]} and {found[1]}.",
        paint,
    )


def _accuracies(runs: tuple[Run, ...]) -> Picture:
    def paint(axes: Axes) -> None:
        lines = []
        for run, color in zip(runs, COLORS, strict=True):
            found, steps = run.training.accuracies, len(run.training.losses)
            xs = [steps * (i + 1) / len(found) for i in range(len(found))]
            lines.append(Curve(run.variant.name, xs, found, color))
        curves(axes, lines, "step", "right answers for new pictures, %", columns=2)
        axes.set(xlim=(0, None), ylim=(0, 101))

    ends = "; ".join(f"{run.variant.name}: {run.examined:.1f} %" for run in runs)
    return draw(
        "Right answers for new pictures",
        f"None of these pictures is learned from. In the end, {ends}.",
        f"Accuracy for new pictures against steps, for three networks. In the end, {ends}.",
        paint,
    )


def _gap(best: Run, plain: Run) -> Picture:
    def paint(axes: Axes) -> None:
        for place, (known, new) in enumerate(((plain.learned, plain.examined), (best.learned, best.examined))):
            for shift, value, color, name in ((-0.2, known, GREY, "known pictures"), (0.2, new, BLUE, "new pictures")):
                axes.bar(place + shift, value, 0.38, color=color, label="" if place else name)
                axes.annotate(f"{value:.1f}", (place + shift, value), (0, 3), "data", "offset points", ha="center")
        axes.set(ylabel="right answers, %", ylim=(0, 112))
        axes.set_yticks([0, 25, 50, 75, 100])
        axes.set_xticks([0, 1], ["each picture as it is", "augmentation and dropout"])
        key(axes)

    gaps = [run.learned - run.examined for run in (plain, best)]
    words = f"{gaps[0]:.1f} points without, {gaps[1]:.1f} with"
    return draw(
        "Learned by heart, or understood",
        "A network that sees the same pictures again and again ends by knowing them by heart. One that never sees a "
        "picture twice in the same way, and never has all its units, has to find what stays the same. The gap "
        f"between known and new pictures: {words}.",
        f"Bars of the accuracy for known and for new pictures; the gap is {words}.",
        paint,
    )


def _varied(seen: Seen) -> Picture:
    found = [Tile(seen.images[0] / 255, "the picture"), *(Tile(each / 255) for each in seen.varied[1:])]
    return draw(
        "One picture, many ways to see it",
        "Cropped at random from a frame with mirrored borders, and turned left to right or not. To the network each is "
        "new; to us they are the same picture. That costs no new pictures and little time.",
        f"A small picture and {VARIED - 1} versions of it, shifted by some pixels and partly mirrored.",
        lambda axes: tiles(axes, found, 6, head=0.06),
    )


def _filters(seen: Seen) -> Picture:
    filters = seen.filters.transpose(0, 2, 3, 1)  # (F, 5, 5, 3)
    limit = np.abs(filters).max(axis=(1, 2, 3), keepdims=True)
    found = [Tile(each) for each in 0.5 + 0.5 * filters / limit]
    return draw(
        "The filters of the first layer",
        f"The {len(filters)} windows of 5 × 5 pixels after learning, each in its own scale: grey is zero, bright asks "
        "for light and dark for its absence, in each colour. Most still show the noise that they started from: what "
        "the network needs of them is in there too.",
        f"{len(filters)} small coloured squares, some with stripes or one colour, most of them like noise.",
        lambda axes: tiles(axes, found, 8),
    )


def _answers(seen: Seen) -> Picture:
    said = seen.chances.argmax(1)
    sure = seen.chances.max(1)
    wrong = np.flatnonzero(said != seen.labels)
    wrong = wrong[np.argsort(-sure[wrong], kind="stable")][:9]
    right = np.flatnonzero(said == seen.labels)
    right = right[np.argsort(sure[right], kind="stable")][: 18 - len(wrong)]
    found = [_answer(seen, int(i), int(said[i]), float(sure[i])) for i in (*wrong, *right)]
    return draw(
        "What it answers",
        f"Of {len(said)} new pictures, {len(wrong)} of its wrong answers in red, the surest first, with the truth, the "
        "answer and how sure it was; then right answers, the least sure first.",
        "Eighteen small pictures, each with AlexNet's answer and how sure it was of it.",
        lambda axes: tiles(axes, found, 6, gap=0.2, head=0.14),
    )


def _answer(seen: Seen, index: int, said: int, sure: float) -> Tile:
    truth = int(seen.labels[index])
    image = seen.images[index] / 255
    if truth == said:
        return Tile(image, f"{_short(seen, said)}, {100 * sure:.0f} %", INK)
    return Tile(image, f"{_short(seen, truth)}: {_short(seen, said)}, {100 * sure:.0f} %", RED)


def _short(seen: Seen, number: int) -> str:
    return seen.classes[number].removeprefix("texture ")[:5]
