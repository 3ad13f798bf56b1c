"""`Index.str`: the string methods of a series, with results as indexes."""

from __future__ import annotations

from typing import Any

import numpy as np

from lumen import _engine
from lumen.pandas._inference import infer_dtype


class IndexStrings:
    """String methods of labels; each is that of a series of the labels."""

    def __init__(self, index: Any) -> None:
        if index.nlevels > 1:
            raise AttributeError("Can only use .str accessor with Index, not MultiIndex")
        kind = index.inferred_type
        if index._dtype == "object":
            # Gaps do not say what the labels are.
            kind = infer_dtype(index._values.tolist(), skipna=True)
        if kind not in ("string", "empty", "bytes", "mixed", "mixed-integer", "categorical"):
            raise AttributeError(f"Can only use .str accessor with string values, not {kind}")
        self._index = index
        self._strings = index._series().str

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._strings, name)
        if not callable(found):
            return self._wrapped(found)

        def call(*args: Any, **kwargs: Any) -> Any:
            return self._wrapped(found(*args, **kwargs))

        call.__name__ = name
        call.__doc__ = found.__doc__
        return call

    def __getitem__(self, key: Any) -> Any:
        return self._wrapped(self._strings[key])

    def _wrapped(self, found: Any) -> Any:
        if isinstance(found, _engine.Series):
            if found._dtype == "bool":
                return np.asarray(found)
            return _engine.Index._of_column(found._values, self._index._name)
        if isinstance(found, _engine.DataFrame):
            from lumen.pandas._index import MultiIndex

            return MultiIndex.from_arrays([found._column(n) for n in range(found.shape[1])])
        return found
