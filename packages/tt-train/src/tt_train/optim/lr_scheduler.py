"""Schedules under PyTorch's names: an index."""

from __future__ import annotations

from tt_train.schedulers.base import LRScheduler
from tt_train.schedulers.combined import ChainedScheduler, SequentialLR, triangular, warmup_cosine
from tt_train.schedulers.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from tt_train.schedulers.cycles import CyclicLR, OneCycleLR
from tt_train.schedulers.factors import (
    ConstantLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from tt_train.schedulers.plateau import ReduceLROnPlateau

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
    "triangular",
    "warmup_cosine",
]
