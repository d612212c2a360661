"""Draw what LeNet learned: its filters, what they make of a digit, its answers and mistakes, and what a shift costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tt_core.milestones.drawing import BLUE, GREY, INK, RED, draw
from tt_train.milestones.panels import Curve, Tile, boxes, confusion, curves, draw_tile, tiles

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from tt_core import Tensor
    from tt_core.milestones import Picture
    from tt_train.milestones.practice import Training

DIGITS = tuple("0123456789")
ROWS, COLUMNS = 3, 6


@dataclass(frozen=True, slots=True)
class Seen:
    """What the run found out, for drawing.

    Args:
        filters: C1's weights before and after learning, each (6, 1, 5, 5).
        maps: what C1, S2, C3 and S4 make of the first digit, each (1, maps, height, width).
        images: what was examined (N, 28, 28), that digit first.
        labels: the truth (N,).
        scores: LeNet's answers (N, 10).
        shifts: by how many pixels images were moved.
        moved: the accuracy of the perceptron and of LeNet for each shift.

    """

    filters: tuple[Tensor, Tensor]
    maps: tuple[Tensor, ...]
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    scores: NDArray[np.float32]
    shifts: tuple[int, ...]
    moved: tuple[list[float], list[float]]


def draw_all(plain: Training, lenet: Training, seen: Seen) -> tuple[Picture, ...]:
    """Return the six pictures in the order of the story; `plain` is the perceptron's training."""
    return (
        _learning(plain, lenet),
        _shifts(seen),
        _filters(seen),
        _maps(seen),
        _confusion(seen),
        _mistakes(seen),
    )


def _learning(plain: Training, lenet: Training) -> Picture:
    epochs = range(1, len(lenet.accuracies) + 1)

    def paint(axes: Axes) -> None:
        lines = [
            Curve(name, epochs, [100 - value for value in training.accuracies], color)
            for name, training, color in (("one hidden layer", plain, RED), ("LeNet", lenet, BLUE))
        ]
        curves(axes, lines, "epoch (every image seen once)", "wrong answers for new images, %")
        axes.set(ylim=(0, None), xlim=(1, None))
        axes.locator_params(axis="x", integer=True, nbins=8)

    ends = f"{100 - plain.accuracies[-1]:.2f} % and {100 - lenet.accuracies[-1]:.2f} %"
    return draw(
        "Fewer mistakes, with fewer weights",
        "The share of wrong answers for images that neither network learns from, after each epoch. Both see the same "
        f"images in the same order and learn by the same rule. In the end {ends} of the answers are wrong.",
        f"Wrong answers for new images against epochs for both networks; in the end {ends}.",
        paint,
    )


def _shifts(seen: Seen) -> Picture:
    plain, lenet = seen.moved

    def paint(axes: Axes) -> None:
        curves(
            axes,
            [Curve("one hidden layer", seen.shifts, plain, RED, "o-"), Curve("LeNet", seen.shifts, lenet, BLUE, "o-")],
            "the images are moved by so many pixels",
            "right answers, %",
        )
        axes.set(ylim=(0, 102))
        axes.set_xticks(seen.shifts)

    at = len(seen.shifts) - 1
    ends = f"{plain[at]:.0f} % of the answers of one hidden layer are right, and {lenet[at]:.0f} % of LeNet's"
    return draw(
        "What happens when the paper slips",
        "The same test images, moved up, down, left or right; nothing leaves the picture. One hidden layer has learned "
        "what each pixel means at its place. LeNet's windows see the same strokes somewhere else, and subsampling "
        f"forgets a part of where. At {seen.shifts[at]} pixels {ends}.",
        f"Accuracy against the shift in pixels, for both networks: at {seen.shifts[at]} pixels {ends}.",
        paint,
    )


def _filters(seen: Seen) -> Picture:
    before, after = (np.asarray(each.detach().numpy()[:, 0]) for each in seen.filters)
    limit = float(max(np.abs(before).max(), np.abs(after).max()))
    found = [Tile(each, "at the start", GREY, signed=True, limit=limit) for each in before]
    found += [Tile(each, "learned", INK, signed=True, limit=limit) for each in after]
    found += [Tile(each, "finds", INK, signed=True) for each in seen.maps[0].numpy()[0]]
    return draw(
        "The first layer: six windows of 5 × 5",
        "These 150 weights and 6 thresholds are all that the first layer has, and it uses them at each of 28 × 28 "
        "places. Orange asks for ink, blue for none. The first row shows them as they started, at random; "
        "the second as they are now; the third where each finds what it looks for in one digit.",
        "Two rows of six small grids of coloured squares, random above and learned below; a third of maps of a digit.",
        lambda axes: tiles(axes, found, 6, head=0.12),
    )


