"""The methods of series and frames, gathered from their families."""

from __future__ import annotations

from lumen.pandas._applying import FrameApplying, SeriesApplying
from lumen.pandas._elementwise import FrameElementwise, SeriesElementwise
from lumen.pandas._missing_methods import FrameMissing, SeriesMissing
from lumen.pandas._ordering import FrameOrdering, SeriesOrdering
from lumen.pandas._statistics import FrameStatistics, SeriesStatistics
from lumen.pandas._structure import FrameStructure, SeriesStructure


class SeriesMethods(
    SeriesElementwise,
    SeriesMissing,
    SeriesOrdering,
    SeriesApplying,
    SeriesStatistics,
    SeriesStructure,
):
    """Methods of a series."""


class FrameMethods(
    FrameElementwise, FrameMissing, FrameOrdering, FrameApplying, FrameStatistics, FrameStructure
):
    """Methods of a frame."""
