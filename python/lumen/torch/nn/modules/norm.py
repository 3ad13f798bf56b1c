"""Layers that bring values to mean zero and spread one."""

import numbers

from ..._creation import tensor
from ..._modes import no_grad
from ..._tensor import _call
from ..._values import int64
from .. import functional as F
from .. import init
from ..parameter import Parameter
from .linear import placed
from .module import Module


def _ones(sizes, dtype):
    return _call("ones", (list(sizes),), {} if dtype is None else {"dtype": dtype})


def _zeros(sizes, dtype):
    return _call("zeros", (list(sizes),), {} if dtype is None else {"dtype": dtype})


class LayerNorm(Module):
    """Each of the last dimensions' blocks normalised."""

    def __init__(
        self, normalized_shape, eps=1e-5, elementwise_affine=True, bias=True, device=None, dtype=None
    ):
        super().__init__()
        placed(device)
        if isinstance(normalized_shape, numbers.Integral):
            normalized_shape = (normalized_shape,)
        self.normalized_shape, self.eps = tuple(normalized_shape), eps
        self.elementwise_affine = elementwise_affine
        self.register_parameter(
            "weight", Parameter(_ones(normalized_shape, dtype)) if elementwise_affine else None
        )
        biased = elementwise_affine and bias
        self.register_parameter("bias", Parameter(_zeros(normalized_shape, dtype)) if biased else None)

    def reset_parameters(self):
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input):
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self):
        biased = self.bias is not None
        affine = f"elementwise_affine={self.elementwise_affine}, bias={biased}"
        return f"{self.normalized_shape}, eps={self.eps}, {affine}"


class RMSNorm(Module):
    """Each of the last dimensions' blocks divided by its root mean square."""

    def __init__(self, normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None):
        super().__init__()
        placed(device)
        if isinstance(normalized_shape, numbers.Integral):
            normalized_shape = (normalized_shape,)
        self.normalized_shape, self.eps = tuple(normalized_shape), eps
        self.elementwise_affine = elementwise_affine
        self.register_parameter(
            "weight", Parameter(_ones(normalized_shape, dtype)) if elementwise_affine else None
        )

    def forward(self, input):
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self):
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Module):
    """Groups of channels normalised."""

    def __init__(
        self, num_groups, num_channels, eps=1e-5, affine=True, device=None, dtype=None, *, bias=True
    ):
        super().__init__()
        placed(device)
        if num_channels % num_groups != 0:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self.register_parameter("weight", Parameter(_ones([num_channels], dtype)) if affine else None)
        self.register_parameter("bias", Parameter(_zeros([num_channels], dtype)) if affine and bias else None)

    def forward(self, input):
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self):
        biased = self.bias is not None
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, bias={biased}"


class _Batch(Module):
    """Channels normalised over a batch; running values are kept for evaluation."""

    _version = 2
    _dims = ()

    def __init__(
        self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None,
        *, bias=True,
    ):  # fmt: skip
        super().__init__()
        placed(device)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.register_parameter("weight", Parameter(_ones([num_features], dtype)) if affine else None)
        self.register_parameter("bias", Parameter(_zeros([num_features], dtype)) if affine and bias else None)
        self.register_buffer("running_mean", _zeros([num_features], dtype) if track_running_stats else None)
        self.register_buffer("running_var", _ones([num_features], dtype) if track_running_stats else None)
        counted = tensor(0, dtype=int64) if track_running_stats else None
        self.register_buffer("num_batches_tracked", counted)

    def reset_running_stats(self):
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def _check(self, input):
        if input.dim() not in self._dims:
            expected = " or ".join(f"{dims}D" for dims in self._dims)
            raise ValueError(f"expected {expected} input (got {input.dim()}D input)")

    def forward(self, input):
        self._check(input)
        momentum = 0.0 if self.momentum is None else self.momentum
        if self.training and self.track_running_stats:
            with no_grad():
                self.num_batches_tracked.add_(1)
            if self.momentum is None:
                momentum = 1.0 / self.num_batches_tracked.item()
        of_batch = self.training or self.running_mean is None
        keep = not self.training or self.track_running_stats
        return F.batch_norm(
            input,
            self.running_mean if keep else None,
            self.running_var if keep else None,
            self.weight,
            self.bias,
            of_batch,
            momentum,
            self.eps,
        )

    def extra_repr(self):
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_Batch):
    """Channels of rows or sequences normalised over a batch."""

    _dims = (2, 3)


class BatchNorm2d(_Batch):
    """Channels of images normalised over a batch."""

    _dims = (4,)


class BatchNorm3d(_Batch):
    """Channels of volumes normalised over a batch."""

    _dims = (5,)


class _Instance(_Batch):
    """Channels of each sample normalised by themselves."""

    def __init__(
        self, num_features, eps=1e-5, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None,
        *, bias=True,
    ):  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input):
        self._check(input)
        alone = input.dim() == min(self._dims)
        channels = input.size(0 if alone else 1)
        if channels != self.num_features and self.affine:
            raise ValueError(
                f"expected input's size at dim={0 if alone else 1} to match num_features ({self.num_features}), but "
                f"got: {channels}."
            )
        momentum = 0.0 if self.momentum is None else self.momentum
        result = F.instance_norm(
            input.unsqueeze(0) if alone else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            momentum,
            self.eps,
        )
        return result.squeeze(0) if alone else result


class InstanceNorm1d(_Instance):
    """Channels of each sequence normalised by themselves."""

    _dims = (2, 3)


class InstanceNorm2d(_Instance):
    """Channels of each image normalised by themselves."""

    _dims = (3, 4)


class InstanceNorm3d(_Instance):
    """Channels of each volume normalised by themselves."""

    _dims = (4, 5)


class LocalResponseNorm(Module):
    """Each element divided by what its neighbours in other channels amount to."""

    def __init__(self, size, alpha=1e-4, beta=0.75, k=1.0):
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input):
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self):
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
