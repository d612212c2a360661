"""All the calculus of spatial operations on one page, in the order of `primitives`.

How to read a line stands in `tt_core.rules`: a rule's parameters are what the operation saves.
"""

from __future__ import annotations
