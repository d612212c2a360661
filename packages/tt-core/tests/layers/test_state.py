import numpy as np
import pytest

import tt_core as tt
from tt_core import StateError, Tensor, nn


def model() -> nn.Sequential:
    chain = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1, bias=False))
    chain[1].register_buffer("seen", tt.zeros((), dtype=tt.int64))
    chain[1].register_buffer("scratch", tt.zeros(4), persistent=False)
    return chain


def test_names_and_order_are_pytorchs() -> None:
    assert list(model().state_dict()) == ["0.weight", "0.bias", "1.seen", "2.weight"]
    assert next(iter(model().state_dict(prefix="net."))) == "net.0.weight"


def test_values_share_memory_and_need_no_gradient() -> None:
    chain = model()
    state = chain.state_dict()
    assert type(state["0.weight"]) is Tensor
    assert not state["0.weight"].requires_grad
    assert np.shares_memory(state["0.weight"].data, chain[0].weight.data)
    assert chain.state_dict(keep_vars=True)["0.weight"] is chain[0].weight


def test_shared_values_stand_under_each_name() -> None:
    layer = nn.Linear(2, 2)
    assert list(nn.Sequential(layer, layer).state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]


def test_a_round_trip_copies_in_place() -> None:
    source, target = model(), model()
    source[1].seen.fill_(5)
    weight, memory = target[0].weight, target[0].weight.data
    assert target.load_state_dict(source.state_dict()) == ([], [])
    assert target[0].weight is weight
    assert target[0].weight.data is memory
    assert target[1].seen.item() == 5
    x = tt.ones(4, 2)
    assert target(x).tolist() == source(x).tolist()
    with tt.no_grad():
        source[0].weight.fill_(0)
    assert weight.tolist() != source[0].weight.tolist()


def test_arrays_and_lists_are_converted() -> None:
    layer = nn.Linear(2, 1)
    layer.load_state_dict({"weight": np.array([[1.0, 2.0]]), "bias": [3]})
    assert layer.weight.dtype == layer.bias.dtype == np.float32  # type: ignore[union-attr]
    assert layer(tt.ones(1, 2)).tolist() == [[6.0]]


def test_everything_that_does_not_fit_is_said_at_once_and_nothing_changes() -> None:
    chain = model()
    before = chain[0].bias.tolist()
    wrong = {"0.bias": np.ones(3), "0.weight": np.ones((3, 5)), "2.weight": np.ones(3), "3.gamma": np.ones(1)}
    message = (
        "expected a state dict that fits Sequential; got one with missing: '1.seen'; unexpected: '3.gamma'; "
        "of another shape: '0.weight' (expected [3, 2], got [3, 5]), '2.weight' (expected [1, 3], got [3])"
    )
    with pytest.raises(StateError) as caught:
        chain.load_state_dict(wrong)
    assert str(caught.value) == message
    assert chain[0].bias.tolist() == before


def test_not_strict_returns_the_names_that_differ() -> None:
    chain = model()
    result = chain.load_state_dict({"0.bias": np.ones(3), "head": np.ones(1)}, strict=False)
    assert result.missing_keys == ["0.weight", "1.seen", "2.weight"]
    assert result.unexpected_keys == ["head"]
    assert chain[0].bias.tolist() == [1, 1, 1]


def test_not_strict_still_refuses_another_shape() -> None:
    with pytest.raises(StateError, match=r"got one with of another shape: 'bias' \(expected \[1\], got \[2\]\)$"):
        nn.Linear(2, 1).load_state_dict({"bias": np.ones(2), "more": np.ones(1)}, strict=False)


def test_a_load_between_forward_and_backward_is_noticed() -> None:
    layer = nn.Linear(2, 1)
    loss = layer(tt.ones(1, 2, requires_grad=True)).sum()
    layer.load_state_dict(nn.Linear(2, 1).state_dict())
    with pytest.raises(tt.GradientError, match="changed in place"):
        loss.backward()
