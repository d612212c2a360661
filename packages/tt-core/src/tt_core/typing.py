"""Shapes as words in signatures, held against real arrays when `TT_CHECK_SHAPES=1`.

    from tt_core.typing import Float, shaped

    @shaped
    def linear(x: Float[Tensor, "*batch n"], weight: Float[Tensor, "m n"]) -> Float[Tensor, "*batch m"]: ...

The words are jaxtyping's: `n` is one size and the same wherever it stands in the call, `*batch` any number of sizes,
`#n` may be 1 instead, `_` and `...` are not compared, `3` is 3, `{self.width}` what it is at the call. At most one word
has a star. A lone word gets a space, `" n"`, `" ..."`: linters would take it for code. `Float` is a type of elements,
`Shaped` is any. A type checker sees `Tensor`.

Importing jaxtyping takes as long as importing NumPy, so at run time that is left to test suites and learners' checks.
Otherwise `shaped` returns the function itself, and calls cost what they cost without it.

Source: https://docs.kidger.site/jaxtyping/api/array/
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
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

    @cached_property
    def scoped(self) -> Callable[..., tuple[Any, Exception | None]]:
        """What `attempt` is within a call of the function: there a word is one size, and braces know the arguments."""
        from jaxtyping import jaxtyped  # noqa: PLC0415 - only when shapes are checked

        return jaxtyped(typechecker=None)(wraps(self.function)(lambda *args, **kwargs: self.attempt(args, kwargs)))

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function and check."""
        result, error = self.scoped(*args, **kwargs)
        if error is not None:
            raise error
        return result

    def attempt(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Exception | None]:
        """Return the result and what is wrong; to an error of TinyTorch's own, what we know becomes a note."""
        arguments = self.signature.bind(*args, **kwargs).arguments
        given = list(self.named(arguments))
        wrong = self.check(given, arguments)
        try:
            result = self.function(*args, **kwargs)
        except TinyTorchError as error:
            if wrong is not None:
                error.add_note(str(wrong))
            return None, error
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            if wrong is not None:
                wrong.__cause__ = error
            return None, wrong or error
        return result, wrong or self.check([*given, ("return", result)], arguments)

    def named(self, arguments: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield each argument that has a shape, with its name; those of `*args` one by one."""
        for name, value in arguments.items():
            if name in self.hints:
                several = self.signature.parameters[name].kind.name == "VAR_POSITIONAL"
                yield from ((name, x) for x in value) if several else ((name, value),)

    def check(self, named: Sequence[tuple[str, Any]], arguments: dict[str, Any]) -> TinyTorchError | None:
        """Return what is wrong with the first value that does not fit its own words and those before it."""
        from beartype.door import is_bearable  # noqa: PLC0415 - only when shapes are checked

        for i, (name, value) in enumerate(named):
            if not is_bearable(value, self.hints.get(name, Any)):
                words = str(self.function.__annotations__[name]).format(**arguments)
                return self.explain(name, words, value, named[:i])
        return None

    def explain(self, name: str, words: str, value: Any, before: Sequence[tuple[str, Any]]) -> TinyTorchError:
        """Return the error that names function, argument, the words, and what came instead."""
        what = "result" if name == "return" else f"argument {name!r}"
        beside = ", ".join(f"{other} {_describe(x)}" for other, x in before)
        context = f" beside {beside}" if beside else ""
        message = f"expected {what} of {self.function.__qualname__} to be {words}; got {_describe(value)}{context}"
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
