"""What module 07 must do. Orders are not compared with stored ones: any way to draw a right order is right."""

from __future__ import annotations

from bisect import bisect_right
from itertools import chain
from typing import Any

import numpy as np

from tt_core.course.checks import Check, Raised, Rng


def two_arrays(rng: Rng) -> dict[str, Any]:
    return {"arrays": [rng.normal(size=(5, 2, 3)), rng.integers(0, 9, 5)], "index": 3}


def images(rng: Rng) -> dict[str, Any]:
    return {
        "x": rng.normal(size=(3, 2, 4, 5)).astype(np.float32),
        "mean": rng.normal(size=2).tolist(),
        "std": rng.uniform(0.5, 2, 2).tolist(),
    }


def bytes_of_images(rng: Rng) -> dict[str, Any]:
    return {**images(rng), "x": rng.integers(0, 256, (3, 2, 4, 5)).astype(np.uint8)}


def standard(x: Any, mean: list[float], std: list[float]) -> Any:
    unit = 255 if x.dtype == np.uint8 else 1
    columns = (np.reshape(values, (-1, 1, 1)) for values in (mean, std))
    m, s = columns
    return (x.astype(np.float64) / unit - m) / s


def numbered(sizes: list[int], indices: list[int]) -> list[int]:
    every = [100 * d + i for d, size in enumerate(sizes) for i in range(size)]
    return [every[i] for i in indices]


def lengths(rng: Rng, count: int) -> list[int]:
    found: list[int] = rng.choice(np.arange(2, 8), count, replace=False).tolist()
    return found


def all_of(sizes: list[int]) -> dict[str, Any]:
    return {"sizes": sizes, "indices": list(range(sum(sizes)))}


def total(sizes: list[int]) -> int:
    return sum(sizes)


def with_gaps(rng: Rng) -> list[int]:
    first, last = lengths(rng, 2)
    return [0, first, 0, 0, last]


def from_the_end(rng: Rng) -> dict[str, Any]:
    first, last = lengths(rng, 2)
    return {"sizes": [first, last], "indices": [-1, -last, -last - 1, -first - last]}


def right_split(result: Any, n: int, lengths: list[float], sizes: list[int]) -> str:
    if [len(part) for part in result] != sizes:
        return f"expected parts of {sizes} items for {lengths} of {n}, got {[len(part) for part in result]}"
    together = sorted(chain.from_iterable(result))
    if together != [10 * i for i in range(n)]:
        return f"expected each of the items 0, 10, 20, … in exactly one part; together the parts hold {together}"
    if n > 20 and any(part == sorted(part) for part in result if len(part) > 5):
        return "expected items in random order; a part holds them sorted"
    return ""


def is_permutation(result: Any, n: int, seed: int) -> str:
    order, dtype, length = result
    if not isinstance(order, np.ndarray) or sorted(order.tolist()) != list(range(n)):
        return f"expected each of 0 to {n - 1} once, got {order}"
    if order.tolist() == list(range(n)):
        return f"expected a random order for the seed {seed}, got 0, 1, 2, …"
    return "" if dtype == "int64" and length == n else f"expected {n} indices of int64, got {length} of {dtype}"


def is_draw(result: Any, n: int, num_samples: int, **_: Any) -> str:
    order = np.asarray(result[0])
    if order.shape != (num_samples,):
        return f"expected {num_samples} indices, got the shape {list(order.shape)}"
    counts = np.bincount(order, minlength=n)
    if counts.size > n:
        return f"expected indices from 0 to {n - 1}, got one of {order.max()}"
    mean = num_samples / n
    if (abs(counts - mean) > 6 * np.sqrt(mean)).any():
        return f"expected each index about {mean:g} times, got {counts.tolist()}"
    return ""


def is_some(result: Any, n: int, num_samples: int, **_: Any) -> str:
    order = np.asarray(result[0]).tolist()
    wrong = len(order) != num_samples or len(set(order)) != num_samples or not set(order) <= set(range(n))
    return f"expected {num_samples} different indices below {n}, got {order}" if wrong else ""


