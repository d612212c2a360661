"""What module 01 must do: facts, clocks and machines, and what must be found out about them."""

from __future__ import annotations

import math
from statistics import median
from typing import Any

import numpy as np

from tt_core.course.checks import Check, Raised, Rng

Inputs = dict[str, Any]
MIB = 2**20


def a_python(rng: Rng) -> Inputs:
    version = f"3.{rng.integers(11, 30)}.{rng.integers(0, 20)}"
    facts = {"version": version, "implementation": "PyPy", "executable": "/opt/py/bin/python3", "unlocked": 1}
    return {"facts": facts}


def python_facts(facts: Inputs) -> Inputs:
    return {
        "version": facts["version"],
        "implementation": facts["implementation"],
        "executable": facts["executable"],
        "free_threaded": facts["unlocked"] == 1,
    }


def keeps_the_secret(result: Inputs, facts: Inputs) -> str:
    path = str(result.get("executable", ""))
    if "ada" in path:
        return f"the user's name is in {path!r}, which goes into reports"
    return "" if path.endswith("bin/python") else f"expected the path {facts['executable']!r}, redacted; got {path!r}"


ADA = {"version": "3.11.2", "implementation": "CPython", "executable": "/home/ada/venv/bin/python", "unlocked": None}

VERSIONS = [
    Check(
        "versions",
        "tells the Python that `platform`, `sys` and `sysconfig` tell of",
        "python_found",
        a_python,
        python_facts,
    ),
    Check(
        "versions",
        "says that a Python whose configuration does not know Py_GIL_DISABLED has the lock",
        "python_found",
        {"facts": {**ADA, "executable": "/usr/bin/python"}},
        {"version": "3.11.2", "implementation": "CPython", "executable": "/usr/bin/python", "free_threaded": False},
        hint="`get_config_var` gives None there, or 0; the field is True or False.",
    ),
    Check(
        "versions",
        "keeps the home folder and the user's name out of the path",
        "python_found",
        {"facts": ADA},
        verify=keeps_the_secret,
        hint="`redact(text)` writes ~ for the home folder.",
    ),
    Check(
        "versions",
        "tells NumPy's version and the vector instructions that it found",
        "numpy_found",
        lambda rng: {
            "version": f"2.{rng.integers(0, 30)}.1",
            "config": {"SIMD Extensions": {"baseline": ["SSE3"], "found": ["AVX2", "FMA3"], "not found": ["AVX512F"]}},
        },
        lambda version, config: {"version": version, "simd": config["SIMD Extensions"]["found"]},
    ),
    Check(
        "versions",
        "finds no vector instructions where NumPy lists none",
        "numpy_found",
        {"version": "2.3.0", "config": {"SIMD Extensions": {"baseline": ["NEON"]}}},
        {"version": "2.3.0", "simd": []},
    ),
    Check(
        "versions",
        "finds none where NumPy's configuration does not speak of them",
        "numpy_found",
        {"version": "2.3.0", "config": {}},
        {"version": "2.3.0", "simd": []},
        hint="A dictionary's `get` takes what to give if there is nothing.",
    ),
]

CORES = [
    Check(
        "cores",
        "reads 150000 of each 100000 microseconds as one and a half cores",
        "quota",
        {"files": {"cpu.max": "150000 100000\n"}},
        1.5,
    ),
    Check("cores", "reads `max` as no limit", "quota", {"files": {"cpu.max": "max 100000"}}, None),
    Check(
        "cores",
        "reads the two files of version 1",
        "quota",
        lambda rng: {"files": {"cpu.cfs_quota_us": f"{rng.integers(1, 90) * 1000}", "cpu.cfs_period_us": "100000"}},
        lambda files: int(files["cpu.cfs_quota_us"]) / 100_000,
    ),
    Check(
        "cores",
        "reads -1 in version 1 as no limit",
        "quota",
        {"files": {"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"}},
        None,
    ),
    Check("cores", "finds no limit where there are no files", "quota", {"files": {}}, None),
    Check(
        "cores",
        "counts a part of a core as one",
        "usable",
        lambda rng: {"allowed": 64, "quota": float(rng.integers(1, 30)) + 0.25},
        lambda allowed, quota: min(allowed, math.ceil(quota)),
    ),
    Check("cores", "counts one core at least", "usable", {"allowed": 8, "quota": 0.05}, 1),
    Check(
        "cores",
        "counts no more cores than are allowed, however large the quota",
        "usable",
        {"allowed": 2, "quota": 16.0},
        2,
    ),
    Check("cores", "counts all that are allowed where there is no quota", "usable", {"allowed": 6, "quota": None}, 6),
]

