"""Data made up on the spot: learnable, not trivial, and the same for the same seed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tt_core import Generator
from tt_core.errors import ShapeError
from tt_core.extend import Array, stream, wrap
from tt_train.datasets.labelled import Labelled


def spirals(
    n: int = 300, classes: int = 3, *, noise: float = 0.1, turns: float = 0.75, generator: Generator | None = None
) -> Labelled:
    """Return points (N, 2) on the arms of a spiral, one arm per class: no straight line parts them.

    >>> spirals(90)[0][0].shape
    (2,)
    """
    random = stream(generator)
    labels = _labels(n, classes, random)
    distance = np.sqrt(random.random(n)) * 0.95 + 0.05
    angle = 2 * math.pi * (turns * distance + labels / classes)
    points = distance[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    return _labelled(points + random.normal(scale=noise * 0.3, size=(n, 2)), labels, classes)


def moons(n: int = 300, *, noise: float = 0.1, generator: Generator | None = None) -> Labelled:
    """Return points (N, 2) on two half circles that reach into each other."""
    random = stream(generator)
    labels = _labels(n, 2, random)
    angle = math.pi * random.random(n)
    upper = np.stack([np.cos(angle), np.sin(angle)], 1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], 1)
    points = np.where(labels[:, None] == 0, upper, lower)
    return _labelled(points + random.normal(scale=noise, size=(n, 2)), labels, 2)


def blobs(
    n: int = 300,
    classes: int = 3,
    features: int = 2,
    *,
    centers: Sequence[Sequence[float]] | None = None,
    noise: float = 1.0,
    generator: Generator | None = None,
) -> Labelled:
    """Return points (N, features), normally distributed around one center per class.

    Args:
        centers: one per class; by default drawn from the cube from -10 to 10.

    Raises:
        ShapeError: the centers are not `classes` points of `features` numbers.
    """
    random = stream(generator)
    middle = random.uniform(-10, 10, (classes, features)) if centers is None else np.asarray(centers, np.float64)
    if middle.shape != (classes, features):
        message = f"expected {classes} centers of {features} numbers for blobs; got shape {list(middle.shape)}"
        raise ShapeError(message)
    labels = _labels(n, classes, random)
    return _labelled(middle[labels] + random.normal(scale=noise, size=(n, features)), labels, classes)


def synthetic_images(
    n: int = 1000,
    shape: tuple[int, int, int] = (3, 32, 32),
    classes: int = 10,
    *,
    noise: float = 0.25,
    seed: int = 0,
    generator: Generator | None = None,
) -> Labelled:
    """Return images (N, C, H, W) of uint8: each class has a shape with a texture, somewhere in the image, in noise.

    A class is a sum of a few waves under a soft round window; which ones depends on `seed` alone, so that sets for
    training and for testing can be drawn with one seed and two generators. Where the window lies, whether the image is
    mirrored, how bright it is and what colours it has is drawn for each image: shifts and mirroring change no label.

    Args:
        noise: standard deviation of what is added to each pixel, where 1 is from black to white.

    >>> synthetic_images(20, (1, 16, 16), classes=4).features.shape
    (20, 1, 16, 16)
    """
    random = stream(generator)
    labels = _labels(n, classes, random)
    waves = np.random.default_rng(seed).normal(size=(classes, _WAVES, 3))  # frequencies and phase of each
    images = np.empty((n, shape[1], shape[2], shape[0]), np.uint8)
    for rows in np.array_split(np.arange(n), max(n // _AT_ONCE, 1)):
        images[rows] = _draw(waves[labels[rows]], shape, noise, random)
    return Labelled(wrap(images.transpose(0, 3, 1, 2)), wrap(labels), _names(classes))


_WAVES = 3
_AT_ONCE = 256  # images, for the sake of memory


def _draw(waves: Array, shape: tuple[int, int, int], noise: float, random: np.random.Generator) -> Array:
    """Return images (N, H, W, C) of these waves (N, waves, 3)."""
    channels, height, width = shape
    n = len(waves)
    middle = random.uniform(-0.5, 0.5, (n, 2, 1, 1))
    mirror = np.where(random.random((n, 1, 1)) < 0.5, -1.0, 1.0)
    y = np.linspace(-1, 1, height)[:, None] - middle[:, 0]  # (N, H, 1)
    x = (np.linspace(-1, 1, width) - middle[:, 1]) * mirror  # (N, 1, W)
    fy, fx, phase = 4 * waves.transpose(2, 1, 0)[..., None, None]  # each (waves, N, 1, 1)
    texture = np.sin(fy * y + fx * x + phase).sum(0) * np.exp(-3 * (x**2 + y**2))  # (N, H, W)
    colour = random.uniform(0.1, 0.35, (n, 1, 1, channels))
    level = random.uniform(0.35, 0.65, (n, 1, 1, 1))
    pixels = level + colour * texture[..., None] + random.normal(scale=noise, size=(n, height, width, channels))
    out: Array = (pixels.clip(0, 1) * 255).round().astype(np.uint8)
    return out


def _labels(n: int, classes: int, random: np.random.Generator) -> Array:
    """Return labels in random order, as many of each class as of any other, or one more.

    Raises:
        ShapeError: there are fewer examples than classes.
    """
    if not 0 < classes <= n:
        message = f"expected at least one example of each class; got {n} examples of {classes} classes"
        raise ShapeError(message)
    return random.permutation(np.arange(n) % classes)


def _labelled(points: Array, labels: Array, classes: int) -> Labelled:
    return Labelled(wrap(points.astype(np.float32)), wrap(labels), _names(classes))


def _names(classes: int) -> tuple[str, ...]:
    return tuple(map(str, range(classes)))
