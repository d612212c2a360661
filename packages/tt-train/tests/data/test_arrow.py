from __future__ import annotations

import json
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import tt_core as tt
from tt_core.errors import NotSupportedError, TinyTorchError
from tt_train.data import ArrowDataset, DataError, DataLoader, DataNotFoundError, conversion

from .parquet_files import image_table, pictures, png, write


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TT_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def caches(folder: Path) -> Any:
    return sorted(folder.glob("*.arrow"))


def image_file(tmp_path: Path, n: int = 10, name: Any = "a.parquet", **options: Any) -> Any:
    images, labels = pictures(n)
    return write(tmp_path / name, image_table([png(x) for x in images], labels), **options), images, labels


@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 3), (5, 4, 4)])
def test_images_come_out_as_they_were_put_in(tmp_path: Path, shape: tuple[int, ...]) -> None:
    images, labels = pictures(7, shape)
    data = ArrowDataset(write(tmp_path / "a.parquet", image_table([png(x) for x in images], labels)))
    expected = images.reshape(7, 5, 4, -1).transpose(0, 3, 1, 2)
    found, numbers = data.fetch(np.arange(7))
    assert np.array_equal(found.data, expected)
    assert (found.dtype, numbers.dtype) == (tt.uint8, tt.int64)
    assert np.array_equal(numbers.data, labels)
    image, label = data[3]
    assert np.array_equal(image.data, expected[3])
    assert label.shape == ()
    assert int(label) == labels[3]
    assert data.classes == ("cat", "dog", "ant")
    assert data.column_names == ("image", "label")
    assert len(data) == 7


def test_several_files_and_record_batches_are_one_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion, "CHUNK", 400)
    one, images, labels = image_file(tmp_path, 40, "one.parquet", row_group_size=6)
    two, *_ = image_file(tmp_path, 40, "two.parquet")
    data = ArrowDataset([two, one])
    assert len(data) == 80
    assert len(data.blocks("image")) > 10
    rows = np.random.default_rng(0).permutation(80)
    found, numbers = data.fetch(rows)
    assert np.array_equal(found.data, images[rows % 40].transpose(0, 3, 1, 2))
    assert np.array_equal(numbers.data, labels[rows % 40])
    assert np.array_equal(np.concatenate(data.blocks("image")), np.concatenate([images, images]))


def test_a_batch_lies_in_memory_as_convolutions_like_it(tmp_path: Path) -> None:
    file, *_ = image_file(tmp_path)
    images, _ = ArrowDataset(file).fetch([0, 1])
    assert images.data.transpose(0, 2, 3, 1).flags.c_contiguous
    assert images.data.flags.writeable


def test_mean_and_deviation_are_those_of_the_pixels(tmp_path: Path) -> None:
    file, images, _ = image_file(tmp_path)
    data = ArrowDataset(file)
    assert np.allclose(data.mean, (images / 255).mean((0, 1, 2)))
    assert np.allclose(data.std, (images / 255).std((0, 1, 2)))


def plain_table() -> Any:
    return pa.table(
        {
            "truth": [True, False, True],
            "half": pa.array(np.array([1, 2, 3], np.float16)),
            "word": ["one", "", "drei"],
            "short": pa.array([1, 2, 65535], pa.uint16()),
            "vector": pa.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], pa.list_(pa.float32(), 2)),
            "matrix": pa.array([[[1, 2]], [[3, 4]], [[5, 6]]], pa.list_(pa.list_(pa.int8(), 2), 1)),
            "flags": pa.array([[True, False]] * 3, pa.list_(pa.bool_(), 2)),
            "list": pa.array([[1], [], [2, 3]], pa.list_(pa.int64())),
            "loose": pa.array([[True], [], [False]], pa.large_list(pa.bool_())),
            "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
        }
    )


def test_plain_columns_become_tensors_lists_and_strings(tmp_path: Path) -> None:
    data = ArrowDataset(write(tmp_path / "a.parquet", plain_table()))
    truth, half, word, short, vector, matrix, flags, list_, loose, kind = data.fetch([2, 0])
    assert truth.tolist() == [True, True]
    assert truth.dtype == tt.bool
    assert (half.dtype, half.tolist()) == (tt.float16, [3.0, 1.0])
    assert word == ["drei", "one"]
    assert (short.dtype, short.tolist()) == (tt.int32, [65535, 1])
    assert (vector.dtype, vector.tolist()) == (tt.float32, [[5.0, 6.0], [1.0, 2.0]])
    assert (matrix.shape, matrix.tolist()) == ((2, 1, 2), [[[5, 6]], [[1, 2]]])
    assert (flags.dtype, flags.tolist()) == (tt.bool, [[True, False]] * 2)
    assert [x.tolist() for x in list_] == [[2, 3], [1]]
    assert loose[0].dtype == tt.bool
    assert kind == ["x", "x"]
    assert data.classes == ()


