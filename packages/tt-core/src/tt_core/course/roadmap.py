"""The twenty modules of the course and the packages that bring them, also those that are not installed."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ROADMAP", "Stop", "stop"]

PACKAGES = {
    "tt-core": "setup tensor activations layers losses autograd",
    "tt-train": "dataloader optimizers spatial training",
    "tt-nlp": "tokenization embeddings attention transformers",
    "tt-optimize": "acceleration caching precision compression benchmarking",
    "tt-capstone": "capstone",
}


class Stop(NamedTuple):
    """A module of the course."""

    number: str
    name: str
    package: str


ROADMAP = tuple(
    Stop(f"{place:02}", name, package)
    for place, (package, name) in enumerate(
        ((package, name) for package, names in PACKAGES.items() for name in names.split()), start=1
    )
)


def stop(text: str) -> Stop | None:
    """Return the module that a learner means by "2", "02" or "tensor", None if there is none in the whole course.

    >>> stop("12")
    Stop(number='12', name='embeddings', package='tt-nlp')
    """
    return next((each for each in ROADMAP if text.zfill(2) == each.number or text == each.name), None)
