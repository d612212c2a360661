import _ctypes
import ctypes
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tt_core.environment import blas as package_attribute
from tt_core.environment.blas import (
    REFERENCE,
    UNKNOWN,
    answering_library,
    answers,
    ask_number,
    ask_openblas,
    ask_text,
    choose_library,
    family,
    find_blas,
    loaded_libraries,
    native_kernel,
)

Computer = Callable[[Mapping[str, str]], Path]

FORCED = """
import dataclasses, json
from tt_core.environment import find_blas
print(json.dumps(dataclasses.asdict(find_blas())))
"""
OPENBLAS = find_blas().name == "OpenBLAS" and find_blas().kernel != UNKNOWN


def mapped(*paths: str) -> dict[str, str]:
    """Return what /proc/self/maps shows of a program that loaded these files."""
    lines = [f"7f00-7f01 r-xp 0000 08:01 123    {path}" for path in paths]
    return {
        "proc/self/maps": "\n".join(["7f00-7f01 rw-p 0000 00:00 0", "7f00-7f01 rw-p 0000 00:00 0    [heap]", *lines])
    }


def test_the_submodule_is_not_hidden_by_a_function() -> None:
    assert package_attribute.find_blas is find_blas


@pytest.mark.parametrize(
    "path,name",
    [
        ("/venv/numpy.libs/libscipy_openblas64_-32a4b2a6.so", "OpenBLAS"),
        ("/usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3", "OpenBLAS"),
        ("/conda/lib/libmkl_rt.so.2", "Intel MKL"),
        ("/System/Library/Frameworks/Accelerate.framework/Accelerate", "Apple Accelerate"),
        ("/conda/lib/libblis.so.4", "BLIS"),
        ("/usr/lib/libflexiblas.so.3", "FlexiBLAS"),
        ("/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0", REFERENCE),
        ("/home/openblas/projects/libm.so.6", ""),
    ],
)
def test_family(path: str, name: str) -> None:
    assert family(Path(path)) == name


def test_loaded_libraries_keep_spaces_and_drop_repeats(computer: Computer) -> None:
    root = computer(mapped("/my env/lib.so", "/my env/lib.so", "/usr/lib/libm.so"))
    assert loaded_libraries(root) == [Path("/my env/lib.so"), Path("/usr/lib/libm.so")]


def test_nothing_is_known_to_be_loaded_elsewhere(tmp_path: Path) -> None:
    assert loaded_libraries(tmp_path) == []
    assert choose_library([]) is None


def test_numpy_s_own_library_is_chosen() -> None:
    scipy, numpy = Path("/v/scipy.libs/libscipy_openblas.so"), Path("/v/numpy.libs/libscipy_openblas64_.so")
    assert choose_library([scipy, numpy, Path("/lib/libm.so")]) == numpy


def test_an_optimised_library_is_chosen_before_the_reference() -> None:
    reference, mkl = Path("/usr/lib/blas/libblas.so.3"), Path("/usr/lib/libmkl_rt.so")
    assert choose_library([reference, mkl]) == mkl


def test_another_library_is_recognised_by_name_only(computer: Computer) -> None:
    blas = find_blas(computer(mapped("/opt/intel/libmkl_rt.so.2")))
    assert (blas.name, blas.kernel, blas.native, blas.threads) == ("Intel MKL", UNKNOWN, UNKNOWN, None)
    assert blas.library == "/opt/intel/libmkl_rt.so.2"
    assert "Intel MKL has no interface" in blas.unknown[0]


def test_what_cannot_be_asked_is_unknown_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tt_core.environment.blas.answering_library", lambda library: None)
    blas = ask_openblas("0.3", None)
    assert (blas.kernel, blas.threads, blas.library) == (UNKNOWN, None, UNKNOWN)
    assert "no function that tells" in blas.unknown[0]


@pytest.mark.skipif(not getattr(_ctypes, "__file__", None), reason="this Python has no extension modules as files")
def test_a_library_without_the_functions_has_no_answers() -> None:
    handle = ctypes.CDLL(_ctypes.__file__)
    assert not answers(Path(_ctypes.__file__))
    assert ask_text(handle, "get_corename_of_nothing") == UNKNOWN
    assert ask_number(handle, "get_corename_of_nothing") is None


def test_a_missing_library_has_no_answers(tmp_path: Path) -> None:
    assert not answers(tmp_path / "libopenblas.so")
    assert native_kernel(tmp_path / "libopenblas.so", "openblas_get_corename") == UNKNOWN


@pytest.mark.skipif(not OPENBLAS, reason="NumPy does not run on an OpenBLAS that can be asked")
class TestOpenBlas:
    def test_everything_is_known(self) -> None:
        blas = find_blas()
        assert blas.kernel in blas.config
        assert blas.threads is not None
        assert blas.threads >= 1
        assert blas.unknown == ()

    def test_numpy_s_extension_answers_where_libraries_are_not_listed(self, tmp_path: Path) -> None:
        assert answering_library(None) is not None
        assert find_blas(tmp_path).kernel == find_blas().kernel

    @pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="kernels are named for x86")
    def test_a_forced_kernel_and_the_processor_s_own(self) -> None:
        free = self.in_new_process(OPENBLAS_CORETYPE="")
        forced = self.in_new_process(OPENBLAS_CORETYPE="Nehalem")
        assert free["native"] == free["kernel"]
        assert (forced["kernel"], forced["native"]) == ("Nehalem", free["kernel"])

    def test_threads_follow_the_environment(self) -> None:
        assert self.in_new_process(OPENBLAS_NUM_THREADS="1")["threads"] == 1

    def in_new_process(self, **variables: str) -> dict[str, object]:
        """Return the BLAS of a process with these variables; an empty text unsets one."""
        environ = {name: value for name, value in {**os.environ, **variables}.items() if variables.get(name) != ""}
        command = [sys.executable, "-c", FORCED]
        found: dict[str, object] = json.loads(subprocess.check_output(command, env=environ))
        return found
