"""Convolutions."""

import math

from .. import functional as F
from .. import init
from .linear import empty, placed, uniform_bias
from .module import Module, by_dimension, per_dim


class _Conv(Module):
    """A convolution over `n` dimensions."""

    _transposed = False

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True,
        padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        super().__init__()
        placed(device)
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups != 0:
            raise ValueError("out_channels must be divisible by groups")
        if padding_mode != "zeros":
            if padding_mode not in ("reflect", "replicate", "circular"):
                raise ValueError(
                    "padding_mode must be one of {'zeros', 'reflect', 'replicate', 'circular'}, but got "
                    f"padding_mode='{padding_mode}'"
                )
            raise NotImplementedError(f"lumen.torch: a convolution with padding_mode='{padding_mode}'")
        n = self._n
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride, self.dilation = (
            per_dim(one, n) for one in (kernel_size, stride, dilation)
        )
        self.padding = padding if isinstance(padding, str) else per_dim(padding, n)
        self.padding_mode = padding_mode
        self.output_padding = (0,) * n
        channels = (in_channels, out_channels) if self._transposed else (out_channels, in_channels)
        channels = channels[0], channels[1] // groups
        self.weight = empty(*channels, *self.kernel_size, dtype=dtype)
        self.register_parameter("bias", empty(out_channels, dtype=dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self):
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            uniform_bias(self.bias, self.weight.size(1) * math.prod(self.kernel_size))

    def forward(self, input):
        function = getattr(F, f"conv{self._n}d")
        return function(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def extra_repr(self):
        parts = [
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        ]
        if self.padding != (0,) * self._n:
            parts.append(f"padding={self.padding}")
        if self.dilation != (1,) * self._n:
            parts.append(f"dilation={self.dilation}")
        if self.output_padding != (0,) * self._n:
            parts.append(f"output_padding={self.output_padding}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        return ", ".join(parts)


class _ConvTranspose(_Conv):
    """The transpose of a convolution over `n` dimensions."""

    _transposed = True

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True,
        dilation=1, padding_mode="zeros", device=None, dtype=None,
    ):  # fmt: skip
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )
        self.output_padding = per_dim(output_padding, self._n)

    def forward(self, input, output_size=None):
        if output_size is not None:
            raise NotImplementedError(f"lumen.torch: {type(self).__name__} with output_size=")
        function = getattr(F, f"conv_transpose{self._n}d")
        options = (self.stride, self.padding, self.output_padding, self.groups, self.dilation)
        return function(input, self.weight, self.bias, *options)


Conv1d, Conv2d, Conv3d = by_dimension(_Conv, "Conv")
ConvTranspose1d, ConvTranspose2d, ConvTranspose3d = by_dimension(_ConvTranspose, "ConvTranspose")
