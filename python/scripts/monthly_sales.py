"""Daily sales added up by month and compared with the month before."""

import numpy as np
import pandas as pd

days = pd.date_range("2024-01-01", "2024-06-30", freq="D")
sales = pd.DataFrame({"day": days, "units": (np.arange(len(days)) * 7) % 23, "price": 2.5})
sales["revenue"] = sales["units"] * sales["price"]
sales = sales.set_index("day")

monthly = sales.resample("ME")[["units", "revenue"]].sum()
monthly["change"] = monthly["revenue"].pct_change()
monthly["share"] = monthly["revenue"] / monthly["revenue"].sum()
print(monthly.round(3))
print(sales.loc["2024-02", "revenue"].mean())
print(sales["units"].rolling(7).mean().dropna().head())
print(monthly["revenue"].idxmax())
