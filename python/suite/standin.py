"""Stand-ins: what a module of the suite gets in place of a value that could not be made while it was
imported.

pandas' `conftest.py` makes one index of every kind when it is imported, and many test modules make a `Period`
or an `Interval` inside a decorator. One kind that is missing would fail every test of the run or of the file,
also those that never touch it; so would one private name that a module imports for one test. So imports from
pandas, and calls and attributes of it outside of functions, are evaluated under a guard: one that raises
leaves a stand-in, and the nodes that use the stand-in fail with the same error. The files on disk stay as
they are; the guard is applied while they are compiled, and how often it acted is counted and printed.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import importlib.machinery
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

GUARD = "__lumen_guard__"


class StandIn:
    """Raises the error of the expression it stands for, whatever is done with it."""

    __slots__ = ("_error",)

    def __init__(self, error: BaseException) -> None:
        object.__setattr__(self, "_error", error)

    def _fail(self) -> Any:
        error = object.__getattribute__(self, "_error")
        raise error.with_traceback(None) from None

    def __getattr__(self, name: str) -> Any:
        # pytest and inspect look for these on every object they meet; they ask, they do not use.
        if name.startswith("__") or name.startswith("_pytest") or name in {"pytestmark", "__name__"}:
            raise AttributeError(name)
        return self._fail()

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        # A class that a module derives from what is missing: it is there, and making an object of it fails.
        return (type("StandInBase", (), {"__new__": lambda cls, *args, **kwargs: self._fail()}),)

    def __repr__(self) -> str:
        return f"<stand-in: {object.__getattribute__(self, '_error')}>"


def _forward(name: str) -> Callable[..., Any]:
    def method(self: StandIn, *args: Any, **kwargs: Any) -> Any:
        return self._fail()

    method.__name__ = name
    return method


for _name in (
    "call len iter getitem setitem delitem contains add radd sub rsub mul rmul truediv rtruediv floordiv "
    "rfloordiv mod "
    "rmod pow rpow matmul and rand or ror xor rxor neg pos invert abs lt le gt ge int float index bool "
    "enter exit"
).split():
    setattr(StandIn, f"__{_name}__", _forward(f"__{_name}__"))

# Where stand-ins were made: (expression's text, error), in order. The worker reports them.
MADE: list[tuple[str, str]] = []


def guard(text: str, evaluate: Callable[[], Any], names: int = 0) -> Any:
    """The expression's value, or a stand-in. With `names`, the rows of a parametrisation by so many."""
    try:
        value = evaluate()
        return list(value) if names else value
    except Exception as error:  # noqa: BLE001: any fault of the engine under test
        if type(error).__module__.startswith("_pytest"):
            raise
        MADE.append((text, f"{type(error).__name__}: {error}"))
        standin = StandIn(error)
        return [(standin,) * names if names > 1 else standin] if names else standin


def guard_import(text: str, error: ImportError) -> StandIn:
    MADE.append((text, f"ImportError: {error}"))
    return StandIn(error)


def guard_decorator(decorator: Any) -> Callable[[Any], Any]:
    """A class decorator of pandas that leaves the class as it is where it fails."""

    def decorate(cls: Any) -> Any:
        try:
            return decorator(cls)
        except Exception as error:  # noqa: BLE001: any fault of the engine under test
            MADE.append((f"decorator of {cls.__name__}", f"{type(error).__name__}: {error}"))
            return cls

    return decorate


setattr(builtins, GUARD, guard)
setattr(builtins, f"{GUARD}_decorator", guard_decorator)
setattr(builtins, f"{GUARD}_import", guard_import)

# Names that a test module gives to pandas and to what it imports from it.
_PANDAS = {"pd", "pandas", "tm", "ops", "com"}