def is_rounds(result: Any, n: int, num_samples: int, **_: Any) -> str:
    order = np.asarray(result[0]).tolist()
    if len(order) != num_samples:
        return f"expected {num_samples} indices, got {len(order)}"
    rounds = [order[i : i + n] for i in range(0, num_samples, n)]
    if any(len(set(each)) < len(each) for each in rounds) or set(order) != set(range(n)):
        return f"expected one permutation of 0 to {n - 1} after the other, got {order}"
    return "expected another order in the second round, got the same one" if rounds[0] == rounds[1] else ""


def are_passes(result: Any, n: int, seed: int) -> str:  # noqa: ARG001
    first, second, again = result
    if first == second:
        return f"expected another order in the second pass, got {first} twice"
    return "" if first == again else f"expected the same order from the same seed, got {first} and {again}"


def rungs(weights: Any, draws: Any) -> Any:
    ends = np.cumsum(weights).tolist()
    return np.array([bisect_right(ends, u * ends[-1]) for u in draws.tolist()])


def in_proportion(result: Any, weights: list[float], draws: int, **_: Any) -> str:
    expected = np.array(weights) / sum(weights) * draws
    off = abs(result - expected) > 6 * np.sqrt(expected + 1)
    return f"expected about {expected.round().tolist()} draws of each index, got {result}" if off.any() else ""


def grouped(indices: list[int], batch_size: int, drop_last: bool) -> list[Any]:
    groups = [indices[i : i + batch_size] for i in range(0, len(indices), batch_size)]
    kept = [group for group in groups if not drop_last or len(group) == batch_size]
    return [kept, len(kept)]


def few(indices: list[int]) -> dict[str, Any]:
    return {"indices": indices, "batch_size": 5, "drop_last": False}


def groups(rest: bool, drop_last: bool = False) -> Any:
    """Return what draws indices for two or three whole groups, and with `rest` for a part of one more."""

    def drawn(rng: Rng) -> dict[str, Any]:
        size = int(rng.integers(3, 6))
        n = size * int(rng.integers(2, 4)) + (int(rng.integers(1, size)) if rest else 0)
        return {"indices": rng.permutation(n).tolist(), "batch_size": size, "drop_last": drop_last}

    return drawn


def follows_seed_and_number(result: Any, start: int, **_: Any) -> str:
    whole, rest = result
    if len(set(whole)) < len(whole):
        return f"expected other random numbers for each batch, got {whole}"
    if whole[start:] != rest:
        return f"expected a pass that goes on at batch {start} to draw {whole[start:]} there, got {rest}"
    return ""


def works_ahead(result: Any, depth: int, **_: Any) -> str:
    if result["before the first"]:
        return "expected nothing to be made before the first item is asked for"
    if result["made by the caller"]:
        return "expected items to be made by a thread of their own; the caller made some"
    made = result["ahead of the second"]
    return "" if made >= depth else f"expected {depth} items made ahead while the first one is used, got {made}"


def made_for_one(result: Any, depth: int, **_: Any) -> str:
    right = result <= depth + 1
    return "" if right else f"expected {depth} items made ahead of the one that was taken, got {result - 1}"


def stays_near(result: Any, depth: int, **_: Any) -> str:
    return "" if result <= depth + 1 else f"expected at most {depth} items waiting, and one in work; got {result}"


def stumbling(rng: Rng) -> dict[str, Any]:
    return {"n": 10, "error_at": int(rng.integers(2, 9))}


def before_error(n: int, error_at: int, kind: str = "") -> list[Any]:  # noqa: ARG001 - any kind
    return [list(range(error_at)), f"item {error_at} cannot be read"]


