"""Python's binary operators with their sides exchanged: `radd(a, b)` is `b + a`.

What warns inside of them points at their caller, as it does for every function of this package.
"""

from __future__ import annotations

from typing import Any


def radd(left: Any, right: Any) -> Any:
    """`right + left`."""
    return right + left


def rsub(left: Any, right: Any) -> Any:
    """`right - left`."""
    return right - left


def rmul(left: Any, right: Any) -> Any:
    """`right * left`."""
    return right * left


def rtruediv(left: Any, right: Any) -> Any:
    """`right / left`."""
    return right / left


def rfloordiv(left: Any, right: Any) -> Any:
    """`right // left`."""
    return right // left


def rmod(left: Any, right: Any) -> Any:
    """`right % left`; a text on the right is no format here."""
    if isinstance(right, str):
        raise TypeError(f"{type(left).__name__} cannot perform the operation mod")
    return right % left


def rdivmod(left: Any, right: Any) -> Any:
    """`divmod(right, left)`."""
    return divmod(right, left)


def rpow(left: Any, right: Any) -> Any:
    """`right ** left`."""
    return right**left


def rand_(left: Any, right: Any) -> Any:
    """`right & left`."""
    return right & left


def ror_(left: Any, right: Any) -> Any:
    """`right | left`."""
    return right | left


def rxor(left: Any, right: Any) -> Any:
    """`right ^ left`."""
    return right ^ left