WHEEL = "/venv/lib/python3.11/site-packages/numpy.libs/libscipy_openblas64_-32a4b2a6.so"
SCIPY = "/venv/lib/python3.11/site-packages/scipy.libs/libscipy_openblas-68440149.so"
DEBIAN = "/usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3"
NETLIB = "/usr/lib/x86_64-linux-gnu/blas/libblas.so.3"
LIBM = "/usr/lib/x86_64-linux-gnu/libm.so.6"


def loaded_libraries(rng: Rng) -> Inputs:
    """Draw the names that wheels give their copies of OpenBLAS, and the order in memory."""
    first, second = (f"{n:08x}" for n in rng.integers(0, 2**32, 2))
    found = [LIBM, SCIPY.replace("68440149", first), WHEEL.replace("32a4b2a6", second)]
    return {"libraries": [found[k] for k in rng.permutation(3)]}


BLAS = [
    Check("blas", "knows OpenBLAS in NumPy's wheel by the name of its file", "family", {"library": WHEEL}, "OpenBLAS"),
    Check(
        "blas",
        "knows Debian's OpenBLAS by its folder, although the file is called libblas",
        "family",
        {"library": DEBIAN},
        "OpenBLAS",
        hint="Look for the words in folder and name, row by row: the first row that fits wins.",
    ),
    Check("blas", "knows the slow reference BLAS", "family", {"library": NETLIB}, "reference BLAS"),
    Check(
        "blas",
        "does not care for capitals",
        "family",
        {"library": "/System/Frameworks/Accelerate.framework/Accelerate"},
        "Apple Accelerate",
    ),
    Check("blas", "says nothing of other libraries", "family", {"library": LIBM}, ""),
    Check("blas", "looks no further than the last folder", "family", {"library": "/opt/mkl/lib/python/libm.so"}, ""),
    Check(
        "blas",
        "chooses NumPy's own library rather than SciPy's, in any order",
        "chosen",
        loaded_libraries,
        lambda libraries: next(library for library in libraries if "/numpy.libs/" in library),
    ),
    Check(
        "blas",
        "chooses one with a maker rather than the reference BLAS",
        "chosen",
        {"libraries": [NETLIB, SCIPY]},
        SCIPY,
    ),
    Check("blas", "chooses the first of equals", "chosen", {"libraries": [DEBIAN, SCIPY]}, DEBIAN),
    Check("blas", "finds none among other libraries", "chosen", {"libraries": [LIBM]}, None),
]

WHEEL_ANSWERS = {"scipy_openblas_get_config64_": "OpenBLAS 0.3.31", "scipy_openblas_get_num_threads64_": 3}

ASK = [
    Check(
        "ask",
        "finds the name that NumPy's wheels use",
        "name_of",
        {"question": "get_config", "answers": WHEEL_ANSWERS},
        "scipy_openblas_get_config64_",
    ),
    Check(
        "ask",
        "finds the plain name of a distribution's library",
        "name_of",
        {"question": "get_corename", "answers": {"openblas_get_corename": "Zen"}},
        "openblas_get_corename",
    ),
    Check(
        "ask",
        "finds a name that ends in _64",
        "name_of",
        {"question": "get_corename", "answers": {"openblas_get_corename_64": "Zen"}},
        "openblas_get_corename_64",
    ),
    Check(
        "ask",
        "finds no name for a question that the library does not know",
        "name_of",
        {"question": "get_corename", "answers": WHEEL_ANSWERS},
        "",
    ),
    Check(
        "ask",
        "asks for a text",
        "text_of",
        {"question": "get_config", "answers": WHEEL_ANSWERS},
        "OpenBLAS 0.3.31",
        hint="Without `restype` an address comes back, as an integer; with `c_char_p`, bytes: `decode` them.",
    ),
    Check(
        "ask",
        "says unknown where there is no such question",
        "text_of",
        {"question": "get_parallel", "answers": WHEEL_ANSWERS},
        "unknown",
    ),
    Check(
        "ask",
        "says unknown where the answer is nothing",
        "text_of",
        {"question": "get_config", "answers": {"openblas_get_config": None}},
        "unknown",
        hint="C's null pointer comes as None.",
    ),
    Check(
        "ask",
        "asks for the number of threads",
        "number_of",
        lambda rng: {"question": "get_num_threads", "answers": {"openblas_get_num_threads": int(rng.integers(1, 99))}},
        lambda question, answers: answers["openblas_get_num_threads"],
    ),
    Check(
        "ask",
        "knows no number where there is no such question",
        "number_of",
        {"question": "get_num_threads", "answers": {"openblas_get_config": "OpenBLAS"}},
        None,
    ),
]


