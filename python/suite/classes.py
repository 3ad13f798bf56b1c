"""The class of every test: what it reaches of pandas, read from its source.

    classes.py --tree TREE < nodes > classes

A: the public interface only. B: also private names, all of which stand in the table of shims. C: other
private names or private attributes. I: inherited from the extension interface's base tests, which judge a
class of the test's own.

Followed are a function's names, the fixtures it asks for, and what those use in turn; an inherited test is
read where it is written. The harness (`_testing`, markers, platform) makes no test private, and neither do
the underscored names that pandas documents for subclasses.
"""

from __future__ import annotations

import argparse
import ast
import functools
import sys
from dataclasses import dataclass, field
from pathlib import Path

import shims

# Underscored names that are public: pandas' for subclasses, named tuples'.
PUBLIC_UNDERSCORED = {
    "_constructor",
    "_constructor_sliced",
    "_constructor_expanddim",
    "_metadata",
    "_internal_names",
    "_internal_names_set",
    "_asdict",
    "_fields",
    "_replace",
    "_make",
    "_fields_defaults",
    "_accessors",
}

RANK = {"A": 0, "B": 1, "C": 2}


@dataclass
class Source:
    """A module of the tests: its definitions, and what its imports bind."""

    path: Path
    imports: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    definitions: dict[str, ast.AST] = field(default_factory=dict)


@functools.cache
def source(path: Path) -> Source | None:
    if not path.is_file():
        return None
    made = Source(path)
    for statement in ast.parse(path.read_text("utf-8")).body:
        _enter(made, statement)
    return made


def _enter(made: Source, statement: ast.stmt) -> None:
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            made.imports[alias.asname or alias.name.split(".")[0]] = (
                alias.name if alias.asname else "pandas",
                None,
            )
            if not alias.asname and not alias.name.startswith("pandas"):
                made.imports[alias.name.split(".")[0]] = (alias.name.split(".")[0], None)
    elif isinstance(statement, ast.ImportFrom):
        for alias in statement.names:
            made.imports[alias.asname or alias.name] = (statement.module or "", alias.name)
    elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        made.definitions[statement.name] = statement
    elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            for name in ast.walk(target):
                if isinstance(name, ast.Name):
                    made.definitions[name.id] = statement
    elif isinstance(statement, (ast.If, ast.Try, ast.With)):
        for inner in ast.iter_child_nodes(statement):
            if isinstance(inner, ast.stmt):
                _enter(made, inner)
            elif isinstance(inner, ast.ExceptHandler):
                for one in inner.body:
                    _enter(made, one)


def reference(module: str, name: str | None) -> str:
    """The class of an imported name: `from module import name`, or of an attribute of a module."""
    full = f"{module}.{name}" if name is not None else module
    parts = full.split(".")
    if parts[0] != "pandas" or (len(parts) > 1 and parts[1] == "tests"):
        return "A"
    if module in shims.HARNESS or full in shims.HARNESS:
        return "A"
    if not any(part in {"core", "compat", "util"} or part.startswith("_") for part in parts[1:3]):
        return "A"
    if full in shims.SHIMS or full in shims.FOLDERS:
        return "A"  # a module alone; what is taken from it decides
    return "B" if name is not None and name in shims.SHIMS.get(module, {}) else "C"


