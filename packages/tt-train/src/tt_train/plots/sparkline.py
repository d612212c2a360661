"""A curve in one line of text."""

from __future__ import annotations

import math
from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int = 20) -> str:
    """Return a line of at most `width` blocks, each as high as the mean of its values; what is not finite is a gap.

    >>> sparkline([4, 3, 2.5, 2, 1.5, 1.25, 1, 1])
    '█▆▅▃▂▁▁▁'
    >>> sparkline([1, 2, 3, 4], width=2), sparkline([1, float("nan"), 1])
    ('▁█', '▁ ▁')
    """
    n = min(width, len(values))
    bins = [values[i * len(values) // n : (i + 1) * len(values) // n] for i in range(n)]
    means = [sum(part) / len(part) for part in bins]
    finite = [mean for mean in means if math.isfinite(mean)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    return "".join(_block((mean - low) / ((high - low) or 1.0)) for mean in means)


def _block(height: float) -> str:
    return BLOCKS[min(int(height * len(BLOCKS)), len(BLOCKS) - 1)] if math.isfinite(height) else " "
