"""The table of operators × backends: how a backend is chosen, found, wrapped and added from outside."""

import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core.dispatch import (
    NAIVE,
    NUMPY,
    REGISTRY,
    Backend,
    Primitive,
    Registry,
    active_backend,
    get_backend,
    primitive,
    register_backend,
)
from tt_core.primitives import elementwise as E
from tt_core.primitives import linalg as L
from tt_core.primitives import shapes as S


class Counting(Backend):
    """A backend from outside: what NumPy does, with the calls and the bytes of each operation counted."""

    def __init__(self, speed: int = -1) -> None:
        super().__init__("counting", NUMPY, speed)
        self.calls: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()

    def find(self, primitive: Primitive[...]) -> Any:
        kernel = super().find(primitive)

        def counted(*args: Any, **params: Any) -> Any:
            out = kernel(*args, **params)
            self.calls[primitive.name] += 1
            self.bytes[primitive.name] += out.nbytes
            return out

        return counted


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Let each test register and choose backends for itself alone."""
    monkeypatch.delenv("TT_BACKEND", raising=False)
    monkeypatch.setattr(REGISTRY, "backends", {"numpy": NUMPY, "naive": NAIVE})
    monkeypatch.setattr(REGISTRY, "primitives", dict(REGISTRY.primitives))
    monkeypatch.setattr(REGISTRY, "broken", {})
    monkeypatch.setattr(REGISTRY, "default", None)
    monkeypatch.setattr(REGISTRY, "discovered", True)
    return REGISTRY


def test_a_third_backend_sees_every_call_forward_and_backward() -> None:
    backend = register_backend(Counting())
    x = tt.ones(2, 3, requires_grad=True)
    w = tt.ones(3, 4, requires_grad=True)
    with tt.use_backend("counting"):
        out = (x @ w).exp()
        assert backend.calls == {"matmul": 1, "exp": 1}
        assert backend.bytes == {"matmul": 32, "exp": 32}
        out.sum().backward()
    assert backend.calls["matmul"] == 3
    assert backend.bytes["matmul"] == 32 + 24 + 48
    assert backend.calls["mul"] == backend.calls["sum"] == 1
    tt.ones(2) + tt.ones(2)
    assert backend.calls["add"] == 0
    np.testing.assert_allclose(w.grad.data, np.full((3, 4), 2 * np.exp(3)), rtol=1e-6)


def test_it_sees_the_operations_of_layers_and_losses() -> None:
    backend = Counting()
    layer = tt.nn.Linear(3, 2)
    with tt.use_backend(backend):
        loss = tt.functional.mse_loss(layer(tt.ones(4, 3)), tt.zeros(4, 2))
        forward = backend.calls.total()
        loss.backward()
    assert backend.calls["linear"] == 1
    assert backend.calls.total() > forward >= 2
    assert tt.testing.compare_backend(backend, primitives=["linear", "matmul"]).failures == []


def test_blocks_nest_and_end_with_an_error_too() -> None:
    assert active_backend() is NUMPY
    with tt.use_backend("naive") as outer:
        assert outer is active_backend() is NAIVE
        with tt.use_backend(NUMPY):
            assert active_backend() is NUMPY
        assert active_backend() is NAIVE
        with pytest.raises(ZeroDivisionError), tt.use_backend("numpy"):
            raise ZeroDivisionError
        assert active_backend() is NAIVE
    assert active_backend() is NUMPY


def test_a_function_can_be_decorated() -> None:
    @tt.use_backend("naive")
    def name() -> str:
        return active_backend().name

    assert [name(), name()] == ["naive", "naive"]
    assert active_backend() is NUMPY


def test_a_block_holds_in_its_own_thread_and_a_default_in_all() -> None:
    found: dict[str, str] = {}
    inside = threading.Barrier(2)

    def other() -> None:
        inside.wait()
        found["before"] = active_backend().name
        with tt.use_backend("numpy"):
            found["block"] = active_backend().name
        tt.set_backend("naive")
        found["after"] = active_backend().name

    thread = threading.Thread(target=other)
    thread.start()
    with tt.use_backend(Counting()) as mine:
        inside.wait()
        thread.join()
        assert active_backend() is mine
    assert found == {"before": "numpy", "block": "numpy", "after": "naive"}
    assert active_backend() is NAIVE


def test_threads_that_use_the_loops_first_all_get_them() -> None:
    program = (
        "import threading, tt_core as tt\n"
        "from tt_core.dispatch import NAIVE\n"
        "from tt_core.primitives.elementwise import exp\n"
        "found, start = set(), threading.Barrier(8)\n"
        "def look():\n"
        "    start.wait()\n"
        "    found.add(NAIVE.find(exp).__module__)\n"
        "threads = [threading.Thread(target=look) for _ in range(8)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\n"
        "print(found)"
    )
    assert run(program).stdout.strip() == "{'tt_core.naive.elementwise'}"


def test_set_backend_takes_a_name_or_a_backend_and_blocks_outrank_it() -> None:
    tt.set_backend("naive")
    assert active_backend() is NAIVE
    with tt.use_backend("numpy"):
        tt.set_backend("naive")
        assert active_backend() is NUMPY
    counting = Counting()
    tt.set_backend(counting)
    assert (tt.ones(2) * 3).tolist() == [3, 3]
    assert counting.calls == {"mul": 1}


def test_auto_is_the_fastest_and_never_a_slow_one() -> None:
    register_backend(Counting(speed=-1))
    assert get_backend("auto") is NUMPY
    fast = register_backend(Backend("fast", NUMPY, speed=5))
    assert get_backend("auto") is fast
    assert active_backend() is fast


def test_available_backends_are_sorted_by_name() -> None:
    register_backend(Counting())
    assert tt.available_backends() == ["counting", "naive", "numpy"]


def test_an_unknown_backend_is_named_with_those_that_there_are() -> None:
    message = r"out of \['auto', 'naive', 'numpy'\]; got 'cuda'$"
    for choose in (tt.set_backend, get_backend):
        with pytest.raises(tt.BackendError, match=message):
            choose("cuda")
    with pytest.raises(tt.BackendError, match=message), tt.use_backend("cuda"):
        pass


def test_a_name_is_taken_once_and_may_be_registered_again_by_its_owner() -> None:
    counting = register_backend(Counting())
    assert register_backend(counting) is counting
    with pytest.raises(tt.BackendError, match="expected a new name for a backend; 'counting' is taken"):
        register_backend(Counting())


def test_kernels_come_from_the_nearest_parent() -> None:
    child = Backend("child", Backend("parent", NAIVE))
    assert child.find(E.exp) is NAIVE.find(E.exp)
    assert child.find(E.exp).__module__ == "tt_core.naive.elementwise"
    assert child.find(S.reshape) is NUMPY.find(S.reshape)


def test_a_kernel_registered_later_is_taken_from_then_on() -> None:
    backend = Backend("later", NUMPY)
    made = Primitive(lambda x: x + 1, name="plus_one")
    with tt.use_backend(backend):
        assert made(np.zeros(1)) == 1
        made.kernel(backend)(lambda x: x + 1.5)
        assert made(np.zeros(1)) == 1.5
    assert made(np.zeros(1)) == 1


def test_a_primitive_computes_on_arrays_with_the_active_backend() -> None:
    with tt.use_backend(Counting()) as backend:
        out = L.matmul(np.eye(2), np.ones((2, 3)))
    assert out.tolist() == [[1, 1, 1], [1, 1, 1]]
    assert backend.calls == {"matmul": 1}


def test_a_missing_kernel_is_named() -> None:
    with pytest.raises(tt.BackendError, match="kernel for 'exp'; backend 'lonely' and its parents have none"):
        Backend("lonely").find(E.exp)


def test_a_primitive_knows_its_arguments() -> None:
    assert (L.matmul.arguments, L.matmul.variadic) == (("x", "y"), False)
    assert (L.einsum.arguments, L.einsum.variadic) == (("xs",), True)
    assert E.where.arguments == ("condition", "x", "y")
    assert (E.add.arguments, E.exp.arguments) == (("x", "y"), ("x",))


def test_a_primitive_is_made_by_a_decorator_with_or_without_flags() -> None:
    @primitive
    def halved(x: Any) -> Any:
        """Half of it."""
        return x / 2

    @primitive(differentiable=False, view=True)
    def first(x: Any) -> Any:
        return x[:1]

    assert (halved.name, halved.doc, halved.differentiable, halved.view) == ("halved", "Half of it.", True, False)
    assert (first.differentiable, first.view) == (False, True)
    assert REGISTRY.primitives["first"] is first
    assert repr(halved) == "Primitive('halved')"


def test_backends_say_who_they_are() -> None:
    assert repr(NAIVE) == "Backend('naive', parent='numpy')"
    assert repr(NUMPY) == "Backend('numpy', parent=None)"


# What installed packages announce, seen from fresh processes

PLUGIN = """
from tt_core.dispatch import NUMPY, Backend

