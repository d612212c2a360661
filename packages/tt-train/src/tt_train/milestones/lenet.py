"""1998: LeNet reads handwritten digits, because its eye knows that a stroke is a stroke wherever it is.

A perceptron with a hidden layer learns each pixel's meaning at each place by itself. LeNet-5 looks through small
windows with the same few weights everywhere (convolution), twice, and forgets a little of the place each time
(subsampling); only then come ordinary layers:

    (B, 1, 28, 28) → C1 6 × 5×5 → S2 halve → C3 16 × 5×5 → S4 halve → C5 120 → F6 84 → 10 scores

What LeCun, Bottou, Bengio and Haffner built, and what we take of it:

    1998                                                    here
    1.7159 tanh(2/3 x)                                      relu: of 2010, and surer within three epochs
    S2, S4: sum of 4, times a weight, plus a bias, tanh     the maximum of 4
    C3: 60 of the 96 pairs of maps, by a table              all 96
    C5: a convolution 5×5 over maps of 5×5                  the same sums, written as a linear layer
    output: distance to a drawing of each digit (RBF)       a linear layer
    a loss of distances                                     cross-entropy
    stochastic diagonal Levenberg-Marquardt, 20 epochs      Adam, learning rate up and down once

The sizes of the layers are theirs. For comparison the same training teaches a network with one hidden layer, which has
more parameters and knows nothing of places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import tt_core as tt
from tt_core import Generator, Tensor
from tt_core.milestones import Bar, Measure, Milestone, Progress, Rehearsal, Result, Settings, Source, silent
from tt_train import datasets, nn
from tt_train import functional as F
from tt_train.data import DataLoader, Subset, TensorDataset
from tt_train.milestones import lenet_pictures, practice
from tt_train.milestones.practice import Loader, Steps, Training, accuracy, answers, mean_and_std, parameters, train
from tt_train.optim import Adam
from tt_train.optim.lr_scheduler import OneCycleLR
from tt_train.transforms import Compose, Normalize, RandomCrop

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH: Final = 64
LEARNING_RATE: Final = 0.003
HIDDEN: Final = 128
"""Hidden units of the network that LeNet is compared with: enough to have more parameters than LeNet."""

SHIFTS: Final = (0, 1, 2, 3, 4)
"""By how many pixels the test images are moved; up to four, nothing leaves the picture."""

REHEARSED: Final = 4
"""How many digits a rehearsal takes: a few seconds' worth on loops."""

MOVED: Final = 2000
"""How many test images are moved at most: each of them is looked at seventeen times."""


@dataclass(frozen=True, slots=True)
class Task:
    """Digits to learn and digits to be examined with, uint8 (N, 1, 28, 28), and how long to learn.

    `shift` is by how many pixels the images are moved at random while learning, `goal` the accuracy to reach.
    """

    learn: Any
    examine: Any
    epochs: int
    goal: float
    remark: str
    shift: int = 0

    @property
    def moving(self) -> Compose:
        """How images are prepared while learning: moved, then brought to mean 0 and deviation 1."""
        return Compose([RandomCrop(28, padding=self.shift), self.standing])

    @property
    def standing(self) -> Normalize:
        """How images are prepared for the examination: brought to mean 0 and deviation 1."""
        return Normalize(*mean_and_std(self.learn))

    @property
    def still(self) -> Loader:
        """All images of the examination."""
        return DataLoader(self.examine, 500, transform=self.standing)

    @property
    def some(self) -> Loader:
        """The first images of the examination."""
        some = Subset(self.examine, range(min(MOVED, len(self.examine))))
        return DataLoader(some, 500, transform=self.standing)


def one_hidden_layer(generator: Generator) -> nn.Sequential:
    """Build what LeNet is compared with: every pixel has a weight of its own to every unit."""
    hidden = nn.Linear(28 * 28, HIDDEN, generator=generator)
    return nn.Sequential(nn.Flatten(), hidden, nn.ReLU(), nn.Linear(HIDDEN, 10, generator=generator))


