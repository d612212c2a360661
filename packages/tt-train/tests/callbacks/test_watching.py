import pytest

from tt_core.errors import NotSupportedError, TinyTorchError
from tt_train.callbacks import Watch


@pytest.mark.parametrize(
    "monitor,mode",
    [
        ("val_loss", "min"),
        ("perplexity", "min"),
        ("error", "min"),
        ("val_accuracy", "max"),
        ("f1", "max"),
        (None, "min"),
    ],
)
def test_the_name_says_what_is_better(monitor: str, mode: str) -> None:
    assert Watch(monitor).mode == mode


def test_it_can_be_said() -> None:
    watch = Watch("f1", "min")
    assert watch.better(0.1, 0.2)
    assert watch.better(1.0, watch.worst())
    assert not watch.better(float("nan"), watch.worst())
    with pytest.raises(NotSupportedError, match="expected mode to be 'min', 'max' or None; got 'smallest'"):
        Watch("f1", "smallest")  # type: ignore[arg-type]  # the mistake


@pytest.mark.parametrize("row", [{"loss": 1.0, "epoch": 1}, {"loss": 1.0, "epoch": 1, "val_f1": [0.1, 0.2]}])
def test_a_figure_that_is_not_there(row: dict[str, float]) -> None:
    with pytest.raises(TinyTorchError, match=r"that each epoch has \(loss, epoch\); got 'val_f1': figures named val_…"):
        Watch("val_f1").of(row)
