"""Networks over sequences, step by step."""

import math

from ..._tensor import _call
from .. import functional as F
from .. import init
from .linear import empty, placed
from .module import Module

_GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}


def _step(mode, of_input, state, weight, bias):
    """One step from what the input gives to the gates: the output and the next state."""
    if mode == "LSTM":
        hidden, cell = state
        enter, forget, change, leave = (of_input + F.linear(hidden, weight, bias)).chunk(4, -1)
        cell = forget.sigmoid() * cell + enter.sigmoid() * change.tanh()
        hidden = leave.sigmoid() * cell.tanh()
        return hidden, (hidden, cell)
    if mode == "GRU":
        reset_i, update_i, new_i = of_input.chunk(3, -1)
        reset_h, update_h, new_h = F.linear(state, weight, bias).chunk(3, -1)
        reset, update = (reset_i + reset_h).sigmoid(), (update_i + update_h).sigmoid()
        new = (new_i + reset * new_h).tanh()
        state = (state - new) * update + new
        return state, state
    sum_ = of_input + F.linear(state, weight, bias)
    state = sum_.tanh() if mode == "RNN_TANH" else sum_.relu()
    return state, state


class _Cell(Module):
    """One step of a network."""

    _mode = ""

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__()
        placed(device)
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows = _GATES[self._mode] * hidden_size
        self.weight_ih = empty(rows, input_size, dtype=dtype)
        self.weight_hh = empty(rows, hidden_size, dtype=dtype)
        self.register_parameter("bias_ih", empty(rows, dtype=dtype) if bias else None)
        self.register_parameter("bias_hh", empty(rows, dtype=dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self):
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def forward(self, input, hx=None):
        name = type(self).__name__
        if input.dim() not in (1, 2):
            raise ValueError(f"{name}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        alone = input.dim() == 1
        lstm = self._mode == "LSTM"
        input = input.unsqueeze(0) if alone else input
        if hx is None:
            zeros = _call("zeros", ([input.size(0), self.hidden_size],), {"dtype": input.dtype})
            hx = (zeros, zeros) if lstm else zeros
        elif alone:
            hx = tuple(one.unsqueeze(0) for one in hx) if lstm else hx.unsqueeze(0)
        of_input = F.linear(input, self.weight_ih, self.bias_ih)
        _, state = _step(self._mode, of_input, hx, self.weight_hh, self.bias_hh)
        if alone:
            state = tuple(one.squeeze(0) for one in state) if lstm else state.squeeze(0)
        return state

    def extra_repr(self):
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else f", bias={self.bias}")


class RNNCell(_Cell):
    """A step through tanh or relu."""

    def __init__(self, input_size, hidden_size, bias=True, nonlinearity="tanh", device=None, dtype=None):
        if nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {nonlinearity}")
        object.__setattr__(self, "_mode", f"RNN_{nonlinearity.upper()}")
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity

    def extra_repr(self):
        return super().extra_repr() + (
            "" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}"
        )


class LSTMCell(_Cell):
    """A step of a long short-term memory."""

    _mode = "LSTM"


class GRUCell(_Cell):
    """A step with a reset and an update gate."""

    _mode = "GRU"


