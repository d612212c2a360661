import re

import numpy as np
import pytest

import tt_core as tt
from tt_core.milestones import Result, Settings
from tt_train import datasets
from tt_train.data import TensorDataset
from tt_train.milestones import lenet
from tt_train.milestones.lenet import MILESTONE, LeNet, Task, centred, one_hidden_layer
from tt_train.milestones.practice import parameters

pytestmark = pytest.mark.long


def seeded(seed: int) -> tt.Generator:
    return tt.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def result() -> Result:
    reports: list[tuple[int, int, str]] = []
    result = MILESTONE.run(Settings(), lambda done, total, note="": reports.append((done, total, note)))
    assert [done for done, _, _ in reports] == list(range(1, reports[-1][1] + 1))
    assert reports[0][2].startswith("one hidden layer, epoch 1: loss ")
    assert reports[-1][2].startswith("LeNet, epoch 20: loss ")
    return result


def value(result: Result, name: str) -> float:
    (found,) = [measure.value for measure in result.measures if measure.name == name]
    return found


def test_lenet_reads_98_percent_of_new_digits_with_fewer_weights(result: Result) -> None:
    assert result.passed
    assert result.bar.limit == 98
    assert result.after.value > result.before.value
    assert value(result, "parameters of LeNet") < value(result, "parameters of one hidden layer")
    assert value(result, "images that neither learned from") == 355


def test_lenet_bears_a_shift_better(result: Result) -> None:
    for by in (2, 4):
        words = f"images moved by {by} pixels"
        assert value(result, f"LeNet, {words}") > value(result, f"one hidden layer, {words}")


def test_it_draws_six_pictures_that_explain_themselves(result: Result) -> None:
    assert len(result.pictures) == 6
    for picture in result.pictures:
        assert len(picture.caption) > 80
        assert len(picture.alt) > 40
        assert len(picture.data) < 200_000
        links = re.findall(rb'(?:href|src)="([^"]*)"', picture.data)
        assert all(link.startswith((b"#", b"data:image/png")) for link in links)


def test_the_sizes_are_those_of_1998() -> None:
    network = LeNet(seeded(0))
    assert parameters(network) == 61_706
    assert parameters(network.c1) == 156
    assert parameters(one_hidden_layer(seeded(0))) == 101_770
    shapes = [tuple(each.shape) for each in network.maps(tt.zeros(2, 1, 28, 28))]
    assert shapes == [(2, 6, 28, 28), (2, 6, 14, 14), (2, 16, 10, 10), (2, 16, 5, 5)]
    assert network(tt.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_c1_has_one_set_of_weights_for_all_places() -> None:
    image = tt.randn(1, 1, 28, 28, generator=seeded(0))
    network = LeNet(seeded(0))
    with tt.no_grad():
        here, there = (network.maps(x)[0].data for x in (image, tt.roll(image, (3, 2), (2, 3))))
    np.testing.assert_allclose(there[:, :, 6:-6, 6:-6], here[:, :, 3:-9, 4:-8], rtol=1e-4, atol=1e-5)


def test_digits_are_enlarged_and_centred() -> None:
    images = datasets.digits("test").features
    found = centred(images)
    assert found.shape == (355, 1, 28, 28)
    assert found.dtype == tt.uint8
    assert int(found.amax().item()) == 255
    for margin in (found[:, :, :4], found[:, :, -4:], found[..., :4], found[..., -4:]):
        assert int(margin.amax().item()) == 0
    mean_of_pixels = images.data.mean((1, 2, 3)) / 16
    np.testing.assert_allclose(found.data[:, :, 4:24, 4:24].mean((1, 2, 3)) / 255, mean_of_pixels, atol=0.03)


def test_the_same_seed_gives_the_same_network() -> None:
    found = datasets.digits("test")
    some = TensorDataset(centred(found.features)[:128], found.labels[:128])
    task = Task(some, some, epochs=1, goal=98, remark="", shift=2)
    first, second, other = (lenet.teach(LeNet(seeded(s)), task, s, lambda _: None) for s in (3, 3, 4))
    assert first.losses == second.losses != other.losses
    for a, b in zip(first.network.parameters(), second.network.parameters(), strict=True):
        assert tt.equal(a, b)


def test_mnist_has_its_own_bar_and_is_not_moved_while_learning(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)

    def small(split: str) -> TensorDataset:
        n = {"train": 64, "test": 2100}[split]
        labels = rng.integers(0, 10, n)
        images = np.zeros((n, 1, 28, 28), np.uint8)
        images[np.arange(n), 0, 4 + 2 * labels, 8:20] = 255  # a bar, whose height is the digit
        return TensorDataset(tt.tensor(images), tt.tensor(labels))

    monkeypatch.setattr(datasets, "mnist", small)
    task = lenet.mnist()
    assert (task.goal, task.epochs, task.shift) == (98.9, 3, 0)
    assert len(task.some.dataset) == 2000
    result = MILESTONE.run(Settings(data="mnist"), lambda done, total, note="": None)
    assert result.bar.limit == 98.9
    assert lenet.AS_THEY_ARE in result.remarks
    assert value(result, "images that neither learned from") == 2100


def test_the_milestone_says_what_it_is() -> None:
    assert (MILESTONE.name, MILESTONE.year) == ("lenet", 1998)
    assert MILESTONE.data == ("digits", "mnist")
    assert MILESTONE.data == tuple(lenet.TASKS)
    assert not MILESTONE.extended
    assert "09" in MILESTONE.requires
    assert "10" not in MILESTONE.requires
    assert any("LeCun" in source.text for source in MILESTONE.sources)


def test_a_rehearsal_takes_a_step_of_a_few_digits_and_counts_all_of_the_run() -> None:
    found = lenet.rehearse(Settings())
    learn = len(lenet.digits().learn)
    assert found.seconds > 0
    assert found.done == lenet.REHEARSED
    assert found.total == 20 * learn
    assert found.whole == pytest.approx(found.seconds * found.total / found.done)
