"""What bounds a piece of work on this machine: how fast it computes, or how fast memory feeds it.

Source: Williams, Waterman & Patterson, "Roofline: An Insightful Visual Performance Model for Multicore Architectures",
Communications of the ACM 52(4), 2009.
"""

from dataclasses import dataclass
from typing import Literal

from tt_core.environment.speed import Speed

Bound = Literal["arithmetic", "memory"]


@dataclass(frozen=True, slots=True)
class Roofline:
    """A machine as two limits: `peak` in GFLOP/s and `bandwidth` in GB/s.

    >>> machine = Roofline(peak=100.0, bandwidth=20.0)
    >>> machine.ridge, machine.attainable(0.25), machine.bound(0.25)
    (5.0, 5.0, 'memory')
    """

    peak: float
    bandwidth: float

    @classmethod
    def of(cls, speed: Speed) -> "Roofline":
        """Return the limits of a machine whose speed was measured: the best matrix product, the best copy."""
        return cls(peak=speed.matmul.best, bandwidth=speed.copy.best)

    @property
    def ridge(self) -> float:
        """The intensity in FLOP per byte from which on arithmetic is the limit: `peak / bandwidth`."""
        return self.peak / self.bandwidth

    def attainable(self, intensity: float) -> float:
        """Return the most GFLOP/s for work of this intensity: `bandwidth · intensity`, but never above the peak."""
        return min(self.peak, self.bandwidth * intensity)

    def bound(self, intensity: float) -> Bound:
        """Return what limits work of this intensity: "memory" below the ridge, "arithmetic" from it on."""
        return "memory" if intensity < self.ridge else "arithmetic"

    def seconds(self, flops: float, traffic: float) -> float:
        """Return the least time for so many operations and so many bytes: that of the slower of the two limits.

        >>> Roofline(peak=100.0, bandwidth=20.0).seconds(flops=1e9, traffic=4e9)
        0.2
        """
        return max(flops / (self.peak * 1e9), traffic / (self.bandwidth * 1e9))


def intensity(flops: float, traffic: float) -> float:
    """Return how many operations are done for each byte that moves between memory and processor.

    >>> intensity(flops=2 * 1000**3, traffic=3 * 4 * 1000**2) > 100  # a product of two float32 matrices
    True
    """
    return flops / traffic
