"""The floor: a package with pandas' public names in which every call raises `NotImplementedError`.

What passes here passes without an engine: tests that expect any error, or that call nothing. The score of a
real package is read against it.
"""

from __future__ import annotations

import builtins
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any


def _raises(path: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"lumen.pandas: {path}")

    call.__name__ = path.rpartition(".")[2]
    return call


class _Value:
    """A constant such as `NaT`: it is there, and nothing can be done with it."""

    def __init__(self, path: str) -> None:
        self.__dict__["path"] = path

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError(f"lumen.pandas: {self.path}.{name}")

    def __repr__(self) -> str:
        return f"<{self.path}>"


def _made(row: dict[str, Any]) -> Any:
    name, kind = row["name"], row["kind"]
    path = ".".join(part for part in (row["module"], name) if part)
    if kind in {"exception", "warning"}:
        bases = tuple(getattr(builtins, base) for base in row["bases"])
        return type(name, bases, {"__module__": "pandas.errors"})
    if kind == "class":
        members: dict[str, Any] = {member: _raises(f"{name}.{member}") for member in row["members"]}
        return type(name, (), {**members, "__init__": _raises(name), "__module__": "pandas"})
    if kind == "function":
        return _raises(path)
    return _Value(path)


def install(names: Path, sources: Path) -> None:
    """Puts the package into `sys.modules` as `lumen.pandas`; the rest is the tree's."""
    rows = json.loads(names.read_text("utf-8"))["names"]
    modules: dict[str, ModuleType] = {}

    def module(path: str) -> ModuleType:
        full = f"lumen.pandas.{path}" if path else "lumen.pandas"
        if full not in modules:
            made = ModuleType(full)
            found = [] if path else [str(sources / "lumen" / "pandas")]
            made.__path__ = found  # type: ignore[attr-defined]
            modules[full] = sys.modules[full] = made
            if path:
                parent, _, name = path.rpartition(".")
                setattr(module(parent), name, made)
        return modules[full]

    top = ModuleType("lumen")
    top.__path__ = []  # type: ignore[attr-defined]
    sys.modules["lumen"] = top
    top.pandas = module("")  # type: ignore[attr-defined]
    top.pandas.__version__ = "3.1.1"  # type: ignore[attr-defined]
    # One object for one name, wherever it is found: `pandas.Categorical` is `pandas.arrays.Categorical`.
    objects: dict[str, Any] = {}
    for row in rows:
        if row["kind"] == "module":
            module(".".join(part for part in (row["module"], row["name"]) if part))
    for row in rows:
        if row["kind"] == "module":
            continue
        objects.setdefault(row["name"], _made(row))
        owner = module(row["module"])
        setattr(owner, row["name"], objects[row["name"]])
        owner.__dict__.setdefault("__all__", []).append(row["name"])
    top.pandas.offsets = module("tseries.offsets")  # type: ignore[attr-defined]
