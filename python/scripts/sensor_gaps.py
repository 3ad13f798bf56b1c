"""Readings of sensors with gaps: filled, resampled, out of range."""

import numpy as np
import pandas as pd

index = pd.to_datetime(
    ["2024-05-01 00:00", "2024-05-01 00:10", "2024-05-01 00:40", "2024-05-01 01:00", "2024-05-01 01:10"]
)
readings = pd.DataFrame({"t": [20.1, np.nan, 20.9, 99.0, 21.4], "h": [40, 41, np.nan, 43, 44]}, index=index)
readings.loc[readings["t"] > 50, "t"] = np.nan
print(readings)
print(readings.isna().mean())
print(readings.ffill())
print(readings["t"].interpolate().round(3))
regular = readings.resample("20min").mean()
print(regular)
print(regular.asfreq("10min").head(4))
print(readings.index.to_series().diff().max())
print(readings.fillna({"t": readings["t"].mean(), "h": 0}).round(2))
