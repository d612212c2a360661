"""A backend held against `naive`: every kernel, forward and backward, on samples that try its corners.

A result may differ from that of the loops by the rounding of its type, since the order of a sum is free:
|got - expected| ≤ t + t · |expected| with t = 1e-2 in float16, 2e-5 in float32, 1e-10 in float64; integers and truth
values must be equal, and nan and infinities must be where they are in the loops.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from tt_core.autograd import grad
from tt_core.dispatch import NAIVE, REGISTRY, Backend, Primitive, get_backend, use_backend
from tt_core.dtypes import Array
from tt_core.errors import BackendError
from tt_core.graph import wrap
from tt_core.recording import apply
from tt_core.testing.samples import Sample, samples_of

TOLERANCE = {"float16": 1e-2, "float32": 2e-5, "float64": 1e-10}


class Difference(NamedTuple):
    """Where a backend departs from the loops.

    Attributes:
        sample: the inputs and settings.
        what: the result, or the gradient of an argument, or what else is wrong.
        expected, got: the two values, at an index where there is one.
    """

    sample: Sample
    what: str
    expected: Any
    got: Any

    def __str__(self) -> str:
        return f"({self.sample}): expected {self.what} {self.expected}, got {self.got}"


class Outcome(NamedTuple):
    """What became of one primitive: on how many samples it was tried, and the first difference."""

    primitive: str
    samples: int
    difference: Difference | None

    @property
    def ok(self) -> bool:
        """Whether all samples agree."""
        return self.difference is None

    def __str__(self) -> str:
        return f"ok      {self.primitive}" if self.ok else f"failed  {self.primitive}{self.difference}"


class Report(NamedTuple):
    """What became of all primitives."""

    backend: str
    outcomes: tuple[Outcome, ...]

    @property
    def failures(self) -> list[Outcome]:
        """Those that differ."""
        return [outcome for outcome in self.outcomes if not outcome.ok]

    def __str__(self) -> str:
        return "\n".join(map(str, self.outcomes))


def check_backend(
    name: str | Backend, *, primitives: Iterable[str | Primitive[...]] | None = None, seed: int = 0
) -> Report:
    """Hold a backend against `naive`, forward and backward; return the report.

    Args:
        name: the backend.
        primitives: which ones, all that are registered unless given.
        seed: for the samples.

    Raises:
        BackendError: a primitive differs (`compare_backend` reports that without an error), or has no samples.

    >>> check_backend("numpy", primitives=["matmul"]).failures
    []
    """
    report = compare_backend(name, primitives=primitives, seed=seed)
    if report.failures:
        shown = "\n".join(f"  {outcome.primitive}{outcome.difference}" for outcome in report.failures)
        counts = f"{len(report.failures)} of {len(report.outcomes)} primitives differ"
        message = f"expected backend {report.backend!r} to agree with 'naive'; {counts}:\n{shown}"
        raise BackendError(message)
    return report


def compare_backend(
    name: str | Backend, *, primitives: Iterable[str | Primitive[...]] | None = None, seed: int = 0
) -> Report:
    """Hold a backend against `naive` and return the report, whatever it says (see `check_backend`).

    Raises:
        BackendError: a primitive is unknown or has no samples.
    """
    backend = get_backend(name) if isinstance(name, str) else name
    chosen = REGISTRY.primitives.values() if primitives is None else map(_primitive, primitives)
    return Report(backend.name, tuple([_tried(backend, primitive, seed) for primitive in list(chosen)]))


def _primitive(primitive: str | Primitive[...]) -> Primitive[...]:
    if isinstance(primitive, str) and primitive not in REGISTRY.primitives:
        message = f"expected the name of a registered primitive; got {primitive!r}"
        raise BackendError(message)
    return REGISTRY.primitives[primitive] if isinstance(primitive, str) else primitive


def _tried(backend: Backend, primitive: Primitive[...], seed: int) -> Outcome:
    samples = samples_of(primitive, seed)
    differences = (_difference(backend, primitive, sample) for sample in samples)
    return Outcome(primitive.name, len(samples), next(filter(None, differences), None))


def _difference(backend: Backend, primitive: Primitive[...], sample: Sample) -> Difference | None:
    """Return the first difference between the backend and the loops on this sample."""
    expected = dict(_computed(NAIVE, primitive, sample))
    before = [np.copy(x) for x in sample.inputs]
    try:
        got = dict(_computed(backend, primitive, sample))
    except Exception as error:  # noqa: BLE001 - whatever a kernel raises is what the report is about
        return Difference(sample, "a result, but", "none was expected to fail", repr(error))
    for i, (x, copy) in enumerate(zip(sample.inputs, before, strict=True)):
        if not np.array_equal(np.asarray(x), copy, equal_nan=copy.dtype.kind == "f"):
            return Difference(sample, f"argument {i} unchanged, as", copy.tolist(), np.asarray(x).tolist())
    if not primitive.view and any(np.shares_memory(got["the result"], x) for x in sample.inputs if _is_array(x)):
        return Difference(sample, "the result", "in memory of its own", "a view of an argument")
    for what, value in expected.items():
        found = _first_difference(value, got[what])
        if found is not None:
            return Difference(sample, what + found[0], *found[1:])
    return None


def _computed(backend: Backend, primitive: Primitive[...], sample: Sample) -> Iterator[tuple[str, Array | None]]:
    """Yield what the backend computes: the result, then the gradient of each floating-point argument."""
    xs = [_leaf(x) for x in sample.inputs]
    with use_backend(backend), np.errstate(all="ignore"):
        out = apply(primitive, *xs, **sample.params)
        yield "the result", out.data
        if not out.requires_grad:
            return
        places = [i for i, x in enumerate(xs) if getattr(x, "requires_grad", False)]
        seed = np.random.default_rng(1).uniform(-1, 1, out.shape).astype(out.dtype)
        found = grad(out, [xs[i] for i in places], wrap(seed), allow_unused=True)
    for i, g in zip(places, found, strict=True):
        yield f"the gradient of argument {i}", None if g is None else g.data


def _leaf(x: Any) -> Any:
    """Return an array as a tensor, with a gradient if it can have one."""
    return wrap(x).requires_grad_(x.dtype.kind == "f") if _is_array(x) else x


def _is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray)


def _first_difference(expected: Array | None, got: Array | None) -> tuple[str, Any, Any] | None:
    """Return where two arrays differ, and what stands there."""
    if expected is None or got is None:
        return None if expected is got else ("", expected, got)
    if (expected.dtype, expected.shape) != (got.dtype, got.shape):
        return " of type and shape", f"{expected.dtype}{list(expected.shape)}", f"{got.dtype}{list(got.shape)}"
    t = TOLERANCE.get(expected.dtype.name)
    close = expected == got if t is None else _close(expected.astype(np.float64), got.astype(np.float64), t)
    if close.all():
        return None
    index = tuple(np.argwhere(~close)[0].tolist())
    return f" at {list(index)}", expected[index], got[index]


def _close(expected: Array, got: Array, t: float) -> Array:
    return np.isclose(got, expected, rtol=t, atol=t, equal_nan=True)