class Loud(Backend):
    def find(self, primitive):
        print("loud", primitive.name)
        return super().find(primitive)

LOUD = Loud("loud", NUMPY, speed=1000)
"""


def run(program: str, *paths: Path, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own, with these folders to import from before all others."""
    found = os.pathsep.join([*map(str, paths), os.environ.get("PYTHONPATH", "")])
    env = {**os.environ, "PYTHONPATH": found, "PYTHONWARNINGS": "default", **environment}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0 or not check, done.stderr
    return done


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Return a folder in which two distributions are installed: one brings a backend, the other one a broken one."""
    (tmp_path / "loud_plugin.py").write_text(PLUGIN)
    for name, entry in [("loud", "loud = loud_plugin:LOUD"), ("torn", "torn = torn_plugin:TORN")]:
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[tt.backends]\n{entry}\n")
    return tmp_path


def test_an_installed_backend_is_found_and_taken_if_it_is_the_fastest(installed: Path) -> None:
    done = run("import tt_core as tt; print('loud' in tt.available_backends()); tt.ones(2) + 1", installed)
    assert done.stdout.splitlines() == ["True", "loud add"]
    assert "RuntimeWarning: backend 'torn' could not be loaded: ModuleNotFoundError" in done.stderr


def test_the_environment_chooses_the_backend_of_a_process(installed: Path) -> None:
    program = "import tt_core as tt; from tt_core.dispatch import active_backend; print(active_backend().name)"
    assert run(program, TT_BACKEND="naive").stdout.split() == ["naive"]
    assert run(program, installed, TT_BACKEND="loud").stdout.split() == ["loud"]
    assert run(program, TT_BACKEND="").stdout == run(program, TT_BACKEND="auto").stdout


def test_a_backend_that_is_not_there_or_broken_is_explained(installed: Path) -> None:
    program = "import tt_core as tt; tt.ones(2) + 1"
    done = run(program, installed, check=False, TT_BACKEND="torn")
    assert "'torn' is installed but broken: ModuleNotFoundError" in done.stderr
    done = run(program, check=False, TT_BACKEND="nmupy")
    assert "BackendError: expected a backend out of ['auto', " in done.stderr
    assert done.stderr.endswith("; got 'nmupy'\n")


def test_importing_does_not_look_for_plugins(installed: Path) -> None:
    program = "import sys, tt_core; print('loud_plugin' in sys.modules, 'tt_core.naive' in sys.modules)"
    assert run(program, installed).stdout.split() == ["False", "False"]
