import json
import os
import subprocess
import sys
from pathlib import Path

from tt_core.course import skeletons
from tt_core.course.lessons import all_lessons

PROGRAM = """
import json, tt_core
from tt_core.course import provenance
print(json.dumps(provenance.origins(["03"])))
"""


def origins(workspace: Path | None) -> dict[str, str]:
    environ = {name: value for name, value in os.environ.items() if name != "TT_WORKSPACE"}
    if workspace:
        environ["TT_WORKSPACE"] = str(workspace)
    ran = subprocess.run([sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(ran.stdout)
    return found


def copy(module: str, workspace: Path) -> None:
    file = workspace.joinpath(*module.split(".")).with_suffix(".py")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(skeletons.reference_source(module), encoding="utf-8", newline="")


def test_a_module_that_is_not_open_is_the_reference_though_a_file_is_shared(tmp_path: Path) -> None:
    for lesson in all_lessons():
        for exercise in lesson.exercises:
            for module in exercise.modules:
                copy(module, tmp_path)
    found = origins(tmp_path)
    assert found.pop("03 activations") == "yours"
    assert set(found.values()) == {"reference"}


def test_without_a_workspace_all_is_the_reference() -> None:
    assert set(origins(None).values()) == {"reference"}


def test_a_module_is_yours_when_all_its_files_are(tmp_path: Path) -> None:
    lesson = next(each for each in all_lessons() if each.number == "03")
    modules = sorted({module for exercise in lesson.exercises for module in exercise.modules})
    copy(modules[0], tmp_path)
    assert origins(tmp_path)["03 activations"] == ("yours" if len(modules) == 1 else "partly yours")
    for module in modules:
        copy(module, tmp_path)
    assert origins(tmp_path)["03 activations"] == "yours"
