import hashlib
from importlib.resources import files

import pytest

from tt_core.milestones import iris

FOLDER = files("tt_core.milestones")


def test_the_file_is_the_unchanged_copy() -> None:
    data = FOLDER.joinpath("iris.csv").read_bytes()
    assert hashlib.sha256(data).hexdigest() == "f13ffa8fdd56fd8e6c8d16d4081a3fbd3114bcd0aae4256c43205169cd9d1449"


def test_the_header_agrees_with_the_names_in_the_code() -> None:
    header = FOLDER.joinpath("iris.csv").read_text(encoding="ascii").splitlines()[0]
    assert header.split(",") == ["150", "4", *iris.SPECIES]


@pytest.mark.parametrize("words", ["Fisher", "UCI", "10.24432/C56C76", "CC BY 4.0", "scikit-learn", "BSD 3-Clause"])
def test_the_attribution_ships_with_the_file(words: str) -> None:
    assert words in FOLDER.joinpath("iris-attribution.txt").read_text(encoding="utf-8")


def test_a_hundred_flowers_by_two_measurements() -> None:
    flowers = iris.load(("setosa", "versicolor"), ("sepal length", "sepal width"))
    assert tuple(flowers.features.shape) == (100, 2)
    assert flowers.labels.tolist() == [-1.0] * 50 + [1.0] * 50
    assert flowers.features[0].tolist() == pytest.approx([5.1, 3.5])
    assert flowers.features[-1].tolist() == pytest.approx([5.7, 2.8])


def test_the_order_of_species_and_measurements_is_the_caller_s() -> None:
    flowers = iris.load(("virginica", "setosa"), ("petal width", "sepal length"))
    assert flowers.labels.tolist() == [1.0] * 50 + [-1.0] * 50
    assert flowers.features[0].tolist() == pytest.approx([0.2, 5.1])


def test_the_means_are_those_of_the_published_table() -> None:
    flowers = iris.load(("setosa", "versicolor"), ("petal length", "petal width"))
    assert flowers.features[:50].mean(dim=0).tolist() == pytest.approx([1.462, 0.246], abs=5e-4)
    assert flowers.features[50:].mean(dim=0).tolist() == pytest.approx([4.260, 1.326], abs=5e-4)
