"""What a module consists of: names and their roles, and values that are loaded by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from tt_core.dtypes import DType, is_floating
from tt_core.errors import DTypeError, StateError
from tt_core.graph import Recorded, touch
from tt_core.operations.creation import as_tensor

if TYPE_CHECKING:
    from tt_core.layers.module import Module
    from tt_core.tensor import Tensor


class Role(Enum):
    """What an attribute is to its module. A transient buffer is one that the state dict leaves out."""

    PARAMETER = "parameter"
    BUFFER = "buffer"
    TRANSIENT = "transient buffer"
    MODULE = "module"

    @property
    def kind(self) -> str:
        """What to call it, and what other names it may take over."""
        return self.value.rpartition(" ")[2]


BUFFERS = (Role.BUFFER, Role.TRANSIENT)


class LoadResult(NamedTuple):
    """The names in which a module and a state dict differ."""

    missing_keys: list[str]
    unexpected_keys: list[str]


def roles_of(module: Module) -> dict[str, Role]:
    """Return the registered names of a module with their roles.

    Raises:
        AttributeError: the module is not initialised.
    """
    roles: dict[str, Role] | None = module.__dict__.get("_roles")
    if roles is None:
        message = f"expected super().__init__() to be called first in {type(module).__name__}.__init__(); it was not"
        raise AttributeError(message)
    return roles


def own(module: Module, *roles: Role) -> Iterator[tuple[str, Any]]:
    """Yield the module's own attributes of these roles, None included."""
    for name, role in list(roles_of(module).items()):
        if role in roles:
            yield name, module.__dict__[name]


def named(
    module: Module, roles: tuple[Role, ...], prefix: str = "", *, recurse: bool = True, once: bool = True
) -> Iterator[tuple[str, Any]]:
    """Yield what has one of these roles with its full name, `_join` of the owner's path and its own; without None.

    Args:
        module: where to begin.
        roles: what to look for.
        prefix: the path of this module itself.
        recurse: walk through `named_modules`; otherwise stay with the module's own.
        once: leave out an object, or a module on the way, that was met before under another name.
    """
    seen = set[int]()
    for path, owner in named_modules(module, prefix, once=once) if recurse else [(prefix, module)]:
        for name, value in own(owner, *roles):
            if value is not None and not (once and id(value) in seen):
                seen.add(id(value))
                yield _join(path, name), value


def named_modules(module: Module, prefix: str = "", *, once: bool = True) -> Iterator[tuple[str, Module]]:
    """Yield the module and all inside it with their paths, each before what it contains, in order of assignment.

    Args:
        module: where to begin; its path is the prefix.
        prefix: the empty text for a whole model.
        once: leave out a module that was met before under another name, with all inside it.

    A place for a module that holds None is skipped.
    """
    seen = set[int]()
    todo = [(prefix, module)]
    while todo:
        path, found = todo.pop()
        if not (once and id(found) in seen):
            seen.add(id(found))
            yield path, found
            inside = [(_join(path, name), child) for name, child in own(found, Role.MODULE) if child is not None]
            todo.extend(reversed(inside))


def persistent(module: Module) -> Iterator[tuple[str, Tensor]]:
    """Yield what a state dict holds, with full names: for each module its parameters, then its buffers.

    A transient buffer is left out; what is shared comes under each of its names, so that each can be loaded.
    """
    for path, owner in named_modules(module, once=False):
        for role in (Role.PARAMETER, Role.BUFFER):
            yield from named(owner, (role,), path, recurse=False, once=False)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def find(module: Module, target: str, roles: tuple[Role, ...]) -> Any:
    """Return what a dotted name means.

    Raises:
        AttributeError: it means nothing, or something of another role.
    """
    found: Any = module
    *path, last = target.split(".")
    for name, wanted in [*((name, (Role.MODULE,)) for name in path), (last, roles)]:
        if roles_of(found).get(name) not in wanted or found.__dict__[name] is None:
            where = f"a {roles[0].kind} in {type(module).__name__}"
            message = f"expected the name of {where}; got {target!r}, and there is no {name!r}"
            raise AttributeError(message)
        found = found.__dict__[name]
    return found


