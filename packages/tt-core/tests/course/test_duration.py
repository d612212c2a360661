import click
import pytest

from tt_core.course.duration import read, show


@pytest.mark.parametrize(
    "text,seconds", [("90s", 90), ("10m", 600), ("1h", 3600), ("1.5h", 5400), ("1h30m", 5400), ("0.25s", 0.25)]
)
def test_times_are_read_in_seconds(text: str, seconds: float) -> None:
    assert read(text) == seconds


@pytest.mark.parametrize("text", ["", "10", "m", "0s", "-5m", "10 m", "10m!", "1d", "nan", "infs", ".5h", "1e3s"])
def test_what_is_not_a_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(click.BadParameter, match="expected a time as 90s, 10m or 1h; got "):
        read(text)


@pytest.mark.parametrize("text", ["90s", "10m", "1h", "90m", "1.5s", "86401s", "0.001s"])
def test_a_time_is_shown_so_that_it_can_be_typed_again(text: str) -> None:
    assert show(read(text)) == text
