"""A user's code: it must type-check as it stands, against the installed wheels."""

from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

import tt_core as tt
import tt_core.functional as F
from tt_core import Tensor, nn
from tt_core.testing import check_gradients

x = tt.randn(8, 4, generator=tt.Generator(0))
assert_type(x, Tensor)
assert_type(2 * x, Tensor)
assert_type(1 - x / 3, Tensor)
assert_type(-x @ x.T, Tensor)
assert_type(x > 0, Tensor)
assert_type(x[0], Tensor)
assert_type(x[..., None, :2], Tensor)
assert_type(x[x > 0], Tensor)
assert_type(x.sum(dim=-1, keepdim=True), Tensor)
assert_type(x.reshape(2, -1), Tensor)
assert_type(x.shape, tuple[int, ...])
assert_type(x.requires_grad, bool)
assert_type(x.grad, Tensor | None)
assert_type(x.to(tt.float64), Tensor)
assert_type(tt.cat([x, x], dim=0), Tensor)
assert_type(tt.einsum("ij,kj->ik", x, x), Tensor)
values, indices = x.max(dim=1)
assert_type(values, Tensor)
assert_type(indices, Tensor)

array: npt.NDArray[Any] = x.numpy()
assert_type(tt.from_numpy(np.ones(3)), Tensor)
assert_type(tt.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), Tensor)
number: float | int | bool = x.sum().item()

model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 3))
labels = tt.randint(0, 3, (8,))
loss = F.cross_entropy(model(x), labels, label_smoothing=0.1)
assert_type(loss, Tensor)
assert_type(F.softmax(x, dim=-1), Tensor)
loss.backward()
with tt.no_grad():
    for name, parameter in model.named_parameters():
        assert_type(name, str)
        if parameter.grad is not None:
            parameter.data -= 0.1 * parameter.grad.data
            assert_type(parameter.sub_(0.1 * parameter.grad), nn.Parameter)
    weight = nn.Parameter(tt.ones(3))
    weight -= 0.1 * weight
    assert_type(weight, nn.Parameter)
model.load_state_dict(model.state_dict())


class Residual(nn.Module):
    """A layer of the user's own."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.scale = nn.Parameter(tt.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.scale * F.relu(self.linear(x))


assert_type(Residual(4).linear.weight, nn.Parameter)
assert_type(Residual(4)(x), Tensor)
blocks = nn.ModuleList([Residual(4) for _ in range(2)])
assert_type(blocks[0], Residual)
assert_type(nn.ModuleList([nn.Linear(4, 3), nn.ReLU()])[0](x), Any)
(gradient,) = tt.grad(Residual(4)(x).sum(), [x], allow_unused=True)
assert_type(gradient, Tensor | None)
assert_type(tt.grad(x.sum(), x), tuple[Tensor, ...])
assert_type(tt.jacobian(Residual(4), x), Tensor)
assert_type(tt.checkpoint(Residual(4), x), Tensor)
assert_type(x.nonzero(), Tensor)
assert_type(x.nonzero(as_tuple=True), tuple[Tensor, ...])
check_gradients(lambda t: (t**2).sum(), tt.ones(3, dtype=tt.float64))
with tt.use_backend("naive"):
    assert_type(x @ x.T, Tensor)
