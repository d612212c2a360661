"""Shapes as words in signatures, held against real arrays when `TT_CHECK_SHAPES=1`.

    from tt_core.typing import Float, shaped

    @shaped
    def linear(x: Float[Tensor, "*batch n"], weight: Float[Tensor, "m n"]) -> Float[Tensor, "*batch m"]: ...

The words are jaxtyping's: `n` is one size and the same wherever it stands in the call, `*batch` any number of sizes,
`#n` may be 1 instead, `_` and `...` are not compared, `3` is 3. A lone word gets a space, `" n"`, `" ..."`:
linters would take it for code. `Float` is a type of elements, `Shaped` is any. A type checker sees `Tensor`.

Importing jaxtyping takes as long as importing NumPy, so at run time that is left to test suites and learners' checks.
Otherwise `shaped` returns the function itself, and calls cost what they cost without it.

Source: https://docs.kidger.site/jaxtyping/api/array/
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

from tt_core.errors import DTypeError, ShapeError, TinyTorchError

if TYPE_CHECKING:
    from inspect import Signature

__all__ = ["CHECKING", "Bool", "Float", "Int", "Integer", "Num", "Shaped", "UInt", "check_shapes", "shaped"]

CHECKING = os.environ.get("TT_CHECK_SHAPES") == "1"
F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING or CHECKING:
    try:
        import beartype as _beartype  # noqa: F401 - missing, it is missed here and not in the first call
        from jaxtyping import Bool, Float, Int, Integer, Num, Shaped, UInt
    except ImportError as error:
        message = f"expected beartype and jaxtyping because TT_CHECK_SHAPES is 1; got {error}: install them or unset it"
        raise ImportError(message) from error
else:

    class Shaped:
        """What a shape in a signature is while nobody checks it: the array's type."""

        def __class_getitem__(cls, item: tuple[Any, str]) -> Any:
            return item[0]

    Bool = Float = Int = Integer = Num = UInt = Shaped


def shaped(function: F) -> F:
    """Hold the arguments and the result of each call against the shapes in the signature if `TT_CHECK_SHAPES=1`.

    Raises:
        ShapeError, DTypeError: at a call that does not fit.
    """
    return check_shapes(function) if CHECKING else function


def check_shapes(function: F) -> F:
    """Do as `shaped` does, whatever `TT_CHECK_SHAPES` says. Importing jaxtyping is left to the first call."""
    signature = _Signature(function)

    @wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        return signature.call(args, kwargs)

    return checked  # type: ignore[return-value]  # it has the signature of `function`


class _Signature:
    """A function, and what its annotations say; they are read at the first call, when all modules are there."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    @cached_property
    def signature(self) -> Signature:
        """What gives each argument its name."""
        from inspect import signature  # noqa: PLC0415 - slow to import, and not needed unless shapes are checked

        return signature(self.function)

    @cached_property
    def hints(self) -> dict[str, Any]:
        """The annotations with a shape in them, by argument, and the result's as "return"."""
        names = {"Tensor": import_module("tt_core.tensor").Tensor}  # it lies above most of what is annotated
        hints = get_type_hints(self.function, localns=names)
        return {name: hint for name, hint in hints.items() if any(_words_in(hint))}

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function and check; if it raises an error of TinyTorch's, ours becomes a note to that one."""
        from jaxtyping import jaxtyped  # noqa: PLC0415 - only when shapes are checked

        with jaxtyped("context"):
            wrong = self.check(self.named(args, kwargs))
            try:
                result = self.function(*args, **kwargs)
            except (ArithmeticError, AttributeError, LookupError, TinyTorchError, TypeError, ValueError) as error:
                if wrong is not None and not isinstance(error, TinyTorchError):
                    raise wrong from error
                if wrong is not None:
                    error.add_note(str(wrong))
                raise
            wrong = wrong or self.check([*self.named(args, kwargs), ("return", result)])
        if wrong is not None:
            raise wrong
        return result

    def named(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield each argument that has a shape, with its name; those of `*args` one by one."""
        for name, value in self.signature.bind(*args, **kwargs).arguments.items():
            if name in self.hints:
                several = self.signature.parameters[name].kind.name == "VAR_POSITIONAL"
                yield from ((name, x) for x in value) if several else ((name, value),)

    def check(self, named: Iterable[tuple[str, Any]]) -> TinyTorchError | None:
        """Return what is wrong with the first value that does not fit its own words and those before it."""
        from beartype.door import is_bearable  # noqa: PLC0415 - only when shapes are checked

        beside: list[str] = []
        for name, value in named:
            hint = self.hints.get(name, Any)
            if not is_bearable(value, hint):
                return self.explain(name, value, beside)
            beside.append(f"{name} {_describe(value)}")
        return None

    def explain(self, name: str, value: Any, beside: list[str]) -> TinyTorchError:
        """Return the error that names function, argument, the words, and what came instead."""
        what = "result" if name == "return" else f"argument {name!r}"
        words = self.function.__annotations__[name]
        context = f" beside {', '.join(beside)}" if beside else ""
        message = f"expected {what} of {self.function.__name__} to be {words}; got {_describe(value)}{context}"
        kinds = tuple(word.dtype[word.array_type, "..."] for word in _words_in(self.hints[name]))
        arrays = value if isinstance(value, tuple) else (value,)
        return ShapeError(message) if all(isinstance(x, kinds) for x in arrays) else DTypeError(message)


def _words_in(hint: Any) -> Iterator[Any]:
    """Yield the arrays with shapes in an annotation, however deep in unions and tuples."""
    if hasattr(hint, "dim_str"):
        yield hint
    for part in get_args(hint):
        yield from _words_in(part)


def _describe(value: Any) -> str:
    """Return the type of the elements and the shape; of several results, those of each."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_describe, value))})"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"{value.dtype.name}{list(value.shape)}"
    return "None" if value is None else type(value).__name__
