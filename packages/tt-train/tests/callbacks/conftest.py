"""A trainer as callbacks see it, whose epochs have the figures that a test says."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

import tt_core as tt
from tt_core import nn
from tt_train.callbacks import Callback
from tt_train.distributed import SERIAL
from tt_train.logs import History

Play = Callable[..., Any]


@pytest.fixture
def play() -> Play:
    """Go through epochs with these figures, until a callback stops."""

    def go(callback: Callback, *rows: dict[str, Any], steps: int = 0) -> Any:
        model = nn.Linear(1, 1)
        stage = SimpleNamespace(epoch=0, steps=0, batch=0, stopped="", settled=True, history=History())
        stage.model, stage.communicator, stage.row = model, SERIAL, {"loss": 0.5}
        stage.judged = lambda: model
        stage.stop = lambda reason: setattr(stage, "stopped", reason)
        callback.on_fit_start(stage)
        for row in rows:
            for _ in range(steps):
                stage.steps += 1
                callback.on_batch_end(stage)
            with tt.no_grad():
                model.weight.fill_(float(stage.epoch))
            stage.history.rows.append(row)
            stage.epoch += 1
            callback.on_epoch_end(stage)
            if stage.stopped:
                break
        callback.on_fit_end(stage)
        return stage

    return go
