"""How much faster several processes train than one: python benchmarks/scaling.py [--ranks 1 2] [--steps 30].

The batch is shared out among the ranks, so that they learn what one process learns. Each rank has one thread of BLAS;
one process with all cores is measured too, since that is the alternative. A run's figures are medians over the steps
of rank 0; of several runs, taken in turn, the fastest counts. It needs mpi4py and an MPI.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from itertools import product

import tt_core as tt
from tt_train import nn, optim
from tt_train.distributed import connect, synchronize

BATCH = 128


def convolutional() -> tuple[nn.Module, tt.Tensor]:
    model = nn.Sequential(
        *[nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Flatten(), nn.Linear(64 * 8 * 8, 10)],
    )
    return model, tt.randn(BATCH, 3, 32, 32)


def dense() -> tuple[nn.Module, tt.Tensor]:
    model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10))
    return model, tt.randn(BATCH, 784)


MODELS = {"convolutional": convolutional, "dense": dense}


def measure(name: str, steps: int) -> None:
    """Train on this rank's share, and let rank 0 print the seconds of a step and of its exchange."""
    communicator = connect()
    tt.manual_seed(0)
    model, x = MODELS[name]()
    mine = slice(communicator.rank, None, communicator.size)
    x, y = x[mine].clone(), tt.randint(0, 10, (BATCH,))[mine].clone()
    loss, optimizer = nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    synchronize(model, communicator)
    whole, exchange = [], []
    for _ in range(steps):
        begun = time.perf_counter()
        optimizer.zero_grad()
        loss(model(x), y).backward()
        before = time.perf_counter()
        communicator.average([p.grad.data for p in model.parameters() if p.grad is not None])
        after = time.perf_counter()
        optimizer.step()
        whole.append(time.perf_counter() - begun)
        exchange.append(after - before)
    if communicator.rank == 0:
        size = sum(p.data.nbytes for p in model.parameters())
        print(json.dumps([statistics.median(whole[3:]), statistics.median(exchange[3:]), size]))


def run(name: str, ranks: int, threads: int, steps: int) -> tuple[float, float, float]:
    """Return the seconds of a step and of its exchange, and the bytes of the gradients."""
    variables = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    for slower in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        variables.pop(slower, None)
    start = "import sys; from tt_train.course.launch import launch; launch(sys.argv[1:])"
    given = ["-n", ranks, __file__, "--measure", name, "--steps", steps]
    command = [sys.executable, "-c", start, *map(str, given)]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    seconds, exchange, size = json.loads(done.stdout)
    return seconds, exchange, size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ranks", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--measure", choices=MODELS, help="what a rank does, when it was started by this script")
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.steps)
        return
    print(f"{'model':14} {'ranks':>5} {'threads':>7} {'step':>9} {'exchange':>9} {'gradients':>9} {'speed-up':>8}")
    for name in MODELS:
        ways = [*((ranks, 1) for ranks in options.ranks), (1, os.cpu_count() or 1)]
        found: dict[tuple[int, int], list[tuple[float, float, float]]] = {way: [] for way in ways}
        for _, way in product(range(options.repeats), ways):
            found[way].append(run(name, *way, options.steps))
        first = min(found[ways[0]])[0]
        for (ranks, threads), runs in found.items():
            seconds, exchange, size = min(runs)
            figures = f"{1e3 * seconds:6.1f} ms {1e3 * exchange:6.2f} ms {size / 1e6:6.1f} MB {first / seconds:7.2f}×"
            print(f"{name:14} {ranks:5} {threads:7} {figures}")


if __name__ == "__main__":
    main()
