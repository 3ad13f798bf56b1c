"""Gradients of many parameters at once."""

from lumen import _engine

from ..._modes import no_grad
from ..._tensor import Tensor


def _with_gradients(parameters):
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [parameter for parameter in parameters if parameter.grad is not None]


def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """Scales all gradients so that their common norm is at most `max_norm`; gives the norm before."""
    del foreach  # How PyTorch loops; the values are the same.
    held = _with_gradients(parameters)
    if error_if_nonfinite:
        raise NotImplementedError("lumen.torch: clip_grad_norm_(error_if_nonfinite=True)")
    return _engine.torch.clip_grad_norm_(held, float(max_norm), float(norm_type))


def clip_grad_value_(parameters, clip_value, foreach=None):
    """Bounds each element of the gradients."""
    del foreach  # How PyTorch loops; the values are the same.
    clip_value = float(clip_value)
    with no_grad():
        for parameter in _with_gradients(parameters):
            parameter.grad = parameter.grad.clamp(-clip_value, clip_value)


def parameters_to_vector(parameters):
    """All elements one after another."""
    from ... import cat

    return cat([parameter.reshape(-1) for parameter in parameters])
