"""``pandas.api.indexers``: windows of one's own."""

from lumen.pandas._window_indexers import (
    BaseIndexer,
    FixedForwardWindowIndexer,
    VariableOffsetWindowIndexer,
    check_array_indexer,
)

__all__ = ["BaseIndexer", "FixedForwardWindowIndexer", "VariableOffsetWindowIndexer", "check_array_indexer"]
