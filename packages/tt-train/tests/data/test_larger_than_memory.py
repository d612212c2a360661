"""A data set four times as large as the memory: its rows come from the mapped file, and none is kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

pytestmark = pytest.mark.long

LIMIT = 24 * 2**20
FEATURES = 1024
ROWS = 4 * LIMIT // (4 * FEATURES)

PROGRAM = """
import resource
import numpy as np
import tt_core as tt
from tt_core import nn
from tt_train.data import ArrowDataset, DataLoader

def step(x, y):
    loss = nn.MSELoss()(model(x)[:, 0], y)
    loss.backward()
    with tt.no_grad():
        for p in model.parameters():
            p -= 0.02 * p.grad
            p.grad = None
    return float(loss)

model = nn.Linear({features}, 1)
for x, y in DataLoader(ArrowDataset({small!r}, cache_dir={cache!r}), 64):  # what the libraries need, they have now
    step(x, y)
with open("/proc/self/status") as status:
    used = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmData"))
resource.setrlimit(resource.RLIMIT_DATA, (used + {limit}, used + {limit}))

data = ArrowDataset({large!r}, cache_dir={cache!r})
losses = [step(x, y) for x, y in DataLoader(data, 64, shuffle=True, generator=tt.Generator(0))]
print(len(losses), np.mean(losses[-50:]) < 0.5 * np.mean(losses[:50]))
try:
    whole = np.concatenate(data.blocks("x"))
except MemoryError:
    print("the whole does not fit")
"""


def write_rows(path: Path, rows: Any) -> Any:
    """Write random vectors and a linear function of them, a few rows at a time."""
    rng = np.random.default_rng(0)
    slope = rng.normal(size=FEATURES).astype(np.float32) / FEATURES**0.5
    schema = pa.schema([("x", pa.list_(pa.float32(), FEATURES)), ("y", pa.float32())])
    with parquet.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
        for count in [512] * (rows // 512):
            x = rng.standard_normal((count, FEATURES), np.float32)
            lists = pa.FixedSizeListArray.from_arrays(pa.array(x.reshape(-1)), FEATURES)
            writer.write_table(pa.table([lists, pa.array(x @ slope)], schema=schema))
    return str(path)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux limits the memory that is no file's alone")
def test_a_data_set_of_four_times_the_memory_is_decoded_and_trains(tmp_path: Path) -> None:
    small, large = write_rows(tmp_path / "small.parquet", 512), write_rows(tmp_path / "large.parquet", ROWS)
    names = {"small": small, "large": large, "cache": str(tmp_path / "cache"), "features": FEATURES, "limit": LIMIT}
    program = PROGRAM.format(**names)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == f"{ROWS // 64} True\nthe whole does not fit\n", done.stderr
