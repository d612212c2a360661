"""`Module`: what owns parameters (module 04).

A module's attributes are kept where Python keeps them, so reading one costs what it always costs; beside them, `_roles`
says which names are parameters, buffers or modules, in the order in which they came. All else follows from these two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, Self, TypeVar

from numpy.typing import DTypeLike

from tt_core.dtypes import as_dtype, float16, float32, float64
from tt_core.layers import hooks, state
from tt_core.layers.parameter import Parameter
from tt_core.layers.state import BUFFERS, LoadResult, Role
from tt_core.tensor import Tensor

if TYPE_CHECKING:
    from tt_core.autograd import RemovableHandle

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class HasForward(Protocol[P, R_co]):
    """What lets a type checker see that calling a module takes and gives what its `forward` does."""

    _hooks: hooks.Hooks | None

    def forward(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Compute the result."""


class Module:
    """The base class of all layers and models: define `forward`, assign parameters and other modules to attributes.

    Attributes:
        training: what `train()` and `eval()` set, and layers such as `Dropout` ask.

    >>> from tt_core import Tensor, nn, ones
    >>> class Scale(nn.Module):
    ...     def __init__(self) -> None:
    ...         super().__init__()
    ...         self.factor = nn.Parameter([2.0])
    ...     def forward(self, x: Tensor) -> Tensor:
    ...         return self.factor * x
    >>> Scale()(ones(3)).tolist()
    [2.0, 2.0, 2.0]
    >>> [name for name, _ in Scale().named_parameters()]
    ['factor']
    """

    training: bool
    _roles: dict[str, Role]
    _hooks: hooks.Hooks | None = None

    def __init__(self) -> None:
        self.__dict__["_roles"] = {}
        self.training = True

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the result: this is what a subclass defines, with arguments of its own choice."""
        message = f"expected {type(self).__name__} to define forward(); it does not"
        raise NotImplementedError(message)

    def __call__(self: HasForward[P, R_co], *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Compute `forward`, and the hooks around it if there are any."""
        if self._hooks is None:
            return self.forward(*args, **kwargs)
        result: R_co = hooks.call(self, self._hooks, args, kwargs)
        return result

    # What belongs to it

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; parameters and modules are registered by this.

        A `Parameter` or a `Module` goes to `_register` with its role, unless the class has a property of this name,
        which is to decide then. Under a name that has a role already, only None may come instead, and for a buffer
        another tensor. Everything else is Python's business: `super().__setattr__`.

        Raises:
            AttributeError: `super().__init__()` has not been called yet, and the value is a parameter or a module.
            TypeError: the name is a parameter's, a buffer's or a module's, and the value is something else; see
                `state.wrong_kind`.
        """
        new = Role.PARAMETER if isinstance(value, Parameter) else Role.MODULE if isinstance(value, Module) else None
        if new is not None and not isinstance(getattr(type(self), name, None), property):
            self._register(name, value, new)
            return
        role = self.__dict__.get("_roles", {}).get(name)
        if role and value is not None and not (role in BUFFERS and isinstance(value, Tensor)):
            raise state.wrong_kind(self, name, value, role)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self._roles.pop(name, None)

    def _register(self, name: str, value: Any, role: Role) -> None:
        """Put the value into `__dict__` and its role into the roles, where a name that gets another role goes last.

        Raises:
            AttributeError: `super().__init__()` has not been called yet; `state.roles_of` finds that out.
        """
        roles = state.roles_of(self)
        if roles.get(name) is not role:
            roles.pop(name, None)
            roles[name] = role
        self.__dict__[name] = value

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter by name; None keeps a place for one."""
        self._register(state.checked(self, name, param, Role.PARAMETER, Parameter), param, Role.PARAMETER)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is not learned, such as a running mean.

        For a type checker to know the attribute, declare it in the class: `mask: Tensor`.

        Args:
            name: the attribute that will hold it.
            tensor: its value; None keeps a place for one.
            persistent: whether the state dict has it.
        """
        role = Role.BUFFER if persistent else Role.TRANSIENT
        self._register(state.checked(self, name, tensor, role, Tensor), tensor, role)

    def register_module(self, name: str, module: Module | None) -> None:
        """Add a module by name; None keeps a place for one."""
        self._register(state.checked(self, name, module, Role.MODULE, Module), module, Role.MODULE)

    add_module = register_module

    # Walking through it

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Yield the parameters, shared ones once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters with their names, such as `0.weight`.

        Args:
            prefix: put before each name, with a dot.
            recurse: include those of the modules inside.
            remove_duplicate: yield a shared one only under its first name.
        """
        return state.named(self, (Role.PARAMETER,), prefix, recurse=recurse, once=remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield the buffers, shared ones once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield the buffers with their names; the arguments are those of `named_parameters`."""
        return state.named(self, BUFFERS, prefix, recurse=recurse, once=remove_duplicate)

    def children(self) -> Iterator[Module]:
        """Yield the modules directly inside, shared ones once."""
        return (child for _, child in self.named_children())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield the modules directly inside, with their names."""
        return state.named(self, (Role.MODULE,), recurse=False)

    def modules(self) -> Iterator[Module]:
        """Yield this module and all inside it, shared ones once."""
        return (module for _, module in self.named_modules())

    def named_modules(self, prefix: str = "", remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """Yield this module and all inside it with their names; its own name is `prefix`."""
        return state.named_modules(self, prefix, once=remove_duplicate)

    def get_submodule(self, target: str) -> Module:
        """Return the module of a name such as `blocks.0.norm`; the empty name is this module's own.

        Raises:
            AttributeError: there is none.
        """
        found: Module = state.find(self, target, (Role.MODULE,)) if target else self
        return found

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter of a name such as `blocks.0.norm.weight`.

        Raises:
            AttributeError: there is none.
        """
        found: Parameter = state.find(self, target, (Role.PARAMETER,))
        return found

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer of a name such as `blocks.0.norm.running_mean`.

        Raises:
            AttributeError: there is none.
        """
        found: Tensor = state.find(self, target, BUFFERS)
        return found

    # What it has learned

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """Return the parameters and persistent buffers by name; they share the module's memory.

        These are what `state.persistent` yields, in its order.

        Args:
            prefix: put before each name as it is.
            keep_vars: give the parameters themselves instead of detached tensors.
        """
        members = state.persistent(self)
        return {prefix + name: x if keep_vars else x.detach() for name, x in members}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadResult:
        """Copy values into the parameters and buffers; if one does not fit, none is changed.

        Args:
            state_dict: tensors or arrays by name, of TinyTorch, NumPy or PyTorch.
            strict: take names that are missing or unexpected as an error, instead of returning them.

        Raises:
            StateError: a shape differs, or, if strict, a name does.
        """
        return state.load(self, state_dict, strict=strict)

    # What is done to all of it

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call `fn` on every module inside and then on this one; return this one.

        The `apply` of each of `self.children()` does the same for what is inside it, and a subclass may override it.
        """
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Switch this module and all inside it to training (or not); return it.

        The own `train` of each of `self.children()` is called, so that a subclass may override it: to stay frozen, for
        example.
        """
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self) -> Self:
        """Switch to evaluation: no dropout, no new running averages; return the module."""
        return self.train(mode=False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Say for all parameters whether they are learned; return the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or set them to zero."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad = parameter.grad.detach().zero_()

    def to(self, dtype: DTypeLike | Tensor | None = None) -> Self:
        """Convert floating parameters and buffers in place; "cpu", the only device, changes nothing. Return the module.

        Raises:
            DTypeError: the type is not a floating one.
        """
        wanted = dtype.dtype if isinstance(dtype, Tensor) else dtype
        if wanted is not None and not (isinstance(wanted, str) and wanted == "cpu"):
            state.convert(self, as_dtype(wanted))
        return self

    def float(self) -> Self:
        """Convert to float32, in place."""
        return self.to(float32)

    def double(self) -> Self:
        """Convert to float64, in place."""
        return self.to(float64)

    def half(self) -> Self:
        """Convert to float16, in place."""
        return self.to(float16)

    # Who looks on

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before `forward`; what it returns, if anything, are the arguments instead.

        Args:
            hook: it returns None, one argument, or a tuple of all.
            prepend: call it before the hooks that are there, not after them.
            with_kwargs: call `hook(module, args, kwargs)`; it returns None or (args, kwargs).
        """
        return hooks.of(self).add("before", hook, prepend=prepend, with_kwargs=with_kwargs)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after `forward`; what it returns, if anything, is the output instead.

        Args:
            hook: what to call.
            prepend: call it before the hooks that are there, not after them.
            with_kwargs: call `hook(module, args, kwargs, output)`.
        """
        return hooks.of(self).add("after", hook, prepend=prepend, with_kwargs=with_kwargs)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` once the gradients of the module's inputs are known.

        Both are tuples with None for what has no gradient. What the hook returns, if anything, are the gradients of the
        inputs instead. Only tensors among the positional arguments count, and an output that is one or a tuple of them.
        """
        return hooks.of(self).add("backward", hook, prepend=prepend)

    # How it looks

    def extra_repr(self) -> str:
        """Return what `repr` says about this module besides the modules inside it."""
        return ""

    def __repr__(self) -> str:
        """Return the tree of modules, as PyTorch draws it."""
        children = [f"({name}): {child!r}" for name, child in state.own(self, Role.MODULE)]
        return self._tree(children)

    def _tree(self, children: list[str]) -> str:
        extra = self.extra_repr()
        if not children and "\n" not in extra:
            return f"{type(self).__name__}({extra})"
        lines = [*(extra.split("\n") if extra else []), *children]
        return f"{type(self).__name__}(\n  " + "\n".join(lines).replace("\n", "\n  ") + "\n)"
