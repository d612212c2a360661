from dataclasses import replace

import pytest

from tt_core.course.facts import blas, cache, facts, human_bytes, measurement, memory, processor, software
from tt_core.environment import Cache, Measurement, Memory, Report, Speed, report

PACKAGES = {"tt-core": "0.1.0"}


@pytest.fixture(scope="module")
def found() -> Report:
    return replace(report(measure=False), variables={})


def test_headings_without_facts_are_left_out(found: Report) -> None:
    assert list(facts(found, PACKAGES)) == ["Software", "BLAS", "Processor", "Memory"]


def test_measurements_and_variables_have_their_headings(found: Report) -> None:
    rate = Measurement("GB/s", "64 MiB", best=12.345, median=9.876, spread=0.25, repeats=3)
    rows = facts(replace(found, speed=Speed(rate, rate), variables={"OMP_NUM_THREADS": "1"}), PACKAGES)
    assert rows["Measured"]["matmul"] == "12.3 GB/s best, 9.88 median (64 MiB)" == measurement(rate)
    assert rows["Variables"] == {"OMP_NUM_THREADS": "1"}


def test_software_begins_with_the_packages(found: Report) -> None:
    rows = software(found, PACKAGES)
    assert list(rows) == ["tt-core", "NumPy", "Python", "system"]
    assert rows["NumPy"].startswith(found.numpy.version)


def test_software_tells_plain_numpy_and_free_threads(found: Report) -> None:
    odd = replace(found, python=replace(found.python, free_threaded=True), numpy=replace(found.numpy, simd=()))
    assert "no vector instructions" in software(odd, {})["NumPy"]
    assert "free-threaded" in software(odd, {})["Python"]


def test_a_forced_kernel_is_shown_with_the_right_one(found: Report) -> None:
    same = replace(found.blas, kernel="Zen", native="Zen", threads=4, unknown=())
    assert blas(same)["kernel"] == "Zen"
    assert blas(replace(same, kernel="Haswell"))["kernel"] == "Haswell, forced; Zen if left alone"
    assert blas(same)["threads"] == "4"


def test_unknown_facts_come_with_the_reason(found: Report) -> None:
    rows = blas(replace(found.blas, threads=None, unknown=("threads: nobody tells",)))
    assert (rows["threads"], rows["missing"]) == ("unknown", "threads: nobody tells")
    cpu = processor(replace(found.cpu, caches=(), load=None, unknown=("caches: nobody tells",)))
    assert (cpu["caches"], cpu["load"], cpu["missing"]) == ("unknown", "unknown", "caches: nobody tells")


def test_processor_shows_quota_and_data_caches(found: Report) -> None:
    caches = (Cache(1, "data", 49152, 1), Cache(1, "instruction", 32768, 1), Cache(3, "unified", 2**25, 8))
    rows = processor(replace(found.cpu, usable=2, logical=8, quota=1.5, load=0.5, caches=caches))
    assert rows["cores"] == "2 usable of 8 (quota 1.5)"
    assert rows["caches"] == "L1 48 KiB, L3 32 MiB shared by 8"
    assert rows["load"] == "0.50 over the last minute"


def test_cache_of_unknown_sharing() -> None:
    assert cache(Cache(2, "unified", 2**20, None)) == "L2 1 MiB"


def test_memory_with_and_without_limit() -> None:
    assert memory(Memory(total=2**34, available=2**33, limit=None)) == "8 GiB of 16 GiB"
    assert memory(Memory(None, 2**20, limit=2**30)) == "1 MiB of unknown (limit of the container: 1 GiB)"


@pytest.mark.parametrize(
    "size,text",
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1000 * 2**20 + 2**19, "1000.5 MiB"),
        (2**20, "1 MiB"),
        (3 * 2**39, "1.5 TiB"),
    ],
)
def test_human_bytes(size: int, text: str) -> None:
    assert human_bytes(size) == text
