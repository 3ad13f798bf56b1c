"""Whether operators are recorded for gradients: the context managers, which are decorators, too."""

import functools
import inspect

from lumen import _engine

_torch = _engine.torch


def is_grad_enabled():
    return _torch.is_grad_enabled()


class _Mode:
    """A recording mode over a block or a function's calls."""

    _wanted = True

    def __init__(self, orig_func=None):
        self._before = []

    def __new__(cls, orig_func=None):
        made = super().__new__(cls)
        if orig_func is None:
            return made
        made.__init__()
        return made(orig_func)

    def __enter__(self):
        self._before.append(_torch.set_grad_enabled(self._wanted))

    def __exit__(self, *raised):
        _torch.set_grad_enabled(self._before.pop())
        return False

    def _again(self):
        return type(self)()

    def __call__(self, function):
        if inspect.isclass(function):
            raise NotImplementedError("lumen.torch: a recording mode decorates functions, not classes")
        if inspect.isgeneratorfunction(function):
            raise NotImplementedError("lumen.torch: a recording mode around a generator")

        @functools.wraps(function)
        def within(*args, **kwargs):
            with self._again():
                return function(*args, **kwargs)

        return within


class no_grad(_Mode):
    """Operators inside are not recorded."""

    _wanted = False


class enable_grad(_Mode):
    """Operators inside are recorded."""


class inference_mode(_Mode):
    """Operators inside are not recorded."""

    _wanted = False

    def __new__(cls, mode=True):
        return super().__new__(cls) if isinstance(mode, bool) else super().__new__(cls, mode)

    def __init__(self, mode=True):
        super().__init__()
        self._wanted = not mode

    def _again(self):
        return type(self)(not self._wanted)


class set_grad_enabled(_Mode):
    """Recording on or off, from the call on; as a context manager until the block ends."""

    def __new__(cls, mode):
        return object.__new__(cls)

    def __init__(self, mode):
        super().__init__()
        self._wanted = bool(mode)
        self._set = [_torch.set_grad_enabled(self._wanted)]

    def __enter__(self):
        self._before.append(self._set.pop() if self._set else _torch.set_grad_enabled(self._wanted))

    def __call__(self, function):
        if self._set:
            _torch.set_grad_enabled(self._set.pop())
        return super().__call__(function)

    def _again(self):
        return type(self)(self._wanted)
