"""What the checks of module 10 do with your code."""

import weakref
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import tt_core as tt
from tt_core import nn
from tt_train import functional as F
from tt_train import optim
from tt_train.callbacks import Callback
from tt_train.callbacks.keeping import BestModel
from tt_train.callbacks.stopping import EarlyStopping
from tt_train.callbacks.watching import Watch
from tt_train.checkpoint import folder as folders
from tt_train.checkpoint import loading, saving
from tt_train.checkpoint.codec import Packer
from tt_train.checkpoint.manifest import ARRAYS, Manifest, read_manifest, write_manifest
from tt_train.data import DataLoader, TensorDataset
from tt_train.footprint import footprint
from tt_train.logs import History
from tt_train.metrics.accuracy import Accuracy
from tt_train.metrics.base import Mean
from tt_train.nn import BatchNorm1d
from tt_train.optim.lr_scheduler import StepLR
from tt_train.training import Trainer
from tt_train.training.parts import evaluating, groups, size_of

# metrics


def mean(updates):
    metric = Mean()
    for values, weight in updates:
        metric.update(values, weight)
    return {"mean": metric.compute(), "counts": metric.counts}


def mean_without_weights(values):
    metric = Mean()
    for value in values:
        metric.update(tt.tensor(value))
    return metric.compute()


def accuracy(batches, ignore_index):
    metric = Accuracy(ignore_index=ignore_index)
    for predictions, targets in batches:
        metric.update(predictions, targets)
    return {"accuracy": metric.compute(), "counts": metric.counts}


# groups of batches


def sizes(n):
    return sizes_of(tt.zeros(n, 3), tt.zeros(n + 1))


def sizes_of(x, y):
    batches = {"alone": x, "tuple": (x, y), "list": [x, y], "dict": {"x": x, "y": y}, "nested": {"x": [(x, y)], "y": y}}
    return {name: size_of(batch) for name, batch in batches.items()}


def grouped(batches, size, start):
    return list(groups(batches, size, start))


def taken(count, size):
    """How many batches are taken until the first group comes, and until the second does."""
    seen = []
    found = groups((seen.append(i) or i for i in range(count)), size)
    after = []
    for _ in range(2):
        next(found)
        after.append(len(seen))
    return after


# steps


def linear(weight, bias):
    model = nn.Linear(weight.shape[1], weight.shape[0]).double()
    model.load_state_dict({"weight": tt.tensor(weight), "bias": tt.tensor(bias)})
    return model


def squares(reduction):
    return nn.MSELoss(reduction=reduction)


def as_batches(batches):
    return [(tt.tensor(x), tt.tensor(y)) for x, y in batches]


def made(weight, bias, lr, momentum=0.0, reduction="mean", kind=Trainer, **options):
    model = linear(weight, bias)
    optimizer = optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    return kind(model, squares(reduction), optimizer, progress=False, **options)


def updated(weight, bias, batches, lr, reduction="mean", clip_norm=None):
    trainer = made(weight, bias, lr, reduction=reduction, clip_norm=clip_norm)
    for p in trainer.model.parameters():
        p.grad = tt.ones_like(p)  # of an earlier step
    trainer.update(as_batches(batches))
    others = [name for name, figure in trainer.row.items() if not isinstance(figure, float)]
    return {"weight": trainer.model.weight, "bias": trainer.model.bias, "row": trainer.row, "no floats": others}


def shared(weight, bias, batches, lr, clip_norm):
    """A step in which other processes double the gradients, and for how many samples they were asked to share."""
    told = []

    class Sharing(Trainer):
        def _share_gradients(self, size):
            told.append(size)
            for p in self.model.parameters():
                p.grad = p.grad * 2

    trainer = made(weight, bias, lr, kind=Sharing, clip_norm=clip_norm)
    trainer.update(as_batches(batches))
    return {
        "samples": told,
        "grad_norm": trainer.row["grad_norm"],
        "weight": trainer.model.weight,
        "bias": trainer.model.bias,
    }


