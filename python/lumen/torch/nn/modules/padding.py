"""Layers that widen their inputs."""

from .. import functional as F
from .module import Module, by_dimension, per_dim


class _Pad(Module):
    """What lies outside of the last `n` dimensions, from within or as a constant."""

    _mode = "constant"

    def __init__(self, padding):
        super().__init__()
        self.padding = per_dim(padding, 2 * self._n)

    def forward(self, input):
        return F.pad(input, self.padding, self._mode)

    def extra_repr(self):
        return f"{self.padding}"


class _ConstantPad(_Pad):
    """A number all around."""

    def __init__(self, padding, value):
        super().__init__(padding)
        self.value = value

    def forward(self, input):
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self):
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    """Zeros all around."""

    def __init__(self, padding):
        super().__init__(padding, 0.0)

    def extra_repr(self):
        return f"{self.padding}"


class _CircularPad(_Pad):
    """Around the other end."""

    _mode = "circular"


class _ReflectionPad(_Pad):
    """A mirror at the outermost elements."""

    _mode = "reflect"


class _ReplicationPad(_Pad):
    """The outermost elements again."""

    _mode = "replicate"


ConstantPad1d, ConstantPad2d, ConstantPad3d = by_dimension(_ConstantPad, "ConstantPad")
ZeroPad1d, ZeroPad2d, ZeroPad3d = by_dimension(_ZeroPad, "ZeroPad")
CircularPad1d, CircularPad2d, CircularPad3d = by_dimension(_CircularPad, "CircularPad")
ReflectionPad1d, ReflectionPad2d, ReflectionPad3d = by_dimension(_ReflectionPad, "ReflectionPad")
ReplicationPad1d, ReplicationPad2d, ReplicationPad3d = by_dimension(_ReplicationPad, "ReplicationPad")
