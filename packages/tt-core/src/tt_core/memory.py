"""How many bytes tensors hold: now, at the worst moment, and for what.

    with memory.track() as m:
        m.watch(model, "parameters")
        with memory.scope("activations"):
            loss = F.cross_entropy(model(x), y)
        with memory.scope("gradients"):
            loss.backward()
    print(m.table())

What is counted are buffers: each once, by its size, however many tensors and views share it, from the operation that
handed it out until nobody holds it any more. So what the graph has saved for gradients counts as long as it is saved.
Memory that other libraries lent (`from_numpy(np.frombuffer(...))`, memory maps) counts too, once, by its whole size.

Not seen are arrays that never become a tensor's: what a kernel allocates and drops within a call, what NumPy code
computes beside tensors, and what was there before, unless it is shown to `watch`. Without a tracker nothing is counted,
and nothing is paid for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import chain
from threading import RLock
from typing import Any, NamedTuple
from weakref import ref

import numpy as np

from tt_core.dtypes import Array, DType
from tt_core.graph import WATCHERS, Recorded

__all__ = ["Buffer", "Tracker", "Usage", "scope", "track"]

_scope: ContextVar[str] = ContextVar("tt_memory_scope", default="other")


@dataclass(slots=True, eq=False)
class Buffer:
    """A piece of memory that tensors use.

    Attributes:
        nbytes: its size.
        shape, dtype: as the first tensor saw it, or as it is as a whole if that tensor saw only a part.
        made_by: the operation, "tensor" if it came from data.
        scope: in which it was made, or as what it was shown to `watch`.
    """

    nbytes: int
    shape: tuple[int, ...]
    dtype: DType
    made_by: str
    scope: str
    born: int = field(repr=False)
    holders: int = field(default=0, repr=False)


class Usage(NamedTuple):
    """The bytes of one scope.

    Attributes:
        live: now.
        at_peak: when all scopes together held the most; these add up to `Tracker.peak`.
        peak: the most that this scope held by itself, at whatever time.
    """

    live: int
    at_peak: int
    peak: int


@contextmanager
def scope(name: str) -> Iterator[str]:
    """Say what the tensors are for that are made in a `with` block; scopes within scopes are joined by a slash."""
    outer = _scope.get()
    path = name if outer == "other" else f"{outer}/{name}"
    token = _scope.set(path)
    try:
        yield path
    finally:
        _scope.reset(token)


@contextmanager
def track() -> Iterator[Tracker]:
    """Count the buffers that tensors get in a `with` block, and notice when they are freed, then and later.

    >>> import tt_core as tt
    >>> with track() as m:
    ...     x = tt.zeros(1000)
    ...     y = (x + 1)[::2]
    >>> m.live
    8000
    >>> del y
    >>> m.live, m.peak
    (4000, 8000)
    """
    tracker = Tracker()
    WATCHERS.append(tracker.add)
    try:
        yield tracker
    finally:
        WATCHERS.remove(tracker.add)


class Tracker:
    """What `track` gives.

    An array that dies only leaves a note, since it may die at any time and in any thread; notes are read before the
    next number is. A buffer that has died since the peak is kept in mind until there is a new one.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._buffers: dict[int, Buffer] = {}  # by the identity of the owner
        self._holders: dict[int, tuple[ref[Array], int]] = {}  # arrays at the root of others, and their owner
        self._dead: deque[int] = deque()
        self._gone: list[Buffer] = []
        self._scopes: dict[str, list[int]] = {}  # [now, most]
        self._live = self._peak = 0
        self._born = self._peaked = 0

    @property
    def live(self) -> int:
        """Bytes that are held now."""
        with self._settled():
            return self._live

    @property
    def peak(self) -> int:
        """The most bytes that were held at one time."""
        return self._peak

    def reset_peak(self) -> None:
        """Forget the peak: it is what is held now, of all and of each scope."""
        with self._settled():
            for usage in self._scopes.values():
                usage[1] = usage[0]
            self._new_peak()

    def add(self, array: Array, made_by: str = "tensor", inputs: Sequence[Any] = ()) -> None:
        """Count the buffer behind an array, if it is not yet counted, nor an input's that was there before."""
        self._add(array, made_by, inputs, _scope.get())

    def _add(self, array: Array, made_by: str, inputs: Sequence[Any], scope: str) -> None:
        holder, owner = _owner(array)
        with self._settled():
            if id(holder) in self._holders or (id(owner) not in self._buffers and _shares(owner, inputs)):
                return
            self._holders[id(holder)] = (ref(holder, _note(self._dead, id(holder))), id(owner))
            buffer = self._buffers.get(id(owner)) or self._new_buffer(array, owner, made_by, scope)
            buffer.holders += 1

    def watch(self, what: Any, scope: str) -> None:
        """Count what was there before, or give it another scope: a module, a tensor, or a collection of tensors.

        After `backward()`, `watch([p.grad for p in model.parameters()], "gradients")` parts gradients from the rest.
        """
        for array in _arrays(what):
            self._add(array, "tensor", (), scope)
            with self._lock:
                buffer = self._buffers[id(_owner(array)[1])]
                self._count(buffer.scope, -buffer.nbytes)
                buffer.scope = scope
                self._count(scope, buffer.nbytes)

    def largest(self, n: int = 10, *, at_peak: bool = False) -> list[Buffer]:
        """Return the n largest buffers, of now or of the peak, the largest first."""
        with self._settled():
            found = list(self._at_peak() if at_peak else self._buffers.values())
        return sorted(found, key=lambda buffer: -buffer.nbytes)[:n]

    def by_scope(self) -> dict[str, Usage]:
        """Return what each scope holds and held, the one that held most at the peak first."""
        with self._settled():
            at_peak = dict.fromkeys(self._scopes, 0)
            for buffer in self._at_peak():
                at_peak[buffer.scope] += buffer.nbytes
            found = {name: Usage(live, at_peak[name], most) for name, (live, most) in self._scopes.items()}
        return dict(sorted(found.items(), key=lambda item: -item[1].at_peak))

    def table(self, n: int = 5) -> str:
        """Return as text what each scope holds, and the n largest buffers of the peak."""
        lines = [_line("bytes held by", "now", "at peak", "own peak")]
        lines += [_line(name, *map(_size, usage)) for name, usage in self.by_scope().items()]
        lines += [_line("all", _size(self.live), _size(self.peak), _size(self.peak)), "largest at the peak"]
        lines += [_line(f"  {_label(b)}", "", _size(b.nbytes)) for b in self.largest(n, at_peak=True)]
        return "\n".join(lines)

    @contextmanager
    def _settled(self) -> Iterator[None]:
        """Take the lock and read the notes of the dead."""
        with self._lock:
            while self._dead:
                owner = self._holders.pop(self._dead.popleft())[1]
                self._buffers[owner].holders -= 1
                if self._buffers[owner].holders == 0:
                    self._free(self._buffers.pop(owner))
            yield

    def _new_buffer(self, array: Array, owner: Any, made_by: str, scope: str) -> Buffer:
        nbytes = _nbytes(owner, array)
        whole = array if nbytes == array.nbytes or not isinstance(owner, np.ndarray) else owner
        self._born += 1
        buffer = Buffer(nbytes, whole.shape, whole.dtype, made_by, scope, self._born)
        self._buffers[id(owner)] = buffer
        self._live += nbytes
        self._count(scope, nbytes)
        if self._live > self._peak:
            self._new_peak()
        return buffer

    def _free(self, buffer: Buffer) -> None:
        self._live -= buffer.nbytes
        self._count(buffer.scope, -buffer.nbytes)
        if buffer.born <= self._peaked:
            self._gone.append(buffer)

    def _count(self, scope: str, nbytes: int) -> None:
        usage = self._scopes.setdefault(scope, [0, 0])
        usage[0] += nbytes
        usage[1] = max(usage)

    def _new_peak(self) -> None:
        self._peak, self._peaked = self._live, self._born
        self._gone.clear()

    def _at_peak(self) -> Iterable[Buffer]:
        return chain((b for b in self._buffers.values() if b.born <= self._peaked), self._gone)


