import math
from typing import Any

import pytest

from tt_train.callbacks import EarlyStopping, TimeLimit


def rows(name: str, *values: float) -> list[dict[str, float]]:
    return [{name: value} for value in values]


class TestEarlyStopping:
    def test_waits_as_long_as_its_patience(self, play: Any) -> None:
        stage = play(EarlyStopping("val_loss", patience=2), *rows("val_loss", 3, 2, 2.5, 1.9, 1.9, 2, 1))
        assert stage.epoch == 6
        assert stage.stopped == "no better than 1.9 for 2 epochs"

    def test_larger_is_better_where_the_name_says_so(self, play: Any) -> None:
        assert (
            play(EarlyStopping("val_accuracy", patience=1), *rows("val_accuracy", 0.5, 0.6, 0.7, 0.7, 0.9)).epoch == 4
        )
        assert play(EarlyStopping("cost", patience=1, mode="min"), *rows("cost", 3, 2, 2.5, 1)).epoch == 3

    @pytest.mark.parametrize("delta", [0.1, -0.1])
    def test_a_little_better_is_not_enough(self, play: Any, delta: float) -> None:
        stopping = EarlyStopping("loss", patience=2, min_delta=delta)
        assert play(stopping, *rows("loss", 1.0, 0.95, 0.91, 0.5)).epoch == 3
        assert stopping.best == 1.0
        growing = EarlyStopping("accuracy", patience=2, min_delta=delta)
        assert play(growing, *rows("accuracy", 0.5, 0.65, 0.7, 0.74, 0.9)).epoch == 4

    def test_nan_is_never_better(self, play: Any) -> None:
        assert play(EarlyStopping("loss", patience=2), *rows("loss", math.nan, 1.0, math.nan, math.nan, 0.1)).epoch == 4

    def test_the_validation_is_watched_if_there_is_one(self, play: Any) -> None:
        both = [{"loss": 1.0 / n, "val_loss": 1.0} for n in range(1, 6)]
        assert play(EarlyStopping(patience=2), *both).epoch == 3
        assert play(EarlyStopping(patience=2), *rows("loss", 5, 4, 3, 2, 1)).stopped == ""

    def test_state(self, play: Any) -> None:
        stopping, other = EarlyStopping("loss", patience=3), EarlyStopping("loss", patience=3)
        play(stopping, *rows("loss", 1, 2, 2))
        other.load_state_dict(stopping.state_dict())
        assert play(other, *rows("loss", 1.5, 0)).epoch == 1


class TestTimeLimit:
    def test_stops_when_the_time_is_up(self, play: Any) -> None:
        assert play(TimeLimit(3600), {"loss": 1}, steps=3).stopped == ""
        assert play(TimeLimit(0), {"loss": 1}, steps=1).stopped == "the 0 s are over"

    def test_time_that_passed_before_counts(self, play: Any) -> None:
        limit = TimeLimit(3600)
        limit.load_state_dict({"used": 3600.0})
        assert limit.state_dict()["used"] >= 3600
        assert play(limit, {"loss": 1}, steps=1).stopped
        after = limit.state_dict()["used"]
        assert limit.used >= after >= 3600
