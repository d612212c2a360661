"""The course's headline: real photographs, two cores, a time budget, and as many right answers as it buys.

The recipe stands on ideas that K. Jordan made public for record runs on CIFAR-10 (see `SOURCES`), cut down to a
processor: a first layer that whitens patches and is not trained, convolutions that begin as identities, batch
normalisation with trained shifts but fixed scales, a triangle of learning rates, label smoothing, flips and shifts.

    (B, 3, 32, 32) → whitened patches → 3 × [conv, pool, norm, relu, conv, norm, relu] → maximum over places → 10 scores
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np

import tt_core as tt
from tt_core import Tensor
from tt_core.milestones import Bar, Measure, Milestone, Progress, Result, Settings, Source, silent
from tt_train import datasets, nn, transforms
from tt_train import functional as F
from tt_train.data import DataLoader
from tt_train.milestones import cifar10_pictures
from tt_train.milestones.practice import Loader, accuracy, answers, percentage
from tt_train.optim import SGD

Batch: TypeAlias = tuple[Tensor, Tensor]
Pace: TypeAlias = Callable[[int], float]

BATCH: Final = 500
SOME: Final = 2000
"""How many images the first layer's statistics are taken from."""

WIDTHS: Final = (64, 128, 256)
PATCH, STRIDE = 4, 2
LEARNING_RATE: Final = 0.73
SHIFT_RATE: Final = 64 * LEARNING_RATE
"""Batch normalisation's shifts learn faster than the filters: they see the whole image at once."""

DECAY: Final = 1e-3
MOMENTUM: Final = 0.85
SMOOTHING: Final = 0.2
PADDING: Final = 2
WARM_UP: Final = 0.2
"""The share of the budget in which the learning rate rises; then it falls, to nearly nothing at the end."""

BUDGET: Final = 600.0
"""Seconds to train, unless told otherwise."""

GOALS: Final = ((3600.0, 85.0), (0.0, 75.0))
"""What a budget of so many seconds must at least reach, in percent of the test images."""


def whitening(images: Tensor, size: int = PATCH) -> Tensor:
    """Return filters (2 C size², C, size, size) that make patches of these images uncorrelated and of one scale.

    They are the eigenvectors of the patches' covariance, each divided by the deviation along it, and their opposites,
    so that nothing is lost in a relu.
    """
    channels = images.shape[1]
    patches = F.unfold(images, size, stride=3).permute(0, 2, 1).reshape(-1, channels * size * size).data
    variances, directions = np.linalg.eigh(patches.T @ patches / len(patches))
    filters = (directions / np.sqrt(variances + 5e-4)).T[::-1].reshape(-1, channels, size, size)
    return tt.tensor(np.concatenate((filters, -filters)).astype(np.float32))


def identity_(weight: Tensor) -> None:
    """Let the first filters (outputs, inputs, 3, 3) pass their own channel on: a start that loses nothing."""
    n = min(weight.shape[:2])
    with tt.no_grad():
        weight[:n] = tt.zeros_like(weight[:n])
        for channel in range(n):
            weight[channel, channel, 1, 1] = 1.0


class Block(nn.Sequential):
    """Two convolutions with normalisation; the first one's result is halved in height and width."""

    def __init__(self, inputs: int, outputs: int, generator: tt.Generator) -> None:
        first = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False, generator=generator)
        second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False, generator=generator)
        super().__init__(first, nn.MaxPool2d(2), _shift(outputs), nn.ReLU(), second, _shift(outputs), nn.ReLU())
        identity_(first.weight)
        identity_(second.weight)


def _shift(channels: int) -> nn.BatchNorm2d:
    """Return a normalisation whose scale stays 1: the layer after it can scale as well."""
    norm = nn.BatchNorm2d(channels, momentum=0.4)
    norm.register_parameter("weight", nn.Parameter(tt.ones(channels), requires_grad=False))
    return norm


