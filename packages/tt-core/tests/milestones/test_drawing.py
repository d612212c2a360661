import re
import sys
from typing import Any

import pytest

from tt_core.errors import TinyTorchError
from tt_core.milestones import Picture, Settings, drawing, perceptron, silent, xor


def picture() -> Picture:
    def paint(axes: Any) -> None:
        axes.plot([0, 1], [1, 0], label="falling")
        axes.set(xlabel="first", ylabel="second")
        drawing.key(axes)

    return drawing.draw("title", "caption", "alt", paint)


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(perceptron, "EPOCHS_OVERLAPPING", 5)
        return [each for found in (perceptron, xor) for each in found.MILESTONE.run(Settings(), silent).pictures]


def test_the_same_drawing_gives_the_same_bytes() -> None:
    assert picture() == picture()


def test_a_picture_is_svg_with_its_text_as_outlines() -> None:
    text = picture().data.decode()
    assert picture().media_type == "image/svg+xml"
    assert "<svg " in text
    assert "<text" not in text
    assert "font-family" not in text


def test_drawing_leaves_matplotlib_s_settings_as_they_were() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    picture()
    assert dict(mpl.rcParams) == before


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(TinyTorchError, match=re.escape("pip install 'tt-core[course]'")):
        picture()


@pytest.mark.long
def test_every_picture_explains_itself(pictures: list[Picture]) -> None:
    assert len(pictures) == 8
    for each in pictures:
        assert each.title
        assert len(each.caption) > 80
        assert len(each.alt) > 40


@pytest.mark.long
def test_no_picture_asks_for_anything_from_elsewhere(pictures: list[Picture]) -> None:
    for each in pictures:
        links = re.findall(rb'(?:href|src)="([^"]*)"', each.data)
        assert links
        assert all(link.startswith((b"#", b"data:")) for link in links)
        assert b"<script" not in each.data
        assert b"url(http" not in each.data
