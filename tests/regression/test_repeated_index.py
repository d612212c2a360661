"""A row that is looked up twice must be taught twice.

Elsewhere, the gradient of `table[indices]` was written with `grad[indices] = g`, which keeps the last of equal
indices: an embedding learned from one of a token's many occurrences, and the loss still fell, so that nobody
noticed.
"""

import tt_core as tt
from tt_core import Tensor


def test_by_index() -> None:
    table = tt.zeros(4, 2, requires_grad=True)
    tokens = Tensor([[1, 1, 3], [1, 0, 3]])
    table[tokens].sum().backward()
    assert table.grad is not None
    assert table.grad.tolist() == [[1.0, 1.0], [3.0, 3.0], [0.0, 0.0], [2.0, 2.0]]


def test_by_every_other_way() -> None:
    index = Tensor([2, 2, 0])
    for pick in (
        lambda x: x.index_select(0, index),
        lambda x: x.gather(0, index),
        lambda x: x.take(index),
        lambda x: x.take_along_dim(index, 0),
        lambda x: x[index.tolist()],
        lambda x: tt.stack([x[2], x[2], x[0]]),
        lambda x: tt.one_hot(index, 3).float() @ x,
    ):
        x = tt.zeros(3, requires_grad=True)
        pick(x).sum().backward()
        assert x.grad is not None
        assert x.grad.tolist() == [1.0, 0.0, 2.0]
