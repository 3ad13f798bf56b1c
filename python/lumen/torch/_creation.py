"""Tensors from what is outside: numbers, sequences, numpy's arrays."""

from . import _values
from ._tensor import Tensor, _from_numbers


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
        raise NotImplementedError(f"lumen.torch: as_tensor() of a numpy array shares its memory; {_COPY}")
    return _from_numbers(data, dtype)


def from_numpy(ndarray):
    """Not there: PyTorch's tensor and the array would share their memory."""
    raise NotImplementedError(f"lumen.torch: from_numpy() shares the array's memory; {_COPY}")


_COPY = "torch.tensor(array) copies it"


def _place(device, pin_memory):
    if device is not None:
        _values.device(device)
    if pin_memory:
        raise RuntimeError("DeviceUnavailable: pin_memory=True, but this build computes on the CPU alone")
