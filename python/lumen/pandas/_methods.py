"""The methods of series and frames, gathered from their families."""

from __future__ import annotations

from lumen.pandas._applying import FrameApplying, SeriesApplying
from lumen.pandas._converting import FrameConverting, SeriesConverting
from lumen.pandas._elementwise import FrameElementwise, SeriesElementwise
from lumen.pandas._interpolating import FrameInterpolating, SeriesInterpolating
from lumen.pandas._missing_methods import FrameMissing, SeriesMissing
from lumen.pandas._ordering import FrameOrdering, SeriesOrdering
from lumen.pandas._statistics import FrameStatistics, SeriesStatistics
from lumen.pandas._structure import FrameStructure, SeriesStructure
from lumen.pandas._table_text import FrameTexts, SeriesTexts
from lumen.pandas._time_labels import FramePeriodLabels, SeriesPeriodLabels, TimeLabels


class SeriesMethods(
    SeriesElementwise,
    SeriesMissing,
    SeriesOrdering,
    SeriesApplying,
    SeriesStatistics,
    SeriesStructure,
    SeriesInterpolating,
    SeriesTexts,
    SeriesConverting,
    SeriesPeriodLabels,
    TimeLabels,
):
    """Methods of a series."""


class FrameMethods(
    FrameElementwise,
    FrameMissing,
    FrameOrdering,
    FrameApplying,
    FrameStatistics,
    FrameStructure,
    FrameInterpolating,
    FrameTexts,
    FrameConverting,
    FramePeriodLabels,
    TimeLabels,
):
    """Methods of a frame."""
