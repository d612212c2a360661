"""The table of operators × backends.

A `Primitive` is a row: a name, one kernel per backend, one gradient rule per argument. A `Backend` is a column: a name,
and a parent from which it takes the kernels that it lacks. Which column is in use is chosen by `use_backend` (for a
block), `set_backend` (for the process) or the environment variable `TT_BACKEND`; `auto`, the default, takes the fastest
there is.

The NumPy kernel of a primitive defines it and fixes its signature: arrays are positional, settings are keyword-only.

    @primitive
    def matmul(x: Array, y: Array) -> Array:
        return np.matmul(x, y)

    @matmul.kernel(NAIVE)
    def matmul_naive(x: Array, y: Array) -> Array: ...   # three loops

Source: PyTorch's dispatcher, https://blog.ezyang.com/2020/09/lets-talk-about-the-pytorch-dispatcher/
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Any, Generic, ParamSpec, overload

from tt_core.dtypes import Array
from tt_core.errors import BackendError

P = ParamSpec("P")
Kernel = Callable[..., Array]

_VARIADIC = 0x04  # CO_VARARGS of a code object: `inspect`, which knows it by name, is slow to import


class Backend:
    """One column of the table.

    Args:
        name: what `use_backend` calls it.
        parent: where kernels come from that this backend does not have.
        speed: `auto` takes the backend of the highest; NumPy's is 0, and a negative one is never taken by itself.
        modules: what to import before the first kernel is looked up; importing them registers the kernels.

    A subclass that overrides `find` sees every kernel on its way out, and can wrap it: to count, to time, to trace.
    """

    def __init__(
        self, name: str, parent: Backend | None = None, speed: int = -1, modules: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        self.parent = parent
        self.speed = speed
        self.modules = modules

    def add_modules(self, *modules: str) -> None:
        """Name more modules to import before the first kernel is looked up, with a package's own kernels."""
        self.modules += tuple(name for name in modules if name not in self.modules)

    def find(self, primitive: Primitive[...]) -> Kernel:
        """Return the kernel that this backend uses for `primitive`: its own, or else the one that its parent uses.

        The backend's `modules` are imported before its kernels are looked at: importing them is what registers kernels.
        What is registered stands in `primitive.kernels`, by backend.

        Raises:
            BackendError: neither the backend nor any of its parents has one; the primitive and the last parent asked
                are named.
        """
        for module in self.modules:  # each time: the import lock makes a second thread wait for the first
            import_module(module)
        kernel = primitive.kernels.get(self)
        if kernel is not None:
            return kernel
        if self.parent is None:
            message = f"expected a kernel for {primitive.name!r}; backend {self.name!r} and its parents have none"
            raise BackendError(message)
        return self.parent.find(primitive)

    def __repr__(self) -> str:
        return f"Backend({self.name!r}, parent={self.parent.name if self.parent else None!r})"


class Primitive(Generic[P]):
    """One row of the table: an operation on arrays, with kernels and gradient rules.

    Args:
        kernel: the NumPy kernel, which defines the operation.
        name: its name, the kernel's own unless given.
        differentiable: False if the result never has a gradient (comparisons, positions).
        view: True if the result may share its memory with the first input; such a row has one kernel for all backends.
    """

    __slots__ = (
        "arguments",
        "chosen",
        "differentiable",
        "doc",
        "kernels",
        "name",
        "plans",
        "rules",
        "variadic",
        "view",
    )

    def __init__(
        self,
        kernel: Callable[P, Array],
        *,
        name: str = "",
        arity: int = 0,
        differentiable: bool = True,
        view: bool = False,
    ) -> None:
        self.name = name or kernel.__name__
        self.doc = kernel.__doc__ or ""
        self.arguments, self.variadic = _arguments(kernel, arity)
        self.differentiable = differentiable
        self.view = view
        self.kernels: dict[Backend, Kernel] = {NUMPY: kernel}
        self.chosen: dict[Backend, Kernel] = {}
        self.rules: dict[str, Any] = {}
        self.plans: dict[Any, Any] = {}
        REGISTRY.primitives[self.name] = self

    def kernel(self, backend: Backend) -> Callable[[Callable[P, Array]], Callable[P, Array]]:
        """Register a kernel of this primitive with `backend`: a decorator; the signature must be the NumPy kernel's."""

        def register(kernel: Callable[P, Array]) -> Callable[P, Array]:
            self.kernels[backend] = kernel
            self.chosen.clear()
            return kernel

        return register

    def choose(self, backend: Backend) -> Kernel:
        """Return `backend`'s kernel, found once and then remembered."""
        kernel = self.chosen[backend] = backend.find(self)
        return kernel

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Array:
        """Compute on arrays with the active backend; nothing is recorded."""
        backend = active_backend()
        return (self.chosen.get(backend) or self.choose(backend))(*args, **kwargs)

    def __repr__(self) -> str:
        return f"Primitive({self.name!r})"