def counted(weight, bias, batches):
    trainer = made(weight, bias, 0.1)
    for _ in range(3):
        trainer.update(as_batches(batches))
    return {"steps": trainer.steps, "batches": trainer.batch}


def rates(weight, bias, batches, schedule):
    model = linear(weight, bias)
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    scheduler = StepLR(optimizer, step_size=1, gamma=0.5)
    trainer = Trainer(model, squares("mean"), optimizer, scheduler=scheduler, schedule=schedule, progress=False)
    found = []
    for _ in range(3):
        trainer.update(as_batches(batches))
        found.append(optimizer.param_groups[0]["lr"])
    return found


def order_of_work(weight, bias, batches):  # noqa: ARG001 - one form for all
    """When it goes forward, and when backward."""
    seen = []

    class Listening(nn.Linear):
        def forward(self, x):
            seen.append("forward")
            y = super().forward(x)
            y.register_hook(lambda _: seen.append("backward"))
            return y

    model = Listening(weight.shape[1], weight.shape[0]).double()
    trainer = Trainer(model, squares("mean"), optim.SGD(model.parameters(), lr=0.1), progress=False)
    trainer.update(as_batches(batches))
    return seen


def observed(weight, bias, batches):
    def absolute(outputs, targets):
        return (outputs - targets).abs().mean().item()

    trainer = made(weight, bias, 0.1, metrics=[absolute])
    trainer.update(as_batches(batches))
    return trainer.metrics["absolute"].compute()


def refused(weight, bias, batches):
    made(weight, bias, 0.1).update(as_batches(batches))


def refused_triple(weight, bias, x):
    made(weight, bias, 0.1).update([(tt.tensor(x), tt.tensor(x), tt.tensor(x))])


# evaluation


def tower():
    inner = nn.Sequential(nn.Dropout(0.5), nn.Linear(2, 2))
    model = nn.Sequential(nn.Linear(2, 2), inner, nn.Dropout(0.5))
    inner.eval()  # frozen on purpose
    return model


def modes(error):
    model = tower()
    before = [module.training for module in model.modules()]
    inside = []
    with suppress(KeyError), evaluating(model):
        inside = [module.training for module in model.modules()]
        if error:
            raise KeyError
    return {"before": before, "inside": inside, "after": [module.training for module in model.modules()]}


def dice():
    """Random numbers after a look, and the same without one."""
    found = {}
    for name, looks in (("after a look", 1), ("without one", 0)):
        tt.manual_seed(5)
        tt.rand(3)
        for _ in range(looks):
            with evaluating(nn.Dropout(0.5)):
                tt.rand(4)
        found[name] = tt.rand(3).data
    return found


def difference(outputs, targets):
    return (outputs - targets).abs().mean().item()


def evaluated(weight, bias, batches, reduction="mean"):
    trainer = made(weight, bias, 0.1, reduction=reduction, metrics={"difference": difference})
    return trainer.evaluate(as_batches(batches))


def interrupted_look(weight, bias, batches, after):
    """Ctrl-C comes while it looks: at how many batches does it look, and who hears of it?"""

    class Asked:
        times = 0

        def check(self):
            self.times += 1
            if self.times > after:
                raise KeyboardInterrupt

    seen = []

    class Counting(Trainer):
        def step(self, batch):
            seen.append(len(batch[0]))
            return super().step(batch)

    trainer = made(weight, bias, 0.1, kind=Counting)
    trainer._interrupts = Asked()
    heard = False
    try:
        trainer.evaluate(as_batches(batches))
    except KeyboardInterrupt:
        heard = True
    return {"batches": len(seen), "the caller hears of it": heard}


def evaluated_with_dropout(weight, bias, batches):
    tt.manual_seed(0)
    model = nn.Sequential(linear(weight, bias), nn.Dropout(0.5))
    trainer = Trainer(model, squares("mean"), optim.SGD(model.parameters(), lr=0.1), progress=False)
    return trainer.evaluate(as_batches(batches))["loss"]


