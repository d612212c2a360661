"""What may be asked of a loader, and what excludes what: PyTorch's rules (module 07)."""

from __future__ import annotations

from typing import Any

from tt_core import NotSupportedError
from tt_train.data.errors import DataError


def refuse(**options: Any) -> None:
    """Refuse what only makes sense with devices, or would leave the order to chance.

    Raises:
        NotSupportedError: one of the options is wanted.
    """
    for name, wanted in options.items():
        if wanted:
            message = f"expected {name} of DataLoader to be left out: it is not supported"
            raise NotSupportedError(message)


def check_order(
    iterable: bool,
    batch_size: Any,
    shuffle: bool | None,
    sampler: Any,
    batch_sampler: Any,
    drop_last: bool,
) -> None:
    """Refuse options that exclude each other.

    Raises:
        DataError: there are some.
    """
    if iterable and (shuffle or sampler is not None or batch_sampler is not None):
        complain("an IterableDataset, which has an order of its own", "shuffle, sampler or batch_sampler")
    if sampler is not None and shuffle:
        complain("a sampler", "shuffle")
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        complain("a batch_sampler", "batch_size, shuffle, sampler or drop_last")
    if batch_size is None and drop_last:
        complain("batch_size=None, which means no batches", "drop_last")
    if batch_size is not None and (not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size < 1):
        message = f"expected a whole number of at least 1 as batch_size; got {batch_size!r}"
        raise DataError(message)


def check_workers(
    num_workers: int, timeout: float, prefetch_factor: int | None, persistent: bool, context: Any, prefetch: int
) -> None:
    """Refuse numbers below 0, and options for workers where there are none.

    Raises:
        DataError: there are some.
    """
    numbers = {
        "num_workers": num_workers,
        "timeout": timeout,
        "prefetch": prefetch,
        "prefetch_factor": prefetch_factor or 0,
    }
    for name, value in numbers.items():
        if value < 0:
            message = f"expected {name} of at least 0; got {value}"
            raise DataError(message)
    if prefetch_factor == 0:
        message = "expected a prefetch_factor of at least 1; got 0"
        raise DataError(message)
    alone = {
        "timeout": timeout,
        "prefetch_factor": prefetch_factor,
        "persistent_workers": persistent,
        "multiprocessing_context": context,
    }
    given = [name for name, value in alone.items() if value]
    if num_workers == 0 and given:
        complain("num_workers=0", ", ".join(given))


def complain(what: str, excluded: str) -> None:
    """Say which options do not go together.

    Raises:
        DataError: always.
    """
    message = f"expected {excluded} to be left out beside {what}; got both"
    raise DataError(message)
