"""What is done with your code in lesson 04."""

from itertools import pairwise
from typing import Any

import numpy as np

import tt_core as tt
from tt_core import functional as F
from tt_core import initializers, nn
from tt_core.layers import state
from tt_core.milestones import perceptron
from tt_core.naive import layers as loops


class Net(nn.Module):
    """A module with one of each kind."""

    def __init__(self) -> None:
        self.note = "set before super().__init__()"
        super().__init__()
        self.weight = nn.Parameter([1.0, 2.0])
        self.inner = nn.Module()
        self.inner.scale = nn.Parameter([3.0])
        self.bias = nn.Parameter([4.0, 5.0, 6.0])
        self.scratch = tt.tensor([7.0])


class Early(nn.Module):
    """A module that forgets super().__init__()."""

    def __init__(self) -> None:
        self.weight = nn.Parameter([1.0])


class Guarded(nn.Module):
    """A module with a property that takes parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[list[float]] = []

    @property
    def scale(self) -> Any:
        return None

    @scale.setter
    def scale(self, value: Any) -> None:
        self.taken.append(value.tolist())


def roles(module: nn.Module) -> list[list[str]]:
    """Return the registered names with their roles, in order."""
    return [[name, role.value] for name, role in vars(module)["_roles"].items()]


def registered() -> Any:
    """Make a module and tell what is registered, and what its attributes are."""
    net = Net()
    return {
        "roles": roles(net),
        "weight": net.weight.data.copy(),
        "note": net.note,
        "scratch": net.scratch.data.copy(),
        "in __dict__": sorted(set(vars(net)) & {"weight", "inner", "bias", "scratch", "note"}),
    }


def reassigned(order: list[str]) -> Any:
    """Assign parameters ("p"), modules ("m") and None ("-") to names, as "a=p" says; return the roles."""
    made: dict[str, Any] = {"p": lambda: nn.Parameter([1.0]), "m": nn.Module, "-": lambda: None}
    net = nn.Module()
    for each in order:
        name, _, kind = each.partition("=")
        setattr(net, name, made[kind]())
    return roles(net)


def refused(before: str, after: str) -> Any:
    """Give the attribute `spot` one kind of value and then another; return the names with roles."""
    made: dict[str, Any] = {
        "parameter": lambda: nn.Parameter([1.0]),
        "module": nn.Module,
        "tensor": lambda: tt.ones(1),
        "number": lambda: 3.0,
    }
    net = nn.Module()
    if before == "buffer":
        net.register_buffer("spot", tt.zeros(2))
    else:
        net.spot = made[before]()
    net.spot = made[after]()
    return roles(net)


def early() -> Any:
    """Assign a parameter before super().__init__()."""
    return roles(Early())


def guarded() -> Any:
    """Assign a parameter to a property."""
    net = Guarded()
    net.scale = nn.Parameter([2.0, 3.0])
    return {"the property got": net.taken, "roles": roles(net)}


class Box(nn.Module):
    """A module for others to be put into."""

    w: nn.Parameter
    inside: nn.Module


def tree(shared: bool = True, empty: bool = True) -> nn.Module:
    """Return a module with modules inside it: if asked to, one of them in two places, and places that are empty."""
    leaf, left, right, root = Box(), Box(), Box(), Box()
    leaf.w = nn.Parameter([1.0])
    left.w = nn.Parameter([2.0])
    left.leaf = leaf
    other = leaf if shared else Box()
    other.w = leaf.w if shared else nn.Parameter([1.0])
    right.leaf = other
    if empty:
        right.register_parameter("nothing", None)
        root.register_module("empty", None)
    right.v = nn.Parameter([3.0])
    root.left = left
    root.right = right
    root.tied = left.w if shared else nn.Parameter([2.0])
    return root


def module_names(prefix: str, once: bool, shared: bool = True, empty: bool = True) -> Any:
    """Return the names of all modules of the tree."""
    return [name for name, _ in tree(shared, empty).named_modules(prefix=prefix, remove_duplicate=once)]


def parameter_names(prefix: str, recurse: bool, once: bool, shared: bool = True, empty: bool = True) -> Any:
    """Return the names and numbers of all parameters of the tree."""
    found = tree(shared, empty).named_parameters(prefix=prefix, recurse=recurse, remove_duplicate=once)
    return [[name, p.tolist()] for name, p in found]


def walked(parents: list[int]) -> dict[str, list[str]]:
    """Put each new module, named m1, m2, …, into one that is there; return the names of all and of their parameters."""
    boxes = [Box() for _ in range(len(parents) + 1)]
    for box in boxes:
        box.w = nn.Parameter([1.0])
    for number, parent in enumerate(parents, start=1):
        setattr(boxes[parent], f"m{number}", boxes[number])
    root = boxes[0]
    return {
        "modules": [name for name, _ in root.named_modules()],
        "parameters": [name for name, _ in root.named_parameters()],
    }


def equal_parameters() -> Any:
    """Return the names of two parameters that are equal but not one."""
    net = nn.Module()
    net.a, net.b = nn.Parameter([1.0]), nn.Parameter([1.0])
    return [name for name, _ in net.named_parameters()]


class Frozen(nn.Module):
    """A module that never trains."""

    def train(self, mode: bool = True) -> Any:  # noqa: ARG002 - it stays as it is
        """Stay as it is."""
        self.training = False
        return self


def switched(modes: list[bool]) -> Any:
    """Switch a tree with a frozen module to each mode in turn; return all flags, by name."""
    root = tree()
    root.frozen = Frozen()
    for mode in modes:
        returned = root.train(mode)
    flags = {name or "root": module.training for name, module in returned.named_modules()}
    return {"flags": flags, "returns itself": returned is root}


def evaluated() -> Any:
    """Call eval() on a module in a module in a module."""
    boxes = [Box() for _ in range(4)]
    for outer, inner in pairwise(boxes):
        outer.inside = inner
    boxes[0].eval()
    return [box.training for box in boxes]


def applied() -> Any:
    """Return the order in which apply() calls a function, and whether it returns the module."""
    root, order = tree(), list[str]()
    names = {id(module): name or "root" for name, module in root.named_modules()}
    returned = root.apply(lambda module: order.append(names[id(module)]))
    return {"order": order, "returns itself": returned is root}


class Stateful(nn.Module):
    """A module with a buffer; if asked to, with a transient one, and with what has two names."""

    def __init__(self, transient: bool = True, shared: bool = True) -> None:
        super().__init__()
        self.register_buffer("mean", tt.tensor([0.5]))
        if transient:
            self.register_buffer("scratch", tt.tensor([9.0]), persistent=False)
        self.weight = nn.Parameter([1.0, 2.0])
        self.inner = nn.Module()
        self.inner.scale = nn.Parameter([3.0])
        if shared:
            self.tied = self.weight
            self.again = self.inner


def state_names(prefix: str, transient: bool = True, shared: bool = True) -> Any:
    """Return the state dict as a list of names and numbers."""
    return [[name, x.tolist()] for name, x in Stateful(transient, shared).state_dict(prefix=prefix).items()]


def state_shares(keep_vars: bool) -> Any:
    """Write 100 through the state dict; return the module's weight, and whether the dict's tensor is learned."""
    net = Stateful()
    found = net.state_dict(keep_vars=keep_vars)["weight"]
    found.data[0] = 100.0
    return {"weight": net.weight.data.copy(), "requires_grad": found.requires_grad}


def loaded(values: dict[str, Any], strict: bool) -> Any:
    """Load values into a module; return its old tensors, and the names that did not fit."""
    net = Net()
    held = dict(net.named_parameters())
    missing, unexpected = net.load_state_dict(values, strict=strict)
    return {
        "held": {name: p.data.copy() for name, p in held.items()},
        "requires_grad": [p.requires_grad for p in held.values()],
        "missing": list(missing),
        "unexpected": list(unexpected),
    }


def loaded_and_changed(values: dict[str, Any]) -> Any:
    """Load arrays, overwrite the arrays, and return the module's weight."""
    net = Net()
    net.load_state_dict(values)
    for array in values.values():
        array[...] = -1
    return net.weight.data.copy()