def file_of(rng: Rng, *sizes: int, shape: tuple[int, ...] = (), kind: str = "float32") -> list[Any]:
    drawn = (
        rng.integers(0, 200, (size, *shape)) if kind == "uint8" else rng.normal(size=(size, *shape)) for size in sizes
    )
    return [each.astype(kind) for each in drawn]


def rows_of(parts: list[Any], indices: Any) -> list[Any]:
    return [np.concatenate(parts)[indices], parts[0].dtype.name]


CHECKS = [
    # 07.1
    Check(
        "tensor_dataset",
        "returns a tuple with one slice of each tensor",
        "item",
        two_arrays,
        lambda arrays, index: ["tuple", [x[index] for x in arrays]],
        hint="The same index goes into every tensor of self.tensors, and what comes out into a tuple.",
    ),
    Check(
        "tensor_dataset",
        "counts an index below 0 from the end",
        "item",
        lambda rng: {**two_arrays(rng), "index": -1},
        lambda arrays, index: ["tuple", [x[index] for x in arrays]],
    ),
    Check(
        "tensor_dataset",
        "returns a tuple of one for a single tensor",
        "item",
        {"arrays": [np.arange(4.0)], "index": 2},
        ["tuple", [np.array(2.0)]],
        hint="A loop over the batches unpacks `for (x,) in loader`: a bare tensor would be a surprise.",
    ),
    Check(
        "tensor_dataset",
        "is as long as the first dimension, not as the number of tensors",
        "length",
        lambda rng: {"arrays": [rng.normal(size=(6, 4)), np.arange(6), rng.normal(size=(6, 2, 3))]},
        6,
    ),
    Check("tensor_dataset", "has length 0 without rows", "length", {"arrays": [np.ones((0, 3))]}, 0),
    Check(
        "tensor_dataset",
        "lets an index past the end be an IndexError, by which Python ends loops",
        "item",
        {"arrays": [np.arange(4.0)], "index": 4},
        Raised("IndexError"),
    ),
    # 07.2
    Check(
        "fetch",
        "gathers rows in the order of the indices, with repeats",
        "gather_rows",
        lambda rng: {"x": rng.normal(size=(6, 2, 3)), "indices": np.array([4, 0, 4, 2])},
        lambda x, indices: [x[indices], "float64", False],
        hint="np.take without an axis flattens the array first.",
    ),
    Check(
        "fetch",
        "keeps the element type, here uint8",
        "gather_rows",
        lambda rng: {"x": rng.integers(0, 255, (5, 4)).astype(np.uint8), "indices": np.array([3, 1])},
        lambda x, indices: [x[indices], "uint8", False],
    ),
    Check(
        "fetch",
        "makes an empty batch of no indices",
        "gather_rows",
        {"x": np.ones((4, 3)), "indices": np.array([], np.int64)},
        [np.ones((0, 3)), "float64", False],
    ),
    Check(
        "fetch",
        "gives the batch memory of its own, even where the rows lie side by side",
        "batch_and_data",
        lambda rng: {"x": rng.normal(size=(5, 2)), "indices": np.array([1, 2, 3])},
        lambda x, indices: [x],
        hint="A slice would be a view, and who writes into the batch would write into the data.",
    ),
    Check(
        "fetch",
        "leads a gradient back to the rows, once for each time that a row was taken",
        "gradient_of_rows",
        {"x": np.ones((4, 2)), "indices": np.array([1, 3, 1])},
        np.array([[0.0, 0.0], [2.0, 2.0], [0.0, 0.0], [1.0, 1.0]]),
        hint="A GradientError? Where x.requires_grad, index the tensor itself, not its data.",
    ),
    Check(
        "fetch",
        "refuses a row that is not there",
        "gather_rows",
        {"x": np.ones((4, 3)), "indices": np.array([1, 4])},
        Raised("IndexError"),
    ),
    Check(
        "fetch",
        "gathers the same rows of every tensor of a data set",
        "fetch",
        lambda rng: {"arrays": [rng.normal(size=(7, 3)), rng.integers(0, 9, 7)], "indices": np.array([6, 0, 2])},
        lambda arrays, indices: ["tuple", [x[indices] for x in arrays]],
    ),
    # 07.3
    Check(
        "concat",
        "finds every item of data sets of different lengths",
        "joined",
        lambda rng: all_of(lengths(rng, 3)),
        numbered,
        hint="A LookupError? bisect_left and bisect_right differ at first items; and what lies before is subtracted.",
    ),
    Check(
        "concat",
        "steps over data sets without items",
        "joined",
        lambda rng: all_of(with_gaps(rng)),
        numbered,
    ),
    Check(
        "concat",
        "counts indices below 0 from the end of the last one",
        "joined",
        from_the_end,
        numbered,
    ),
    Check(
        "concat",
        "refuses an index past the end, and says which",
        "joined",
        {"sizes": [3, 2], "indices": [5]},
        Raised("IndexError", mentions=("4", "5")),
    ),
    Check(
        "concat",
        "refuses an index before the beginning, and says which",
        "joined",
        {"sizes": [3, 2], "indices": [-6]},
        Raised("IndexError", mentions=("-5", "-6")),
    ),
    Check(
        "concat",
        "is as long as all of them together",
        "joined_length",
        lambda rng: {"sizes": with_gaps(rng)},
        total,
    ),
    # 07.4
    Check(
        "random_split",
        "reads a subset through its indices",
        "subset",
        {"x": np.array([10, 11, 12, 13]), "indices": [3, 0, 2], "at": 0},
        [13, 3],
    ),
    Check(
        "random_split",
        "hands a list of places on as a list of numbers",
        "subset",
        {"x": np.array([10, 11, 12, 13]), "indices": [3, 0, 2], "at": [2, 0]},
        [np.array([12, 13]), 3],
        hint="Turn the list of places into a list of numbers, and index the data set with that once.",
    ),
    Check(
        "random_split",
        "splits 40 items into 30 and 10 so that each is in one part",
        "split",
        lambda rng: {"n": 40, "lengths": [30, 10], "seed": int(rng.integers(1000))},
        verify=lambda result, n, lengths, seed: right_split(result, n, lengths, [30, 10]),
        hint="Cut one permutation; do not draw for each part.",
    ),
    Check(
        "random_split",
        "gives what fractions leave over to the first parts",
        "split",
        lambda rng: {"n": 11, "lengths": [0.5, 0.3, 0.2], "seed": int(rng.integers(1000))},
        verify=lambda result, n, lengths, seed: right_split(result, n, lengths, [6, 3, 2]),
    ),
    Check(
        "random_split",
        "splits the same way for the same seed only",
        "splits",
        lambda rng: {"n": 30, "seed": int(rng.integers(1000))},
        [True, False],
        hint="Draw from stream(generator), not from NumPy's own numbers.",
    ),
    Check(
        "random_split",
        "refuses lengths that do not add up",
        "split",
        {"n": 10, "lengths": [6, 3], "seed": 0},
        Raised("DataError", mentions=("10",)),
    ),
    Check(
        "random_split",
        "refuses a length below 0, even if the sum is right",
        "split",
        {"n": 10, "lengths": [12, -2], "seed": 0},
        Raised("DataError", mentions=("-2",)),
    ),
    # 07.5
    Check(
        "random_order",
        "permutes all indices, as int64",
        "random_order",
        lambda rng: {"n": 50, "seed": int(rng.integers(1000))},
        verify=is_permutation,
    ),
    Check(
        "random_order",
        "draws any index any time with replacement",
        "random_order",
        lambda rng: {"n": 5, "seed": int(rng.integers(1000)), "replacement": True, "num_samples": 4000},
        verify=is_draw,
        hint="generator.numpy.integers(n) draws from 0 to n - 1: the n itself is not included.",
    ),
    Check(
        "random_order",
        "takes some of the indices, each at most once",
        "random_order",
        lambda rng: {"n": 30, "seed": int(rng.integers(1000)), "num_samples": 12},
        verify=is_some,
    ),
    Check(
        "random_order",
        "begins anew, in another order, where more are wanted than there are",
        "random_order",
        lambda rng: {"n": 12, "seed": int(rng.integers(1000)), "num_samples": 30},
        verify=is_rounds,
        hint="30 indices out of 12 need 3 permutations: round up.",
    ),
    Check(
        "random_order",
        "follows the generator: other passes, other orders; the same seed, the same ones",
        "passes",
        lambda rng: {"n": 20, "seed": int(rng.integers(1000))},
        verify=are_passes,
        hint="All random numbers come from generator.numpy.",
    ),
    # 07.6
    Check(
        "weighted_draws",
        "finds the rung of each draw",
        "ladder",
        lambda rng: {"weights": rng.uniform(0.1, 3, 6), "draws": rng.random(50)},
        rungs,
        hint="The heights go up to the sum of the weights, which need not be 1.",
    ),
    Check(
        "weighted_draws",
        "gives a height on a border to the upper rung, and nothing to a weight of 0",
        "ladder",
        {"weights": np.array([0.0, 1.0, 0.0, 1.0, 2.0, 0.0]), "draws": np.array([0.0, 0.25, 0.5, 0.75])},
        np.array([1, 3, 4, 4]),
        hint="searchsorted finds the rung at whose lower end a height stands with side='right'.",
    ),
    Check(
        "weighted_draws",
        "never leads past the last index with a weight, whatever rounding does",
        "ladder",
        {"weights": [0.0, 5e-324, 0.0], "draws": [0.0, 0.4, 0.9]},
        np.array([1, 1, 1]),
        hint="0.9 of 5e-324, the smallest float, rounds up to it: take at most the last index with a weight.",
    ),
    Check(
        "weighted_draws",
        "makes a sampler draw in proportion to the weights",
        "weighted_counts",
        lambda rng: {"weights": [1.0, 0.0, 4.0, 5.0], "draws": 4000, "seed": int(rng.integers(1000))},
        verify=in_proportion,
    ),
    # 07.7
    Check(
        "batch_sampler",
        "groups the indices by the batch size, the last group smaller",
        "batches",
        groups(rest=True),
        grouped,
        seconds=2,
    ),
    Check(
        "batch_sampler",
        "leaves the small last group out with drop_last",
        "batches",
        groups(rest=True, drop_last=True),
        grouped,
        seconds=2,
    ),
    Check(
        "batch_sampler",
        "adds no empty group where the size divides the number",
        "batches",
        groups(rest=False),
        grouped,
        seconds=2,
    ),
    Check("batch_sampler", "has no groups without indices", "batches", few([]), grouped, seconds=2),
    Check(
        "batch_sampler",
        "keeps the only group where all indices fit into it",
        "batches",
        few([1, 0]),
        grouped,
        seconds=2,
    ),
    Check(
        "batch_sampler",
        "asks the sampler only for what is wanted",
        "asked_for",
        {"n": 1000, "batch_size": 4, "taken": 2},
        [[[0, 1, 2, 3], [4, 5, 6, 7]], 8],
        seconds=2,
        hint="list(sampler) would read all of it, and some samplers have no end.",
    ),
    # 07.8
    Check(
        "collate",
        "stacks the images and the labels of a list of pairs",
        "collated",
        lambda rng: {"batch": [(rng.normal(size=(2, 3)), i) for i in (7, 8, 9)]},
        lambda batch: [np.stack([x for x, _ in batch]), np.array([y for _, y in batch])],
        hint="A ShapeError? zip(*batch) turns 3 rows of 2 into 2 columns of 3, each to be stacked.",
    ),
    Check(
        "collate",
        "makes int64 of ints, float64 of floats, bool of bools, and keeps the type of arrays",
        "collated_kind",
        {"batch": [(1, 0.5, True, np.ones(2, np.float32)), (2, 1.5, False, np.zeros(2, np.float32))]},
        ["tuple", "int64", "float64", "bool", "float32"],
        hint="Python's floats are 64 bits long; only a float default would make them float32.",
    ),
    Check(
        "collate",
        "keeps strings as they are",
        "collated",
        {"batch": [(1, "one"), (2, "two")]},
        [np.array([1, 2]), ("one", "two")],
        hint="A RecursionError? A string is a sequence of strings: ask for str and bytes first.",
    ),
    Check(
        "collate",
        "looks into dicts, key by key, however deep",
        "collated",
        lambda rng: {"batch": [{"x": rng.normal(size=3), "meta": {"id": i, "at": [i, 2.5]}} for i in range(3)]},
        lambda batch: {
            "x": np.stack([each["x"] for each in batch]),
            "meta": {"id": np.arange(3), "at": [np.arange(3), np.full(3, 2.5)]},
        },
    ),
    Check(
        "collate",
        "asks `of_tuples` what becomes of tuples at every depth, also in dicts and lists",
        "kinds_of_batch",
        {"batch": [((1, 2), {"at": [3, (4,)]}), ((7, 8), {"at": [9, (1,)]})]},
        ["tuple", ["tuple", "Tensor", "Tensor"], {"at": ["list", "Tensor", ["tuple", "Tensor"]]}],
        hint="Members are collated by `collate` with the same of_tuples, not by default_collate, which makes lists.",
    ),
    Check(
        "collate",
        "copies: who changes the batch does not change the items",
        "collated_then_changed",
        lambda rng: {"batch": [rng.normal(size=2), rng.normal(size=2)]},
        lambda batch: batch,
    ),
    Check(
        "collate",
        "refuses arrays of different shapes, and names both",
        "collated",
        {"batch": [np.ones((2, 3)), np.ones((2, 4))]},
        Raised("ShapeError", mentions=("2, 3", "2, 4")),
        hint="np.stack raises a ValueError; say it as a ShapeError with the shapes.",
    ),
    Check(
        "collate",
        "refuses items of different lengths, and names the lengths",
        "collated",
        {"batch": [[1, 2], [1, 2, 3]]},
        Raised("ShapeError", mentions=("2", "3")),
    ),
    Check(
        "collate",
        "asks for a collate_fn where it knows no way",
        "collated",
        {"batch": [None, None]},
        Raised("DTypeError", mentions=("NoneType", "collate_fn")),
    ),
    Check(
        "collate",
        "does so too for arrays that hold no numbers, here dates",
        "collated_dates",
        {"days": ["1998-11-01", "2012-12-03"]},
        Raised("DTypeError", mentions=("ndarray", "collate_fn")),
        hint="A TypeError? Not every array can be a tensor: ask for its dtype.kind.",
    ),
    # 07.9
    Check(
        "normalize",
        "takes its channel's mean off and divides by its deviation",
        "normalized",
        images,
        lambda x, mean, std: [standard(x, mean, std).astype(np.float32), "float32"],
        rtol=1e-4,
        atol=1e-5,
        hint="The channels are the third dimension from the end; and the mean is divided by the deviation too.",
    ),
    Check(
        "normalize",
        "counts uint8 as 0 to 1, and makes float32 of it",
        "normalized",
        bytes_of_images,
        lambda x, mean, std: [standard(x, mean, std).astype(np.float32), "float32"],
        rtol=1e-4,
        atol=1e-5,
    ),
    Check(
        "normalize",
        "keeps float64, and takes an image (C, H, W) without a batch",
        "normalized",
        lambda rng: {**images(rng), "x": rng.normal(size=(2, 4, 3))},
        lambda x, mean, std: [standard(x, mean, std), "float64"],
    ),
    Check(
        "normalize",
        "leaves the images that it was given as they were",
        "normalized_twice",
        images,
        lambda x, mean, std: [x],
        hint="Work in place, but on a copy.",
    ),
    Check(
        "normalize",
        "keeps the order of the memory of images whose channels lie side by side",
        "order_of_memory",
        images,
        [True, False],
        hint='x.copy() writes the copy channel by channel; order="K" keeps the order.',
    ),
    Check(
        "normalize",
        "keeps it in the conversion from uint8, and where the channels lie one after the other",
        "order_of_memory",
        lambda rng: {**bytes_of_images(rng), "side_by_side": False},
        [False, True],
    ),
    Check(
        "normalize",
        "keeps it in the conversion from uint8, where the channels lie side by side",
        "order_of_memory",
        bytes_of_images,
        [True, False],
    ),
    Check(
        "normalize",
        "refuses three means for two channels, and names them",
        "normalized",
        {"x": np.ones((1, 2, 3, 3)), "mean": [0.0, 0.25, 0.0], "std": [1.0, 1.0, 1.0]},
        Raised("ShapeError", mentions=("0.25",)),
    ),
    Check(
        "normalize",
        "refuses to divide by a deviation of 0",
        "normalized",
        {"x": np.ones((1, 1, 3, 3)), "mean": [0.0], "std": [0.0]},
        Raised("ShapeError", mentions=("0.0",)),
    ),
    Check(
        "normalize",
        "refuses whole numbers other than uint8",
        "normalized",
        {"x": np.ones((1, 1, 3, 3), np.int64), "mean": [0.0], "std": [1.0]},
        Raised("DTypeError", mentions=("int64",)),
    ),
    # 07.10
    Check(
        "one_pass",
        "yields for each task its batch, worker 0 and no mark",
        "one_pass",
        {"n": 9, "tasks": [[0, 5, 2], [8, 1]]},
        [[np.array([0, 5, 2]), 0, None], [np.array([8, 1]), 0, None]],
        seconds=2,
    ),
    Check(
        "one_pass",
        "makes a batch when it is asked for, not before",
        "read_for_first",
        {"n": 9, "tasks": [[0, 1], [2, 3], [4, 5]]},
        2,
        seconds=2,
        hint="Yield in the loop; a list of all batches would need the memory of all of them.",
    ),
    Check(
        "one_pass",
        "lets a transform draw by seed and number of the batch, also when a pass goes on in its middle",
        "drawn_per_batch",
        lambda rng: {"seed": int(rng.integers(1000)), "count": 6, "start": 4},
        verify=follows_seed_and_number,
        seconds=2,
        hint="Count the tasks from position.batch on, and give the number to read.",
    ),
    Check(
        "one_pass",
        "ends where a stream ends, though its tasks do not",
        "stream_pass",
        {"n": 7, "size": 3, "read_before": 0},
        [[0, 1, 2], [3, 4, 5], [6]],
        seconds=2,
        hint="An OverflowError? Do not make a list of the tasks, they may have no end; stop where read returns None.",
    ),
    Check(
        "one_pass",
        "goes on in a stream from the mark of the pass",
        "stream_pass",
        {"n": 7, "size": 2, "read_before": 2},
        [[4, 5], [6]],
        seconds=2,
    ),
    Check(
        "one_pass",
        "makes the loader yield the whole data set",
        "loaded",
        {"n": 7, "batch_size": 3},
        [np.arange(3), np.arange(3, 6), np.array([6])],
        seconds=2,
    ),
    # 07.11
    Check(
        "prefetch",
        "passes on every item in order, and ends",
        "ahead",
        lambda rng: {"n": int(rng.integers(20, 50)), "depth": int(rng.integers(2, 5))},
        lambda n, depth: list(range(n)),
        seconds=2,
        hint="If it hangs: each item that is taken must give its permit back.",
    ),
    Check("prefetch", "passes on nothing of an empty source", "ahead", {"n": 0, "depth": 2}, [], seconds=2),
    Check(
        "prefetch",
        "works ahead in a thread of its own while an item is used",
        "made_meanwhile",
        {"n": 20, "depth": 3},
        verify=works_ahead,
        seconds=3,
    ),
    Check(
        "prefetch",
        "never runs more than the depth ahead",
        "most_ahead",
        {"n": 60, "depth": 2},
        verify=stays_near,
        seconds=3,
        hint="Take a permit of room before each item.",
    ),
    Check(
        "prefetch",
        "takes a permit before it makes an item, not after",
        "made_for_one",
        {"n": 60, "depth": 3},
        verify=made_for_one,
        seconds=3,
        hint="room.acquire() comes before next(self.source): an item that waits for its permit is in memory already.",
    ),
    Check(
        "prefetch",
        "works in a daemon, for which Python does not wait when the program ends",
        "made_by_daemons",
        {"n": 5, "depth": 2},
        [True],
        seconds=2,
    ),
    Check(
        "prefetch",
        "lets an error of the source come out where its item would have",
        "until_error",
        stumbling,
        before_error,
        seconds=2,
        hint="An error in a thread is only printed; put it into ready, and raise it where items are taken.",
    ),
    Check(
        "prefetch",
        "does so with an error that is no Exception, such as SystemExit",
        "until_error",
        lambda rng: {**stumbling(rng), "kind": "SystemExit"},
        before_error,
        seconds=2,
        hint="If it hangs: `except Exception` lets some kinds pass; catch BaseException.",
    ),
    Check(
        "prefetch",
        "leaves no thread behind when it is closed",
        "threads_after_closing",
        {"n": 1000, "depth": 2},
        0,
        seconds=2,
        hint="The thread may be waiting for a permit: stop() gives it a last one; then join it.",
    ),
    # 07.12
    Check(
        "arrow_gather",
        "gathers rows with a shape, from one record batch",
        "gathered",
        lambda rng: {"parts": file_of(rng, 6, shape=(2, 3), kind="float64"), "indices": np.array([5, 0, 2])},
        rows_of,
        hint="A ValueError? `.view` reads the bytes as numbers; `.astype` makes a number of each byte.",
    ),
    Check(
        "arrow_gather",
        "gathers numbers from three record batches, in any order and with repeats",
        "gathered",
        lambda rng: {"parts": file_of(rng, 4, 3, 5), "indices": np.array([11, 0, 4, 3, 6, 7, 4])},
        rows_of,
        hint="Row 4 is the first of the second batch: `ends` says 4 for the row after the first batch.",
    ),
    Check(
        "arrow_gather",
        "gathers rows with a shape from several",
        "gathered",
        lambda rng: {"parts": file_of(rng, 2, 3, shape=(3,), kind="int16"), "indices": np.array([4, 1, 2])},
        rows_of,
    ),
    Check(
        "arrow_gather",
        "shows images, which lie there as (H, W, C), as (B, C, H, W)",
        "gathered",
        lambda rng: {
            "parts": file_of(rng, 3, 2, shape=(2, 4, 3), kind="uint8"),
            "indices": np.array([4, 0]),
            "image": True,
        },
        lambda parts, indices, image: [np.concatenate(parts)[indices].transpose(0, 3, 1, 2), "uint8"],
    ),
    Check(
        "arrow_gather",
        "makes an empty batch of no rows",
        "gathered",
        {"parts": [np.ones((3, 2), np.float32)], "indices": np.array([], np.int64)},
        [np.ones((0, 2), np.float32), "float32"],
    ),
    Check(
        "arrow_gather",
        "copies: the file stays as it is",
        "gathered_again",
        lambda rng: {"parts": file_of(rng, 4, shape=(2,)), "indices": np.array([1, 2])},
        lambda parts, indices: np.concatenate(parts)[indices],
        hint="Indexing with an array of numbers copies; a slice would not.",
    ),
]
