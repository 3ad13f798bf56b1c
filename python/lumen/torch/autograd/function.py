"""What serves `autograd.Function`."""

import functools

from lumen import _engine

from .._modes import no_grad
from .._tensor import Tensor

_torch = _engine.torch


def once_differentiable(backward):
    """Marks a backward that cannot be differentiated: doing so is an error instead of a wrong gradient."""

    @functools.wraps(backward)
    def once(ctx, *gradients):
        with no_grad():
            answer = backward(ctx, *gradients)
        wanted = [one for one in gradients if isinstance(one, Tensor) and one.requires_grad]
        if not (_torch.is_grad_enabled() and wanted):
            return answer
        listed = list(answer) if isinstance(answer, tuple) else [answer]
        places = [at for at, one in enumerate(listed) if one is not None]

        def refuse(node, gradients):
            raise RuntimeError(
                "trying to differentiate twice a function that was marked with @once_differentiable"
            )

        made = _torch.record("once_differentiable", wanted, [listed[at].detach() for at in places], refuse)
        for at, one in zip(places, made, strict=True):
            listed[at] = one
        return tuple(listed) if isinstance(answer, tuple) else listed[0]

    return once
