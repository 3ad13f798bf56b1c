"""`nn.Module`: parameters, buffers and modules by name."""

import itertools
from collections import OrderedDict, namedtuple

from ..._modes import no_grad
from ..._tensor import Tensor
from ...utils.hooks import RemovableHandle
from ..parameter import Buffer, Parameter
from ._hooks import BackwardHook


class _IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What a state had too little or too much."""

    __slots__ = ()

    def __repr__(self):
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return super().__repr__()

    __str__ = __repr__


def _hooked(hooks, hook, prepend, with_kwargs=False, always=False):
    handle = RemovableHandle(hooks)
    hooks[handle.id] = (hook, with_kwargs, always)
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


class Module:
    """A function with parameters; modules assigned to one belong to it."""

    training: bool
    _version = 1

    def __init__(self):
        for name, value in (
            ("training", True),
            ("_parameters", {}),
            ("_buffers", {}),
            ("_non_persistent_buffers_set", set()),
            ("_forward_hooks", OrderedDict()),
            ("_forward_pre_hooks", OrderedDict()),
            ("_backward_hooks", OrderedDict()),
            ("_backward_pre_hooks", OrderedDict()),
            ("_modules", {}),
        ):
            object.__setattr__(self, name, value)

    def forward(self, *input):
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    def __call__(self, *args, **kwargs):
        done = set()
        try:
            return self._called(args, kwargs, done)
        except Exception:
            for id, (hook, with_kwargs, always) in tuple(self._forward_hooks.items()):
                if always and id not in done:
                    hook(self, args, kwargs, None) if with_kwargs else hook(self, args, None)
            raise

    def _called(self, args, kwargs, done):
        for hook, with_kwargs, _ in tuple(self._forward_pre_hooks.values()):
            if with_kwargs:
                changed = hook(self, args, kwargs)
                if changed is None:
                    continue
                if not (isinstance(changed, tuple) and len(changed) == 2):
                    raise RuntimeError(
                        "forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got "
                        f"{changed}."
                    )
                args, kwargs = changed
            elif (changed := hook(self, args)) is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
        after = None
        if self._backward_hooks or self._backward_pre_hooks:
            before = [hook for hook, *_ in self._backward_pre_hooks.values()]
            after = BackwardHook(self, [hook for hook, *_ in self._backward_hooks.values()], before)
            args = after.seen_arguments(args)
        result = self.forward(*args, **kwargs)
        for id, (hook, with_kwargs, _) in tuple(self._forward_hooks.items()):
            done.add(id)
            changed = hook(self, args, kwargs, result) if with_kwargs else hook(self, args, result)
            if changed is not None:
                result = changed
        return result if after is None else after.seen_results(result)

    def register_forward_hook(self, hook, *, prepend=False, with_kwargs=False, always_call=False):
        """Calls `hook(module, args, result)` after each call; what it returns takes the result's place."""
        return _hooked(self._forward_hooks, hook, prepend, with_kwargs, always_call)

    def register_forward_pre_hook(self, hook, *, prepend=False, with_kwargs=False):
        """Calls `hook(module, args)` before each call; what it returns takes the arguments' place."""
        return _hooked(self._forward_pre_hooks, hook, prepend, with_kwargs)

    def register_full_backward_hook(self, hook, prepend=False):
        """Calls `hook(module, grad_input, grad_output)` when the gradients of the arguments are there; what it returns
        takes their place."""
        return _hooked(self._backward_hooks, hook, prepend)

    def register_full_backward_pre_hook(self, hook, prepend=False):
        """Calls `hook(module, grad_output)` when the gradients of the results are there; what it returns takes their
        place."""
        return _hooked(self._backward_pre_hooks, hook, prepend)

    def register_backward_hook(self, hook):
        raise NotImplementedError(
            "lumen.torch: Module.register_backward_hook, which PyTorch deprecates; use register_full_backward_hook"
        )

    # Attributes.
    def _table(self, name):
        try:
            return self.__dict__[name]
        except KeyError:
            kind = {"_parameters": "parameters", "_modules": "module", "_buffers": "buffers"}[name]
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call") from None

    def register_parameter(self, name, param):
        self._check_name("parameter", name, self._table("_parameters"))
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{_type_name(param)}' object to parameter '{name}' (torch.nn.Parameter or None "
                "required)"
            )
        self._parameters[name] = param

    def register_buffer(self, name, tensor, persistent=True):
        self._check_name("buffer", name, self._table("_buffers"))
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{_type_name(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name, module):
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{_type_name(module)} is not a Module subclass")
        self._check_name("module", name, self._table("_modules"))
        self._modules[name] = module

    register_module = add_module

    def _check_name(self, kind, name, table):
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {_type_name(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain ".", got: {name}')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in table:
            raise KeyError(f"attribute '{name}' already exists")

    def __getattr__(self, name):
        for table in ("_parameters", "_buffers", "_modules"):
            held = self.__dict__.get(table)
            if held is not None and name in held:
                return held[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name, value):
        tables = ("_parameters", "_buffers", "_modules")
        if isinstance(value, Parameter):
            self._forget(name, [self.__dict__, *(self.__dict__.get(table) for table in tables[1:])])
            self._table("_parameters")[name] = value
        elif isinstance(value, Module):
            self._forget(name, [self.__dict__, *(self.__dict__.get(table) for table in tables[:2])])
            self._table("_modules")[name] = value
        elif name in self.__dict__.get("_parameters", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_type_name(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)"
                )
            self._parameters[name] = None
        elif name in self.__dict__.get("_modules", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_type_name(value)}' as child module '{name}' (torch.nn.Module or None expected)"
                )
            self._modules[name] = None
        elif isinstance(value, Buffer):
            self._forget(name, [self.__dict__])
            self._table("_buffers")
            self.register_buffer(name, value, value.persistent)
        elif name in self.__dict__.get("_buffers", ()):
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(
                    f"cannot assign '{_type_name(value)}' as buffer '{name}' (torch.nn.Buffer, torch.Tensor or None "
                    "expected)"
                )
            self._buffers[name] = value
        else:
            object.__setattr__(self, name, value)

    @staticmethod
    def _forget(name, tables):
        for table in tables:
            if table is not None:
                table.pop(name, None)

    def __delattr__(self, name):
        for table in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__[table]:
                del self.__dict__[table][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self):
        return sorted({*super().__dir__(), *self._parameters, *self._buffers, *self._modules})

    # Walks.
    def named_modules(self, memo=None, prefix="", remove_duplicate=True):
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(
                    memo, f"{prefix}.{name}" if prefix else name, remove_duplicate
                )

    def modules(self):
        for _, module in self.named_modules():
            yield module

    def named_children(self):
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self):
        for _, module in self.named_children():
            yield module

    def _named_members(self, members, prefix, recurse, remove_duplicate):
        seen = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        for path, module in modules if recurse else [(prefix, self)]:
            for name, value in members(module):
                if value is None or id(value) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(value))
                yield f"{path}.{name}" if path else name, value

    def named_parameters(self, prefix="", recurse=True, remove_duplicate=True):
        yield from self._named_members(
            lambda module: module._parameters.items(), prefix, recurse, remove_duplicate
        )

    def parameters(self, recurse=True):
        for _, value in self.named_parameters(recurse=recurse):
            yield value

    def named_buffers(self, prefix="", recurse=True, remove_duplicate=True):
        yield from self._named_members(
            lambda module: module._buffers.items(), prefix, recurse, remove_duplicate
        )

    def buffers(self, recurse=True):
        for _, value in self.named_buffers(recurse=recurse):
            yield value

    def get_submodule(self, target):
        module = self
        for name in target.split(".") if target else ():
            if not hasattr(module, name):
                raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def get_parameter(self, target):
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        found = getattr(module, name)
        if not isinstance(found, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return found

    # State.
    def train(self, mode=True):
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self):
        return self.train(False)

    def requires_grad_(self, requires_grad=True):
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none=True):
        for parameter in self.parameters():
            if parameter.grad is not None:
                parameter.grad = None if set_to_none else parameter.grad.clone().zero_()

    def apply(self, fn):
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def state_dict(self, *, destination=None, prefix="", keep_vars=False):
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = {"version": self._version}
        for name, value in self._parameters.items():
            if value is not None:
                destination[prefix + name] = value if keep_vars else value.detach()
        for name, value in self._buffers.items():
            if value is not None and name not in self._non_persistent_buffers_set:
                destination[prefix + name] = value if keep_vars else value.detach()
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        return destination

    def _states(self, prefix=""):
        for name, value in itertools.chain(self._parameters.items(), self._buffers.items()):
            if value is not None and name not in self._non_persistent_buffers_set:
                yield prefix + name, value
        for name, module in self._modules.items():
            if module is not None:
                yield from module._states(f"{prefix}{name}.")

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Copies values into parameters and buffers; with an error nothing is written."""
        if assign:
            raise NotImplementedError("lumen.torch: load_state_dict(assign=True)")
        own = dict(self._states())
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        faults = []
        if strict and unexpected:
            faults.append(
                "Unexpected key(s) in state_dict: {}. ".format(", ".join(f'"{name}"' for name in unexpected))
            )
        if strict and missing:
            faults.append(
                "Missing key(s) in state_dict: {}. ".format(", ".join(f'"{name}"' for name in missing))
            )
        for name, value in own.items():
            if name in state_dict and state_dict[name].shape != value.shape:
                faults.append(
                    f"size mismatch for {name}: copying a param with shape {state_dict[name].shape} from checkpoint, "
                    f"the shape in current model is {value.shape}."
                )
        if faults:
            lines = "\n\t".join(faults)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{lines}")
        with no_grad():
            for name, value in own.items():
                if name in state_dict:
                    value.copy_(state_dict[name])
        return _IncompatibleKeys(missing, unexpected)

    def to(self, *args, **kwargs):
        """Parameters and buffers cast in place of their owners'."""
        return self._converted(lambda tensor: tensor.to(*args, **kwargs))

    def float(self):
        return self._converted(lambda tensor: tensor.float() if tensor.is_floating_point() else tensor)

    def double(self):
        return self._converted(lambda tensor: tensor.double() if tensor.is_floating_point() else tensor)

    def cpu(self):
        return self

    def _converted(self, convert):
        for module in self.modules():
            for name, parameter in list(module._parameters.items()):
                if parameter is None:
                    continue
                made = convert(parameter.detach() if parameter.is_floating_point() else parameter)
                if made.dtype != parameter.dtype:
                    if not made.is_floating_point():
                        raise TypeError(
                            f"nn.Module.to only accepts floating point or complex dtypes, but got desired "
                            f"dtype={made.dtype}"
                        )
                    module._parameters[name] = type(parameter)(made, parameter.requires_grad)
            for name, buffer in list(module._buffers.items()):
                if buffer is not None and buffer.is_floating_point():
                    module._buffers[name] = convert(buffer)
        return self

    # Text.
    def extra_repr(self):
        return ""

    def _get_name(self):
        return type(self).__name__

    def __repr__(self):
        lines = [line for line in self.extra_repr().split("\n") if line]
        children = []
        for name, module in self._modules.items():
            text = repr(module).split("\n")
            children.append(f"({name}): " + "\n".join([text[0], *("  " + line for line in text[1:])]))
        if len(lines) == 1 and not children:
            return f"{self._get_name()}({lines[0]})"
        if not lines and not children:
            return f"{self._get_name()}()"
        return f"{self._get_name()}(\n  " + "\n  ".join(lines + children) + "\n)"


def _type_name(value):
    kind = type(value)
    module = kind.__module__.replace("lumen.torch", "torch")
    return kind.__name__ if module == "builtins" else f"{module}.{kind.__name__}"


def per_dim(value, n):
    """One number for each of `n` dimensions."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * n


def by_dimension(kind, name, first=1):
    """The layers of a kind over `first` to three dimensions, which they know as `_n`."""
    return tuple(
        type(
            f"{name}{n}d",
            (kind,),
            {"_n": n, "__doc__": f"PyTorch's `{name}{n}d`.", "__module__": kind.__module__},
        )
        for n in range(first, 4)
    )
