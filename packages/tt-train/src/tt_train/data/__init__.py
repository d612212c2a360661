"""Data sets, the order in which they are read, and the loader that makes batches of them (module 07)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tt_train.data.collate import default_collate, default_convert
from tt_train.data.dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from tt_train.data.errors import DataError, DataNotFoundError, WorkerError
from tt_train.data.loader import DataLoader
from tt_train.data.samplers import (
    BatchSampler,
    DistributedSampler,
    OrderSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from tt_train.data.worker import WorkerInfo, get_worker_info

if TYPE_CHECKING:
    from tt_train.data.arrow import ArrowDataset


def __getattr__(name: str) -> object:
    """Load `ArrowDataset` when it is asked for: pyarrow takes as long to load as NumPy."""
    if name == "ArrowDataset":
        from tt_train.data.arrow import ArrowDataset  # noqa: PLC0415 - see above

        return ArrowDataset
    message = f"module 'tt_train.data' has no attribute {name!r}"
    raise AttributeError(message)


__all__ = [
    "ArrowDataset",
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataError",
    "DataLoader",
    "DataNotFoundError",
    "Dataset",
    "DistributedSampler",
    "IterableDataset",
    "OrderSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "WorkerError",
    "WorkerInfo",
    "default_collate",
    "default_convert",
    "get_worker_info",
    "random_split",
]
