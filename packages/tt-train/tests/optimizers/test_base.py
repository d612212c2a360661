"""The loop that all optimizers share: which parameters, in which memory, at which moment."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core import memory, nn
from tt_core.errors import GradientError, TinyTorchError
from tt_train import optim
from tt_train.optim import OptimizerStateError

MAKERS: dict[str, Any] = {
    "sgd": lambda ps: optim.SGD(ps, lr=0.1, weight_decay=0.1),
    "momentum": lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9),
    "adam": lambda ps: optim.Adam(ps, lr=0.1, weight_decay=0.1, maximize=True),
    "amsgrad": lambda ps: optim.AdamW(ps, lr=0.1, amsgrad=True),
    "rmsprop": lambda ps: optim.RMSprop(ps, centered=True, momentum=0.9),
    "adagrad": optim.Adagrad,
    "lion": optim.Lion,
}
every_optimizer = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
SHAPES = [(3, 4), (7,), (), (2, 3, 4, 5), (120, 100), (0, 3), (400, 500)]


def parameters(dtype: str = "float32", shapes: list[Any] = SHAPES) -> list[nn.Parameter]:
    rng = np.random.default_rng(0)
    return [nn.Parameter(rng.normal(size=shape).astype(dtype)) for shape in shapes]


def give_gradients(params: list[nn.Parameter], step: int) -> None:
    rng = np.random.default_rng(step)
    for p in params:
        p.grad = tt.Tensor(rng.normal(size=p.shape).astype(p.dtype))


def train(optimizer: Any, params: list[nn.Parameter], steps: range) -> list[Any]:
    for step in steps:
        give_gradients(params, step)
        optimizer.step()
    return [p.data.copy() for p in params]


def same(a: list[Any], b: list[Any]) -> None:
    for x, y in zip(a, b, strict=True):
        np.testing.assert_array_equal(x, y)


@every_optimizer
def test_neither_blocks_nor_bundles_change_a_bit(make: Any) -> None:
    together, alone = parameters(), parameters()
    train(make(together), together, range(4))
    for i, p in enumerate(alone):
        optimizer = make([p])
        for step in range(4):
            give_gradients(alone, step)
            optimizer.step()
        np.testing.assert_array_equal(p.data, together[i].data)


@every_optimizer
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_types_stay(make: Any, dtype: str) -> None:
    params = parameters(dtype)
    optimizer = make(params)
    optimizer.param_groups[0]["lr"] = np.float64(0.01)  # which would widen float32
    train(optimizer, params, range(3))
    kept = [x for state in optimizer.state.values() for name, x in state.items() if name != "step"]
    assert {x.dtype.name for x in (*params, *kept)} == {dtype}
    assert all(np.isfinite(p.data).all() for p in params)


@every_optimizer
def test_types_may_be_mixed(make: Any) -> None:
    mixed = [p for dtype in ("float16", "float32", "float64") for p in parameters(dtype, [(3, 4), (7,)])]
    alone = deepcopy(mixed)
    train(make(mixed), mixed, range(3))
    for i, p in enumerate(alone):
        optimizer = make([p])
        for step in range(3):
            give_gradients(alone, step)
            optimizer.step()
        np.testing.assert_array_equal(p.data, mixed[i].data)


LAYOUTS: dict[str, Any] = {
    "fortran": lambda x: x.copy(order="F"),
    "channels last": lambda x: np.moveaxis(np.moveaxis(x, 1, -1).copy(), -1, 1) if x.ndim == 4 else x.copy(),
    "with gaps": lambda x: np.repeat(x, 2, axis=-1)[..., ::2] if x.ndim else x.copy(),
    "backwards": lambda x: x[::-1].copy()[::-1] if x.ndim else x.copy(),
}


@every_optimizer
@pytest.mark.parametrize("of_p, of_g", [(a, b) for a in LAYOUTS for b in LAYOUTS])
def test_any_order_of_memory(make: Any, of_p: str, of_g: str) -> None:
    params, odd = parameters(), parameters()
    for p in odd:
        p.data = LAYOUTS[of_p](p.data)
    ordinary, optimizer = make(params), make(odd)
    for step in range(3):
        give_gradients(params, step)
        for p, q in zip(params, odd, strict=True):
            q.grad = tt.Tensor([0.0])
            q.grad.data = LAYOUTS[of_g](p.grad.data)
        ordinary.step()
        optimizer.step()
    same([p.data for p in params], [p.data for p in odd])


@every_optimizer
def test_the_gradient_stays_as_it_was(make: Any) -> None:
    params = parameters()
    give_gradients(params, 0)
    before = [p.grad.data.copy() for p in params]
    make(params).step()
    same(before, [p.grad.data for p in params])


@every_optimizer
def test_threads_do_not_change_a_bit(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from tt_train import threads

    results = []
    for count in (1, 3):
        monkeypatch.setattr(threads, "ENOUGH", 1)
        monkeypatch.setattr(threads, "allowed", lambda count=count: count)
        params = parameters(shapes=[(700, 900), (7,), (300, 400)])
        results.append(train(make(params), params, range(2)))
    same(*results)


def test_what_has_no_gradient_is_left_alone() -> None:
    a, b, frozen = parameters(shapes=[(2,), (3,), (4,)])
    frozen.requires_grad_(False)
    optimizer = optim.Adam([a, b, frozen], weight_decay=0.5)
    (a * 2).sum().backward()
    before = b.tolist(), frozen.tolist()
    optimizer.step()
    assert (b.tolist(), frozen.tolist()) == before
    assert list(optimizer.state) == [a]


def test_a_shared_parameter_is_updated_once() -> None:
    layer = nn.Linear(3, 3, bias=False)
    model = nn.Sequential(layer, nn.Tanh(), layer)
    before = layer.weight.data.copy()
    model(tt.ones(1, 3)).sum().backward()
    optim.SGD(model.parameters(), lr=0.1).step()
    np.testing.assert_allclose(layer.weight.data, before - 0.1 * layer.weight.grad.data, rtol=1e-6)


@every_optimizer
def test_parameters_that_share_memory_are_updated_in_turn(make: Any) -> None:
    base = np.random.default_rng(0).normal(size=12)
    views, alone = [nn.Parameter(tt.from_numpy(base[:8])), nn.Parameter(tt.from_numpy(base[4:]))], base.copy()
    train(make(views), views, range(1))
    for start, stop in ((0, 8), (4, 12)):
        single = [nn.Parameter(alone[start:stop]) for _ in range(2)]
        give_gradients(single, 0)
        chosen = single[0] if start == 0 else single[1]
        make([chosen]).step()
        alone[start:stop] = chosen.data
    np.testing.assert_array_equal(base, alone)


@every_optimizer
def test_new_memory_of_a_parameter_is_noticed(make: Any) -> None:
    params, others = parameters(), parameters()
    first, second = make(params), make(others)
    for step in range(6):
        for p in others:
            p.data = p.data.copy(order="C" if step % 2 else "F")
        give_gradients(params, step)
        give_gradients(others, step)
        first.step()
        second.step()
    same([p.data for p in params], [p.data for p in others])


def test_weights_loaded_in_between_are_what_the_next_step_starts_from() -> None:
    model = nn.Linear(3, 2)
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    for value in (1.0, 2.0):
        model.load_state_dict({"weight": np.full((2, 3), value), "bias": np.zeros(2)})
        model.zero_grad()
        model(tt.ones(1, 3)).sum().backward()
        optimizer.step()
        assert model.weight.tolist() == [[value - 0.5] * 3] * 2


def test_a_model_converted_in_between_takes_its_state_along() -> None:
    model = nn.Linear(3, 2)
    optimizer = optim.Adam(model.parameters())
    for convert in (model.float, model.double, model.float):
        convert()
        give_gradients(list(model.parameters()), 0)
        optimizer.step()
    assert {x.dtype.name for state in optimizer.state.values() for x in state.values()} == {"float32"}
    assert optimizer.state[model.bias]["step"].item() == 3


def test_state_that_is_cleared_begins_anew() -> None:
    a, b = parameters(shapes=[(3,)]), parameters(shapes=[(3,)])
    optimizer = optim.Adam(a)
    train(optimizer, a, range(3))
    optimizer.state.clear()
    b[0].data[...] = a[0].data
    same(train(optimizer, a, range(3)), train(optim.Adam(b), b, range(3)))


def test_state_that_is_replaced_is_used() -> None:
    p = parameters(shapes=[(3,)])
    optimizer = optim.SGD(p, lr=1.0, momentum=0.5)
    train(optimizer, p, range(2))
    before = p[0].data.copy()
    optimizer.state[p[0]]["momentum_buffer"] = tt.Tensor([2.0, 2.0, 2.0])
    p[0].grad = tt.zeros(3)
    optimizer.step()
    np.testing.assert_allclose(p[0].data, before - 1, rtol=1e-6)


def test_settings_may_be_changed_at_any_time() -> None:
    p = nn.Parameter([1.0, 1.0])
    optimizer = optim.SGD([p], lr=0.1)
    p.grad = tt.ones(2)
    optimizer.param_groups[0]["lr"] = 0.5
    optimizer.step()
    assert p.tolist() == [0.5, 0.5]


def test_a_saved_parameter_that_was_stepped_is_noticed_in_backward() -> None:
    x, p = tt.ones(2, requires_grad=True), nn.Parameter([1.0, 2.0])
    loss = (x * p).sum()
    p.grad = tt.ones(2)
    optim.SGD([p], lr=0.1).step()
    with pytest.raises(GradientError, match="it was changed in place"):
        loss.backward()


def test_a_step_records_nothing() -> None:
    p = nn.Parameter([1.0, 2.0])
    (p * p).sum().backward()
    optim.Adam([p]).step()
    assert p.is_leaf
    assert p.requires_grad


def test_a_closure_is_recorded_even_without_gradients_around() -> None:
    p = nn.Parameter([3.0])
    optimizer = optim.SGD([p], lr=0.5)

    def closure() -> float:
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss.item()

    with tt.no_grad():
        assert optimizer.step(closure) == 9.0
    assert p.tolist() == [0.0]
    assert optimizer.step() is None


def test_zero_grad() -> None:
    p, q = nn.Parameter([1.0]), nn.Parameter([1.0])
    optimizer = optim.SGD([p, q])
    p.grad = kept = tt.ones(1)
    optimizer.zero_grad(set_to_none=False)
    assert p.grad.tolist() == kept.tolist() == [0.0]
    assert q.grad is None
    optimizer.zero_grad()
    assert p.grad is None


MULTIPLES: list[tuple[Any, int]] = [
    (optim.SGD, 0),
    (lambda ps: optim.SGD(ps, momentum=0.9), 1),
    (optim.Lion, 1),
    (optim.Adagrad, 1),
    (optim.RMSprop, 1),
    (lambda ps: optim.RMSprop(ps, momentum=0.9, centered=True), 3),
    (optim.Muon, 1),
    (optim.Adam, 2),
    (optim.AdamW, 2),
    (lambda ps: optim.AdamW(ps, amsgrad=True), 3),
]


@pytest.mark.parametrize("make, multiple", MULTIPLES)
def test_memory_as_a_multiple_of_the_parameters(make: Any, multiple: int) -> None:
    params = parameters(shapes=[(100, 50), (5, 4), (300, 300)])
    size = sum(p.data.nbytes for p in params)
    give_gradients(params, 0)
    with memory.track() as m, memory.scope("optimizer"):
        optimizer = make(params)
        for _ in range(3):
            optimizer.step()
    steps = 4 * len(params) if optimizer.counted else 0
    assert m.live == multiple * size + steps
    assert m.peak == m.live


@every_optimizer
def test_a_resumed_optimizer_ends_in_the_same_bits(make: Any) -> None:
    params, others = parameters(), parameters()
    whole, part = make(params), make(others)
    wanted = train(whole, params, range(6))
    train(part, others, range(3))
    resumed_params = parameters()
    for p, q in zip(resumed_params, others, strict=True):
        p.data[...] = q.data
    resumed = make(resumed_params)
    resumed.load_state_dict(deepcopy(part.state_dict()))
    same(wanted, train(resumed, resumed_params, range(3, 6)))


@every_optimizer
def test_a_copied_optimizer_goes_on_by_itself(make: Any) -> None:
    params = parameters()
    optimizer = make(params)
    train(optimizer, params, range(2))
    copied, other = deepcopy((params, optimizer))
    same(train(optimizer, params, range(2, 4)), train(other, copied, range(2, 4)))
    assert all(p is q for p, q in zip(copied, other.param_groups[0]["params"], strict=True))


def test_infinities_come_without_a_warning() -> None:
    p = nn.Parameter([1.0, 1.0])
    p.grad = tt.tensor([float("inf"), 1e30])
    optim.Adam([p]).step()
    assert np.isnan(p.data[0])


@pytest.mark.parametrize(
    "spoil, kind, message",
    [
        (lambda p, _: setattr(p, "grad", tt.ones(3)), OptimizerStateError, r"parameter's shape \[2\]; got \[3\]"),
        (lambda p, o: o.state[p].update(exp_avg=tt.ones(3)), OptimizerStateError, r"'exp_avg' of .* \[2\]; got \[3\]"),
        (lambda p, _: p.data.flags.__setattr__("writeable", False), GradientError, "in memory that can be changed"),
    ],
)
def test_a_kind_error_instead_of_a_wrong_step(spoil: Any, kind: type[TinyTorchError], message: str) -> None:
    p = nn.Parameter([1.0, 2.0])
    optimizer = optim.Adam([p])
    p.grad = tt.ones(2)
    spoil(p, optimizer)
    with pytest.raises(kind, match=message):
        optimizer.step()


def test_an_optimizer_without_an_update_says_so() -> None:
    p = nn.Parameter([1.0])
    p.grad = tt.ones(1)
    with pytest.raises(NotImplementedError, match=r"expected Optimizer to define update\(\); it does not"):
        optim.Optimizer([p], {"lr": 1.0}).step()


def test_a_count_that_was_saved_as_a_number_is_taken_over() -> None:
    p = nn.Parameter([1.0])
    optimizer = optim.Adam([p])
    optimizer.load_state_dict(
        {
            "state": {"0": {"step": 7, "exp_avg": np.zeros(1), "exp_avg_sq": np.zeros(1)}},
            "param_groups": [{"params": [0]}],
        }
    )
    p.grad = tt.ones(1)
    optimizer.step()
    assert optimizer.state[p]["step"].item() == 8
    assert optimizer.param_groups[0]["lr"] == 1e-3
