"""The import finder behind `python -m lumen.pandas` and `lumen record`: `import pandas` resolves to
`lumen.pandas`.

`install` puts it in front of every other finder, so that a pandas that happens to be installed is never
reached. A public module of pandas resolves to ours of the same name; a private one (`pandas.core`,
`pandas._libs`) is an `ImportError` that names it, because code that needs pandas' internals cannot run on
another engine. The finder knows nothing of frames and imports no module before somebody asks for it.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Sequence
from types import ModuleType

# What pandas keeps for itself, beside every name that starts with an underscore.
PRIVATE = ("core", "compat", "util", "tests", "conftest")


class _Alias:
    """Loads a module by handing out the one that another name already has."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        # The import system wrote the alias' spec into the module; relative imports inside it need its own.
        module.__spec__ = self._spec


class Finder:
    """Resolves `pandas` and what lies below it. `also` is asked first and may answer for further names."""

    def __init__(
        self, also: Callable[[str], ModuleType | None] | None = None, packages: Sequence[str] = ("pandas",)
    ) -> None:
        self.also, self.packages = also, tuple(packages)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        package = fullname.split(".")[0]
        if package not in self.packages:
            return None
        module = self.also(fullname) if self.also is not None else None
        if module is None:
            module = self._ours(fullname)
        is_package = hasattr(module, "__path__")
        spec = importlib.machinery.ModuleSpec(fullname, _Alias(module), is_package=is_package)
        if is_package:
            spec.submodule_search_locations = list(module.__path__)
        return spec

    def _ours(self, fullname: str) -> ModuleType:
        package, _, rest = fullname.partition(".")
        first = rest.split(".")[0]
        if first.startswith("_") or (package == "pandas" and first in PRIVATE):
            raise ImportError(
                f"lumen.{package}: {fullname} is internal to {package} and does not exist here", name=fullname
            )
        ours = f"lumen.{fullname}"
        try:
            return importlib.import_module(ours)
        except ModuleNotFoundError as error:
            if error.name is None or not (ours == error.name or ours.startswith(f"{error.name}.")):
                raise
            raise ModuleNotFoundError(f"lumen.{package}: no module {fullname}", name=fullname) from None


def install(
    also: Callable[[str], ModuleType | None] | None = None, packages: Sequence[str] = ("pandas",)
) -> Finder:
    """Makes `import pandas` resolve to `lumen.pandas` from now on, and so each of `packages`; twice is once.

    Raises `ImportError` when the real one was imported before: objects of both would meet.
    """
    for finder in sys.meta_path:
        if isinstance(finder, Finder):
            return finder
    for package in packages:
        present = sys.modules.get(package)
        if present is not None and present is not sys.modules.get(f"lumen.{package}"):
            message = f"lumen.{package}: {package} was imported before the finder was installed"
            raise ImportError(message, name=package)
    finder = Finder(also, packages)
    sys.meta_path.insert(0, finder)
    return finder