def _maps(seen: Seen) -> Picture:
    c1, s2, c3, s4 = (each.numpy()[0] for each in seen.maps)

    def paint(axes: Axes) -> None:
        axes.set_axis_off()
        rows = boxes(5, 9, gap=0.14, head=0.06)
        draw_tile(axes, Tile(seen.images[0], "the image"), rows[0])
        _row(axes, "C1: 6 maps, 28 × 28", c1, rows[2:8])
        _row(axes, "S2: 6 maps, 14 × 14", s2, rows[11:17])
        _row(axes, "C3: 16 maps, 10 × 10", c3, [*rows[19:27], *rows[28:36]])
        _row(axes, "S4: 8 of 16 maps, 5 × 5", s4, rows[37:45])

    return draw(
        "What the layers see of one digit",
        "Each map shows in orange where one window found what it looks for. C1 still looks like the digit in six "
        "lights; S2 keeps the strongest of each 2 × 2 answers; C3 looks through windows over several maps at once; "
        "S4, of which the last row shows 8 maps, is what the ordinary layers get to see.",
        "A digit, and below it rows of small maps in orange that get coarser from layer to layer.",
        paint,
    )


def _row(axes: Axes, title: str, maps: NDArray[np.float32], places: list[tuple[float, float, float, float]]) -> None:
    for index, (image, place) in enumerate(zip(maps, places, strict=False)):
        draw_tile(axes, Tile(image, title if index == 0 else "", signed=True, row=True), place)


def _confusion(seen: Seen) -> Picture:
    said = seen.scores.argmax(1)
    counts = np.zeros((10, 10), np.int64)
    np.add.at(counts, (seen.labels, said), 1)
    wrong = counts * ~np.eye(10, dtype=bool)
    truth, answer = np.unravel_index(int(wrong.argmax()), wrong.shape)
    often = "no digit is taken for another"
    if wrong.max() == 1:
        often = "no mistake is made twice"
    elif wrong.any():
        often = f"the most frequent mistake is {answer} for a {truth}, {wrong.max()} times"
    return draw(
        "Which digits it takes for which",
        f"Rows are the truth, columns LeNet's answers. {int(wrong.sum())} of {len(said):,} answers lie beside the "
        f"diagonal; {often}.",
        f"A table of ten digits against ten answers; almost all lie on the diagonal; {often}.",
        lambda axes: confusion(axes, counts, DIGITS),
    )


def _mistakes(seen: Seen) -> Picture:
    said = seen.scores.argmax(1)
    wrong = np.flatnonzero(said != seen.labels)
    shown = np.concatenate((wrong, _least_sure(seen, said)))[: ROWS * COLUMNS]
    found = [
        Tile(seen.images[i], f"{seen.labels[i]}, said {said[i]}", RED)
        if said[i] != seen.labels[i]
        else Tile(seen.images[i], f"{said[i]}")
        for i in shown
    ]
    return draw(
        "The mistakes",
        f"{'All' if len(wrong) <= len(shown) else f'{len(shown)} of'} {len(wrong)} wrong answers are in red, with the "
        "truth and what LeNet said"
        + (
            "; the rest, in black, are right answers about which it was least sure."
            if len(wrong) < len(shown)
            else ". For some of them a human reader would hesitate too."
        ),
        f"Small images of digits, {min(len(wrong), len(shown))} of them answered wrongly, with truth and answer.",
        lambda axes: tiles(axes, found, COLUMNS, gap=0.2, head=0.12),
    )


def _least_sure(seen: Seen, said: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the right answers, that with the smallest lead over the second choice first."""
    ordered = np.sort(seen.scores, axis=1)
    right = np.flatnonzero(said == seen.labels)
    order: NDArray[np.int64] = right[np.argsort((ordered[:, -1] - ordered[:, -2])[right], kind="stable")]
    return order