def misfit(values: dict[str, Any]) -> Any:
    """Try to load what does not fit; return the error's name and message, and the weight afterwards."""
    net = Net()
    try:
        net.load_state_dict(values)
    except tt.TinyTorchError as error:
        name, message = type(error).__name__, str(error)
    else:
        name, message = "no error", ""
    named = [each for each in (*values, "inner.scale", "bias") if repr(each) in message]
    return {"error": name, "names it": sorted(set(named)), "weight": net.weight.data.copy()}


def fans(shape: list[int]) -> Any:
    """Call your function with a tensor of this shape."""
    return list(initializers.fans(tt.zeros(*shape)))


def kaiming_std(shape: list[int], a: float, mode: Any, nonlinearity: str) -> Any:
    """Call your function with a tensor of this shape."""
    return float(initializers._kaiming_std(tt.zeros(*shape), a, mode, nonlinearity))


def filled(name: str, shape: list[int], seed: int, **settings: Any) -> Any:
    """Fill a tensor twice from one generator, and once more with the same seed."""
    generator = tt.Generator().manual_seed(seed)
    fill = getattr(initializers, name)
    x = tt.zeros(*shape)
    returned = fill(x, generator=generator, **settings)
    first = x.data.copy()
    fill(x, generator=generator, **settings)
    again = tt.zeros(*shape)
    fill(again, generator=tt.Generator().manual_seed(seed), **settings)
    return {"first": first, "second": x.data.copy(), "again": again.data, "returns the tensor": returned is x}