def test_lists_and_text_are_gathered_over_record_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion, "CHUNK", 64)
    table = pa.table({"n": [list(range(i % 5)) for i in range(50)], "word": [str(i) for i in range(50)]})
    data = ArrowDataset(write(tmp_path / "a.parquet", table, row_group_size=7))
    rows = [49, 0, 17, 17, 3]
    lists, words = data.fetch(rows)
    assert words == ["49", "0", "17", "17", "3"]
    assert [x.tolist() for x in lists] == [list(range(i % 5)) for i in rows]
    assert data.fetch(np.empty(0, np.int64)) == ([], [])
    assert data[-1][1] == "49"


def test_columns_choose_and_order(tmp_path: Path) -> None:
    data = ArrowDataset(write(tmp_path / "a.parquet", plain_table()), columns=["vector", "truth"])
    assert data.column_names == ("vector", "truth")
    assert data[1][1].item() is False


def test_names_of_classes_can_be_given(tmp_path: Path) -> None:
    file, *_ = image_file(tmp_path)
    assert pickle.loads(pickle.dumps(ArrowDataset(file, classes=["x", "y", "z"]))).classes == ("x", "y", "z")


@pytest.mark.parametrize("mode, channels", [("L", 1), ("RGB", 3), ("RGBA", 4)])
def test_images_can_be_brought_to_one_mode(tmp_path: Path, mode: str, channels: int) -> None:
    grey, colour = png(np.full((4, 4), 9, np.uint8)), png(np.full((4, 4, 3), 9, np.uint8))
    data = ArrowDataset(write(tmp_path / "a.parquet", image_table([grey, colour], [0, 1])), mode=mode)
    images, _ = data.fetch([0, 1])
    assert images.shape == (2, channels, 4, 4)
    assert np.array_equal(images.data[:, 0], np.full((2, 4, 4), 9))


def test_rows_out_of_range_are_refused_and_negative_ones_count_from_the_end(tmp_path: Path) -> None:
    file, _, labels = image_file(tmp_path)
    data = ArrowDataset(file)
    assert data.fetch([-1, 0])[1].tolist() == [labels[-1], labels[0]]
    for wrong in (10, -11):
        with pytest.raises(IndexError, match=f"row {wrong} is out of range for a data set of 10 rows"):
            data[wrong]


def test_the_cache_is_made_once_and_used_again(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, *_ = image_file(tmp_path)
    first = ArrowDataset(file)
    monkeypatch.setattr(conversion, "convert", None)
    again = ArrowDataset(file)
    assert first.cache == again.cache
    assert caches(cache) == [first.cache]


def test_a_cache_that_may_only_be_read_is_used(tmp_path: Path, cache: Path) -> None:
    file, *_ = image_file(tmp_path)
    first = ArrowDataset(file)
    for lock in cache.glob("*.lock"):
        lock.unlink()
        lock.mkdir()  # nobody can open it, whatever their rights
    assert ArrowDataset(file).cache == first.cache


def test_the_name_of_a_file_does_not_matter_but_its_content_does(tmp_path: Path, cache: Path) -> None:
    file, *_ = image_file(tmp_path)
    first = ArrowDataset(file)
    moved = file.rename(tmp_path / "b.parquet")
    assert ArrowDataset(moved).cache == first.cache
    images, labels = pictures(10, seed=1)
    write(moved, image_table([png(x) for x in images], labels))
    assert np.array_equal(ArrowDataset(moved).fetch(range(10))[0].data, images.transpose(0, 3, 1, 2))
    assert len(caches(cache)) == 2


@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, cache: Path, damage: str) -> None:
    file, images, _ = image_file(tmp_path)
    path = ArrowDataset(file).cache
    whole = path.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    path.unlink()
    path.write_bytes({"flip": flipped, "cut": whole[:middle], "empty": b""}[damage])
    data = ArrowDataset(file)
    assert data.cache.read_bytes() == whole
    assert np.array_equal(data.fetch(range(10))[0].data, images.transpose(0, 3, 1, 2))
    assert len(caches(cache)) == 1


def test_a_failed_build_leaves_nothing_behind(tmp_path: Path, cache: Path) -> None:
    file = write(tmp_path / "a.parquet", image_table([png(np.zeros((4, 4), np.uint8)), b"no image"], [0, 0]))
    with pytest.raises(DataError):
        ArrowDataset(file)
    assert not caches(cache)
    assert not list(cache.glob("*.tmp"))


