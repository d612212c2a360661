"""What models are made of, under PyTorch's names: tt-core's layers and those of tt-train."""

from __future__ import annotations

from tt_core import nn as core
from tt_core.nn import *  # noqa: F403 - an index: everything that tt-core's has
from tt_train.spatial.layers.convolution import Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d
from tt_train.spatial.layers.dropout import AlphaDropout, Dropout1d, Dropout2d
from tt_train.spatial.layers.folding import Fold, Unfold
from tt_train.spatial.layers.normalization import (
    BatchNorm1d,
    BatchNorm2d,
    GroupNorm,
    InstanceNorm1d,
    InstanceNorm2d,
    LocalResponseNorm,
)
from tt_train.spatial.layers.padding import CircularPad2d, ConstantPad2d, ReflectionPad2d, ReplicationPad2d, ZeroPad2d
from tt_train.spatial.layers.pooling import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AvgPool1d,
    AvgPool2d,
    MaxPool1d,
    MaxPool2d,
    MaxUnpool2d,
)
from tt_train.spatial.layers.resampling import Upsample

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AlphaDropout",
    "AvgPool1d",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "CircularPad2d",
    "ConstantPad2d",
    "Conv1d",
    "Conv2d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "Dropout1d",
    "Dropout2d",
    "Fold",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "LocalResponseNorm",
    "MaxPool1d",
    "MaxPool2d",
    "MaxUnpool2d",
    "ReflectionPad2d",
    "ReplicationPad2d",
    "Unfold",
    "Upsample",
    "ZeroPad2d",
]
__all__ += core.__all__
