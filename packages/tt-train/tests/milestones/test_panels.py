import re
from typing import Any

import numpy as np
import pytest

from tt_core.milestones.drawing import BLUE, RED, draw
from tt_train.milestones import panels
from tt_train.milestones.panels import Curve, Tile, boxes, confusion, curves, dotted, first_below, smooth, tiles


def drawn(paint: Any) -> str:
    return draw("title", "caption", "alt", paint).data.decode()


def test_boxes_fill_the_axes_row_by_row_without_touching() -> None:
    found = boxes(2, 3, gap=0.1, head=0.2)
    assert len(found) == 6
    assert found[0][1] > found[3][1]
    assert found[0][0] < found[1][0] < found[2][0]
    for left, bottom, width, height in found:
        assert 0 <= left <= left + width <= 1
        assert 0 <= bottom <= bottom + height <= 1
    assert found[0][0] + found[0][2] < found[1][0]


@pytest.mark.parametrize("signed", [False, True])
def test_each_tile_is_one_image_with_its_own_pixels(signed: bool) -> None:
    images = np.random.default_rng(0).normal(size=(5, 4, 4))
    svg = drawn(lambda axes: tiles(axes, [Tile(image, "a", signed=signed) for image in images], 3))
    assert len(re.findall("<image ", svg)) == 5
    assert "image-rendering:pixelated" in svg


def test_a_tile_may_be_empty_or_in_colour() -> None:
    svg = drawn(lambda axes: tiles(axes, [Tile(np.zeros((3, 3))), Tile(np.ones((3, 3, 3)))], 2))
    assert len(re.findall("<image ", svg)) == 2


def test_a_signed_image_has_its_zero_in_white() -> None:
    colors = panels.signed_colors()
    assert colors(0.5)[:3] == pytest.approx((1, 1, 1), abs=0.01)
    assert colors(0.0)[:3] != colors(1.0)[:3]


@pytest.mark.parametrize("names", ["01", ("airplane", "automobile")])
def test_a_confusion_matrix_writes_every_count_that_is_not_zero(names: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[int, int, str]] = []

    def paint(axes: Any) -> None:
        monkeypatch.setattr(axes, "text", lambda x, y, words, **_: written.append((x, y, words)))
        confusion(axes, np.array([[35, 0], [2, 33]]), names)
        assert axes.get_xlabel() == "answer"
        assert [label.get_text() for label in axes.get_yticklabels()] == list(names)

    drawn(paint)
    assert written == [(0, 0, "35"), (0, 1, "2"), (1, 1, "33")]


def test_a_confusion_matrix_without_mistakes_can_be_drawn() -> None:
    assert "<svg " in drawn(lambda axes: confusion(axes, np.diag([1, 2]), "01"))


def test_curves_are_named_and_levels_drawn() -> None:
    def paint(axes: Any) -> None:
        curves(axes, [Curve("a", [1, 2], [3, 4], BLUE), Curve("b", [1, 2], [4, 3], RED, "o-")], "step", "loss")
        dotted(axes, 3.5, "guessing")
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]
        assert [list(line.get_ydata()) for line in axes.get_lines()[:2]] == [[3, 4], [4, 3]]
        assert axes.get_lines()[2].get_ydata()[0] == 3.5

    drawn(paint)


@pytest.mark.parametrize("width", [1, 3, 100])
def test_smoothing_is_the_mean_of_the_last_values(width: int) -> None:
    values = np.random.default_rng(0).normal(size=20).tolist()
    expected = [np.mean(values[max(0, i + 1 - width) : i + 1]) for i in range(20)]
    np.testing.assert_allclose(smooth(values, width), expected)


def test_the_first_step_below_a_limit_is_counted_from_1() -> None:
    assert first_below(2.0, [3.0, 2.0, 1.9, 5.0]) == 3
    assert first_below(1.0, [3.0, 2.0]) is None