class Network(nn.Module):
    """The whole network: 22 million multiplications for an image of 32 × 32."""

    def __init__(self, images: Tensor, generator: tt.Generator, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        filters = whitening(images)
        self.whiten = nn.Conv2d(images.shape[1], len(filters), PATCH, stride=STRIDE, bias=True, generator=generator)
        self.whiten.weight.requires_grad_(False).copy_(filters)
        inputs = (len(filters), *widths[:-1])
        self.blocks = nn.Sequential(*(Block(i, o, generator) for i, o in zip(inputs, widths, strict=True)))
        self.head = nn.Linear(widths[-1], 10, bias=False, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the classes, (B, 3, 32, 32) → (B, 10)."""
        x = self.blocks(F.relu(self.whiten(x)))
        return self.head(x.amax((2, 3))) / 9


def rate(fraction: float) -> float:
    """Return what the learning rates are multiplied by when this share of the budget is used: a triangle.

    >>> [round(rate(share), 2) for share in (0.0, 0.1, 0.2, 0.6, 1.0)]
    [0.2, 0.6, 1.0, 0.54, 0.07]
    """
    if fraction < WARM_UP:
        return 0.2 + 0.8 * fraction / WARM_UP
    return 1 - 0.93 * (min(fraction, 1.0) - WARM_UP) / (1 - WARM_UP)


def optimizer_for(network: Network) -> SGD:
    """Return stochastic gradient descent with Nesterov's momentum; normalisation's shifts are a group of their own."""
    trained = {name: p for name, p in network.named_parameters() if p.requires_grad}
    shifts = [p for name, p in trained.items() if p.ndim == 1 and name.startswith("blocks")]
    others = [p for p in trained.values() if all(p is not shift for shift in shifts)]
    groups: list[dict[str, Any]] = [
        {"params": others, "lr": LEARNING_RATE, "weight_decay": DECAY / LEARNING_RATE},
        {"params": shifts, "lr": SHIFT_RATE, "weight_decay": DECAY / SHIFT_RATE},
    ]
    return SGD(groups, lr=LEARNING_RATE, momentum=MOMENTUM, nesterov=True)


@dataclass(slots=True)
class Training:
    """What was seen on the way: at each step the seconds since the start, the loss, and the share of right answers."""

    seconds: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    right: list[float] = field(default_factory=list)
    epochs: float = 0.0

    def saw(self, seconds: float, loss: Tensor, scores: Tensor, labels: Tensor) -> None:
        """Take down one step."""
        self.seconds.append(seconds)
        self.losses.append(loss.item())
        self.right.append(percentage(scores, labels))


def train(network: Network, loader: Loader, used: Pace, progress: Progress = silent) -> Training:
    """Train until the budget is used; `used(steps)` tells which share of it is."""
    optimizer, seen, start = optimizer_for(network), Training(), time.perf_counter()
    peaks = [group["lr"] for group in optimizer.param_groups]
    for step, (images, labels) in enumerate(endless(loader)):
        share = used(step)
        if share >= 1:
            break
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak * rate(share)
        scores = network(images)
        loss = F.cross_entropy(scores, labels, label_smoothing=SMOOTHING)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen.saw(time.perf_counter() - start, loss, scores, labels)
        progress(round(1000 * share), 1000, f"epoch {step / len(loader):.1f}: loss {seen.losses[-1]:.2f}")
    seen.epochs = len(seen.losses) / len(loader)
    return seen


def endless(loader: Loader) -> Iterator[Batch]:
    """Yield the batches of one epoch after the other."""
    while True:
        yield from loader


def within(seconds: float) -> Pace:
    """Return a pace that counts the time, beginning now: the same recipe, whatever the machine."""
    start = time.perf_counter()
    return lambda _: (time.perf_counter() - start) / seconds


def mirror(images: Tensor) -> Tensor:
    """Return images (B, C, H, W) with left and right changed over."""
    return images.flip(3)


def images_of(data: str, seed: int) -> tuple[Any, Any]:
    """Return the images to learn from, and the others to be examined with."""
    if data == "cifar10":
        return datasets.cifar10("train"), datasets.cifar10("test")
    learn, examine = (
        datasets.synthetic_images(n, generator=tt.Generator(2 * seed + i)) for i, n in enumerate((5000, 1000))
    )
    return learn, examine


def loaders(learn: Any, examine: Any, seed: int) -> tuple[Loader, Loader]:
    """Return batches to learn from, shuffled, shifted and mirrored, and batches to be examined with, as they are."""
    normalize = transforms.Normalize(learn.mean, learn.std)
    shift = transforms.RandomCrop(32, padding=PADDING, padding_mode="reflect")
    augment = transforms.Compose([shift, transforms.RandomHorizontalFlip(), normalize])
    shuffled = DataLoader(
        learn, BATCH, shuffle=True, drop_last=True, generator=tt.Generator(seed), transform=augment, prefetch=2
    )
    return shuffled, DataLoader(examine, BATCH, transform=normalize)


def start(learn: Any, seed: int) -> Network:
    """Return a network that has seen the statistics of some images, and learned nothing yet."""
    some = DataLoader(learn, SOME, transform=transforms.Normalize(learn.mean, learn.std))
    return Network(next(iter(some))[0], tt.Generator(seed))


def run(settings: Settings, progress: Progress = silent) -> Result:
    """Train within the budget, then look at the test images once."""
    budget = settings.budget or BUDGET
    images = images_of(settings.data, settings.seed)
    learn, examine = loaders(*images, settings.seed)
    network = start(images[0], settings.seed)
    before = accuracy(network, examine)
    seen = train(network, learn, within(budget), progress)
    scores, labels = answers(network, examine)
    mirrored = scores + answers(network, examine, mirror)[0]
    return Result(
        before=Measure("accuracy before training", before, "%"),
        after=Measure("accuracy", percentage(scores, labels), "%"),
        bar=Bar(next(goal for least, goal in GOALS if budget >= least)),
        measures=(
            Measure("accuracy, with each image's mirror image", percentage(mirrored, labels), "%"),
            Measure("time of training", seen.seconds[-1], "s"),
            Measure("epochs", round(seen.epochs, 2)),
            Measure("images per second", BATCH * len(seen.losses) / seen.seconds[-1]),
            Measure("trained parameters", sum(p.numel() for p in network.parameters() if p.requires_grad)),
        ),
        pictures=cifar10_pictures.draw_all(network, seen, scores, labels, images[1]),
        remarks=REMARKS,
    )


STORY = (
    "CIFAR-10 is 60,000 photographs of ten kinds of things, 32 pixels wide, collected in Toronto by Alex Krizhevsky, "
    "Vinod Nair and Geoffrey Hinton. It is large enough that nothing but learning helps, and small enough for one "
    "computer: the networks that began the age of deep learning were tried on it first. What has been understood since "
    "then fits into one file: how to begin, how fast to learn when, and what may be done to an image without changing "
    "what it shows. So the two cores of an ordinary processor get far in ten minutes."
)

REMARKS = (
    (
        "The budget is the time of training. The recipe stretches its learning rates over it, so that a faster "
        "machine, or a faster backend, sees more images. The same seed gives the same start and the same order of "
        "images, but not the same number of steps."
    ),
    "The test images are looked at only before the first step and after the last.",
)

JORDAN = (
    "K. Jordan, 94% on CIFAR-10 in 3.29 Seconds on a Single GPU, 2024: whitening, identity start, fixed scales, fast "
    "shifts, the triangle"
)

SOURCES = (
    Source(
        "A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, University of Toronto, 2009",
        "https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf",
    ),
    Source(JORDAN, "https://arxiv.org/abs/2404.00498"),
    Source("D. Page, How to Train Your ResNet, 2018: where most of these ideas met first"),
    Source(
        "C. Szegedy et al., Rethinking the Inception Architecture for Computer Vision, 2016: label smoothing",
        "https://arxiv.org/abs/1512.00567",
    ),
    Source("Y. Nesterov, A method for solving the convex programming problem with convergence rate O(1/k²), 1983"),
)

MILESTONE = Milestone(
    name="cifar10",
    year=2009,
    title="Photographs, ten minutes, two cores",
    story=STORY,
    requires=("02", "03", "04", "05", "06", "07", "08", "09"),
    run=run,
    sources=SOURCES,
    data=("cifar10", "synthetic"),
    budget=BUDGET,
    extended=True,
)
