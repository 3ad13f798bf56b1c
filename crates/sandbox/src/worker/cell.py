"""Compiles and runs cells: real Python in one dict of globals."""

import ast
import builtins
import linecache
import sys
import traceback
import types
import warnings

import lumen_calls
import lumen_values

# No program can write these names, so none can shadow them.
_VALUE, _SUBMITTED = "$value", "$Submitted"
setattr(builtins, _SUBMITTED, lumen_calls.Submitted)
TRACEBACK_CHARACTERS = 20_000


class Globals(dict):
    """The variables; one that is loaded on first use has a function in `lazy`."""

    def __init__(self):
        super().__init__()
        self.lazy = {}

    def __missing__(self, name):
        load = self.lazy.pop(name, None)
        if load is None:
            raise KeyError(name)
        self[name] = value = load()
        return value


class _Main(types.ModuleType):
    """What `import __main__` finds, so that pickle resolves what a cell defines."""

    def __getattr__(self, name):
        try:
            return variables[name]
        except KeyError:
            raise AttributeError(f"module '__main__' has no attribute {name!r}") from None


variables = Globals()
_initial = {}


def reset():
    """Forgets what cells defined."""
    variables.clear()
    variables.lazy.clear()
    variables.update(lumen_calls.FUNCTIONS, __name__="__main__", __builtins__=builtins, __doc__=None)
    _initial.clear()
    _initial.update(variables)
    sys.modules["__main__"] = _Main("__main__")


def names():
    """The names that cells and the host defined."""
    own = (name for name, value in variables.items() if name not in _initial or _initial[name] is not value)
    return sorted(own), sorted(variables.lazy)


class _ReraiseSubmitted(ast.NodeTransformer):
    """Puts `except Submitted: raise` first into each `try`."""

    def visit_Try(self, node):
        self.generic_visit(node)
        if node.handlers:
            kind = ast.Name(id=_SUBMITTED, ctx=ast.Load())
            handler = ast.ExceptHandler(type=kind, name=None, body=[ast.Raise(exc=None, cause=None)])
            for part in (kind, handler, handler.body[0]):
                ast.copy_location(part, node.handlers[0])
            node.handlers.insert(0, handler)
        return node


def _compiled(code, filename):
    with warnings.catch_warnings():
        # A warning of the compiler is no output of the cell.
        warnings.simplefilter("ignore")
        tree = ast.parse(code, filename)
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = tree.body[-1]
            name = ast.copy_location(ast.Name(id=_VALUE, ctx=ast.Store()), last)
            tree.body[-1] = ast.copy_location(ast.Assign(targets=[name], value=last.value), last)
        tree = _ReraiseSubmitted().visit(tree)
        return compile(tree, filename, "exec", dont_inherit=True)


def _text_of(error):
    try:
        return lumen_values.clean(str(error)[:2000])
    except Exception as other:
        return f"<its str raises {type(other).__name__}>"


def _not_compiled(error):
    shown = {
        "kind": "cell_error",
        "compiled": False,
        "type": type(error).__name__,
        "message": _text_of(error),
    }
    if isinstance(error, SyntaxError):
        shown.update(message=lumen_values.clean(str(error.msg)), line=error.lineno, column=error.offset)
        if isinstance(error.text, str):
            shown["text"] = lumen_values.clean(error.text[:1000])
    shown["traceback"] = lumen_values.clean(
        "".join(traceback.format_exception_only(error))[-TRACEBACK_CHARACTERS:]
    )
    return shown


def _raised(error, filename):
    kind = "memory" if isinstance(error, MemoryError) else "cell_error"
    shown = {"kind": kind, "compiled": True, "type": type(error).__name__, "message": _text_of(error)}
    # The first frame is the one below.
    frames = error.__traceback__.tb_next if error.__traceback__ else None
    at = frames
    while at is not None:
        if at.tb_frame.f_code.co_filename == filename:
            shown["line"] = at.tb_lineno
        at = at.tb_next
    try:
        text = "".join(traceback.format_exception(type(error), error, frames, limit=-50))
    except BaseException as other:
        text = f"{type(error).__name__}, whose traceback raises {type(other).__name__}\n"
    shown["traceback"] = lumen_values.clean(text[-TRACEBACK_CHARACTERS:])
    return shown


def _flush():
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            stream.flush()
        except Exception:
            # The cell closed or replaced it.
            continue


def run(code, number, interruptible):
    """Runs one cell; says how it ended."""
    filename = f"<cell {number}>"
    try:
        compiled = _compiled(code, filename)
    except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError) as error:
        return {"ended": "error", "error": _not_compiled(error)}
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    variables.pop(_VALUE, None)
    try:
        result = {"ended": "normal"}
        with interruptible:
            exec(compiled, variables)
            # The value's own methods are code of the cell too.
            value = variables.pop(_VALUE, None)
            if value is not None:
                result["value"] = lumen_values.describe(value)
    except lumen_calls.Submitted as submitted:
        result = {"ended": "submit", "submit_result": submitted.result}
    except BaseException as error:
        result = {"ended": "error", "error": _raised(error, filename)}
    variables.pop(_VALUE, None)
    _flush()
    return result
