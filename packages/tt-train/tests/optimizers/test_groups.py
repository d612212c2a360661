"""What can be given to an optimizer, and what is refused and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core import nn
from tt_core.errors import NotSupportedError
from tt_train import optim
from tt_train.optim import OptimizerError, OptimizerStateError


def p(*shape: int) -> nn.Parameter:
    return nn.Parameter(np.ones(shape or (2,)))


def test_groups_have_settings_of_their_own() -> None:
    a, b, c = p(), p(), p()
    optimizer = optim.SGD([{"params": a, "lr": 0.5}, {"params": (x for x in [b])}], lr=0.1)
    optimizer.add_param_group({"params": [c], "momentum": 0.9})
    assert [group["params"] for group in optimizer.param_groups] == [[a], [b], [c]]
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.1, 0.1]
    assert [group["momentum"] for group in optimizer.param_groups] == [0, 0, 0.9]


def test_parameters_may_come_with_names() -> None:
    model = nn.Linear(2, 3)
    optimizer = optim.SGD(model.named_parameters())
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    optimizer.load_state_dict(optim.SGD(model.parameters()).state_dict())
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    with pytest.raises(OptimizerError, match="either every parameter with a name or none"):
        optimizer.add_param_group({"params": [p()]})
    with pytest.raises(OptimizerError, match="either every parameter with a name or none"):
        optim.SGD([("a", p()), p()])


def test_a_users_group_is_not_changed() -> None:
    group = {"params": [p()]}
    optim.SGD([group])
    assert list(group) == ["params"]


shared = p()


@pytest.mark.parametrize(
    "params, kind, message",
    [
        (p(), TypeError, "got a single Tensor: put it in brackets"),
        ([], OptimizerError, "expected parameters to optimize; got none"),
        ([1.0], TypeError, "expected tensors to optimize; got float"),
        ([{"params": {shared}}], TypeError, "got a set: use a list"),
        ([{"lr": 1.0}], TypeError, "a dict with 'params'"),
        ([{"params": [p()]}, [p()]], TypeError, "a dict with 'params'"),
        ([shared, shared], OptimizerError, r"expected each parameter once; got one of shape \[2\] twice"),
        ([{"params": [shared]}, {"params": [shared]}], OptimizerError, "expected each parameter once"),
        ([p() * 2], OptimizerError, "expected leaves to optimize"),
    ],
)
def test_what_cannot_be_optimized(params: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        optim.SGD(params)


@pytest.mark.parametrize(
    "name, options, message",
    [
        ("SGD", {"lr": -1}, "expected lr of at least 0 for SGD; got -1"),
        ("SGD", {"lr": float("nan")}, "expected lr of at least 0"),
        ("SGD", {"momentum": -0.1}, "expected momentum of at least 0"),
        ("Adam", {"betas": (0.9, 1.0)}, r"expected betas from 0 to less than 1 for Adam; got \(0.9, 1.0\)"),
        ("AdamW", {"eps": -1e-8}, "expected eps of at least 0"),
        ("RMSprop", {"alpha": -0.5}, "expected alpha of at least 0"),
        ("Adagrad", {"lr_decay": -1}, "expected lr_decay of at least 0"),
        ("Lion", {"weight_decay": -1}, "expected weight_decay of at least 0"),
        ("Adam", {"fused": True, "foreach": True}, "at most one of foreach=True and fused=True"),
    ],
)
def test_settings_out_of_range(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptimizerError, match=message):
        getattr(optim, name)([p()], **options)


@pytest.mark.parametrize("name, option", [("Adam", "capturable"), ("SGD", "differentiable"), ("Lion", "capturable")])
def test_settings_that_do_not_exist_here(name: str, option: str) -> None:
    with pytest.raises(NotSupportedError, match=f"expected {option}=False; got True"):
        getattr(optim, name)([p()], **{option: True})


def test_a_group_is_checked_too() -> None:
    with pytest.raises(OptimizerError, match="expected lr of at least 0"):
        optim.SGD([{"params": [p()], "lr": -3}])


def trained() -> Any:
    a = p()
    a.grad = tt.Tensor(np.ones(2))
    optimizer = optim.Adam([a])
    optimizer.step()
    return optimizer


@pytest.mark.parametrize(
    "state, message",
    [
        ({"weights": 1}, r"an optimizer with groups of \[1\] parameters; got another dict"),
        ({"state": {}, "param_groups": [{"params": [0, 1]}]}, r"groups of \[1\] parameters; got groups of \[2\]"),
        ({"state": {}, "param_groups": []}, r"got groups of \[\]"),
        ({"state": {3: {}}, "param_groups": [{"params": [0]}]}, r"state of parameters \[0\]; got state of 3"),
        (
            {"state": {0: {"exp_avg": np.ones(3)}}, "param_groups": [{"params": [0]}]},
            r"expected 'exp_avg' of its parameter's shape \[2\]; got \[3\]",
        ),
    ],
)
def test_state_dicts_that_do_not_fit_change_nothing(state: dict[str, Any], message: str) -> None:
    optimizer = trained()
    before = repr(optimizer.state_dict())
    with pytest.raises(OptimizerStateError, match=message):
        optimizer.load_state_dict(state)
    assert repr(optimizer.state_dict()) == before


def test_a_loaded_state_is_a_copy() -> None:
    source, target = trained(), trained()
    target.load_state_dict(source.state_dict())
    ours, theirs = (next(iter(optimizer.state.values())) for optimizer in (source, target))
    ours["exp_avg"].zero_()
    assert theirs["exp_avg"].tolist() != [0.0, 0.0]


def test_it_shows_its_settings() -> None:
    text = repr(optim.Lion([{"params": [p()]}, {"params": [p()], "lr": 0.5}]))
    assert text.startswith("Lion (\nParameter Group 0\n    betas: (0.9, 0.99)\n    capturable: False\n")
    assert "Parameter Group 1\n" in text
    assert "    lr: 0.5\n    maximize: False\n    weight_decay: 0.0\n)" in text
