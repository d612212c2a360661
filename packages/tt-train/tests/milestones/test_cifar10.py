"""The recipe's parts, and a run on made-up images with a budget of moments."""

import itertools

import numpy as np
import pytest

import tt_core as tt
from tt_core.milestones import Settings
from tt_train import datasets
from tt_train import functional as F
from tt_train.milestones import cifar10, practice

pytestmark = pytest.mark.long


def images(n: int = 200) -> tt.Tensor:
    return datasets.synthetic_images(n, generator=tt.Generator(0)).fetch(np.arange(n))[0].float() / 255


def network(widths: tuple[int, ...] = (8, 16, 16)) -> cifar10.Network:
    return cifar10.Network(images(), tt.Generator(0), widths)


def test_whitened_patches_are_uncorrelated_and_of_one_scale() -> None:
    x = tt.randn(300, 3, 16, 16, generator=tt.Generator(0))
    x = x + x.roll(1, 3)  # neighbours that have to do with each other
    filters = cifar10.whitening(x, 2)
    patches = F.conv2d(x, filters, stride=3)[:, : len(filters) // 2].permute(1, 0, 2, 3).reshape(12, -1).data
    np.testing.assert_allclose(patches @ patches.T / patches.shape[1], np.eye(12), atol=0.05)
    np.testing.assert_array_equal(filters.data[12:], -filters.data[:12])


def test_the_first_filter_is_the_commonest_direction() -> None:
    x = tt.randn(50, 1, 12, 12, generator=tt.Generator(0)) + 3 * tt.randn(50, 1, 1, 1, generator=tt.Generator(1))
    first = cifar10.whitening(x, 2).data[0].ravel()
    assert np.ptp(np.abs(first)) < 0.1 * np.abs(first).max(), "brightness varies most, so it comes first"


@pytest.mark.parametrize("inputs,outputs", [(3, 5), (5, 3), (4, 4)])
def test_the_identity_passes_channels_on(inputs: int, outputs: int) -> None:
    weight = tt.randn(outputs, inputs, 3, 3)
    cifar10.identity_(weight)
    x = tt.randn(2, inputs, 6, 6)
    n = min(inputs, outputs)
    np.testing.assert_array_equal(F.conv2d(x, weight, padding=1).data[:, :n], x.data[:, :n])


def test_the_rate_is_a_triangle() -> None:
    shares = np.linspace(0, 1, 101)
    rates = [cifar10.rate(share) for share in shares]
    assert shares[int(np.argmax(rates))] == pytest.approx(cifar10.WARM_UP)
    assert rates[0] == pytest.approx(0.2)
    assert rates[-1] == pytest.approx(cifar10.rate(2.0)) == pytest.approx(0.07)
    assert np.all(np.diff(rates[:20]) > 0)
    assert np.all(np.diff(rates[21:]) < 0)


def test_what_is_fixed_is_not_trained_and_shifts_learn_faster() -> None:
    found = network()
    others, shifts = cifar10.optimizer_for(found).param_groups
    trained = {id(p) for group in (others, shifts) for p in group["params"]}
    assert {name for name, p in found.named_parameters() if id(p) not in trained} == {
        "whiten.weight",
        *(f"blocks.{i}.{k}.weight" for i in range(3) for k in (2, 5)),
    }
    assert len(shifts["params"]) == 6
    assert shifts["lr"] == 64 * others["lr"]


def test_a_few_steps_learn_and_the_seed_decides_them() -> None:
    def losses() -> list[float]:
        learn, _ = cifar10.loaders(*cifar10.images_of("synthetic", 3), 3)
        tt.manual_seed(0)
        return cifar10.train(network(), learn, lambda step: step / 4).losses

    first, second = losses(), losses()
    assert first == second
    assert len(first) == 4
    assert first[-1] < first[0]


def test_a_pace_of_time_ends_the_training() -> None:
    used = cifar10.within(1e-9)
    assert used(0) > 1


def test_scores_come_in_order_and_leave_the_network_learning() -> None:
    sets = cifar10.images_of("synthetic", 0)
    _, examine = cifar10.loaders(*sets, 0)
    net = network()
    scores, labels = practice.answers(net, examine)
    mirrored, _ = practice.answers(net, examine, cifar10.mirror)
    assert net.training
    np.testing.assert_array_equal(labels.data, sets[1].fetch(np.arange(len(labels)))[1].data)
    assert scores.shape == mirrored.shape == (len(labels), 10)
    assert not np.array_equal(scores.data, mirrored.data)
    assert practice.percentage(tt.eye(4), tt.tensor([0, 1, 2, 0])) == 75


def test_a_run_measures_and_draws() -> None:
    pytest.importorskip("matplotlib")
    reports = []
    result = cifar10.run(Settings(data="synthetic", budget=2.0), lambda *report: reports.append(report))
    assert [done for done, _, _ in reports] == sorted(done for done, _, _ in reports)
    measures = {measure.name: measure.value for measure in result.measures}
    assert measures["epochs"] > 0
    assert measures["time of training"] < 10 * 2.0
    assert len(result.pictures) == 4
    assert all(picture.data.startswith(b"<?xml") for picture in result.pictures)
    assert result.bar.limit == 75


def test_a_longer_budget_asks_for_more() -> None:
    goals = [next(goal for least, goal in cifar10.GOALS if budget >= least) for budget in (10, 600, 3600)]
    assert goals == [75, 75, 85]
    assert all(a[0] > b[0] for a, b in itertools.pairwise(cifar10.GOALS)), "the largest budget comes first"
