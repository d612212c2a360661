from __future__ import annotations

import os
from dataclasses import replace
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tt_train.data import DataError, DataNotFoundError
from tt_train.datasets import cifar10, download, fashion_mnist, mnist, vision
from tt_train.datasets.published import CIFAR10, FASHION_MNIST, MNIST, InAnyOrder, InOrder

from ..data.parquet_files import image_table, pictures, png, write
from .server import Server

SOURCES = {mnist: MNIST, fashion_mnist: FASHION_MNIST, cifar10: CIFAR10}
real = pytest.mark.skipif("TT_DATA_DIR" not in os.environ, reason="TT_DATA_DIR names no folder with the real data")
REAL = os.environ.get("TT_DATA_DIR", "")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let nothing be found but what a test puts there, and nobody be asked."""
    monkeypatch.setenv("TT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("TT_DATA_DIR", str(tmp_path / "own"))
    monkeypatch.setattr(vision, "download_file", None)
    return tmp_path


def put(
    folder: Path,
    split: str = "train",
    n: int = 6,
    shards: Any = 1,
    column: Any = "image",
    shape: tuple[int, ...] = (5, 4),
) -> Any:
    """Write the files of a split and return the images."""
    folder.mkdir(parents=True, exist_ok=True)
    images, labels = pictures(n, shape)
    for i, rows in enumerate(np.array_split(np.arange(n), shards)):
        table = image_table([png(images[row]) for row in rows], labels[rows], column)
        write(folder / f"{split}-{i:05}-of-{shards:05}.parquet", table)
    return images


def pixels_of(data: Any) -> Any:
    return data.fetch(np.arange(len(data)))[0].data.transpose(0, 2, 3, 1).squeeze()


@pytest.mark.parametrize("load", SOURCES)
@pytest.mark.parametrize("split", ["train", "test"])
def test_the_users_own_files_come_first(home: Path, load: Any, split: str) -> None:
    source = SOURCES[load]
    put(home / "cache" / "data" / source.name, split, 3, column=source.columns[0])
    images = put(home / "own" / source.name, split, column=source.columns[0])
    data = load(split)
    assert np.array_equal(pixels_of(data), images)
    assert data.classes == source.classes
    assert len(data.classes) == 10


def test_earlier_downloads_come_second(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = put(home / "cache" / "data" / "mnist")
    assert np.array_equal(pixels_of(mnist()), images)
    monkeypatch.delenv("TT_DATA_DIR")
    assert np.array_equal(pixels_of(mnist()), images)


def test_a_split_may_be_several_files(home: Path) -> None:
    images = put(home / "own" / "cifar10", n=7, shards=3, column="img", shape=(5, 4, 3))
    assert np.array_equal(pixels_of(cifar10()), images)


def test_a_missing_part_of_several_is_named(home: Path) -> None:
    put(home / "own" / "mnist", n=7, shards=3)
    (home / "own" / "mnist" / "train-00001-of-00003.parquet").unlink()
    with pytest.raises(
        DataNotFoundError, match=r"expected train-00001-of-00003.parquet in .*own.mnist; it has train-00000"
    ):
        mnist()


def test_two_ways_of_cutting_a_split_are_not_mixed(home: Path) -> None:
    put(home / "own" / "mnist", n=7, shards=2)
    put(home / "own" / "mnist", n=7, shards=1)
    with pytest.raises(DataNotFoundError, match=r"it has train-00000-of-00001.parquet, train-00000-of-00002.parquet"):
        mnist()


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(DataError, match="expected split 'train' or 'test' for cifar10; got 'validation'"):
        cifar10("validation")


@pytest.mark.parametrize("own", [True, False])
def test_without_files_and_downloads_it_is_said_which_file_to_put_where(
    home: Path, monkeypatch: pytest.MonkeyPatch, own: Any
) -> None:
    if not own:
        monkeypatch.delenv("TT_DATA_DIR")
    place = home / ("own" if own else "cache/data") / "fashion_mnist" / "test-00000-of-00001.parquet"
    with pytest.raises(DataNotFoundError) as caught:
        fashion_mnist("test", download=False)
    assert f"expected fashion_mnist at {place}; it is not there, and download=False" in str(caught.value)
    assert f"put {FASHION_MNIST.url('test')} there" in str(caught.value)


def nobody(url: Any, part: Any, what: Any) -> Any:
    raise ConnectionError(url)


def test_offline_it_is_said_which_file_to_put_where(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vision, "download_file", nobody)
    place = home / "own" / "cifar10" / "train-00000-of-00001.parquet"
    with pytest.raises(DataNotFoundError, match="it could not be downloaded: ConnectionError") as caught:
        cifar10()
    assert str(place) in str(caught.value)


# Downloads, from a server on this computer


@pytest.fixture
def published(home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Publish six images as a data set, checked by content; return its server and description."""
    monkeypatch.setattr(vision, "download_file", download.download_file)
    images = put(home / "site", column="img", shape=(5, 4, 3))
    content = (home / "site" / "train-00000-of-00001.parquet").read_bytes()
    _, labels = pictures(6, (5, 4, 3))
    with Server(content) as server:
        check = InAnyOrder(digest_of(images, labels))
        yield server, replace(CIFAR10, home=server.address, checks={"train": check})


