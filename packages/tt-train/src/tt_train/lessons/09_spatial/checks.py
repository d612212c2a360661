"""Checks of module 09: sums written with NumPy's slices, and central differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tt_core.course.checks import Check, Raised, Rng

Array = np.ndarray[Any, Any]
Drawn = Mapping[str, Any]

PLAIN = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
UNEVEN = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 1}
GROUPED = {"stride": (1, 2), "padding": (1, 0), "dilation": (1, 1), "groups": 2}
NINE = np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
FOUR = np.arange(1.0, 5.0).reshape(1, 1, 2, 2)


# how it comes out, written with slices


def fits(size: int, kernel: int, stride: int, padding: int, dilation: int) -> int:
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1


def cut(size: Any, kernel: Any, settings: Drawn, a: int, b: int) -> tuple[slice, slice]:
    """Where tap (a, b) of all windows lies on the padded image."""
    s, p, d = settings["stride"], settings["padding"], settings["dilation"]
    counts = [fits(n, k, s[i], p[i], d[i]) for i, (n, k) in enumerate(zip(size, kernel, strict=True))]
    rows, columns = (slice(t * d[i], t * d[i] + s[i] * (counts[i] - 1) + 1, s[i]) for i, t in enumerate((a, b)))
    return rows, columns


def framed(x: Array, settings: Drawn) -> Array:
    (above, left) = settings["padding"]
    return np.pad(x, ((0, 0), (0, 0), (above, above), (left, left)))


def conv(x: Array, weight: Array, bias: Array | None, settings: Drawn) -> Array:
    groups, kernel = settings["groups"], weight.shape[2:]
    padded = framed(x, settings)
    parts = []
    for own, w in zip(np.split(padded, groups, 1), np.split(weight, groups), strict=True):
        parts.append(
            sum(
                np.einsum("nchw,oc->nohw", own[(..., *cut(x.shape[2:], kernel, settings, a, b))], w[:, :, a, b])
                for a, b in np.ndindex(kernel)
            )
        )
    out: Array = np.concatenate(parts, 1)
    return out if bias is None else out + bias[:, None, None]


def conv_weight(x: Array, y: Array, size: Any, settings: Drawn) -> Array:
    groups = settings["groups"]
    padded = framed(x, settings)
    out = np.zeros((y.shape[1], x.shape[1] // groups, *size))
    for k, (own, g) in enumerate(zip(np.split(padded, groups, 1), np.split(y, groups, 1), strict=True)):
        rows = slice(k * g.shape[1], (k + 1) * g.shape[1])
        for a, b in np.ndindex(*size):
            seen = own[(..., *cut(x.shape[2:], size, settings, a, b))]
            out[rows, :, a, b] = np.einsum("nohw,nchw->oc", g, seen)
    return out


def conv_input(y: Array, weight: Array, size: Any, settings: Drawn) -> Array:
    groups, kernel = settings["groups"], weight.shape[2:]
    (above, left) = settings["padding"]
    out = np.zeros((len(y), groups * weight.shape[1], size[0] + 2 * above, size[1] + 2 * left))
    for k, (g, w) in enumerate(zip(np.split(y, groups, 1), np.split(weight, groups), strict=True)):
        channels = slice(k * weight.shape[1], (k + 1) * weight.shape[1])
        for a, b in np.ndindex(kernel):
            place = (slice(None), channels, *cut(size, kernel, settings, a, b))
            out[place] += np.einsum("nohw,oc->nchw", g, w[:, :, a, b])
    return out[:, :, above : above + size[0], left : left + size[1]]


def unfold(x: Array, settings: Drawn) -> Array:
    kernel = settings["kernel"]
    padded = framed(x, settings)
    taps = [padded[(..., *cut(x.shape[2:], kernel, settings, a, b))] for a, b in np.ndindex(*kernel)]
    stacked = np.stack(taps, 2)  # (B, C, taps, rows, columns)
    return stacked.reshape(len(x), x.shape[1] * len(taps), stacked.shape[3] * stacked.shape[4])


def fold(x: Array, size: Any, settings: Drawn) -> Array:
    kernel, (above, left) = settings["kernel"], settings["padding"]
    channels = x.shape[1] // (kernel[0] * kernel[1])
    out = np.zeros((len(x), channels, size[0] + 2 * above, size[1] + 2 * left), x.dtype)
    taps = x.reshape(len(x), channels, kernel[0] * kernel[1], -1)
    for number, (a, b) in enumerate(np.ndindex(*kernel)):
        place = (..., *cut(size, kernel, settings, a, b))
        out[place] += taps[:, :, number].reshape(out[place].shape)
    return out[:, :, above : above + size[0], left : left + size[1]]


def pool(x: Array, kernel: Any, stride: Any, padding: Any, dilation: int = 1) -> Array:
    settings = {"stride": stride, "padding": padding, "dilation": (dilation, dilation)}
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    (above, left) = padding
    padded = np.pad(x, ((0, 0), (0, 0), (above, above), (left, left)), constant_values=lowest)
    taps = [padded[(..., *cut(x.shape[2:], kernel, settings, a, b))] for a, b in np.ndindex(*kernel)]
    out: Array = np.max(np.stack(taps), 0)
    return out


def norm(x: Array, weight: Array | None, bias: Array | None, eps: float) -> Array:
    others = (0, *range(2, x.ndim))
    shape = (1, -1, *[1] * (x.ndim - 2))
    out: Array = (x - x.mean(others, keepdims=True)) / np.sqrt(x.var(others, keepdims=True) + eps)
    out = out * (1 if weight is None else weight.reshape(shape))
    return out + (0 if bias is None else bias.reshape(shape))


def slopes(function: Callable[[Array], Any], x: Array, step: float = 1e-5) -> Array:
    """The gradient of a number, by central differences."""
    out = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += step
        down[place] -= step
        out[place] = (function(up) - function(down)) / (2 * step)
    return out


def known(x: Array) -> Array:
    """What `moments` makes of x."""
    others = (0, *range(2, x.ndim))
    return np.stack([x.mean(others), np.zeros(x.shape[1]), x.var(others)])


# inputs


def hardly_added(dtype: str) -> Callable[[Rng], Drawn]:
    """A number, and ones that are lost if they are added to it one by one in a type that is too narrow."""

    def draw(rng: Rng) -> Drawn:
        ones = 2 * int(rng.integers(2, 6))
        return {"numbers": np.array([2 ** (24 if dtype == "float32" else 53)] + [1] * ones, dtype)}

    return draw


def in_channels(dtype: str) -> Callable[[Rng], Drawn]:
    def draw(rng: Rng) -> Drawn:
        numbers = hardly_added(dtype)(rng)["numbers"]
        x = numbers.reshape(1, -1, 1, 1)
        return {"x": x, "weight": np.ones_like(x), "bias": None, "settings": PLAIN}

    return draw


def in_pixels(dtype: str) -> Callable[[Rng], Drawn]:
    def draw(rng: Rng) -> Drawn:
        numbers = hardly_added(dtype)(rng)["numbers"]
        x = numbers.reshape(1, 1, 1, -1)
        return {"x": x, "y": np.ones_like(x), "size": (1, 1), "settings": PLAIN}

    return draw


def in_outputs(dtype: str) -> Callable[[Rng], Drawn]:
    def draw(rng: Rng) -> Drawn:
        numbers = hardly_added(dtype)(rng)["numbers"]
        weight = numbers.reshape(-1, 1, 1, 1)
        return {"y": np.ones_like(numbers).reshape(1, -1, 1, 1), "weight": weight, "size": (1, 1), "settings": PLAIN}

    return draw


def in_images(dtype: str) -> Callable[[Rng], Drawn]:
    def draw(rng: Rng) -> Drawn:
        return {"x": hardly_added(dtype)(rng)["numbers"].reshape(-1, 1, 1, 1)}

    return draw


def together(numbers: Array, ndim: int = 4) -> tuple[Array, str]:
    """Their sum, computed with as many digits as it has, and the type of them."""
    total = sum(int(a) for a in numbers.ravel())
    return np.array(total, numbers.dtype).reshape((1,) * ndim), str(numbers.dtype)


def images(settings: Drawn, kernel: tuple[int, int] = (3, 2), dtype: str = "float64") -> Callable[[Rng], Drawn]:
    def draw(rng: Rng) -> Drawn:
        x = rng.normal(size=(2, 4, 6, 7)).astype(dtype)
        weight = rng.normal(size=(4, 4 // settings["groups"], *kernel)).astype(dtype)
        return {"x": x, "weight": weight, "bias": rng.normal(size=4).astype(dtype), "settings": settings}

    return draw


def with_result(settings: Drawn, kernel: tuple[int, int] = (3, 2)) -> Callable[[Rng], Drawn]:
    def draw(rng: Rng) -> Drawn:
        given = images(settings, kernel)(rng)
        y = rng.normal(size=conv(given["x"], given["weight"], None, settings).shape)
        return {"x": given["x"], "weight": given["weight"], "y": y}

    return draw


def for_weight(settings: Drawn) -> Callable[[Rng], Drawn]:
    def draw(rng: Rng) -> Drawn:
        given = with_result(settings)(rng)
        return {"x": given["x"], "y": given["y"], "size": (3, 2), "settings": settings}

    return draw


def for_input(settings: Drawn) -> Callable[[Rng], Drawn]:
    def draw(rng: Rng) -> Drawn:
        given = with_result(settings)(rng)
        return {"y": given["y"], "weight": given["weight"], "size": (6, 7), "settings": settings}

    return draw


def through_conv(rng: Rng) -> Drawn:
    x, weight, bias = rng.normal(size=(2, 2, 5, 4)), rng.normal(size=(3, 2, 3, 3)), rng.normal(size=3)
    return {"x": x, "weight": weight, "bias": bias, "y": rng.normal(size=(2, 3, 3, 2)), "stride": 2, "padding": 1}


def conv_slopes(x: Array, weight: Array, bias: Array, y: Array, **_: Any) -> list[Array]:
    settings = PLAIN | {"stride": (2, 2), "padding": (1, 1)}
    return [
        slopes(lambda v: (conv(v, weight, bias, settings) * y).sum(), x),
        slopes(lambda v: (conv(x, v, bias, settings) * y).sum(), weight),
        slopes(lambda v: (conv(x, weight, v, settings) * y).sum(), bias),
    ]


def drawn_steps(rng: Rng) -> Drawn:
    lots = [[int(rng.integers(low, high)) for low, high in ((7, 40), (1, 4), (1, 4), (0, 3), (1, 3))] for _ in range(9)]
    return {"settings": lots}


def drawn_taps(rng: Rng) -> Drawn:
    lots = [
        [int(rng.integers(low, high)) for low, high in ((0, 4), (6, 9), (1, 5), (1, 4), (0, 4), (1, 4))]
        for _ in range(9)
    ]
    return {"settings": lots}


def wanted_taps(settings: list[list[int]]) -> list[list[list[int]]]:
    return [
        [[a, s * i - p + d * a] for a in range(k) if s * i - p + d * a in range(n)] for i, n, k, s, p, d in settings
    ]


def sized(settings: Drawn, dtype: str = "float64") -> Callable[[Rng], Drawn]:
    return lambda rng: {"x": rng.normal(size=(2, 3, 5, 6)).astype(dtype), "settings": settings}


def columns(settings: Drawn) -> Callable[[Rng], Drawn]:
    def draw(rng: Rng) -> Drawn:
        shape = unfold(np.zeros((2, 3, 5, 6)), settings).shape
        return {"x": rng.normal(size=shape), "size": (5, 6), "settings": settings}

    return draw


FOLDS = {"kernel": (2, 3), "stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}
HALVING = {"kernel": (3, 2), "stride": (2, 2), "padding": (1, 1), "dilation": (1, 1)}
FAR = {"kernel": (3, 2), "stride": (2, 1), "padding": (1, 2), "dilation": (1, 2)}


def normal(rng: Rng) -> Drawn:
    x = rng.normal(3, 2, size=(3, 2, 2, 3))
    return {"x": x, "known": known(x), "weight": rng.normal(size=2), "bias": rng.normal(size=2), "eps": 0.5}


def bare(rng: Rng) -> Drawn:
    return {**normal(rng), "weight": None, "bias": None}


def bare_vectors(rng: Rng) -> Drawn:
    x = rng.normal(size=(5, 3))
    return {"x": x, "known": known(x), "weight": None, "bias": rng.normal(size=3), "eps": 1e-5}


def backward(weighted: bool) -> Callable[[Rng], Drawn]:
    def draw(rng: Rng) -> Drawn:
        x, y = rng.normal(1, 2, size=(3, 2, 2, 3)), rng.normal(size=(3, 2, 2, 3))
        moments, eps = known(x), 0.3
        weight = rng.normal(size=2) if weighted else None
        hat = norm(x, None, None, eps)
        sums = np.stack([(y * hat).sum((0, 2, 3)), y.sum((0, 2, 3))])
        return {"y": y, "x": x, "known": moments, "weight": weight, "sums": sums, "eps": eps}

    return draw


def only_sums(rng: Rng) -> Drawn:
    """A gradient of zeros, and sums in which it has no part: what is left are the two means."""
    given = backward(weighted=True)(rng)
    return {**given, "y": np.zeros_like(given["y"]), "sums": rng.normal(size=(2, 2))}


def by_channel(numbers: Array) -> Array:
    return numbers[:, None, None]


def sums_of(y: Array, x: Array, known: Array, eps: float) -> Array:
    hat = (x - known[0][:, None, None]) / np.sqrt(known[2] + eps)[:, None, None]
    return np.stack([(y * hat).sum((0, 2, 3)), y.sum((0, 2, 3))])


def sums_inputs(rng: Rng) -> Drawn:
    x = rng.normal(size=(2, 3, 2, 2))
    return {"y": rng.normal(size=x.shape), "x": x, "known": known(x), "eps": 0.2}


WINDOWS = [
    Check("windows", "counts the positions that windows cover, also with gaps", "spans",
          {"windows": [[1, 1], [3, 1], [3, 2], [5, 3], [1, 4]]},
          lambda windows: [d * (k - 1) + 1 for k, d in windows],
          hint="A window of one tap covers one position, whatever its dilation"),
    Check("windows", "counts the steps of the lesson's windows", "steps",
          {"settings": [[28, 5, 1, 2, 1], [14, 5, 1, 0, 1], [32, 3, 2, 1, 1], [7, 3, 2, 0, 2]]}, [28, 10, 16, 2]),
    Check("windows", "counts steps for sizes, strides, paddings and dilations of all kinds", "steps",
          drawn_steps, lambda settings: [fits(n, k, s, p, d) for n, k, s, p, d in settings],
          hint="The padding is on both sides"),
    Check("windows", "says that a window larger than the image fits less than once", "steps",
          {"settings": [[3, 5, 1, 0, 1], [2, 3, 1, 0, 1]]}, [-1, 0]),
    Check("windows", "leaves out taps before the first pixel", "taps",
          {"settings": [[0, 8, 3, 2, 1, 1], [0, 1, 3, 1, 5, 1]]}, [[[1, 0], [2, 1]], []],
          hint="Positions below 0 are padding: a negative index is no error in Python"),
    Check("windows", "leaves out taps behind the last pixel", "taps", {"settings": [[3, 7, 3, 2, 1, 1]]},
          [[[0, 5], [1, 6]]], hint="The last pixel is at size - 1"),
    Check("windows", "finds the taps of drawn windows, with stride, padding and dilation", "taps",
          drawn_taps, wanted_taps),
]  # fmt: skip

CONV = [
    Check("conv2d", "gives 37, 47, 67 and 77 for the lesson's example", "convolved",
          {"x": NINE, "weight": FOUR, "bias": None, "settings": PLAIN},
          (np.array([[[[37.0, 47.0], [67.0, 77.0]]]]), "float64"),
          hint="The kernel is not turned around: tap (0, 0) meets the upper left pixel"),
    Check("conv2d", "adds up channels and adds a bias per output", "convolved", images(PLAIN),
          lambda x, weight, bias, settings: (conv(x, weight, bias, settings), "float64")),
    Check("conv2d", "keeps stride, padding and dilation of rows and columns apart", "convolved", images(UNEVEN),
          lambda x, weight, bias, settings: (conv(x, weight, bias, settings), "float64"),
          hint="The first of each pair is for rows, the second for columns"),
    Check("conv2d", "shows each group of outputs its own channels", "convolved", images(GROUPED),
          lambda x, weight, bias, settings: (conv(x, weight, bias, settings), "float64"),
          hint="Output o belongs to group o // (O / groups)"),
    Check("conv2d", "gives float32 for float32", "convolved", images(PLAIN, dtype="float32"),
          lambda x, weight, bias, settings: (conv(x, weight, bias, settings), "float32"), rtol=1e-5, atol=1e-5),
    Check("conv2d", "rounds a sum to float32 once, at the end", "convolved", in_channels("float32"),
          lambda x, **_: together(x), rtol=0.0, atol=0.0,
          hint="In float32 16777216 + 1 is 16777216: add up in Python's numbers, as x.item(…) gives them"),
    Check("conv2d", "gives no images for no images", "convolved",
          {"x": np.zeros((0, 4, 6, 7)), "weight": np.ones((2, 4, 3, 3)), "bias": np.ones(2), "settings": PLAIN},
          (np.zeros((0, 2, 4, 5)), "float64")),
    Check("conv2d", "leaves image, weights and bias as they were", "convolved_and_inputs", images(UNEVEN),
          lambda x, weight, bias, **_: [x, weight, bias]),
]  # fmt: skip

CONV_WEIGHT = [
    Check("conv2d_weight", "gives 12, 16, 24 and 28 where all four windows have a gradient of 1", "weight_received",
          {"x": NINE, "y": np.ones((1, 1, 2, 2)), "size": (2, 2), "settings": PLAIN},
          (np.array([[[[12.0, 16.0], [24.0, 28.0]]]]), "float64")),
    Check("conv2d_weight", "keeps stride, padding and dilation of rows and columns apart", "weight_received",
          for_weight(UNEVEN),
          lambda x, y, size, settings: (conv_weight(x, y, size, settings), "float64")),
    Check("conv2d_weight", "gives each group's weights what comes from their own channels", "weight_received",
          for_weight(GROUPED),
          lambda x, y, size, settings: (conv_weight(x, y, size, settings), "float64")),
    Check("conv2d_weight", "gives float32 for float32", "weight_received",
          {"x": NINE.astype("float32"), "y": np.ones((1, 1, 2, 2), "float32"), "size": (2, 2), "settings": PLAIN},
          (np.array([[[[12, 16], [24, 28]]]], "float32"), "float32")),
    Check("conv2d_weight", "adds up float32 in float64", "weight_received", in_pixels("float32"),
          lambda x, **_: together(x), rtol=0.0, atol=0.0,
          hint="In float32 16777216 + 1 is 16777216: add up in float64, and convert at the end"),
    Check("conv2d_weight", "adds up whole numbers in int64", "weight_received", in_pixels("int64"),
          lambda x, **_: together(x), hint="In float64 2 ** 53 + 1 is 2 ** 53"),
    Check("conv2d_weight", "adds up what a bias receives, channel by channel", "channel_sum",
          lambda rng: {"x": rng.normal(size=(2, 3, 4, 2))}, lambda x: (x.sum((0, 2, 3)), "float64"),
          hint="A bias was added in every image at every place"),
    Check("conv2d_weight", "adds up a bias' float32 in float64", "channel_sum", in_images("float32"),
          lambda x: together(x, 1), rtol=0.0, atol=0.0,
          hint="In float32 16777216 + 1 is 16777216: add up in float64, and convert at the end"),
    Check("conv2d_weight", "adds up a bias' whole numbers in int64", "channel_sum", in_images("int64"),
          lambda x: together(x, 1), hint="In float64 2 ** 53 + 1 is 2 ** 53"),
    Check("conv2d_weight", "gives zeros where there are no images", "channel_sum",
          {"x": np.zeros((0, 3, 2, 2), "float32")}, (np.zeros(3, "float32"), "float32")),
]  # fmt: skip

CONV_INPUT = [
    Check("conv2d_input", "gives the middle pixel of the lesson's example what all four taps have", "input_received",
          {"y": np.ones((1, 1, 2, 2)), "weight": FOUR, "size": (3, 3), "settings": PLAIN},
          (np.array([[[[1.0, 3, 2], [4, 10, 6], [3, 7, 4]]]]), "float64"),
          hint="A pixel that several windows see receives from each of them: add, don't overwrite"),
    Check("conv2d_input", "keeps stride, padding and dilation of rows and columns apart", "input_received",
          for_input(UNEVEN),
          lambda y, weight, size, settings: (conv_input(y, weight, size, settings), "float64")),
    Check("conv2d_input", "gives each group's channels what comes from their own outputs", "input_received",
          for_input(GROUPED),
          lambda y, weight, size, settings: (conv_input(y, weight, size, settings), "float64")),
    Check("conv2d_input", "leaves zeros where no window reached, in float32", "input_received",
          {"y": np.ones((1, 1, 2, 2), "float32"), "weight": np.ones((1, 1, 1, 1), "float32"), "size": (4, 4),
           "settings": PLAIN | {"stride": (2, 2)}},
          (np.array([[[[1, 0, 1, 0], [0, 0, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]]]], "float32"), "float32")),
    Check("conv2d_input", "adds up float32 in float64", "input_received", in_outputs("float32"),
          lambda weight, **_: together(weight), rtol=0.0, atol=0.0,
          hint="In float32 16777216 + 1 is 16777216: add up in float64, and convert at the end"),
    Check("conv2d_input", "adds up whole numbers in int64", "input_received", in_outputs("int64"),
          lambda weight, **_: together(weight), hint="In float64 2 ** 53 + 1 is 2 ** 53"),
    Check("conv2d_input", "agrees, with the weights' gradient and the bias', with central differences",
          "gradients_of_conv2d", through_conv, conv_slopes, rtol=1e-4, atol=1e-6),
]  # fmt: skip

NAN = float("nan")
POOL = [
    Check("max_pool", "finds the first of equal numbers", "first_largest",
          {"x": np.array([[1.0, 5.0], [5.0, 2.0]]), "places": [[0, 0], [0, 1], [1, 0], [1, 1]]}, [0, 1]),
    Check("max_pool", "takes nan for larger than any number before it", "first_largest",
          {"x": np.array([[1.0, NAN], [5.0, 2.0]]), "places": [[0, 0], [0, 1], [1, 0], [1, 1]]}, [0, 1],
          hint="5 > nan is False, and nan > 1 is False as well"),
    Check("max_pool", "finds the last of several nan, as PyTorch does", "first_largest",
          {"x": np.array([[1.0, NAN], [NAN, 5.0]]), "places": [[0, 0], [0, 1], [1, 0], [1, 1]]}, [1, 0],
          hint="A nan takes over from whatever was before it, another nan too"),
    Check("max_pool", "finds nothing where there are no places", "first_largest",
          {"x": np.ones((2, 2)), "places": []}, None),
    Check("max_pool", "halves images, each channel by itself", "pooled",
          lambda rng: {"x": rng.normal(size=(2, 3, 4, 6)), "kernel": (2, 2), "stride": (2, 2), "padding": (0, 0)},
          lambda x, **how: (pool(x, **how), "float64")),
    Check("max_pool", "takes windows that overlap, with a padding that never wins", "pooled",
          lambda rng: {"x": -1 - rng.random((1, 2, 5, 6)), "kernel": (3, 2), "stride": (2, 1), "padding": (1, 1)},
          lambda x, **how: (pool(x, **how), "float64"),
          hint="All these numbers are below 0: a zero from the padding would win"),
    Check("max_pool", "keeps whole numbers whole", "pooled",
          lambda rng: {"x": rng.integers(-9, 9, (1, 1, 4, 4)), "kernel": (2, 2), "stride": (2, 2), "padding": (0, 0)},
          lambda x, **how: (pool(x, **how), "int64")),
    Check("max_pool", "hands nan on", "pooled",
          {"x": np.array([[[[1.0, NAN], [2.0, 3.0]]]]), "kernel": (2, 2), "stride": (2, 2), "padding": (0, 0)},
          (np.array([[[[NAN]]]]), "float64")),
    Check("max_pool", "gives -inf for a window that lies in the padding with all its taps", "pooled",
          {"x": np.ones((1, 1, 1, 1)), "kernel": (2, 2), "stride": (2, 2), "padding": (1, 1), "dilation": 2},
          (np.array([[[[-np.inf]]]]), "float64")),
]  # fmt: skip

POOL_INPUT = [
    Check("max_pool_input", "gives each window's gradient to its largest number", "pool_received",
          {"y": np.array([[[[10.0, 20.0]]]]), "x": np.array([[[[1.0, 2, 3, 4], [8, 7, 6, 5]]]]),
           "kernel": (2, 2), "stride": (2, 2), "padding": (0, 0)},
          (np.array([[[[0.0, 0, 0, 0], [10, 0, 20, 0]]]]), "float64")),
    Check("max_pool_input", "adds up what a number wins in several windows", "pool_received",
          {"y": np.array([[[[1.0, 10.0, 100.0]]]]), "x": np.array([[[[1.0, 9, 2, 0]]]]),
           "kernel": (1, 2), "stride": (1, 1), "padding": (0, 0)},
          (np.array([[[[0.0, 11, 100, 0]]]]), "float64"), hint="Windows overlap: add, don't overwrite"),
    Check("max_pool_input", "gives it to the first of equal numbers only, in the gradient's type", "pool_received",
          {"y": np.full((1, 1, 1, 1), 3.0, "float32"), "x": np.zeros((1, 1, 2, 2)),
           "kernel": (2, 2), "stride": (2, 2), "padding": (0, 0)},
          (np.array([[[[3, 0], [0, 0]]]], "float32"), "float32")),
    Check("max_pool_input", "gives it to the last of several nan", "pool_received",
          {"y": np.full((1, 1, 1, 1), 3.0), "x": np.array([[[[1.0, NAN], [NAN, 5.0]]]]),
           "kernel": (2, 2), "stride": (2, 2), "padding": (0, 0)}, (np.array([[[[0.0, 0], [3, 0]]]]), "float64"),
          hint="`first_largest` knows which one it is"),
    Check("max_pool_input", "agrees with central differences", "gradient_of_pool",
          lambda rng: {"x": rng.permutation(48).reshape(1, 2, 4, 6).astype(float), "y": rng.normal(size=(1, 2, 2, 3))},
          lambda x, y: slopes(lambda v: (pool(v, (2, 2), (2, 2), (0, 0)) * y).sum(), x, 1e-3), rtol=1e-5),
]  # fmt: skip

UNFOLD = [
    Check("unfold", "counts taps and windows row by row", "places",
          {"size": (2, 3), "settings": FOLDS | {"kernel": (1, 2)}},
          [[0, 0, 0, 0], [1, 0, 0, 1], [0, 1, 0, 1], [1, 1, 0, 2],
           [0, 2, 1, 0], [1, 2, 1, 1], [0, 3, 1, 1], [1, 3, 1, 2]]),
    Check("unfold", "writes the lesson's four windows as four columns", "unfolded",
          {"x": NINE, "settings": FOLDS | {"kernel": (2, 2)}},
          (np.array([[[1.0, 2, 4, 5], [2, 3, 5, 6], [4, 5, 7, 8], [5, 6, 8, 9]]]), "float64")),
    Check("unfold", "stacks the taps channel by channel", "unfolded", sized(FOLDS),
          lambda x, settings: (unfold(x, settings), "float64"),
          hint="Tap (a, b) is number a · kernel width + b, and channel c begins at c · taps"),
    Check("unfold", "puts zeros where windows reach over the border", "unfolded", sized(FAR, "float32"),
          lambda x, settings: (unfold(x, settings), "float32")),
    Check("unfold", "copies whole numbers as they are", "unfolded",
          {"x": np.arange(12).reshape(1, 1, 3, 4), "settings": FOLDS},
          lambda x, settings: (unfold(x, settings), "int64")),
]  # fmt: skip

FOLD = [
    Check("fold", "counts how many windows see each pixel", "folded",
          {"x": np.ones((1, 4, 4)), "size": (3, 3), "settings": FOLDS | {"kernel": (2, 2)}},
          (np.array([[[[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]]]), "float64"), hint="Where windows overlap, add"),
    Check("fold", "reads channels and taps in unfold's order", "folded", columns(FOLDS),
          lambda x, size, settings: (fold(x, size, settings), "float64")),
    Check("fold", "drops what belongs to the border", "folded", columns(FAR),
          lambda x, size, settings: (fold(x, size, settings), "float64")),
    Check("fold", "is the gradient of unfold", "gradient_of_unfold",
          lambda rng: {"x": rng.normal(size=(1, 2, 4, 5)), "y": rng.normal(size=(1, 12, 6)), "kernel": (3, 2)},
          lambda x, y, **_: slopes(lambda v: (unfold(v, HALVING) * y).sum(), x), rtol=1e-4, atol=1e-6),
]  # fmt: skip


def settled(x: Array, weight: Array, bias: Array | None, stride: int, padding: int, dilation: int) -> Array:
    settings = {"stride": (stride,) * 2, "padding": (padding,) * 2, "dilation": (dilation,) * 2, "groups": 1}
    return conv(x, weight, bias, settings)


UNFOLDED = [
    Check("conv2d_unfolded", "gives 37, 47, 67 and 77 for the lesson's example", "conv2d_unfolded",
          {"x": NINE, "weight": FOUR, "bias": None, "stride": 1, "padding": 0, "dilation": 1},
          np.array([[[[37.0, 47.0], [67.0, 77.0]]]]),
          hint="`unfold` and `_settings` take dilation, padding and stride, in this order"),
    Check("conv2d_unfolded", "adds a bias per output", "conv2d_unfolded",
          lambda rng: {"x": rng.normal(size=(2, 3, 4, 4)), "weight": rng.normal(size=(4, 3, 3, 3)),
                       "bias": rng.normal(size=4), "stride": 1, "padding": 0, "dilation": 1},
          settled, hint="The bias is one number per output: it must meet the rows of (B, O, windows)"),
    Check("conv2d_unfolded", "gives an image that is wider than high its own shape back", "conv2d_unfolded",
          lambda rng: {"x": rng.normal(size=(1, 2, 3, 6)), "weight": rng.normal(size=(2, 2, 2, 3)),
                       "bias": None, "stride": 1, "padding": 0, "dilation": 1}, settled,
          hint="`_fits` gives rows first, then columns"),
    Check("conv2d_unfolded", "convolves several images with a stride, a padding and a dilation", "conv2d_unfolded",
          lambda rng: {"x": rng.normal(size=(2, 3, 7, 6)), "weight": rng.normal(size=(4, 3, 3, 2)),
                       "bias": None, "stride": 3, "padding": 1, "dilation": 2},
          settled, hint="`unfold` and `_settings` take dilation, padding and stride, in this order"),
    Check("conv2d_unfolded", "has gradients without any rule of its own", "gradients_of_unfolded",
          lambda rng: {k: v for k, v in through_conv(rng).items() if k not in ("stride", "padding")}, conv_slopes,
          rtol=1e-4, atol=1e-6),
    Check("conv2d_unfolded", "refuses weights for another number of channels, and names both", "conv2d_unfolded",
          {"x": np.ones((1, 2, 3, 3)), "weight": np.ones((1, 3, 2, 2)), "bias": None, "stride": 1, "padding": 0,
           "dilation": 1}, Raised("ShapeError", mentions=("3", "2"))),
    Check("conv2d_unfolded", "refuses an image without a batch", "conv2d_unfolded",
          {"x": np.ones((2, 3, 3)), "weight": np.ones((1, 2, 2, 2)), "bias": None, "stride": 1, "padding": 0,
           "dilation": 1}, Raised("ShapeError", mentions=("2, 3, 3",))),
]  # fmt: skip

NORM = [
    Check("batch_norm", "takes mean and variance of each channel over images and places", "moments",
          lambda rng: {"x": rng.normal(3, 2, size=(3, 2, 2, 4))},
          lambda x: (x.mean((0, 2, 3)), x.var((0, 2, 3)), "float64"),
          hint="The variance here is Σ (a - mean)² / n, not / (n - 1)"),
    Check("batch_norm", "keeps in the second row what rounding took from a mean in float32", "moments",
          lambda rng: {"x": (1e4 + rng.random((4, 2, 3))).astype("float32")},
          lambda x: (x.astype("float64").mean((0, 2)), x.astype("float64").var((0, 2)).astype("float32"), "float32"),
          rtol=1e-9, atol=1e-7, hint="Row 1 is the mean in Python's floats, less what row 0 could hold of it"),
    Check("batch_norm", "takes the differences of the variance to the mean before rounding", "moments",
          lambda rng: {"x": (1e6 + rng.integers(0, 64, (5, 2, 3)) / 8).astype("float32")},
          lambda x: (x.astype("float64").mean((0, 2)), x.astype("float64").var((0, 2)).astype("float32"), "float32"),
          rtol=1e-6, atol=0.0, hint="Row 0 is rounded to float32: 1000000.03 has no place in it"),
    Check("batch_norm", "gives the moments of float16 in float32", "moments",
          lambda rng: {"x": rng.integers(-8, 8, (2, 2, 4)).astype("float16")},
          lambda x: (x.astype("float64").mean((0, 2)), x.astype("float64").var((0, 2)).astype("float32"), "float32"),
          rtol=1e-6, hint="np.promote_types(x.dtype, np.float32) is the wider of both"),
    Check("batch_norm", "normalises one number with both parts of the mean", "normalised",
          {"x": np.array([[2.0, 7.0]]), "known": np.array([[1.0, 2.0], [0.5, 0.25], [3.75, 8.75]]), "channel": 1,
           "place": [0, 1], "eps": 0.25}, 4.75 / 3.0,
          hint="The mean is the sum of the first two rows, and what is divided by is √(variance + ε)"),
    Check("batch_norm", "scales and shifts each channel by its own numbers", "batch_norm", normal,
          lambda x, weight, bias, eps, **_: (norm(x, weight, bias, eps), "float64"),
          hint="ε is added to the variance, under the root"),
    Check("batch_norm", "needs neither weight nor bias", "batch_norm", bare,
          lambda x, eps, **_: (norm(x, None, None, eps), "float64")),
    Check("batch_norm", "gives the type of the image, whatever the moments are", "batch_norm",
          {"x": np.array([[2.0], [4.0]], "float16"), "known": np.array([[3.0], [0], [0.75]], "float32"),
           "weight": None, "bias": None, "eps": 0.25}, (np.array([[-1.0], [1.0]], "float16"), "float16")),
    Check("batch_norm", "takes vectors (B, C) too", "batch_norm", bare_vectors,
          lambda x, bias, eps, **_: (norm(x, None, bias, eps), "float64")),
    Check("batch_norm", "turns a channel without variance into its bias, not into nan", "trained",
          {"x": np.full((2, 2, 2, 2), 7.0), "weight": np.array([2.0, 3.0]), "bias": np.array([0.5, -1.0]), "eps": 1e-5},
          lambda x, bias, **_: (np.broadcast_to(bias[:, None, None], x.shape).copy(), "float64")),
]  # fmt: skip

RUNNING = [
    Check("running", "moves by the momentum towards the new value, in place", "moved",
          {"running": np.array([0.0, 10.0], "float32"), "value": np.array([1.0, 20.0]), "momentum": 0.25},
          (np.array([0.25, 12.5], "float32"), np.array([0.25, 12.5], "float32"), "float32"),
          hint="The tensor itself must change: the second result is a view of it"),
    Check("running", "does nothing where there is no running average", "moved_nothing", {"value": np.ones(2)}, None),
    Check("running", "follows a batch's mean and unbiased variance", "running",
          lambda rng: {"x": rng.normal(2, 3, size=(4, 2, 2, 2)), "momentum": 0.1},
          lambda x, **_: (0.1 * x.mean((0, 2, 3)), 0.9 + 0.1 * x.var((0, 2, 3), ddof=1)), rtol=1e-5, atol=1e-6),
    Check("running", "normalises a single image with the running moments", "evaluated",
          lambda rng: {"x": rng.normal(size=(1, 3, 2, 2)), "mean": rng.normal(size=3), "variance": rng.random(3) + 0.1,
                       "weight": rng.normal(size=3), "bias": rng.normal(size=3), "eps": 0.5},
          lambda x, mean, variance, weight, bias, eps: (x - mean[:, None, None])
          / np.sqrt(variance + eps)[:, None, None] * weight[:, None, None] + bias[:, None, None]),
    Check("running", "needs neither weight nor bias", "evaluated",
          lambda rng: {"x": rng.normal(size=(2, 2)), "mean": rng.normal(size=2), "variance": rng.random(2),
                       "weight": None, "bias": None, "eps": 0.1},
          lambda x, mean, variance, eps, **_: (x - mean) / np.sqrt(variance + eps)),
    Check("running", "takes a weight without a bias", "evaluated",
          lambda rng: {"x": rng.normal(size=(2, 2)), "mean": rng.normal(size=2), "variance": rng.random(2),
                       "weight": rng.normal(size=2), "bias": None, "eps": 0.1},
          lambda x, mean, variance, weight, eps, **_: (x - mean) / np.sqrt(variance + eps) * weight),
    Check("running", "refuses to evaluate without running moments, and names them", "evaluated",
          {"x": np.ones((2, 2)), "mean": None, "variance": np.ones(2), "weight": None, "bias": None, "eps": 0.1},
          Raised("ShapeError", mentions=("running_mean", "running_var"))),
]  # fmt: skip

NORM_INPUT = [
    Check("batch_norm_input", "sums what weight and bias receive", "norm_sums", sums_inputs,
          lambda **given: (sums_of(**given), "float64")),
    Check("batch_norm_input", "gives the sums of float16 in float32", "norm_sums",
          {"y": np.ones((2, 1), "float16"), "x": np.array([[2.0], [4.0]], "float16"),
           "known": np.array([[3.0], [0], [0.75]], "float32"), "eps": 0.25},
          (np.array([[0.0], [2.0]], "float32"), "float32"), hint="np.promote_types(x.dtype, np.float32), as before"),
    Check("batch_norm_input", "makes means of the sums", "norm_received", only_sums,
          lambda x, weight, sums, eps, known, **_: (
              -by_channel(weight / np.sqrt(known[2] + eps))
              * (by_channel(sums[1]) + norm(x, None, None, eps) * by_channel(sums[0])) / (x.size / x.shape[1]),
              "float64"),
          hint="Both sums have a part in it: divide the sums by how many numbers the channel has"),
    Check("batch_norm_input", "gives x the gradient that central differences give", "norm_received",
          backward(weighted=True),
          lambda y, x, weight, eps, **_: (slopes(lambda v: (norm(v, weight, None, eps) * y).sum(), x), "float64"),
          rtol=1e-4, atol=1e-6, hint="Mean and variance depend on x as well"),
    Check("batch_norm_input", "needs no weight", "norm_received", backward(weighted=False),
          lambda y, x, eps, **_: (slopes(lambda v: (norm(v, None, None, eps) * y).sum(), x), "float64"),
          rtol=1e-4, atol=1e-6),
    Check("batch_norm_input", "gives nothing for no images", "norm_received",
          {"y": np.zeros((0, 2, 2, 2)), "x": np.zeros((0, 2, 2, 2)), "known": np.zeros((3, 2)), "weight": np.ones(2),
           "sums": np.zeros((2, 2)), "eps": 1e-5}, (np.zeros((0, 2, 2, 2)), "float64")),
    Check("batch_norm_input", "gives x, weight and bias their gradients through F.batch_norm", "gradients_of_norm",
          lambda rng: {"x": rng.normal(1, 2, size=(4, 3)), "weight": rng.normal(size=3), "bias": rng.normal(size=3),
                       "y": rng.normal(size=(4, 3)), "eps": 0.3},
          lambda x, weight, bias, y, eps: [
              slopes(lambda v: (norm(v, weight, bias, eps) * y).sum(), x),
              slopes(lambda v: (norm(x, v, bias, eps) * y).sum(), weight),
              slopes(lambda v: (norm(x, weight, v, eps) * y).sum(), bias)], rtol=1e-4, atol=1e-6),
]  # fmt: skip

CHECKS = [
    *WINDOWS, *CONV, *CONV_WEIGHT, *CONV_INPUT, *POOL, *POOL_INPUT, *UNFOLD, *FOLD, *UNFOLDED, *NORM, *RUNNING,
    *NORM_INPUT,
]  # fmt: skip
