"""``pandas.api``: the parts of pandas meant for libraries."""

from lumen.pandas.api import extensions, indexers, types, typing

__all__ = ["extensions", "indexers", "types", "typing"]
