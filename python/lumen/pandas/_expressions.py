"""`query` and `eval`: expressions over columns, by Python's own grammar.

Names are columns, the index or its levels, then the caller's variables behind `@`. Refuses what pandas refuses:
statements, comprehensions, lambdas, power over calls it does not know.
"""

from __future__ import annotations

import ast
import io
import operator
import sys
import tokenize
from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas import _convert
from lumen.pandas._errors import UndefinedVariableError
from lumen.pandas._inference import no_default

_BINARY = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
    ast.BitAnd: operator.and_, ast.BitOr: operator.or_, ast.BitXor: operator.xor,
}  # fmt: skip
_COMPARE = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
_FUNCTIONS = (
    "sin", "cos", "tan", "exp", "log", "expm1", "log1p", "sqrt", "sinh", "cosh", "tanh", "arcsin", "arccos",
    "arctan", "arccosh", "arcsinh", "arctanh", "abs", "log10", "floor", "ceil", "arctan2",
)  # fmt: skip
_LOCAL = "__pd_eval_local_"
_QUOTED = "BACKTICK_QUOTED_STRING_"


def _clean(source: str) -> tuple[str, dict[str, str]]:
    """The source with `&` and `|` of low precedence, names in backticks and behind `@` as Python's own names."""
    quoted: dict[str, str] = {}
    out, rest = [], source
    while "`" in rest:
        before, _, after = rest.partition("`")
        name, closed, rest = after.partition("`")
        if not closed:
            raise SyntaxError(f"Failed to parse backticks in '{source}'.")
        alias = f"{_QUOTED}{len(quoted)}"
        quoted[alias] = name
        out.append(before + alias)
    source = "".join(out) + rest
    tokens = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        kind, text = token.type, token.string
        if kind == tokenize.OP and text in ("&", "|"):
            kind, text = tokenize.NAME, "and" if text == "&" else "or"
        tokens.append((kind, text))
    joined: list[tuple[int, str]] = []
    local = False
    for kind, text in tokens:
        if text == "@" and kind in (tokenize.OP, tokenize.ERRORTOKEN):
            local = True
            continue
        if local:
            text, local = _LOCAL + text, False
        joined.append((kind, text))
    return tokenize.untokenize(joined).strip(), quoted


class _Evaluator(ast.NodeVisitor):
    """The value of an expression."""

    def __init__(self, frame: Any, local: dict[str, Any], quoted: dict[str, str], wide: bool) -> None:
        self.frame, self.local, self.quoted, self.wide = frame, local, quoted, wide

    def generic_visit(self, node: ast.AST) -> Any:
        raise NotImplementedError(f"'{type(node).__name__}' nodes are not implemented")

    def visit_Expression(self, node: ast.Expression) -> Any:
        return self.visit(node.body)

    def visit_Constant(self, node: ast.Constant) -> Any:
        return node.value

    def visit_Name(self, node: ast.Name) -> Any:
        name = node.id
        if name.startswith(_LOCAL):
            name = name.removeprefix(_LOCAL)
            if name in self.local:
                return self.local[name]
            raise UndefinedVariableError(name, True)
        label: Any = self.quoted.get(name, name)
        if self.frame is not None:
            if label in self.frame.columns:
                return self.frame[label]
            if label in self.frame.index.names:
                levels = self.frame.index.get_level_values(label)
                return self.frame._constructor_sliced(levels, index=self.frame.index, name=label)
            if label == "index":
                return self.frame._constructor_sliced(self.frame.index, index=self.frame.index)
            if label == "columns":
                return self.frame.columns
        if name in ("True", "False", "None"):
            return {"True": True, "False": False, "None": None}[name]
        if self.wide and name in self.local:
            return self.local[name]
        raise UndefinedVariableError(str(label))

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        if type(node.op) not in _BINARY:
            return self.generic_visit(node.op)
        return _BINARY[type(node.op)](self.visit(node.left), self.visit(node.right))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        value = self.visit(node.operand)
        if isinstance(node.op, (ast.Not, ast.Invert)):
            return not value if isinstance(value, bool) else ~value
        return -value if isinstance(node.op, ast.USub) else +value

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        values = [self.visit(value) for value in node.values]
        joined = values[0]
        for value in values[1:]:
            joined = joined & value if isinstance(node.op, ast.And) else joined | value
        return joined

    def visit_Compare(self, node: ast.Compare) -> Any:
        left, result = self.visit(node.left), None
        for op, right_node in zip(node.ops, node.comparators):
            right = self.visit(right_node)
            one = self._compared(op, left, right)
            result = one if result is None else result & one
            left = right
        return result

    def _compared(self, op: ast.cmpop, left: Any, right: Any) -> Any:
        listed = isinstance(right, (list, tuple, set, frozenset, dict)) or (
            isinstance(right, (_engine.Series, _engine.Index, np.ndarray))
            and isinstance(op, (ast.In, ast.NotIn))
        )
        if isinstance(op, (ast.In, ast.NotIn)) or (listed and isinstance(op, (ast.Eq, ast.NotEq))):
            negate = isinstance(op, (ast.NotIn, ast.NotEq))
            if isinstance(left, (list, tuple)) and isinstance(right, _engine.Series):
                left, right = right, left
            if not isinstance(left, _engine.Series):
                found = left in (right if not isinstance(right, _engine.Series) else right.tolist())
                return not found if negate else found
            if not _convert.is_list_like(right):
                right = [right]
            found = left.isin(right)
            return ~found if negate else found
        return _COMPARE[type(op)](left, right)

    def visit_List(self, node: ast.List) -> Any:
        return [self.visit(item) for item in node.elts]

    def visit_Tuple(self, node: ast.Tuple) -> Any:
        return tuple(self.visit(item) for item in node.elts)

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        return getattr(self.visit(node.value), node.attr)

    def visit_Subscript(self, node: ast.Subscript) -> Any:
        return self.visit(node.value)[self.visit(node.slice)]

    def visit_Slice(self, node: ast.Slice) -> Any:
        ends = (node.lower, node.upper, node.step)
        return slice(*(None if end is None else self.visit(end) for end in ends))

    def visit_Call(self, node: ast.Call) -> Any:
        arguments = [self.visit(argument) for argument in node.args]
        named = {keyword.arg: self.visit(keyword.value) for keyword in node.keywords if keyword.arg}
        if isinstance(node.func, ast.Name) and not node.func.id.startswith(_LOCAL):
            name = node.func.id
            if name in _FUNCTIONS:
                if named:
                    raise TypeError(f'Function "{name}" does not support keyword arguments')
                return getattr(np, name)(*arguments)
            raise ValueError(f'"{name}" is not a supported function')
        return self.visit(node.func)(*arguments, **named)


