"""The functions of neural networks under one name, `import tt_train.functional as F`: all of tt-core and more."""

from __future__ import annotations

from tt_core import functional as core
from tt_core import one_hot
from tt_core.functional import *  # noqa: F403 - an index: everything that tt-core's has
from tt_train.spatial.convolution import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from tt_train.spatial.dropout import alpha_dropout, dropout1d, dropout2d
from tt_train.spatial.folding import fold, unfold
from tt_train.spatial.normalization import batch_norm, group_norm, instance_norm, local_response_norm
from tt_train.spatial.padding import pad
from tt_train.spatial.pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    avg_pool1d,
    avg_pool2d,
    max_pool1d,
    max_pool2d,
    max_unpool2d,
)
from tt_train.spatial.resampling import interpolate

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "alpha_dropout",
    "avg_pool1d",
    "avg_pool2d",
    "batch_norm",
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "dropout1d",
    "dropout2d",
    "fold",
    "group_norm",
    "instance_norm",
    "interpolate",
    "local_response_norm",
    "max_pool1d",
    "max_pool2d",
    "max_unpool2d",
    "one_hot",
    "pad",
    "unfold",
]
__all__ += core.__all__
