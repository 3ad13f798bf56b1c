"""The optimizers: options here, the arithmetic in the engine."""

import math
import warnings
from collections import OrderedDict, defaultdict

from lumen import _engine

from .._modes import enable_grad, no_grad
from .._tensor import Tensor, _call

_torch = _engine.torch


class Optimizer:
    """Moves parameters by their gradients. Groups may have options of their own."""

    def __init__(self, params, defaults):
        self.defaults = defaults
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got torch."
                + params.type().removeprefix("torch.")
            )
        self.state = defaultdict(dict)
        self.param_groups = []
        self._engines = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group):
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        given = param_group["params"]
        if isinstance(given, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in "
                "sets will change between runs. Please use a list instead."
            )
        group = {**param_group, "params": [given] if isinstance(given, Tensor) else list(given)}
        names = [parameter[0] for parameter in group["params"] if isinstance(parameter, tuple)]
        if names:
            group["params"] = [parameter[1] for parameter in group["params"]]
            group["param_names"] = names
        for parameter in group["params"]:
            if not isinstance(parameter, Tensor):
                raise TypeError(
                    "optimizer can only optimize Tensors, but one of the params is " + _kind(parameter)
                )
            if not parameter.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is _REQUIRED and name not in group:
                raise ValueError(
                    f"parameter group didn't specify a value of required optimization parameter {name}"
                )
            group.setdefault(name, default)
        held = {id(parameter) for one in self.param_groups for parameter in one["params"]}
        if any(id(parameter) in held for parameter in group["params"]):
            raise ValueError("some parameters appear in more than one parameter group")
        if len({id(parameter) for parameter in group["params"]}) != len(group["params"]):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; "
                "see github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=3,
            )
        engine = self._engine_of(group)
        self._engines.append(engine)
        self.param_groups.append(group)

    # The engine's rule and what it remembers of a parameter.
    _rule = ""
    _buffers = ()

    def _composed(self, group):
        """Whether the group is moved by `_move`, operator by operator, rather than by a rule of the engine."""
        return not self._rule

    def _engine_of(self, group):
        if self._composed(group):
            return None
        return _torch.Optimizer(self._rule, group["params"], _numbers(group))

    def _start(self, group, parameter):
        """What is remembered of a parameter before its first step, `step` included."""
        raise NotImplementedError(f"lumen.torch: {type(self).__name__} step by step")

    def _move(self, group, parameter, grad, state, step):
        """Moves a parameter and what is remembered of it."""
        raise NotImplementedError(f"lumen.torch: {type(self).__name__} step by step")

    def zero_grad(self, set_to_none=True):
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.grad = None if set_to_none else parameter.grad.clone().zero_()

    def step(self, closure=None):
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group, engine in zip(self.param_groups, self._engines, strict=True):
            if (engine is None) != self._composed(group):
                raise NotImplementedError(
                    f"lumen.torch: optim.{type(self).__name__} whose amsgrad or centered changed after it was made; "
                    "make another and load this one's state"
                )
            if engine is None:
                self._compose(group)
            elif group.get("maximize"):
                self._ascend(group, engine)
            else:
                engine.step(self._rule, _numbers(group))
        return loss

    def _compose(self, group):
        with no_grad():
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                grad = -parameter.grad if group["maximize"] else parameter.grad
                state = self.state[parameter]
                if not state:
                    state.update(self._start(group, parameter))
                state["step"] = state["step"] + 1
                self._move(group, parameter, grad, state, int(state["step"].item()))

    def _ascend(self, group, engine):
        """A step against the gradients, which stay as they were."""
        gradients = [parameter.grad for parameter in group["params"]]
        try:
            for parameter, gradient in zip(group["params"], gradients, strict=True):
                parameter.grad = None if gradient is None else -gradient
            engine.step(self._rule, _numbers(group))
        finally:
            for parameter, gradient in zip(group["params"], gradients, strict=True):
                parameter.grad = gradient

    def state_dict(self):
        state, groups, count = OrderedDict(), [], 0
        for group, engine in zip(self.param_groups, self._engines, strict=True):
            for at in range(len(group["params"])):
                held = self._held(engine, group, at)
                if held is not None:
                    state[count + at] = held
            members = list(range(count, count + len(group["params"])))
            groups.append({**{k: v for k, v in group.items() if k != "params"}, "params": members})
            count += len(group["params"])
        return {"state": dict(state), "param_groups": groups}

    def _held(self, engine, group, at):
        if engine is None:
            return dict(self.state[group["params"][at]]) or None
        found = engine.state(at)
        if found is None:
            return None
        steps, buffers = found
        names = self._names_of(group)
        held = {} if self._rule == "SGD" else {"step": _torch.tensor(float(steps), None)}
        if len(names) != len(buffers):
            raise RuntimeError(f"internal: {self._rule} keeps {len(buffers)} buffers, {len(names)} are named")
        held.update(zip(names, buffers, strict=True))
        return held

    def _names_of(self, group):
        return self._buffers

    def load_state_dict(self, state_dict):
        groups = state_dict["param_groups"]
        if len(groups) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        sizes = [len(group["params"]) for group in groups]
        if sizes != [len(group["params"]) for group in self.param_groups]:
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        for k, (group, loaded) in enumerate(zip(self.param_groups, groups, strict=True)):
            group.update({name: value for name, value in loaded.items() if name != "params"})
            # What is remembered has the shape that the loaded options ask for.
            engine = self._engines[k] = self._engine_of(group)
            for at, key in enumerate(loaded["params"]):
                held = state_dict["state"].get(key)
                if held is None:
                    continue
                if engine is None:
                    copied = {n: v.clone() if isinstance(v, Tensor) else v for n, v in held.items()}
                    self.state[group["params"][at]] = copied
                    continue
                names = [name for name in self._names_of(group) if held.get(name) is not None]
                steps = int(held["step"]) if "step" in held else 1
                engine.set_state(at, steps, [held[name] for name in names])

    def __repr__(self):
        lines = [f"{type(self).__name__} ("]
        for k, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {k}")
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])