def linear(x: Any, weight: Any, bias: Any) -> Any:
    """Call your kernel, and tell the element type and the inputs afterwards."""
    out = loops.linear(x, weight, bias)
    return {"type": str(out.dtype), "out": out, "x afterwards": x, "weight afterwards": weight}


def linear_of_tensors(x: Any, weight: Any, bias: Any) -> Any:
    """Call tt_core.functional.linear on your loops."""
    with tt.use_backend("naive"):
        return F.linear(tt.tensor(x), tt.tensor(weight), tt.tensor(bias))


def layer(inputs: int, outputs: int, bias: bool, dtype: str) -> Any:
    """Make a Linear; tell its parameters with shapes and types, its bias, and how it looks."""
    made = nn.Linear(inputs, outputs, bias=bias, dtype=dtype)
    return {
        "parameters": [[name, list(p.shape), str(p.data.dtype)] for name, p in made.named_parameters()],
        "has no bias": made.bias is None,
        "sizes": [made.in_features, made.out_features],
        "repr": repr(made),
    }


def plain_bias() -> list[list[str]]:
    """Put a plain tensor in the place of the bias that a layer was made without; return the names with roles."""
    made, name = nn.Linear(2, 3, bias=False), "bias"
    setattr(made, name, tt.zeros(3))
    return roles(made)


def first_values(inputs: int, outputs: int, seed: int) -> Any:
    """Make two Linears from one seed, and draw the second anew."""
    one = nn.Linear(inputs, outputs, generator=tt.Generator().manual_seed(seed))
    two = nn.Linear(inputs, outputs, generator=tt.Generator().manual_seed(seed))
    found = {"weight": one.weight.data.copy(), "bias": vars(one)["bias"].data.copy(), "again": two.weight.data.copy()}
    two.reset_parameters()
    return {**found, "drawn anew": two.weight.data.copy()}


def layer_forward(x: Any, weight: Any, bias: Any) -> Any:
    """Give a Linear these parameters and call it."""
    made = nn.Linear(weight.shape[1], weight.shape[0], dtype="float64")
    made.requires_grad_(False)
    made.weight.copy_(tt.tensor(weight))
    vars(made)["bias"].copy_(tt.tensor(bias))
    return made(tt.tensor(x))


class Add(nn.Module):
    """x + what it is given."""

    def __init__(self, what: float) -> None:
        super().__init__()
        self.what = what

    def forward(self, x: Any) -> Any:
        """Return the sum."""
        return x + self.what


class Double(nn.Module):
    """2 x."""

    def forward(self, x: Any) -> Any:
        """Return the double."""
        return 2 * x


def chain(x: Any, steps: list[str], named: bool) -> Any:
    """Send x through a Sequential of "double" and numbers to add; return the result and the names."""
    modules = [Double() if step == "double" else Add(float(step)) for step in steps]
    made = nn.Sequential({f"step{i}": m for i, m in enumerate(modules)}) if named else nn.Sequential(*modules)
    return {"out": made(tt.tensor(x)), "names": [name for name, _ in made.named_children()]}


