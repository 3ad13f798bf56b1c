"""`torch.Tensor`: the engine's tensor with PyTorch's methods."""

import weakref

import numpy

from lumen import _engine

from . import _names, _values
from ._values import Size, device, strided

_torch = _engine.torch
_call = _torch.call


def operator(name, qualified=None):
    """The Python function of an operator; arguments are read by its schema, not here."""

    def function(*args, **kwargs):
        return _call(name, args, kwargs)

    function.__name__ = name.rpartition(".")[2]
    function.__qualname__ = qualified or function.__name__
    function.__doc__ = f"PyTorch's `{function.__qualname__}`."
    return function


class Tensor(_torch.Tensor):
    """A tensor: elements of one dtype in a storage that its views share."""

    __array_priority__ = 1000

    def __new__(cls, *data, device=None):
        """`Tensor(2, 3)`, `Tensor([1.0, 2.0])`: `float32`, the legacy constructor."""
        if device is not None:
            _values.device(device)
        if all(isinstance(size, int) for size in data):
            return _adopted(cls, _call("zeros", (data or (0,),), {}) if data else None)
        if len(data) != 1:
            raise TypeError("new(): expected sizes, or one sequence or tensor")
        source = data[0]
        if isinstance(source, Size):
            return _adopted(cls, _call("zeros", (source,), {}))
        if isinstance(source, Tensor):
            return _adopted(cls, source)
        return _adopted(cls, _from_numbers(source, _values.float32))

    # What describes it.
    @property
    def device(self):
        return device("cpu")

    @property
    def layout(self):
        return strided

    is_cuda = is_sparse = is_quantized = is_meta = is_mps = False
    is_cpu = True

    def get_device(self):
        return -1

    def is_floating_point(self):
        return self.dtype.is_floating_point

    def is_complex(self):
        return self.dtype.is_complex

    def is_signed(self):
        return self.dtype.is_signed

    def is_nonzero(self):
        return bool(self)

    @property
    def T(self):
        return self.permute(*range(self.ndim - 1, -1, -1)) if self.ndim != 2 else self.t()

    @property
    def mT(self):
        if self.ndim < 2:
            raise RuntimeError(
                f"tensor.mT is only supported on matrices or batches of matrices. Got {self.ndim}-D tensor."
            )
        return self.transpose(-2, -1)

    H = property(lambda self: self.t())
    mH = mT
    real = property(lambda self: self)

    @property
    def data(self):
        return self.detach()

    @data.setter
    def data(self, value):
        raise NotImplementedError("lumen.torch: assigning Tensor.data; use copy_() under torch.no_grad()")

    # Gradients.
    def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
        from . import autograd

        autograd.backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    def register_hook(self, hook):
        """Calls `hook(gradient)` once all of this tensor's gradient has arrived; what it returns takes its place."""
        return _torch.register_hook(self, hook)

    def register_post_accumulate_grad_hook(self, hook):
        """Calls `hook(self)` after a backward has added to this leaf's `.grad`."""
        seen = weakref.ref(self)
        return _torch.register_post_accumulate_grad_hook(self, seen, hook)

    # Casts and places.
    def to(self, *args, dtype=None, device=None, non_blocking=False, copy=False, memory_format=None):
        """The same elements with another dtype or layout; itself where nothing changes."""
        for argument in args:
            if isinstance(argument, _values.dtype):
                dtype = argument
            elif isinstance(argument, Tensor):
                dtype = argument.dtype
            elif isinstance(argument, (str, _values.device)):
                device = argument
            elif isinstance(argument, bool):
                non_blocking = argument
            else:
                raise TypeError(f"to() received an argument of type {type(argument).__name__}")
        del non_blocking  # Storage is in one place, so that nothing is ever in flight.
        if device is not None:
            _values.device(device)
        dtype = self.dtype if dtype is None else dtype
        if dtype == self.dtype and memory_format is None:
            return self.clone() if copy else self
        named = {} if memory_format is None else {"memory_format": memory_format}
        return _call("to", (self, dtype), {"copy": copy, **named})

    def type(self, dtype=None):
        """The legacy name of the class, or the same elements with another dtype."""
        if dtype is None:
            return f"torch.{_LEGACY[self.dtype.name]}"
        if isinstance(dtype, str):
            found = [name for name, legacy in _LEGACY.items() if dtype == f"torch.{legacy}"]
            if not found:
                raise ValueError(f"invalid type: '{dtype}'")
            dtype = _values.dtype(found[0])
        return self.to(dtype)

    def contiguous(self, memory_format=None):
        """Itself where the elements lie row by row, else a copy in which they do."""
        if self.is_contiguous(memory_format):
            return self
        return _call("contiguous", (self,), {} if memory_format is None else {"memory_format": memory_format})

    def type_as(self, other):
        return self.to(other.dtype)

    def nonzero(self, *, as_tuple=False):
        """Positions of what is not zero, a row each, or a tensor for each dimension."""
        return _call("where", (self,), {}) if as_tuple else _call("nonzero", (self,), {})

    def cpu(self):
        return self

    def cuda(self, device=None):
        _values.device("cuda" if device is None else device)

    # Towards numpy.
    def numpy(self, *, force=False):
        """The tensor's own memory as an array; truth values are copied, since numpy may write a byte that is none."""
        if self.requires_grad and not force:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."
            )
        if self.dtype == _values.bool_:
            return numpy.frombuffer(self._bytes(), dtype=numpy.bool_).reshape(tuple(self.shape))
        return numpy.from_dlpack(self.detach())

    def __array__(self, dtype=None, copy=None):
        array = self.numpy()
        if copy is False and (self.dtype == _values.bool_ or dtype not in (None, array.dtype)):
            raise ValueError("Unable to avoid copy while creating an array as requested.")
        array = array if dtype is None else array.astype(dtype, copy=False)
        return array.copy() if copy else array

    def __dlpack__(self, *, stream=-1, max_version=None, dl_device=None, copy=None, read_only=False):
        from .utils.dlpack import exported

        return exported(self, stream, max_version, dl_device, copy, read_only)

    def __dlpack_device__(self):
        from .utils.dlpack import DLDeviceType

        return DLDeviceType.kDLCPU, 0

    # Python's protocols.
    def __getattr__(self, name):
        if name in _names.METHODS:
            raise AttributeError(f"lumen.torch: Tensor.{name} does not exist yet")
        raise AttributeError(f"'Tensor' object has no attribute '{name}'")

    def __contains__(self, element):
        if isinstance(element, (Tensor, int, float)):
            return bool((element == self).any())
        raise RuntimeError(
            f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}."
        )

    def __reversed__(self):
        return self if self.dim() == 0 else self.flip(0)

    def __format__(self, spec):
        return self.item().__format__(spec) if self.dim() == 0 else object.__format__(self, spec)

    def __deepcopy__(self, memo):
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
                "moment.  If you were attempting to deepcopy a module, this may be because of a torch.nn.utils."
                "weight_norm usage, see https://github.com/pytorch/pytorch/pull/103001"
            )
        if id(self) in memo:
            return memo[id(self)]
        made = _adopted(type(self), self.detach().clone())
        made.requires_grad = self.requires_grad
        if self.grad is not None:
            made.grad = self.grad.__deepcopy__(memo)
        memo[id(self)] = made
        return made

    def __reduce__(self):
        return _rebuilt, (type(self), self._bytes(), self.dtype.name, tuple(self.shape), self.requires_grad)