def _arguments(kernel: Callable[..., Array], arity: int) -> tuple[tuple[str, ...], bool]:
    """Return the names of the positional arguments, and whether the last stands for any number of arrays."""
    while hasattr(kernel, "__wrapped__"):
        kernel = kernel.__wrapped__
    code = getattr(kernel, "__code__", None)
    if arity or code is None:  # a NumPy ufunc tells no names
        return ("x", "y", "z")[: arity or 1], False
    variadic = bool(code.co_flags & _VARIADIC)
    names = code.co_varnames[: code.co_argcount]
    if variadic:
        names += (code.co_varnames[code.co_argcount + code.co_kwonlyargcount],)
    return names, variadic


class Registry:
    """What there is: primitives and backends by name, and the process's default backend."""

    def __init__(self) -> None:
        self.primitives: dict[str, Primitive[...]] = {}
        self.backends: dict[str, Backend] = {}
        self.default: Backend | None = None
        self.broken: dict[str, Exception] = {}
        self.discovered = False

    def discover(self) -> None:
        """Load the backends that installed packages announce in the entry-point group `tt.backends`, once."""
        if self.discovered:
            return
        self.discovered = True
        from importlib.metadata import entry_points  # noqa: PLC0415 - 20 ms that `import tt_core` does not pay

        for entry in entry_points(group="tt.backends"):
            try:
                register_backend(entry.load())
            except Exception as error:  # noqa: BLE001 - whatever a plug-in does, the others must still be found
                self.broken[entry.name] = error
                warnings.warn(f"backend {entry.name!r} could not be loaded: {error!r}", RuntimeWarning, stacklevel=2)


REGISTRY = Registry()
NUMPY = Backend("numpy", speed=0)
NAIVE = Backend("naive", parent=NUMPY, modules=("tt_core.naive",))
_active: ContextVar[Backend | None] = ContextVar("tt_backend", default=None)


def register_backend(backend: Backend) -> Backend:
    """Make `backend` known by its name.

    Raises:
        BackendError: another backend has this name.
    """
    if REGISTRY.backends.setdefault(backend.name, backend) is not backend:
        message = f"expected a new name for a backend; {backend.name!r} is taken"
        raise BackendError(message)
    return backend


register_backend(NUMPY)
register_backend(NAIVE)


def available_backends() -> list[str]:
    """Return the names of all backends that can be used here, sorted.

    >>> {"naive", "numpy"} <= set(available_backends())
    True
    """
    REGISTRY.discover()
    return sorted(REGISTRY.backends)


def get_backend(name: str) -> Backend:
    """Return the backend of this name; `auto` is the fastest.

    Raises:
        BackendError: there is none, with the names that there are.
    """
    if name not in REGISTRY.backends:
        REGISTRY.discover()
    if name == "auto":
        return max(REGISTRY.backends.values(), key=lambda b: b.speed)
    if name not in REGISTRY.backends:
        why = f" ({name!r} is installed but broken: {REGISTRY.broken[name]!r})" if name in REGISTRY.broken else ""
        message = f"expected a backend out of {['auto', *sorted(REGISTRY.backends)]}; got {name!r}{why}"
        raise BackendError(message)
    return REGISTRY.backends[name]


def set_backend(name: str | Backend) -> None:
    """Use this backend in the whole process, wherever no `use_backend` block says otherwise."""
    REGISTRY.default = get_backend(name) if isinstance(name, str) else name


@contextmanager
def use_backend(name: str | Backend) -> Iterator[Backend]:
    """Use this backend inside a `with` block (or, as a decorator, inside a function).

    >>> with use_backend("naive") as backend:
    ...     backend.name
    'naive'
    """
    backend = get_backend(name) if isinstance(name, str) else name
    token = _active.set(backend)
    try:
        yield backend
    finally:
        _active.reset(token)


def active_backend() -> Backend:
    """Return the backend that the next operation will use."""
    backend = _active.get() or REGISTRY.default
    if backend is None:
        backend = REGISTRY.default = get_backend(os.environ.get("TT_BACKEND") or "auto")
    return backend


@overload
def primitive(kernel: Callable[P, Array], /) -> Primitive[P]: ...
@overload
def primitive(*, differentiable: bool = True, view: bool = False) -> Callable[[Callable[P, Array]], Primitive[P]]: ...
def primitive(kernel: Callable[P, Array] | None = None, /, *, differentiable: bool = True, view: bool = False) -> Any:
    """Make a primitive of a NumPy kernel: a decorator, with or without flags (see `Primitive`)."""
    if kernel is None:
        return lambda kernel: Primitive(kernel, differentiable=differentiable, view=view)
    return Primitive(kernel)