def quarters(rng: Rng, count: int) -> list[float]:
    """Draw durations that add up exactly."""
    return [float(n) / 4 for n in rng.integers(1, 9, count)]


def until(durations: list[float], seconds: float, least: int = 3) -> Inputs:
    """Return what a stopwatch shows of these runs."""
    times: list[float] = []
    while len(times) < least or sum(times) < seconds:
        times.append(durations[min(len(times), len(durations) - 1)])
    return {"times": times, "runs": len(times)}


def own_start_and_end(result: list[str], runs: int) -> str:
    if result.count("run") != runs:
        return f"expected {runs} runs; there were {result.count('run')}"
    between = " ".join(result).split("run")[1:-1]
    return "" if all(part.count("look") > 1 for part in between) else f"in this order: {', '.join(result)}"


REPEAT = [
    Check(
        "repeat",
        "returns how long each run took, in their order",
        "repeated",
        lambda rng: {"durations": quarters(rng, 12), "seconds": 9.0},
        until,
    ),
    Check(
        "repeat",
        "stops when the time is up",
        "repeated",
        {"durations": [0.5], "seconds": 2.0},
        {"times": [0.5] * 4, "runs": 4},
    ),
    Check(
        "repeat",
        "runs a slow action three times all the same",
        "repeated",
        {"durations": [8.0, 9.0, 7.0], "seconds": 1.0},
        {"times": [8.0, 9.0, 7.0], "runs": 3},
        hint="One run tells nothing about the next.",
    ),
    Check(
        "repeat",
        "runs it as often as it is told to at least",
        "repeated",
        {"durations": [1.0], "seconds": 0.0, "least": 5},
        {"times": [1.0] * 5, "runs": 5},
    ),
    Check(
        "repeat",
        "looks at the clock right before and right after each run",
        "repeated",
        {"durations": [1.0], "seconds": 0.0, "look": 0.25},
        {"times": [1.25] * 3, "runs": 3},
        hint="Each look at this clock takes a quarter of a second: only the one after the run may be in its duration.",
    ),
    Check(
        "repeat",
        "looks at the clock anew before each run, not once between two runs",
        "looks_and_runs",
        {"runs": 4},
        verify=own_start_and_end,
        hint="What happens between two runs belongs to neither: let the start not be the end of the run before.",
    ),
    Check(
        "repeat",
        "lets an error of the action through",
        "repeated_error",
        {},
        Raised("ZeroDivisionError", ("own error",)),
    ),
]


def rates(durations: list[float], work: float, seconds: float = 0.0) -> Inputs:
    """Return the rates of these runs, the first of them left out."""
    times = until(durations[1:], seconds)["times"]
    best, middle = (work / 1e9 / chosen for chosen in (min(times), median(times)))
    return {
        "unit": "GB/s",
        "size": "all",
        "best": best,
        "median": middle,
        "spread": best / middle - 1,
        "repeats": len(times),
    }


MEASURE = [
    Check(
        "measure",
        "leaves the first run out: it warms up",
        "measured",
        {"durations": [9.0, 2.0, 4.0, 3.0], "work": 12e9},
        rates,
        hint="If the first duration is among yours: it belongs to the warm-up and does not count.",
    ),
    Check(
        "measure",
        "takes the best rate from the shortest run, the median rate from the median duration",
        "measured",
        lambda rng: {"durations": quarters(rng, 9), "work": float(rng.integers(1, 9)) * 1e9, "seconds": 7.0},
        rates,
        hint="The first duration belongs to the warm-up and does not count.",
    ),
    Check(
        "measure",
        "tells by the spread how much better the best is than the median",
        "measured",
        {"durations": [1.0, 1.0, 2.0, 4.0], "work": 2e9},
        rates,
        hint="Twice as good is a spread of 1; equally good, of 0.",
    ),
    Check(
        "measure",
        "takes the mean of the middle two of four runs as their median",
        "measured",
        {"durations": [1.0, 1.0, 2.0, 4.0, 8.0], "work": 3e9, "seconds": 15.0},
        rates,
    ),
    Check(
        "measure",
        "survives a clock that stands still: a run lasts one nanosecond at least",
        "measured",
        {"durations": [0.0], "work": 5.0},
        {"unit": "GB/s", "size": "all", "best": 5.0, "median": 5.0, "spread": 0.0, "repeats": 3},
        hint="Nothing can be divided by a duration of 0.",
    ),
]


