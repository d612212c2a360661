"""Draw what one and two layers learned of the exclusive or: surfaces, losses, and what the hidden layer does."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import tt_core as tt
from tt_core import nn
from tt_core.milestones.drawing import BLUE, GREY, INK, ORANGE, PALE_BLUE, PALE_ORANGE, RED, draw, key

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from tt_core import Tensor
    from tt_core.milestones import Picture
    from tt_core.milestones.xor import Training

Points = list[tuple[float, float]]
Lines = tuple[list[float], list[float]]

CELLS = 60
LOW, HIGH = -0.5, 1.5
FLAT = 0.1
"""A surface whose highest and lowest probability differ by less has no border worth drawing."""

BANDS = [i / 21 for i in range(22)]
"""An odd number of bands: an even maybe is in the middle of one, and drawn in one colour."""


def draw_all(line: Training, bent: Training) -> tuple[Picture, ...]:
    """Return the four pictures in the order of the story: `line` has one layer, `bent` two."""
    return _one_layer(line), _two_layers(bent), _losses(line, bent), _folds(bent)


def _one_layer(line: Training) -> Picture:
    return draw(
        "One layer: maybe everywhere",
        "The ground shows the answer at every point: blue is no, yellow is yes, white is an even maybe. What one layer "
        "gains at one corner it loses at another, so the best it can do is to answer 0.5 everywhere, and that is what "
        "it learns.",
        "The answers of one layer over the square of inputs: the same even maybe everywhere.",
        lambda axes: _surface(axes, line),
    )


def _two_layers(bent: Training) -> Picture:
    seen = f"{bent.accuracy:.0f} % of the corners lie on the ground of their own colour"
    return draw(
        "Two layers: a border that bends",
        f"The same four points, the same training, one layer more: {seen}. The black border, where the answer is 0.5, "
        "can bend, which that of a single layer never does.",
        f"The answers of two layers over the square of inputs, with a bent border between yes and no: {seen}.",
        lambda axes: _surface(axes, bent),
    )


def _surface(axes: Axes, training: Training) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    ticks, probabilities = surface(training.model)
    colours = LinearSegmentedColormap.from_list("no to yes", (BLUE, "#8fc3e0", "#f7f7f5", "#f3cf86", ORANGE))
    filled = axes.contourf(ticks, ticks, probabilities, levels=BANDS, cmap=colours)
    if max(map(max, probabilities)) - min(map(min, probabilities)) > FLAT:
        axes.contour(ticks, ticks, probabilities, levels=[0.5], colors=[INK], linewidths=2)
    axes.figure.colorbar(filled, ax=axes, ticks=[0, 0.25, 0.5, 0.75, 1], label="probability of yes")
    _corners(axes, lambda points: ([x for x, _ in points], [y for _, y in points]))
    axes.set(xlabel="first input", ylabel="second input", xlim=(LOW, HIGH), ylim=(LOW, HIGH), aspect="equal")
    axes.set(xticks=[0, 1], yticks=[0, 1])


def surface(model: nn.Module, cells: int = CELLS) -> tuple[list[float], list[list[float]]]:
    """Return the ticks of a square grid and the probability of yes at each of its points, row by row."""
    ticks = tt.linspace(LOW, HIGH, cells)
    points = tt.stack([ticks.repeat(cells), ticks.repeat_interleave(cells)], dim=1)  # (cells², 2)
    with tt.no_grad():
        probabilities = model(points).sigmoid().reshape(cells, cells)
    return ticks.tolist(), probabilities.tolist()


def _corners(axes: Axes, place: Callable[[Points], Lines]) -> None:
    no: Points = [(0.0, 0.0), (1.0, 1.0)]
    yes: Points = [(0.0, 1.0), (1.0, 0.0)]
    for name, color, marker, points in (("no", BLUE, "o", no), ("yes", ORANGE, "^", yes)):
        xs, ys = place(points)
        axes.scatter(xs, ys, s=150, c=color, marker=marker, edgecolors=INK, linewidths=1.4, label=name, zorder=3)
    key(axes)


def _losses(line: Training, bent: Training) -> Picture:
    def paint(axes: Axes) -> None:
        floor = math.log(2)
        axes.axhline(floor, color=GREY, linestyle=":", linewidth=1.5)
        axes.annotate("ln 2: a coin", (len(line.losses), floor), (0, -16), textcoords="offset points", ha="right")
        axes.plot(range(1, len(line.losses) + 1), line.losses, color=RED, label="one layer")
        axes.plot(range(1, len(bent.losses) + 1), bent.losses, color=BLUE, label="two layers")
        axes.set(xscale="log", xlabel="step of gradient descent", ylabel="loss (binary cross-entropy)")
        axes.set(xlim=(1, None), ylim=(0, None))
        axes.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1,000"])
        axes.grid(visible=True)
        key(axes)

    return draw(
        "The loss of both",
        "One layer comes down to ln 2 = 0.693, the loss of one who always answers maybe, and stays there however long "
        f"it trains. Two layers wait at about that height, then fall to {bent.losses[-1]:.4f} at the end.",
        f"Loss against step on a logarithmic scale: one layer stays at {line.losses[-1]:.3f}, two layers fall to "
        f"{bent.losses[-1]:.4f}.",
        paint,
    )


def _folds(bent: Training) -> Picture:
    def paint(axes: Axes) -> None:
        _folded_grid(axes, bent.model)
        _corners(axes, lambda points: _seen(bent.model, points))
        axes.set(xlabel="sum in the second layer (its logit)", ylabel="another direction of the hidden layer")
        axes.margins(0.1)
        left, right = axes.get_xlim()
        axes.axvspan(left, 0, color=PALE_BLUE)
        axes.axvspan(0, right, color=PALE_ORANGE)
        axes.axvline(0, color=INK)
        axes.set_xlim(left, right)

    return draw(
        "How: the hidden layer folds the plane",
        "The square between the four corners, drawn as a grid, the way the second layer sees it. All that this layer "
        "can draw is one straight line (black). So the hidden layer learns to fold the square, until both yes corners "
        "lie on one side of that line and both no corners on the other.",
        f"The unit square as a grid, folded across a straight line: {bent.accuracy:.0f} % of its corners are on the "
        "side of their own colour.",
        paint,
    )


def _folded_grid(axes: Axes, model: nn.Module) -> None:
    ticks = [i / 50 for i in range(51)]
    for at in ticks[::5]:
        axes.plot(*_seen(model, [(at, tick) for tick in ticks]), color=GREY, linewidth=0.9)
        axes.plot(*_seen(model, [(tick, at) for tick in ticks]), color=GREY, linewidth=0.9)


def _seen(model: nn.Module, points: Points) -> Lines:
    """Return two coordinates of the hidden layer for each point: along the second layer's weights, and across them.

    Across is the direction from the hidden image of (0, 0) to that of (1, 1), less its part along the weights.
    """
    *first, second = model.children()
    fold, (weight, bias) = nn.Sequential(*first), second.parameters()
    with tt.no_grad():
        hidden: Tensor = fold(tt.tensor(points))  # (N, hidden)
        ends: Tensor = fold(tt.tensor([[0.0, 0.0], [1.0, 1.0]]))
        along, across = weight[0], ends[1] - ends[0]
        across = across - along * ((across @ along) / (along @ along))
        return (hidden @ along + bias).tolist(), (hidden @ across / across.norm()).tolist()
