"""Lumen's tensors for Python, with the names, signatures and results of PyTorch."""

import builtins

from lumen import _engine

from . import _names, _tensor, _values
from ._creation import as_tensor, from_numpy, tensor
from ._modes import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from ._results import named
from ._tensor import Tensor, operator
from ._values import (
    Generator, Size, channels_last, channels_last_3d, contiguous_format, default_generator, device, double, dtype,
    entropy, finfo, float32, float64, get_default_dtype, get_rng_state, iinfo, initial_seed, int8, int16, int32, int64,
    is_complex, is_floating_point, is_tensor, layout, long, manual_seed, memory_format, preserve_format, seed,
    set_default_dtype, set_rng_state, short, strided, uint8,
)  # fmt: skip

_engine.bind({
    "torch.Tensor": Tensor, "torch.Size": Size, "torch.entropy": entropy, "torch.named_results": named,
})  # fmt: skip

for _name in _names.FUNCTIONS:
    if _engine.torch.is_known(_name) and _name not in globals():
        globals()[_name] = operator(_name)
del _name

from . import autograd, linalg, nn, optim, special, utils  # noqa: E402 - they need the class that is bound above
from ._serialization import load, save  # noqa: E402
from .utils.dlpack import from_dlpack, to_dlpack  # noqa: E402

bool = _values.bool_
int = int32
float = float32


def einsum(equation, *operands):
    """A sum of products, by the letters of the dimensions."""
    given = operands[0] if len(operands) == 1 and isinstance(operands[0], (list, tuple)) else operands
    return _engine.torch.call("einsum", (equation, list(given)), {})


def set_num_threads(count):
    """Sets how many threads operators use from here on. No result depends on it."""
    if type(count) is not builtins.int:
        raise RuntimeError(f"set_num_threads expects an int, but got {type(count).__name__}")
    if count <= 0:
        raise RuntimeError("set_num_threads expects a positive integer")
    _engine.set_threads(count)


def get_num_threads():
    """How many threads operators use."""
    return _engine.get_threads()


def nonzero(input, *, out=None, as_tuple=False):
    """Positions of what is not zero, a row each, or a tensor for each dimension."""
    if out is not None:
        raise NotImplementedError("lumen.torch: nonzero(out=)")
    return input.nonzero(as_tuple=as_tuple)


def numel(input):
    """The number of elements."""
    return input.numel()


def __getattr__(name):
    if name in _names.FUNCTIONS:
        raise AttributeError(f"lumen.torch: {name} does not exist yet")
    raise AttributeError(f"module 'lumen.torch' has no attribute '{name}'")
