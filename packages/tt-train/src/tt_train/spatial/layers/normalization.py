"""Modules of normalisation: they own weight, bias and running averages."""

from __future__ import annotations

from typing import Any

from numpy.typing import DTypeLike

import tt_core as tt
from tt_core import DTypeError, ShapeError, Tensor, nn
from tt_core.extend import located
from tt_train.spatial import normalization as F


class _Affine(nn.Module):
    """A weight that starts at 1 and a bias that starts at 0, with a number of each per channel."""

    weight: nn.Parameter | None
    bias: nn.Parameter | None

    def __init__(self, channels: int, affine: bool, bias: bool, device: Any, dtype: DTypeLike | None) -> None:
        super().__init__()
        self.affine = affine
        weight = nn.Parameter(tt.ones(channels, device=device, dtype=dtype)) if affine else None
        self.register_parameter("weight", weight)
        self.register_parameter("bias", nn.Parameter(tt.zeros(channels, dtype=dtype)) if affine and bias else None)

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        with tt.no_grad():
            if self.weight is not None:
                self.weight.fill_(1)
            if self.bias is not None:
                self.bias.zero_()


class _Running(_Affine):
    """Running averages of mean and variance, and how many batches they are of."""

    dimensions: tuple[int, ...]
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        device: Any,
        dtype: DTypeLike | None,
        bias: bool,
    ) -> None:
        super().__init__(num_features, affine, bias, device, dtype)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.track_running_stats = track = track_running_stats
        self.register_buffer("running_mean", tt.zeros(num_features, dtype=dtype) if track else None)
        self.register_buffer("running_var", tt.ones(num_features, dtype=dtype) if track else None)
        self.register_buffer("num_batches_tracked", tt.tensor(0) if track else None)

    def reset_running_stats(self) -> None:
        """Forget all batches."""
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Forget all batches, and set the weight to 1 and the bias to 0."""
        self.reset_running_stats()
        super().reset_parameters()

    def extra_repr(self) -> str:
        """Return the settings."""
        settings = {
            "eps": self.eps,
            "momentum": self.momentum,
            "affine": self.affine,
            "bias": self.bias is not None,
            "track_running_stats": self.track_running_stats,
        }
        return ", ".join([str(self.num_features), *(f"{name}={value}" for name, value in settings.items())])

    def _check(self, x: Tensor) -> None:
        """Hold the number of dimensions against those that this module is for.

        Raises:
            ShapeError: it has others.
        """
        if x.ndim not in self.dimensions:
            wanted = " or ".join(f"{n}" for n in self.dimensions)
            raise located(ShapeError(f"expected x with {wanted} dimensions; got shape {list(x.shape)}"), self)


class _BatchNorm(_Running):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: DTypeLike | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return x normalised: in training with its own moments, which move the running ones; then with the latter.

        Raises:
            ShapeError: x has other dimensions or channels, or in training only one number per channel.
            DTypeError: x holds integers.
        """
        self._check(x)
        momentum = self._count() if self.training else 0.0
        from_batch = self.training or self.running_mean is None
        running = (
            (self.running_mean, self.running_var) if self.track_running_stats or not self.training else (None,) * 2
        )
        try:
            return F.batch_norm(x, *running, self.weight, self.bias, from_batch, momentum, self.eps)
        except (ShapeError, DTypeError) as error:
            raise located(error, self) from None

    def _count(self) -> float:
        """Count a batch and return how far it moves the averages; without a momentum, they are those of all batches."""
        if self.num_batches_tracked is not None and self.track_running_stats:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                return 1 / int(self.num_batches_tracked)
        return self.momentum or 0.0


