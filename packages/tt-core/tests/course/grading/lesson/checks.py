"""Checks of three functions: drawn ones, fixed ones and errors."""

from typing import Any

import numpy as np

from tt_core.course.checks import Check, Raised, Rng


def draw_shapes(rng: Rng) -> dict[str, Any]:
    first, second = rng.integers(2, 9, 2).tolist()
    return {"first": (first, 1), "second": (1, second)}


def draw_place(rng: Rng) -> dict[str, Any]:
    return {"index": (*rng.integers(1, 9, 2).tolist(),), "size": (9, 1)}


def draw_matrices(rng: Rng) -> dict[str, Any]:
    return {"x": rng.normal(size=(3, 4)), "y": rng.normal(size=(4, 2))}


CHECKS = [
    Check(
        "common_shape",
        "joins what is drawn",
        "shape",
        draw_shapes,
        lambda first, second: (first[0], second[1]),
        seconds=2,
    ),
    Check("common_shape", "keeps no dimensions", "shape", {"first": (), "second": ()}, (), seconds=2),
    Check(
        "common_shape",
        "refuses 2 beside 3",
        "shape",
        {"first": (2,), "second": (3,)},
        Raised("ValueError", ("2", "3")),
        seconds=2,
    ),
    Check("at", "reads at 0 where the size is 1", "place", draw_place, lambda index, size: (index[0], 0), seconds=2),
    Check("at", "reads a number", "place", {"index": (1, 2), "size": ()}, (), seconds=2),
    Check("at", "reads a line", "place", {"index": (1, 2), "size": (3,)}, (2,), seconds=2),
    Check("matmul", "multiplies what is drawn", "product", draw_matrices, lambda x, y: x @ y, seconds=2),
    Check(
        "matmul",
        "multiplies nothing",
        "product",
        {"x": np.ones((2, 0)), "y": np.ones((0, 2))},
        np.zeros((2, 2)),
        seconds=2,
    ),
    Check(
        "matmul",
        "refuses rows of 3 for columns of 4",
        "product",
        {"x": np.ones((2, 3)), "y": np.ones((4, 2))},
        Raised("ValueError", ("3", "4")),
        seconds=2,
    ),
]
