"""Optimizers whose arithmetic is a few operators a parameter, and what is remembered stands in `state`."""

import math

from .._modes import enable_grad, no_grad
from .._tensor import _call
from .optimizer import Optimizer, _count, _lr, _options, _zeros


class Adadelta(Optimizer):
    """Steps by the ratio of what steps and gradients amounted to."""

    def __init__(
        self, params, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0, foreach=None, *, capturable=False, maximize=False,
        differentiable=False,
    ):  # fmt: skip
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        super().__init__(
            params,
            _options(
                "Adadelta",
                lr=lr,
                rho=rho,
                eps=eps,
                weight_decay=weight_decay,
                maximize=maximize,
                capturable=capturable,
                foreach=foreach,
                differentiable=differentiable,
            ),
        )

    def _start(self, group, parameter):
        return {"step": _count(), "square_avg": _zeros(parameter), "acc_delta": _zeros(parameter)}

    def _move(self, group, parameter, grad, state, step):
        rho, eps = group["rho"], group["eps"]
        if group["weight_decay"]:
            grad = grad.add(parameter, alpha=group["weight_decay"])
        state["square_avg"].mul_(rho).addcmul_(grad, grad, value=1 - rho)
        delta = state["acc_delta"].add(eps).sqrt() / state["square_avg"].add(eps).sqrt() * grad
        state["acc_delta"].mul_(rho).addcmul_(delta, delta, value=1 - rho)
        parameter.add_(delta, alpha=-_lr(group))


class Adamax(Optimizer):
    """Adam by the greatest gradient instead of the mean square."""

    def __init__(
        self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, foreach=None, *, maximize=False,
        differentiable=False, capturable=False,
    ):  # fmt: skip
        super().__init__(
            params,
            _options(
                "Adamax",
                lr=lr,
                betas=betas,
                eps=eps,
                weight_decay=weight_decay,
                foreach=foreach,
                maximize=maximize,
                differentiable=differentiable,
                capturable=capturable,
            ),
        )

    def _start(self, group, parameter):
        return {"step": _count(), "exp_avg": _zeros(parameter), "exp_inf": _zeros(parameter)}

    def _move(self, group, parameter, grad, state, step):
        beta1, beta2 = group["betas"]
        if group["weight_decay"]:
            grad = grad.add(parameter, alpha=group["weight_decay"])
        state["exp_avg"].lerp_(grad, 1 - beta1)
        state["exp_inf"].copy_((state["exp_inf"] * beta2).maximum(grad.abs() + group["eps"]))
        parameter.addcdiv_(state["exp_avg"], state["exp_inf"], value=-_lr(group) / (1 - beta1**step))


class ASGD(Optimizer):
    """Gradient descent with a mean of where it was."""

    def __init__(
        self, params, lr=1e-2, lambd=1e-4, alpha=0.75, t0=1e6, weight_decay=0, foreach=None, maximize=False,
        differentiable=False, capturable=False,
    ):  # fmt: skip
        super().__init__(
            params,
            _options(
                "ASGD",
                lr=lr,
                lambd=lambd,
                alpha=alpha,
                t0=t0,
                weight_decay=weight_decay,
                foreach=foreach,
                maximize=maximize,
                differentiable=differentiable,
                capturable=capturable,
            ),
        )

    def _start(self, group, parameter):
        eta, mu = _count() + _lr(group), _count() + 1
        return {"step": _count(), "eta": eta, "mu": mu, "ax": _zeros(parameter)}

    def _move(self, group, parameter, grad, state, step):
        if group["weight_decay"]:
            grad = grad.add(parameter, alpha=group["weight_decay"])
        eta, mu = state["eta"].item(), state["mu"].item()
        parameter.mul_(1 - group["lambd"] * eta).add_(grad, alpha=-eta)
        if mu == 1:
            state["ax"].copy_(parameter)
        else:
            state["ax"].add_((parameter - state["ax"]) * mu)
        state["eta"] = _count() + _lr(group) / (1 + group["lambd"] * _lr(group) * step) ** group["alpha"]
        state["mu"] = _count() + 1 / max(1, step - group["t0"])


