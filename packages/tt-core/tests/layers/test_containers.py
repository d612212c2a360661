from __future__ import annotations

from collections import OrderedDict

import pytest

import tt_core as tt
from tt_core import StateError, Tensor, nn


class Add(nn.Module):
    def __init__(self, n: float) -> None:
        super().__init__()
        self.n = n

    def forward(self, x: Tensor) -> Tensor:
        return x * 10 + self.n

    def extra_repr(self) -> str:
        return str(self.n)


def chain(*numbers: int) -> nn.Sequential:
    return nn.Sequential(*map(Add, numbers))


def result(model: nn.Sequential) -> float:
    """Return the numbers of a chain as the digits of one number."""
    return float(model(tt.zeros(1)))


def names(module: nn.Module) -> list[str]:
    return [name for name, _ in module.named_children()]


def test_sequential_goes_from_one_to_the_next() -> None:
    assert result(chain(1, 2, 3)) == 123
    assert result(nn.Sequential()) == 0
    assert names(chain(1, 2, 3)) == ["0", "1", "2"]


@pytest.mark.parametrize("kind", [dict, OrderedDict])
def test_sequential_with_names(kind: type) -> None:
    model = nn.Sequential(kind([("first", Add(1)), ("second", Add(2))]))
    assert names(model) == ["first", "second"]
    assert result(model) == 12
    assert model[1] is model.get_submodule("second")


def test_sequential_slices_keep_names_and_modules() -> None:
    model = chain(1, 2, 3, 4)
    assert names(model[1:3]) == ["1", "2"]
    assert result(model[1:3]) == 23
    assert result(model[::2]) == 13
    assert model[1:][0] is model[1]
    assert model[-1].n == 4


def test_a_slice_grows_without_losing_anything() -> None:
    assert result(chain(1, 2, 3)[1:].append(Add(4))) == 234


def test_sequential_changes() -> None:
    model = chain(1, 2)
    assert model.append(Add(3)) is model
    assert model.insert(0, Add(7)) is model
    assert result(model.extend([Add(8), Add(9)])) == 712389
    model[1] = Add(5)
    assert result(model) == 752389
    del model[0]
    assert (result(model), names(model)) == (52389, ["0", "1", "2", "3", "4"])
    del model[1:3]
    assert (result(model), names(model)) == (589, ["0", "1", "2"])
    assert model.pop(0).n == 5  # type: ignore[attr-defined]
    assert result(model) == 89
    model += chain(1)
    assert result(model) == 891
    assert result(model + chain(2, 3)) == 89123
    assert result(model) == 891
    model.extend(model)
    assert result(model) == 891891


@pytest.mark.parametrize("index", [2, -3])
def test_an_index_beyond_the_end_is_explained(index: int) -> None:
    for container in (chain(1, 2), nn.ModuleList([Add(1), Add(2)])):
        message = f"expected an index within the 2 modules of {type(container).__name__}; got {index}"
        with pytest.raises(IndexError, match=message):
            container[index]
        with pytest.raises(IndexError, match=message):
            container[index] = Add(3)
        with pytest.raises(IndexError, match=message):
            del container[index]
        assert len(container) == 2


def test_what_is_not_a_module_is_refused() -> None:
    with pytest.raises(TypeError, match=r"expected a module or None for Sequential\.1; got builtin_function"):
        nn.Sequential(Add(1), abs)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"expected a module or None for ModuleList\.0; got Tensor"):
        nn.ModuleList([tt.ones(1)])  # type: ignore[type-var]
    with pytest.raises(TypeError, match=r"for Sequential\.0; got list: put a \* before it"):
        nn.Sequential([Add(1)])  # type: ignore[arg-type]


def test_module_list() -> None:
    a, b, c = Add(1), Add(2), Add(3)
    modules = nn.ModuleList([a, b])
    assert list(modules.append(c)) == [a, b, c]
    assert len(modules) == 3
    assert modules[-1] is c
    assert type(modules[1:]) is nn.ModuleList
    assert (list(modules[1:]), names(modules[1:])) == ([b, c], ["0", "1"])
    assert list(modules + [a]) == [a, b, c, a]  # noqa: RUF005
    assert list(modules.children()) == [a, b, c]
    assert list(modules.insert(1, Add(9)))[2] is b
    assert modules.pop() is c
    del modules[1]
    modules += [c]
    assert [m.n for m in modules] == [1, 2, 3]
    assert b in modules
    assert len(nn.ModuleList()) == 0


def test_the_parameters_of_a_list_are_the_models() -> None:
    class Deep(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(2)])

    assert [n for n, _ in Deep().named_parameters()] == [f"layers.{i}.{n}" for i in (0, 1) for n in ("weight", "bias")]


def test_module_list_repr_counts_neighbours() -> None:
    modules = nn.ModuleList([Add(1), Add(1), Add(1), Add(2), Add(1)])
    assert repr(modules) == "ModuleList(\n  (0-2): 3 x Add(1)\n  (3): Add(2)\n  (4): Add(1)\n)"
    assert repr(nn.ModuleList()) == "ModuleList()"


def test_module_dict() -> None:
    a, b, c = Add(1), Add(2), Add(3)
    modules = nn.ModuleDict({"a": a, "b": b})
    modules["c"] = c
    assert list(modules) == list(modules.keys()) == ["a", "b", "c"]
    assert list(modules.values()) == [a, b, c]
    assert dict(modules.items())["b"] is modules["b"] is b
    assert ("a" in modules, "z" in modules, len(modules)) == (True, False, 3)
    modules.update([("a", c), ("d", a)])
    assert modules["a"] is c
    assert modules.pop("d") is a
    del modules["b"]
    assert list(modules) == ["a", "c"]
    modules.clear()
    assert (len(modules), list(modules.parameters())) == (0, [])
    assert list(nn.ModuleDict([("x", a)])) == ["x"]
    assert len(nn.ModuleDict()) == 0


def test_module_dict_refuses_what_it_cannot_hold() -> None:
    modules = nn.ModuleDict({"a": Add(1)})
    with pytest.raises(KeyError, match="b"):
        modules["b"]
    with pytest.raises(StateError, match="expected a new name without dots for a module of ModuleDict; got 'items'"):
        modules["items"] = Add(2)
    assert list(modules.items()) == [("a", modules["a"])]
