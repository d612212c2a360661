"""Checkpoints that were damaged in more than a hundred ways: none is ever loaded wrongly."""

import hashlib
import json
import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tt_core as tt
from tt_core import nn
from tt_train.checkpoint import CheckpointError, load_checkpoint, save_checkpoint, save_safetensors

FILES = ("arrays.safetensors", "state.json")


class Optimizer:
    """A part that takes everything, as a careless one would."""

    def __init__(self, scale: float = 0.0) -> None:
        self.state: Any = {"lr": scale, "state": {0: {"step": int(scale), "exp_avg": np.full((3, 2), scale)}}}

    def state_dict(self) -> Any:
        return self.state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.state = state


def parts(scale: float) -> dict[str, Any]:
    model = nn.Linear(2, 3)
    with tt.no_grad():
        model.weight.fill_(scale)
        model.bias.fill_(-scale)
    return {"model": model, "optimizer": Optimizer(scale)}


def values(each: Mapping[str, Any]) -> str:
    return repr({name: part.state_dict() for name, part in each.items()})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the checkpoints of steps 1 and 2."""
    folder = tmp_path_factory.mktemp("run")
    for step in (1, 2):
        save_checkpoint(folder, parts(step), step=step, metric=step)
    return folder


@pytest.fixture
def folder(run: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(run, tmp_path / "run"))


def newest(folder: Path) -> Path:
    return folder / "000002-step-2"


def flips(draw: random.Random) -> Iterator[tuple[str, Callable[[bytearray], Any]]]:
    for _ in range(45):
        place, bit = draw.random(), draw.randrange(8)

        def flip(data: bytearray, place: float = place, bit: int = bit) -> None:
            data[int(place * len(data))] ^= 1 << bit

        yield f"bit {bit} at {place:.3f}", flip


def cuts(draw: random.Random) -> Iterator[tuple[str, Callable[[bytearray], Any]]]:
    for end in [0, 1, 8, -1, *(draw.random() for _ in range(14))]:

        def cut(data: bytearray, end: float = end) -> None:
            del data[end if isinstance(end, int) else int(end * len(data)) :]

        yield f"cut at {end:.3f}", cut


def others(draw: random.Random) -> Iterator[tuple[str, Callable[[bytearray], Any]]]:
    def put(content: bytes) -> Callable[[bytearray], None]:
        def replace(data: bytearray) -> None:
            data[:] = content

        return replace

    yield "longer", lambda data: data.append(0)
    yield "begins later", lambda data: data.insert(0, 32)
    yield "twice", lambda data: data.extend(data)
    yield "zeros", lambda data: data.__setitem__(slice(None), bytes(len(data)))
    yield "a page of zeros", lambda data: data.__setitem__(slice(200, None), bytes(len(data) - 200))
    yield "noise", put(draw.randbytes(1000))
    yield "an object", put(b"{}")
    yield "a list", put(b"[" * 100_000)
    yield "a pickle", put(b"\x80\x04K*.")


def damages() -> Iterator[Any]:
    draw = random.Random(8)
    for name in FILES:
        for kind in (flips, cuts, others):
            yield from (pytest.param(name, damage, id=f"{name}: {what}") for what, damage in kind(draw))


def test_there_are_more_than_a_hundred() -> None:
    assert len(list(damages())) > 140


@pytest.mark.parametrize("name,damage", list(damages()))
def test_damaged_files_are_noticed_and_the_checkpoint_before_is_used(
    folder: Path, name: str, damage: Callable[[bytearray], Any]
) -> None:
    file = newest(folder) / name
    data = bytearray(file.read_bytes())
    damage(data)
    assert data != file.read_bytes()
    file.write_bytes(data)
    loaded = parts(9)
    with pytest.warns(UserWarning, match=rf"{newest(folder)}/{name}: it .*: 000001-step-1 is tried instead"):
        found = load_checkpoint(folder, loaded)
    assert found
    assert found.step == 1
    assert values(loaded) == values(parts(1))

    shutil.rmtree(folder / "000001-step-1")
    loaded = parts(9)
    with pytest.raises(CheckpointError, match=f"expected a checkpoint that can be used; got 1 that cannot: .*{name}"):
        load_checkpoint(folder, loaded)
    assert values(loaded) == values(parts(9))


def swap(a: Path, b: Path) -> None:
    aside = a.with_name("aside")
    a.rename(aside)
    b.rename(a)
    aside.rename(b)


def link(path: Path) -> None:
    real = path.rename(path.with_name("real"))
    path.symlink_to(real)


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "damage,match",
    [
        (lambda new: (new / FILES[0]).unlink(), "No such file"),
        (lambda new: (new / FILES[1]).unlink(), "No such file"),
        (lambda new: link(new / FILES[0]), "symbolic link"),
        (lambda new: link(new / FILES[1]), "symbolic link"),
        (lambda new: folder_instead(new / FILES[0]), "no ordinary file"),
        (lambda new: folder_instead(new / FILES[1]), "no ordinary file"),
        (lambda new: new.rename(new.with_name("000003-step-2")), "in it is checkpoint 000002-step-2"),
        (lambda new: new.rename(new.with_name("000002-step-5")), "in it is checkpoint 000002-step-2"),
        (lambda new: (shutil.rmtree(new), new.write_text("")), "Not a directory"),
        (lambda new: (shutil.rmtree(new), new.symlink_to("nowhere")), "No such file"),
    ],
)
def test_missing_and_misplaced_files_are_noticed(folder: Path, damage: Callable[[Path], Any], match: str) -> None:
    damage(newest(folder))
    loaded = parts(9)
    with pytest.warns(UserWarning, match=match):
        found = load_checkpoint(folder, loaded)
    assert found
    assert found.step == 1
    assert values(loaded) == values(parts(1))


@pytest.mark.parametrize("names", [FILES[:1], FILES[1:], FILES])
def test_exchanged_files_are_noticed_both_ways(folder: Path, names: tuple[str, ...]) -> None:
    for name in names:
        swap(folder / "000001-step-1" / name, newest(folder) / name)
    loaded = parts(9)
    with (
        pytest.warns(UserWarning, match="exchanged|in it is checkpoint 000001-step-1"),
        pytest.raises(CheckpointError, match=r"got 2 that cannot: .*000002-step-2.*; .*000001-step-1"),
    ):
        load_checkpoint(folder, loaded)
    assert values(loaded) == values(parts(9))


def test_the_best_is_found_without_the_damaged_ones(folder: Path) -> None:
    save_checkpoint(folder, parts(3), step=3, metric=0)
    (newest(folder) / FILES[1]).write_text("{}")
    loaded = parts(9)
    with pytest.warns(UserWarning, match="000002-step-2.*whether it is the best is not known"):
        found = load_checkpoint(folder, loaded, which="best")
    assert found
    assert found.step == 1


@pytest.mark.parametrize("name", FILES)
def test_damaged_ones_do_not_count_among_those_that_are_kept(folder: Path, name: str) -> None:
    (newest(folder) / name).write_bytes(b"")
    save_checkpoint(folder, parts(3), step=3, metric=0, keep=2)
    assert sorted(path.name for path in folder.glob("0*")) == ["000001-step-1", "000002-step-2", "000003-step-3"]
    save_checkpoint(folder, parts(4), step=4, metric=9, keep=2)
    assert sorted(path.name for path in folder.glob("0*")) == ["000003-step-3", "000004-step-4"]


# Files that somebody has made on purpose, digests and all


def forge(folder: Path, change: Callable[[dict[str, Any]], Any], arrays: dict[str, Any] | None = None) -> None:
    """Change what the newest checkpoint says, and seal it again."""
    if arrays is not None:
        save_safetensors(arrays, newest(folder) / FILES[0])
    path = newest(folder) / FILES[1]
    content = json.loads(path.read_text())
    seal = next(iter(content))
    del content[seal]
    data = (newest(folder) / FILES[0]).read_bytes()
    content |= {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    change(content)
    write(path, json.dumps(content)[1:].encode(), seal)


def write(path: Path, rest: bytes, seal: str = "sha256 of what follows") -> None:
    path.write_bytes(f'{{"{seal}": "{hashlib.sha256(rest).hexdigest()}",\n'.encode() + rest)


def set_in(*path: Any) -> Callable[[dict[str, Any]], None]:
    *keys, last, value = path

    def change(content: Any) -> None:
        for key in keys:
            content = content[key]
        content[last] = value

    return change


FORGED: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "nothing changed": (lambda content: None, ""),
    "another format": (set_in("format", "other"), "expected format 'tinytorch-checkpoint', version 1; got 'other' 1"),
    "a newer version": (set_in("version", 2), "got 'tinytorch-checkpoint' 2: update tt-train"),
    "no format": (lambda content: content.pop("format"), "got None 1"),
    "no parts": (lambda content: content.pop("parts"), "'parts'"),
    "parts are a list": (set_in("parts", []), "expected whole numbers, a mode and parts"),
    "nan as step": (set_in("step", float("nan")), "NaN is not JSON"),
    "a fraction as step": (set_in("step", 2.0), "expected whole numbers"),
    "a negative size": (set_in("size", -1), "expected whole numbers"),
    "a word as metric": (set_in("metric", "good"), "could not convert"),
    "a list as metric": (set_in("metric", []), "float"),
    "a mode of its own": (set_in("mode", "most"), "a mode"),
    "another digest": (set_in("sha256", "0" * 64), "cut off, altered or exchanged"),
    "a part is missing": (
        lambda content: content["parts"].pop("optimizer"),
        "expected the parts model, optimizer; got model",
    ),
    "an array is missing": (set_in("parts", "model", "weight", {"!tensor": "model.other"}), "expected !tensor"),
    "a path as a name": (set_in("parts", "model", "weight", {"!tensor": "../../x"}), "expected !tensor"),
    "an unknown mark": (set_in("parts", "optimizer", "lr", {"!eval": "1"}), "expected !eval"),
    "weights are text": (set_in("parts", "model", "weight", "text"), r"weight: float32\[3, 2\], got str"),
    "the model is a number": (set_in("parts", "model", 3), "expected a state by names; got int"),
    "the model is text": (set_in("parts", "model", "abc"), "expected a state by names; got str"),
    "the model is None": (set_in("parts", "model", None), "expected a state by names; got NoneType"),
    "a weight is missing": (lambda content: content["parts"]["model"].pop("bias"), r"bias: float32\[3\], got none"),
    "a weight is new": (set_in("parts", "model", "extra", 1), "extra: none, got int"),
    "weights exchanged": (
        set_in("parts", "model", "weight", {"!tensor": "model.bias"}),
        r"weight: float32\[3, 2\], got float32\[3\]",
    ),
}


@pytest.mark.parametrize("change,match", FORGED.values(), ids=FORGED)
def test_forged_states_are_refused(folder: Path, change: Callable[[dict[str, Any]], Any], match: str) -> None:
    forge(folder, change)
    loaded = parts(9)
    if not match:  # the forgery itself is sound
        assert getattr(load_checkpoint(folder, loaded), "step", None) == 2
        return
    with pytest.warns(UserWarning, match=match):
        found = load_checkpoint(folder, loaded)
    assert getattr(found, "step", None) == 1
    assert values(loaded) == values(parts(1))


@pytest.mark.parametrize(
    "rest",
    [b"[" * 100_000, b'"a": ' * 3, b'"a": ' + b'{"a":' * 90_000, b"\xff", b'"step": 1' + b"0" * 9999 + b"}"],
    ids=range(5),
)
def test_sealed_nonsense_is_refused(folder: Path, rest: bytes) -> None:
    write(newest(folder) / FILES[1], rest)
    with pytest.warns(UserWarning, match="it is no checkpoint's"):
        found = load_checkpoint(folder, parts(9))
    assert getattr(found, "step", None) == 1


def test_endless_states_are_not_read(folder: Path) -> None:
    with (newest(folder) / FILES[1]).open("wb") as file:
        file.truncate(2**40)  # of which the disk holds nothing
    with pytest.warns(UserWarning, match="too large to be ours"):
        load_checkpoint(folder, parts(9))


@pytest.mark.parametrize(
    "weight,match",
    [
        (tt.zeros(3, 2, dtype="float64"), r"expected weight: float32\[3, 2\], got float64\[3, 2\]"),
        (tt.zeros(2, 3), r"expected weight: float32\[3, 2\], got float32\[2, 3\]"),
        (np.zeros((3, 2), np.uint32), "expected !tensor with what belongs to it"),
    ],
)
def test_weights_of_another_form_are_refused(folder: Path, weight: Any, match: str) -> None:
    arrays = {"model.weight": weight, "model.bias": tt.zeros(3), "optimizer.state.0.exp_avg": np.zeros((3, 2))}
    forge(folder, lambda content: None, arrays)
    loaded = parts(9)
    with pytest.warns(UserWarning, match=match):
        load_checkpoint(folder, loaded)
    assert values(loaded) == values(parts(1))


# Checkpoints of something else


def test_a_checkpoint_of_another_model_is_refused_with_all_that_differs(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, {"model": nn.Sequential(*(nn.Linear(2, 2) for _ in range(4)))}, step=1)
    with pytest.raises(CheckpointError, match=r"model is another module's: expected weight: .* and 7 more"):
        load_checkpoint(tmp_path, {"model": nn.Linear(2, 2)})


class Stubborn(Optimizer):
    """A part that notices too late that a state is not its own."""

    error: Exception = KeyError("momentum")

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.state = state
        if state["lr"] == 2:
            raise self.error


@pytest.mark.parametrize(
    "error", [KeyError("a"), TypeError("a"), ValueError("a"), AttributeError("a"), tt.StateError("a")]
)
@pytest.mark.parametrize("order", [["model", "optimizer", "other"], ["optimizer", "other", "model"]])
def test_a_part_that_refuses_leaves_all_others_as_they_were(tmp_path: Path, error: Exception, order: list[str]) -> None:
    def three(scale: float) -> dict[str, Any]:
        stubborn = Stubborn(scale)
        stubborn.error = error
        found = {**parts(scale), "other": stubborn}
        return {name: found[name] for name in order}

    save_checkpoint(tmp_path, three(2), step=2)
    loaded = three(9)
    with pytest.raises(CheckpointError, match="other does not take the state that was saved"):
        load_checkpoint(tmp_path, loaded)
    assert values(loaded) == values(three(9))


def test_mistakes_of_another_kind_are_not_hidden(tmp_path: Path) -> None:
    part = Stubborn(2)
    part.error = ZeroDivisionError()
    save_checkpoint(tmp_path, {"part": part}, step=1)
    with pytest.raises(ZeroDivisionError):
        load_checkpoint(tmp_path, {"part": part})
