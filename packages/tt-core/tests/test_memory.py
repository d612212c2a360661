from __future__ import annotations

import gc
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tt_core as tt
from tt_core import memory, nn
from tt_core.graph import WATCHERS

KIB, MIB = 1 << 10, 1 << 20


@pytest.fixture
def traced() -> Iterator[None]:
    """Have Python's own allocator tell what NumPy holds."""
    gc.collect()
    tracemalloc.start()
    yield
    tracemalloc.stop()


def numpy_bytes() -> int:
    snapshot = tracemalloc.take_snapshot()
    only = tracemalloc.DomainFilter(inclusive=True, domain=np.lib.tracemalloc_domain)
    return sum(trace.size for trace in snapshot.filter_traces([only]).traces)


def loss_of(x: tt.Tensor, weight: tt.Tensor) -> tt.Tensor:
    """Compute with kernels that need no memory but their result's."""
    hidden = (x @ weight).exp()
    return (hidden * x).sum()


class TestAgainstPythonsAllocator:
    def test_live_after_each_of_many_steps(self, traced: None) -> None:
        with memory.track() as m:
            kept = [tt.zeros(256, 256, dtype=tt.float64)]
            assert m.live == numpy_bytes() == 512 * KIB
            kept.append(kept[0] + 1)
            kept.append(kept[1].T.reshape(-1)[100:])
            kept.append(kept[1][::2].expand(3, 128, 256))
            assert m.live == numpy_bytes() == 1536 * KIB
            del kept[1]
            assert m.live == numpy_bytes() == 1536 * KIB
            kept[1:] = []
            assert m.live == numpy_bytes() == 512 * KIB

    def test_forward_and_backward(self, traced: None) -> None:
        rng = np.random.default_rng(0)
        x = tt.from_numpy(rng.normal(size=(512, 512)))
        weight = tt.from_numpy(rng.normal(size=(512, 512)) / 100).requires_grad_()
        loss_of(
            tt.ones(2, 2), tt.ones(2, 2, requires_grad=True)
        ).backward()  # what Python keeps of a first time is there
        owned, before = numpy_bytes(), tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        with memory.track() as m:
            loss_of(x, weight).backward()
        peak = tracemalloc.get_traced_memory()[1] - before
        assert m.live == numpy_bytes() - owned == 2 * MIB, "the gradient"
        assert m.peak % MIB < KIB
        assert m.peak <= peak < m.peak + MIB // 8, "Python's own objects are all that comes on top"


class TestBuffers:
    def test_a_view_keeps_the_whole_buffer(self) -> None:
        with memory.track() as m:
            x = tt.zeros(1000)
            part = x[:10].reshape(2, 5).T
            assert m.live == 4000
            del x
            assert m.live == 4000
            del part
        assert m.live == 0
        assert m.peak == 4000

    def test_what_was_there_before_does_not_count_nor_do_its_views(self) -> None:
        x = tt.zeros(100, requires_grad=True)
        y = x.exp()
        with memory.track() as m:
            views = [x[:10], x.reshape(10, 10).T, x.detach(), x.detach()[None]]
            assert m.live == 0
            y.sum().backward()
            del views
        assert m.live == x.data.nbytes, "the gradient"
        assert m.peak < 4 * x.data.nbytes

    def test_an_operation_that_copies_is_no_view(self) -> None:
        x = tt.arange(100)
        with memory.track() as m:
            picked, copied = x[tt.tensor([1, 2, 3])], x.reshape(10, 10).T.reshape(100)
            assert m.live == 3 * 8 + 100 * 8
        assert picked.shape != copied.shape

    def test_numbers_and_empty_tensors(self) -> None:
        with memory.track() as m:
            one, none = tt.tensor(1.0), tt.zeros(0, 5)
            assert m.live == 4
        assert one.numel() != none.numel()

    def test_saved_for_the_gradient(self) -> None:
        x = tt.zeros(1000, requires_grad=True)
        with memory.track() as m:
            total = x.exp().sum()
            assert m.live == 4000 + 4, "exp saves its result"
            total.backward()
            assert m.live == 4000 + 4, "which is freed, and a gradient is there"
            x.grad = None
            assert m.live == 4

    def test_results_that_are_not_recorded(self) -> None:
        x = tt.zeros(1000, requires_grad=True)
        with memory.track() as m, tt.no_grad():
            total = x.exp().sum()
            assert m.live == total.data.nbytes
        assert m.peak == 4004

    def test_checkpoint_keeps_less(self) -> None:
        def f(x: tt.Tensor) -> tt.Tensor:
            return x.exp().exp().exp().sum()

        x = tt.zeros(1000, requires_grad=True)
        with memory.track() as stored:
            kept = f(x)
            high = stored.live
        with memory.track() as recomputed:
            again = tt.checkpoint(f, x)
            assert recomputed.live < high / 2
        assert kept.item() == again.item()

    def test_garbage_in_cycles_counts_until_it_is_collected(self) -> None:
        gc.collect()
        with memory.track() as m:
            ring: list[object] = [tt.zeros(1000)]
            ring.append(ring)
            del ring
            assert m.live == 4000
            gc.collect()
            assert m.live == 0


