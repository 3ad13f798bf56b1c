"""`DataFrame._mgr` and `Series._mgr`: how an object is stored, for who looks there as one does in pandas.

pandas keeps columns of one dtype in one block; here each column is a block of its own, and that is what this says.
Nothing can be changed through it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lumen.pandas import _convert


@dataclass(frozen=True)
class Block:
    """One column: its values, and its place among the columns."""

    values: Any
    mgr_locs: tuple[int, ...]

    @property
    def dtype(self) -> Any:
        """The dtype of the values."""
        return self.values.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """One dimension: the length."""
        return (len(self.values),)

    ndim = 1


@dataclass(frozen=True)
class Storage:
    """The blocks of an object and its axes, columns first as pandas has them."""

    axes: tuple[Any, ...]
    blocks: tuple[Block, ...]

    @property
    def nblocks(self) -> int:
        """How many blocks there are."""
        return len(self.blocks)

    @property
    def is_single_block(self) -> bool:
        """Whether one block holds everything."""
        return len(self.blocks) == 1

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        return tuple(len(axis) for axis in self.axes)

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return len(self.axes)


def column_array(column: Any) -> Any:
    """The values of a column, sharing its memory where numpy has the dtype."""
    from lumen.pandas._arrays import array_of, is_numpy

    return _convert.numpy_of(column) if is_numpy(column) else array_of(column)


def of_frame(frame: Any) -> Storage:
    """How a frame is stored."""
    columns = [frame._column(place) for place in range(frame.shape[1])]
    blocks = tuple(Block(column_array(column), (place,)) for place, column in enumerate(columns))
    return Storage((frame.columns, frame.index), blocks)


def of_series(series: Any) -> Storage:
    """How a series is stored."""
    return Storage((series.index,), (Block(column_array(series._values), (0,)),))
