"""Pictures of a training: its curves and its confusion matrix (module 10); matplotlib is the extra `plot`.

sparkline   a curve in one line of text
runs        what the log in a run's folder says
figures     a file with one look for all pictures
curves      the figures over the epochs
confusion   which classes are taken for which
"""

from __future__ import annotations

from tt_train.plots.confusion import plot_confusion
from tt_train.plots.curves import plot_curves
from tt_train.plots.runs import Run, read_run
from tt_train.plots.sparkline import sparkline

__all__ = ["Run", "plot_confusion", "plot_curves", "read_run", "sparkline"]
