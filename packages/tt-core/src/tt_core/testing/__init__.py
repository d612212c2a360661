"""What proves a framework right: for our own tests, for lessons, and for whoever adds an operation or a backend.

check_gradients(f, *inputs)   the gradients of a function against central differences
check_backend(name)           every kernel of a backend, forward and backward, against the loops of `naive`
samples_for(primitive)        registers the inputs that both try a primitive on
samples_in(module)            names a module that does so, to be imported when they are needed
"""

from __future__ import annotations

from tt_core.testing.backends import Difference, Outcome, Report, check_backend, compare_backend
from tt_core.testing.gradients import check_gradients
from tt_core.testing.samples import Sample, samples_for, samples_in, samples_of

__all__ = [
    "Difference",
    "Outcome",
    "Report",
    "Sample",
    "check_backend",
    "check_gradients",
    "compare_backend",
    "samples_for",
    "samples_in",
    "samples_of",
]
