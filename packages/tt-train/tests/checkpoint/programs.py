"""Trainings that are killed, for `test_kills`: python programs.py COMMAND ARGUMENTS.

    finish KIND FOLDER        go on from the folder's checkpoints to the end; print the steps and a digest of all states
    kills KIND FOLDER SEED N  the same, killed N times at random moments, again and again from the start if need be
    points FOLDER             kill a process at everything that saving does to the disk, one after the other

Each line that is printed is JSON. Killed processes are forks, since a fork needs no time to import NumPy, and there are
no threads here that it could lose.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

import tt_core as tt
import tt_core.functional as F
from tt_train import nn, optim, transforms
from tt_train.callbacks import BestModel, Callback, EarlyStopping
from tt_train.checkpoint import RandomState, load_checkpoint, safetensors, save_checkpoint, saving
from tt_train.checkpoint.codec import Packer
from tt_train.data import DataLoader, TensorDataset
from tt_train.metrics import Accuracy
from tt_train.training import Trainer

EPOCHS = 8
CHANGES = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}


def data() -> TensorDataset:
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, (96, 1, 8, 8)).astype(np.uint8)
    return TensorDataset(tt.as_tensor(images), tt.as_tensor(draw.integers(0, 4, 96)))


def augment() -> Any:
    moves = [transforms.RandomTranslate(1), transforms.RandomHorizontalFlip()]
    return transforms.Compose([*moves, transforms.Normalize([0.5], [0.25])])


def network() -> nn.Module:
    hidden = [nn.Linear(64, 48), nn.ReLU(), nn.Dropout(0.3), nn.LayerNorm(48)]
    return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(48, 4))


class Descent:
    """Momentum, weight decay, and a rate that falls: an optimizer and its schedule in one."""

    def __init__(self, parameters: Any) -> None:
        self.parameters = list(parameters)
        self.state: dict[str, Any] = {"lr": 0.1, "velocity": {}}

    def step(self) -> None:
        for i, p in enumerate(self.parameters):
            assert p.grad is not None
            before = self.state["velocity"].get(i, np.zeros_like(p.data))
            self.state["velocity"][i] = np.float32(0.9) * before + p.grad.data
            p.data -= np.float32(self.state["lr"]) * (self.state["velocity"][i] + np.float32(1e-3) * p.data)
        self.state["lr"] *= 0.97

    def state_dict(self) -> dict[str, Any]:
        return self.state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.state = dict(state)


class Progress:
    """How many epochs are finished."""

    epoch = 0
    steps = 0

    def state_dict(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "steps": self.steps}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.epoch, self.steps = state["epoch"], state["steps"]


def by_hand(folder: Path, report: Callable[[int], None]) -> dict[str, Any]:
    """Train with a loop of one's own; return the parts."""
    tt.manual_seed(7)
    np.random.seed(7)
    random.seed(7)
    model, progress = network(), Progress()
    optimizer, loader = Descent(model.parameters()), DataLoader(data(), 16, shuffle=True, transform=augment())
    parts = {"model": model, "optimizer": optimizer, "loader": loader, "progress": progress, "random": RandomState()}
    load_checkpoint(folder, parts)
    while progress.epoch < EPOCHS:
        for x, y in loader:
            model.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            progress.steps += 1
            if progress.steps % 2 == 0:
                save_checkpoint(folder, parts, step=progress.steps, metric=float(loss.item()), mode="min", keep=2)
            report(progress.steps)
        progress.epoch += 1
    return parts


class Report(Callback):
    """Tells of each step."""

    def __init__(self, report: Callable[[int], None]) -> None:
        self.report = report

    def on_batch_end(self, trainer: Trainer) -> None:
        self.report(trainer.steps)


def by_trainer(folder: Path, report: Callable[[int], None]) -> dict[str, Any]:
    """Train with a `Trainer`: convolution, batch norm, Adam, a schedule, accumulation, clipping, the best weights."""
    tt.manual_seed(7)
    np.random.seed(7)
    random.seed(7)
    model = nn.Sequential(
        *[nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()],
        *[nn.Dropout(0.3), nn.Linear(96, 4)],
    )
    optimizer = optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-3)
    trainer = Trainer(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        scheduler=optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-2, total_steps=3 * EPOCHS),
        schedule="step",
        metrics=[Accuracy()],
        callbacks=[BestModel(), EarlyStopping(patience=99), Report(report)],
        accumulate=2,
        clip_norm=1.0,
        folder=folder,
        save_every=2,
        keep=2,
        progress=False,
    )
    loader = DataLoader(data(), 16, shuffle=True, transform=augment())
    calm = DataLoader(data(), 32, transform=transforms.Normalize([0.5], [0.25]))
    trainer.fit(loader, calm, epochs=EPOCHS)
    return {**trainer.parts(), "trainer": Timeless(trainer)}


class Timeless:
    """The state of a trainer without the seconds that it took."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer

    def state_dict(self) -> dict[str, Any]:
        state = self.trainer.state_dict()
        rows = [{name: value for name, value in row.items() if name != "seconds"} for row in self.trainer.history.rows]
        return {**{name: state[name] for name in state if name not in {"seconds", "history"}}, "rows": rows}


KINDS: dict[str, Callable[[Path, Callable[[int], None]], dict[str, Any]]] = {"hand": by_hand, "trainer": by_trainer}


def digest(parts: dict[str, Any]) -> str:
    """Return a digest of all bits of all states."""
    packer = Packer()
    text = json.dumps({name: packer.pack(dict(part.state_dict()), name) for name, part in parts.items()})
    found = hashlib.sha256(text.encode())
    for array in packer.arrays.values():
        found.update(array.tobytes())
    return found.hexdigest()


# Being killed


def fork(work: Callable[[], object]) -> int:
    """Do something in another process, and return its number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks with threads, of which there are none
        pid = os.fork()
    if pid == 0:
        work()
        os._exit(0)
    return pid


