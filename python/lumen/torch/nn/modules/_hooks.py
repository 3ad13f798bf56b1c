"""Backward hooks of modules: nodes around a call that see its gradients."""

from ..._modes import is_grad_enabled
from ..._tensor import Tensor
from ...autograd import Function


class _Seen(Function):
    """The same tensors with a node of their own."""

    @staticmethod
    def forward(ctx, *tensors):
        return tuple(tensor.view_as(tensor) for tensor in tensors)

    @staticmethod
    def backward(ctx, *gradients):
        return gradients


def _spread(places, gradients, length):
    """Gradients at the places of the tensors among other values, `None` at the others."""
    found = [None] * length
    for at, gradient in zip(places, gradients, strict=True):
        found[at] = gradient
    return tuple(found)


class BackwardHook:
    """One call of a module: its hooks, and what arrived so far."""

    def __init__(self, module, hooks, pre_hooks):
        self._module, self._hooks, self._pre_hooks = module, hooks, pre_hooks
        self._arrived = None
        self._arguments = None

    @staticmethod
    def _through(values, hook):
        """The values with their tensors behind a node, at which `hook` is called; nothing where no gradient flows."""
        places = [at for at, one in enumerate(values) if isinstance(one, Tensor) and one.requires_grad]
        if not places or not is_grad_enabled():
            return values, None
        seen = _Seen.apply(*(values[at] for at in places))
        seen[0].grad_fn.register_hook(hook)
        found = list(values)
        for at, tensor in zip(places, seen, strict=True):
            found[at] = tensor
        return tuple(found), places

    def seen_arguments(self, arguments):
        """The arguments behind the node at which their gradients are seen."""
        self._count = len(arguments)
        found, self._arguments = self._through(arguments, self._at_arguments)
        return found

    def seen_results(self, results):
        """The results behind the node at which their gradients are seen."""
        is_single = isinstance(results, Tensor)
        if not is_single and not isinstance(results, (tuple, list)):
            return results
        listed = (results,) if is_single else tuple(results)
        found, self._results = self._through(listed, self._at_results)
        self._result_count = len(listed)
        if is_single:
            return found[0]
        return type(results)(found) if isinstance(results, list) else found

    def _at_results(self, gradients, _):
        self._arrived = _spread(self._results, gradients, self._result_count)
        for hook in self._pre_hooks:
            changed = hook(self._module, self._arrived)
            if changed is None:
                continue
            changed = changed if isinstance(changed, tuple) else (changed,)
            if len(changed) != len(self._arrived):
                raise RuntimeError(
                    "Backward pre hook returned an invalid number of grad_output, "
                    f"got {len(changed)}, but expected {len(self._arrived)}"
                )
            self._arrived = changed
        arrived = self._arrived
        if self._arguments is None:
            for hook in self._hooks:
                changed = hook(self._module, (None,) * self._count, arrived)
                if changed is not None and not (
                    isinstance(changed, tuple) and all(one is None for one in changed)
                ):
                    raise RuntimeError(
                        "Backward hook for Modules where no input requires gradient should always return None or "
                        "None for all gradients."
                    )
            self._arrived = None
        return tuple(arrived[at] for at in self._results)

    def _at_arguments(self, gradients, _):
        if self._arrived is None:
            return None
        found = _spread(self._arguments, gradients, self._count)
        for hook in self._hooks:
            changed = hook(self._module, found, self._arrived)
            if changed is None:
                continue
            changed = changed if isinstance(changed, tuple) else (changed,)
            if len(changed) != len(found):
                raise RuntimeError(
                    "Backward hook returned an invalid number of grad_input, "
                    f"got {len(changed)}, but expected {len(found)}"
                )
            found = changed
        self._arrived = None
        return tuple(found[at] for at in self._arguments)