def fixed_product(size: int) -> Inputs:
    x, y = np.random.default_rng(0).standard_normal((2, size, size), dtype=np.float32).astype(np.float64)
    return {"product": x @ y, "dtype": "float32", "the same array each time": True}


def nothing_new(result: int, size: int) -> str:
    matrix = 4 * size * size
    return "" if result < matrix / 2 else f"a run asked for {result} bytes; one matrix has {matrix}"


def warmed_up(result: list[str], small: int) -> str:
    small_one = f"product of size {small}"
    if small_one not in result:
        return f"no action of matrix_product({small}) ran, the size that is SMALL here"
    first = result[0]
    return "" if first == small_one else f"expected a {small_one} first; there was a {first} at the clock"


MATMUL = [
    Check(
        "matmul", "multiplies the two fixed matrices", "multiplied", {"size": 8}, fixed_product, rtol=1e-4, atol=1e-4
    ),
    Check(
        "matmul",
        "multiplies larger ones into the same array again and again",
        "multiplied",
        {"size": 33},
        fixed_product,
        rtol=1e-3,
        atol=1e-3,
        hint="`np.matmul(x, y, out=out)` writes into memory that is there.",
    ),
    Check(
        "matmul",
        "asks for no memory while it multiplies",
        "bytes_while_multiplying",
        {"size": 128},
        verify=nothing_new,
        hint="Make both matrices, and the array for the result, before the function that multiplies.",
    ),
    Check(
        "matmul",
        "warms up with a small product before it looks at the clock for the first time",
        "products_and_looks",
        {"small": 16},
        verify=warmed_up,
        hint="The first product of all pays for pages, caches and the BLAS's threads.",
    ),
    Check(
        "matmul",
        "counts a multiplication and an addition for each of n³ steps",
        "matmul_rate",
        lambda rng: {"small": int(rng.integers(8, 40)), "step": float(rng.integers(1, 9)), "seconds": 0.0},
        lambda small, step, seconds: {
            "best": 2 * small**3 / 1e9 / step,
            "unit": "GFLOP/s",
            "size": f"{small} x {small} float32",
        },
        hint="The product of two (n, n) matrices has n² entries, each a sum of n products. The small n is `SMALL`.",
    ),
    Check(
        "matmul",
        "takes larger matrices where the small product was quick",
        "matmul_rate",
        {"small": 16, "step": 1 / 1024, "seconds": 0.1},
        {"best": 2 * 32**3 / 1e9 * 1024, "unit": "GFLOP/s", "size": "32 x 32 float32"},
        hint="`matrix_size(shortest, seconds)` chooses.",
    ),
]