def _variables(local: Any, wide: Any, level: int) -> dict[str, Any]:
    frame = sys._getframe(level + 1)
    found = dict(frame.f_globals if wide is None else wide)
    found.update(frame.f_locals if local is None else local)
    return found


def _value(frame: Any, source: str, local: dict[str, Any], wide: bool = False) -> Any:
    cleaned, quoted = _clean(source)
    tree = ast.parse(cleaned, mode="eval")
    return _Evaluator(frame, local, quoted, wide).visit(tree)


def check_engine(engine: Any, parser: Any) -> None:
    """KeyError for what is no engine or parser, NotImplementedError for those that are not built."""
    if engine not in (None, "python", "numexpr"):
        raise KeyError(f"Invalid engine '{engine}' passed, valid engines are ['numexpr', 'python']")
    if engine == "numexpr":
        raise ImportError(
            "'numexpr' is not installed or an unsupported version. Cannot use engine='numexpr' for query/eval if 'numexpr'"
            " is not installed"
        )
    if parser not in (no_default, None, "pandas", "python"):
        raise KeyError(f"Invalid parser '{parser}' passed, valid parsers are dict_keys(['python', 'pandas'])")
    if parser == "python":
        raise NotImplementedError("lumen.pandas: eval(parser='python')")


def query(frame: Any, expr: Any, local: Any, wide: Any, level: int, inplace: bool) -> Any:
    """`DataFrame.query`.

    UndefinedVariableError for a name that is nothing, ValueError for what is no text.
    """
    if not isinstance(expr, str):
        raise ValueError(f"expr must be a string to be evaluated, {type(expr)} given")
    result = _value(frame, expr, _variables(local, wide, level + 1))
    try:
        made = frame.loc[result]
    except ValueError:
        made = frame[result]
    if inplace:
        frame._adopt(made)
        return None
    return made


def evaluate(frame: Any, expr: Any, inplace: bool, named: dict[str, Any], level: int = 3) -> Any:
    """`DataFrame.eval`: an expression, or assignments to columns, a line each."""
    allowed = {"local_dict", "global_dict", "resolvers", "level", "target", "engine", "parser"}
    for key in named:
        if key not in allowed:
            raise TypeError(f"eval() got an unexpected keyword argument '{key}'")
    check_engine(named.get("engine"), named.get("parser"))
    if named.get("resolvers") or named.get("target") is not None:
        raise NotImplementedError("lumen.pandas: eval(resolvers=)")
    if not isinstance(expr, str):
        raise ValueError(f"expr must be a string to be evaluated, {type(expr)} given")
    local = _variables(named.get("local_dict"), named.get("global_dict"), level - 1 + named.get("level", 0))
    lines = [line for line in expr.splitlines() if line.strip()]
    if not lines:
        raise ValueError("expr cannot be an empty string")
    target, result, assigned = frame if inplace else None, None, False
    for line in lines:
        name, value = _assignment(line.strip())
        if name is None:
            if len(lines) > 1:
                raise ValueError(
                    "Multi-line expressions are only valid if all expressions contain an assignment"
                )
            result = _value(frame if target is None else target, value, local)
            break
        if target is None:
            target = frame.copy()
        target[name] = _value(target, value, local)
        assigned = True
    if assigned:
        return None if inplace else target
    if inplace:
        raise ValueError("Cannot operate inplace if there is no assignment")
    return result


def _assignment(line: str) -> tuple[str | None, str]:
    """The name a line assigns to, and the expression."""
    cleaned, quoted = _clean(line)
    tree = ast.parse(cleaned)
    if len(tree.body) != 1:
        raise SyntaxError("only a single expression is allowed")
    statement = tree.body[0]
    if isinstance(statement, ast.Assign):
        if len(statement.targets) != 1:
            raise SyntaxError("can only assign a single expression")
        target = statement.targets[0]
        if not isinstance(target, ast.Name):
            raise SyntaxError("left hand side of an assignment must be a single name")
        return quoted.get(target.id, target.id), line.partition("=")[2]
    return None, line


def evaluate_top(expr: Any, local: Any, wide: Any, level: int, target: Any) -> Any:
    """`pandas.eval`: names are the caller's variables."""
    if target is not None:
        return evaluate(target, expr, False, {})
    return _value(None, expr, _variables(local, wide, level + 1), True)