class _Recurrent(Module):
    """Layers of steps over sequences, one way or both."""

    def __init__(
        self, mode, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0,
        bidirectional=False, proj_size=0, device=None, dtype=None,
    ):  # fmt: skip
        super().__init__()
        placed(device)
        if proj_size:
            raise NotImplementedError(f"lumen.torch: {type(self).__name__} with proj_size")
        if not 0 <= dropout <= 1 or isinstance(dropout, bool):
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
            )
        self.mode, self.input_size, self.hidden_size, self.num_layers = (
            mode,
            input_size,
            hidden_size,
            num_layers,
        )
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, 0
        rows = _GATES[mode] * hidden_size
        self._names = []
        for layer in range(num_layers):
            width = input_size if layer == 0 else hidden_size * (2 if bidirectional else 1)
            for suffix in ("", "_reverse")[: 2 if bidirectional else 1]:
                names = [
                    f"{part}_l{layer}{suffix}" for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
                ]
                sizes = [(rows, width), (rows, hidden_size), (rows,), (rows,)]
                for name, size in list(zip(names, sizes, strict=True))[: 4 if bias else 2]:
                    setattr(self, name, empty(*size, dtype=dtype))
                self._names.append(names)
        self.reset_parameters()

    def reset_parameters(self):
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self):
        """Nothing: the parameters need no place of their own here."""

    def _weights(self, at):
        return [getattr(self, name, None) for name in self._names[at]]

    def forward(self, input, hx=None):
        if input.dim() not in (2, 3):
            raise ValueError(
                f"{type(self).__name__}: Expected input to be 2D or 3D, got {input.dim()}D instead"
            )
        if input.size(-1) != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )
        lstm, alone = self.mode == "LSTM", input.dim() == 2
        batch_dim = 0 if self.batch_first else 1
        if alone:
            input = input.unsqueeze(batch_dim)
            if hx is not None:
                hx = tuple(one.unsqueeze(1) for one in hx) if lstm else hx.unsqueeze(1)
        steps = input.transpose(0, 1) if self.batch_first else input
        ways = 2 if self.bidirectional else 1
        if hx is None:
            zeros = _call(
                "zeros", ([self.num_layers * ways, steps.size(1), self.hidden_size],), {"dtype": input.dtype}
            )
            hx = (zeros, zeros) if lstm else zeros
        finals = []
        for layer in range(self.num_layers):
            outputs = []
            for way in range(ways):
                at = layer * ways + way
                state = (hx[0][at], hx[1][at]) if lstm else hx[at]
                found = []
                weight_ih, weight_hh, bias_ih, bias_hh = self._weights(at)
                # What does not depend on the step before is one product for all of them.
                parts = F.linear(steps, weight_ih, bias_ih).unbind(0)
                for part in reversed(parts) if way else parts:
                    output, state = _step(self.mode, part, state, weight_hh, bias_hh)
                    found.append(output)
                outputs.append(_call("stack", (found[::-1] if way else found,), {}))
                finals.append(state)
            steps = outputs[0] if ways == 1 else _call("cat", (outputs, -1), {})
            if self.dropout and layer + 1 < self.num_layers:
                steps = F.dropout(steps, self.dropout, self.training)
        output = steps.transpose(0, 1) if self.batch_first else steps
        if lstm:
            final = tuple(_call("stack", ([one[part] for one in finals],), {}) for part in (0, 1))
        else:
            final = _call("stack", (finals,), {})
        if alone:
            output = output.squeeze(batch_dim)
            final = tuple(one.squeeze(1) for one in final) if lstm else final.squeeze(1)
        return output, final

    def extra_repr(self):
        parts = [f"{self.input_size}, {self.hidden_size}"]
        for name, plain in (("num_layers", 1), ("bias", True), ("batch_first", False), ("dropout", 0.0)):
            if getattr(self, name) != plain:
                parts.append(f"{name}={getattr(self, name)}")
        if self.bidirectional:
            parts.append("bidirectional=True")
        return ", ".join(parts)


class RNN(_Recurrent):
    """Layers of steps through tanh or relu."""

    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh", *args, **options):
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, *args, **options)
        self.nonlinearity = nonlinearity


class LSTM(_Recurrent):
    """Layers of long short-term memories."""

    def __init__(self, input_size, hidden_size, *args, **options):
        super().__init__("LSTM", input_size, hidden_size, *args, **options)


class GRU(_Recurrent):
    """Layers with a reset and an update gate."""

    def __init__(self, input_size, hidden_size, *args, **options):
        super().__init__("GRU", input_size, hidden_size, *args, **options)