def untouched(weight, bias, batches):
    """The training's metrics before and after, the weights, and whether losses were recorded for gradients."""
    recorded = []

    def loss(outputs, targets):
        recorded.append(outputs.requires_grad)
        return F.mse_loss(outputs, targets)

    model = linear(weight, bias)
    trainer = Trainer(model, loss, optim.SGD(model.parameters(), lr=0.1), metrics=[difference], progress=False)
    (metric,) = trainer.metrics.values()
    batch = as_batches(batches)
    trainer.observe(model(batch[0][0]), batch[0][1])
    before = metric.counts.copy()
    trainer.evaluate(batch)
    after = metric.counts.copy()
    trainer.observe(model(batch[0][0]), batch[0][1])
    return {
        "counts before": before,
        "counts after": after,
        "counts with one batch more": metric.counts,
        "weight": model.weight,
        "recorded": recorded,
    }


def evaluated_twice(weight, bias, batches):
    trainer = made(weight, bias, 0.1, metrics={"difference": difference})
    trainer.observe(tt.zeros(50, 2).double(), tt.ones(50, 2).double())  # what training has seen before
    return {name: trainer.evaluate(as_batches(batches)) for name in ("first", "second")}


# the loop


class Diary(Callback):
    """Writes down what is called, and stops when it is told to."""

    def __init__(self, stop_after=None, event="batch_end"):
        self.lines, self.stop_after, self.event = [], stop_after, event

    def note(self, trainer, event):
        self.lines.append(event)
        if event == self.event and self.stop_after and self.lines.count(event) == self.stop_after:
            trainer.stop("enough")

    def on_fit_start(self, trainer):
        self.note(trainer, "fit_start")

    def on_epoch_start(self, trainer):
        self.note(trainer, "epoch_start")

    def on_batch_end(self, trainer):
        self.note(trainer, "batch_end")

    def on_validation_start(self, trainer):
        self.note(trainer, "validation_start")

    def on_validation_end(self, trainer):
        self.note(trainer, "validation_end")

    def on_epoch_end(self, trainer):
        self.note(trainer, "epoch_end")

    def on_fit_end(self, trainer):
        self.note(trainer, "fit_end")


def fitted(weight, bias, batches, lr, epochs, accumulate):
    trainer = made(weight, bias, lr, accumulate=accumulate)
    history = trainer.fit(as_batches(batches), epochs=epochs)
    return {
        "weight": trainer.model.weight,
        "losses": history["loss"],
        "steps": trainer.steps,
        "epochs": trainer.epoch,
    }


def validated(weight, bias, batches, lr, validation):
    trainer = made(weight, bias, lr)
    history = trainer.fit(as_batches(batches), as_batches(validation), epochs=2)
    return {"val_loss": history["val_loss"], "weight": trainer.model.weight}


def events(weight, bias, batches, epochs):
    diary = Diary()
    trainer = made(weight, bias, 0.01, callbacks=[diary])
    trainer.fit(as_batches(batches), as_batches(batches), epochs=epochs)
    return diary.lines


def stopped(weight, bias, batches, event):
    diary = Diary(stop_after=2, event=event)
    trainer = made(weight, bias, 0.01, callbacks=[diary])
    history = trainer.fit(as_batches(batches), epochs=5)
    return {"steps": trainer.steps, "epochs": len(history), "last moment": diary.lines[-1]}


def continued(weight, bias, batches):
    trainer = made(weight, bias, 0.01)
    first = len(trainer.fit(as_batches(batches), epochs=1))
    history = trainer.fit(as_batches(batches), epochs=2)
    return {"epochs at first": first, "epochs at last": history["epoch"], "goal": trainer.goal}


def fit_without_batches(weight, bias):
    made(weight, bias, 0.1).fit([])


# stopping and keeping