class _Guarding(ast.NodeTransformer):
    """Wraps expressions that reach pandas in the guard, outside of functions."""

    def __init__(self, imported: set[str], foreign: set[str]) -> None:
        self.imported = imported
        self.foreign = foreign

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list = [self._decorator(decorator) for decorator in node.decorator_list]
        return node

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        if not _is_pandas(node.module):
            return node
        # One name at a time: a name that does not exist here takes no other with it.
        return [
            _import_or_stand_in(
                ast.ImportFrom(node.module, [alias], node.level), alias.asname or alias.name, node
            )
            for alias in node.names
        ]

    def visit_Import(self, node: ast.Import) -> Any:
        private = [alias for alias in node.names if _is_pandas(alias.name) and alias.asname]
        if not private:
            return node
        rest = [alias for alias in node.names if alias not in private]
        statements: list[ast.stmt] = [ast.copy_location(ast.Import(rest), node)] if rest else []
        return statements + [
            _import_or_stand_in(ast.Import([alias]), str(alias.asname), node) for alias in private
        ]

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        # Names of a class body are invisible inside a lambda: what uses one of them is not guarded.
        node.decorator_list = [
            self._class_decorator(one) if self._reaches_pandas(one) else self._decorator(one)
            for one in node.decorator_list
        ]
        own = {
            name.id
            for statement in node.body
            if isinstance(statement, (ast.Assign, ast.AnnAssign))
            for name in ast.walk(statement)
            if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
        }
        own |= {
            statement.name
            for statement in node.body
            if isinstance(statement, (ast.FunctionDef, ast.ClassDef))
        }
        for position, statement in enumerate(node.body):
            read: list[ast.AST] = [statement]
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                read = list(statement.decorator_list)
            elif not isinstance(statement, (ast.Assign, ast.AnnAssign)):
                continue
            used = {
                name.id
                for part in read
                for name in ast.walk(part)
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load)
            }
            if not own & used:
                node.body[position] = self.visit(statement)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        # pytest's own calls mark and name; their arguments are guarded one by one.
        harness = self._root(node.func) in {"pytest", "td"}
        if not harness and (self._reaches_pandas(node.func) or self._mentions_pandas(node)):
            return self._wrap(node)
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.ctx, ast.Load) and self._root(node) in _PANDAS | self.imported:
            return self._wrap(node)
        return self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        reaches = any(
            isinstance(inner, ast.Call) and self._reaches_pandas(inner.func) for inner in ast.walk(node)
        )
        return self._wrap(node) if reaches else self.generic_visit(node)

    visit_Subscript = visit_BinOp  # type: ignore[assignment]

    def _decorator(self, node: ast.expr) -> ast.expr:
        # The decorator itself is pytest's; its arguments are what can fail.
        if not isinstance(node, ast.Call):
            return node
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if name == "parametrize" and len(node.args) >= 2:
            node.args[1] = self._rows(node.args[1], _names(node.args[0]))
        node.args = [self.visit(argument) for argument in node.args]
        for keyword in node.keywords:
            if name == "fixture" and keyword.arg == "params":
                keyword.value = self._rows(keyword.value, 1)
            keyword.value = self.visit(keyword.value)
        return node

    @staticmethod
    def _class_decorator(node: ast.expr) -> ast.expr:
        call = ast.Call(ast.Name(f"{GUARD}_decorator", ast.Load()), [node], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))

    def _rows(self, node: ast.expr, names: int) -> ast.expr:
        """A computed list of parameters, guarded as a whole. A literal is guarded element by element."""
        if names == 0 or isinstance(node, (ast.List, ast.Tuple)) or not self._mentions_pandas(node):
            return node
        return self._wrap(node, names)

    def _mentions_pandas(self, node: ast.expr) -> bool:
        return any(
            isinstance(inner, ast.Name) and (inner.id in _PANDAS or inner.id in self.imported)
            for inner in ast.walk(node)
        )

    def _reaches_pandas(self, function: ast.expr) -> bool:
        root = self._root(function)
        if root is None or root in self.foreign or hasattr(builtins, root):
            return False
        # A name that is neither imported nor built in holds something made here: a class out of a list of
        # classes.
        return root in _PANDAS or root in self.imported or isinstance(function, ast.Name)

    @staticmethod
    def _root(node: ast.expr) -> str | None:
        while True:
            if isinstance(node, ast.Attribute):
                node = node.value
            elif isinstance(node, ast.Call):
                node = node.func
            elif isinstance(node, ast.Subscript):
                node = node.value
            elif isinstance(node, ast.Name):
                return node.id
            else:
                return None

    @staticmethod
    def _wrap(node: ast.expr, names: int = 0) -> ast.expr:
        if any(isinstance(inner, (ast.NamedExpr, ast.Yield, ast.Await)) for inner in ast.walk(node)):
            return node
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        call = ast.Call(
            func=ast.Name(GUARD, ast.Load()),
            args=[ast.Constant(ast.unparse(node)[:200]), ast.Lambda(nothing, node), ast.Constant(names)],
            keywords=[],
        )
        return ast.fix_missing_locations(ast.copy_location(call, node))


