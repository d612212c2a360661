import copy

import numpy as np
import pytest

import tt_core as tt
from tt_core import NotSupportedError, ShapeError, nn


def test_training_drops_and_scales() -> None:
    out = nn.Dropout(0.25, generator=tt.Generator(0))(tt.ones(10_000)).numpy()
    assert set(np.unique(out)) == {np.float32(0), np.float32(1 / 0.75)}
    assert (out == 0).mean() == pytest.approx(0.25, abs=0.02)
    assert out.mean() == pytest.approx(1, abs=0.03)


def test_evaluation_changes_nothing() -> None:
    x = tt.ones(10)
    assert nn.Dropout(0.9).eval()(x) is x


def test_the_extremes() -> None:
    assert nn.Dropout(0.0)(tt.ones(5)).tolist() == [1] * 5
    assert nn.Dropout(1.0)(tt.ones(5)).tolist() == [0] * 5


def test_gradients_pass_where_numbers_did() -> None:
    x = tt.ones(100, requires_grad=True)
    out = nn.Dropout(0.5)(x)
    out.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == out.tolist()


def test_chance_is_seeded() -> None:
    x = tt.ones(50)
    a = nn.Dropout(generator=tt.Generator(4))
    b = copy.deepcopy(a)
    first = a(x).tolist()
    assert first == b(x).tolist()
    assert first != a(x).tolist()
    tt.manual_seed(1)
    c = nn.Dropout()(x).tolist()
    tt.manual_seed(1)
    assert nn.Dropout()(x).tolist() == c


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_probability_is_between_0_and_1(p: float) -> None:
    with pytest.raises(ShapeError, match=f"expected a probability p from 0 to 1 for Dropout; got {p}"):
        nn.Dropout(p)


def test_in_place_is_refused_when_the_layer_is_made() -> None:
    with pytest.raises(NotSupportedError, match="expected inplace=False; Dropout always returns a new tensor"):
        nn.Dropout(0.5, inplace=True)
