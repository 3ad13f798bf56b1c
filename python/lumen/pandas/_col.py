"""`pandas.col`: an expression over the columns of a frame that is named later."""

from __future__ import annotations

from collections import abc
from typing import Any, Callable, Hashable, NoReturn

# What is written between two operands, by the method that an operator calls.
_BINARY = {
    "add": "+", "sub": "-", "mul": "*", "matmul": "@", "pow": "**", "truediv": "/", "floordiv": "//", "mod": "%",
    "and": "&", "or": "|", "xor": "^",
}  # fmt: skip
_COMPARISONS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<", "eq": "==", "ne": "!="}


class Expression:
    """What is made of a frame's columns, once there is a frame: `assign`, `loc` and `[]` evaluate it."""

    __module__ = "pandas.api.typing"
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, func: Callable[[Any], Any], text: str, compound: bool = False) -> None:
        self._func = func
        self._text = text
        self._compound = compound

    def _eval_expression(self, df: Any) -> Any:
        return self._func(df)

    def __repr__(self) -> str:
        return self._text

    def __invert__(self) -> Expression:
        return Expression(lambda df: ~self._func(df), f"~{self._text}", True)

    def __neg__(self) -> Expression:
        return Expression(lambda df: -self._func(df), f"-{_operand(self)}", True)

    def __pos__(self) -> Expression:
        return Expression(lambda df: +self._func(df), f"+{_operand(self)}", True)

    def __abs__(self) -> Expression:
        return Expression(lambda df: abs(self._func(df)), f"abs({self._text})", True)

    def __getitem__(self, item: Any) -> Expression:
        return Expression(lambda df: self._func(df)[_of(item, df)], f"{self!r}[{item!r}]", True)

    def __getattr__(self, name: str, /) -> Expression:
        return Expression(lambda df: getattr(self._func(df), name), f"{_operand(self)}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Expression:
        def call(df: Any) -> Any:
            return self._func(df)(*_of(args, df), **_of(kwargs, df))

        return Expression(call, f"{self._text}({_arguments(args, kwargs)})")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Expression:
        def call(df: Any) -> Any:
            return getattr(ufunc, method)(*_of(inputs, df), **_of(kwargs, df))

        return Expression(call, f"{ufunc.__name__}({_arguments(inputs, kwargs)})")

    def case_when(self, caselist: Any) -> Expression:
        """`Series.case_when` with conditions and values that are expressions too."""

        def choose(df: Any) -> Any:
            return self._func(df).case_when([tuple(_of(part, df) for part in case) for case in caselist])

        return Expression(choose, f"{self!r}.case_when(...)")

    def __bool__(self) -> NoReturn:
        raise TypeError("boolean value of an expression is ambiguous")

    def __iter__(self) -> NoReturn:
        raise TypeError("Expression objects are not iterable")

    def __copy__(self) -> NoReturn:
        raise TypeError("Expression objects are not copiable")

    def __deepcopy__(self, memo: Any) -> NoReturn:
        raise TypeError("Expression objects are not copiable")


def _binary(method: str, symbol: str, reflected: bool) -> Callable[[Expression, Any], Expression]:
    def operate(self: Expression, other: Any) -> Expression:
        left, right = (other, self) if reflected else (self, other)
        text = f"{_operand(left)} {symbol} {_operand(right)}"
        return Expression(lambda df: getattr(self._func(df), method)(_of(other, df)), text, True)

    operate.__name__ = method
    return operate


for _name, _symbol in _BINARY.items():
    setattr(Expression, f"__{_name}__", _binary(f"__{_name}__", _symbol, False))
    setattr(Expression, f"__r{_name}__", _binary(f"__r{_name}__", _symbol, True))
for _name, _symbol in _COMPARISONS.items():
    setattr(Expression, f"__{_name}__", _binary(f"__{_name}__", _symbol, False))


def _operand(value: Any) -> str:
    return f"({value!r})" if isinstance(value, Expression) and value._compound else repr(value)


def _arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    return ", ".join([*map(repr, args), *(f"{name}={value!r}" for name, value in kwargs.items())])


def _of(value: Any, df: Any) -> Any:
    """An argument with its expressions evaluated."""
    if isinstance(value, Expression):
        return value._eval_expression(df)
    if type(value) is tuple:
        return tuple(_of(item, df) for item in value)
    if type(value) is dict:
        return {name: _of(item, df) for name, item in value.items()}
    return value


def resolved(value: Any, obj: Any) -> Any:
    """What an argument is for an object: a function of it is called, an expression evaluated."""
    if isinstance(value, Expression):
        return value._eval_expression(obj)
    return value(obj) if callable(value) and not isinstance(value, type) else value


def col(col_name: Hashable) -> Expression:
    """A column of a frame that is named later."""
    if not isinstance(col_name, abc.Hashable):
        raise TypeError(f"Expected Hashable, got: {type(col_name)}")

    def column(df: Any) -> Any:
        if col_name in df.columns:
            return df[col_name]
        known = str(df.columns.tolist())
        known = known if len(known) <= 90 else known[:90] + "...]"
        raise ValueError(
            f"Column '{col_name}' not found in given DataFrame.\n\nHint: did you mean one of {known} instead?"
        )

    return Expression(column, f"col({col_name!r})")


col.__module__ = "pandas"