@dataclass
class Told:
    """What a callback sees of a trainer."""

    model: nn.Module | None = None
    average: nn.Module | None = None
    epoch: int = 0
    history: History = field(default_factory=History)
    reasons: list[str] = field(default_factory=list)

    def stop(self, reason):
        self.reasons.append(reason)

    def judged(self):
        return self.average or self.model

    def end_epoch(self, callback, figures):
        self.epoch += 1
        self.history.rows.append(figures)
        callback.on_epoch_end(self)


def better(mode, pairs):
    watch = Watch("figure", mode)
    return [bool(watch.better(value, than)) for value, than in pairs]


def stops(values, patience, min_delta, mode):
    """The epoch after which it wants to stop, the best figure until then, and for how long it has waited."""
    callback, trainer = EarlyStopping("f", patience=patience, min_delta=min_delta, mode=mode), Told()
    for value in values:
        trainer.end_epoch(callback, {"f": value})
        if trainer.reasons:
            break
    stopped = trainer.epoch if trainer.reasons else None
    return {"stops after epoch": stopped, "best": float(callback.best), "waited": callback.waited}


def kept(values, mode, averaged):
    model, average = nn.Linear(1, 1), nn.Linear(1, 1)
    trainer, callback = Told(model, average if averaged else None), BestModel("f", mode=mode)
    for i, value in enumerate(values):
        with tt.no_grad():
            model.weight.fill_(i + 1)
            average.weight.fill_(-(i + 1))
        trainer.end_epoch(callback, {"f": value})
    callback.restore(model)
    return {"weight": model.weight.item(), "epoch": callback.epoch, "best": float(callback.best)}


def restored_too_early():
    BestModel("f").restore(nn.Linear(1, 1))


# checkpoints


def write_checkpoint(root, serial, metric, mode="max", whole=True):
    path = root / folders.name_of(serial, 10 * serial)
    path.mkdir()
    (path / ARRAYS).write_bytes(b"12345678" if whole else b"1234")
    settings = {"serial": serial, "step": 10 * serial, "metric": metric, "mode": mode}
    write_manifest(Manifest(size=8, sha256="", parts={}, **settings), path)
    return path


def ranked(metrics, mode):
    """The serial numbers of checkpoints, given by their metrics from the oldest on, the best first."""
    with TemporaryDirectory() as name:
        paths = [write_checkpoint(Path(name), i, metric, mode) for i, metric in enumerate(metrics, start=1)]
        return [
            folders.numbers_in(path)[0] for path in folders.by_metric((p, read_manifest(p)) for p in reversed(paths))
        ]


def pruned(metrics, keep, mode, damaged):
    with TemporaryDirectory() as name:
        for i, metric in enumerate(metrics, start=1):
            write_checkpoint(Path(name), i, metric, mode, whole=i not in damaged)
        folders.prune(Path(name), keep)
        return sorted(folders.numbers_in(path)[0] for path in Path(name).iterdir())


def packed(step, values=(1.0, 2.0)):
    packer = Packer()
    parts = {"model": packer.pack({"weight": np.asarray(values)}, "model")}
    return packer, {"step": step, "metric": 0.5, "mode": "max", "parts": parts}


def committed(steps, there, values):
    """The names after so many checkpoints, what is in the last one, and its manifest."""
    with TemporaryDirectory() as name:
        root = Path(name)
        for other in there:
            (root / other).mkdir()
        paths = [saving._commit(root, *packed(step, values)) for step in steps]
        manifest = read_manifest(paths[-1])
        content = (paths[-1] / ARRAYS).read_bytes()
        return {
            "returned": [path.name for path in paths],
            "there": sorted(path.name for path in root.iterdir()),
            "files": sorted(path.name for path in paths[-1].iterdir()),
            "serial": manifest.serial,
            "step": manifest.step,
            "metric": manifest.metric,
            "size": manifest.size,
            "sha256": manifest.sha256,
            "content": np.frombuffer(content, np.uint8),
        }


