"""What is done with the code of exercises."""

from tt_core.naive.linalg import matmul
from tt_core.naive.loops import at, common_shape


def shape(first, second):
    return common_shape(first, second)


def place(index, size):
    return at(index, size)


def product(x, y):
    return matmul(x, y)