def wanted_bytes(sizes: list[int], available: int | None) -> int:
    wanted = min(max(4 * max(sizes, default=0), 64 * MIB), 256 * MIB)
    return wanted if available is None else max(MIB, min(wanted, available // 8))


def two_arrays(result: int, size: int) -> str:
    fits = 2 * size <= result < 4 * size
    return (
        "" if fits else f"expected two arrays of {size} bytes in memory at the same time; {result} bytes were asked for"
    )


def one_over_the_other(result: Inputs, size: int) -> str:
    if not result:
        return "nothing was handed to `measure`, which warms up and times"
    before, after = result["numbers when it had been measured"], result["numbers after 5 and 7 were written"]
    if result["bytes asked for"] > size / 2:
        return f"a run asked for {result['bytes asked for']} bytes: copy over an array that is there already"
    if len(after) != 2:
        return (
            f"expected the timed action to hold two arrays, one to copy from and one to copy to; it holds {len(after)}"
        )
    if after not in ([5, 5], [7, 7]):
        return f"after 5 and 7 were written into its arrays, a run should leave one number in both; it left {after}"
    return "" if 0 not in before else "its arrays held only zeros: memory that was never written to is not there yet"


COPY = [
    Check(
        "copy",
        "takes four times the largest cache",
        "bytes_to_copy",
        lambda rng: {"sizes": [32768, MIB, int(rng.integers(20, 60)) * MIB], "available": None},
        wanted_bytes,
    ),
    Check("copy", "takes 64 MiB where no cache is known", "bytes_to_copy", {"sizes": [], "available": None}, 64 * MIB),
    Check(
        "copy", "takes 256 MiB at most", "bytes_to_copy", {"sizes": [32768, 512 * MIB], "available": None}, 256 * MIB
    ),
    Check(
        "copy",
        "takes an eighth of the free memory at most",
        "bytes_to_copy",
        lambda rng: {"sizes": [32 * MIB], "available": int(rng.integers(100, 500)) * MIB},
        wanted_bytes,
    ),
    Check(
        "copy",
        "takes 1 MiB even where no memory seems to be free",
        "bytes_to_copy",
        {"sizes": [32 * MIB], "available": 0},
        MIB,
    ),
    Check(
        "copy",
        "counts each byte twice: it is read and written",
        "copy_rate",
        lambda rng: {"size": 4 * MIB, "step": float(rng.integers(1, 9))},
        lambda size, step: {"best": 2 * size / 1e9 / step, "unit": "GB/s", "size": "4 MiB"},
        rtol=1e-4,
        hint="The work of a copy is what moves between memory and processor.",
    ),
    Check(
        "copy",
        "times nothing but a copy of one array, full of ones, over another",
        "copied",
        {"size": 4 * MIB},
        verify=one_over_the_other,
        hint="`np.copyto(target, source)`, with both arrays made before.",
    ),
    Check(
        "copy",
        "makes two arrays of as many bytes as it is told to",
        "memory_taken",
        {"size": 8 * MIB},
        verify=two_arrays,
        hint="A float32 has four bytes.",
    ),
]


def machine(rng: Rng) -> Inputs:
    return {
        "peak": float(rng.uniform(50, 900)),
        "bandwidth": float(rng.uniform(5, 90)),
        "intensity": float(rng.uniform(0.1, 60)),
    }


def by_roofline(peak: float, bandwidth: float, intensity: float) -> Inputs:
    limit = "memory" if bandwidth * intensity < peak else "arithmetic"
    return {"ridge": peak / bandwidth, "attainable": min(peak, bandwidth * intensity), "bound": limit}


ROOFLINE = [
    Check("roofline", "knows ridge, rate and limit of any work on any machine", "limits_at", machine, by_roofline),
    Check(
        "roofline",
        "says that a sum of two vectors waits for memory",
        "limits_at",
        {"peak": 100.0, "bandwidth": 20.0, "intensity": 1 / 12},
        {"ridge": 5.0, "attainable": 20 / 12, "bound": "memory"},
    ),
    Check(
        "roofline",
        "says that a large product of matrices waits for arithmetic",
        "limits_at",
        {"peak": 100.0, "bandwidth": 20.0, "intensity": 170.0},
        {"ridge": 5.0, "attainable": 100.0, "bound": "arithmetic"},
    ),
    Check(
        "roofline",
        "counts the ridge itself as bound by arithmetic",
        "limits_at",
        {"peak": 64.0, "bandwidth": 16.0, "intensity": 4.0},
        {"ridge": 4.0, "attainable": 64.0, "bound": "arithmetic"},
    ),
    Check(
        "roofline",
        "divides operations by bytes",
        "intensity",
        lambda rng: {"flops": float(rng.integers(1, 99)), "traffic": float(rng.integers(1, 99))},
        lambda flops, traffic: flops / traffic,
    ),
    Check(
        "roofline",
        "takes the time of the slower of the two limits",
        "least_time",
        lambda rng: {"peak": 100.0, "bandwidth": 20.0, "flops": float(rng.integers(1, 99)) * 1e9, "traffic": 4e9},
        lambda peak, bandwidth, flops, traffic: max(flops / peak, traffic / bandwidth) / 1e9,
    ),
    Check(
        "roofline",
        "takes the time of the bytes where nothing is computed",
        "least_time",
        {"peak": 100.0, "bandwidth": 20.0, "flops": 0.0, "traffic": 4e9},
        0.2,
    ),
]

CHECKS = [*VERSIONS, *CORES, *BLAS, *ASK, *REPEAT, *MEASURE, *MATMUL, *COPY, *ROOFLINE]