class TestForeignMemory:
    def test_a_shared_buffer_counts_once_and_whole(self) -> None:
        lent = bytearray(4096)
        with memory.track() as m:
            first = tt.from_numpy(np.frombuffer(lent, np.float32, 100))
            second = tt.from_numpy(np.asarray(memoryview(lent))[10:20])
            assert m.live == 4096
            del first
            assert m.live == 4096
            del second
            assert m.live == 0

    def test_a_memory_map(self, tmp_path: Path) -> None:
        np.ones(3000, np.float32).tofile(tmp_path / "numbers")
        with memory.track() as m:
            x = tt.from_numpy(np.memmap(tmp_path / "numbers", np.float32, "r")[5:7])
            assert m.live == 12000
            del x
            assert m.live == 0

    def test_an_owner_that_does_not_tell_its_size(self) -> None:
        array = np.ones(1000)
        with memory.track() as m:
            x = tt.from_numpy(np.from_dlpack(array))
            assert m.live == 8000
            (buffer,) = m.largest()
        assert buffer.shape == x.shape == (1000,)


@st.composite
def programs(draw: st.DrawFn) -> list[tuple[str, int]]:
    return draw(st.lists(st.tuples(st.sampled_from(["new", "view", "copy", "drop"]), st.integers(0, 20)), max_size=40))


