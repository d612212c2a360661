"""Peak memory of one forward and backward of the perceptron: `python memory.py tt_core|torch BATCH` prints bytes.

Counted are the buffers of tensors that are alive at the same time beyond those that were there before the step (parameters
and data), by each framework's own allocator: NumPy's reports every buffer to tracemalloc, PyTorch's to its profiler. Temporaries inside an operation count in both.
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
    """Return the highest sum of buffers during `step`; the few kilobytes of Python's own objects are counted too."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak - before


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
