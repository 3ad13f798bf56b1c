"""Derivatives of functions of tensors: products with vectors, and whole matrices row by row."""

from .._tensor import Tensor, operator
from . import grad

_stack, _zeros_like, _ones_like = operator("stack"), operator("zeros_like"), operator("ones_like")


def _tuple(value, name):
    if isinstance(value, Tensor):
        return (value,), False
    if not (isinstance(value, (tuple, list)) and all(isinstance(one, Tensor) for one in value)):
        raise TypeError(f"The {name} given must be a Tensor or a tuple of Tensors")
    return tuple(value), True


def _prepared(inputs, create_graph):
    """Inputs to derive by: views of those given where the result is to be derived by them again."""
    return tuple(
        one.view_as(one) if create_graph and one.requires_grad else one.detach().requires_grad_()
        for one in inputs
    )


def _run(func, inputs, create_graph):
    given, is_tuple = _tuple(inputs, "inputs")
    given = _prepared(given, create_graph)
    found = func(*given)
    outputs, many = _tuple(found, "outputs of the user-provided function")
    return given, is_tuple, outputs, many


def _like(found, leaves, strict, what):
    if strict and any(one is None for one in found):
        raise RuntimeError(f"{what} is independent of one of the inputs. This is not allowed in strict mode.")
    return tuple(_zeros_like(leaf) if one is None else one for one, leaf in zip(found, leaves, strict=True))


def _shaped(values, many):
    return values if many else values[0]


def _done(value, create_graph):
    if create_graph:
        return value
    return value.detach() if isinstance(value, Tensor) else tuple(_done(one, False) for one in value)


def _weights(v, outputs, name):
    if v is None:
        if len(outputs) != 1 or outputs[0].numel() != 1:
            raise RuntimeError(
                f"The vector v can only be None if the {name} only contains a single Tensor with a single element."
            )
        return (_ones_like(outputs[0]),)
    given, _ = _tuple(v, "v")
    if len(given) != len(outputs) or any(a.shape != b.shape for a, b in zip(given, outputs, strict=True)):
        raise RuntimeError(f"v should have the same sizes as the {name}")
    return given


def vjp(func, inputs, v=None, create_graph=False, strict=False):
    """The outputs of `func` and the product of a vector with its Jacobian."""
    given, is_tuple, outputs, many = _run(func, inputs, create_graph)
    weights = _weights(v, outputs, "user-provided function's output")
    found = _by(outputs, given, weights, create_graph)
    found = _like(found, given, strict, "The output of the user-provided function")
    return _done(_shaped(outputs, many), create_graph), _done(_shaped(found, is_tuple), create_graph)


def _by(outputs, inputs, weights, create_graph):
    """Gradients of those outputs that have a graph."""
    pairs = [(one, weight) for one, weight in zip(outputs, weights, strict=True) if one.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    roots, weights = zip(*pairs, strict=True)
    return grad(roots, inputs, weights, retain_graph=True, create_graph=create_graph, allow_unused=True)


def jvp(func, inputs, v=None, create_graph=False, strict=False):
    """The outputs of `func` and the product of its Jacobian with a vector: the gradient, by the weights, of the product
    of weights with the Jacobian."""
    given, is_tuple, outputs, many = _run(func, inputs, create_graph)
    vector = _weights(v, given, "user-provided inputs")
    weights = tuple(_zeros_like(one).requires_grad_() for one in outputs)
    slopes = _by(outputs, given, weights, True)
    slopes = _like(slopes, given, strict, "The output of the user-provided function")
    found = _by(slopes, weights, vector, create_graph)
    found = _like(found, outputs, strict, "The output of the user-provided function")
    return _done(_shaped(outputs, many), create_graph), _done(_shaped(found, many), create_graph)


def jacobian(func, inputs, create_graph=False, strict=False, vectorize=False, strategy="reverse-mode"):
    """The Jacobian of `func`: for each pair of an output and an input one tensor of both their sizes."""
    if vectorize or strategy != "reverse-mode":
        raise NotImplementedError("lumen.torch: jacobian(vectorize=True) and strategy='forward-mode'")
    given, is_tuple, outputs, many = _run(func, inputs, create_graph)
    rows = []
    for output in outputs:
        columns = [[] for _ in given]
        for element in output.reshape(-1):
            found = _by((element,), given, (_ones_like(element),), create_graph)
            for column, one in zip(
                columns, _like(found, given, strict, "The output of the user-provided function"), strict=True
            ):
                column.append(one)
        row = tuple(
            _stack(column).view(output.shape + one.shape)
            if column
            else _zeros_like(one).expand(output.shape + one.shape)
            for column, one in zip(columns, given, strict=True)
        )
        rows.append(_shaped(row, is_tuple))
    return _done(_shaped(tuple(rows), many), create_graph)


def _scalar(func):
    def checked(*inputs):
        found = func(*inputs)
        if not isinstance(found, Tensor):
            raise RuntimeError("The function given to hessian should return a single Tensor")
        if found.numel() != 1:
            raise RuntimeError(
                "The Tensor returned by the function given to hessian should contain a single element"
            )
        return found.reshape(())

    return checked


def hessian(
    func, inputs, create_graph=False, strict=False, vectorize=False, outer_jacobian_strategy="reverse-mode"
):
    """The Hessian of a function to one number: for each pair of inputs one tensor of both their sizes."""
    if vectorize or outer_jacobian_strategy != "reverse-mode":
        raise NotImplementedError(
            "lumen.torch: hessian(vectorize=True) and outer_jacobian_strategy='forward-mode'"
        )
    _, is_tuple = _tuple(inputs, "inputs")
    value = _scalar(func)

    def slopes(*given):
        found = jacobian(value, given if is_tuple else given[0], create_graph=True)
        return tuple(found) if is_tuple else found

    return jacobian(slopes, inputs, create_graph=create_graph, strict=strict)


def vhp(func, inputs, v=None, create_graph=False, strict=False):
    """The value of a function to one number and the product of a vector with its Hessian."""
    given, is_tuple = _tuple(inputs, "inputs")
    given = _prepared(given, create_graph)
    value = _scalar(func)(*given)
    vector = _weights(v, given, "input to the user-provided function")
    slopes = _like(_by((value,), given, (_ones_like(value),), True), given, strict, "The output")
    found = _like(_by(slopes, given, vector, create_graph), given, strict, "The jacobian")
    return _done(value, create_graph), _done(_shaped(found, is_tuple), create_graph)


# A Hessian is symmetric, so that its product with a vector is the same from both sides.
hvp = vhp
