"""The states of the random number generators that nobody made and everybody draws from."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np

from tt_core.random import default_generator


class RandomState:
    """TinyTorch's default generator, and those of NumPy and Python, as a part of a checkpoint.

    >>> from tt_core import rand
    >>> state = RandomState().state_dict()
    >>> x = rand(3)
    >>> RandomState().load_state_dict(state)
    >>> bool((rand(3) == x).all())
    True
    """

    def state_dict(self) -> dict[str, Any]:
        """Return where each of them is."""
        return {
            "tinytorch": default_generator.get_state(),
            "numpy": np.random.get_state(legacy=False),  # noqa: NPY002  # user code may draw from it
            "python": random.getstate(),
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Set each of them to where it was."""
        default_generator.set_state(state_dict["tinytorch"])
        np.random.set_state(state_dict["numpy"])  # noqa: NPY002
        random.setstate(state_dict["python"])
