"""Every primitive as explicit loops over elements: the definition of what each operation means (module 02).

Slow, and meant to be read. The files are those of `primitives`, but that what is `neural` there is in a file for each
module of the course here, and so is what a learner finds in it. Two more are below them:

scalars       functions of single numbers with the results that IEEE 754 asks for
loops         the loops that several operations share: over elements, over lines, over what is reduced

`dispatch` imports this package when the backend `naive` is first used; `testing.check_backend` holds every other
backend against it.
"""

from __future__ import annotations

from tt_core.naive import activations, elementwise, layers, linalg, losses, reductions, shapes

__all__ = ["activations", "elementwise", "layers", "linalg", "losses", "reductions", "shapes"]
