"""Misuse that the types must catch: an ignore that nothing needs is an error here."""

import tt_core as tt
import tt_core.functional as F
from tt_core import nn

x = tt.zeros(3, 4)

x + "1"  # type: ignore[arg-type]
x @ [1.0]  # type: ignore[arg-type]
x.sum(axis=0)  # type: ignore[call-arg]
x.transpose("0", 1)  # type: ignore[arg-type]
x.reshap(4, 3)  # type: ignore[attr-defined]
x.requires_grad = "yes"  # type: ignore[assignment]
tt.zeros(3, dtype=32)  # type: ignore[arg-type]
tt.cat(x, dim="rows")  # type: ignore[arg-type]
F.softmax("logits", dim=-1)  # type: ignore[arg-type]
F.cross_entropy(x, x, reduction=None)  # type: ignore[arg-type]
F.gelu(x, approximate="erf")  # type: ignore[arg-type]
nn.Linear("4", 3)  # type: ignore[arg-type]
nn.Linear(4)  # type: ignore[call-arg]
nn.Linear(4, 3)("x")  # type: ignore[arg-type]
nn.Linear(4, 3)(x, x)  # type: ignore[call-arg]
nn.Sequential(nn.Linear(4, 3), F.relu)  # type: ignore[arg-type]
with tt.use_backend(3):  # type: ignore[arg-type]
    pass