_LEGACY = {
    "bool": "BoolTensor",
    "uint8": "ByteTensor",
    "int8": "CharTensor",
    "int16": "ShortTensor",
    "int32": "IntTensor",
    "int64": "LongTensor",
    "float32": "FloatTensor",
    "float64": "DoubleTensor",
}


def _adopted(cls, source):
    """The same storage as an instance of a class below `Tensor`, outside the graph."""
    return _torch.Tensor.__new__(cls) if source is None else _torch.Tensor.__new__(cls, source)


def _rebuilt(cls, elements, dtype, sizes, requires_grad):
    made = _adopted(cls, _torch.from_buffer(elements, _values.dtype(dtype), list(sizes)))
    made.requires_grad = requires_grad
    return made


def known(dtype):
    """The name of a dtype of numpy's that tensors have."""
    if dtype.name not in _LEGACY:
        raise TypeError(
            f"can't convert np.ndarray of type {dtype.type.__module__}.{dtype.type.__name__}. "
            f"The only supported types are: {', '.join(_LEGACY)}."
        )
    return dtype.name


def _from_numbers(data, dtype):
    """A copy of an array, a sequence, or a number."""
    if isinstance(data, Tensor):
        return data.detach().clone() if dtype is None else data.detach().to(dtype, copy=True)
    if hasattr(data, "__array__") and getattr(data, "dtype", None) is not None:
        array = numpy.ascontiguousarray(data)
        name = known(array.dtype)
        shape = tuple(numpy.shape(data))
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        made = _torch.from_buffer(little.tobytes(), _values.dtype(name), list(shape))
        return made if dtype is None or dtype == made.dtype else made.to(dtype)
    return _torch.tensor(data, dtype)


def _install():
    for name in _names.METHODS:
        if _torch.is_known(name) and name not in Tensor.__dict__:
            setattr(Tensor, name, operator(name, f"Tensor.{name}"))


_install()
for _name, _dtype in (
    ("bool", "bool"), ("byte", "uint8"), ("char", "int8"), ("short", "int16"), ("int", "int32"), ("long", "int64"),
    ("float", "float32"), ("double", "float64"),
):  # fmt: skip
    setattr(Tensor, _name, (lambda dtype: lambda self: self.to(dtype))(_values.dtype(_dtype)))
del _name, _dtype
