"""One pass over images of MNIST's or CIFAR-10's shape: `python loading.py KIND WAY` prints samples/s for each line.

The ways: `ours` and `ours_augmented` are TinyTorch's loader with transforms of batches; `torch` is PyTorch's with one
item after the other, sliced from a tensor; `torch_pillow` goes through a Pillow image for each item, as torchvision's
own data sets and transforms do; `torch_batched` fetches and transforms whole batches (`__getitems__`), as its experts
do; `torch_augmented` adds a crop and a flip to each item of `torch`. With TT_DATA_DIR the images are the real ones,
read from the Arrow cache by ours and given to PyTorch as tensors; without it they are made up.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

SHAPES = {"mnist": ((1, 28, 28), 64), "cifar10": ((3, 32, 32), 128)}
ROWS = {"torch_batched": 12800}  # PyTorch's passes are cut short: they take long
SHORT = 6400
PADDING = 4


def images(kind: str) -> tuple[Any, Any, Any]:
    """Return a data set of TinyTorch's, its mean and its deviation per channel."""
    from tt_train import datasets
    from tt_train.data import TensorDataset

    if "TT_DATA_DIR" in os.environ:
        found: Any = getattr(datasets, kind)("train")
        return found, found.mean, found.std
    import tt_core

    shape, _ = SHAPES[kind]
    rng = np.random.default_rng(0)
    pixels = tt_core.from_numpy(rng.integers(0, 256, (50000, *shape), dtype=np.uint8))
    return TensorDataset(pixels, tt_core.from_numpy(rng.integers(0, 10, 50000))), (0.5,) * shape[0], (0.25,) * shape[0]


def ours(kind: str, *, augmented: bool) -> tuple[Any, int]:
    """Return our loader and how many samples it has."""
    from tt_train import transforms
    from tt_train.data import DataLoader

    data, mean, std = images(kind)
    size = SHAPES[kind][0][-1]
    steps = [transforms.RandomCrop(size, padding=PADDING), transforms.RandomHorizontalFlip()] if augmented else []
    transform = transforms.Compose([*steps, transforms.Normalize(mean, std)])
    return DataLoader(data, SHAPES[kind][1], shuffle=True, transform=transform), len(data)


def peer(kind: str, way: str) -> tuple[Any, int]:
    """Return PyTorch's loader over the same images, and how many samples it has."""
    import torch
    from PIL import Image

    data, mean, std = images(kind)
    pixels, labels = (torch.from_numpy(x.data.copy()) for x in data.fetch(np.arange(ROWS.get(way, SHORT))))
    centre, scale = (torch.tensor(x).reshape(-1, 1, 1) for x in (mean, std))

    class Items(torch.utils.data.Dataset):  # type: ignore[misc]  # torch is typed Any here
        def __len__(self) -> int:
            return len(pixels)

        def __getitem__(self, index: int) -> Any:
            x = (pixels[index].float() / 255 - centre) / scale
            return (_augment(torch, x) if way == "torch_augmented" else x), labels[index]

    class Pictures(Items):
        def __getitem__(self, index: int) -> Any:
            picture = Image.fromarray(pixels[index].numpy().transpose(1, 2, 0).squeeze())
            x = torch.from_numpy(np.array(picture, copy=True)).reshape(*picture.size[::-1], -1)
            return (x.permute(2, 0, 1).contiguous().float().div(255) - centre) / scale, int(labels[index])

    class Batches(Items):
        def __getitems__(self, indices: list[int]) -> Any:
            return (pixels[indices].float() / 255 - centre) / scale, labels[indices]

    batched = way == "torch_batched"
    data = {"torch_batched": Batches, "torch_pillow": Pictures}.get(way, Items)()
    collate = {"collate_fn": lambda batch: batch} if batched else {}
    return torch.utils.data.DataLoader(data, SHAPES[kind][1], shuffle=True, **collate), ROWS.get(way, SHORT)


def _augment(torch: Any, x: Any) -> Any:
    """Shift and flip one image."""
    size = x.shape[-1]
    padded = torch.nn.functional.pad(x, (PADDING,) * 4)
    top, left, flip = (int(torch.randint(n, ())) for n in (2 * PADDING + 1, 2 * PADDING + 1, 2))
    x = padded[:, top : top + size, left : left + size]
    return x.flip(-1) if flip else x


def main(kind: str, way: str) -> None:
    """Answer each line of standard input with samples per second."""
    make: Callable[[], tuple[Any, int]] = (
        (lambda: ours(kind, augmented=way == "ours_augmented")) if way.startswith("ours") else (lambda: peer(kind, way))
    )
    loader, samples = make()
    for _ in sys.stdin:
        start = time.perf_counter()
        for _batch in loader:
            pass
        print(samples / (time.perf_counter() - start), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
