"""Layers that widen their inputs."""

from .. import functional as F
from .module import Module


class _Pad(Module):
    """What lies outside of the last `n` dimensions, from within or as a constant."""

    _n = 0
    _mode = "constant"

    def __init__(self, padding):
        super().__init__()
        self.padding = tuple(padding) if isinstance(padding, (tuple, list)) else (padding,) * (2 * self._n)

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


def _sized(kind, name, n):
    return type(name, (kind,), {"_n": n, "__doc__": f"PyTorch's `{name}`.", "__module__": __name__})


ConstantPad1d = _sized(_ConstantPad, "ConstantPad1d", 1)
ConstantPad2d = _sized(_ConstantPad, "ConstantPad2d", 2)
ConstantPad3d = _sized(_ConstantPad, "ConstantPad3d", 3)
ZeroPad1d = _sized(_ZeroPad, "ZeroPad1d", 1)
ZeroPad2d = _sized(_ZeroPad, "ZeroPad2d", 2)
ZeroPad3d = _sized(_ZeroPad, "ZeroPad3d", 3)
CircularPad1d = _sized(_CircularPad, "CircularPad1d", 1)
CircularPad2d = _sized(_CircularPad, "CircularPad2d", 2)
CircularPad3d = _sized(_CircularPad, "CircularPad3d", 3)
ReflectionPad1d = _sized(_ReflectionPad, "ReflectionPad1d", 1)
ReflectionPad2d = _sized(_ReflectionPad, "ReflectionPad2d", 2)
ReflectionPad3d = _sized(_ReflectionPad, "ReflectionPad3d", 3)
ReplicationPad1d = _sized(_ReplicationPad, "ReplicationPad1d", 1)
ReplicationPad2d = _sized(_ReplicationPad, "ReplicationPad2d", 2)
ReplicationPad3d = _sized(_ReplicationPad, "ReplicationPad3d", 3)