def die(*_: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def tell(**facts: Any) -> None:
    os.write(1, f"{json.dumps(facts)}\n".encode())  # in one piece, whenever the process is killed


def finish(kind: str, folder: str) -> None:
    tell(digest=digest(KINDS[kind](Path(folder), lambda step: tell(step=step))))


def kills(kind: str, folder: str, seed: str, count: str) -> None:
    """Kill at random moments, about six times on the way to the end, in as many trainings as it takes."""
    draw, left, lap = random.Random(int(seed)), int(count), 0
    while left:
        path, lap, status = Path(folder, f"lap {lap}"), lap + 1, 1
        while status:
            status = killed(kind, path, draw) if left else ended(fork(lambda path=path: heard(kind, path)))
            left -= bool(status)
            if status:
                tell(lap=lap, there=sorted(each.name for each in path.rglob("*-*")))


def ended(pid: int) -> int:
    """Wait for a process; return how it ended."""
    return os.waitpid(pid, 0)[1]


def killed(kind: str, path: Path, draw: random.Random) -> int:
    """Let it make some steps, and kill it somewhere in the next two; return how it ended."""
    reading, writing = os.pipe()
    pid = fork(lambda: heard(kind, path, writing))
    os.close(writing)
    begun = time.perf_counter()
    made = sum(len(os.read(reading, 1)) for _ in range(draw.randint(1, 12)))
    time.sleep(draw.uniform(0, 2 * (time.perf_counter() - begun) / max(made, 1)))
    os.kill(pid, signal.SIGKILL)
    os.close(reading)
    return ended(pid)


def heard(kind: str, path: Path, pipe: int = -1) -> None:
    """Train to the end, with a byte for each step if there is a pipe."""
    tell(digest=digest(KINDS[kind](path, lambda _: pipe >= 0 and os.write(pipe, b"."))))


class Clock:
    """Kills the process at the n-th thing that it does to the disk."""

    def __init__(self, n: int, folder: Path) -> None:
        self.left, self.folder = n, str(folder)
        sys.addaudithook(self.hear)
        for module, name in ((os, "fsync"), (saving, "digest")):
            setattr(module, name, self.around(getattr(module, name)))
        save_file, write_bytes = safetensors.save_file, Path.write_bytes
        safetensors.save_file = lambda arrays, path, metadata: self.partly(
            save_file, Path(path), arrays, path, metadata
        )
        Path.write_bytes = lambda path, data: self.partly(write_bytes, path, path, data)  # type: ignore[method-assign]

    def tick(self) -> bool:
        self.left -= 1
        return self.left == 0

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any) -> Any:
            if self.tick():
                die()
            result = call(*arguments)
            if self.tick():
                die()
            return result

        return called

    def partly(self, call: Callable[..., Any], path: Path, *arguments: Any) -> Any:
        """Write, and perhaps die with half of it written."""
        result = call(*arguments)
        if self.tick():
            os.truncate(path, path.stat().st_size // 2)
            die()
        return result

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        ours = event in CHANGES and any(self.folder in str(each) for each in arguments[:2])
        if ours and self.tick():
            die()


class State:
    """A part whose numbers can be told from its step."""

    def __init__(self, step: int = 0) -> None:
        self.step = step

    def state_dict(self) -> dict[str, Any]:
        return {"step": self.step, "x": np.full(50, self.step)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        assert (state["x"] == state["step"]).all()
        self.step = state["step"]


def points(folder: str) -> None:
    """Save three checkpoints, of which the first is removed; die at every point; look at what is left; go on."""
    warnings.simplefilter("error")
    os.fsync = lambda _: None  # what was written outlives the process without it, if not the machine

    def save(path: Path, steps: range, report: int) -> None:
        for step in steps:
            save_checkpoint(path, {"state": State(step)}, step=step, keep=2)
            os.write(report, bytes([step]))

    for n in range(1, 1000):
        path = Path(folder, f"{n}")
        path.mkdir()
        save(path, range(1, 3), os.open(os.devnull, os.O_WRONLY))
        reading, writing = os.pipe()

        def work(n: int = n, path: Path = path, writing: int = writing) -> None:
            Clock(n, path)
            save(path, range(3, 5), writing)

        _, status = os.waitpid(fork(work), 0)
        os.close(writing)
        promised = max(os.read(reading, 100), default=2)
        state = State()
        found = load_checkpoint(path, {"state": state})
        save(path, range(8, 10), os.open(os.devnull, os.O_WRONLY))
        left = sorted(each.name for each in path.iterdir())
        tell(
            n=n,
            killed=os.WIFSIGNALED(status),
            promised=promised,
            found=found and found.step,
            state=state.step,
            left=left,
        )
        if not os.WIFSIGNALED(status):
            return


if __name__ == "__main__":
    command, *given = sys.argv[1:]
    {"finish": finish, "kills": kills, "points": points}[command](*given)
