"""Transforms of whole batches: augmentation and normalisation, without a loop over the images.

A transform is `t(batch, generator=None)`; the loader gives it one generator per batch, so that the results depend on
the seed alone. Each has a function of its own that draws nothing. The order to use: what moves pixels on uint8 first,
then `Normalize`, then what mixes examples. What moves pixels leaves them as (B, H, W, C) in memory, behind the shape
(B, C, H, W): the order in which convolutions are fastest.
"""

from __future__ import annotations

from tt_train.transforms.affine import RandomAffine, affine
from tt_train.transforms.base import Compose, Transform
from tt_train.transforms.geometry import (
    Pad,
    RandomCrop,
    RandomHorizontalFlip,
    RandomTranslate,
    crop,
    horizontal_flip,
    pad,
)
from tt_train.transforms.holes import Cutout, RandomErasing, erase
from tt_train.transforms.mixing import CutMix, Mixup, cutmix, mixup
from tt_train.transforms.values import (
    ColorJitter,
    Normalize,
    OneHot,
    ToFloat,
    color_jitter,
    normalize,
    one_hot,
    to_float,
)

__all__ = [
    "ColorJitter",
    "Compose",
    "CutMix",
    "Cutout",
    "Mixup",
    "Normalize",
    "OneHot",
    "Pad",
    "RandomAffine",
    "RandomCrop",
    "RandomErasing",
    "RandomHorizontalFlip",
    "RandomTranslate",
    "ToFloat",
    "Transform",
    "affine",
    "color_jitter",
    "crop",
    "cutmix",
    "erase",
    "horizontal_flip",
    "mixup",
    "normalize",
    "one_hot",
    "pad",
    "to_float",
]
