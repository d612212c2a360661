"""What is kept; checkpoints are tried in training/test_resuming.py."""

from pathlib import Path
from typing import Any

import pytest

from tt_core import nn
from tt_core.errors import StateError
from tt_train.callbacks import BestModel, Checkpoints

ROWS = [{"val_accuracy": value} for value in (0.5, 0.8, 0.8, 0.7)]


class TestBestModel:
    def test_keeps_the_first_of_the_best(self, play: Any) -> None:
        best = BestModel("val_accuracy")
        stage = play(best, *ROWS)
        assert (best.best, best.epoch) == (0.8, 2)
        assert best.weights["weight"].item() == 1
        assert stage.model.weight.item() == 3
        best.restore(stage.model)
        assert stage.model.weight.item() == 1

    def test_restores_at_the_end_if_wished(self, play: Any) -> None:
        assert play(BestModel("val_accuracy", restore=True), *ROWS).model.weight.item() == 1

    def test_state(self, play: Any) -> None:
        best, other = BestModel("val_accuracy"), BestModel("val_accuracy")
        play(best, *ROWS)
        other.load_state_dict(best.state_dict())
        stage = play(other, {"val_accuracy": 0.75})
        other.restore(stage.model)
        assert (other.epoch, stage.model.weight.item()) == (2, 1)

    def test_before_the_first_epoch(self) -> None:
        with pytest.raises(StateError, match="expected an epoch to have ended before the best weights are restored"):
            BestModel().restore(nn.Linear(1, 1))


def test_no_best_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"expected a checkpoint in .*; there is none"):
        Checkpoints(tmp_path).load_best(nn.Linear(1, 1))
