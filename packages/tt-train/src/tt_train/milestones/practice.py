"""Teach a network that sees, and examine it: the loop that the milestones share, written out."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import tt_core as tt
from tt_core import Tensor
from tt_core.milestones import Rehearsal
from tt_train import functional as F
from tt_train import nn
from tt_train.data import DataLoader
from tt_train.data.dataset import size_of
from tt_train.optim import clip_grad_norm_

if TYPE_CHECKING:
    from collections.abc import Callable

    from tt_core.milestones import Progress

Loader: TypeAlias = DataLoader[Any]


class Optimizer(Protocol):
    """What changes the weights: any of `tt_train.optim`."""

    def zero_grad(self) -> None:
        """Forget the gradients."""

    def step(self) -> None:
        """Change the weights by their gradients."""


class Schedule(Protocol):
    """What changes the learning rate: any of `tt_train.optim.lr_scheduler`."""

    def step(self) -> None:
        """Set the learning rate of the next step."""


@dataclass(slots=True)
class Training:
    """What a training left behind: the network, its loss at each step, and its accuracy in percent as it went."""

    network: nn.Module
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)


class Steps:
    """Count the steps of several trainings for one progress bar."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.progress, self.done, self.total = progress, 0, total

    def part(self, name: str) -> Callable[[str], None]:
        """Return a function that a training calls after each step."""

        def heard(note: str) -> None:
            self.done += 1
            self.progress(self.done, self.total, f"{name}, {note}")

        return heard


def train(
    training: Training,
    optimizer: Optimizer,
    schedule: Schedule,
    learn: Loader,
    examine: Loader,
    epochs: int,
    heard: Callable[[str], None],
    every: int = 1,
    clip: float = math.inf,
) -> Training:
    """Minimise the cross-entropy, and examine the network after `every` so many epochs.

    Gradients longer than `clip` are shortened: a few hard images must not undo what was learned.
    """
    for epoch in range(1, epochs + 1):
        for images, labels in learn:
            loss = F.cross_entropy(training.network(images), labels)
            optimizer.zero_grad()
            loss.backward()
            if clip < math.inf:
                clip_grad_norm_(training.network.parameters(), clip)
            optimizer.step()
            schedule.step()
            training.losses.append(loss.item())
            heard(f"epoch {epoch}: loss {training.losses[-1]:.3f}")
        if epoch % every == 0:
            training.accuracies.append(accuracy(training.network, examine))
    return training


def rehearse(prepare: Callable[[], tuple[nn.Module, Loader, int]], images: int) -> Rehearsal:
    """Take one step, forwards and backwards, with the first images; a run shows all of them in each epoch.

    Only the step runs on the active backend: what it is made from shall not be waited for.
    """
    with tt.use_backend("auto"):
        network, learn, epochs = prepare()
        inputs, labels = next(iter(learn))
        inputs, labels = inputs[:images], labels[:images]
    start = time.perf_counter()
    F.cross_entropy(network(inputs), labels).backward()
    return Rehearsal(time.perf_counter() - start, images, epochs * size_of(learn.dataset))


def answers(
    network: nn.Module, examine: Loader, view: Callable[[Tensor], Tensor] = lambda images: images
) -> tuple[Tensor, Tensor]:
    """Return the scores (N, classes) and the truth (N,), of the images as `view` shows them."""
    network.eval()
    with tt.no_grad():
        found = [(network(view(images)), labels) for images, labels in examine]
    network.train()
    return tt.cat([scores for scores, _ in found]), tt.cat([labels for _, labels in found])


def accuracy(network: nn.Module, examine: Loader, move: tuple[int, int] = (0, 0)) -> float:
    """Return the percentage of right answers; `move` shifts the images by rows and columns first."""
    return percentage(*answers(network, examine, lambda images: tt.roll(images, move, (2, 3)) if any(move) else images))


def percentage(scores: Tensor, labels: Tensor) -> float:
    """Return how many answers are right, in percent to two places: enough to tell each answer of 10,000."""
    return round(100 * int((scores.argmax(1) == labels).sum().item()) / len(labels), 2)


def parameters(network: nn.Module) -> int:
    """Return how many numbers a network learns."""
    return sum(each.numel() for each in network.parameters())


def mean_and_std(images: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and deviation of each channel, of the first 5,000 images scaled to 0..1."""
    sample, _ = next(iter(DataLoader(images, 5000)))
    scaled = sample.data / 255
    return tuple(scaled.mean((0, 2, 3)).tolist()), tuple(scaled.std((0, 2, 3)).tolist())
