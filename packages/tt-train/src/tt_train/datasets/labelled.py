"""Examples with labels, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from tt_core import Tensor
from tt_core.extend import Array
from tt_train.data.dataset import TensorDataset


class Labelled(TensorDataset):
    """A `TensorDataset` of features and labels that knows the names of its classes.

    Attributes:
        features: (N, …), images (N, C, H, W).
        labels: (N,), the numbers of the classes.
        classes: their names.
    """

    def __init__(self, features: Tensor, labels: Tensor, classes: Sequence[str]) -> None:
        super().__init__(features, labels)
        self.features, self.labels, self.classes = features, labels, tuple(classes)

    @cached_property
    def mean(self) -> tuple[float, ...]:
        """The mean of each channel or feature; uint8 counts as 0..1."""
        return tuple(self._scaled.mean(self._others).tolist())

    @cached_property
    def std(self) -> tuple[float, ...]:
        """The standard deviation of each channel or feature; uint8 counts as 0..1."""
        return tuple(self._scaled.std(self._others).tolist())

    @property
    def _scaled(self) -> Array:
        numbers = self.features.data
        return numbers.astype(np.float64) / (255 if numbers.dtype == np.uint8 else 1)

    @property
    def _others(self) -> tuple[int, ...]:
        return tuple(i for i in range(self.features.ndim) if i != 1)