def test_processes_that_build_at_once_all_end_with_a_whole_cache(tmp_path: Path, cache: Path) -> None:
    file, images, _ = image_file(tmp_path, 300)
    program = textwrap.dedent(
        f"""
        import sys
        from tt_train.data import ArrowDataset
        sys.stdin.readline()
        data = ArrowDataset({str(file)!r})
        print(int(data.fetch(range(300))[0].data.astype("int64").sum()))
        """
    )
    several = [
        subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    sums = [int(each.communicate("go\n")[0]) for each in several]
    assert sums == [int(images.astype(np.int64).sum())] * 3
    assert len(caches(cache)) == 1


def test_another_process_gets_paths_not_data(tmp_path: Path) -> None:
    file, *_ = image_file(tmp_path, 300)
    data = ArrowDataset(file)
    sent = pickle.dumps(data)
    assert len(sent) < 1000
    assert np.array_equal(pickle.loads(sent).fetch([7])[0].data, data.fetch([7])[0].data)
    assert pickle.loads(sent).cache == data.cache


def test_a_cache_that_is_gone_when_another_process_opens_it_is_made_anew(tmp_path: Path) -> None:
    file, *_ = image_file(tmp_path)
    data = ArrowDataset(file)
    sent = pickle.dumps(data)
    data.cache.unlink()
    assert np.array_equal(pickle.loads(sent).fetch([7])[0].data, data.fetch([7])[0].data)


def test_worker_processes_read_what_this_one_reads(tmp_path: Path) -> None:
    file, *_ = image_file(tmp_path, 20)
    data = ArrowDataset(file)
    here, there = (
        [
            (x.tolist(), y.tolist())
            for x, y in DataLoader(data, 8, shuffle=True, generator=tt.Generator(1), num_workers=n)
        ]
        for n in (0, 2)
    )
    assert here == there


# What is wrong with a file is said in one sentence, with file and row


def refused(file: Any, error: Any = DataError, **options: Any) -> Any:
    with pytest.raises(error) as caught:
        ArrowDataset(file, **options)
    assert isinstance(caught.value, TinyTorchError)
    return str(caught.value)


def test_missing_files_and_columns_are_named(tmp_path: Path) -> None:
    assert f"{tmp_path / 'no.parquet'}" in refused(tmp_path / "no.parquet", DataNotFoundError)
    assert "at least one Parquet file" in refused([])
    file, *_ = image_file(tmp_path)
    assert refused(file, columns=["imago"]) == f"expected the column 'imago' in {file}; it has image, label"


@pytest.mark.parametrize("options", [{"columns": []}, {"mode": "CMYK"}])
def test_options_that_cannot_be_are_refused(tmp_path: Path, options: Any) -> None:
    file, *_ = image_file(tmp_path)
    assert "expected at least one column, and a mode out of (None, 'L', 'RGB', 'RGBA')" in refused(file, **options)


def test_one_column_may_be_named_by_itself(tmp_path: Path) -> None:
    file, *_ = image_file(tmp_path)
    assert ArrowDataset(file, "label").column_names == ("label",)


def test_tensors_of_fixed_shape_stay_so(tmp_path: Path) -> None:
    numbers = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    column = pa.FixedShapeTensorArray.from_numpy_ndarray(numbers)
    (found,) = ArrowDataset(write(tmp_path / "a.parquet", pa.table({"x": column}))).fetch([1, 0])
    assert np.array_equal(found.data, numbers[::-1])


def test_damage_that_shows_while_reading_is_named(tmp_path: Path) -> None:
    table = pa.table({"x": np.arange(4000) % 7})
    file = write(tmp_path / "a.parquet", table, use_dictionary=False, compression="zstd")
    whole = file.read_bytes()
    file.write_bytes(whole[:30] + bytes(20) + whole[50:])
    assert "expected a whole Parquet file; got" in refused(file)
    assert f"in {file}, row 0" in refused(file)


def test_files_that_are_no_parquet_files_are_named(tmp_path: Path) -> None:
    file, *_ = image_file(tmp_path)
    (tmp_path / "text.parquet").write_text("no table", encoding="utf-8")
    assert "text.parquet" in refused([file, tmp_path / "text.parquet"])
    whole = file.read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    assert "cut.parquet" in refused(tmp_path / "cut.parquet")
    (tmp_path / "spoilt.parquet").write_bytes(whole[:60] + bytes(100) + whole[160:])
    assert "spoilt.parquet" in refused(tmp_path / "spoilt.parquet")


def test_damaged_images_are_named(tmp_path: Path) -> None:
    good = png(pictures(1)[0][0])
    for bad in (b"", b"GIF89a", good[:-30], good[:40] + bytes([good[40] ^ 255]) + good[41:]):
        file = write(tmp_path / "a.parquet", image_table([good] * 40 + [bad] + [good], [0] * 42))
        assert f"in {file}, row 40" in refused(file)


def test_images_of_other_sizes_are_named(tmp_path: Path) -> None:
    small, large = png(np.zeros((4, 4), np.uint8)), png(np.zeros((4, 6), np.uint8))
    one = write(tmp_path / "one.parquet", image_table([small], [0]))
    two = write(tmp_path / "two.parquet", image_table([small, large], [0, 0]))
    said = refused([one, two])
    assert f"4 × 4 with 1 channel; got 4 × 6 with 1 channel in {two}, row 1" in said


@pytest.mark.parametrize(
    "column, row",
    [
        (pa.array([1, None, 3]), 1),
        (pa.array(["a", "b", None]), 2),
        (pa.array([[1], None, [2]]), 1),
        (pa.array([[1], [2], [3, None]]), 2),
        (pa.array([[1, 2], [3, None], [5, 6]], pa.list_(pa.int8(), 2)), 1),
        (pa.array([{"bytes": png(np.zeros((2, 2), np.uint8)), "path": "x"}] * 2 + [{"bytes": None, "path": "x"}]), 2),
        (pa.array([{"bytes": png(np.zeros((2, 2), np.uint8)), "path": "x"}, None]), 1),
    ],
)
def test_nulls_are_named(tmp_path: Path, column: Any, row: int) -> None:
    file = write(tmp_path / "a.parquet", pa.table({"x": column}))
    said = refused(file)
    assert "expected a value in every row of column 'x'" in said
    assert f"in {file}, row {row}" in said


def test_a_null_in_the_place_of_a_list_of_fixed_length_is_refused(tmp_path: Path) -> None:
    column = pa.array([[1, 2], [3, 4], None], pa.list_(pa.int8(), 2))
    file = write(tmp_path / "a.parquet", pa.table({"x": column}))
    assert f"in {file}, row" in refused(file)  # before version 19, pyarrow itself cannot read it


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, 2], pa.uint64()),
        pa.array([1, 2], pa.timestamp("ms")),
        pa.array([b"1", b"2"]),
        pa.array([{"a": 1}, {"a": 2}]),
        pa.array([[[1]], [[2]]]),
        pa.array([["a"], ["b"]]),
        pa.array([[], []], pa.list_(pa.int8(), 0)),
    ],
)
def test_types_without_tensors_are_named(tmp_path: Path, column: Any) -> None:
    file = write(tmp_path / "a.parquet", pa.table({"x": column, "y": [1, 2]}))
    said = refused(file, NotSupportedError)
    kind = str(column.type).replace("item", "element")  # as Parquet has it
    assert f"got {kind} in column 'x' of {file}" in said
    assert ArrowDataset(file, ["y"])[1][0].item() == 2


