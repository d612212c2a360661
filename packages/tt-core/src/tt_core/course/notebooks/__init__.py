"""A module of the course as a Jupyter notebook.

The `.py` file is the only truth: what is written in a notebook goes back into it by a step of its own, with the
difference shown.

In a notebook, `%load_ext tt_core.course.notebooks` brings the cell magic `%%exercise`: running such a cell puts its
function into the learner's file, shows what changed, and runs the exercise's checks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["load_ipython_extension"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magic; IPython calls this for `%load_ext`."""
    from tt_core.course.notebooks.magic import exercise

    register: Any = shell.register_magic_function  # IPython's own annotations do not reach it
    register(exercise, magic_kind="cell", magic_name="exercise")
