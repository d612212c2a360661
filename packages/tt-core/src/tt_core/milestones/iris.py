"""Load Fisher's iris flowers (1936), which ship with the package; see ``iris-attribution.txt``."""

import csv
from dataclasses import dataclass
from importlib.resources import files

import tt_core as tt
from tt_core import Tensor
from tt_core.milestones import Source

MEASUREMENTS = ("sepal length", "sepal width", "petal length", "petal width")
SPECIES = ("setosa", "versicolor", "virginica")
SOURCE = Source(
    "Data: Iris, E. Anderson and R. A. Fisher (1936), UCI Machine Learning Repository, CC BY 4.0; scikit-learn's copy",
    "https://doi.org/10.24432/C56C76",
)


@dataclass(frozen=True, slots=True)
class Flowers:
    """Two species of iris by two measurements in cm; the labels are -1 for the first species, +1 for the second."""

    species: tuple[str, str]
    measurements: tuple[str, str]
    features: Tensor  # (N, 2)
    labels: Tensor  # (N,)


def load(species: tuple[str, str], measurements: tuple[str, str]) -> Flowers:
    """Return the 100 flowers of two species, 50 each, by two of the four measurements.

    >>> load(("setosa", "versicolor"), ("sepal length", "sepal width")).features.shape
    (100, 2)
    """
    columns = [MEASUREMENTS.index(name) for name in measurements]
    numbers = [SPECIES.index(name) for name in species]
    rows = [row for row in _rows() if int(row[-1]) in numbers]
    features = tt.tensor([[float(row[column]) for column in columns] for row in rows])
    labels = tt.tensor([1.0 if int(row[-1]) == numbers[1] else -1.0 for row in rows])
    return Flowers(species, measurements, features, labels)


def _rows() -> list[list[str]]:
    text = files("tt_core.milestones").joinpath("iris.csv").read_text(encoding="ascii")
    return list(csv.reader(text.splitlines()))[1:]