def _is_pandas(module: str | None) -> bool:
    parts = (module or "").split(".")
    return parts[0] == "pandas" and parts[1:2] not in (["tests"], ["_testing"])


def _import_or_stand_in(statement: ast.stmt, name: str, at: ast.stmt) -> ast.stmt:
    """The import, or where it fails a stand-in that fails every test that uses the name."""
    text = ast.unparse(ast.fix_missing_locations(statement))
    guarded = ast.parse(
        f"try:\n    {text}\nexcept ImportError as error:\n    {name} = {GUARD}_import({text!r}, error)"
    )
    for inner in ast.walk(guarded):
        if "lineno" in inner._attributes:
            ast.copy_location(inner, at)
    return guarded.body[0]


def _names(node: ast.expr) -> int:
    """How many names a parametrisation has; 0 where they are not written out."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return len(node.elts)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return len([name for name in node.value.split(",") if name.strip()])
    return 0


def guarded(tree: ast.Module) -> ast.Module:
    """The module with its import-time uses of pandas guarded."""
    imported: set[str] = set()
    foreign: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            ours = (node.module or "").split(".")[0] == "pandas"
            (imported if ours else foreign).update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            foreign.update(
                alias.asname or alias.name for alias in node.names if not alias.name.startswith("pandas")
            )
    local = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    return _Guarding(imported | local, foreign).visit(tree)


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads a module of the suite that pytest does not compile itself: a folder's shared functions."""

    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> Any:  # type: ignore[override]
        return compile(guarded(ast.parse(data)), path, "exec", dont_inherit=True, optimize=_optimize)

    def path_stats(self, path: Any) -> Any:
        # Without it nothing is cached, where plain Python would find it.
        raise OSError


class _Finder:
    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if not name.startswith("pandas.tests."):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def install() -> None:
    """Applies the guard to every module of the suite."""
    from _pytest.assertion import rewrite

    original = rewrite.rewrite_asserts

    def rewrite_asserts(tree: ast.Module, source: bytes, path: str | None = None, *rest: Any) -> None:
        if path is not None and ("/pandas/tests/" in path or path.endswith("/pandas/conftest.py")):
            tree = guarded(tree)
        original(tree, source, path, *rest)

    rewrite.rewrite_asserts = rewrite_asserts  # type: ignore[assignment]
    # pytest keeps what it compiled; a tag of our own tells it apart from what plain pytest or another guard
    # compiled.
    digest = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
    rewrite.PYC_TAIL = f"-guarded-{digest}{rewrite.PYC_TAIL}"
    sys.meta_path.insert(0, _Finder)  # type: ignore[arg-type]
    _name_without_functions()


def _name_without_functions() -> None:
    """A parameter that is a stand-in gets pytest's own name; the test's naming function would use it."""
    from _pytest.python import IdMaker

    original = IdMaker._idval_from_function

    def from_function(self: Any, value: object, name: str, *rest: Any) -> str | None:
        return None if isinstance(value, StandIn) else original(self, value, name, *rest)

    IdMaker._idval_from_function = from_function  # type: ignore[method-assign]
