"""Meetings across time zones and the turn of a clock."""

import pandas as pd

meetings = pd.DataFrame(
    {
        "what": ["stand-up", "review", "launch"],
        "utc": pd.to_datetime(["2024-03-30 08:00", "2024-03-31 08:00", "2024-10-27 00:30"], utc=True),
    }
)
meetings["berlin"] = meetings["utc"].dt.tz_convert("Europe/Berlin")
meetings["tokyo"] = meetings["utc"].dt.tz_convert("Asia/Tokyo")
print(meetings)
print(meetings.dtypes)
print(meetings["berlin"].dt.hour.tolist(), meetings["tokyo"].dt.day_name().tolist())
local = pd.date_range("2024-03-30", periods=4, freq="D", tz="Europe/Berlin")
print(local)
print((local - local[0]).tolist())
print(pd.Timestamp("2024-07-01 12:00").tz_localize("America/New_York").tz_convert("UTC"))
