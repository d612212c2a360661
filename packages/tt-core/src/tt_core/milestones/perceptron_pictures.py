"""Draw what the perceptron learned: its line before and after, its mistakes, and flowers that no line separates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tt_core.milestones.drawing import BLUE, GREY, INK, ORANGE, PALE_BLUE, PALE_ORANGE, RED, draw, key

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tt_core import Tensor
    from tt_core.milestones import Picture
    from tt_core.milestones.iris import Flowers
    from tt_core.milestones.perceptron import Training

Limits = tuple[float, float, float, float]
"""Left, right, bottom and top of what is drawn, in cm."""

WIDE: Limits = (-3.0, 8.0, -2.0, 5.0)


def draw_all(
    easy: Flowers, learned: Training, hard: Flowers, restless: Training, *, right: float, best: Tensor
) -> tuple[Picture, ...]:
    """Return the four pictures in the order of the story.

    Args:
        easy: the flowers that a line separates.
        learned: the training on them.
        hard: the flowers that no line separates.
        restless: the training on those.
        right: the percentage of right answers for `easy` before training.
        best: the best weights met for `hard`.

    """
    return (
        _before(easy, learned.weights[0], right),
        _after(easy, learned),
        _mistakes(learned, restless),
        _overlapping(hard, restless, best),
    )


def _before(flowers: Flowers, weights: Tensor, right: float) -> Picture:
    def paint(axes: Axes) -> None:
        _half_planes(axes, weights, WIDE)
        _line(axes, weights, INK, "decision line")
        _flowers(axes, flowers)

    first, second = flowers.species
    return draw(
        "Before: random weights",
        "The weights start small and random, so the line lies nowhere near the flowers; the view is wide to show it. "
        f"Blue ground: it says {first}; yellow: {second}. Every flower gets the same answer: {right:.0f} % of "
        "the answers are right, as with a coin.",
        f"Sepal width against sepal length of 100 irises, all on one side of a random line: {right:.0f} % right.",
        paint,
    )


def _after(flowers: Flowers, learned: Training) -> Picture:
    def paint(axes: Axes) -> None:
        _half_planes(axes, learned.weights[-1], _around(flowers))
        for epoch in (1, 3, 10, 30, 100, 300):
            if epoch < len(learned.mistakes):
                _line(axes, learned.weights[epoch], GREY, "", width=1.0)
        _line(axes, learned.weights[-1], INK, f"after {len(learned.mistakes)} epochs")
        _flowers(axes, flowers)

    state = "all flowers are on their own side" if learned.settled else "some flowers are still on the wrong side"
    first, second = flowers.species
    return draw(
        "After: the line it found",
        f"Blue ground: it says {first}; yellow ground: {second}. Thin lines show where it stood after 1, 3, 10, 30, "
        f"100 and 300 epochs. In the end {state}. The line stays where it first made no mistake, which is not the "
        "middle of the gap.",
        f"The same flowers. A rising line runs between the {first} above and the {second} below: {state}.",
        paint,
    )


def _mistakes(learned: Training, restless: Training) -> Picture:
    def paint(axes: Axes) -> None:
        _curve(axes, restless, RED, "versicolor or virginica")
        _curve(axes, learned, BLUE, "setosa or versicolor")
        axes.set(xscale="log", xlim=(1, 1000), ylim=(0, None))
        axes.set(xlabel="epoch (every flower shown once)", ylabel="mistakes in the epoch")
        axes.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
        axes.grid(visible=True)
        key(axes)

    end = f"reaches zero in epoch {len(learned.mistakes)}" if learned.settled else "has not reached zero"
    return draw(
        "Mistakes in each epoch",
        "It does not get better step by step: every correction may undo an earlier one. Where a line exists, the count "
        f"{end}: Novikoff proved that it must come to rest. Where none exists, it goes up and down for ever.",
        f"Mistakes per epoch, epochs on a logarithmic scale. For setosa or versicolor the curve {end}; the other never "
        "comes to rest.",
        paint,
    )


def _overlapping(flowers: Flowers, restless: Training, best: Tensor) -> Picture:
    def paint(axes: Axes) -> None:
        _half_planes(axes, best, _around(flowers))
        _line(axes, best, INK, "best line met")
        arrow = {"arrowstyle": "->", "color": INK}
        axes.annotate("two flowers of\ndifferent species", (4.8, 1.8), (3.75, 2.2), ha="center", arrowprops=arrow)
        _flowers(axes, flowers)

    return draw(
        "Two species that no line separates",
        f"The best line met in {len(restless.mistakes)} epochs. Some flowers lie on the wrong side of every line; at "
        "the arrow a versicolor and a virginica have the same petals to the millimetre. The rule corrects itself for "
        "ever, so we keep the best line aside.",
        "Petal width against petal length of 100 irises. The two clouds overlap; the best line leaves some on the "
        "wrong side.",
        paint,
    )


def _curve(axes: Axes, training: Training, color: str, label: str) -> None:
    last = len(training.mistakes)
    axes.plot(range(1, last + 1), training.mistakes, color=color, linewidth=1.2, label=label)
    if training.settled:
        axes.plot([last], [0], "o", color=color, markersize=9, clip_on=False, zorder=4)
        axes.annotate("settled", (last, 0), (8, 5), textcoords="offset points", color=color, fontweight="bold")


def _around(flowers: Flowers) -> Limits:
    low, high = flowers.features.amin(dim=0).tolist(), flowers.features.amax(dim=0).tolist()
    margin = [0.08 * (top - bottom) for bottom, top in zip(low, high, strict=True)]
    return low[0] - margin[0], high[0] + margin[0], low[1] - margin[1], high[1] + margin[1]


def _half_planes(axes: Axes, weights: Tensor, limits: Limits) -> None:
    """Colour both sides of w · x = 0; w · x at the corners is enough, since between them it is linear."""
    a, b, c = weights.tolist()
    xs, ys = limits[:2], limits[2:]
    scores = [[a * x + b * y + c for x in xs] for y in ys]
    far = 1 + max(abs(score) for row in scores for score in row)
    axes.contourf(xs, ys, scores, levels=[-far, 0, far], colors=[PALE_BLUE, PALE_ORANGE])
    axes.set(xlim=xs, ylim=ys)


def _line(axes: Axes, weights: Tensor, color: str, label: str, width: float = 2.2) -> None:
    """Draw w · x = 0 within the limits of the picture; it is nowhere when both slopes are zero."""
    a, b, c = weights.tolist()
    if a or b:
        x, y = -a * c / (a * a + b * b), -b * c / (a * a + b * b)
        limits = axes.axis()
        axes.axline((x, y), (x + b, y - a), color=color, linewidth=width, label=label)
        axes.axis(limits)


def _flowers(axes: Axes, flowers: Flowers) -> None:
    looks = ((-1.0, BLUE, "o", 66), (1.0, ORANGE, "^", 38))  # the smaller on top: both of an equal pair stay visible
    for name, (sign, color, marker, size) in zip(flowers.species, looks, strict=True):
        x, y = flowers.features[flowers.labels == sign].T.tolist()
        axes.scatter(x, y, s=size, c=color, marker=marker, edgecolors=INK, linewidths=0.5, label=name, zorder=3)
    axes.set(xlabel=f"{flowers.measurements[0]} in cm", ylabel=f"{flowers.measurements[1]} in cm")
    key(axes)