class RAdam(Optimizer):
    """Adam once its mean square can be trusted, the mean gradient before."""

    def __init__(
        self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, decoupled_weight_decay=False, *,
        foreach=None, maximize=False, capturable=False, differentiable=False,
    ):  # fmt: skip
        super().__init__(
            params,
            _options(
                "RAdam",
                lr=lr,
                betas=betas,
                eps=eps,
                weight_decay=weight_decay,
                maximize=maximize,
                foreach=foreach,
                capturable=capturable,
                decoupled_weight_decay=decoupled_weight_decay,
                differentiable=differentiable,
            ),
        )

    def _start(self, group, parameter):
        return {"step": _count(), "exp_avg": _zeros(parameter), "exp_avg_sq": _zeros(parameter)}

    def _move(self, group, parameter, grad, state, step):
        beta1, beta2 = group["betas"]
        lr, decay = _lr(group), group["weight_decay"]
        if decay and group["decoupled_weight_decay"]:
            parameter.mul_(1 - lr * decay)
        elif decay:
            grad = grad.add(parameter, alpha=decay)
        state["exp_avg"].lerp_(grad, 1 - beta1)
        state["exp_avg_sq"].mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        mean = state["exp_avg"] / (1 - beta1**step)
        correction = 1 - beta2**step
        limit = 2 / (1 - beta2) - 1
        length = limit - 2 * step * beta2**step / correction
        if length <= 5:
            parameter.add_(mean, alpha=-lr)
            return
        rectified = math.sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length))
        spread = math.sqrt(correction) / state["exp_avg_sq"].sqrt().add(group["eps"])
        parameter.add_(mean * lr * spread * rectified, alpha=-1.0)


class Rprop(Optimizer):
    """Steps that grow while the gradient keeps its sign and shrink when it turns."""

    def __init__(
        self, params, lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50), *, capturable=False, foreach=None,
        maximize=False, differentiable=False,
    ):  # fmt: skip
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        super().__init__(
            params,
            _options(
                "Rprop",
                lr=lr,
                etas=tuple(etas),
                step_sizes=tuple(step_sizes),
                foreach=foreach,
                maximize=maximize,
                differentiable=differentiable,
                capturable=capturable,
            ),
        )

    def _start(self, group, parameter):
        return {"step": _count(), "prev": _zeros(parameter), "step_size": _zeros(parameter) + _lr(group)}

    def _move(self, group, parameter, grad, state, step):
        shrink, grow = group["etas"]
        least, most = group["step_sizes"]
        turn = (grad * state["prev"]).sign()
        ones = turn * 0 + 1
        factor = _call(
            "where", (turn > 0, ones * grow, _call("where", (turn < 0, ones * shrink, ones), {})), {}
        )
        state["step_size"].mul_(factor).clamp_(least, most)
        grad = _call("where", (turn < 0, turn * 0, grad), {})
        parameter.addcmul_(grad.sign(), state["step_size"], value=-1)
        state["prev"].copy_(grad)


