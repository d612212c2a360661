"""Modules that hold modules: in a chain, in a list, by name."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from itertools import groupby
from typing import TYPE_CHECKING, Any, Generic, Self, overload

from tt_core.layers.module import Module
from tt_core.layers.state import Role, own
from tt_core.tensor import Tensor

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    M = TypeVar("M", bound=Module, default=Module)
else:
    from typing import TypeVar

    M = TypeVar("M", bound=Module)


class Ordered(Module, Generic[M]):
    """Modules by position: what `Sequential` and `ModuleList` share."""

    def _named(self) -> list[tuple[str, M]]:
        return list(own(self, Role.MODULE))

    def _name(self, index: int) -> str:
        """Return the name of the module at a position.

        Raises:
            IndexError: there is none.
        """
        names = [name for name, _ in self._named()]
        if not -len(names) <= index < len(names):
            message = f"expected an index within the {len(names)} modules of {type(self).__name__}; got {index}"
            raise IndexError(message)
        return names[index]

    def _replace(self, modules: Iterable[M]) -> None:
        """Hold these modules instead, named by their positions."""
        kept = list(modules)
        for name, _ in self._named():
            delattr(self, name)
        self.extend(kept)

    def __len__(self) -> int:
        return len(self._named())

    def __iter__(self) -> Iterator[M]:
        return iter([module for _, module in self._named()])

    def __setitem__(self, index: int, module: M) -> None:
        self.register_module(self._name(index), module)

    def __delitem__(self, index: int | slice) -> None:
        """Take modules out; those that stay are numbered anew."""
        kept = list(self)
        if not isinstance(index, slice):
            self._name(index)
        del kept[index]
        self._replace(kept)

    def __iadd__(self, modules: Iterable[M]) -> Self:
        return self.extend(modules)

    def append(self, module: M) -> Self:
        """Add a module at the end, and return the container."""
        taken = {name for name, _ in self._named()}
        number = len(taken)
        while str(number) in taken:  # a slice of a Sequential keeps its names
            number += 1
        self.register_module(str(number), module)
        return self

    def extend(self, modules: Iterable[M]) -> Self:
        """Add modules at the end, and return the container."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: M) -> Self:
        """Put a module before position `index`; all are numbered anew. Return the container."""
        modules = list(self)
        modules.insert(index, module)
        self._replace(modules)
        return self

    def pop(self, index: int = -1) -> M:
        """Take the module at a position out, and return it."""
        module: M = getattr(self, self._name(index))
        del self[index]
        return module


class Sequential(Ordered[Module]):
    """Modules one after the other: each gets what the one before it returned.

    Args:
        modules: the modules, named "0", "1", …; or one dictionary of them by name.

    For a type checker the result is a tensor, and an element taken by its position may be any kind of module.

    >>> from tt_core import nn, ones
    >>> model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    >>> model(ones(2, 4)).shape
    (2, 3)
    """

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        """Register each module under its position, or those of a single dictionary under their names.

        Raises:
            TypeError: one is no module; `register_module(name, module)` finds that out.
        """
        super().__init__()
        for i, module in enumerate(modules):
            if i == 0 and len(modules) == 1 and isinstance(module, Mapping):
                for name, member in module.items():
                    self.register_module(name, member)
            else:
                self.register_module(str(i), module)  # type: ignore[arg-type]  # which checks it

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Any:
        """Return the module at a position, or a chain of several, which keep their names."""
        if isinstance(index, slice):
            return type(self)(dict(self._named()[index]))
        return getattr(self, self._name(index))

    def __add__(self, other: Iterable[Module]) -> Sequential:
        return Sequential(*self, *other)

    def forward(self, x: Any) -> Tensor:
        """Send x through all modules in their order, each called (not its `forward`, so that hooks run)."""
        for module in self:
            x = module(x)
        return x  # type: ignore[no-any-return]  # a chain whose last module returns something else is the exception


class ModuleList(Ordered[M]):
    """A list of modules that a module may own.

    >>> from tt_core import nn
    >>> nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
    ModuleList(
      (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)
    )
    """

    def __init__(self, modules: Iterable[M] | None = None) -> None:
        super().__init__()
        self.extend(modules or ())

    @overload
    def __getitem__(self, index: int) -> M: ...
    @overload
    def __getitem__(self, index: slice) -> ModuleList[M]: ...
    def __getitem__(self, index: int | slice) -> M | ModuleList[M]:
        """Return the module at a position, or a list of several, numbered anew."""
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        module: M = getattr(self, self._name(index))
        return module

    def __add__(self, other: Iterable[M]) -> ModuleList[M]:
        return ModuleList([*self, *other])

    def __repr__(self) -> str:
        """Return the tree of modules; equal neighbours share a line."""
        lines = []
        for text, group in groupby(self._named(), key=lambda named: repr(named[1])):
            names = [name for name, _ in group]
            many = len(names) > 1
            lines.append(f"({names[0]}-{names[-1]}): {len(names)} x {text}" if many else f"({names[0]}): {text}")
        return self._tree(lines)


class ModuleDict(Module, Generic[M]):
    """Modules by name that a module may own.

    >>> from tt_core import nn
    >>> heads = nn.ModuleDict({"class": nn.Linear(8, 3), "value": nn.Linear(8, 1)})
    >>> [name for name, _ in heads.named_parameters()]
    ['class.weight', 'class.bias', 'value.weight', 'value.bias']
    """

    def __init__(self, modules: Mapping[str, M] | Iterable[tuple[str, M]] | None = None) -> None:
        super().__init__()
        self.update(modules or {})

    def _as_dict(self) -> dict[str, M]:
        return dict(own(self, Role.MODULE))

    def __getitem__(self, key: str) -> M:
        return self._as_dict()[key]

    def __setitem__(self, key: str, module: M) -> None:
        self.register_module(key, module)

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def __len__(self) -> int:
        return len(self._as_dict())

    def __iter__(self) -> Iterator[str]:
        return iter(self._as_dict())

    def __contains__(self, key: object) -> bool:
        return key in self._as_dict()

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._as_dict().keys()

    def values(self) -> ValuesView[M]:
        """Return the modules."""
        return self._as_dict().values()

    def items(self) -> ItemsView[str, M]:
        """Return the names with their modules."""
        return self._as_dict().items()

    def update(self, modules: Mapping[str, M] | Iterable[tuple[str, M]]) -> None:
        """Add modules by name; those of the same name are replaced."""
        for name, module in dict(modules).items():
            self[name] = module

    def pop(self, key: str) -> M:
        """Take the module of a name out, and return it."""
        module = self[key]
        delattr(self, key)
        return module

    def clear(self) -> None:
        """Take all modules out."""
        for name in list(self):
            del self[name]
