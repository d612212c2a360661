"""What a confined process can use: the limits that attacks run into, and what honest work needs."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tt_core.course.grading import bubblewrap, tiers
from tt_core.course.grading.limits import MIB, Limits
from tt_core.course.grading.sandbox import Sandbox
from tt_core.course.grading.view import View, interpreter, libraries

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sandbox")

Tell = Callable[..., Any]


@pytest.fixture
def tell(tier: tiers.Tier, tmp_path: Path) -> Tell:
    """Run code in a sandbox, and return what it assigns to `found`."""
    packages = tiers.linked(tmp_path / "packages")
    script, scratch = tmp_path / "script.py", tmp_path / "scratch"
    scratch.mkdir()

    def run(code: str, *readable: Path, limits: Limits = Limits(), **environ: str) -> Any:  # noqa: B008 - frozen
        script.write_text(f"import json, os, sys\n{code}\nprint(json.dumps(found))\n", encoding="utf-8")
        view = View((packages, *libraries().values(), *readable), (), scratch)
        with Sandbox(tier.kind, limits, (packages,)).start([str(script)], view, environ) as process:
            out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err.decode()
        return json.loads(out)

    return run


def test_what_is_readable_is_read(tell: Tell, tmp_path: Path) -> None:
    (tmp_path / "my data").mkdir()
    (tmp_path / "my data" / "file").write_text("content", encoding="utf-8")
    assert tell(f"found = open({str(tmp_path / 'my data' / 'file')!r}).read()", tmp_path / "my data") == "content"


def test_the_temporary_folder_is_writable(tell: Tell) -> None:
    code = (
        "import tempfile\nwith tempfile.TemporaryDirectory() as name:\n    found = open(name + '/x', 'w').write('abc')"
    )
    assert tell(code) == 3


def test_files_may_be_written_as_checkpoints_are(tell: Tell) -> None:
    code = """
import pathlib, shutil, tempfile
with tempfile.TemporaryDirectory() as name:
    with open(name + "/new", "wb") as file:
        file.write(b"abc")
        os.fchmod(file.fileno(), 0o644)
        os.fsync(file.fileno())
    os.replace(name + "/new", name + "/file")
    shutil.copy(name + "/file", name + "/copy")
    for other in ("file", "touched"):
        pathlib.Path(name, other).touch()
    found = sorted(os.listdir(name))"""
    assert tell(code) == ["copy", "file", "touched"]


def test_the_environment_is_what_was_given(tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("TT_DATA_DIR", "/data")
    monkeypatch.setenv("PYTHONPATH", "/evil")
    found = tell("found = dict(os.environ)", TT_BACKEND="naive")
    assert found["TT_BACKEND"] == "naive"
    assert found["OPENBLAS_NUM_THREADS"] == "1"
    assert not {"AWS_SECRET_ACCESS_KEY", "TT_DATA_DIR", "PYTHONPATH"} & found.keys()


def test_nothing_of_ours_is_on_the_path(tell: Tell) -> None:
    code = (
        "import importlib.util\nfound = [n for n in ('tt_core', 'tt_train', 'pytest') if importlib.util.find_spec(n)]"
    )
    assert tell(code) == []


def test_numpy_and_arrow_work(tell: Tell) -> None:
    pytest.importorskip("pyarrow", reason="tt-train brings it, and is not installed here")
    code = "import numpy as np, pyarrow\nfound = float(np.linalg.svd(np.eye(50))[1].sum() + len(pyarrow.array([1, 2])))"
    assert tell(code) == 52.0


def test_threads_work(tell: Tell) -> None:
    code = (
        "from concurrent.futures import ThreadPoolExecutor\nfound = sum(ThreadPoolExecutor(4).map(abs, range(-9, 9)))"
    )
    assert tell(code) == 81


def test_memory_ends_at_its_limit(tell: Tell) -> None:
    code = """
import mmap
try:
    mmap.mmap(-1, 600 * 2**20)
    found = True
except (OSError, MemoryError):
    found = False"""
    assert tell(code, limits=Limits(memory=512 * MIB)) is False
    assert tell(code, limits=Limits(memory=1024 * MIB)) is True


def test_the_temporary_folder_does_not_fill_the_machine(tell: Tell, tier: tiers.Tier) -> None:
    if tier.kind != "bubblewrap" or "--size " not in bubblewrap.options(bubblewrap.program() or ""):
        pytest.skip("only a recent bubblewrap bounds a folder")
    code = """
import tempfile
found = 0
try:
    for k in range(30):
        with open(tempfile.gettempdir() + f"/{k}", "wb") as file:
            found += file.write(bytes(2**20))
except OSError:
    pass"""
    assert tell(code, limits=Limits(scratch=8 * MIB)) <= 8 * MIB


def test_hidden_folders_stay_hidden_below_a_readable_one(tell: Tell, tier: tiers.Tier) -> None:
    if tier.kind == "rlimits":
        pytest.skip("limits of resources hide nothing")
    places = [str(place) for place in interpreter().hidden]
    code = f"""
found = [os.path.join(place, name) for top in {places!r} for place, _, names in os.walk(top) for name in names]
found = [path for path in found if os.access(path, os.R_OK)]
def readable(path):
    try:
        return bool(open(path, "rb"))
    except OSError:
        return False
found = list(filter(readable, found))"""
    allowed = tuple(map(str, libraries().values()))
    assert [path for path in tell(code) if not path.startswith(allowed)] == []


def test_a_tier_that_does_not_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiers, "absent", lambda kind: "it is not there")
    with pytest.raises(tiers.TierError, match=r"tier 1 was demanded .* tier 1 \(bubblewrap\): it is not there"):
        tiers.choose("1")
    with pytest.raises(tiers.TierError, match=r"no tier .* does not hold|no tier of the sandbox does not hold"):
        tiers.choose()
    assert tiers.choose("none").number == 0


def test_a_sandbox_that_leaks_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    held = dict.fromkeys(tiers.NEEDS, True) | dict.fromkeys(tiers.BREACHES, False)
    monkeypatch.setattr(tiers, "absent", lambda kind: "")
    monkeypatch.setattr(tiers, "tried", lambda kind: held)
    assert [tiers.examine(tier) for tier in tiers.TIERS] == list(tiers.TIERS)
    monkeypatch.setattr(tiers, "tried", lambda kind: {**held, "connects": True})
    assert tiers.examine(tiers.TIERS[0]) == "it does not prevent the network"
    third = tiers.examine(tiers.TIERS[2])
    assert str(third) == "tier 3, limits of resources only; does not prevent: the network"
    monkeypatch.setattr(tiers, "tried", lambda kind: {**held, "numpy": False})
    assert tiers.examine(tiers.TIERS[1]) == "not so: NumPy works in it"
