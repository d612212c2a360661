import math
import re
from dataclasses import replace

import numpy as np
import pytest

import tt_core as tt
from tt_core.milestones import Result, Settings
from tt_train import datasets, nn
from tt_train.milestones import alexnet as module
from tt_train.milestones.alexnet import MILESTONE, VARIANTS, Run, Task, alexnet, as_in_2012, first_slope, teach
from tt_train.milestones.practice import Training, parameters

pytestmark = pytest.mark.long


def seeded(seed: int) -> tt.Generator:
    return tt.Generator().manual_seed(seed)


def small(seed: int) -> Task:
    learn, examine = (datasets.synthetic_images(n, noise=0.2, generator=seeded(seed)) for n in (128, 100))
    return replace(module.synthetic(seed), learn=learn, examine=examine, epochs=4, every=2)


@pytest.fixture(scope="module")
def result() -> Result:
    reports: list[tuple[int, int, str]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "TASKS", {"synthetic": small})
        result = MILESTONE.run(Settings(), lambda done, total, note="": reports.append((done, total, note)))
    assert [done for done, _, _ in reports] == list(range(1, 3 * 4 * 2 + 1))
    assert {note.split(",")[0] for _, _, note in reports} == {each.name for each in VARIANTS}
    return result


def test_it_compares_three_networks_on_what_none_of_them_learned_from(result: Result) -> None:
    values = {measure.name: measure.value for measure in result.measures}
    assert values["steps of each network"] == 8
    assert values["pictures of the examination"] == 100
    assert values["parameters"] == parameters(alexnet(10, seeded(0)))
    for name in ("AlexNet", "without augmentation and dropout"):
        gap = values[f"{name}: accuracy for known pictures"] - values[f"{name}: for new ones"]
        assert values[f"{name}: the gap"] == pytest.approx(gap)
    assert result.before.name == "accuracy with tanh"
    assert values["AlexNet: for new ones"] == result.after.value


def test_relu_passes_half_of_the_gradient_and_tanh_little_with_pixels_as_in_2012(result: Result) -> None:
    values = {measure.name: measure.value for measure in result.measures}
    assert 40 < values["mean slope of the first layer at the start, relu"] < 60
    assert values["mean slope of the first layer at the start, tanh"] < 30


def test_it_draws_six_pictures_that_explain_themselves(result: Result) -> None:
    assert len(result.pictures) == 6
    for picture in result.pictures:
        assert len(picture.caption) > 80
        assert len(picture.alt) > 40
        assert len(picture.data) < 250_000
        links = re.findall(rb'(?:href|src)="([^"]*)"', picture.data)
        assert all(link.startswith((b"#", b"data:image/png")) for link in links)


def test_the_network_has_five_convolutions_three_linear_layers_and_pools_that_overlap() -> None:
    network = alexnet(10, seeded(0))
    kinds = [type(each).__name__ for each in network]
    assert (kinds.count("Conv2d"), kinds.count("Linear"), kinds.count("MaxPool2d")) == (5, 3, 3)
    assert kinds.count("ReLU") == 7
    assert kinds.count("Dropout") == 2
    assert all(each.kernel_size > each.stride for each in network if isinstance(each, nn.MaxPool2d))
    assert network(tt.zeros(2, 3, 32, 32)).shape == (2, 10)
    assert alexnet(7, seeded(0), width=48)(tt.zeros(1, 3, 32, 32)).shape == (1, 7)


def test_tanh_takes_the_place_of_every_relu() -> None:
    kinds = [type(each).__name__ for each in alexnet(10, seeded(0), nn.Tanh)]
    assert kinds.count("Tanh") == 7
    assert "ReLU" not in kinds


def test_the_first_layer_starts_as_in_2012() -> None:
    network = as_in_2012(alexnet(10, seeded(0)), seeded(1))
    assert network[0].weight.data.std() == pytest.approx(0.01, rel=0.1)
    assert not network[0].bias.data.any()


def test_pixels_keep_their_scale_and_lose_their_mean() -> None:
    task = small(0)
    images, _ = next(iter(task.still))
    learned = task.plain(task.learn.features).data
    np.testing.assert_allclose(learned.mean((0, 2, 3)), 0, atol=0.05)
    assert 100 < np.abs(images.data).max() < 255


def test_augmentation_moves_and_mirrors_but_adds_no_pixels() -> None:
    task = small(0)
    images = task.learn.features[:4]
    found = task.augmented(images, generator=seeded(0))
    assert found.shape == images.shape
    assert not np.array_equal(found.data, task.plain(images).data)
    for before, after in zip(task.plain(images).data, found.data, strict=True):
        assert set(np.unique(after.round(2))) <= set(np.unique(before.round(2)))


def test_the_slope_of_tanh_is_what_calculus_says() -> None:
    task = small(0)
    network = as_in_2012(alexnet(10, seeded(0), nn.Tanh), seeded(1))
    images, _ = next(iter(task.still))
    expected = 100 * (1 - np.tanh(network[0](images).detach().data) ** 2).mean()
    assert first_slope(network, task.still) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("number", [0, 2])
def test_the_same_seed_gives_the_same_network(number: int) -> None:
    task = replace(small(0), epochs=2)
    first, second, other = (teach(VARIANTS[number], task, seed, lambda _: None) for seed in (3, 3, 4))
    assert first.training.losses == second.training.losses != other.training.losses
    assert first.examined == second.examined


def test_a_loss_is_reached_when_its_mean_of_twenty_steps_is_below() -> None:
    network = nn.Sequential()
    run = Run(VARIANTS[0], network, Training(network, [2.0] * 30 + [0.0] * 10), 100.0, 50.0)
    assert run.steps_to(1.9) == 32
    assert run.steps_to(1.0) == math.inf


def test_cifar10_is_learned_by_a_wider_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "cifar10", lambda split: datasets.synthetic_images(20, generator=seeded(len(split))))
    task = module.cifar10(0)
    assert task.width == 2 * module.synthetic(0).width
    assert task.classes == tuple("0123456789")


def test_the_milestone_says_what_it_is() -> None:
    assert (MILESTONE.name, MILESTONE.year) == ("alexnet", 2012)
    assert MILESTONE.data == ("synthetic", "cifar10")
    assert MILESTONE.data == tuple(module.TASKS)
    assert not MILESTONE.extended
    assert any("Krizhevsky" in source.text for source in MILESTONE.sources)


def test_a_rehearsal_takes_a_step_of_a_picture_and_counts_all_of_the_run() -> None:
    found = module.rehearse(Settings())
    assert found.seconds > 0
    assert found.done == module.REHEARSED
    assert found.total == 3 * 48 * 500