def chain_of_one_twice(x: Any) -> Any:
    """Put the same module into a chain twice."""
    double = Double()
    return nn.Sequential(double, double)(tt.tensor(x))


def chain_hooks() -> Any:
    """Count how often the hooks of the modules in a chain run."""
    seen = list[str]()
    made = nn.Sequential(Double(), Add(1.0))
    for module in made:
        module.register_forward_hook(lambda module, args, out: seen.append(type(module).__name__))
    made(tt.ones(1))
    return seen


def chain_of_a_function() -> Any:
    """Put a function, which is no module, into a chain."""
    return len(nn.Sequential(Double(), abs))  # type: ignore[arg-type]  # which is the question


def dropped(x: Any, p: float, training: bool, seed: int) -> Any:
    """Call dropout twice on one generator, and once more with the same seed; tell the type and x afterwards."""
    generator = tt.Generator().manual_seed(seed)
    tensor = tt.tensor(x)
    first = F.dropout(tensor, p, training, generator=generator)
    second = F.dropout(tensor, p, training, generator=generator)
    again = F.dropout(tensor, p, training, generator=tt.Generator().manual_seed(seed))
    return {
        "first": first.data.copy(),
        "second": second.data.copy(),
        "again": again.data.copy(),
        "type": str(first.data.dtype),
        "x afterwards": tensor.data.copy(),
    }


def dropped_and_learned(x: Any, p: float) -> dict[str, bool]:
    """Call dropout with a tensor that requires a gradient; tell whether the result does."""
    tensor = tt.tensor(x, requires_grad=True)
    return {"requires_grad": F.dropout(tensor, p, generator=tt.Generator().manual_seed(0)).requires_grad}


def dropout(x: Any, p: float) -> Any:
    """Call dropout."""
    return F.dropout(tt.tensor(x), p)


def dropout_layer(x: Any, p: float) -> Any:
    """Evaluate with a Dropout layer in a chain."""
    return nn.Sequential(nn.Dropout(p)).eval()(tt.tensor(x))


def standardize(x: Any, ndim: int, eps: float) -> Any:
    """Call your kernel; tell the element type, and x afterwards."""
    out = loops.standardize(x, ndim=ndim, eps=eps)
    return {"type": str(out.dtype), "out": out, "x afterwards": x}


def layer_norm(x: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Call tt_core.functional.layer_norm on your loops."""
    weight, bias = (None if a is None else tt.tensor(a) for a in (weight, bias))
    with tt.use_backend("naive"):
        return F.layer_norm(tt.tensor(x), shape, weight, bias, eps)


def with_constant(x: Any) -> Any:
    """Call your function."""
    return perceptron.with_constant(tt.tensor(x))


def fires(weights: Any, x: Any) -> Any:
    """Call your function; tell the type of the answers."""
    out = perceptron.fires(tt.tensor(weights), tt.tensor(x))
    return {"type": str(out.data.dtype), "out": out}


def epoch(weights: Any, x: Any, labels: list[float]) -> Any:
    """Show all examples once; tell the new weights and the mistakes."""
    new, mistakes = perceptron.train_epoch(tt.tensor(weights), zip(tt.tensor(x), labels, strict=True))
    return {"weights": new.data.copy(), "mistakes": mistakes}


def weights_afterwards(weights: Any, x: Any, labels: list[float]) -> Any:
    """Show all examples once; tell the weights that came in as they are afterwards."""
    start = tt.tensor(weights)
    perceptron.train_epoch(start, zip(tt.tensor(x), labels, strict=True))
    return start.data.copy()


def learned(x: Any, labels: list[float], epochs: int) -> Any:
    """Show all examples again and again; return the answers after the last epoch, and its mistakes."""
    examples = perceptron.with_constant(tt.tensor(x))
    weights, mistakes = tt.zeros(3, dtype="float64"), 0
    for _ in range(epochs):
        weights, mistakes = perceptron.train_epoch(weights, zip(examples, labels, strict=True))
    return {"answers": np.asarray(perceptron.fires(weights, examples).data), "mistakes": mistakes}


def own_names() -> Any:
    """Return the module's own parameters, before any walk."""
    return [name for name, _ in state.own(Net(), state.Role.PARAMETER)]