def while_replaced(names, replacement, action):
    """Do something with other functions in place of some of `tt_train.checkpoint.saving`."""
    before = {name: getattr(saving, name) for name in names}
    for name in names:
        setattr(saving, name, replacement(name, before[name]))
    try:
        return action()
    finally:
        for name, function in before.items():
            setattr(saving, name, function)


def order_of_commit():
    """In which order things were written and brought to the disk, and whether the checkpoint had its name then."""
    lines = []
    with TemporaryDirectory() as name:
        root = Path(name)

        def told(name, function):
            def call(*arguments, **more):
                there = any(not path.name.startswith(".") for path in root.iterdir())
                last = arguments[-1] if isinstance(arguments[-1], Path) else arguments[1]
                what = "root" if last == root else "hidden" if last.parent == root else last.name
                lines.append([name, what, there])
                return function(*arguments, **more)

            return call

        names = ["write_arrays", "write_manifest", "flush_file", "flush_folder"]
        while_replaced(names, told, lambda: saving._commit(root, *packed(1)))
    return lines


def failed_commit(function):
    """The names in the folder after one good checkpoint and one whose writing failed, and the error."""
    with TemporaryDirectory() as name:
        root = Path(name)
        saving._commit(root, *packed(1))

        def fail(_, __):
            def call(*_, **__):
                raise OSError("the disk is full")

            return call

        error = ""
        try:
            while_replaced([function], fail, lambda: saving._commit(root, *packed(2)))
        except OSError as found:
            error = str(found)
        return {"there": sorted(path.name for path in root.iterdir()), "error": error}


class Part:
    """Something with a state, which may refuse one."""

    def __init__(self, name, log, refuses=False):
        self.name, self.log, self.refuses, self.state = name, log, refuses, {"value": [0]}

    def state_dict(self):
        return self.state

    def load_state_dict(self, state):
        self.log.append(f"{self.name} {state['value'][0]}")
        if self.refuses and state["value"][0]:
            self.state["value"][0] = -1  # half loaded
            raise ValueError("not mine")
        self.state["value"][0] = state["value"][0]


def loaded(refuses):
    log = []
    model = nn.Linear(1, 1, bias=False)
    with tt.no_grad():
        model.weight.fill_(0)
    parts = {"model": model, "first": Part("first", log), "second": Part("second", log, refuses=refuses)}
    states = {"model": {"weight": tt.ones(1, 1)}, "first": {"value": [7]}, "second": {"value": [8]}}
    error = ""
    try:
        loading._load_all(Path("run"), parts, states)
    except OSError as found:
        error = str(found)
    values = [parts[name].state["value"][0] for name in ("first", "second")]
    return {"log": log, "values": values, "weight": model.weight.item(), "error": error}


def modules_last():
    log = []

    class Listening(nn.Linear):
        def load_state_dict(self, *arguments, **more):
            log.append("model")
            return super().load_state_dict(*arguments, **more)

    parts = {"model": Listening(1, 1), "optimizer": Part("optimizer", log), "trainer": Part("trainer", log)}
    states = {"model": dict(nn.Linear(1, 1).state_dict()), "optimizer": {"value": [1]}, "trainer": {"value": [2]}}
    loading._load_all(Path("run"), parts, states)
    return log


class TwoRanks:
    """Two processes that say the same."""

    rank, size = 0, 2

    def gather(self, value):
        return [value, value]


def parts(scheduled):
    model = nn.Linear(1, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = StepLR(optimizer, 1) if scheduled else None
    trainer = Trainer(model, nn.MSELoss(), optimizer, scheduler=scheduler, communicator=TwoRanks(), progress=False)
    found = trainer.parts()
    own = {"model": model, "optimizer": optimizer, "trainer": trainer, "scheduler": scheduler}
    return {
        "names": sorted(found),
        "the run's own": {name: found.get(name) is part for name, part in own.items()},
        "random": type(found["random"]).__name__,
        "ranks with random numbers": len(found["random"].state_dict()["ranks"]),
    }


def run_of(x, y, root, seed, drop):
    tt.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Dropout(drop), nn.Linear(8, 1)).double()
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    loader = DataLoader(TensorDataset(tt.tensor(x), tt.tensor(y)), 4, shuffle=True, generator=tt.Generator(3))
    return Trainer(model, nn.MSELoss(), optimizer, folder=root, progress=False), loader