def test_files_of_different_columns_are_named(tmp_path: Path) -> None:
    one = write(tmp_path / "one.parquet", pa.table({"x": [1, 2]}))
    two = write(tmp_path / "two.parquet", pa.table({"x": [1.0, 2.0]}))
    three = write(tmp_path / "three.parquet", pa.table({"z": [1, 2]}))
    assert f"expected int64 in column 'x', as in the first file; got double in {two}" in refused([one, two])
    assert f"expected the column 'x' in {three}" in refused([one, three], columns=["x"])
    assert f"no such column in {three}" in refused([one, three])


def test_a_data_set_without_rows_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "a.parquet", pa.table({"x": pa.array([], pa.int64())}))
    assert refused(file) == f"expected at least one row; got none in {file}"


def test_notes_that_are_not_hugging_faces_are_ignored(tmp_path: Path) -> None:
    table = pa.table({"x": [1, 2]})
    for note in ("no json", "[]", json.dumps({"info": {"features": 3}})):
        file = write(tmp_path / "a.parquet", table.replace_schema_metadata({"huggingface": note}))
        assert ArrowDataset(file).classes == ()


def test_only_numbers_have_blocks_and_only_images_a_mean(tmp_path: Path) -> None:
    data = ArrowDataset(write(tmp_path / "a.parquet", plain_table()))
    assert np.concatenate(data.blocks("vector")).tolist() == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    for column in ("word", "nothing"):
        with pytest.raises(DataError, match=f"got '{column}'"):
            data.blocks(column)
    with pytest.raises(DataError, match="expected images to take the mean of"):
        _ = data.mean