@given(programs())
def test_any_order_of_making_and_freeing(program: list[tuple[str, int]]) -> None:
    held: list[tuple[tt.Tensor, int]] = []  # each tensor, and which buffer it uses
    sizes: list[int] = []
    highest = 0
    with memory.track() as m:
        for action, n in program:
            if action == "new":
                held.append((tt.zeros(n + 1), len(sizes)))
                sizes.append(4 * (n + 1))
            elif held and action == "view":
                x, buffer = held[n % len(held)]
                held.append((x[: n // 2], buffer))
            elif held and action == "copy":
                held.append((held[n % len(held)][0].clone(), len(sizes)))
                sizes.append(held[-1][0].data.nbytes)
            elif held:
                x = held.pop(n % len(held))[0]
            x = None  # type: ignore[assignment]  # or it would be held once more
            live = sum(sizes[buffer] for buffer in {buffer for _, buffer in held})
            highest = max(highest, live)
            assert m.live == live
            assert m.peak == highest
            assert sum(b.nbytes for b in m.largest(100)) == live
            assert sum(b.nbytes for b in m.largest(100, at_peak=True)) == highest
            assert sum(usage.at_peak for usage in m.by_scope().values()) == highest


class TestScopes:
    def test_who_holds_what_and_held_it_at_the_peak(self) -> None:
        with memory.track() as m:
            a = tt.zeros(100)
            with memory.scope("forward"):
                b = tt.zeros(300)
                with memory.scope("layer1") as path:
                    c = tt.zeros(1000)
            del c
            with memory.scope("backward"):
                d = tt.zeros(200)
        assert path == "forward/layer1"
        assert m.by_scope() == {
            "forward/layer1": (0, 4000, 4000),
            "forward": (1200, 1200, 1200),
            "other": (400, 400, 400),
            "backward": (800, 0, 800),
        }
        assert m.live == sum(x.data.nbytes for x in (a, b, d))
        assert m.peak == 5600

    def test_a_scope_ends_with_an_error(self) -> None:
        with memory.track() as m:
            with pytest.raises(KeyError), memory.scope("failing"):
                raise KeyError
            x = tt.zeros(10)
        assert m.by_scope() == {"other": (40, 40, 40)}
        assert x.shape == (10,)

    def test_by_module_10s_categories(self) -> None:
        rng = np.random.default_rng(0)
        parameters = [tt.from_numpy(rng.normal(size=(64, 64))).requires_grad_() for _ in range(3)]
        x = tt.ones(64, 64, dtype=tt.float64)
        states: dict[str, object] = {}
        with memory.track() as m:
            m.watch(parameters, "parameters")
            with memory.scope("activations"):
                hidden = x
                for p in parameters:
                    hidden = (hidden @ p).tanh()
                loss = hidden.sum()
            hidden = x
            activations = m.live - m.by_scope()["parameters"].live
            with memory.scope("gradients"):
                loss.backward()
            m.watch([p.grad for p in parameters], "gradients")
            with memory.scope("optimizer state"), tt.no_grad():
                states |= {"step": 1, "momentum": [p.grad * 0.1 for p in parameters if p.grad is not None]}
        size = 64 * 64 * 8
        usage = m.by_scope()
        assert activations == 3 * size + 8, "tanh saves its result, and matmul its inputs, which are these"
        assert {name: u.live for name, u in usage.items()} == {
            "parameters": 3 * size,
            "activations": 8,
            "gradients": 3 * size,
            "optimizer state": 3 * size,
        }
        assert usage["activations"].peak > 3 * size
        assert len(states) == 2


class TestWatch:
    def test_counts_what_was_there(self) -> None:
        x = tt.zeros(100)
        with memory.track() as m:
            m.watch(x, "batch")
            m.watch(x[:5], "batch")
            assert m.by_scope() == {"batch": (400, 400, 400)}

    def test_gives_another_scope(self) -> None:
        with memory.track() as m:
            with memory.scope("building"):
                x = tt.zeros(100)
            m.watch(x, "parameters")
        assert m.by_scope() == {"parameters": (400, 400, 400), "building": (0, 0, 400)}
        assert m.largest()[0].scope == "parameters"

    def test_takes_collections_of_collections_and_skips_what_has_no_memory(self) -> None:
        found = {"step": 3, "a": tt.zeros(10), "b": [None, "name", (np.zeros(5), b"bytes")]}
        with memory.track() as m:
            m.watch(found, "state")
        assert m.live == 80

    def test_takes_a_module(self) -> None:
        model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2, bias=False))
        model.register_buffer("steps", tt.zeros(1))
        with memory.track() as m:
            m.watch(model, "parameters")
        assert m.live == 4 * (4 * 3 + 3 + 3 * 2 + 1)

    def test_parameters_made_meanwhile_count_without_being_shown(self) -> None:
        with memory.track() as m:
            layer = nn.Linear(64, 64)
            made = m.live
            m.watch(layer, "parameters")
            assert m.live == made == 4 * (64 * 64 + 64)
            assert m.by_scope()["parameters"].live == made


class TestTracker:
    def test_nothing_watches_outside(self) -> None:
        with memory.track() as m:
            assert len(WATCHERS) == 1
        with pytest.raises(KeyError), memory.track():
            raise KeyError
        assert WATCHERS == []
        x = tt.zeros(100)
        assert m.live == m.peak == 0
        assert x.shape == (100,)

    def test_trackers_within_trackers(self) -> None:
        with memory.track() as outer:
            a = tt.zeros(100)
            with memory.track() as inner:
                b = tt.zeros(10)
                c = a + 1
            d = tt.zeros(1)
        assert outer.live == sum(x.data.nbytes for x in (a, b, c, d))
        assert inner.live == b.data.nbytes + c.data.nbytes

    def test_freeing_is_noticed_after_the_block(self) -> None:
        with memory.track() as m:
            x = tt.zeros(100)
        assert m.live == 400
        del x
        assert m.live == 0

    def test_the_peak_can_start_anew(self) -> None:
        with memory.track() as m:
            x = tt.zeros(100)
            del x
            y = tt.zeros(10)
            m.reset_peak()
            assert m.peak == m.live == y.data.nbytes
            assert m.by_scope() == {"other": (40, 40, 40)}
            z = tt.zeros(20)
        assert m.peak == 120
        assert [b.shape for b in m.largest(at_peak=True)] == [z.shape, y.shape]

    def test_the_largest_say_what_they_are(self) -> None:
        with memory.track() as m, memory.scope("forward"):
            x = tt.ones(3, 4, dtype=tt.float64)
            y = x.sum(0)
            gone = tt.zeros(1000)
            del gone
        assert [(b.nbytes, b.shape, b.dtype, b.made_by, b.scope) for b in m.largest(2)] == [
            (96, (3, 4), tt.float64, "tensor", "forward"),
            (32, (4,), tt.float64, "sum", "forward"),
        ]
        assert [b.shape for b in m.largest(1, at_peak=True)] == [(1000,)]
        assert y.shape == (4,)

    def test_the_table_can_be_read(self) -> None:
        with memory.track() as m:
            with memory.scope("forward"):
                x = tt.ones(1024, 1024)
            y = x[0].exp()
            del y
        assert [line.split() for line in m.table().splitlines()] == [
            ["bytes", "held", "by", "now", "at", "peak", "own", "peak"],
            ["forward", "4.0", "MiB", "4.0", "MiB", "4.0", "MiB"],
            ["other", "0", "B", "4096", "B", "4096", "B"],
            ["all", "4.0", "MiB", "4.0", "MiB", "4.0", "MiB"],
            ["largest", "at", "the", "peak"],
            ["tensor", "float32[1024,", "1024]", "in", "forward", "4.0", "MiB"],
            ["exp", "float32[1024]", "in", "other", "4096", "B"],
        ]

    def test_many_threads_make_and_free(self) -> None:
        kept: list[tt.Tensor] = []

        def work() -> None:
            for i in range(200):
                x = tt.zeros(i + 1) + 1
                if i % 10 == 0:
                    kept.append(x)

        with memory.track() as m:
            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert m.live == sum(x.data.nbytes for x in kept)
            kept.clear()
            assert m.live == 0