def _note(dead: deque[int], key: int) -> Callable[[ref[Array]], None]:
    return lambda _: dead.append(key)


def _owner(array: Array) -> tuple[Array, Any]:
    """Return the array at the root of all views, and who owns its memory: itself, or somebody foreign."""
    holder: Array = array
    base: Any = array
    while base is not None:
        owner = base
        if isinstance(base, np.ndarray):
            holder, base = base, base.base
        else:
            base = base.obj if isinstance(base, memoryview) else None
    return holder, owner


def _shares(owner: Any, inputs: Iterable[Any]) -> bool:
    return any(_owner(array)[1] is owner for array in _arrays(inputs))


def _nbytes(owner: Any, array: Array) -> int:
    """Return the size of the owner's memory; one that does not tell, as a DLPack capsule, has what we see of it."""
    try:
        return memoryview(owner).nbytes
    except TypeError:
        return array.nbytes


def _arrays(what: Any) -> Iterator[Array]:
    """Yield the arrays of a module, a tensor or an array, or of all in a collection; nothing for anything else."""
    if isinstance(what, (Recorded, np.ndarray)):
        yield what.data if isinstance(what, Recorded) else what
    elif hasattr(what, "parameters"):
        yield from _arrays((*what.parameters(), *what.buffers()))
    elif isinstance(what, Mapping):
        yield from _arrays(what.values())
    elif isinstance(what, Iterable) and not isinstance(what, (str, bytes)):
        for part in what:
            yield from _arrays(part)


def _line(name: str, *cells: str) -> str:
    return f"{name:50}" + "".join(f"{cell:>11}" for cell in cells)


def _label(b: Buffer) -> str:
    return f"{b.made_by} {b.dtype.name}{list(b.shape)} in {b.scope}"


def _size(nbytes: int) -> str:
    """Return a readable size, exact below 10 KiB.

    >>> _size(5000), _size(2_500_000)
    ('5000 B', '2.4 MiB')
    """
    scaled, unit = float(nbytes), "B"
    for larger in ("KiB", "MiB", "GiB"):
        if scaled >= 10240 or (unit != "B" and scaled >= 1024):
            scaled, unit = scaled / 1024, larger
    return f"{nbytes} B" if unit == "B" else f"{scaled:.1f} {unit}"
