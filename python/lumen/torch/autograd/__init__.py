"""Gradients: `backward`, `grad`, functions with a backward of their own."""

from lumen import _engine

from .. import _tensor
from . import function
from ._anomaly import detect_anomaly, set_detect_anomaly
from .._modes import enable_grad, inference_mode, no_grad, set_grad_enabled
from .._tensor import Tensor

__all__ = [
    "Function", "backward", "detect_anomaly", "enable_grad", "function", "functional", "grad", "inference_mode", "no_grad",
    "report", "set_detect_anomaly", "set_grad_enabled",
]  # fmt: skip

_torch = _engine.torch
Variable = Tensor


def _listed(value):
    return [value] if isinstance(value, Tensor) or value is None else list(value)


def _cotangents(roots, gradients):
    """One gradient for each root; ones for a scalar without."""
    gradients = [None] * len(roots) if gradients is None else _listed(gradients)
    if len(gradients) != len(roots):
        raise RuntimeError(f"got {len(roots)} tensors and {len(gradients)} gradients")
    for root, gradient in zip(roots, gradients, strict=True):
        if gradient is not None and not isinstance(gradient, Tensor):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(gradient).__name__}")
        if gradient is not None and gradient.shape != root.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[0] has a shape of {gradient.shape} and output[0] has a shape of "
                f"{root.shape}."
            )
        if gradient is None and root.requires_grad and root.numel() != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
    return gradients


def backward(
    tensors, grad_tensors=None, retain_graph=None, create_graph=False, grad_variables=None, inputs=None
):
    """Adds the gradients of `tensors` to the leaves' `.grad`."""
    if grad_variables is not None:
        raise NotImplementedError("lumen.torch: backward(grad_variables=), which PyTorch deprecates")
    roots = _listed(tensors)
    gradients = _cotangents(roots, grad_tensors)
    if inputs is not None:
        inputs = _listed(inputs)
        if not inputs:
            raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    keep = create_graph if retain_graph is None else retain_graph
    _torch.backward(roots, gradients, inputs, bool(keep), bool(create_graph))


def grad(
    outputs,
    inputs,
    grad_outputs=None,
    retain_graph=None,
    create_graph=False,
    allow_unused=None,
    is_grads_batched=False,
    materialize_grads=False,
):
    """The gradients of `outputs` by `inputs`, with no `.grad` touched."""
    if is_grads_batched:
        raise NotImplementedError("lumen.torch: grad(is_grads_batched=True)")
    if allow_unused is False and materialize_grads:
        raise ValueError("Expected allow_unused to be True or not passed when materialize_grads=True.")
    roots, leaves = _listed(outputs), _listed(inputs)
    unused = bool(allow_unused) or materialize_grads
    keep = bool(create_graph if retain_graph is None else retain_graph)
    gradients = _cotangents(roots, grad_outputs)
    found = _torch.grad(roots, leaves, gradients, keep, bool(create_graph), unused)
    if materialize_grads:
        found = tuple(
            leaf.detach().clone().zero_() if one is None else one
            for leaf, one in zip(leaves, found, strict=True)
        )
    return found


def report(body, *, depth_max=None, hardened=False):
    """Calls `body()` and tells what the backward passes in it did: its result, and a `dict` of the order in which nodes
    ran and of the counts of their queue. Passes inside passes end with an error below `depth_max` levels; `hardened`
    lets as many again through and says so. This is ours: PyTorch has neither a report nor a limit."""
    return _torch.reported(body, depth_max, hardened)


class Context:
    """What a function's forward leaves for its backward."""

    def __init__(self):
        self._saved = ()
        self._outputs = {}
        self._node = None
        self._unchanged = set()
        self.needs_input_grad = ()

    def save_for_backward(self, *tensors):
        """Keeps tensors; a write to one of them before the backward is an error."""
        self._saved = tuple((tensor, None if tensor is None else tensor._version) for tensor in tensors)

    @property
    def saved_tensors(self):
        for tensor, version in self._saved:
            if tensor is not None and tensor._version != version:
                raise RuntimeError(
                    "one of the variables needed for gradient computation has been modified by an inplace operation: "
                    f"[torch.{_tensor._LEGACY[tensor.dtype.name]} {list(tensor.shape)}] is at version "
                    f"{tensor._version}; expected version {version} instead."
                )
        return tuple(self._placed(tensor) for tensor, _ in self._saved)

    def _placed(self, tensor):
        """A saved output has its place in the graph where a graph of the gradients is made."""
        output = self._outputs.get(id(tensor))
        if output is None or self._node is None or not _torch.is_grad_enabled():
            return tensor
        return self._node._output(output, tensor)

    def mark_non_differentiable(self, *tensors):
        self._unchanged = {id(tensor) for tensor in tensors}

    def mark_dirty(self, *tensors):
        raise NotImplementedError("lumen.torch: Function.mark_dirty")

    def set_materialize_grads(self, value):
        self._materialize = bool(value)

    _materialize = True


class Function:
    """A function with a backward of its own, called by `apply`."""

    @staticmethod
    def forward(*args):
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def backward(ctx, *grad_outputs):
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it "
            "with backward mode AD."
        )

    setup_context = None

    @classmethod
    def apply(cls, *args, **kwargs):
        ctx = Context()
        ctx.needs_input_grad = tuple(isinstance(arg, Tensor) and arg.requires_grad for arg in args)
        with no_grad():
            if cls.setup_context is None:
                outputs = cls.forward(ctx, *args, **kwargs)
            else:
                outputs = cls.forward(*args, **kwargs)
                cls.setup_context(ctx, args, outputs)
        if not (any(ctx.needs_input_grad) and _torch.is_grad_enabled()):
            return outputs
        single = not isinstance(outputs, tuple)
        listed = [outputs] if single else list(outputs)
        places = [
            at for at, one in enumerate(listed)
            if isinstance(one, Tensor) and one.dtype.is_floating_point and id(one) not in ctx._unchanged
        ]  # fmt: skip
        made = _recorded(cls, ctx, args, [listed[at] for at in places])
        for at, one in zip(places, made, strict=True):
            listed[at] = one
        return listed[0] if single else tuple(listed)


def _recorded(cls, ctx, args, outputs):
    """The outputs with a node whose backward is the class's."""
    wanted = [at for at, needed in enumerate(ctx.needs_input_grad) if needed]
    shapes = [output.detach() for output in outputs]
    ctx._outputs = {id(output): at for at, output in enumerate(outputs)}

    def backward(node, gradients):
        if ctx._materialize:
            gradients = [
                shape.clone().zero_() if one is None else one
                for one, shape in zip(gradients, shapes, strict=True)
            ]
        ctx._node = node
        try:
            answer = cls.backward(ctx, *gradients)
        finally:
            ctx._node = None
        answer = answer if isinstance(answer, tuple) else (answer,)
        if len(answer) < len(args):
            raise RuntimeError(
                f"function {cls.__name__}Backward returned an incorrect number of gradients (expected {len(args)}, "
                f"got {len(answer)})"
            )
        return tuple(answer[at] for at in wanted)

    return _torch.record(f"{cls.__name__}Backward", [args[at] for at in wanted], outputs, backward)


from . import functional  # noqa: E402 - it calls `grad` above
