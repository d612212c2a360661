import numpy as np
import pytest

import tt_core as tt
from tt_core import DTypeError, ShapeError, nn


def numbers(*shape: int) -> tt.Tensor:
    return tt.randn(*shape, generator=tt.Generator(0), dtype=tt.float64) * 3 + 5


@pytest.mark.parametrize("shape", [4, (4,), [3, 4]])
def test_layer_norm_has_mean_0_and_variance_1(shape: int | tuple[int, ...] | list[int]) -> None:
    layer = nn.LayerNorm(shape, dtype=tt.float64)
    out = layer(numbers(2, 3, 4)).detach().numpy()
    axes = tuple(range(-len(layer.normalized_shape), 0))
    np.testing.assert_allclose(out.mean(axes), 0, atol=1e-12)
    np.testing.assert_allclose(out.var(axes), 1, rtol=1e-4)


def test_layer_norm_scales_and_shifts() -> None:
    layer, x = nn.LayerNorm(4, dtype=tt.float64), numbers(2, 4)
    plain = layer(x)
    with tt.no_grad():
        layer.weight.mul_(2)  # type: ignore[union-attr]
        layer.bias.add_(3)  # type: ignore[union-attr]
    np.testing.assert_allclose(layer(x).detach(), plain.detach() * 2 + 3, rtol=1e-12)


def test_rms_norm_has_mean_square_1() -> None:
    layer, x = nn.RMSNorm(4, dtype=tt.float64), numbers(2, 3, 4)
    out = layer(x).detach().numpy()
    np.testing.assert_allclose((out**2).mean(-1), 1, rtol=1e-12)
    np.testing.assert_allclose(out, x.numpy() / np.sqrt((x.numpy() ** 2).mean(-1, keepdims=True)), rtol=1e-12)


def test_eps_keeps_zeros_finite() -> None:
    assert nn.LayerNorm(3)(tt.zeros(1, 3)).tolist() == [[0, 0, 0]]
    assert nn.RMSNorm(3, eps=1.0)(tt.ones(3)).tolist() == pytest.approx([0.5**0.5] * 3)


def parameters(layer: nn.Module) -> list[str]:
    return [name for name, _ in layer.named_parameters()]


def test_which_parameters_there_are() -> None:
    assert parameters(nn.LayerNorm(3)) == ["weight", "bias"]
    assert parameters(nn.LayerNorm(3, bias=False)) == ["weight"]
    assert parameters(nn.LayerNorm(3, elementwise_affine=False)) == []
    assert parameters(nn.RMSNorm(3)) == ["weight"]
    assert parameters(nn.RMSNorm(3, elementwise_affine=False)) == []
    assert nn.LayerNorm((2, 3)).state_dict()["bias"].tolist() == [[0] * 3] * 2
    assert nn.RMSNorm(3, dtype=tt.float64).state_dict()["weight"].dtype == np.float64


@pytest.mark.parametrize("layer", [nn.LayerNorm(4), nn.RMSNorm(4)], ids=["layer", "rms"])
def test_what_does_not_fit_names_the_layer(layer: nn.Module) -> None:
    with pytest.raises(ShapeError, match=rf"expected .*\[4\].*got .*\[2, 5\], in {type(layer).__name__}\(\(4,\)"):
        layer(tt.ones(2, 5))
    with pytest.raises(DTypeError, match=rf"int64.*, in {type(layer).__name__}"):
        layer(tt.ones(2, 4, dtype=tt.int64))