class BatchNorm1d(_BatchNorm):
    """Each channel of a batch of vectors (B, C) or signals (B, C, L) brought to mean 0 and variance 1: `batch_norm`.

    Args:
        num_features: how many channels there are.
        eps: what is added to the variance.
        momentum: how far each batch moves the running averages; None makes them averages of all batches.
        affine: whether there is a weight to scale with afterwards.
        track_running_stats: whether there are running averages; without, evaluation takes the batch's own.
        device: "cpu" or None.
        dtype: of parameters and buffers; float32 unless given.
        bias: whether there is a bias to shift with, beside the weight.

    Source: Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167
    """

    dimensions = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Each channel of a batch of images (B, C, H, W) brought to mean 0 and variance 1. Settings as of `BatchNorm1d`.

    >>> layer = BatchNorm2d(3)
    >>> layer
    BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    >>> sorted(layer.state_dict())
    ['bias', 'num_batches_tracked', 'running_mean', 'running_var', 'weight']
    """

    dimensions = (4,)


class _InstanceNorm(_Running):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: DTypeLike | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return x normalised.

        Raises:
            ShapeError: x has other dimensions or channels, or in training only one pixel.
            DTypeError: x holds integers.
        """
        self._check(x)
        alone = x.ndim == self.dimensions[0]
        try:
            out = F.instance_norm(
                x.unsqueeze(0) if alone else x,
                self.running_mean,
                self.running_var,
                self.weight,
                self.bias,
                self.training or not self.track_running_stats,
                self.momentum or 0.0,
                self.eps,
            )
        except (ShapeError, DTypeError) as error:
            raise located(error, self) from None
        return out.squeeze(0) if alone else out


class InstanceNorm1d(_InstanceNorm):
    """Each channel of each signal, (B, C, L) or (C, L), brought to mean 0 and variance 1: `instance_norm`.

    Args:
        num_features: how many channels there are.
        eps: what is added to the variance.
        momentum: how far each batch moves the running averages.
        affine: whether there is a weight to scale with afterwards.
        track_running_stats: whether there are running averages, which evaluation then takes.
        device: "cpu" or None.
        dtype: of parameters and buffers; float32 unless given.
        bias: whether there is a bias to shift with, beside the weight.

    Source: Ulyanov, Vedaldi & Lempitsky 2016, https://arxiv.org/abs/1607.08022
    """

    dimensions = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Each channel of each image, (B, C, H, W) or (C, H, W), brought to mean 0 and variance 1. See `InstanceNorm1d`."""

    dimensions = (3, 4)


class GroupNorm(_Affine):
    """Each group of channels of each image brought to mean 0 and variance 1: `group_norm`.

    Args:
        num_groups: into how many groups the channels are divided.
        num_channels: how many channels there are.
        eps: what is added to the variance.
        affine: whether there is a weight to scale with afterwards, a number per channel.
        device: "cpu" or None.
        dtype: of the parameters; float32 unless given.
        bias: whether there is a bias to shift with, beside the weight.

    Raises:
        ShapeError: the groups do not divide the channels.

    Source: Wu & He 2018, https://arxiv.org/abs/1803.08494
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: DTypeLike | None = None,
        *,
        bias: bool = True,
    ) -> None:
        if num_groups < 1 or num_channels % num_groups:
            raise ShapeError(f"expected num_groups of GroupNorm that divides {num_channels} channels; got {num_groups}")
        super().__init__(num_channels, affine, bias, device, dtype)
        self.num_groups, self.num_channels, self.eps = num_groups, num_channels, eps

    def forward(self, x: Tensor) -> Tensor:
        """Return x normalised.

        Raises:
            ShapeError: x has other channels.
            DTypeError: x holds integers.
        """
        try:
            return F.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)
        except (ShapeError, DTypeError) as error:
            raise located(error, self) from None

    def extra_repr(self) -> str:
        """Return the settings."""
        end = f"affine={self.affine}, bias={self.bias is not None}"
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, {end}"


class LocalResponseNorm(nn.Module):
    """Each number divided by what its neighbours in other channels amount to: `local_response_norm`.

    Args:
        size: over how many channels.
        alpha: the factor of their mean square.
        beta: the exponent.
        k: what is added.

    Source: Krizhevsky, Sutskever & Hinton 2012, https://doi.org/10.1145/3065386
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, x: Tensor) -> Tensor:
        """Return x divided.

        Raises:
            ShapeError: x is not (B, C, L) or with more dimensions.
        """
        try:
            return F.local_response_norm(x, self.size, self.alpha, self.beta, self.k)
        except ShapeError as error:
            raise located(error, self) from None

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