class Reader:
    def __init__(self, tree: Path) -> None:
        self.tests = tree / "pandas" / "tests"
        self.tree = tree
        self._known: dict[tuple[Path, str], str] = {}

    def node(self, node: str) -> str:
        path, *names = node.partition("[")[0].split("::")
        made = source(self.tests / path)
        if made is None or not names:
            return "C"
        if len(names) == 1:
            return self.definition(made, names[0])
        return self.method(made, names[0], names[-1])

    def method(self, made: Source, owner: str, name: str) -> str:
        found = self._method(made, owner, name, set())
        if found is None:
            return "C"
        where, cls, function = found
        if "tests/extension/base" in str(where.path) and where.path != made.path:
            return "I"
        key = (where.path, f"{made.path}:{owner}.{cls.name}.{name}")
        if key not in self._known:
            self._known[key] = "A"
            classes = [self._used(where, function, (made, owner))]
            # The class' own decorators and attributes are used by each of its tests.
            classes += [self._used(where, decorator, None) for decorator in cls.decorator_list]
            self._known[key] = max(classes, key=RANK.__getitem__)
        return self._known[key]

    def _method(
        self, made: Source, owner: str, name: str, seen: set[tuple[Path, str]]
    ) -> tuple[Source, ast.ClassDef, ast.FunctionDef] | None:
        if (made.path, owner) in seen:
            return None
        seen.add((made.path, owner))
        cls = made.definitions.get(owner)
        if not isinstance(cls, ast.ClassDef):
            return self._imported_method(made, owner, name, seen)
        for statement in cls.body:
            if isinstance(statement, ast.FunctionDef) and statement.name == name:
                return made, cls, statement
        for base in cls.bases:
            base_name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", None)
            found = None
            if isinstance(base, ast.Attribute) and isinstance(base.value, ast.Name):
                module, inner = made.imports.get(base.value.id, ("", None))
                other = self._module(f"{module}.{inner}" if inner else module)
                found = self._method(other, base.attr, name, seen) if other else None
            elif base_name:
                found = self._method(made, base_name, name, seen)
            if found is not None:
                return found
        return None

    def _imported_method(
        self, made: Source, owner: str, name: str, seen: set[tuple[Path, str]]
    ) -> tuple[Source, ast.ClassDef, ast.FunctionDef] | None:
        module, inner = made.imports.get(owner, ("", None))
        other = self._module(module)
        return self._method(other, inner, name, seen) if other and inner else None

    def _module(self, module: str) -> Source | None:
        if not module.startswith("pandas.tests"):
            return None
        path = self.tree.joinpath(*module.split("."))
        return source(path.with_suffix(".py")) or source(path / "__init__.py")

    def definition(self, made: Source, name: str) -> str:
        """The class of what a module-level name is made of."""
        key = (made.path, name)
        if key in self._known:
            return self._known[key]
        self._known[key] = "A"  # a recursion adds nothing
        found = made.definitions.get(name)
        if found is None:
            module, inner = made.imports.get(name, ("", None))
            other = self._module(module)
            result = self.definition(other, inner) if other and inner else "A"
        else:
            result = self._used(made, found, None)
        self._known[key] = result
        return result

    def _fixture(self, made: Source, name: str) -> str:
        # A fixture of a `conftest.py` is the harness: what it imports is the runner's to serve.
        return self.definition(made, name) if name in made.definitions else "A"

    def _used(self, made: Source, node: ast.AST, within: tuple[Source, str] | None) -> str:
        worst = "A"
        for inner in ast.walk(node):
            if worst == "C":
                break
            found = "A"
            if isinstance(inner, ast.Attribute):
                found = self._attribute(made, inner)
            elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
                if inner.id in made.imports:
                    module, name = made.imports[inner.id]
                    found = reference(module, name)
                    if module.startswith("pandas.tests") and name:
                        found = self.definition(made, inner.id)
                elif inner.id in made.definitions:
                    found = self.definition(made, inner.id)
            elif isinstance(inner, ast.ImportFrom):
                found = max(
                    (reference(inner.module or "", one.name) for one in inner.names), key=RANK.__getitem__
                )
            elif isinstance(inner, ast.FunctionDef):
                for argument in (*inner.args.posonlyargs, *inner.args.args, *inner.args.kwonlyargs):
                    found = max(found, self._argument(made, argument.arg, within), key=RANK.__getitem__)
            worst = max(worst, found, key=RANK.__getitem__)
        return worst

    def _argument(self, made: Source, name: str, within: tuple[Source, str] | None) -> str:
        if name in {"self", "cls", "request", "monkeypatch", "tmp_path", "temp_file"}:
            return "A"
        if within is not None:
            found = self._method(within[0], within[1], name, set())
            if found is not None:
                return self._used(found[0], found[2], None)
        return self._fixture(made, name)

    def _attribute(self, made: Source, node: ast.Attribute) -> str:
        chain = [node.attr]
        value = node.value
        while isinstance(value, ast.Attribute):
            chain.append(value.attr)
            value = value.value
        if isinstance(value, ast.Name) and value.id in made.imports:
            module, name = made.imports[value.id]
            base = f"{module}.{name}" if name else module
            if base.split(".")[0] != "pandas":
                return "A"
            path = [base, *reversed(chain)]
            known = ".".join(path[:-1])
            if known in shims.SHIMS or known in shims.FOLDERS or known in shims.HARNESS or known == "pandas":
                return reference(known, path[-1])
            if base == "pandas" and (path[1] in {"core", "compat", "util"} or path[1].startswith("_")):
                return "C"
        own = isinstance(value, ast.Name) and value.id in {"self", "cls"} and len(chain) == 1
        name = node.attr
        if own or not name.startswith("_") or (name.startswith("__") and name.endswith("__")):
            return "A"
        return "A" if name in PUBLIC_UNDERSCORED else "C"


def main() -> None:
    parser = argparse.ArgumentParser(description="the class of every test named on standard input")
    parser.add_argument("--tree", type=Path, required=True)
    reader = Reader(parser.parse_args().tree)
    for line in sys.stdin:
        node = line.rstrip("\n")
        sys.stdout.write(f"{reader.node(node)} {node}\n")


if __name__ == "__main__":
    main()
