"""Peak memory of one forward and backward of the perceptron: `python memory.py tt_core|torch BATCH` prints bytes.

Counted are the buffers of tensors that are alive at the same time beyond those that were there before the step
(parameters and data), by each framework's own allocator: NumPy's reports every buffer to tracemalloc, PyTorch's to its
profiler. What an operation allocates and frees within itself counts for PyTorch only; in ours that is at most the few
kilobytes through which NumPy converts types (`gate`: 8,192 elements at a time).
"""

from __future__ import annotations

import json
import sys
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

from workloads import FRAMEWORKS, Step, mlp_parts


def peak_of_numpy(step: Step) -> int:
    """Return the highest sum of NumPy's buffers, looked up at the end of each operation."""
    from numpy.lib import tracemalloc_domain

    from tt_core.graph import WATCHERS

    arrays = [tracemalloc.DomainFilter(inclusive=True, domain=tracemalloc_domain)]
    sums = []

    def look(*_: object) -> None:
        sums.append(sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces(arrays).traces))

    tracemalloc.start()
    WATCHERS.append(look)
    step()
    WATCHERS.remove(look)
    tracemalloc.stop()
    return max(sums)


def peak_of_torch(step: Step) -> int:
    """Return the highest running total of the profiler's allocations during `step`."""
    import torch

    with torch.profiler.profile(profile_memory=True) as profile:
        step()
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace.json"
        profile.export_chrome_trace(str(trace))
        events = json.loads(trace.read_text())["traceEvents"]
    changes = sorted((e["ts"], e["args"]["Bytes"]) for e in events if e.get("name") == "[memory]")
    live = highest = 0
    for _, change in changes:
        live += change
        highest = max(highest, live)
    return highest


def main(framework: str, batch: str) -> None:
    """Print the peak in bytes."""
    t: Any = FRAMEWORKS[framework](2)
    clear, step = mlp_parts(t, int(batch))
    step()
    clear()
    print((peak_of_numpy if framework == "tt_core" else peak_of_torch)(step))


if __name__ == "__main__":
    main(*sys.argv[1:])
