"""`import tt_core` against `import numpy`, each in a fresh process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median
from typing import Any

ROUNDS = 15


def seconds(module: str) -> float:
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True, env=env)
    return time.perf_counter() - start


def test_import(benchmark: Any, rows: list[str]) -> None:
    pairs = benchmark.pedantic(
        lambda: [(seconds("tt_core"), seconds("numpy")) for _ in range(ROUNDS)], rounds=1, warmup_rounds=1
    )
    ours, numpy = (median(pair[i] for pair in pairs) for i in (0, 1))
    ratio = median(a / b for a, b in pairs)
    benchmark.extra_info["ratio"] = ratio
    rows.append(f"import, peer is numpy     {ours * 1e3:10.1f} ms  {numpy * 1e3:11.1f} ms {ratio:8.3f}")
    assert ratio > 0
