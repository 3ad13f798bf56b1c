"""Amounts in several currencies converted at the rate of their day."""

import pandas as pd

rates = pd.DataFrame(
    {
        "day": pd.to_datetime(["2024-01-01", "2024-01-10", "2024-01-20"] * 2),
        "currency": ["USD"] * 3 + ["GBP"] * 3,
        "rate": [0.91, 0.92, 0.915, 1.15, 1.16, 1.17],
    }
).sort_values("day")
payments = pd.DataFrame(
    {
        "day": pd.to_datetime(["2024-01-05", "2024-01-12", "2024-01-25", "2024-01-02"]),
        "currency": ["USD", "GBP", "USD", "EUR"],
        "amount": [100.0, 50.0, 80.0, 30.0],
    }
).sort_values("day")
joined = pd.merge_asof(payments, rates, on="day", by="currency")
joined["rate"] = joined["rate"].fillna(1.0)
joined["eur"] = (joined["amount"] * joined["rate"]).round(2)
print(joined)
print(joined.groupby("currency")["eur"].sum().sort_values(ascending=False))
print(joined["eur"].cumsum())
