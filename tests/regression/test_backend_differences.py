"""Where a backend once gave another answer than the others."""

import pytest

import tt_core as tt
import tt_core.functional as F


@pytest.mark.parametrize("backend", ["naive", "numpy"])
def test_softplus_is_finite_below_a_large_threshold(backend: str) -> None:
    with tt.use_backend(backend):
        assert F.softplus(tt.tensor([-1000.0, 1000.0]), threshold=1e4).tolist() == [0.0, 1000.0]
