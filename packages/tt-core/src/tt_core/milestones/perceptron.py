"""1957: Rosenblatt's perceptron learns to tell two flowers apart, and never learns two others.

The rule looks at one example at a time. While the answer is right, nothing changes. After a mistake the example is
added to the weights, or taken away:

    said = +1 if w · x > 0 else -1
    if said != y:  w ← w + y x

If any line separates the two classes, the rule finds one after finitely many mistakes (Novikoff 1962). If none does,
it goes on for ever; then the best line met on the way is kept aside, "in the pocket" (Gallant 1990).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tt_core as tt
from tt_core.milestones import Bar, Measure, Milestone, Result, Source, iris, perceptron_pictures, silent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tt_core import Generator, Tensor
    from tt_core.milestones import Progress, Settings
    from tt_core.milestones.iris import Flowers

EPOCHS = 1000
"""When to give up on flowers that a line can separate; under 600 were enough for every seed tried."""

EPOCHS_OVERLAPPING = 600
"""How long to watch the rule on flowers that no line separates."""

SEPARABLE = (("setosa", "versicolor"), ("sepal length", "sepal width"))
OVERLAPPING = (("versicolor", "virginica"), ("petal length", "petal width"))


@dataclass(frozen=True, slots=True)
class Training:
    """What a training left behind: the weights after each epoch (the start first) and the mistakes in each."""

    weights: tuple[Tensor, ...]
    mistakes: tuple[int, ...]

    @property
    def settled(self) -> bool:
        """Tell whether the last epoch had no mistake: from then on nothing changes any more."""
        return self.mistakes[-1] == 0


def with_constant(features: Tensor) -> Tensor:
    """Append a column of ones, so that the last weight is the threshold."""
    return tt.cat([features, tt.ones(len(features), 1)], dim=1)  # (N, features + 1)


def fires(weights: Tensor, inputs: Tensor) -> Tensor:
    """Answer with a hard threshold: True where w · x > 0."""
    return inputs @ weights > 0


def accuracy(weights: Tensor, flowers: Flowers) -> float:
    """Return the percentage of right answers."""
    right = fires(weights, with_constant(flowers.features)) == (flowers.labels > 0)
    return 100 * int(right.sum().item()) / len(right)


def train_epoch(weights: Tensor, examples: Iterable[tuple[Tensor, float]]) -> tuple[Tensor, int]:
    """Show every example, x with its label y of -1 or +1; return the new weights and the number of mistakes.

    The answer is +1 if w · x > 0, else -1. After a wrong one, and only then, w becomes w + y x: a new tensor, so that
    the weights that came in stay as they were. The next example already meets the new weights.

    >>> train_epoch(tt.tensor([0.0, 0.0]), [(tt.tensor([1.0, 2.0]), 1.0), (tt.tensor([3.0, 1.0]), 1.0)])
    (tensor([1., 2.]), 1)

    Source: F. Rosenblatt, "The perceptron", Psychological Review 65 (6), 1958; the rule in this form, "error
    correction", is in his Principles of Neurodynamics, 1962, chapter 5.
    """
    mistakes = 0
    for x, y in examples:
        said = 1 if (x @ weights > 0).item() else -1
        if said != y:
            weights = weights + y * x
            mistakes += 1
    return weights, mistakes


def train(flowers: Flowers, epochs: int, generator: Generator, progress: Progress = silent) -> Training:
    """Go on until an epoch has no mistake, for at most `epochs`.

    The weights start random, small and positive: since all measurements are positive, every flower gets the same
    answer, and no lucky start hides the learning.
    """
    examples = list(zip(with_constant(flowers.features), flowers.labels.tolist(), strict=True))
    weights, mistakes = [0.1 * tt.rand(3, generator=generator)], list[int]()
    for epoch in range(1, epochs + 1):
        order = tt.randperm(len(examples), generator=generator).tolist()
        latest, wrong = train_epoch(weights[-1], (examples[i] for i in order))
        weights.append(latest)
        mistakes.append(wrong)
        progress(epoch, epochs, f"{' or '.join(flowers.species)}? {wrong} mistakes")
        if not wrong:
            break
    return Training(tuple(weights), tuple(mistakes))


def pocket(training: Training, flowers: Flowers) -> Tensor:
    """Return the weights with the most right answers among those at the end of each epoch."""
    return max(training.weights, key=lambda weights: accuracy(weights, flowers))


def run(settings: Settings, progress: Progress = silent) -> Result:
    """Train on flowers that a line separates, then on flowers that no line separates."""
    generator = tt.Generator().manual_seed(settings.seed)
    easy, hard = iris.load(*SEPARABLE), iris.load(*OVERLAPPING)

    def first(done: int, total: int, note: str = "") -> None:
        progress(done, total + EPOCHS_OVERLAPPING, note)

    learned = train(easy, EPOCHS, generator, first)

    def second(done: int, total: int, note: str = "") -> None:
        progress(len(learned.mistakes) + done, len(learned.mistakes) + total, note)

    restless = train(hard, EPOCHS_OVERLAPPING, generator, second)
    before = accuracy(learned.weights[0], easy)
    return Result(
        before=Measure("accuracy", before, "%"),
        after=Measure("accuracy", accuracy(learned.weights[-1], easy), "%"),
        bar=Bar(100.0),
        measures=_measures(learned, restless, hard),
        pictures=perceptron_pictures.draw_all(easy, learned, hard, restless, right=before, best=pocket(restless, hard)),
        remarks=REMARKS,
    )


def _measures(learned: Training, restless: Training, hard: Flowers) -> tuple[Measure, ...]:
    return (
        Measure("epochs until an epoch without a mistake", len(learned.mistakes) if learned.settled else math.inf),
        Measure("corrections made until then", sum(learned.mistakes)),
        Measure("versicolor or virginica: best line met", accuracy(pocket(restless, hard), hard), "%"),
        Measure("versicolor or virginica: fewest mistakes in an epoch", min(restless.mistakes)),
    )


STORY = (
    "In 1957 Frank Rosenblatt described a machine that was not programmed to tell things apart but shown examples. "
    "Its rule fits in one line: after a mistake, add the example to the weights or take it away. Novikoff proved in "
    "1962 that whenever a straight line can separate the examples, the rule finds one. Here it learns to tell two "
    "species of iris apart by their sepals; on two others, whose measurements overlap, it never comes to rest."
)

REMARKS = (
    (
        "All answers are for the flowers that it learned from: the question of 1957 was whether a machine can learn at "
        "all. How well it answers for new ones is the subject of later milestones."
    ),
    (
        "Versicolor and virginica: two flowers of different species have exactly the same petals, 4.8 by 1.8 cm, so "
        "neither a line nor anything else can tell all of them apart by their petals."
    ),
)

SOURCES = (
    Source(
        "F. Rosenblatt, The Perceptron: A Perceiving and Recognizing Automaton, Report 85-460-1, Cornell Aeronautical "
        "Laboratory, 1957"
    ),
    Source(
        "F. Rosenblatt, The perceptron: a probabilistic model for information storage and organization in the brain, "
        "Psychological Review 65 (6), 1958",
        "https://doi.org/10.1037/h0042519",
    ),
    Source(
        "A. B. J. Novikoff, On convergence proofs on perceptrons, Symposium on the Mathematical Theory of Automata, "
        "Polytechnic Institute of Brooklyn, 1962"
    ),
    Source(
        "S. I. Gallant, Perceptron-based learning algorithms, IEEE Transactions on Neural Networks 1 (2), 1990",
        "https://doi.org/10.1109/72.80230",
    ),
    iris.SOURCE,
)

MILESTONE = Milestone(
    name="perceptron",
    year=1957,
    title="A machine learns from its mistakes",
    story=STORY,
    requires=("02", "03", "04"),
    run=run,
    sources=SOURCES,
)
