"""The environment variables that change how fast NumPy runs, and what must not leave the machine in a report."""

import getpass
import os
import re
from collections.abc import Mapping
from pathlib import Path

THREAD_VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "GOTO_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
VARIABLES = (
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "OPENBLAS_THREAD_TIMEOUT",
    "OMP_WAIT_POLICY",
    "MKL_ENABLE_INSTRUCTIONS",
    "NPY_DISABLE_CPU_FEATURES",
    *THREAD_VARIABLES,
    "TT_BACKEND",
    "TT_CHECK_SHAPES",
    "TT_DATA_DIR",
    "TT_WORKSPACE",
)


def find_variables(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return those of the named variables that are set, redacted.

    Only names of `VARIABLES` are ever looked at: an environment may hold passwords and tokens.

    >>> find_variables({"OMP_NUM_THREADS": "1", "API_TOKEN": "secret"})
    {'OMP_NUM_THREADS': '1'}
    """
    return {name: redact(environ[name]) for name in VARIABLES if environ.get(name)}


def redact(text: str, home: str | None = None, user: str | None = None) -> str:
    """Return the text with the home folder written as `~` and the user's name as `<user>`.

    >>> redact("/home/ada/venv/bin/python", home="/home/ada", user="ada")
    '~/venv/bin/python'
    >>> redact("/scratch/ada/adapter", home="/home/ada", user="ada")
    '/scratch/<user>/adapter'
    """
    text = replace_whole(text, home or home_folder(), "~", letters=r"[\w.-]")
    return replace_whole(text, user or user_name(), "<user>", letters=r"[^\W_]")


def replace_whole(text: str, secret: str, sign: str, letters: str) -> str:
    """Write `sign` for `secret` wherever none of the `letters` (a pattern) stands before or behind it.

    >>> replace_whole("ada adam of-ada", "ada", "*", letters="[a-z]")
    '* adam of-*'
    """
    if len(secret) < 2:  # "/" or "a" is no secret but would be everywhere
        return text
    return re.sub(rf"(?<!{letters}){re.escape(secret)}(?!{letters})", sign, text)


def home_folder() -> str:
    """Return the home folder of this user, or `""` where none is known."""
    try:
        return str(Path.home())
    except RuntimeError:
        return ""


def user_name() -> str:
    """Return the login name of this user, or `""` where none is known (a container without `/etc/passwd`)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""