def load(module: Module, values: Mapping[str, Any], *, strict: bool) -> LoadResult:
    """Copy the values into the module's tensors, all or none: everything is looked at before anything is written.

    The tensors stay the objects that they are (optimizers hold them), so values are copied into detached
    ones, which share their memory and record nothing.

    Args:
        module: whose tensors.
        values: tensors or arrays by name; `as_tensor` makes tensors of all.
        strict: take names that are missing or unexpected as an error.

    Returns:
        A `LoadResult` of the names that `values` lacks, and those that the module lacks.

    Raises:
        StateError: a shape differs, or, if strict, a name does (`_misfit` makes the error).
    """
    targets = dict(persistent(module))
    missing = [name for name in targets if name not in values]
    unexpected = [name for name in values if name not in targets]
    pairs = [(name, x, as_tensor(values[name])) for name, x in targets.items() if name in values]
    wrong = [f"{name!r} (expected {list(x.shape)}, got {list(y.shape)})" for name, x, y in pairs if x.shape != y.shape]
    if wrong or (strict and (missing or unexpected)):
        raise _misfit(module, missing if strict else [], unexpected if strict else [], wrong)
    for _, target, value in pairs:
        target.detach().copy_(value.detach())
    return LoadResult(missing, unexpected)


def checked(module: Module, name: str, value: Any, role: Role, kind: type[Any]) -> str:
    """Return the name under which a value of this kind is to be registered.

    Raises:
        StateError: it is empty, has a dot in it, or means something else already.
        TypeError: the value is of another kind.
    """
    known = roles_of(module).get(name)
    if not name or "." in name or (hasattr(module, name) and (known is None or known.kind != role.kind)):
        message = f"expected a new name without dots for a {role.kind} of {type(module).__name__}; got {name!r}"
        raise StateError(message)
    if value is not None and not isinstance(value, kind):
        raise wrong_kind(module, name, value, role)
    return name


def wrong_kind(module: Module, name: str, value: Any, role: Role) -> TypeError:
    """Return the error about a value that cannot stand under a name, with a way out if there is a usual one."""
    hint = ""
    if role is Role.PARAMETER and isinstance(value, Recorded):
        hint = ": wrap it in nn.Parameter, or copy its values with copy_() under no_grad()"
    elif role is Role.MODULE and isinstance(value, (list, tuple)):
        hint = ": put a * before it to pass what is in it one by one"
    got = type(value).__name__
    return TypeError(f"expected a {role.kind} or None for {type(module).__name__}.{name}; got {got}{hint}")


def _misfit(module: Module, missing: list[str], unexpected: list[str], wrong: list[str]) -> StateError:
    """Return the error about names, and about shapes in words such as `'bias' (expected [3], got [1])`."""
    parts = {"missing": map(repr, missing), "unexpected": map(repr, unexpected), "of another shape": wrong}
    found = "; ".join(f"{what}: {', '.join(listed)}" for what, names in parts.items() if (listed := list(names)))
    return StateError(f"expected a state dict that fits {type(module).__name__}; got one with {found}")


def convert(module: Module, dtype: DType) -> None:
    """Convert all floating parameters and buffers, and their gradients, in place.

    Raises:
        DTypeError: the type is not a floating one.
    """
    if not is_floating(dtype):
        message = f"expected a floating type to convert {type(module).__name__} to; got {dtype.name}"
        raise DTypeError(message)
    for x in (*module.parameters(), *module.buffers()):
        if x.is_floating_point() and x.dtype != dtype:
            x.data = x.data.astype(dtype)
            touch(x)
            x.grad = None if x.grad is None else x.grad.to(dtype)