def interrupted(x, y, drop):
    """The losses of six epochs in one go, and of the same six with a new process's objects after the third."""
    found = []
    for plan in ([6], [3, 6]):
        with TemporaryDirectory() as name:
            for place, epochs in enumerate(plan):
                trainer, loader = run_of(x, y, name, seed=1 + 10 * place, drop=drop)
                history = trainer.fit(loader, epochs=epochs)
            found.append([history["loss"], trainer.model[0].weight.data.copy()])
    return found


# memory

OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.1),
    "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "Adam": optim.Adam,
}


def memory(samples, optimizer, sizes):
    inputs, hidden, outputs = sizes
    model = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs))
    batch = (tt.randn(samples, inputs), tt.zeros(samples, dtype=tt.int64))
    found = footprint(model, F.cross_entropy, OPTIMIZERS[optimizer](model.parameters()), batch)
    return {**dict(found.parts()), "peak": found.peak, "samples": found.samples}


def buffers(channels):
    model = nn.Sequential(nn.Linear(3, channels), BatchNorm1d(channels))
    batch = (tt.randn(4, 3), tt.randn(4, channels))
    return footprint(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1), batch).buffers


class Numeric:
    """Momentum that is kept in NumPy's arrays, which no tensor holds."""

    def __init__(self, parameters, at_step=None):
        self.parameters, self.at_step, self.state = list(parameters), at_step, {}

    def step(self):
        if self.at_step is not None:
            self.at_step()
        for i, p in enumerate(self.parameters):
            self.state[i] = 0.9 * self.state.get(i, 0) + p.grad.data
            p.data[...] -= 0.1 * self.state[i]

    def state_dict(self):
        return {"state": self.state}

    def load_state_dict(self, state):
        self.state = state["state"]


def memory_of_numeric_optimizer(inputs, outputs):
    model = nn.Linear(inputs, outputs)
    batch = (tt.randn(2, inputs), tt.randn(2, outputs))
    return footprint(model, nn.MSELoss(), Numeric(model.parameters()), batch).optimizer


def memory_of_early_gradients(inputs, outputs):
    """The gradients' bytes where the loss of a batch has gone backward with a part of itself already."""
    model = nn.Linear(inputs, outputs)
    batch = (tt.randn(2, inputs), tt.randn(2, outputs))

    def step(batch):
        model.bias.sum().backward()
        return F.mse_loss(batch[0] @ model.weight.T, batch[1])

    return footprint(model, None, optim.SGD(model.parameters(), lr=0.1), batch, step=step).gradients


def loss_in_step():
    """Whether anybody still holds the loss while the optimizer steps."""
    model, losses, held = nn.Linear(3, 2), [], []
    batch = (tt.randn(2, 3), tt.randn(2, 2))

    def step(batch):
        loss = F.mse_loss(model(batch[0]), batch[1])
        losses.append(weakref.ref(loss))
        return loss

    optimizer = Numeric(model.parameters(), at_step=lambda: held.append(losses[-1]() is not None))
    footprint(model, None, optimizer, batch, step=step)
    return held


def memory_of_warm_optimizer():
    """The parts of a step that is not the first: what the optimizer kept from before is there all the time."""
    model = nn.Sequential(*[layer for _ in range(8) for layer in (nn.Linear(32, 32), nn.ReLU())])
    batch = (tt.randn(64, 32), tt.randn(64, 32))
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    F.mse_loss(model(batch[0]), batch[1]).backward()
    optimizer.step()
    found = footprint(model, nn.MSELoss(), optimizer, batch)
    return {**dict(found.parts()), "peak": found.peak}
