"""2012: AlexNet learns to see what is in a picture, since its units do not tire and it never sees a picture twice.

Krizhevsky, Sutskever and Hinton trained LeNet's idea, much enlarged, on 1.2 million photographs. Three things made it
possible, besides two graphics cards: relu, whose slope does not vanish for large sums as tanh's does; dropout; and
pictures that are cropped and mirrored at random, so that no picture comes twice. Here their network is cut down to
images of 32 × 32, with its five convolutions, three linear layers and pools that overlap:

    (B, 3, 32, 32) → 5×5 stride 2, pool → 5×5, pool → 3×3 → 3×3 → 3×3, pool → 128 → 128 → classes

It learns three times with the same steps: as it is; with tanh for relu; and without augmentation and dropout.

As in 2012, pixels keep their scale of 0 to 255 less their mean, and the first layer starts from N(0, 0.01). That is
what saturates tanh: see `REMARKS`. Left out: local response normalisation (later networks do without it), the two
halves on two cards, the colour shifts, and averages over ten crops; Adam stands for SGD with a rate lowered by hand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

import tt_core as tt
from tt_core import Generator, Tensor
from tt_core.milestones import Bar, Measure, Milestone, Progress, Rehearsal, Result, Settings, Source, silent
from tt_train import datasets, nn
from tt_train import functional as F
from tt_train.data import DataLoader, Subset, TensorDataset
from tt_train.milestones import alexnet_pictures, practice
from tt_train.milestones.panels import first_below, smooth
from tt_train.milestones.practice import Loader, Steps, Training, accuracy, answers, mean_and_std, parameters, train
from tt_train.optim import Adam
from tt_train.optim.lr_scheduler import OneCycleLR
from tt_train.transforms import Compose, Normalize, RandomCrop, RandomHorizontalFlip

Activation: TypeAlias = Callable[[], nn.Module]

BATCH: Final = 64
LEARNING_RATE: Final = 0.002
CLIP: Final = 1.0
"""With pixels on this scale gradients are long at times, and one step too far costs some starts a hundred others."""

REHEARSED: Final = 1
"""How many pictures a rehearsal takes: a few seconds' worth on loops."""

PADDING: Final = 4
WINDOW: Final = 20
"""Over how many steps the loss is averaged before it is compared."""

GOALS: Final = (1.5, 1.0, 0.5)
"""Losses that the networks are to come below, sooner or later; always guessing gives ln 10 = 2.3."""


@dataclass(frozen=True, slots=True)
class Task:
    """Pictures to learn and to be examined with, uint8 (N, 3, 32, 32), and how large a network learns how long.

    The network is examined after `every` so many epochs.
    """

    learn: Any
    examine: Any
    classes: tuple[str, ...]
    epochs: int
    every: int
    width: int
    drop: float
    goal: float
    remark: str

    @property
    def plain(self) -> Normalize:
        """How pictures were prepared in 2012: less their mean, and nothing else."""
        mean, _ = mean_and_std(self.learn)
        return Normalize(mean, (1 / 255,) * len(mean))

    @property
    def augmented(self) -> Compose:
        """The same, of pictures that are cropped and mirrored at random."""
        crop = RandomCrop(32, padding=PADDING, padding_mode="reflect")
        return Compose([crop, RandomHorizontalFlip(), self.plain])

    @property
    def still(self) -> Loader:
        """The pictures of the examination."""
        return DataLoader(self.examine, 500, transform=self.plain)

    @property
    def known(self) -> Loader:
        """The pictures to learn from as they are, at most as many as are new ones."""
        some = Subset(self.learn, range(min(len(self.learn), len(self.examine))))
        return DataLoader(some, 500, transform=self.plain)


