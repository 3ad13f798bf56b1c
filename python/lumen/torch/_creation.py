"""Tensors from what is outside: numbers, sequences, numpy's arrays."""

import numpy

from . import _values
from ._tensor import Tensor, _from_numbers, known
from .utils import dlpack


def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False):
    """A tensor of nested numbers, an array or a tensor, always copied."""
    _place(device, pin_memory)
    made = _from_numbers(data, dtype)
    if requires_grad:
        if not made.is_floating_point():
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        made.requires_grad_(True)
    return made


def as_tensor(data, dtype=None, device=None):
    """The tensor itself where it is one of this dtype, else a copy."""
    _place(device, False)
    if isinstance(data, Tensor):
        return data if dtype is None or dtype == data.dtype else data.to(dtype)
    if hasattr(data, "__array_interface__"):
        made = from_numpy(numpy.asarray(data))
        return made if dtype is None or dtype == made.dtype else made.to(dtype)
    return _from_numbers(data, dtype)


def from_numpy(ndarray):
    """A tensor over the array's own memory. What an array forbids to write, the tensor refuses to write too."""
    if not isinstance(ndarray, numpy.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    known(ndarray.dtype)
    if not ndarray.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. Conversion between byte orders is "
            "currently not supported."
        )
    if any(stride < 0 for stride in ndarray.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
            "currently supported. (You can probably work around this by making a copy of your array  with array.copy().) "
        )
    if ndarray.dtype == bool:
        raise NotImplementedError(
            "lumen.torch: from_numpy() of truth values shares their memory, and numpy may write a byte that is none; "
            "torch.tensor(array) copies it"
        )
    return dlpack.from_dlpack(ndarray)


def _place(device, pin_memory):
    if device is not None:
        _values.device(device)
    if pin_memory:
        raise RuntimeError("DeviceUnavailable: pin_memory=True, but this build computes on the CPU alone")
