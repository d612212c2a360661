import math

import numpy as np
import pytest

import tt_core as tt
from tt_core import DTypeError, NotSupportedError, ShapeError, nn


def test_linear_is_a_matrix_and_a_shift() -> None:
    layer = nn.Linear(2, 3)
    layer.load_state_dict({"weight": [[1, 2], [3, 4], [5, 6]], "bias": [10, 20, 30]})
    assert layer(tt.tensor([[1.0, 1.0], [0.0, 1.0]])).tolist() == [[13, 27, 41], [12, 24, 36]]
    assert layer(tt.ones(2)).tolist() == [13, 27, 41]
    assert layer(tt.ones(4, 5, 2)).shape == (4, 5, 3)
    assert layer(tt.ones(0, 2)).shape == (0, 3)


def test_linear_without_bias() -> None:
    layer = nn.Linear(2, 3, bias=False)
    assert layer.bias is None
    assert [name for name, _ in layer.named_parameters()] == ["weight"]
    assert layer(tt.zeros(1, 2)).tolist() == [[0, 0, 0]]


def test_linear_starts_within_its_bounds_and_fills_them() -> None:
    layer = nn.Linear(64, 500, generator=tt.Generator(1))
    assert layer.bias is not None
    bound = 1 / math.sqrt(64)
    for x in (layer.weight.data, layer.bias.data):
        assert np.abs(x).max() <= bound
        assert np.abs(x).max() > 0.98 * bound
        assert abs(x.mean()) < 0.1 * bound
        assert x.std() == pytest.approx(bound / math.sqrt(3), rel=0.06)


def test_linear_is_drawn_from_the_generator_it_is_given() -> None:
    a, b = (nn.Linear(3, 2, generator=tt.Generator(5)).weight.tolist() for _ in range(2))
    assert a == b
    tt.manual_seed(3)
    c = nn.Linear(3, 2).weight.tolist()
    tt.manual_seed(3)
    assert nn.Linear(3, 2).weight.tolist() == c
    layer = nn.Linear(3, 2)
    layer.reset_parameters(tt.Generator(5))
    assert layer.weight.tolist() == a


def test_linear_of_another_type() -> None:
    layer = nn.Linear(2, 3, dtype=tt.float64, device="cpu")
    assert {p.dtype.name for p in layer.parameters()} == {"float64"}
    assert layer(tt.ones(1, 2, dtype=tt.float64)).dtype == np.float64
    with pytest.raises(NotSupportedError, match="expected device 'cpu'"):
        nn.Linear(2, 3, device="cuda")


def test_linear_without_inputs() -> None:
    layer = nn.Linear(0, 2)
    assert layer(tt.ones(3, 0)).shape == (3, 2)


def test_linear_says_what_does_not_fit() -> None:
    with pytest.raises(ShapeError, match=r"expected x \[\.\.\., 784\] .*got x \[2, 512\], in Linear\(in_f.*=784"):
        nn.Linear(784, 10)(tt.ones(2, 512))
    with pytest.raises(ShapeError, match=r"Linear\(in_features=2"):
        nn.Linear(2, 3)(tt.tensor(1.0))
    with pytest.raises(
        DTypeError, match=r"expected tensors for linear; got ndarray: make them.*in Linear\(in_features=2"
    ):
        nn.Linear(2, 3)(np.ones((1, 2)))  # type: ignore[arg-type]
    with pytest.raises(DTypeError, match=r"float64.*float32.*Linear\(in_features=2"):
        nn.Linear(2, 3)(tt.ones(1, 2, dtype=tt.float64))


def test_identity_takes_anything() -> None:
    x = tt.ones(2)
    assert nn.Identity(3, bias=False)(x) is x


def test_flatten_and_unflatten() -> None:
    x = tt.arange(24).reshape(2, 3, 4)
    assert nn.Flatten()(x).shape == (2, 12)
    assert nn.Flatten(0, 1)(x).shape == (6, 4)
    assert nn.Unflatten(1, (3, -1))(nn.Flatten()(x)).tolist() == x.tolist()


def test_they_say_what_they_are() -> None:
    assert repr(nn.Linear(2, 3, bias=False)) == "Linear(in_features=2, out_features=3, bias=False)"
    assert repr(nn.Flatten(0)) == "Flatten(start_dim=0, end_dim=-1)"
    assert repr(nn.Unflatten(1, (2, 3))) == "Unflatten(dim=1, unflattened_size=(2, 3))"
    assert repr(nn.Dropout(0.2)) == "Dropout(p=0.2, inplace=False)"
