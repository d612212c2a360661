"""What lesson 04 tests: NumPy, `math` and stored names say what must come out."""

import math
from typing import Any

import numpy as np

from tt_core.course.checks import Check, Raised, Rng

P, M = "parameter", "module"


def mixed(rng: Rng, outputs: int = 2, inputs: int = 4, shape: tuple[int, ...] = (3,)) -> dict[str, Any]:
    """Draw x (*shape, inputs), weight (outputs, inputs) and bias."""
    return {
        "x": rng.normal(size=(*shape, inputs)),
        "weight": rng.normal(size=(outputs, inputs)),
        "bias": rng.normal(size=outputs),
    }


def product(x: Any, weight: Any, bias: Any) -> dict[str, Any]:
    """Return what the probe `linear` is to return."""
    out = x @ weight.T + (0 if bias is None else bias)
    return {"type": str(out.dtype), "out": out, "x afterwards": x, "weight afterwards": weight}


def standard(x: Any, ndim: int, eps: float) -> Any:
    """Return (x - mean) / √(variance + ε) over the last dimensions."""
    axes = tuple(range(-ndim, 0))
    mean = x.mean(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(((x - mean) ** 2).mean(axis=axes, keepdims=True) + eps)


def normalised(x: Any, shape: Any, weight: Any = 1.0, bias: Any = 0.0, eps: float = 1e-5) -> Any:
    """Return the layer normalisation."""
    return standard(x, 1 if isinstance(shape, int) else len(shape), eps) * weight + bias


def uniform_between(bound: float, values: Any, what: str) -> str:
    """Say what is wrong with numbers that should be uniform between ±bound; there are thousands of them."""
    largest = float(np.abs(values).max())
    if largest > bound * (1 + 1e-6):
        return f"the largest {what} is {largest:.5f}, but should not be above {bound:.5f}"
    if largest < 0.97 * bound:
        return f"the largest {what} is {largest:.5f}, but some should come near {bound:.5f}"
    if abs(float(values.mean())) > 0.1 * bound:
        return f"the mean {what} is {float(values.mean()):.5f}, but should be near 0"
    if abs(float(values.std()) * math.sqrt(3) / bound - 1) > 0.1:
        return f"each {what} should be as likely as any other between -{bound:.5f} and {bound:.5f}"
    return ""


def drawn_in_place(bound: float, result: dict[str, Any]) -> str:
    """Say what is wrong with a tensor that was filled between ±bound."""
    if not result["returns the tensor"]:
        return "it must return the tensor, which it fills in place"
    if not np.array_equal(result["first"], result["again"]):
        return "the same seed should give the same numbers: hand the generator on"
    if np.array_equal(result["first"], result["second"]):
        return "two fillings one after the other should differ"
    return uniform_between(bound, result["first"], "number")


def xavier(result: Any, shape: list[int], gain: float = 1.0, **_: Any) -> str:
    """Judge xavier_uniform_ of a weight (out, in)."""
    return drawn_in_place(gain * math.sqrt(6 / sum(shape)), result)


def kaiming(result: Any, shape: list[int], a: float = 0, mode: str = "fan_in", **_: Any) -> str:
    """Judge kaiming_uniform_ of a weight (out, in)."""
    fan = shape[1] if mode == "fan_in" else shape[0]
    return drawn_in_place(math.sqrt(2 / (1 + a * a)) * math.sqrt(3 / fan), result)


def first_values(result: Any, inputs: int, outputs: int, seed: int) -> str:  # noqa: ARG001 - called by name
    """Judge the first values of a Linear."""
    bound = 1 / math.sqrt(inputs)
    if not np.array_equal(result["weight"], result["again"]):
        return "the same seed should give the same weights: hand the generator on"
    if np.array_equal(result["again"], result["drawn anew"]):
        return "reset_parameters() should draw other weights"
    return uniform_between(bound, result["weight"], "weight") or uniform_between(bound, result["bias"], "bias")


def thinned(result: Any, x: Any, p: float, training: bool, seed: int) -> str:  # noqa: ARG001 - called by name
    """Judge dropout of an array of ones."""
    y = result["first"]
    zeros = float((y == 0).mean())
    if abs(zeros - p) > 0.03:
        return f"about {100 * p:.0f} % of the numbers should be 0; {100 * zeros:.0f} % are"
    if not np.allclose(y[y != 0], 1 / (1 - p), rtol=1e-5):
        return f"what is kept should be multiplied by 1 / (1 - p) = {1 / (1 - p):.4f}; found {y[y != 0].max():.4f}"
    return ""


def each_by_itself(result: Any, **_: Any) -> str:
    """Say whether dropout dropped a whole row or column."""
    zero = result["first"] == 0
    whole = zero.all(axis=0).any() or zero.all(axis=1).any()
    return "a whole row or column is 0: each element needs a draw of its own" if whole else ""


def wrongly_drawn(result: Any, **_: Any) -> str:
    """Say what is wrong with where dropout's chance comes from."""
    if not np.array_equal(result["first"], result["again"]):
        return "the same seed should drop the same elements: draw from stream(generator)"
    if np.array_equal(result["first"], result["second"]):
        return "each call should draw anew; two calls dropped the same elements"
    return ""


def wrongly_returned(result: Any, x: Any, **_: Any) -> str:
    """Say what is wrong with the type of what dropout returns, or with what it did to x."""
    if result["type"] != str(x.dtype):
        return f"the result should be of x's type, {x.dtype}; it is {result['type']}"
    return "" if np.array_equal(result["x afterwards"], x) else "x itself should not be changed"


def all_zero(result: Any, x: Any, **_: Any) -> str:
    """Judge dropout with p = 1."""
    return "" if np.array_equal(result["first"], np.zeros_like(x)) else "with p = 1 all should be 0, without nan"


def untouched(result: Any, x: Any, **_: Any) -> str:
    """Judge dropout that does nothing."""
    return "" if np.array_equal(result["first"], x) else "x should come back as it was"


def assignments(rng: Rng) -> dict[str, Any]:
    """Draw names, and what is assigned to them."""
    return {"order": [f"{'abc'[rng.integers(3)]}={'pm'[rng.integers(2)]}" for _ in range(9)]}


def roles_after(order: list[str]) -> list[list[str]]:
    """Return the roles in the order in which they came."""
    roles = dict[str, str]()
    for name, _, kind in (each.partition("=") for each in order):
        role = {"p": P, "m": M}[kind]
        if roles.get(name) != role:
            roles.pop(name, None)
        roles[name] = role
    return [[name, role] for name, role in roles.items()]


REGISTER = [
    Check(
        "register",
        "registers parameters and modules in the order of assignment, and nothing else",
        "registered",
        expected={
            "roles": [["weight", P], ["inner", M], ["bias", P]],
            "weight": np.array([1.0, 2.0]),
            "note": "set before super().__init__()",
            "scratch": np.array([7.0]),
            "in __dict__": ["bias", "inner", "note", "scratch", "weight"],
        },
        hint="A plain tensor is not learned: only what is a Parameter gets that role.",
    ),
    Check("register", "lets `own` find the parameters", "own_names", expected=["weight", "bias"]),
    Check(
        "register",
        "keeps the place of a name that gets a value of the same role",
        "reassigned",
        inputs={"order": ["a=p", "b=m", "c=p", "a=p"]},
        expected=[["a", P], ["b", M], ["c", P]],
    ),
    Check(
        "register",
        "moves a name that gets another role to the end",
        "reassigned",
        inputs={"order": ["a=p", "b=m", "c=p", "a=m"]},
        expected=[["b", M], ["c", P], ["a", M]],
        hint="A dictionary keeps the place of a key that is set again: pop it first.",
    ),
    Check(
        "register",
        "keeps the books of any assignments",
        "reassigned",
        inputs=assignments,
        expected=roles_after,
    ),
    Check(
        "register",
        "lets None stand in a parameter's place and keeps the role",
        "reassigned",
        inputs={"order": ["a=p", "b=m", "a=-", "b=-"]},
        expected=[["a", P], ["b", M]],
    ),
    Check(
        "register",
        "refuses a plain tensor in a parameter's place, and names the attribute",
        "refused",
        inputs={"before": "parameter", "after": "tensor"},
        expected=Raised("TypeError", mentions=("spot", "nn.Parameter")),
    ),
    Check(
        "register",
        "refuses a number in a module's place",
        "refused",
        inputs={"before": "module", "after": "number"},
        expected=Raised("TypeError", mentions=("spot",)),
    ),
    Check(
        "register",
        "takes another tensor in a buffer's place",
        "refused",
        inputs={"before": "buffer", "after": "tensor"},
        expected=[["spot", "buffer"]],
    ),
    Check(
        "register",
        "refuses a number in a buffer's place",
        "refused",
        inputs={"before": "buffer", "after": "number"},
        expected=Raised("TypeError", mentions=("spot",)),
    ),
    Check(
        "register",
        "says what to do if super().__init__() was forgotten",
        "early",
        expected=Raised("AttributeError", mentions=("super().__init__()", "Early")),
        hint="state.roles_of(self) raises it.",
    ),
    Check(
        "register",
        "leaves a parameter to the property of that name",
        "guarded",
        expected={"the property got": [[2.0, 3.0]], "roles": []},
    ),
]

ALL_OF_THE_TREE = [
    ["tied", [2.0]],
    ["left.w", [2.0]],
    ["left.leaf.w", [1.0]],
    ["right.v", [3.0]],
    ["right.leaf.w", [1.0]],
]


def names_in(parents: list[int]) -> dict[str, list[str]]:
    """Return the names in a tree of modules, each of which has a parameter w."""

    def below(number: int, path: str) -> list[str]:
        inside = [k for k, parent in enumerate(parents, start=1) if parent == number]
        return [path, *(name for k in inside for name in below(k, f"{path}.m{k}".lstrip(".")))]

    modules = below(0, "")
    return {"modules": modules, "parameters": [f"{name}.w".lstrip(".") for name in modules]}


WALK = [
    Check(
        "walk",
        "names each module before what it contains, children in their order",
        "module_names",
        inputs={"prefix": "", "once": True, "shared": False, "empty": False},
        expected=["", "left", "left.leaf", "right", "right.leaf"],
        hint="A stack gives back last what was put in first: push the children in reverse order.",
    ),
    Check(
        "walk",
        "finds its way through any tree",
        "walked",
        inputs=lambda rng: {"parents": [int(rng.integers(k)) for k in range(1, 9)]},
        expected=names_in,
    ),
    Check(
        "walk",
        "names a shared module once, under its first name",
        "module_names",
        inputs={"prefix": "", "once": True, "shared": True, "empty": False},
        expected=["", "left", "left.leaf", "right"],
        hint="Keep the id() of each module that was met in a set, and skip what is in it.",
    ),
    Check(
        "walk",
        "skips a place for a module that holds None",
        "module_names",
        inputs={"prefix": "", "once": True, "shared": False, "empty": True},
        expected=["", "left", "left.leaf", "right", "right.leaf"],
        hint="`own` yields None too, where a place was registered without a value.",
    ),
    Check(
        "walk",
        "names a shared module under each of its names if that is asked for",
        "module_names",
        inputs={"prefix": "net", "once": False},
        expected=["net", "net.left", "net.left.leaf", "net.right", "net.right.leaf"],
    ),
    Check(
        "walk",
        "yields every parameter with its full name",
        "parameter_names",
        inputs={"prefix": "", "recurse": True, "once": True, "shared": False, "empty": False},
        expected=ALL_OF_THE_TREE,
        hint="The root's own parameters come before those of the modules inside it.",
    ),
    Check(
        "walk",
        "yields a shared parameter once, under its first name",
        "parameter_names",
        inputs={"prefix": "", "recurse": True, "once": True, "shared": True, "empty": False},
        expected=[["tied", [2.0]], ["left.leaf.w", [1.0]], ["right.v", [3.0]]],
        hint="Keep the id() of each parameter that was yielded in a set, and skip what is in it.",
    ),
    Check(
        "walk",
        "skips a place for a parameter that holds None",
        "parameter_names",
        inputs={"prefix": "", "recurse": True, "once": True, "shared": False, "empty": True},
        expected=ALL_OF_THE_TREE,
        hint="`own` yields None too, where a place was registered without a value.",
    ),
    Check(
        "walk",
        "yields a shared parameter under each name if that is asked for",
        "parameter_names",
        inputs={"prefix": "m", "recurse": True, "once": False},
        expected=[
            ["m.tied", [2.0]],
            ["m.left.w", [2.0]],
            ["m.left.leaf.w", [1.0]],
            ["m.right.v", [3.0]],
            ["m.right.leaf.w", [1.0]],
        ],
    ),
    Check(
        "walk",
        "stays with the module itself if it shall not recurse, and keeps the prefix",
        "parameter_names",
        inputs={"prefix": "m", "recurse": False, "once": True},
        expected=[["m.tied", [2.0]]],
    ),
    Check(
        "walk",
        "does not take two equal parameters for one",
        "equal_parameters",
        expected=["a", "b"],
        hint="Compare by id(): equal numbers do not make one object.",
    ),
]

FLAGS = ("root", "left", "left.leaf", "right", "frozen")
TRAIN = [
    Check(
        "train",
        "switches all modules inside off, and returns the module",
        "switched",
        inputs={"modes": [False]},
        expected={"flags": dict.fromkeys(FLAGS, False), "returns itself": True},
    ),
    Check(
        "train",
        "switches them on again, but for one that overrides train()",
        "switched",
        inputs={"modes": [False, True]},
        expected={"flags": {**dict.fromkeys(FLAGS, True), "frozen": False}, "returns itself": True},
        hint="Call each child's own train(): it may know better.",
    ),
    Check(
        "train",
        "switches on and off as often as it is told to",
        "switched",
        inputs=lambda rng: {"modes": [bool(rng.integers(2)) for _ in range(4)]},
        expected=lambda modes: {
            "flags": {**dict.fromkeys(FLAGS, modes[-1]), "frozen": False},
            "returns itself": True,
        },
    ),
    Check("train", "reaches what lies four levels deep", "evaluated", expected=[False] * 4),
    Check(
        "train",
        "applies a function to the children first and to the module last, and returns the module",
        "applied",
        expected={"order": ["left.leaf", "left", "left.leaf", "right", "root"], "returns itself": True},
    ),
]

GOOD = {
    "weight": np.array([10.0, 20.0], np.float32),
    "bias": np.array([40.0, 50.0, 60.0], np.float32),
    "inner.scale": np.array([30.0], np.float32),
}
OLD = {"weight": np.array([1.0, 2.0]), "bias": np.array([4.0, 5.0, 6.0]), "inner.scale": np.array([3.0])}


def after_loading(missing: tuple[str, ...] = (), unexpected: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return what the probe `loaded` is to return when `missing` was not there."""
    return {
        "held": {name: OLD[name] if name in missing else GOOD[name] for name in ("weight", "bias", "inner.scale")},
        "requires_grad": [True] * 3,
        "missing": list(missing),
        "unexpected": list(unexpected),
    }


STATE = [
    Check(
        "state_dict",
        "holds parameters, then buffers, module by module",
        "state_names",
        inputs={"prefix": "", "transient": False, "shared": False},
        expected=[["weight", [1.0, 2.0]], ["mean", [0.5]], ["inner.scale", [3.0]]],
        hint="Take the parameters of a module, then its buffers, then go on to the next module.",
    ),
    Check(
        "state_dict",
        "leaves a buffer out that was registered with persistent=False",
        "state_names",
        inputs={"prefix": "", "transient": True, "shared": False},
        expected=[["weight", [1.0, 2.0]], ["mean", [0.5]], ["inner.scale", [3.0]]],
        hint="Its role is Role.TRANSIENT, not Role.BUFFER.",
    ),
    Check(
        "state_dict",
        "holds what is shared under each of its names",
        "state_names",
        inputs={"prefix": "", "transient": False, "shared": True},
        expected=[
            ["weight", [1.0, 2.0]],
            ["tied", [1.0, 2.0]],
            ["mean", [0.5]],
            ["inner.scale", [3.0]],
            ["again.scale", [3.0]],
        ],
        hint="`named_modules` and `named` leave nothing out with once=False.",
    ),
    Check(
        "state_dict",
        "puts the prefix before each name as it is",
        "state_names",
        inputs={"prefix": "net/", "transient": False, "shared": False},
        expected=[["net/weight", [1.0, 2.0]], ["net/mean", [0.5]], ["net/inner.scale", [3.0]]],
    ),
    Check(
        "state_dict",
        "shares the module's memory, detached from its gradients",
        "state_shares",
        inputs={"keep_vars": False},
        expected={"weight": np.array([100.0, 2.0]), "requires_grad": False},
        hint="`x.detach()` shares x's memory and requires no gradient.",
    ),
    Check(
        "state_dict",
        "gives the parameters themselves if it is told to",
        "state_shares",
        inputs={"keep_vars": True},
        expected={"weight": np.array([100.0, 2.0]), "requires_grad": True},
    ),
    Check(
        "state_dict",
        "loads values into the tensors that are there, by name and in any order",
        "loaded",
        inputs={"values": dict(reversed(GOOD.items())), "strict": True},
        expected=lambda values, strict: after_loading(),
        hint="An optimizer holds the old tensors: copy into them with copy_().",
    ),
    Check(
        "state_dict",
        "returns what is missing and what is unexpected if it is not strict, and loads the rest",
        "loaded",
        inputs={
            "values": {"weight": GOOD["weight"], "inner.scale": GOOD["inner.scale"], "odd": np.zeros(1)},
            "strict": False,
        },
        expected=lambda values, strict: after_loading(missing=("bias",), unexpected=("odd",)),
        hint="`LoadResult(missing, unexpected)`: what `values` lacks comes first.",
    ),
    Check(
        "state_dict",
        "does not share memory with what was loaded",
        "loaded_and_changed",
        inputs=lambda rng: {"values": {name: array.copy() for name, array in GOOD.items()}},
        expected=np.array([10.0, 20.0]),
        hint="copy_() copies the numbers; to assign `data` would share them.",
    ),
    Check(
        "state_dict",
        "changes nothing if a single shape differs, even one that would broadcast",
        "misfit",
        inputs={"values": {**GOOD, "bias": np.ones(1, np.float32)}},
        expected={"error": "StateError", "names it": ["bias"], "weight": OLD["weight"]},
        hint="Look at all shapes first, raise, and only then copy.",
    ),
    Check(
        "state_dict",
        "refuses a state dict that lacks a name",
        "misfit",
        inputs={"values": {"weight": GOOD["weight"], "bias": GOOD["bias"]}},
        expected={"error": "StateError", "names it": ["inner.scale"], "weight": OLD["weight"]},
        hint="`raise _misfit(module, missing, unexpected, wrong)`, before anything is copied.",
    ),
    Check(
        "state_dict",
        "refuses missing and unexpected names, and names both",
        "misfit",
        inputs={"values": {"weight": GOOD["weight"], "bias": GOOD["bias"], "odd": np.zeros(1)}},
        expected={"error": "StateError", "names it": ["inner.scale", "odd"], "weight": OLD["weight"]},
    ),
]

FANS = [
    Check("fans", "counts in and out of a matrix", "fans", inputs={"shape": [10, 4]}, expected=[4, 10]),
    Check(
        "fans",
        "multiplies by the places of a kernel",
        "fans",
        inputs=lambda rng: {"shape": rng.integers(1, 9, 4).tolist()},
        expected=lambda shape: [n * shape[2] * shape[3] for n in (shape[1], shape[0])],
        hint="Each input channel gives one product for every place of the kernel.",
    ),
    Check("fans", "knows a layer without inputs", "fans", inputs={"shape": [5, 0]}, expected=[0, 5]),
    Check(
        "fans",
        "refuses a vector and shows its shape",
        "fans",
        inputs={"shape": [7]},
        expected=Raised("ShapeError", mentions=("[7]",)),
    ),
]

INITIALISE = [
    Check(
        "initialise",
        "gives gain / √fan_in as the deviation for relu",
        "kaiming_std",
        inputs={"shape": [30, 8], "a": 0.0, "mode": "fan_in", "nonlinearity": "relu"},
        expected=math.sqrt(2) / math.sqrt(8),
    ),
    Check(
        "initialise",
        "takes fan_out if it is told to, and the slope into the gain",
        "kaiming_std",
        inputs={"shape": [30, 8], "a": 0.5, "mode": "fan_out", "nonlinearity": "leaky_relu"},
        expected=math.sqrt(2 / 1.25) / math.sqrt(30),
    ),
    Check(
        "initialise",
        "gives 0 for a layer without inputs",
        "kaiming_std",
        inputs={"shape": [3, 0], "a": 0.0, "mode": "fan_in", "nonlinearity": "linear"},
        expected=0.0,
    ),
    Check(
        "initialise",
        "refuses a mode that there is not",
        "kaiming_std",
        inputs={"shape": [3, 2], "a": 0.0, "mode": "fan_mean", "nonlinearity": "relu"},
        expected=Raised("NotSupportedError", mentions=("fan_mean", "fan_in", "fan_out")),
    ),
    Check(
        "initialise",
        "draws Xavier's weights uniformly between ±√(6 / (fan_in + fan_out))",
        "filled",
        inputs=lambda rng: {"name": "xavier_uniform_", "shape": [20, 100], "seed": int(rng.integers(99))},
        verify=xavier,
    ),
    Check(
        "initialise",
        "multiplies Xavier's bound by the gain",
        "filled",
        inputs=lambda rng: {"name": "xavier_uniform_", "shape": [40, 50], "seed": int(rng.integers(99)), "gain": 3.0},
        verify=xavier,
    ),
    Check(
        "initialise",
        "draws Kaiming's weights uniformly between ±√3 times the deviation",
        "filled",
        inputs=lambda rng: {"name": "kaiming_uniform_", "shape": [20, 100], "seed": int(rng.integers(99))},
        verify=kaiming,
        hint="Uniform numbers between ±b have the deviation b / √3.",
    ),
    Check(
        "initialise",
        "hands slope and mode on",
        "filled",
        inputs=lambda rng: {
            "name": "kaiming_uniform_",
            "shape": [20, 100],
            "seed": int(rng.integers(99)),
            "a": math.sqrt(5),
            "mode": "fan_out",
        },
        verify=kaiming,
    ),
]

LOOPS = [
    Check(
        "linear",
        "computes x Wᵀ + b of a batch of rows",
        "linear",
        inputs=mixed,
        expected=product,
        hint="The weight's second index runs with x: weight[o, k] for output o.",
    ),
    Check(
        "linear",
        "does without a bias",
        "linear",
        inputs=lambda rng: {**mixed(rng), "bias": None},
        expected=product,
    ),
    Check(
        "linear",
        "takes a single vector",
        "linear",
        inputs=lambda rng: mixed(rng, shape=()),
        expected=product,
        hint="The result's shape is that of x with the last size replaced.",
    ),
    Check(
        "linear",
        "takes more leading dimensions",
        "linear",
        inputs=lambda rng: mixed(rng, outputs=4, shape=(2, 3)),
        expected=product,
    ),
    Check(
        "linear",
        "returns no rows for no rows, in float32 if both are",
        "linear",
        inputs={"x": np.empty((0, 4), np.float32), "weight": np.ones((2, 4), np.float32), "bias": None},
        expected=product,
    ),
    Check(
        "linear",
        "refuses rows that are too long, and says both lengths",
        "linear",
        inputs={"x": np.ones((2, 5)), "weight": np.ones((3, 4)), "bias": None},
        expected=Raised("ValueError", mentions=("5", "4")),
    ),
    Check(
        "linear",
        "refuses rows that are too short, and says both lengths",
        "linear",
        inputs={"x": np.ones((2, 3)), "weight": np.ones((3, 4)), "bias": None},
        expected=Raised("ValueError", mentions=("3", "4")),
    ),
    Check(
        "linear",
        "is what tt_core.functional.linear runs on",
        "linear_of_tensors",
        inputs=mixed,
        expected=lambda x, weight, bias: x @ weight.T + bias,
    ),
]


def described(inputs: int, outputs: int, bias: bool, dtype: str) -> dict[str, Any]:
    """Return what the probe `layer` is to return."""
    parameters = [["weight", [outputs, inputs], dtype], ["bias", [outputs], dtype]]
    return {
        "parameters": parameters if bias else parameters[:1],
        "has no bias": not bias,
        "sizes": [inputs, outputs],
        "repr": f"Linear(in_features={inputs}, out_features={outputs}, bias={bias})",
    }


LAYER = [
    Check(
        "Linear",
        "owns a weight (out, in) and a bias (out)",
        "layer",
        inputs={"inputs": 3, "outputs": 5, "bias": True, "dtype": "float32"},
        expected=described,
    ),
    Check(
        "Linear",
        "knows its bias as None if it is to have none",
        "layer",
        inputs={"inputs": 4, "outputs": 2, "bias": False, "dtype": "float32"},
        expected=described,
        hint='register_parameter("bias", None) keeps the place.',
    ),
    Check(
        "Linear",
        "gives weight and bias the type that it is given",
        "layer",
        inputs={"inputs": 4, "outputs": 2, "bias": True, "dtype": "float64"},
        expected=described,
        hint="`empty(..., dtype=dtype)`, for both: without it they are float32.",
    ),
    Check(
        "Linear",
        "keeps a place for the bias that it has not, where a plain tensor is refused later",
        "plain_bias",
        expected=Raised("TypeError", mentions=("bias",)),
        hint='`self.bias = None` makes a plain attribute; `register_parameter("bias", None)` keeps a place.',
    ),
    Check(
        "Linear",
        "starts uniform between ±1/√in, from the generator it is given",
        "first_values",
        inputs=lambda rng: {"inputs": 100, "outputs": 400, "seed": int(rng.integers(99))},
        verify=first_values,
        hint="The slope a = √5 makes Kaiming's bound 1/√in; the bias has the same bound.",
    ),
    Check(
        "Linear",
        "computes x Wᵀ + b",
        "layer_forward",
        inputs=mixed,
        expected=lambda x, weight, bias: x @ weight.T + bias,
    ),
    Check(
        "Linear",
        "can be made without inputs",
        "layer",
        inputs={"inputs": 0, "outputs": 2, "bias": True, "dtype": "float32"},
        expected=described,
        hint="1/√0 is an error: take 1 where there are no inputs.",
    ),
]

SEQUENTIAL = [
    Check(
        "Sequential",
        "sends x through all modules in their order, named 0, 1, 2",
        "chain",
        inputs=lambda rng: {"x": rng.normal(size=3), "steps": ["1", "double", "5"], "named": False},
        expected=lambda x, steps, named: {"out": 2 * (x + 1) + 5, "names": ["0", "1", "2"]},
    ),
    Check(
        "Sequential",
        "takes one dictionary and keeps its names",
        "chain",
        inputs=lambda rng: {"x": rng.normal(size=3), "steps": ["double", "4"], "named": True},
        expected=lambda x, steps, named: {"out": 2 * x + 4, "names": ["step0", "step1"]},
    ),
    Check(
        "Sequential",
        "returns x if it is empty",
        "chain",
        inputs=lambda rng: {"x": rng.normal(size=3), "steps": [], "named": False},
        expected=lambda x, steps, named: {"out": x, "names": []},
    ),
    Check(
        "Sequential",
        "calls a module twice that stands in it twice",
        "chain_of_one_twice",
        inputs=lambda rng: {"x": rng.normal(size=3)},
        expected=lambda x: 4 * x,
        hint="children() tells a shared module once; to iterate over self tells it at each of its places.",
    ),
    Check(
        "Sequential",
        "calls its modules so that their hooks run",
        "chain_hooks",
        expected=["Double", "Add"],
        hint="Call module(x), not module.forward(x).",
    ),
    Check(
        "Sequential",
        "refuses a function, which is no module",
        "chain_of_a_function",
        expected=Raised("TypeError", mentions=("module",)),
        hint="register_module looks at what it is given.",
    ),
]

ONES = np.ones((60, 50), np.float32)
DROPOUT = [
    Check(
        "dropout",
        "draws for each element by itself",
        "dropped",
        inputs=lambda rng: {"x": ONES, "p": 0.25, "training": True, "seed": int(rng.integers(99))},
        verify=each_by_itself,
        hint="Draw an array of x's shape: `stream(generator).random(x.shape)`.",
    ),
    Check(
        "dropout",
        "drops a quarter with p = 0.25, and scales the rest so that the mean stays",
        "dropped",
        inputs=lambda rng: {"x": ONES, "p": 0.25, "training": True, "seed": int(rng.integers(99))},
        verify=thinned,
        hint="Keep where the random number is p or more, and multiply what is kept by 1 / (1 - p).",
    ),
    Check(
        "dropout",
        "drops most with p = 0.8",
        "dropped",
        inputs=lambda rng: {"x": ONES.astype(float), "p": 0.8, "training": True, "seed": int(rng.integers(99))},
        verify=thinned,
        hint="Keep where the random number is p or more, and multiply what is kept by 1 / (1 - p).",
    ),
    Check(
        "dropout",
        "draws anew in each call, from the generator that it is given",
        "dropped",
        inputs=lambda rng: {"x": ONES, "p": 0.5, "training": True, "seed": int(rng.integers(99))},
        verify=wrongly_drawn,
        hint="`stream(generator)` goes on where the last call ended.",
    ),
    Check(
        "dropout",
        "returns numbers of x's type, and leaves x as it was",
        "dropped",
        inputs={"x": ONES, "p": 0.5, "training": True, "seed": 0},
        verify=wrongly_returned,
        hint="A mask of float64 makes the product float64: give it x's type before `wrap`.",
    ),
    Check(
        "dropout",
        "leaves the way back open for gradients",
        "dropped_and_learned",
        inputs={"x": np.ones(4), "p": 0.5},
        expected={"requires_grad": True},
        hint="Multiply x by the mask with `mul`; a wrapped product has lost the way back for gradients.",
    ),
    Check(
        "dropout",
        "returns x where it does not train",
        "dropped",
        inputs=lambda rng: {"x": rng.normal(size=(4, 5)), "p": 0.5, "training": False, "seed": 0},
        verify=untouched,
        hint="Look at `training` before anything is drawn.",
    ),
    Check(
        "dropout",
        "drops nothing with p = 0",
        "dropped",
        inputs=lambda rng: {"x": rng.normal(size=(4, 5)), "p": 0.0, "training": True, "seed": 0},
        verify=untouched,
    ),
    Check(
        "dropout",
        "drops everything with p = 1",
        "dropped",
        inputs=lambda rng: {"x": rng.normal(size=(4, 5)), "p": 1.0, "training": True, "seed": 0},
        verify=all_zero,
        hint="1 / (1 - p) is 1 / 0 there.",
    ),
    Check(
        "dropout",
        "is nothing at all in a chain that is evaluated",
        "dropout_layer",
        inputs=lambda rng: {"x": rng.normal(size=(4, 5)), "p": 0.9},
        expected=lambda x, p: x,
    ),
    Check(
        "dropout",
        "refuses a probability above 1",
        "dropout",
        inputs={"x": np.ones(3), "p": 1.5},
        expected=Raised("ShapeError", mentions=("1.5", "dropout")),
    ),
    Check(
        "dropout",
        "refuses a probability below 0",
        "dropout",
        inputs={"x": np.ones(3), "p": -0.5},
        expected=Raised("ShapeError", mentions=("-0.5", "dropout")),
    ),
    Check(
        "dropout",
        "refuses integers",
        "dropout",
        inputs={"x": np.ones(3, np.int64), "p": 0.5},
        expected=Raised("DTypeError", mentions=("dropout",)),
        hint='`need_floating(x, "dropout")` makes the error.',
    ),
]


def standardized(x: Any, ndim: int, eps: float) -> dict[str, Any]:
    """Return what the probe `standardize` is to return."""
    return {"type": str(x.dtype), "out": standard(x.astype(float), ndim, eps), "x afterwards": x}


NORM = [
    Check(
        "layer_norm",
        "brings each row to mean 0 and variance 1",
        "standardize",
        inputs=lambda rng: {"x": 5 + 3 * rng.normal(size=(4, 6)), "ndim": 1, "eps": 1e-5},
        expected=standardized,
        hint="The variance is divided by n, not by n - 1.",
    ),
    Check(
        "layer_norm",
        "takes the last two dimensions together",
        "standardize",
        inputs=lambda rng: {"x": rng.normal(size=(2, 3, 4)), "ndim": 2, "eps": 1e-5},
        expected=standardized,
    ),
    Check(
        "layer_norm",
        "treats every row of a batch of sequences by itself",
        "standardize",
        inputs=lambda rng: {"x": rng.normal(size=(2, 3, 4)), "ndim": 1, "eps": 1e-5},
        expected=standardized,
    ),
    Check(
        "layer_norm",
        "adds ε to the variance, under the root",
        "standardize",
        inputs=lambda rng: {"x": rng.normal(size=(3, 5)), "ndim": 1, "eps": 2.0},
        expected=standardized,
    ),
    Check(
        "layer_norm",
        "makes equal numbers 0, not nan",
        "standardize",
        inputs={"x": np.full((2, 3), 7.0, np.float32), "ndim": 1, "eps": 1e-5},
        expected=standardized,
    ),
    Check(
        "layer_norm",
        "is not confused by numbers far from 0",
        "standardize",
        inputs=lambda rng: {"x": 1e8 + rng.normal(size=(2, 8)), "ndim": 1, "eps": 1e-5},
        expected=standardized,
        rtol=1e-4,
        atol=1e-4,
        hint="The mean of squares minus the square of the mean loses all digits here: subtract the mean first.",
    ),
    Check(
        "layer_norm",
        "scales by the weight and shifts by the bias",
        "layer_norm",
        inputs=lambda rng: {
            "x": rng.normal(size=(3, 4)),
            "shape": 4,
            "weight": rng.normal(size=4),
            "bias": rng.normal(size=4),
            "eps": 0.1,
        },
        expected=normalised,
    ),
    Check(
        "layer_norm",
        "does without weight and bias, over two dimensions",
        "layer_norm",
        inputs=lambda rng: {"x": rng.normal(size=(2, 3, 4)), "shape": [3, 4]},
        expected=normalised,
    ),
    Check(
        "layer_norm",
        "takes a weight without a bias",
        "layer_norm",
        inputs=lambda rng: {"x": rng.normal(size=(3, 4)), "shape": [4], "weight": rng.normal(size=4)},
        expected=normalised,
    ),
    Check(
        "layer_norm",
        "refuses an x that does not end in the shape",
        "layer_norm",
        inputs={"x": np.ones((2, 3)), "shape": 4},
        expected=Raised("ShapeError", mentions=("layer_norm", "[4]", "[2, 3]")),
    ),
    Check(
        "layer_norm",
        "refuses a weight of another shape, even one that would broadcast",
        "layer_norm",
        inputs={"x": np.ones((2, 3)), "shape": 3, "weight": np.ones(1)},
        expected=Raised("ShapeError", mentions=("layer_norm", "[1]")),
    ),
]


def epoch(weights: Any, x: Any, labels: list[float]) -> dict[str, Any]:
    """Return what one epoch of Rosenblatt's rule leads to."""
    new, mistakes = weights.copy(), 0
    for row, y in zip(x, labels, strict=True):
        if (1 if row @ new > 0 else -1) != y:
            new, mistakes = new + y * row, mistakes + 1
    return {"weights": new, "mistakes": mistakes}


def flowers(rng: Rng) -> dict[str, Any]:
    """Draw examples with labels of both kinds."""
    return {
        "weights": rng.normal(size=3),
        "x": rng.normal(size=(12, 3)),
        "labels": [float(y) for y in rng.choice([-1, 1], size=12)],
    }


CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
PERCEPTRON = [
    Check(
        "perceptron",
        "appends a column of ones",
        "with_constant",
        inputs=lambda rng: {"x": rng.normal(size=(4, 2)).astype(np.float32)},
        expected=lambda x: np.hstack([x, np.ones((4, 1), np.float32)]),
    ),
    Check(
        "perceptron",
        "fires where w · x is above 0, and not at 0",
        "fires",
        inputs={"weights": np.array([1.0, -1.0]), "x": np.array([[2.0, 1.0], [1.0, 1.0], [1.0, 2.0]])},
        expected={"type": "bool", "out": np.array([True, False, False])},
    ),
    Check(
        "perceptron",
        "adds a mistaken example to the weights or takes it away, and goes on with the new weights",
        "epoch",
        inputs=flowers,
        expected=epoch,
        hint="The second example already meets the weights that the first one changed.",
    ),
    Check(
        "perceptron",
        "says -1 where w · x is exactly 0",
        "epoch",
        inputs={"weights": np.zeros(2), "x": np.array([[1.0, 2.0], [3.0, 1.0]]), "labels": [-1.0, 1.0]},
        expected=epoch,
    ),
    Check(
        "perceptron",
        "changes nothing while all answers are right",
        "epoch",
        inputs={"weights": np.array([1.0, 0.0]), "x": np.array([[2.0, 5.0], [-1.0, 3.0]]), "labels": [1.0, -1.0]},
        expected={"weights": np.array([1.0, 0.0]), "mistakes": 0},
        hint="Only a wrong answer corrects.",
    ),
    Check(
        "perceptron",
        "leaves the weights that came in as they were",
        "weights_afterwards",
        inputs=flowers,
        expected=lambda weights, x, labels: weights,
        hint="`weights += y * x` writes into the tensor that the caller holds: make a new one, weights + y * x.",
    ),
    Check(
        "perceptron",
        "learns what AND means",
        "learned",
        inputs={"x": CORNERS, "labels": [-1.0, -1.0, -1.0, 1.0], "epochs": 20},
        expected={"answers": np.array([False, False, False, True]), "mistakes": 0},
    ),
]

CHECKS = [
    *REGISTER,
    *WALK,
    *TRAIN,
    *STATE,
    *FANS,
    *INITIALISE,
    *LOOPS,
    *LAYER,
    *SEQUENTIAL,
    *DROPOUT,
    *NORM,
    *PERCEPTRON,
]
