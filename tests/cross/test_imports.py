"""Importing the library costs NumPy and little more."""

import json
import os
import pkgutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

import tt_core

HEAVY = {"beartype", "click", "jaxtyping", "jinja2", "matplotlib", "pyarrow", "rich", "torch"}
LIBRARY = sorted(
    module.name
    for module in pkgutil.walk_packages(tt_core.__path__, "tt_core.")
    if not module.name.startswith("tt_core.course") and not module.name.endswith(".__main__")
)


def loaded_by(*names: str) -> set[str]:
    """Import modules in a fresh process without shape checking and return all that came with them."""
    code = "import json, sys; [__import__(name) for name in sys.argv[1:]]; print(json.dumps(list(sys.modules)))"
    env = {key: value for key, value in os.environ.items() if key != "TT_CHECK_SHAPES"}
    done = subprocess.run([sys.executable, "-c", code, *names], env=env, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_the_library_needs_numpy_only() -> None:
    assert len(LIBRARY) > 10
    loaded = loaded_by("tt_core", *LIBRARY)
    assert "numpy" in loaded
    assert not loaded & HEAVY


def test_the_course_is_above_the_library() -> None:
    assert not [name for name in loaded_by("tt_core") if name.startswith(("tt_core.course", "tt_core.milestones"))]


@pytest.mark.parametrize("module", [name for name in LIBRARY if name.count(".") == 1])
def test_each_module_can_be_the_first(module: str) -> None:
    assert module in loaded_by(module), "an import cycle shows only to whoever enters it there"


@pytest.mark.skipif(find_spec("tt_train") is None, reason="tt-train is not installed here")
def test_training_costs_what_it_uses() -> None:
    used = loaded_by("tt_train", "tt_train.nn", "tt_train.optim", "tt_train.data", "tt_train.training")
    assert "tt_core" in used
    assert not used & (HEAVY | {"PIL", "pooch", "requests", "mpi4py", "tensorboardX"})