class LeNet(nn.Module):
    """LeNet-5 with the sizes of 1998; the layers have the paper's names."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5, padding=2, generator=generator)
        self.c3 = nn.Conv2d(6, 16, 5, generator=generator)
        self.c5 = nn.Linear(16 * 5 * 5, 120, generator=generator)
        self.f6 = nn.Linear(120, 84, generator=generator)
        self.output = nn.Linear(84, 10, generator=generator)

    def maps(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return what the layers that see make of images (B, 1, 28, 28): C1, S2, C3 and S4."""
        c1 = self.c1(x).relu()  # (B, 6, 28, 28)
        s2 = F.max_pool2d(c1, 2)  # (B, 6, 14, 14)
        c3 = self.c3(s2).relu()  # (B, 16, 10, 10)
        return c1, s2, c3, F.max_pool2d(c3, 2)  # (B, 16, 5, 5)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the digits, (B, 1, 28, 28) → (B, 10)."""
        seen = self.maps(x)[-1].flatten(1)  # (B, 400)
        return self.output(self.f6(self.c5(seen).relu()).relu())


def teach(network: nn.Module, task: Task, seed: int, heard: Callable[[str], None]) -> Training:
    """Let a network see the images of a task; the order and the shifts depend on the seed alone."""
    learn = DataLoader(task.learn, BATCH, shuffle=True, generator=_generator(seed), transform=task.moving)
    optimizer = Adam(network.parameters(), lr=LEARNING_RATE)
    schedule = OneCycleLR(optimizer, LEARNING_RATE, total_steps=task.epochs * len(learn))
    return train(Training(network), optimizer, schedule, learn, task.still, task.epochs, heard)


def moved(network: nn.Module, examine: Loader) -> list[float]:
    """Return the accuracy for images that are moved by each of `SHIFTS`, the mean of up, down, left and right."""
    return [
        round(float(np.mean([accuracy(network, examine, (by * rows, by * columns)) for rows, columns in _SIDES])), 2)
        for by in SHIFTS
    ]


_SIDES: Final = ((1, 0), (-1, 0), (0, 1), (0, -1))


def centred(images: Tensor) -> Tensor:
    """Prepare images (N, 1, 8, 8) with values up to 16 as MNIST's were: 20 × 20 pixels in the middle of 28 × 28.

    LeCun and his colleagues left this margin so that the ends of strokes can lie in the middle of a window too.
    """
    grown = F.interpolate(images.float() * (255 / 16), size=(20, 20), mode="bilinear")
    return F.pad(grown, (4, 4, 4, 4)).round().to(tt.uint8)


def digits() -> Task:
    """Return the bundled digits, 1,442 to learn and 355 to be examined with, enlarged to MNIST's format."""
    learn, examine = (
        TensorDataset(centred(part.features), part.labels) for part in map(datasets.digits, ("train", "test"))
    )
    return Task(learn, examine, epochs=20, goal=98.0, remark=ENLARGED, shift=2)


def mnist() -> Task:
    """Return MNIST: 60,000 digits to learn and 10,000 to be examined with."""
    return Task(datasets.mnist("train"), datasets.mnist("test"), epochs=3, goal=98.9, remark=AS_THEY_ARE)


TASKS: Final = {"digits": digits, "mnist": mnist}


