"""Warnings about assignments to what nobody holds: `df[a][b] = value` changes a copy that is gone at once.

Whether an object has a holder is read from its reference count, as in pandas; the counts are those of CPython, where a
value on the interpreter's stack counts before version 3.14.
"""

from __future__ import annotations

import sys

from lumen.pandas._errors import ChainedAssignmentError
from lumen.pandas._warn import warn

# How many references an object without a holder has, seen from `__setitem__` and from a method called by name.
SETTING = 2 if sys.version_info >= (3, 14) else 3
METHOD = 1 if sys.version_info >= (3, 14) else 2

_MIGRATION = "https://pandas.pydata.org/docs/dev/user_guide/migration.html"
_COPY = "always behaves as a copy (due to Copy-on-Write)."


def warn_of_setting() -> None:
    """Items were set in an object without a holder."""
    warn(
        "A value is being set on a copy of a DataFrame or Series through chained assignment.\n"
        "Such chained assignment never works to update the original DataFrame or Series, because the intermediate object"
        f" on which we are setting values {_COPY}\n\n"
        "Try using '.loc[row_indexer, col_indexer] = value' instead, to perform the assignment in a single step.\n\n"
        f"See the documentation for a more detailed explanation: {_MIGRATION}#chained-assignment",
        ChainedAssignmentError,
    )


def warn_of_method() -> None:
    """A method changed an object without a holder in place."""
    warn(
        "A value is being set on a copy of a DataFrame or Series through chained assignment using an inplace method.\n"
        "Such inplace method never works to update the original DataFrame or Series, because the intermediate object on"
        f" which we are setting values {_COPY}\n\n"
        "For example, when doing 'df[col].method(value, inplace=True)', try using 'df.method({col: value}, inplace=True)'"
        " instead, to perform the operation inplace on the original object, or try to avoid an inplace operation using"
        " 'df[col] = df[col].method(value)'.\n\n"
        f"See the documentation for a more detailed explanation: {_MIGRATION}#copy-on-write-cow",
        ChainedAssignmentError,
    )


def warn_of_update() -> None:
    """`update` changed an object without a holder."""
    warn(
        "A value is being set on a copy of a DataFrame or Series through chained assignment using an inplace method.\n"
        "Such inplace method never works to update the original DataFrame or Series, because the intermediate object on"
        f" which we are setting values {_COPY}\n\n"
        "For example, when doing 'df[col].update(other)', try using 'df.update({col: other})' instead, to perform the"
        " operation inplace on the original object.\n\n"
        f"See the documentation for a more detailed explanation: {_MIGRATION}#copy-on-write-cow",
        ChainedAssignmentError,
    )
