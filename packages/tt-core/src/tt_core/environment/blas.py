"""Which library multiplies matrices for NumPy, which of its kernels this processor gets, and with how many threads."""

import ctypes
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tt_core.environment.files import ROOT, read, run
from tt_core.environment.variables import redact

UNKNOWN = "unknown"
REFERENCE = "reference BLAS"

# The first row whose word occurs in folder/name wins, because Debian's OpenBLAS is openblas-pthread/libblas.so.3.
FAMILIES = (
    ("flexiblas", "FlexiBLAS"),
    ("openblas", "OpenBLAS"),
    ("mkl", "Intel MKL"),
    ("accelerate", "Apple Accelerate"),
    ("blis", "BLIS"),
    ("nvpl", "NVIDIA NVPL"),
    ("armpl", "Arm Performance Libraries"),
    ("atlas", "ATLAS"),
    ("libblas", REFERENCE),
    ("libcblas", REFERENCE),
)

_CHILD = """
import ctypes, sys
ask = getattr(ctypes.CDLL(sys.argv[1]), sys.argv[2])
ask.restype = ctypes.c_char_p
sys.stdout.write(ask().decode())
"""


@dataclass(frozen=True, slots=True)
class Blas:
    """The BLAS behind NumPy.

    `kernel` is the code path that runs (OpenBLAS calls it core type: Haswell, SkylakeX, NEOVERSEN1 …), `native` the one
    that this processor gets when no environment variable chooses. `threads` is None and a text is `"unknown"` where the
    library cannot be asked; the field `unknown` says why.
    """

    name: str
    version: str
    kernel: str
    native: str
    threads: int | None
    config: str
    library: str
    unknown: tuple[str, ...] = ()


def find_blas(root: Path = ROOT) -> Blas:
    """Describe the BLAS that NumPy uses: what it was built with, what is loaded instead, and what that one answers."""
    build = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    library = choose_library(loaded_libraries(root))
    built_with, version = str(build.get("name", "")), str(build.get("version", UNKNOWN))
    name = (library and family(library)) or family(Path(built_with)) or built_with or "none"
    if name != "OpenBLAS":
        return unasked(name, version, library, f"kernel and threads: {name} has no interface that tt asks")
    return ask_openblas(version, library)


def unasked(name: str, version: str, library: Path | None, reason: str) -> Blas:
    """Describe a BLAS that only its name and build are known of."""
    return Blas(name, version, UNKNOWN, UNKNOWN, None, UNKNOWN, shown(library), (reason,))


def shown(library: Path | None) -> str:
    """Return the path of a library as a report may show it."""
    return redact(str(library)) if library else UNKNOWN


def loaded_libraries(root: Path = ROOT) -> list[Path]:
    """Return the shared libraries in this process's memory, in order of address (Linux; elsewhere none are known)."""
    columns = (line.split(maxsplit=5) for line in read(root / "proc/self/maps").splitlines())
    paths = (Path(words[-1]) for words in columns if words[-1].startswith("/"))
    return list(dict.fromkeys(paths))


def family(library: Path) -> str:
    """Return whose BLAS a library is, judged by its name and folder without regard to case; `""` for none.

    The name of the first row of `FAMILIES` whose word occurs in "folder/file".

    >>> family(Path("/venv/numpy.libs/libscipy_openblas64_-32a4b2a6.so"))
    'OpenBLAS'
    >>> family(Path("/usr/lib/libm.so.6"))
    ''
    """
    text = f"{library.parent.name}/{library.name}".lower()
    return next((name for word, name in FAMILIES if word in text), "")


def choose_library(libraries: Iterable[Path]) -> Path | None:
    """Return the BLAS among the loaded libraries, or None if there is none.

    NumPy's own, in a folder whose name begins with `numpy`, comes before those that SciPy or PyTorch brought along;
    among equals, one with a maker comes before the reference BLAS, and the first before the later ones.
    """
    found = [library for library in libraries if family(library)]
    return min(
        found, key=lambda path: (not path.parent.name.startswith("numpy"), family(path) == REFERENCE), default=None
    )


def ask_openblas(version: str, library: Path | None) -> Blas:
    """Describe OpenBLAS by its own functions `get_config`, `get_corename` and `get_num_threads`."""
    path = answering_library(library)
    if path is None:
        return unasked(
            "OpenBLAS", version, library, "kernel and threads: the loaded OpenBLAS has no function that tells"
        )
    handle = ctypes.CDLL(str(path))
    kernel = ask_text(handle, "get_corename")
    chosen = "OPENBLAS_CORETYPE" in os.environ
    return Blas(
        name="OpenBLAS",
        version=version,
        kernel=kernel,
        native=native_kernel(path, function_name(handle, "get_corename")) if chosen else kernel,
        threads=ask_number(handle, "get_num_threads"),
        config=ask_text(handle, "get_config"),
        library=shown(library),
    )


def answering_library(library: Path | None) -> Path | None:
    """Return the file through which the loaded OpenBLAS can be asked, or None.

    NumPy's extension module will do as well, because a symbol is also looked up in what a library was linked to; so
    this works where the loaded libraries cannot be listed (macOS).
    """
    extension = getattr(sys.modules.get("numpy._core._multiarray_umath"), "__file__", None)
    candidates = [Path(path) for path in (library, extension) if path]
    return next((path for path in candidates if answers(path)), None)


def answers(library: Path) -> bool:
    """Return whether a library can be opened and asked for its kernel."""
    try:
        return bool(function_name(ctypes.CDLL(str(library)), "get_corename"))
    except OSError:
        return False


def function_name(handle: ctypes.CDLL, question: str) -> str:
    """Return under which name this build of OpenBLAS exports a question, such as "get_config"; `""` if it does not.

    The plain name is `openblas_get_config`. NumPy's wheels put `scipy_` in front and `64_` behind (64-bit integers),
    other builds `_64`, a distribution's library nothing: whichever of these the library has; `hasattr(handle, name)`
    tells whether it has one.
    """
    names = (f"{start}openblas_{question}{end}" for start in ("scipy_", "") for end in ("64_", "_64", ""))
    return next((name for name in names if hasattr(handle, name)), "")


def ask_text(handle: ctypes.CDLL, question: str) -> str:
    """Return OpenBLAS's answer to a question whose answer is a text, or `UNKNOWN` if it has no answer.

    It has none if there is no such function, or if a null pointer (None) comes back.

    A function of a library is `handle[name]`. C does not say what it returns: `ctypes` takes it for an integer unless
    its `restype` is set, here to `ctypes.c_char_p`, whose values are bytes.
    """
    name = function_name(handle, question)
    if not name:
        return UNKNOWN
    function = handle[name]
    function.restype = ctypes.c_char_p
    answer = function()
    return answer.decode() if isinstance(answer, bytes) else UNKNOWN


def ask_number(handle: ctypes.CDLL, question: str) -> int | None:
    """Return OpenBLAS's answer to a question whose answer is a number, None if it does not know the question."""
    name = function_name(handle, question)
    return int(handle[name]()) if name else None


def native_kernel(library: Path, function: str) -> str:
    """Return the kernel that OpenBLAS picks for this processor when no environment variable picks another.

    OpenBLAS decides once, when it is loaded; so a child process loads it again without OPENBLAS_CORETYPE.
    """
    environ = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
    return run([sys.executable, "-I", "-S", "-c", _CHILD, str(library), function], environ) or UNKNOWN
