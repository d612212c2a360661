"""Data sets, the order in which they are read, and the loader that makes batches of them (module 07)."""

from __future__ import annotations

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

__all__ = [
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