class LBFGS(Optimizer):
    """Newton's steps from the last gradients, over all parameters at once."""

    def __init__(
        self, params, lr=1, max_iter=20, max_eval=None, tolerance_grad=1e-7, tolerance_change=1e-9,
        history_size=100, line_search_fn=None, *, maximize=False,
    ):  # fmt: skip
        if line_search_fn not in (None, "strong_wolfe"):
            raise RuntimeError("only 'strong_wolfe' is supported")
        max_eval = max_iter * 5 // 4 if max_eval is None else max_eval
        super().__init__(
            params,
            _options(
                "LBFGS",
                lr=lr,
                max_iter=max_iter,
                max_eval=max_eval,
                tolerance_grad=tolerance_grad,
                tolerance_change=tolerance_change,
                history_size=history_size,
                line_search_fn=line_search_fn,
                maximize=maximize,
            ),
        )
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        self._parameters = self.param_groups[0]["params"]

    def _gradient(self):
        parts = [
            (_zeros(parameter) if parameter.grad is None else parameter.grad).reshape(-1)
            for parameter in self._parameters
        ]
        flat = _call("cat", (parts,), {})
        return -flat if self.param_groups[0]["maximize"] else flat

    def _shift(self, length, direction):
        at = 0
        for parameter in self._parameters:
            part = direction[at : at + parameter.numel()]
            parameter.add_(part.reshape(list(parameter.shape)), alpha=length)
            at += parameter.numel()

    def _loss(self, closure):
        with enable_grad():
            loss = closure()
        value = float(loss)
        return loss, -value if self.param_groups[0]["maximize"] else value

    def _probe(self, closure, before, length, direction):
        """Loss and gradient at a length of the direction; the parameters stay where they were."""
        self._shift(length, direction)
        _, value = self._loss(closure)
        gradient = self._gradient()
        for parameter, old in zip(self._parameters, before, strict=True):
            parameter.copy_(old)
        return value, gradient

    def step(self, closure):
        with no_grad():
            return self._step(closure)

    def _step(self, closure):
        group = self.param_groups[0]
        lr = _lr(group)
        state = self.state[self._parameters[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first, value = self._loss(closure)
        evaluations = 1
        state["func_evals"] += 1
        gradient = self._gradient()
        if float(gradient.abs().max()) <= group["tolerance_grad"]:
            return first
        iterations = 0
        while iterations < group["max_iter"]:
            iterations += 1
            state["n_iter"] += 1
            direction = self._direction(group, state, gradient)
            state["prev_flat_grad"], previous = gradient.clone(), value
            if state["n_iter"] == 1:
                length = min(1.0, 1.0 / float(gradient.abs().sum())) * lr
            else:
                length = lr
            slope = float(gradient.dot(direction))
            if slope > -group["tolerance_change"]:
                break
            used = 0
            if group["line_search_fn"] is not None:
                before = [parameter.clone() for parameter in self._parameters]
                value, gradient, length, used = _strong_wolfe(
                    lambda t, d=direction, b=before: self._probe(closure, b, t, d),
                    length,
                    direction,
                    value,
                    gradient,
                    slope,
                )
                self._shift(length, direction)
                small = float(gradient.abs().max()) <= group["tolerance_grad"]
            else:
                self._shift(length, direction)
                if iterations != group["max_iter"]:
                    _, value = self._loss(closure)
                    gradient = self._gradient()
                    small = float(gradient.abs().max()) <= group["tolerance_grad"]
                    used = 1
                else:
                    small = False
            state["d"], state["t"] = direction, length
            evaluations += used
            state["func_evals"] += used
            if iterations == group["max_iter"] or evaluations >= group["max_eval"] or small:
                break
            if float((direction * length).abs().max()) <= group["tolerance_change"]:
                break
            if abs(value - previous) < group["tolerance_change"]:
                break
        return first

    def _direction(self, group, state, gradient):
        """The two loops over the remembered steps and changes of the gradient."""
        if state["n_iter"] == 1:
            state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return -gradient
        change = gradient - state["prev_flat_grad"]
        moved = state["d"] * state["t"]
        curvature = float(change.dot(moved))
        if curvature > 1e-10:
            if len(state["old_dirs"]) == group["history_size"]:
                for name in ("old_dirs", "old_stps", "ro"):
                    state[name].pop(0)
            state["old_dirs"].append(change)
            state["old_stps"].append(moved)
            state["ro"].append(1.0 / curvature)
            state["H_diag"] = curvature / float(change.dot(change))
        direction, shares = -gradient, []
        remembered = list(zip(state["old_dirs"], state["old_stps"], state["ro"], strict=True))
        for change, moved, inverse in reversed(remembered):
            share = float(moved.dot(direction)) * inverse
            shares.append(share)
            direction = direction.add(change, alpha=-share)
        direction = direction * state["H_diag"]
        for (change, moved, inverse), share in zip(remembered, reversed(shares), strict=True):
            direction = direction.add(moved, alpha=share - float(change.dot(direction)) * inverse)
        return direction


def _cubic(x1, f1, g1, x2, f2, g2, bounds=None):
    """Where the cubic through two points with their slopes is least, within bounds."""
    low, high = bounds if bounds is not None else ((x1, x2) if x1 <= x2 else (x2, x1))
    d1 = g1 + g2 - 3 * (f1 - f2) / (x1 - x2)
    square = d1**2 - g1 * g2
    if square < 0:
        return (low + high) / 2.0
    d2 = math.sqrt(square)
    if x1 <= x2:
        least = x2 - (x2 - x1) * ((g2 + d2 - d1) / (g2 - g1 + 2 * d2))
    else:
        least = x1 - (x1 - x2) * ((g1 + d2 - d1) / (g1 - g2 + 2 * d2))
    return min(max(least, low), high)


def _strong_wolfe(
    probe, length, direction, value, gradient, slope, c1=1e-4, c2=0.9, tolerance=1e-9, tries=25
):
    """A length that lowers the loss enough and flattens the slope enough: bracketed, then narrowed by cubics."""
    scale = float(direction.abs().max())
    gradient = gradient.clone()
    new_value, new_gradient = probe(length)
    evaluations = 1
    new_slope = float(new_gradient.dot(direction))
    last = (0, value, gradient, slope)
    done, k = False, 0
    while k < tries:
        now = (length, new_value, new_gradient.clone(), new_slope)
        if new_value > value + c1 * length * slope or (k > 1 and new_value >= last[1]):
            bracket = [last, now]
            break
        if abs(new_slope) <= -c2 * slope:
            bracket, done = [now], True
            break
        if new_slope >= 0:
            bracket = [last, now]
            break
        low, high = length + 0.01 * (length - last[0]), length * 10
        next_length = _cubic(last[0], last[1], last[3], length, new_value, new_slope, bounds=(low, high))
        last, length = now, next_length
        new_value, new_gradient = probe(length)
        evaluations += 1
        new_slope = float(new_gradient.dot(direction))
        k += 1
    if k == tries:
        bracket = [(0, value, gradient, slope), (length, new_value, new_gradient, new_slope)]
    stalled = False
    low, high = (0, 1) if bracket[0][1] <= bracket[-1][1] else (1, 0)
    while not done and k < tries:
        if abs(bracket[1][0] - bracket[0][0]) * scale < tolerance:
            break
        (a, fa, _, ga), (b, fb, _, gb) = bracket
        length = _cubic(a, fa, ga, b, fb, gb)
        # Too near to an end, and again: a tenth away from it.
        margin = 0.1 * (max(a, b) - min(a, b))
        if min(max(a, b) - length, length - min(a, b)) < margin:
            if stalled or length >= max(a, b) or length <= min(a, b):
                if abs(length - max(a, b)) < abs(length - min(a, b)):
                    length = max(a, b) - margin
                else:
                    length = min(a, b) + margin
                stalled = False
            else:
                stalled = True
        else:
            stalled = False
        new_value, new_gradient = probe(length)
        evaluations += 1
        new_slope = float(new_gradient.dot(direction))
        k += 1
        now = (length, new_value, new_gradient.clone(), new_slope)
        if new_value > value + c1 * length * slope or new_value >= bracket[low][1]:
            bracket[high] = now
            low, high = (0, 1) if bracket[0][1] <= bracket[1][1] else (1, 0)
        else:
            if abs(new_slope) <= -c2 * slope:
                done = True
            elif new_slope * (bracket[high][0] - bracket[low][0]) >= 0:
                bracket[high] = bracket[low]
            bracket[low] = now
    if len(bracket) == 1:
        low = 0
    length, value, gradient, _ = bracket[low]
    return value, gradient, length, evaluations