_REQUIRED = object()


def _kind(value):
    return type(value).__name__


def _numbers(group):
    options = {name: value for name, value in group.items() if name not in ("params", "param_names")}
    options["lr"] = _lr(group)
    return options


def _zeros(parameter):
    return parameter.detach().clone().zero_()


def _count():
    return _call("zeros", ([],), {})


def _lr(group):
    lr = group["lr"]
    return lr.item() if isinstance(lr, Tensor) else lr


# What PyTorch calls the options in its refusals.
_AT_LEAST_ZERO = {
    "lr": "learning rate",
    "eps": "epsilon value",
    "momentum": "momentum value",
    "weight_decay": "weight_decay value",
    "lr_decay": "lr_decay value",
    "initial_accumulator_value": "initial_accumulator_value value",
    "momentum_decay": "momentum_decay value",
}


def _options(rule, **options):
    """A group's options in PyTorch's order, checked. `foreach` and `fused` say how PyTorch loops; the numbers are the
    same, so that they are kept and change nothing.
    """
    for name, value in options.items():
        if name in _AT_LEAST_ZERO and not 0.0 <= value:
            raise ValueError(f"Invalid {_AT_LEAST_ZERO[name]}: {value}")
        if name == "betas":
            for k, beta in enumerate(value):
                if not 0.0 <= beta < 1.0:
                    raise ValueError(f"Invalid beta parameter at index {k}: {beta}")
        if name in ("capturable", "differentiable") and value:
            raise NotImplementedError(f"lumen.torch: optim.{rule}({name}={value})")
    return {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}


class SGD(Optimizer):
    """Gradient descent, with momentum."""

    _rule = "SGD"

    def __init__(
        self, params, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, *, maximize=False,
        foreach=None, differentiable=False, fused=None,
    ):  # fmt: skip
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(
            params,
            _options(
                "SGD",
                lr=lr,
                momentum=momentum,
                dampening=dampening,
                weight_decay=weight_decay,
                nesterov=nesterov,
                maximize=maximize,
                foreach=foreach,
                differentiable=differentiable,
                fused=fused,
            ),
        )

    def _held(self, engine, group, at):
        found = engine.state(at)
        if found is None:
            return None
        buffers = found[1]
        return {"momentum_buffer": buffers[0]} if buffers else None

    def _names_of(self, group):
        return ("momentum_buffer",)


class _Adam(Optimizer):
    """What Adam and AdamW share."""

    _buffers = ("exp_avg", "exp_avg_sq")
    _decay = 0

    def __init__(
        self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=None, amsgrad=False, *, foreach=None,
        maximize=False, capturable=False, differentiable=False, fused=None,
    ):  # fmt: skip
        weight_decay = self._decay if weight_decay is None else weight_decay
        super().__init__(
            params,
            _options(
                self._rule,
                lr=lr,
                betas=betas,
                eps=eps,
                weight_decay=weight_decay,
                amsgrad=amsgrad,
                maximize=maximize,
                foreach=foreach,
                capturable=capturable,
                differentiable=differentiable,
                fused=fused,
                decoupled_weight_decay=self._rule == "AdamW",
            ),
        )

    def _composed(self, group):
        return group["amsgrad"]

    def _start(self, group, parameter):
        names = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")
        return {"step": _count(), **{name: _zeros(parameter) for name in names}}

    def _move(self, group, parameter, grad, state, step):
        beta1, beta2 = group["betas"]
        lr, decay = _lr(group), group["weight_decay"]
        if decay and group["decoupled_weight_decay"]:
            parameter.mul_(1 - lr * decay)
        elif decay:
            grad = grad.add(parameter, alpha=decay)
        state["exp_avg"].lerp_(grad, 1 - beta1)
        state["exp_avg_sq"].mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        state["max_exp_avg_sq"].copy_(state["max_exp_avg_sq"].maximum(state["exp_avg_sq"]))
        spread = (state["max_exp_avg_sq"].sqrt() / math.sqrt(1 - beta2**step)).add(group["eps"])
        parameter.addcdiv_(state["exp_avg"], spread, value=-lr / (1 - beta1**step))


