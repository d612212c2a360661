import math

import pytest

from tt_core.errors import StateError
from tt_train.logs import History

ROWS = [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25, "val_loss": 0.75, "val_confusion": [[1, 0], [0, 1]]}]


def test_rows_and_columns() -> None:
    history = History(ROWS)
    assert len(history) == 2
    assert history[0] == ROWS[0]
    assert history[-1:] == [ROWS[1]]
    assert list(history) == ROWS
    assert history["loss"] == [0.5, 0.25]
    assert math.isnan(history["val_loss"][0])
    assert history.names == ["epoch", "loss", "val_loss", "val_confusion"]


def test_an_unknown_column() -> None:
    with pytest.raises(StateError, match=r"that was taken \(epoch, loss, val_loss, val_confusion\); got 'lss'"):
        History(ROWS)["lss"]
    with pytest.raises(StateError, match=r"\(none was\)"):
        History()["loss"]


def test_the_best_epoch() -> None:
    history = History([{"loss": math.nan}, {"loss": 2.0}, {"loss": 1.0, "n": 1}, {"loss": 1.0, "n": 2}])
    assert history.best("loss")["n"] == 1
    assert history.best("loss", "max")["loss"] == 2
    with pytest.raises(StateError, match="expected an epoch in which 'loss' is a number; got nan in all 1"):
        History([{"loss": math.nan}]).best("loss")


def test_text() -> None:
    assert str(History(ROWS)).splitlines() == [
        "epoch   loss   val_loss",
        "    1    0.5           ",
        "    2   0.25       0.75",
    ]
    assert repr(History(ROWS[:1])) == "<History of 1 epochs: epoch, loss>"


def test_state() -> None:
    history = History()
    history.load_state_dict(History(ROWS).state_dict())
    assert list(history) == ROWS
    history.rows[0]["loss"] = 9
    assert ROWS[0]["loss"] == 0.5
