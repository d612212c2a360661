"""`import tt_train` costs nothing, and what it promises is there."""

import json
import subprocess
import sys

import pytest

import tt_train

HEAVY = {"PIL", "click", "matplotlib", "pooch", "pyarrow", "rich", "tensorboardX", "torch"}


def loaded_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport json, sys\nprint(json.dumps(list(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))


def test_the_package_alone_imports_nothing() -> None:
    assert not {name for name in loaded_by("import tt_train") if name.startswith(("tt_train.", "tt_core", "numpy"))}


def test_training_needs_nothing_heavy() -> None:
    code = "from tt_train import Trainer, data, datasets, distributed, footprint, metrics, nn, optim, plots, transforms"
    assert not loaded_by(code) & HEAVY


@pytest.mark.parametrize("name", tt_train.__all__)
def test_each_name_is_there(name: str) -> None:
    assert getattr(tt_train, name) is not None
    assert name in dir(tt_train)


def test_what_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'tt_train' has no attribute 'Trainor'"):
        tt_train.Trainor  # noqa: B018  # asking is the test