class Adam(_Adam):
    """Adam; weight decay is part of the gradient."""

    _rule = "Adam"


class AdamW(_Adam):
    """Adam; weight decay is apart from the gradient."""

    _rule = "AdamW"
    _decay = 1e-2


class NAdam(Optimizer):
    """Adam with Nesterov's momentum."""

    _rule = "NAdam"
    _buffers = ("exp_avg", "exp_avg_sq")

    def __init__(
        self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, momentum_decay=4e-3,
        decoupled_weight_decay=False, *, foreach=None, maximize=False, capturable=False, differentiable=False,
    ):  # fmt: skip
        super().__init__(
            params,
            _options(
                "NAdam",
                lr=lr,
                betas=betas,
                eps=eps,
                weight_decay=weight_decay,
                momentum_decay=momentum_decay,
                decoupled_weight_decay=decoupled_weight_decay,
                maximize=maximize,
                foreach=foreach,
                capturable=capturable,
                differentiable=differentiable,
            ),
        )

    def _held(self, engine, group, at):
        held = super()._held(engine, group, at)
        if held is None:
            return None
        # What the momenta of all steps multiply to, which follows from the options.
        product = 1.0
        for step in range(1, int(held["step"].item()) + 1):
            product *= group["betas"][0] * (1.0 - 0.5 * 0.96 ** (step * group["momentum_decay"]))
        return {"step": held.pop("step"), "mu_product": _torch.tensor(product, None), **held}


class RMSprop(Optimizer):
    """Gradients divided by their running root mean square."""

    _rule = "RMSprop"

    def __init__(
        self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False, capturable=False,
        foreach=None, maximize=False, differentiable=False,
    ):  # fmt: skip
        if not 0.0 <= alpha:
            raise ValueError(f"Invalid alpha value: {alpha}")
        super().__init__(
            params,
            _options(
                "RMSprop",
                lr=lr,
                momentum=momentum,
                alpha=alpha,
                eps=eps,
                centered=centered,
                weight_decay=weight_decay,
                capturable=capturable,
                foreach=foreach,
                maximize=maximize,
                differentiable=differentiable,
            ),
        )

    def _composed(self, group):
        return group["centered"]

    def _start(self, group, parameter):
        names = ["square_avg", "grad_avg"] + (["momentum_buffer"] if group["momentum"] > 0 else [])
        return {"step": _count(), **{name: _zeros(parameter) for name in names}}

    def _move(self, group, parameter, grad, state, step):
        alpha = group["alpha"]
        if group["weight_decay"]:
            grad = grad.add(parameter, alpha=group["weight_decay"])
        state["square_avg"].mul_(alpha).addcmul_(grad, grad, value=1 - alpha)
        state["grad_avg"].lerp_(grad, 1 - alpha)
        centered = state["square_avg"].addcmul(state["grad_avg"], state["grad_avg"], value=-1)
        spread = centered.sqrt().add(group["eps"])
        if group["momentum"] > 0:
            state["momentum_buffer"].mul_(group["momentum"]).addcdiv_(grad, spread)
            parameter.add_(state["momentum_buffer"], alpha=-_lr(group))
        else:
            parameter.addcdiv_(grad, spread, value=-_lr(group))

    def _names_of(self, group):
        return ("square_avg", "momentum_buffer") if group["momentum"] > 0 else ("square_avg",)


class Adagrad(Optimizer):
    """Gradients divided by the root of the sum of their squares."""

    _rule = "Adagrad"
    _buffers = ("sum",)

    def __init__(
        self, params, lr=1e-2, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10, foreach=None, *,
        maximize=False, differentiable=False, fused=None,
    ):  # fmt: skip
        super().__init__(
            params,
            _options(
                "Adagrad",
                lr=lr,
                lr_decay=lr_decay,
                eps=eps,
                weight_decay=weight_decay,
                initial_accumulator_value=initial_accumulator_value,
                foreach=foreach,
                maximize=maximize,
                differentiable=differentiable,
                fused=fused,
            ),
        )
