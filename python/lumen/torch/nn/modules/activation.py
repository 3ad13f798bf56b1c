"""Functions of each element, and softmax."""

from ..._tensor import _call
from .. import functional as F
from ..parameter import Parameter
from .module import Module


def _layer(name, function, options=(), shown=None):
    """A layer without parameters: its options are the function's further arguments, in this order."""

    names = [option for option, _ in options]
    defaults = dict(options)
    required = [option for option, default in options if default is ...]

    def __init__(self, *args, **kwargs):
        Module.__init__(self)
        if len(args) > len(names):
            raise TypeError(
                f"{name}.__init__() takes from {len(required) + 1} to {len(names) + 1} positional arguments but "
                f"{len(args) + 1} were given"
            )
        given = dict(zip(names, args, strict=False))
        for option, value in kwargs.items():
            if option not in defaults:
                raise TypeError(f"{name}.__init__() got an unexpected keyword argument '{option}'")
            if option in given:
                raise TypeError(f"{name}.__init__() got multiple values for argument '{option}'")
            given[option] = value
        for option in names:
            if option not in given and defaults[option] is ...:
                raise TypeError(f"{name}.__init__() missing 1 required positional argument: '{option}'")
            setattr(self, option, given.get(option, defaults[option]))

    def forward(self, input):
        return getattr(F, function)(input, **{option: getattr(self, option) for option in names})

    def extra_repr(self):
        return shown(self) if shown else ""

    body = {
        "__init__": __init__,
        "forward": forward,
        "extra_repr": extra_repr,
        "__doc__": f"PyTorch's `{name}`.",
    }
    return type(name, (Module,), {**body, "__module__": __name__})


def _inplace(self):
    return "inplace=True" if self.inplace else ""


_IN = ("inplace", False)
ReLU = _layer("ReLU", "relu", [_IN], _inplace)
ReLU6 = _layer("ReLU6", "relu6", [_IN], _inplace)
SiLU = _layer("SiLU", "silu", [_IN], _inplace)
Mish = _layer("Mish", "mish", [_IN], _inplace)
Hardswish = _layer("Hardswish", "hardswish", [_IN])
Hardsigmoid = _layer("Hardsigmoid", "hardsigmoid", [_IN])
SELU = _layer("SELU", "selu", [_IN], _inplace)
Sigmoid = _layer("Sigmoid", "sigmoid")
Tanh = _layer("Tanh", "tanh")
LogSigmoid = _layer("LogSigmoid", "logsigmoid")
Softsign = _layer("Softsign", "softsign")
Tanhshrink = _layer("Tanhshrink", "tanhshrink")
GELU = _layer("GELU", "gelu", [("approximate", "none")], lambda self: f"approximate={self.approximate!r}")
ELU = _layer(
    "ELU",
    "elu",
    [("alpha", 1.0), _IN],
    lambda self: f"alpha={self.alpha}" + (", inplace=True" if self.inplace else ""),
)
CELU = _layer(
    "CELU",
    "celu",
    [("alpha", 1.0), _IN],
    lambda self: f"alpha={self.alpha}" + (", inplace=True" if self.inplace else ""),
)
LeakyReLU = _layer(
    "LeakyReLU",
    "leaky_relu",
    [("negative_slope", 1e-2), _IN],
    lambda self: f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else ""),
)
Softplus = _layer(
    "Softplus",
    "softplus",
    [("beta", 1.0), ("threshold", 20.0)],
    lambda self: f"beta={self.beta}, threshold={self.threshold}",
)
Hardshrink = _layer("Hardshrink", "hardshrink", [("lambd", 0.5)], lambda self: f"{self.lambd}")
Softshrink = _layer("Softshrink", "softshrink", [("lambd", 0.5)], lambda self: str(self.lambd))
Hardtanh = _layer(
    "Hardtanh",
    "hardtanh",
    [("min_val", -1.0), ("max_val", 1.0), _IN],
    lambda self: (
        f"min_val={self.min_val}, max_val={self.max_val}" + (", inplace=True" if self.inplace else "")
    ),
)
Threshold = _layer(
    "Threshold",
    "threshold",
    [("threshold", ...), ("value", ...), _IN],
    lambda self: (
        f"threshold={self.threshold}, value={self.value}" + (", inplace=True" if self.inplace else "")
    ),
)
GLU = _layer("GLU", "glu", [("dim", -1)], lambda self: f"dim={self.dim}")


class Softmax(Module):
    """Exponentials that add up to one along a dimension."""

    _function = "softmax"

    def __init__(self, dim=None):
        super().__init__()
        self.dim = dim

    def forward(self, input):
        if self.dim is None:
            raise NotImplementedError(
                f"lumen.torch: {type(self).__name__} without dim=, which PyTorch deprecates"
            )
        return getattr(F, self._function)(input, dim=self.dim)

    def extra_repr(self):
        return f"dim={self.dim}"


class LogSoftmax(Softmax):
    """The logarithm of softmax."""

    _function = "log_softmax"


class Softmin(Softmax):
    """Softmax of the negatives."""

    _function = "softmin"


class Softmax2d(Module):
    """Softmax over the channels of each pixel."""

    def forward(self, input):
        if input.dim() not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead")
        return F.softmax(input, -3)


class RReLU(Module):
    """Slopes below zero drawn while training, their mean in evaluation."""

    def __init__(self, lower=1.0 / 8, upper=1.0 / 3, inplace=False):
        super().__init__()
        self.lower, self.upper, self.inplace = lower, upper, inplace

    def forward(self, input):
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self):
        return f"lower={self.lower}, upper={self.upper}" + (", inplace=True" if self.inplace else "")


class PReLU(Module):
    """`max(0, x) + weight * min(0, x)` with a learned weight for each channel or one for all."""

    def __init__(self, num_parameters=1, init=0.25, device=None, dtype=None):
        super().__init__()
        from .linear import placed

        placed(device)
        self.num_parameters, self.init = num_parameters, init
        made = _call("full", ((num_parameters,), init), {"dtype": dtype} if dtype else {})
        self.weight = Parameter(made.float() if dtype is None else made)

    def forward(self, input):
        return F.prelu(input, self.weight)

    def extra_repr(self):
        return f"num_parameters={self.num_parameters}"
