import copy
from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest

import tt_core as tt
from tt_core import GradientError, Tensor, nn


def test_is_a_leaf_that_is_learned() -> None:
    p = nn.Parameter([1.0, 2.0])
    assert (p.requires_grad, p.is_leaf, p.dtype.name) == (True, True, "float32")
    assert not nn.Parameter([1.0], requires_grad=False).requires_grad


def test_results_are_plain_tensors() -> None:
    p = nn.Parameter([[1.0, 2.0]])
    for result in (p + 1, p.T, p.detach(), p.clone(), p[0]):
        assert type(result) is Tensor


def test_shares_the_memory_of_a_tensor_but_not_of_an_array() -> None:
    x, array = tt.ones(2), np.ones(2)
    p, q = nn.Parameter(x), nn.Parameter(array)
    with tt.no_grad():
        p.mul_(3)
        q.mul_(3)
    assert x.tolist() == [3, 3]
    assert array.tolist() == [1, 1]
    assert q.dtype == np.float64


def test_a_result_becomes_a_leaf() -> None:
    x = tt.ones(2, requires_grad=True)
    p = nn.Parameter(x * 2)
    (p * p).sum().backward()
    assert x.grad is None
    assert p.grad is not None
    assert p.grad.tolist() == [4, 4]


def test_repr_says_what_it_is() -> None:
    assert repr(nn.Parameter([1.0])) == "Parameter containing:\ntensor([1.], requires_grad=True)"


def test_a_copy_is_a_parameter_with_its_own_memory_and_no_gradient() -> None:
    p = nn.Parameter([1.0, 2.0])
    (p * p).sum().backward()
    q = copy.deepcopy(p)
    assert type(q) is nn.Parameter
    assert q.tolist() == [1, 2]
    assert q.grad is None
    assert not np.shares_memory(p.data, q.data)
    assert not copy.deepcopy(nn.Parameter([1.0], requires_grad=False)).requires_grad


def test_copies_of_one_parameter_stay_one() -> None:
    p = nn.Parameter([1.0])
    a, b = copy.deepcopy([p, p])
    assert a is b


def test_integers_are_not_learned() -> None:
    with pytest.raises(GradientError, match="expected a floating type to require a gradient; got int64"):
        nn.Parameter([1, 2])
    assert nn.Parameter([1, 2], requires_grad=False).dtype == np.int64


def test_models_can_be_sent_to_other_processes() -> None:
    layer = nn.Linear(2, 2)
    model = nn.Sequential(layer, nn.ReLU(), layer)
    layer.weight.register_hook(lambda g: g)  # stays behind
    sent = ForkingPickler.loads(ForkingPickler.dumps(model))
    assert sent[0].weight is sent[2].weight
    assert (type(sent[0].weight), sent[0].weight.requires_grad) == (nn.Parameter, True)
    assert sent(tt.ones(1, 2)).tolist() == model(tt.ones(1, 2)).tolist()
    frozen = ForkingPickler.loads(ForkingPickler.dumps(nn.Parameter([1], requires_grad=False)))
    assert (type(frozen), frozen.requires_grad) == (nn.Parameter, False)
