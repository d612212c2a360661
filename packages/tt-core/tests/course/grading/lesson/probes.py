"""What is done with the code of exercises."""

from typing import Any

from tt_core.naive.linalg import matmul
from tt_core.naive.loops import at, common_shape


def shape(first: Any, second: Any) -> Any:
    return common_shape(first, second)


def place(index: Any, size: Any) -> Any:
    return at(index, size)


def product(x: Any, y: Any) -> Any:
    return matmul(x, y)
