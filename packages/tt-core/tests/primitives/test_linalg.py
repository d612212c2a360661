"""Products of matrices: batches, and nothing to add up."""

import numpy as np
from numpy.testing import assert_allclose

from tt_core.primitives import linalg as P

RNG = np.random.default_rng(0)


def test_a_batch_against_one_matrix() -> None:
    x, y = RNG.standard_normal((2, 5, 3)), RNG.standard_normal((3, 4))
    assert_allclose(P.matmul(x, y), np.stack([a @ y for a in x]))
    assert_allclose(P.matmul(x.swapaxes(0, 1), y), np.stack([a @ y for a in x.swapaxes(0, 1)]))


def test_sums_of_nothing_are_zero() -> None:
    assert (P.matmul(np.zeros((2, 0)), np.zeros((0, 3))) == np.zeros((2, 3))).all()
    assert P.matmul(np.zeros((0, 2, 3)), np.zeros((3, 4))).shape == (0, 2, 4)


def test_einsum_of_one_and_of_three() -> None:
    a, b, c = (RNG.standard_normal((2, 2)) for _ in range(3))
    assert_allclose(P.einsum(a, equation="ii->"), np.trace(a))
    assert_allclose(P.einsum(a, b, c, equation="ij,jk,kl->il"), a @ b @ c)
