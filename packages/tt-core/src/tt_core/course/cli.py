"""The entry point of `tt`: one sentence of help where the course's libraries are missing, else the command line."""

import sys
from collections.abc import Sequence
from importlib.util import find_spec

NEEDED = ("click", "rich")
MISSING = 2


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `tt` with the given arguments, those of the process if None, and exit.

    Exit codes: 0 all is well, 1 a problem that needs action, 2 wrong usage or the extra `course` is not installed.
    """
    absent = [name for name in NEEDED if find_spec(name) is None]
    if absent:
        sys.stderr.write(f'tt needs {" and ".join(absent)}: run pip install "tt-core[course]" and try again.\n')
        raise SystemExit(MISSING)
    from tt_core.course.commands import tt

    tt(args=arguments, prog_name="tt")


if __name__ == "__main__":
    main()