def alexnet(
    classes: int, generator: Generator, activation: Activation = nn.ReLU, *, width: int = 24, drop: float = 0.0
) -> nn.Sequential:
    """Build the network: five convolutions, three linear layers; `width` is the number of the first layer's filters."""

    def convolve(inputs: int, outputs: int, size: int, stride: int = 1) -> tuple[nn.Module, nn.Module]:
        return nn.Conv2d(inputs, outputs, size, stride, size // 2, generator=generator), activation()

    def connect(inputs: int, outputs: int) -> tuple[nn.Module, nn.Module, nn.Module]:
        return nn.Dropout(drop, generator=generator), nn.Linear(inputs, outputs, generator=generator), activation()

    wide = 8 * width // 3
    return nn.Sequential(
        *convolve(3, width, 5, stride=2),  # (B, width, 16, 16)
        nn.MaxPool2d(3, 2, padding=1),
        *convolve(width, 2 * width, 5),  # (B, 2 width, 8, 8)
        nn.MaxPool2d(3, 2, padding=1),
        *convolve(2 * width, wide, 3),  # (B, wide, 4, 4)
        *convolve(wide, wide, 3),
        *convolve(wide, 2 * width, 3),
        nn.MaxPool2d(3, 2, padding=1),  # (B, 2 width, 2, 2)
        nn.Flatten(),
        *connect(8 * width, 128),
        *connect(128, 128),
        nn.Linear(128, classes, generator=generator),
    )


def as_in_2012(network: nn.Sequential, generator: Generator) -> nn.Sequential:
    """Let the first layer start from N(0, 0.01) without thresholds; the others keep a start that suits their size."""
    nn.init.normal_(network[0].weight, std=0.01, generator=generator)
    nn.init.zeros_(network[0].bias)
    return network


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the networks that are compared."""

    name: str
    activation: Activation = nn.ReLU
    regular: bool = True


VARIANTS: Final = (
    Variant("AlexNet"),
    Variant("tanh for relu", activation=nn.Tanh),
    Variant("without augmentation and dropout", regular=False),
)


@dataclass(frozen=True, slots=True)
class Run:
    """A network that learned: its accuracy for what it learned from, and its first slope, both in percent."""

    variant: Variant
    network: nn.Sequential
    training: Training
    learned: float
    slope: float

    @property
    def examined(self) -> float:
        """The accuracy for new pictures, in percent."""
        return self.training.accuracies[-1]

    def steps_to(self, loss: float) -> float:
        """Return after how many steps the loss, averaged over `WINDOW` steps, was below this; infinity if never."""
        found = first_below(loss, smooth(self.training.losses, WINDOW)[WINDOW - 1 :])
        return math.inf if found is None else found + WINDOW - 1


def teach(variant: Variant, task: Task, seed: int, heard: Callable[[str], None]) -> Run:
    """Let one variant learn; all of them see the pictures in the same order."""
    generator = _generator(seed)
    drop = task.drop if variant.regular else 0.0
    network = alexnet(len(task.classes), generator, variant.activation, width=task.width, drop=drop)
    as_in_2012(network, generator)
    slope = first_slope(network, task.still)
    prepare = task.augmented if variant.regular else task.plain
    learn = DataLoader(task.learn, BATCH, shuffle=True, generator=_generator(seed), transform=prepare)
    optimizer = Adam(network.parameters(), lr=LEARNING_RATE)
    schedule = OneCycleLR(optimizer, LEARNING_RATE, total_steps=task.epochs * len(learn))
    training = train(Training(network), optimizer, schedule, learn, task.still, task.epochs, heard, task.every, CLIP)
    return Run(variant, network, training, accuracy(network, task.known), slope)


def first_slope(network: nn.Sequential, examine: Loader) -> float:
    """Return the mean slope of the first layer's activation, in percent: what of a gradient comes through it.

    It is 1 or 0 for relu, 1 - tanh² for tanh.
    """
    images, _ = next(iter(examine))
    with tt.no_grad():
        sums = network[0](images)
    sums.requires_grad_()
    network[1](sums).sum().backward()
    slopes = sums.grad
    return 0.0 if slopes is None else 100 * slopes.mean().item()


def synthetic(seed: int) -> Task:
    """Return pictures made up for the purpose: a texture somewhere in noise, mirrored or not, in any colour."""
    learn, examine = (
        datasets.synthetic_images(n, noise=0.18, generator=_generator(2 * seed + part))
        for part, n in enumerate((500, 1000))
    )
    names = tuple(f"texture {name}" for name in learn.classes)
    return Task(learn, examine, names, epochs=48, every=4, width=24, drop=0.1, goal=94.0, remark=MADE_UP)


def cifar10(seed: int) -> Task:  # noqa: ARG001  the photographs are what they are
    """Return CIFAR-10: 50,000 photographs to learn and 10,000 to be examined with."""
    learn, examine = datasets.cifar10("train"), datasets.cifar10("test")
    return Task(learn, examine, learn.classes, epochs=4, every=1, width=48, drop=0.2, goal=60.0, remark=REAL)


TASKS: Final = {"synthetic": synthetic, "cifar10": cifar10}


def run(settings: Settings, progress: Progress = silent) -> Result:
    """Let AlexNet learn, then with tanh, then without augmentation and dropout, and compare."""
    task = TASKS[settings.data or "synthetic"](settings.seed)
    steps = Steps(progress, len(VARIANTS) * task.epochs * -(-len(task.learn) // BATCH))
    best, smooth_one, plain = (teach(each, task, settings.seed, steps.part(each.name)) for each in VARIANTS)
    return Result(
        before=Measure("accuracy with tanh", smooth_one.examined, "%"),
        after=Measure("accuracy", best.examined, "%"),
        bar=Bar(task.goal),
        measures=_measures(best, smooth_one, plain, task),
        pictures=alexnet_pictures.draw_all(best, smooth_one, plain, _seen(best, task)),
        remarks=(*REMARKS, task.remark),
    )


def rehearse(settings: Settings) -> Rehearsal:
    """Show AlexNet a few pictures; the whole run shows all of them in each epoch to each of the networks."""

    def prepare() -> tuple[nn.Module, Loader, int]:
        task = TASKS[settings.data or "synthetic"](settings.seed)
        network = alexnet(len(task.classes), _generator(settings.seed), width=task.width)
        return network, DataLoader(task.learn, BATCH, transform=task.plain), len(VARIANTS) * task.epochs

    return practice.rehearse(prepare, REHEARSED)


def _measures(best: Run, smooth_one: Run, plain: Run, task: Task) -> tuple[Measure, ...]:
    """Say what each of the three ideas bought."""
    return (
        Measure("pictures to learn from", len(task.learn)),
        Measure("pictures of the examination", len(task.examine)),
        Measure("parameters", parameters(best.network)),
        Measure("steps of each network", len(best.training.losses)),
        *(
            Measure(f"steps until the loss is below {goal}, {each.variant.name}", each.steps_to(goal))
            for goal in GOALS
            for each in (best, smooth_one)
        ),
        *(
            Measure(f"mean slope of the first layer at the start, {name}", round(each.slope, 1), "%")
            for name, each in (("relu", best), ("tanh", smooth_one))
        ),
        *(
            Measure(f"{each.variant.name}: {what}", value, "%")
            for each in (best, plain)
            for what, value in (
                ("accuracy for known pictures", each.learned),
                ("for new ones", each.examined),
                ("the gap", round(each.learned - each.examined, 2)),
            )
        ),
    )


def _seen(best: Run, task: Task) -> alexnet_pictures.Seen:
    """Collect what the pictures show."""
    images, labels = next(iter(DataLoader(task.examine, alexnet_pictures.SHOWN)))
    scores, _ = answers(best.network, DataLoader(TensorDataset(images, labels), 100, transform=task.plain))
    crop = RandomCrop(32, padding=PADDING, padding_mode="reflect")
    change = Compose([crop, RandomHorizontalFlip()])
    many = tt.cat([images[:1]] * alexnet_pictures.VARIED)
    return alexnet_pictures.Seen(
        classes=task.classes,
        images=_pixels(images),
        labels=labels.data,
        chances=F.softmax(scores, 1).data,
        varied=_pixels(change(many, generator=_generator(0))),
        filters=best.network[0].weight.detach().data,
    )


def _pixels(images: Tensor) -> NDArray[np.uint8]:
    return np.ascontiguousarray(images.data.transpose(0, 2, 3, 1))  # (N, H, W, 3)


def _generator(seed: int) -> Generator:
    return tt.Generator().manual_seed(seed)


STORY = (
    "In 2012 Alex Krizhevsky, Ilya Sutskever and Geoffrey Hinton won the ImageNet competition with 15.3 % of wrong "
    "answers where the next had 26.2 %, and within two years nearly everyone who taught computers to see did it their "
    "way. The idea was LeNet's, much enlarged. What made the large network learn: relu, a unit whose slope does not "
    "vanish; dropout; and pictures cropped and mirrored at random. Here a small AlexNet learns with and without them."
)

REMARKS = (
    (
        "As in 2012 the pixels keep their scale of 0 to 255, less their mean, and the first layer starts from a normal "
        "distribution with deviation 0.01. Sums are then so large that most units of tanh are at their ends, where the "
        "slope is almost nothing; relu does not mind. Networks with tanh can be helped by scaling pixels and weights "
        "with care, and a small one like this then learns about as fast. Krizhevsky et al. found their network on "
        "CIFAR-10 six times as fast with relu (their figure 1)."
    ),
    (
        "All three networks start from the same random numbers, see the pictures in the same order and learn for the "
        "same number of steps with the same rule; the losses of the first two are with dropout and augmentation."
    ),
    (
        "Changed since 2012: 32 × 32 pixels for 224 × 224; no local response normalisation, no second card, no shift "
        "of colours, no average over ten crops; Adam with a learning rate that goes up and down once, where they "
        "lowered that of SGD by hand; gradients longer than 1 are shortened to 1."
    ),
)

MADE_UP = (
    "The pictures are made up on the spot: each class is a texture of three waves, somewhere in the picture, mirrored "
    "or not, in any colour and brightness, in noise. There are only 500 to learn from, so learning them by heart is "
    "easy and of little use. With --data cifar10 the same three networks, twice as wide, learn from real photographs."
)

REAL = "CIFAR-10 as it is: 50,000 small photographs of ten kinds of things, and 10,000 others for the examination."

SOURCES = (
    Source(
        "A. Krizhevsky, I. Sutskever and G. E. Hinton, ImageNet classification with deep convolutional neural "
        "networks, Advances in Neural Information Processing Systems 25, 2012",
        "https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural-networks",
    ),
    Source(
        "N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever and R. Salakhutdinov, Dropout: a simple way to prevent "
        "neural networks from overfitting, Journal of Machine Learning Research 15, 2014",
        "https://jmlr.org/papers/v15/srivastava14a.html",
    ),
    Source(
        "V. Nair and G. E. Hinton, Rectified linear units improve restricted Boltzmann machines, International "
        "Conference on Machine Learning, 2010"
    ),
    Source(
        "Data: cifar10, A. Krizhevsky, Learning multiple layers of features from tiny images, University of Toronto, "
        "2009",
        "https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf",
    ),
)

MILESTONE = Milestone(
    name="alexnet",
    year=2012,
    title="Depth, and units that do not tire",
    story=STORY,
    requires=("02", "03", "04", "05", "06", "07", "08", "09"),
    run=run,
    sources=SOURCES,
    data=("synthetic", "cifar10"),
    rehearse=rehearse,
)
