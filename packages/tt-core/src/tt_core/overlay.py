"""Let a learner's files take the place of the modules that they rebuild.

While the environment variable TT_WORKSPACE names a folder, `FOLDER/tt_core/naive/linalg.py` is loaded as
`tt_core.naive.linalg`; what the folder lacks comes from the reference. `tt_core/__init__` installs the finder before it
imports anything else, so it also holds in whatever inherits the environment: spawned children, notebooks' kernels,
pytest's workers, MPI ranks. The command `tt` itself always runs on the reference, so that an error in a learner's file
never takes it down; it starts children for what shall run on the learner's files.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Literal

VARIABLE = "TT_WORKSPACE"
FAMILY = ("tt_core", "tt_train", "tt_nlp", "tt_optimize", "tt_capstone")
ENGINE = ("course", "lessons", "overlay")


class Loader(SourceFileLoader):
    """Compile the file each time: bytecode is found by time in seconds, and a learner saves twice in one."""

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - there is one file
        """Return the code of the file as it is now."""
        return self.source_to_code(self.get_data(self.path), self.path)


class Finder(MetaPathFinder):
    """Find modules of the family in a workspace; a package keeps the reference's folder for what is not there."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where the learner's file is, or None if it is the reference's turn."""
        file = file_of(fullname, self.root)
        if path is None or file is None:
            return None
        reference = PathFinder.find_spec(fullname, path, target)
        folders = reference.submodule_search_locations if reference else None
        loader = Loader(fullname, str(file))
        return spec_from_file_location(fullname, file, loader=loader, submodule_search_locations=folders)


def file_of(module: str, root: Path) -> Path | None:
    """Return the file of a workspace that takes the place of a module, None if there is none."""
    package, *parts = module.split(".")
    if package not in FAMILY or not parts or parts[0] in ENGINE:
        return None
    place = root.joinpath(package, *parts)
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)


def workspace() -> Path | None:
    """Return the folder that TT_WORKSPACE names, None if it names none."""
    named = os.environ.get(VARIABLE)
    return Path(named).absolute() if named else None


def source_of(module: str) -> Literal["yours", "reference"]:
    """Tell whose file a loaded module is."""
    root = workspace()
    file = getattr(sys.modules[module], "__file__", None)
    yours = root is not None and file is not None and Path(file).is_relative_to(root)
    return "yours" if yours else "reference"


def install() -> None:
    """Put the finder before all others, once, unless this process is the command `tt`."""
    root = workspace()
    if root is not None and not is_command() and not active():
        os.environ[VARIABLE] = str(root)  # for children, and for after a change of the working folder
        sys.meta_path.insert(0, Finder(root))


def active() -> bool:
    """Tell whether the finder is at work in this process."""
    return any(isinstance(finder, Finder) for finder in sys.meta_path)


def is_command() -> bool:
    """Tell whether this process was started as `tt` or as `python -m tt_core`."""
    return Path(sys.argv[0]).stem == "tt" or sys.orig_argv[1:3] == ["-m", "tt_core"]


install()
