"""Tensors that a module learns or keeps."""

from .._tensor import Tensor, _adopted, _from_numbers


class Parameter(Tensor):
    """A tensor that a module lists as its own when it is assigned to one."""

    def __new__(cls, data=None, requires_grad=True):
        if data is None:
            data = _from_numbers([], None)
        made = _adopted(cls, data)
        made.requires_grad = requires_grad
        return made

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.detach().clone(), self.requires_grad)
        return memo[id(self)]

    def __repr__(self):
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor):
    """A tensor that a module keeps and does not learn."""

    def __new__(cls, data=None, *, persistent=True):
        made = _adopted(cls, _from_numbers([], None) if data is None else data)
        made.persistent = persistent
        return made
