import numpy as np
import pytest

import tt_core as tt
from tt_train import nn
from tt_train.data import DataLoader, TensorDataset
from tt_train.milestones.practice import Steps, Training, accuracy, answers, mean_and_std, parameters, train
from tt_train.optim import SGD
from tt_train.optim.lr_scheduler import StepLR


def corners(n: int = 64) -> TensorDataset:
    """Images (N, 1, 2, 2) with one bright corner, whose number is the label."""
    labels = np.arange(n) % 4
    images = np.eye(4, dtype=np.float32)[labels].reshape(n, 1, 2, 2)
    return TensorDataset(tt.tensor(images), tt.tensor(labels))


def network(seed: int = 0) -> nn.Sequential:
    generator = tt.Generator().manual_seed(seed)
    return nn.Sequential(nn.Flatten(), nn.Dropout(0.5, generator=generator), nn.Linear(4, 4, generator=generator))


def taught(epochs: int, every: int = 1) -> tuple[Training, list[str]]:
    model, heard = network(), list[str]()
    learn = DataLoader(corners(), 16, shuffle=True, generator=tt.Generator().manual_seed(1))
    optimizer = SGD(model.parameters(), lr=1.0)
    schedule = StepLR(optimizer, 100)
    examine = DataLoader(corners(8), 4)
    return train(Training(model), optimizer, schedule, learn, examine, epochs, heard.append, every), heard


def test_a_training_learns_and_notes_each_step() -> None:
    training, heard = taught(10)
    assert training.losses[-1] < 0.5 * training.losses[0]
    assert training.accuracies[-1] == 100
    assert len(training.losses) == len(heard) == 40
    assert heard[-1].startswith("epoch 10: loss ")


@pytest.mark.parametrize("every,count", [(1, 4), (2, 2), (3, 1)])
def test_a_training_examines_as_often_as_it_is_told(every: int, count: int) -> None:
    assert len(taught(4, every)[0].accuracies) == count


def test_an_examination_drops_nothing_and_leaves_the_network_in_training() -> None:
    model, examine = network(), DataLoader(corners(8), 4)
    first, second = (answers(model, examine)[0] for _ in range(2))
    assert tt.equal(first, second)
    assert model.training
    assert not first.requires_grad


def test_moved_images_get_other_answers() -> None:
    model = taught(10)[0].network
    examine = DataLoader(corners(8), 4)
    assert accuracy(model, examine) == 100
    assert accuracy(model, examine, (0, 1)) == 0
    assert accuracy(model, examine, (2, 2)) == 100


def test_parameters_are_counted_one_by_one() -> None:
    assert parameters(network()) == 4 * 4 + 4


def test_mean_and_deviation_are_of_pixels_from_0_to_1() -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, 3, 5, 4), dtype=np.uint8)
    mean, std = mean_and_std(TensorDataset(tt.tensor(images), tt.zeros(20, dtype=tt.int64)))
    np.testing.assert_allclose(mean, (images / 255).mean((0, 2, 3)))
    np.testing.assert_allclose(std, (images / 255).std((0, 2, 3)))


def test_steps_of_several_trainings_make_one_progress() -> None:
    reports: list[tuple[int, int, str]] = []
    steps = Steps(lambda done, total, note="": reports.append((done, total, note)), 3)
    first, second = steps.part("one"), steps.part("two")
    first("a")
    first("b")
    second("c")
    assert reports == [(1, 3, "one, a"), (2, 3, "one, b"), (3, 3, "two, c")]
