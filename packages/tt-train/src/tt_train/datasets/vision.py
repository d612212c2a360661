"""Images that others publish: `mnist`, `fashion_mnist`, `cifar10`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tt_train.data.cache import cache_folder, locked, publish
from tt_train.data.errors import DataError, DataNotFoundError
from tt_train.datasets.download import download_file
from tt_train.datasets.published import CIFAR10, FASHION_MNIST, MNIST, Published

if TYPE_CHECKING:
    from tt_train.data.arrow import ArrowDataset


def mnist(split: str = "train", *, download: bool = True) -> ArrowDataset:
    """Return MNIST's handwritten digits: 60,000 images (1, 28, 28) of uint8 for training, 10,000 for testing.

    The files are looked for in the folder `mnist` of `TT_DATA_DIR`, then among earlier downloads; then they are
    downloaded, and their content is checked.

    Args:
        split: "train" or "test".
        download: whether to download what is not there.

    Raises:
        DataNotFoundError: there are no files; the message says which one to put where.

    Source: LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document recognition" (1998).
    """
    return load(MNIST, split, download=download)


def fashion_mnist(split: str = "train", *, download: bool = True) -> ArrowDataset:
    """Return Fashion-MNIST, Zalando's clothes in MNIST's format: 60,000 images (1, 28, 28) and 10,000; see `mnist`.

    Source: Xiao, Rasul & Vollgraf, https://arxiv.org/abs/1708.07747 (2017).
    """
    return load(FASHION_MNIST, split, download=download)


def cifar10(split: str = "train", *, download: bool = True) -> ArrowDataset:
    """Return CIFAR-10: 50,000 colour images (3, 32, 32) of uint8 for training, 10,000 for testing; see `mnist`.

    Source: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images" (2009).
    """
    return load(CIFAR10, split, download=download)


def load(source: Published, split: str, *, download: bool) -> ArrowDataset:
    """Return a split from the first place that has it."""
    if split not in source.checks:
        message = f"expected split 'train' or 'test' for {source.name}; got {split!r}"
        raise DataError(message)
    for folder in _folders(source):
        files = _shards(folder, split)
        if files:
            return _opened(source, files)
    return _downloaded(source, split, download=download)


def _folders(source: Published) -> list[Path]:
    """Return where the files may be: the user's own data first, then earlier downloads."""
    own = os.environ.get("TT_DATA_DIR")
    homes = [Path(own).expanduser().absolute()] if own else []
    return [home / source.name for home in (*homes, cache_folder() / "data")]


def _shards(folder: Path, split: str) -> list[Path]:
    """Return the Parquet files of a split, which may be several: train-00000-of-00002.parquet and so on.

    Raises:
        DataNotFoundError: some of them are missing.
    """
    files = sorted(folder.glob(f"{split}-?????-of-?????.parquet"))
    if files:
        total = files[0].stem[-5:]
        wanted = [folder / f"{split}-{i:05}-of-{total}.parquet" for i in range(int(total) if total.isdigit() else 0)]
        missing = [path for path in wanted if path not in files]
        if missing or len(files) != len(wanted):
            found = ", ".join(path.name for path in files)
            message = f"expected {', '.join(p.name for p in missing or wanted)} in {folder}; it has {found}"
            raise DataNotFoundError(message)
    return files


def _opened(source: Published, files: list[Path]) -> ArrowDataset:
    from tt_train.data.arrow import ArrowDataset  # noqa: PLC0415 - pyarrow takes as long to load as NumPy

    return ArrowDataset(files, source.columns, classes=source.classes)


def _downloaded(source: Published, split: str, *, download: bool) -> ArrowDataset:
    """Download the file of a split, check what is in it, and only then give it its name."""
    target = _folders(source)[-1] / source.file(split)
    part = target.with_name(f"{target.name}.part")
    with locked(target.with_name(f"{target.name}.lock")):
        if not target.exists():  # another process may just have put it there
            _fetch(source, split, part, download=download)
            _check(source, split, part)
            publish(part, target)
    return _opened(source, [target])


def _fetch(source: Published, split: str, part: Path, *, download: bool) -> None:
    reason = "download=False"
    if download:
        try:
            return download_file(source.url(split), part, f"{source.name} ({split})")
        except OSError as error:
            answer = getattr(error, "response", None)  # without one, `requests` tells a long story about sockets
            reason = f"it could not be downloaded: {type(error).__name__ if answer is None else error}"
    place = _folders(source)[0] / source.file(split)
    message = f"expected {source.name} at {place}; it is not there, and {reason}: put {source.url(split)} there"
    raise DataNotFoundError(message)


def _check(source: Published, split: str, part: Path) -> None:
    try:
        genuine = source.is_genuine(split, _opened(source, [part]))
    except DataError:
        genuine = False
    if not genuine:
        part.unlink()
        message = f"expected the {split} images of {source.name} from {source.url(split)}; got others or damaged ones"
        raise DataError(message)
