"""Gradient rules: how they are registered and how they are called.

A rule is a function of what its parameters name; an operation saves exactly that, as in PyTorch's `derivatives.yaml`:

    derivative(P.mul, x=lambda g, y: g * y, y=lambda g, x: g * x)
    derivative(P.exp, x=lambda g, out: g * out)

says that the gradient of the first argument needs the second, and that `exp` keeps its result and not its argument.

    g               the gradient of the result
    out             the result
    shape, dtype    of the argument whose gradient this is
    position        its place among the inputs
    shapes          of all inputs
    anything else   an argument or a setting of the primitive, by its name

A rule works on tensors, so it runs on the active backend and can itself be differentiated. It need not undo
broadcasting or promotion: the engine sums and casts what it returns. It returns None where the gradient is zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from tt_core.errors import GradientError

if TYPE_CHECKING:
    from tt_core.dispatch import Primitive
    from tt_core.graph import Operation
    from tt_core.tensor import Tensor


Getter: TypeAlias = "Callable[[Operation, Tensor, int], Any]"


class Rule:
    """The gradient of one argument of one primitive.

    Attributes:
        names: the parameters of the function, which say what is saved.
        call: the function, given a node, the gradient of its result and the place of the argument.
    """

    __slots__ = ("call", "names")

    def __init__(self, primitive: Primitive[...], function: Callable[..., Tensor | None]) -> None:
        code = function.__code__
        self.names = code.co_varnames[: code.co_argcount]
        self.call = _caller(function, [_getter(primitive, name) for name in self.names], self.names)


def _caller(function: Callable[..., Tensor | None], getters: list[Getter], names: tuple[str, ...]) -> Getter:
    """Return the function with its arguments looked up; the commonest forms go without a list, which would cost."""
    if names == ("g",):
        return lambda node, g, i: function(g)  # noqa: ARG005
    if len(names) == 2 and names[0] == "g":
        get = getters[1]
        return lambda node, g, i: function(g, get(node, g, i))
    return lambda node, g, i: function(*[get(node, g, i) for get in getters])


_RESERVED: dict[str, Getter] = {
    "g": lambda node, g, i: g,  # noqa: ARG005
    "out": lambda node, g, i: node.output(),  # noqa: ARG005
    "shape": lambda node, g, i: node.edges[i].shape,  # type: ignore[union-attr]  # noqa: ARG005
    "dtype": lambda node, g, i: node.edges[i].dtype,  # type: ignore[union-attr]  # noqa: ARG005
    "position": lambda node, g, i: i,  # noqa: ARG005
    "shapes": lambda node, g, i: node.shapes,  # noqa: ARG005
}


def _getter(primitive: Primitive[...], name: str) -> Getter:
    """Return how to look the named value up in a node."""
    if name in _RESERVED:
        return _RESERVED[name]
    if name in primitive.arguments:
        position = primitive.arguments.index(name)
        if primitive.variadic and position == len(primitive.arguments) - 1:
            return lambda node, g, i: node.arguments(position)  # noqa: ARG005
        return lambda node, g, i: node.argument(position)  # noqa: ARG005
    return lambda node, g, i: node.params[name]  # noqa: ARG005


def derivative(primitive: Primitive[...], **rules: Callable[..., Tensor | None]) -> None:
    """Register the gradient rules of a primitive, by argument.

    Raises:
        GradientError: the primitive has no argument of this name, already has a rule for it, or names one `g` or `out`.
    """
    if clash := _RESERVED.keys() & set(primitive.arguments):
        message = f"expected arguments of {primitive.name!r} not named as rules name other things; got {sorted(clash)}"
        raise GradientError(message)
    for name, function in rules.items():
        if name not in primitive.arguments or name in primitive.rules:
            known = "already has a rule for it" if name in primitive.rules else f"has {list(primitive.arguments)}"
            message = f"expected a new rule for an argument of {primitive.name!r}; got {name!r}, and it {known}"
            raise GradientError(message)
        primitive.rules[name] = Rule(primitive, function)
    primitive.plans.clear()
