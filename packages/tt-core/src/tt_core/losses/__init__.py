"""Losses: one number that says how wrong a model is (module 05). Functions, and classes that remember settings.

regression        mse_loss, l1_loss, smooth_l1_loss, huber_loss     numbers against numbers
classification    cross_entropy, nll_loss, multi_margin_loss        scores of classes against the right one
probability       binary_cross_entropy, …_with_logits, kl_div       probabilities against probabilities
similarity        hinge_embedding_loss, cosine_embedding_loss       alike or not alike

`reduction` says what is made of the many losses: their "mean", their "sum", or "none", which leaves them as they are.
Settings are given by keyword; PyTorch's old `size_average` and `reduce` do not exist. Input and target never broadcast:
(N, 1) against (N,) would compare everything with everything, and train without an error to a useless result.
"""

from __future__ import annotations

from tt_core.losses.classification import (
    CrossEntropyLoss,
    MultiMarginLoss,
    NLLLoss,
    cross_entropy,
    multi_margin_loss,
    nll_loss,
)
from tt_core.losses.probability import (
    BCELoss,
    BCEWithLogitsLoss,
    KLDivLoss,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    kl_div,
)
from tt_core.losses.regression import (
    HuberLoss,
    L1Loss,
    MSELoss,
    SmoothL1Loss,
    huber_loss,
    l1_loss,
    mse_loss,
    smooth_l1_loss,
)
from tt_core.losses.similarity import (
    CosineEmbeddingLoss,
    HingeEmbeddingLoss,
    cosine_embedding_loss,
    hinge_embedding_loss,
)

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "MultiMarginLoss",
    "NLLLoss",
    "SmoothL1Loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "cross_entropy",
    "hinge_embedding_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "mse_loss",
    "multi_margin_loss",
    "nll_loss",
    "smooth_l1_loss",
]
