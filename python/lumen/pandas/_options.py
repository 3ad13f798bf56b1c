"""Options: `get_option`, `set_option`, `reset_option`, `describe_option`, `option_context` and the tree `options`.

The table of keys is in `_option_table`. Values are kept, validated and reported here; who acts on an option reads
it through `value`, which costs one dictionary look-up.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lumen import _engine
from lumen.pandas._errors import OptionError, Pandas4Warning
from lumen.pandas._option_table import DEPRECATED, OPTIONS
from lumen.pandas._warn import warn

_values: dict[str, Any] = {key: option.default for key, option in OPTIONS.items()}


def value(key: str) -> Any:
    """The current value of the option with this full name; no pattern, no warning."""
    return _values[key]


def _select(pattern: str) -> list[str]:
    """Full names a pattern means: itself, every key for 'all', else a case-blind search."""
    if pattern in OPTIONS:
        return [pattern]
    keys = sorted(OPTIONS)
    if pattern == "all":
        return keys
    return [key for key in keys if re.search(pattern, key, re.IGNORECASE)]


def _one(pattern: str) -> str:
    keys = _select(pattern)
    if not keys:
        _warn_if_deprecated(pattern)
        raise OptionError(f"No such keys(s): {pattern!r}")
    if len(keys) > 1:
        raise OptionError("Pattern matched multiple keys")
    _warn_if_deprecated(keys[0])
    return keys[0]


def _warn_if_deprecated(key: str) -> None:
    message = DEPRECATED.get(key)
    if message is not None:
        warn(message, Pandas4Warning)


def get_option(pat: str) -> Any:
    """The value of the one option `pat` names; `OptionError` for none or several."""
    return _values[_one(pat)]


def set_option(*args: Any) -> None:
    """Set options given as ``name, value`` pairs or as one dictionary; a value of the wrong kind is ValueError."""
    if len(args) == 1 and isinstance(args[0], dict):
        args = tuple(item for pair in args[0].items() for item in pair)
    if not args or len(args) % 2 != 0:
        raise ValueError("Must provide an even number of non-keyword arguments")
    for pattern, new in zip(args[::2], args[1::2], strict=True):
        key = _one(pattern)
        check = OPTIONS[key].check
        if check is not None:
            check(new)
        _keep(key, new)


def _keep(key: str, new: Any) -> None:
    if key == "mode.max_threads":
        _engine.set_threads(new)
    _values[key] = new


def reset_option(pat: str) -> None:
    """Give options back their defaults; fewer than four letters must name exactly one."""
    keys = _select(pat)
    if not keys:
        raise OptionError(f"No such keys(s) for pat={pat!r}")
    if len(keys) > 1 and len(pat) < 4 and pat != "all":
        raise ValueError(
            "You must specify at least 4 characters when resetting multiple keys, use the special keyword"
            ' "all" to reset all the options to their default value'
        )
    for key in keys:
        if len(keys) == 1:
            _warn_if_deprecated(key)
        _keep(key, OPTIONS[key].default)


def describe_option(pat: str = "", _print_desc: bool = True) -> str | None:
    """Print what every option matched by `pat` means, its default and its value; or return that text."""
    keys = _select(pat)
    if not keys:
        raise OptionError(f"No such keys(s) for pat={pat!r}")
    text = "\n".join(_description(key) for key in keys)
    if _print_desc:
        print(text)
        return None
    return text


def _description(key: str) -> str:
    option = OPTIONS[key]
    lines = [f"{key} {option.meaning}", f"    [default: {option.default}] [currently: {_values[key]}]"]
    if key in DEPRECATED:
        lines.append("    (Deprecated, use `` instead.)")
    return "\n".join(lines)


@contextmanager
def option_context(*args: Any) -> Iterator[None]:
    """Options set for the length of a ``with`` block or of a decorated call."""
    if len(args) == 1 and isinstance(args[0], dict):
        args = tuple(item for pair in args[0].items() for item in pair)
    if len(args) % 2 != 0 or len(args) < 2:
        raise ValueError("Provide an even amount of arguments as option_context(pat, val, pat, val...).")
    pairs = tuple(zip(args[::2], args[1::2], strict=True))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Pandas4Warning)
        saved = tuple((pattern, get_option(pattern)) for pattern, _ in pairs)
    try:
        for pattern, new in pairs:
            set_option(pattern, new)
        yield
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Pandas4Warning)
            for pattern, old in saved:
                set_option(pattern, old)


class DictWrapper:
    """Attribute access to the options below one prefix, as ``options.display.width``."""

    def __init__(self, prefix: str = "") -> None:
        object.__setattr__(self, "_prefix", prefix)

    def _full(self, name: str) -> str:
        return f"{self._prefix}.{name}" if self._prefix else name

    def __setattr__(self, name: str, new: Any) -> None:
        key = self._full(name)
        if key not in OPTIONS:
            raise OptionError("You can only set the value of existing options")
        set_option(key, new)

    def __getattr__(self, name: str) -> Any:
        key = self._full(name)
        if key in OPTIONS:
            _warn_if_deprecated(key)
            return _values[key]
        if any(other.startswith(key + ".") for other in OPTIONS):
            return DictWrapper(key)
        raise OptionError("No such option")

    def __dir__(self) -> list[str]:
        start = self._full("")
        return sorted({key[len(start) :].split(".")[0] for key in OPTIONS if key.startswith(start)})


DictWrapper.__module__ = "pandas._config.config"
for _function in (get_option, set_option, reset_option, describe_option, option_context):
    _function.__module__ = "pandas"
options = DictWrapper()
