"""`lumen.torch`'s layers and optimizers by PyTorch's own samples: `module_db` and `optim_db`, which its tests use.

    torch_modules.py [--messages] [--at-least MODULES OPTIMIZERS]

A layer counts when every one of its float32 samples, in training and in evaluation, gives PyTorch's outputs, gradients
of inputs and parameters, and buffers, from PyTorch's state. An optimizer counts when every one of its samples moves the
same parameters to the same places. There is no list of samples to skip. The last line is the score.
"""

from __future__ import annotations

import inspect
import sys
import types
import unittest
import warnings
from collections import OrderedDict
from typing import Any

# PyTorch's test support imports this package for a test case class, which no sample needs.
sys.modules.setdefault("expecttest", types.SimpleNamespace(TestCase=unittest.TestCase))
warnings.simplefilter("ignore")

import torch as reference  # noqa: E402
from torch.testing._internal.common_modules import module_db  # noqa: E402
from torch.testing._internal.common_optimizers import optim_db  # noqa: E402

import lumen.torch as ours  # noqa: E402

STEPS = 5


class Differs(Exception):
    """What ours gave is not what PyTorch gave."""


def translated(value: Any) -> Any:
    """A value of PyTorch's as ours."""
    if isinstance(value, reference.Tensor):
        made = ours.tensor(value.detach().contiguous().numpy())
        if not value.is_contiguous() and value.dim() > 0:
            made = ours.as_strided(
                _storage(value), list(value.shape), list(value.stride()), value.storage_offset()
            )
        if value.requires_grad:
            made = made.detach().requires_grad_(True)
        return (
            ours.nn.Parameter(made, value.requires_grad)
            if isinstance(value, reference.nn.Parameter)
            else made
        )
    if isinstance(value, reference.dtype):
        return getattr(ours, str(value).removeprefix("torch."))
    if isinstance(value, reference.device):
        return "cpu"
    if isinstance(value, reference.Size):
        return ours.Size(value)
    if isinstance(value, reference.nn.Module):
        raise Differs(f"an argument that is a {type(value).__name__}")
    if isinstance(value, types.FunctionType | types.BuiltinFunctionType) and hasattr(
        ours.nn.functional, value.__name__
    ):
        return getattr(ours.nn.functional, value.__name__)
    if isinstance(value, OrderedDict):
        return OrderedDict((key, translated(one)) for key, one in value.items())
    if isinstance(value, dict):
        return {key: translated(one) for key, one in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return tuple(translated(one) for one in value)
    if isinstance(value, (tuple, list)):
        return type(value)(translated(one) for one in value)
    if callable(value) or inspect.ismodule(value):
        raise Differs(f"an argument that is {value!r}")
    return value


def _storage(value: Any) -> Any:
    flat = reference.as_strided(
        value.detach(), (value.untyped_storage().nbytes() // value.element_size(),), (1,), 0
    )
    return ours.tensor(flat.numpy())


def leaves(value: Any) -> list[Any]:
    """The tensors of a nested result."""
    if isinstance(value, (reference.Tensor, ours.Tensor)):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, (tuple, list)) else []


def compare(what: str, found: Any, wanted: Any) -> None:
    if (found is None) != (wanted is None):
        raise Differs(f"{what}: expected {'nothing' if wanted is None else 'a tensor'}")
    if wanted is None:
        return
    made = reference.from_numpy(found.detach().numpy().copy())
    if tuple(made.shape) != tuple(wanted.shape):
        raise Differs(f"{what}: expected the shape {tuple(wanted.shape)}, found {tuple(made.shape)}")
    try:
        reference.testing.assert_close(made, wanted.detach(), rtol=1.3e-5, atol=1e-5, equal_nan=True)
    except AssertionError as fault:
        told = [line for line in str(fault).splitlines() if "difference" in line]
        raise Differs(f"{what}: {'; '.join(told)}") from None


def run_module(cls: Any, sample: Any, training: bool) -> None:
    ours_class = getattr(ours.nn, cls.__name__, None)
    if ours_class is None:
        raise Differs("does not exist")
    args, kwargs = sample.constructor_input.args, sample.constructor_input.kwargs
    reference.manual_seed(3)
    theirs = cls(*args, **kwargs).train(training)
    module = ours_class(*translated(args), **translated(kwargs)).train(training)
    found = module.load_state_dict(translated(theirs.state_dict()))
    if found.missing_keys or found.unexpected_keys:
        raise Differs(f"state: {found}")
    forward = sample.forward_input
    if forward is None:
        return
    their_args, their_kwargs = forward.args, forward.kwargs
    our_args, our_kwargs = translated(their_args), translated(their_kwargs)
    reference.manual_seed(5)
    ours.manual_seed(5)
    wanted, given = theirs(*their_args, **their_kwargs), module(*our_args, **our_kwargs)
    outputs = list(zip(leaves(given), leaves(wanted), strict=True))
    for at, (one, other) in enumerate(outputs):
        compare(f"output {at}", one, other)
    chosen = [(one, other) for one, other in outputs if other.requires_grad]
    if chosen:
        cotangents = [reference.randn(other.shape) for _, other in chosen]
        reference.autograd.backward([other for _, other in chosen], cotangents)
        ours.autograd.backward(
            [one for one, _ in chosen], [translated(cotangent) for cotangent in cotangents]
        )
    named = dict(module.named_parameters())
    for name, parameter in theirs.named_parameters():
        compare(f"gradient of {name}", named[name].grad, parameter.grad)
    for at, (one, other) in enumerate(
        zip(leaves([our_args, our_kwargs]), leaves([their_args, their_kwargs]), strict=True)
    ):
        if other.is_leaf:
            compare(f"gradient of input {at}", one.grad, other.grad)
    kept = dict(module.named_buffers())
    for name, buffer in theirs.named_buffers():
        compare(f"buffer {name}", kept[name], buffer)


def score_modules(messages: bool) -> tuple[int, int]:
    passed = 0
    for info in module_db:
        fault, count = None, 0
        try:
            for training in (True, False):
                samples = info.module_inputs_func(
                    info, device="cpu", dtype=reference.float32, requires_grad=True, training=training
                )
                for sample in samples:
                    run_module(info.module_cls, sample, training)
                    count += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, the layer does not count
            fault = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        if fault is None and count > 0:
            passed += 1
        elif messages:
            print(f"{info.name}: {fault or 'no samples'}")
    return passed, len(module_db)


def run_optimizer(cls: Any, sample: Any) -> None:
    ours_class = getattr(ours.optim, cls.__name__, None)
    if ours_class is None:
        raise Differs("does not exist")
    reference.manual_seed(1)
    # In float64, since a search along a line makes much of the last bit.
    sizes = [(2, 3), (4,)]
    theirs = [reference.nn.Parameter(reference.randn(size, dtype=reference.float64)) for size in sizes]
    mine = [translated(parameter) for parameter in theirs]
    goals = [reference.randn_like(parameter) for parameter in theirs]
    mine_goals = [translated(goal) for goal in goals]
    kwargs = dict(sample.kwargs)
    optimizers = cls(theirs, **kwargs), ours_class(mine, **translated(kwargs))

    def closure(optimizer: Any, parameters: Any, goals: Any) -> Any:
        optimizer.zero_grad()
        # Bounded both ways, so that it can be maximised, too.
        squares = [(parameter - goal) ** 2 for parameter, goal in zip(parameters, goals, strict=True)]
        loss = sum((square / (1 + square)).sum() for square in squares)
        loss.backward()
        return loss

    for _ in range(STEPS):
        optimizers[0].step(lambda: closure(optimizers[0], theirs, goals))
        optimizers[1].step(lambda: closure(optimizers[1], mine, mine_goals))
    for at, (one, other) in enumerate(zip(mine, theirs, strict=True)):
        compare(f"parameter {at}", one, other)


def score_optimizers(messages: bool) -> tuple[int, int]:
    passed = 0
    for info in optim_db:
        fault, count = None, 0
        try:
            for sample in info.optim_inputs_func(device="cpu"):
                run_optimizer(info.optim_cls, sample)
                count += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, the optimizer does not count
            fault = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        if fault is None and count > 0:
            passed += 1
        elif messages:
            print(f"optim.{info.optim_cls.__name__}: {fault or 'no samples'} after {count}")
    return passed, len(optim_db)


def main(arguments: list[str]) -> int:
    least = [0, 0]
    if "--at-least" in arguments:
        at = arguments.index("--at-least")
        least = [int(number) for number in arguments[at + 1 : at + 3]]
    modules, all_modules = score_modules("--messages" in arguments)
    optimizers, all_optimizers = score_optimizers("--messages" in arguments)
    print(f"{modules}/{all_modules} modules, {optimizers}/{all_optimizers} optimizers")
    return 1 if modules < least[0] or optimizers < least[1] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
