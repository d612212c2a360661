"""A learner's files take the place of ours in every rank."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

click = pytest.importorskip("click")
try:
    pytest.importorskip("tt_train.course.launch").find_mpiexec()
except click.ClickException as error:
    pytest.skip(f"{error.message} (tox -e py311-train-mpi has both)", allow_module_level=True)

PROGRAM = """
import json
import tt_core.naive.linalg
from tt_core import overlay
from tt_train.distributed import connect

names = ["tt_core.naive.linalg", "tt_core.naive.shapes"]
everyone = connect()
found = everyone.gather([everyone.size, *map(overlay.source_of, names)])
if everyone.rank == 0:
    print(json.dumps(found))
"""


def test_it_holds_in_ranks(tmp_path: Path) -> None:
    reference = Path(str(sys.modules["tt_core"].__file__)).parent / "naive" / "linalg.py"
    mine = tmp_path / "my work" / "tt_core" / "naive" / "linalg.py"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(reference.read_bytes())
    program = tmp_path / "rank.py"
    program.write_text(PROGRAM)
    start = "import sys; from tt_train.course.launch import launch; launch(['-n', '2', *sys.argv[1:]])"
    environ = {**os.environ, "TT_WORKSPACE": str(tmp_path / "my work")}
    command = [sys.executable, "-c", start, str(program)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    (found,) = [line for line in done.stdout.splitlines() if "yours" in line]
    assert json.loads(found[found.index("[") :]) == [[2, "yours", "reference"]] * 2