def digest_of(images: Any, labels: Any) -> Any:
    rows = sorted(sha256(x.tobytes() + bytes([y])).digest() for x, y in zip(images, labels.tolist(), strict=True))
    return sha256(b"".join(rows)).hexdigest()


def test_a_download_is_checked_and_kept(home: Path, published: Any) -> None:
    server, source = published
    data = vision.load(source, "train", download=True)
    kept = home / "cache" / "data" / "cifar10" / "train-00000-of-00001.parquet"
    assert kept.read_bytes() == server.content
    assert not kept.with_name(kept.name + ".part").exists()
    assert len(data) == 6
    again = vision.load(source, "train", download=True)
    assert again.cache == data.cache
    assert len(server.asked) == 1


def test_a_download_that_breaks_off_goes_on_at_the_next_attempt(
    home: Path, published: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "BLOCK", 64)
    server, source = published
    server.breaks = len(server.content) // 2
    with pytest.raises(DataNotFoundError, match="it could not be downloaded"):
        vision.load(source, "train", download=True)
    server.breaks = None
    assert len(vision.load(source, "train", download=True)) == 6
    assert server.asked[1] != "bytes=0-"


def test_what_another_process_downloaded_in_the_meantime_is_used(
    home: Path, published: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, source = published
    folder = home / "cache" / "data" / "cifar10"
    looked = vision._shards

    def look(where: Any, split: str) -> Any:
        found = looked(where, split)
        put(folder, column="img", shape=(5, 4, 3))
        return found

    monkeypatch.setattr(vision, "_shards", look)
    monkeypatch.setattr(vision, "download_file", None)
    monkeypatch.setattr(vision, "_folders", lambda _: [folder])
    assert len(vision.load(source, "train", download=True)) == 6


@pytest.mark.parametrize("wrong", ["other images", "no table"])
def test_a_download_of_something_else_is_refused_and_not_kept(home: Path, published: Any, wrong: Any) -> None:
    server, source = published
    if wrong == "no table":
        server.content = b"<html>please log in</html>"
    else:
        source = replace(source, checks={"train": InAnyOrder("0" * 64)})
    with pytest.raises(DataError, match=r"expected the train images of cifar10 from .*; got others or damaged ones"):
        vision.load(source, "train", download=True)
    left = (home / "cache" / "data" / "cifar10").iterdir()
    assert [path.name for path in left] == ["train-00000-of-00001.parquet.lock"]


def test_an_error_of_the_server_is_passed_on(home: Path, published: Any) -> None:
    server, source = published
    server.status = 404
    with pytest.raises(DataNotFoundError, match="it could not be downloaded: 404"):
        vision.load(source, "train", download=True)


# Whether images are the published ones


def test_order_and_every_pixel_and_label_count() -> None:
    images, labels = pictures(6, (5, 4, 1))
    blocks, numbers = [images[:2], images[2:]], [labels[:2], labels[2:]]
    anyhow = InAnyOrder(digest_of(images, labels))
    assert anyhow(blocks, numbers)
    assert anyhow([images[::-1].copy()], [labels[::-1].copy()])
    images[5, 4, 3] ^= 1
    assert not anyhow(blocks, numbers)
    images[5, 4, 3] ^= 1
    labels[0] += 1
    assert not anyhow(blocks, numbers)


def test_idx_files_are_told_by_their_md5() -> None:
    images, labels = np.arange(12, dtype=np.uint8).reshape(2, 3, 2, 1), np.array([3, 4])
    header = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 2])
    pictures_, numbers = md5(header + bytes(range(12))), md5(bytes([0, 0, 8, 1, 0, 0, 0, 2, 3, 4]))
    check = InOrder(pictures_.hexdigest(), numbers.hexdigest())
    assert check([images[:1], images[1:]], [labels])
    assert not check([images[::-1]], [labels])
    assert not check([images], [labels[::-1]])


# The real ones


@pytest.fixture
def real_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any) -> Any:
    monkeypatch.setenv("TT_DATA_DIR", REAL)
    monkeypatch.setenv("TT_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "real"))


@pytest.mark.long
@real
@pytest.mark.parametrize(
    "load, split, size, mean, std",
    [
        (mnist, "train", 60_000, [0.13066], [0.30811]),
        (mnist, "test", 10_000, [0.13251], [0.31048]),
        (cifar10, "train", 50_000, [0.49140, 0.48216, 0.44653], [0.24703, 0.24349, 0.26159]),
        (cifar10, "test", 10_000, [0.49421, 0.48513, 0.45041], [0.24665, 0.24289, 0.26159]),
    ],
)
def test_the_real_data_are_the_published_ones(
    real_home: Path, load: Any, split: str, size: Any, mean: Any, std: Any
) -> None:
    data = load(split, download=False)
    assert len(data) == size
    assert np.allclose(data.mean, mean, atol=1e-5)
    assert np.allclose(data.std, std, atol=1e-5)
    assert SOURCES[load].is_genuine(split, data)
    counts = np.bincount(np.concatenate(data.blocks("label")))
    if load is cifar10:
        assert counts.tolist() == [size // 10] * 10
    elif split == "test":
        assert counts.tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
