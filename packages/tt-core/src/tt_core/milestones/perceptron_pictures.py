"""Draw what the perceptron learned: its line before and after, its mistakes, and the flowers that no line separates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tt_core.milestones.drawing import BLUE, GREY, INK, ORANGE, PALE_BLUE, PALE_ORANGE, RED, draw, key

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tt_core import Tensor
    from tt_core.milestones import Picture
    from tt_core.milestones.iris import Flowers
    from tt_core.milestones.perceptron import Training

Limits = tuple[float, float, float, float]  # left, right, bottom, top


def draw_all(
    easy: Flowers, learned: Training, right: float, hard: Flowers, restless: Training, best: Tensor
) -> tuple[Picture, ...]:
    """Return the four pictures in the order of the story."""
    return (
        _before(easy, learned.weights[0], right),
        _after(easy, learned),
        _mistakes(learned, restless),
        _overlapping(hard, restless, best),
    )


def _before(easy: Flowers, weights: Tensor, right: float) -> Picture:
    def paint(axes: Axes) -> None:
        limits = (-1.0, 8.0, -1.0, 5.0)
        _half_planes(axes, weights, limits)
        _line(axes, weights, limits, INK, "decision line")
        _flowers(axes, easy)
        key(axes)

    return draw(
        "Before: random weights",
        "The line starts where chance puts it; the view is wide, so that it can be seen. Flowers on the blue ground are "
        f"called {easy.species[0]}, those on the yellow ground {easy.species[1]}: {right:.0f} % of the answers are right. A coin gets 50 %.",
        f"Sepal width against sepal length of 100 irises, with a random decision line: {right:.0f} % of the answers are right.",
        paint,
    )


def _after(easy: Flowers, learned: Training) -> Picture:
    def paint(axes: Axes) -> None:
        limits = _around(easy)
        _half_planes(axes, learned.weights[-1], limits)
        for epoch in (1, 3, 10, 30, 100, 300):
            if epoch < len(learned.weights) - 1:
                _line(axes, learned.weights[epoch], limits, GREY, "", width=1.0)
        _line(axes, learned.weights[-1], limits, INK, f"after {len(learned.mistakes)} epochs")
        _flowers(axes, easy)
        key(axes)

    state = "all flowers are on their own side" if learned.settled else "some flowers are still on the wrong side"
    return draw(
        "After: the line it found",
        f"Blue ground: it says {easy.species[0]}; yellow ground: {easy.species[1]}. Thin lines show where it stood after 1, 3, 10, "
        f"30, 100 and 300 epochs. In the end {state}; the line stays where it first made no mistake, not in the middle of the gap.",
        f"The same flowers. A rising line runs between the {easy.species[0]} above and the {easy.species[1]} below: {state}.",
        paint,
    )


def _mistakes(learned: Training, restless: Training) -> Picture:
    def paint(axes: Axes) -> None:
        _curve(axes, restless, RED, "versicolor or virginica")
        _curve(axes, learned, BLUE, "setosa or versicolor")
        axes.set(xscale="log", xlabel="epoch (every flower shown once)", ylabel="mistakes in the epoch", xlim=(1, 1000), ylim=(0, None))
        axes.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
        axes.grid(visible=True)
        key(axes)

    end = f"reaches zero in epoch {len(learned.mistakes)}" if learned.settled else "has not reached zero"
    return draw(
        "Mistakes in each epoch",
        f"It does not get better step by step: every correction may undo an earlier one. Where a line exists, the count {end} "
        "and stays there, as Novikoff proved. Where none exists, it goes up and down for ever.",
        f"Mistakes per epoch, epochs on a logarithmic scale. The curve for setosa or versicolor {end}; the other never does.",
        paint,
    )


def _overlapping(hard: Flowers, restless: Training, best: Tensor) -> Picture:
    def paint(axes: Axes) -> None:
        limits = _around(hard)
        _half_planes(axes, best, limits)
        _line(axes, best, limits, INK, "best line met")
        _flowers(axes, hard)
        axes.annotate("two flowers of\ndifferent species", (4.8, 1.8), xytext=(3.75, 2.2), ha="center",
                      arrowprops={"arrowstyle": "->", "color": INK})
        key(axes)

    return draw(
        "Two species that no line separates",
        f"The best line met in {len(restless.mistakes)} epochs. A few flowers lie on the wrong side of every line; at the arrow a versicolor and a "
        "virginica have the same petals to the millimetre. The rule corrects itself for ever, so we keep the best line aside.",
        "Petal width against petal length of 100 irises. The two clouds overlap; the best line leaves a few on the wrong side.",
        paint,
    )


def _curve(axes: Axes, training: Training, color: str, label: str) -> None:
    last = len(training.mistakes)
    axes.plot(range(1, last + 1), training.mistakes, color=color, linewidth=1.2, label=label)
    if training.settled:
        axes.plot([last], [0], "o", color=color, markersize=9, clip_on=False, zorder=4)
        axes.annotate("settled", (last, 0), xytext=(8, 5), textcoords="offset points", color=color, fontweight="bold")


def _around(flowers: Flowers) -> Limits:
    low, high = flowers.features.amin(dim=0).tolist(), flowers.features.amax(dim=0).tolist()
    margin = [0.08 * (top - bottom) for bottom, top in zip(low, high, strict=True)]
    return low[0] - margin[0], high[0] + margin[0], low[1] - margin[1], high[1] + margin[1]


def _corners(weights: Tensor, limits: Limits) -> tuple[list[float], list[float], list[list[float]]]:
    """Return w · x at the corners of the picture: enough for a contour, which is a straight line."""
    a, b, c = weights.tolist()
    xs, ys = list(limits[:2]), list(limits[2:])
    return xs, ys, [[a * x + b * y + c for x in xs] for y in ys]


def _half_planes(axes: Axes, weights: Tensor, limits: Limits) -> None:
    xs, ys, scores = _corners(weights, limits)
    far = 1 + max(abs(score) for row in scores for score in row)
    axes.contourf(xs, ys, scores, levels=[-far, 0, far], colors=[PALE_BLUE, PALE_ORANGE])
    axes.set(xlim=limits[:2], ylim=limits[2:])


def _line(axes: Axes, weights: Tensor, limits: Limits, color: str, label: str, width: float = 2.2) -> None:
    """Draw w · x = 0, which is nowhere when both slopes are zero."""
    a, b, c = weights.tolist()
    if a or b:
        point = (-a * c / (a * a + b * b), -b * c / (a * a + b * b))
        axes.axline(point, (point[0] + b, point[1] - a), color=color, linewidth=width, label=label)
    axes.set(xlim=limits[:2], ylim=limits[2:])


def _flowers(axes: Axes, flowers: Flowers) -> None:
    looks = ((-1.0, BLUE, "o", 66), (1.0, ORANGE, "^", 38))  # the smaller on top: both of an equal pair stay visible
    for name, (sign, color, marker, size) in zip(flowers.species, looks, strict=True):
        x, y = flowers.features[flowers.labels == sign].T.tolist()
        axes.scatter(x, y, s=size, c=color, marker=marker, edgecolors=INK, linewidths=0.5, label=name, zorder=3)
    axes.set(xlabel=f"{flowers.measurements[0]} in cm", ylabel=f"{flowers.measurements[1]} in cm")
