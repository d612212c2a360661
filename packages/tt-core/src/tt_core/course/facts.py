"""The environment's report as short texts under headings, for people to read."""

from collections.abc import Iterator, Mapping

from tt_core.environment import Blas, Cache, Cpu, Measurement, Memory, Report

Facts = dict[str, dict[str, str]]


def facts(report: Report, packages: Mapping[str, str]) -> Facts:
    """Return what a report says: heading, then name and text of each fact; a heading without facts is left out."""
    found = {
        "Software": software(report, packages),
        "BLAS": blas(report.blas),
        "Processor": processor(report.cpu),
        "Memory": {"free": memory(report.memory)},
        "Measured": measured(report),
        "Variables": report.variables,
    }
    return {heading: rows for heading, rows in found.items() if rows}


def software(report: Report, packages: Mapping[str, str]) -> dict[str, str]:
    """Describe the packages and what they run on."""
    python, numpy = report.python, report.numpy
    kind = f"{python.implementation}, free-threaded" if python.free_threaded else python.implementation
    return {
        **packages,
        "NumPy": f"{numpy.version} with {' '.join(numpy.simd) or 'no vector instructions beyond its baseline'}",
        "Python": f"{python.version} {kind}, {python.executable}",
        "system": report.system.name,
    }


def blas(blas: Blas) -> dict[str, str]:
    """Describe the library behind the matrix product."""
    kernel = blas.kernel if blas.native == blas.kernel else f"{blas.kernel}, forced; {blas.native} if left alone"
    rows = {"library": f"{blas.name} {blas.version}", "kernel": kernel}
    return {**rows, "threads": "unknown" if blas.threads is None else str(blas.threads), **reasons(blas.unknown)}


def processor(cpu: Cpu) -> dict[str, str]:
    """Describe the processor."""
    quota = "" if cpu.quota is None else f" (quota {cpu.quota:g})"
    rows = {"model": cpu.model, "cores": f"{cpu.usable} usable of {cpu.logical}{quota}"}
    rows["caches"] = ", ".join(cache(item) for item in cpu.caches if item.kind != "instruction") or "unknown"
    rows["load"] = "unknown" if cpu.load is None else f"{cpu.load:.2f} over the last minute"
    return {**rows, **reasons(cpu.unknown)}


def cache(cache: Cache) -> str:
    """Describe one cache.

    >>> cache(Cache(level=1, kind="data", size=49152, shared_by=1))
    'L1 48 KiB'
    >>> cache(Cache(level=3, kind="unified", size=2**25, shared_by=8))
    'L3 32 MiB shared by 8'
    """
    shared = f" shared by {cache.shared_by}" if (cache.shared_by or 1) > 1 else ""
    return f"L{cache.level} {human_bytes(cache.size)}{shared}"


def memory(memory: Memory) -> str:
    """Describe the memory."""
    limit = "" if memory.limit is None else f" (limit of the container: {human_bytes(memory.limit)})"
    return f"{human_bytes(memory.available)} of {human_bytes(memory.total)}{limit}"


def measured(report: Report) -> dict[str, str]:
    """Describe the measurements, if any."""
    if report.speed is None:
        return {}
    return {"matmul": measurement(report.speed.matmul), "copy": measurement(report.speed.copy)}


def measurement(measured: Measurement) -> str:
    """Describe one measurement.

    >>> measurement(Measurement("GB/s", "64 MiB", best=19.2, median=16.0, spread=0.2, repeats=31))
    '19.2 GB/s best, 16 median (64 MiB)'
    """
    return f"{measured.best:.3g} {measured.unit} best, {measured.median:.3g} median ({measured.size})"


def human_bytes(size: int | None) -> str:
    """Return a number of bytes in the largest unit that fits.

    >>> human_bytes(512), human_bytes(1536), human_bytes(2**30), human_bytes(None)
    ('512 B', '1.5 KiB', '1 GiB', 'unknown')
    """
    if size is None:
        return "unknown"
    unit, scale = next(fitting_units(size))
    return f"{size / scale:.1f}".removesuffix(".0") + f" {unit}"


def fitting_units(size: int) -> Iterator[tuple[str, int]]:
    """Yield the units that are not larger than a size, the largest first; bytes always fit."""
    units = (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10))
    yield from (unit for unit in units if unit[1] <= size)
    yield "B", 1


def reasons(unknown: tuple[str, ...]) -> dict[str, str]:
    """Return why facts are missing, as a fact."""
    return {"missing": "; ".join(unknown)} if unknown else {}