def run(settings: Settings, progress: Progress = silent) -> Result:
    """Teach the digits to one hidden layer, then to LeNet, and show both the same images moved."""
    task, seed = TASKS[settings.data or "digits"](), settings.seed
    steps = Steps(progress, 2 * task.epochs * -(-len(task.learn) // BATCH))
    plain = teach(one_hidden_layer(_generator(seed)), task, seed, steps.part("one hidden layer"))
    network = LeNet(_generator(seed))
    start = network.c1.weight.detach().clone()
    lenet = teach(network, task, seed, steps.part("LeNet"))
    shifted = moved(plain.network, task.some), moved(network, task.some)
    return Result(
        before=Measure("accuracy of one hidden layer", plain.accuracies[-1], "%"),
        after=Measure("accuracy", lenet.accuracies[-1], "%"),
        bar=Bar(task.goal),
        measures=_measures(plain.network, network, shifted, len(task.examine)),
        pictures=lenet_pictures.draw_all(plain, lenet, _seen(network, task, start, shifted)),
        remarks=(*REMARKS, task.remark),
    )


def rehearse(settings: Settings) -> Rehearsal:
    """Show LeNet a few digits; the whole run shows all of them in each epoch."""

    def prepare() -> tuple[nn.Module, Loader, int]:
        task = TASKS[settings.data or "digits"]()
        return LeNet(_generator(settings.seed)), DataLoader(task.learn, BATCH, transform=task.standing), task.epochs

    return practice.rehearse(prepare, REHEARSED)


def _measures(
    plain: nn.Module, network: LeNet, shifted: tuple[list[float], list[float]], examined: int
) -> tuple[Measure, ...]:
    """Compare what both networks have to learn, and what a shift costs them."""
    c1 = parameters(network.c1)
    return (
        Measure("images that neither learned from", examined),
        Measure("parameters of one hidden layer", parameters(plain)),
        Measure("parameters of LeNet", parameters(network)),
        Measure("parameters of C1, shared by all places", c1),
        Measure("the same connections with a weight each", c1 * 28 * 28),
        *(
            Measure(f"{name}, images moved by {by} pixels", values[by], "%")
            for by in (2, 4)
            for name, values in zip(("one hidden layer", "LeNet"), shifted, strict=True)
        ),
    )


def _seen(network: LeNet, task: Task, start: Tensor, shifted: tuple[list[float], list[float]]) -> lenet_pictures.Seen:
    """Collect what the pictures show; the digit in the middle of them is the first of those examined."""
    scores, labels = answers(network, task.still)
    first, _ = next(iter(task.still))
    with tt.no_grad():
        maps = network.maps(first[:1])
    images = np.concatenate([images.data[:, 0] for images, _ in DataLoader(task.examine, 500)])
    return lenet_pictures.Seen(
        filters=(start, network.c1.weight.detach()),
        maps=maps,
        images=images,
        labels=labels.data,
        scores=scores.data,
        shifts=SHIFTS,
        moved=shifted,
    )


def _generator(seed: int) -> Generator:
    return tt.Generator().manual_seed(seed)


STORY = (
    "In the 1990s Yann LeCun and his colleagues at AT&T taught a network to read the digits on bank cheques; at times "
    "it read a tenth of all cheques in the United States. Its trick is to share weights: a small window with the same "
    "few weights glides over the whole image, for a stroke is a stroke wherever it is. Here LeNet-5 of 1998 competes "
    "with a network of one hidden layer that has more parameters but no such eye."
)

REMARKS = (
    (
        "The layers have the sizes of 1998. Changed: relu for 1.7159 tanh(2x/3), in both networks; the maximum of four "
        "neighbours for their sum with a trained weight and threshold; all pairs of maps in C3 where a table allowed "
        "60 of 96; a linear output and cross-entropy for distances to drawings of the digits; Adam with a learning "
        "rate that goes up and down once."
    ),
    (
        "C1 of the paper has 156 parameters for 122,304 connections, and so it is here: sharing is what makes an eye "
        "for 28 × 28 places affordable."
    ),
    "Both networks see the same images in the same order, and the same rule changes them.",
)

ENLARGED = (
    "The bundled digits have 8 × 8 pixels. They are enlarged to 20 × 20 and put in the middle of 28 × 28, as MNIST's "
    "were; that adds margins, not knowledge. While learning, all images are moved at random by up to 2 pixels, for "
    "both networks. Every fifth image of each digit is kept for the examination."
)

AS_THEY_ARE = (
    "MNIST as it is: each of the 60,000 images is seen three times, and none is moved while learning. For the shifts "
    f"the first {MOVED:,} of the 10,000 test images are moved."
)

SOURCES = (
    Source(
        "Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, Gradient-based learning applied to document recognition, "
        "Proceedings of the IEEE 86 (11), 1998",
        "https://doi.org/10.1109/5.726791",
    ),
    Source(
        "Y. LeCun et al., Backpropagation applied to handwritten zip code recognition, Neural Computation 1 (4), 1989",
        "https://doi.org/10.1162/neco.1989.1.4.541",
    ),
    Source(
        "Data: digits, E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits (1998), UCI Machine "
        "Learning Repository, CC BY 4.0; scikit-learn's copy",
        "https://doi.org/10.24432/C50P49",
    ),
    Source("Data: mnist, Y. LeCun, C. Cortes and C. J. C. Burges, The MNIST database of handwritten digits"),
)

MILESTONE = Milestone(
    name="lenet",
    year=1998,
    title="A network that sees",
    story=STORY,
    requires=("02", "03", "04", "05", "06", "07", "08", "09"),
    run=run,
    sources=SOURCES,
    data=("digits", "mnist"),
    rehearse=rehearse,
)
