"""Functions that look on while a module computes; a module without any pays nothing for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from tt_core.autograd import RemovableHandle
from tt_core.function import Function
from tt_core.tensor import Tensor

if TYPE_CHECKING:
    from tt_core.layers.module import Module

Gradients = tuple[Tensor | None, ...]


class Hook(NamedTuple):
    """A function to call, and whether it wants to see keyword arguments."""

    function: Callable[..., Any]
    with_kwargs: bool


class Hooks:
    """The hooks of one module, in the order in which they are called."""

    def __init__(self) -> None:
        self.before: dict[int, Hook] = {}
        self.after: dict[int, Hook] = {}
        self.backward: dict[int, Hook] = {}

    def add(
        self,
        when: Literal["before", "after", "backward"],
        function: Callable[..., Any],
        *,
        prepend: bool,
        with_kwargs: bool = False,
    ) -> RemovableHandle:
        """Add a hook, at the end or the beginning; return what takes it away again."""
        hooks: dict[int, Hook] = getattr(self, when)
        others = list(hooks.items())
        handle = RemovableHandle(hooks).add(Hook(function, with_kwargs))
        if prepend:
            for key, hook in others:
                del hooks[key]
                hooks[key] = hook
        return handle


def of(module: Module) -> Hooks:
    """Return the module's hooks, made on first use."""
    if module._hooks is None:  # noqa: SLF001 - its other half
        module._hooks = Hooks()  # noqa: SLF001
    return module._hooks  # noqa: SLF001


def call(module: Any, hooks: Hooks, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Compute `module.forward`, with the hooks before, around and after it."""
    for hook in list(hooks.before.values()):
        args, kwargs = _before(module, hook, args, kwargs)
    watch = _Watch(module, [hook.function for hook in hooks.backward.values()]) if hooks.backward else None
    if watch is not None:
        args = watch.enter(args)
    output = module.forward(*args, **kwargs)
    for hook in list(hooks.after.values()):
        replaced = hook.function(module, args, *([kwargs] if hook.with_kwargs else []), output)
        output = output if replaced is None else replaced
    return output if watch is None else watch.leave(output)


def _before(module: Any, hook: Hook, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    if hook.with_kwargs:
        return hook.function(module, args, kwargs) or (args, kwargs)
    replaced = hook.function(module, args)
    if replaced is None:
        return args, kwargs
    return replaced if isinstance(replaced, tuple) else (replaced,), kwargs


class _Passage(Function):
    """Tensors on their way in or out of a module; their gradients are shown, all at once, on the way back."""

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        """Let the tensors pass."""
        ctx.show, *tensors = args
        return tuple([x.view_as(x) for x in tensors])

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """Show the gradients, and pass on what comes back."""
        return None, *ctx.show(grad_outputs)


class _Watch:
    """One call of a module whose gradients somebody wants to see."""

    def __init__(self, module: Any, functions: list[Callable[..., Any]]) -> None:
        self.module = module
        self.functions = functions
        self.needed: list[bool] = []
        self.grad_output: Gradients = ()

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.needed = [isinstance(x, Tensor) and x.requires_grad for x in args]
        return tuple(_through(self.at_inputs, args))

    def leave(self, output: Any) -> Any:
        passed = _through(self.at_outputs, output if isinstance(output, tuple) else (output,))
        return tuple(passed) if isinstance(output, tuple) else passed[0]

    def at_outputs(self, gradients: Gradients) -> Gradients:
        self.grad_output = gradients
        if not any(self.needed):
            self._show((None,) * len(self.needed))
        return gradients

    def at_inputs(self, gradients: Gradients) -> Gradients:
        return self._show(gradients)

    def _show(self, grad_input: Gradients) -> Gradients:
        for function in self.functions:
            replaced = function(self.module, grad_input, self.grad_output)
            if replaced is not None:
                grad_input = replaced if isinstance(replaced, tuple) else (replaced,)
        return grad_input


def _through(show: Callable[[Gradients], Gradients], values: Sequence[Any]) -> list[Any]:
    """Return the values with every tensor sent through a passage that shows gradients, None for what has none."""
    places = [i for i, x in enumerate(values) if isinstance(x, Tensor)]
    needed = [i for i in places if values[i].requires_grad]

    def shown(gradients: Gradients) -> list[Tensor | None]:
        known = dict(zip(places, gradients, strict=True))
        result = show(tuple([known[i] if i in needed else None for i in range(len(values))]))
        return [result[i] for i in places]

    passed = _Passage.apply(shown, *[values[i] for i in places])
    known = dict(zip(places, passed, strict=True))
    return [known.get(i, x) for i, x in enumerate(values)]
