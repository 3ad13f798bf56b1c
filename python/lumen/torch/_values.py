"""What describes tensors: sizes, devices, layouts, dtypes, memory formats, random streams."""

import os

from lumen import _engine

_torch = _engine.torch

dtype = _torch.dtype
memory_format = _torch.memory_format
Generator = _torch.Generator

# PyTorch's names `bool`, `int`, `float` are bound in the package alone: here they are Python's.
bool_ = dtype("bool")
uint8 = dtype("uint8")
int8 = dtype("int8")
int16 = short = dtype("int16")
int32 = dtype("int32")
int64 = long = dtype("int64")
float32 = dtype("float32")
float64 = double = dtype("float64")

contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")


class Size(tuple):
    """The sizes of a tensor, a tuple of ints."""

    __slots__ = ()

    def numel(self):
        count = 1
        for size in self:
            count *= size
        return count

    def __repr__(self):
        return f"torch.Size([{', '.join(map(str, self))}])"

    def __getitem__(self, at):
        taken = super().__getitem__(at)
        return Size(taken) if isinstance(at, slice) else taken

    def __add__(self, other):
        return Size(super().__add__(tuple(other)))

    def __mul__(self, times):
        return Size(super().__mul__(times))

    __rmul__ = __mul__

    def __reduce__(self):
        return Size, (tuple(self),)


class device:
    """Where a tensor's storage is. There is one place here, the CPU."""

    __slots__ = ("index", "type")
    _torch_name = True

    def __init__(self, type="cpu", index=None):
        if isinstance(type, device):
            type, index = type.type, type.index
        name, colon, position = str(type).partition(":")
        if colon:
            if index is not None:
                raise RuntimeError(
                    f"type (string) must not include an index because index was passed explicitly: {type}"
                )
            if not position.isdigit():
                raise RuntimeError(f"Invalid device string: '{type}'")
            index = int(position)
        if name != "cpu":
            raise RuntimeError(f"DeviceUnavailable: tried {name}, but this build computes on the CPU alone")
        if index not in (None, 0):
            raise RuntimeError(f"CPU device index must be -1 or zero, got {index}")
        object.__setattr__(self, "type", name)
        object.__setattr__(self, "index", index)

    def __setattr__(self, name, value):
        raise AttributeError(f"attribute '{name}' of 'torch.device' objects is not writable")

    def __str__(self):
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self):
        parts = f"type='{self.type}'" + ("" if self.index is None else f", index={self.index}")
        return f"device({parts})"

    def __eq__(self, other):
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self):
        return hash((self.type, self.index))

    def __reduce__(self):
        return device, (str(self),)


class layout:
    """How a tensor's elements lie in its storage."""

    __slots__ = ("name",)
    _torch_name = True

    def __init__(self, name):
        self.name = name

    def __str__(self):
        return f"torch.{self.name}"

    __repr__ = __str__


strided = layout("strided")


def entropy():
    """A seed that nobody chose, as PyTorch takes one for a process in which none was set."""
    return int.from_bytes(os.urandom(8), "little")


def default_generator():
    """The process's stream."""
    return _torch.default_generator(entropy)


def manual_seed(seed):
    """Starts the process's stream at the seed; gives the generator."""
    return default_generator().manual_seed(int(seed))


def seed():
    """Starts the process's stream at a seed that nobody chose; gives it."""
    drawn = entropy()
    default_generator().manual_seed(drawn)
    return drawn


def initial_seed():
    """The seed at which the process's stream started."""
    return default_generator().initial_seed()


def get_rng_state():
    """The process's stream as a tensor of bytes."""
    return default_generator().get_state()


def set_rng_state(state):
    """Puts the process's stream back."""
    default_generator().set_state(state)


def get_default_dtype():
    """What a number with a point becomes: `float32`."""
    return float32


def set_default_dtype(d):
    """Only `float32` can be the default."""
    if d is not float32 and d != float32:
        raise NotImplementedError(f"lumen.torch: set_default_dtype({d}); pass dtype= where a tensor is made")


def is_floating_point(input):
    return input.dtype.is_floating_point


def is_complex(input):
    return input.dtype.is_complex


def is_tensor(obj):
    return isinstance(obj, _torch.Tensor)


class finfo:
    """Limits of a floating dtype."""

    _LIMITS = {
        "float32": (32, 2.0**-23, (2.0 - 2.0**-23) * 2.0**127, 2.0**-126, 1e-6, 2.0**-149),
        "float64": (64, 2.0**-52, (2.0 - 2.0**-52) * 2.0**1023, 2.0**-1022, 1e-15, 5e-324),
    }

    def __init__(self, type=None):
        dtype_ = float32 if type is None else type
        limits = self._LIMITS.get(dtype_.name)
        if limits is None:
            raise TypeError(
                f"torch.finfo() requires a floating point input type. Use torch.iinfo to handle '{dtype_}'"
            )
        self.bits, self.eps, self.max, self.tiny, self.resolution, self.smallest_subnormal = limits
        self.min, self.smallest_normal, self.dtype = -self.max, self.tiny, dtype_.name

    def __repr__(self):
        return (
            f"finfo(resolution={self.resolution}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:
    """Limits of an integral dtype."""

    def __init__(self, type):
        if type.is_floating_point or type.name == "bool":
            raise TypeError(
                f"torch.iinfo() requires an integer input type. Use torch.finfo to handle '{type}'"
            )
        self.bits, self.dtype = type.itemsize * 8, type.name
        self.max = 2 ** (self.bits - type.is_signed) - 1
        self.min = -(self.max + 1) if type.is_signed else 0

    def __repr__(self):
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
