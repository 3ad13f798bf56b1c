"""Customers by the month of their first order and the months since."""

import pandas as pd

orders = pd.DataFrame(
    {
        "customer": ["a", "b", "a", "c", "b", "a", "d", "c", "d", "e"],
        "date": pd.to_datetime(
            [
                "2024-01-03",
                "2024-01-20",
                "2024-02-02",
                "2024-02-11",
                "2024-03-01",
                "2024-03-09",
                "2024-03-15",
                "2024-04-01",
                "2024-04-20",
                "2024-04-22",
            ]
        ),
        "amount": [10, 20, 15, 30, 25, 5, 40, 10, 20, 60],
    }
)
first = orders.groupby("customer")["date"].transform("min")
orders["cohort"] = first.dt.strftime("%Y-%m")
orders["age"] = (orders["date"].dt.year - first.dt.year) * 12 + orders["date"].dt.month - first.dt.month
print(orders)
table = orders.pivot_table(index="cohort", columns="age", values="customer", aggfunc="nunique")
print(table)
print(table.div(table[0], axis=0).round(2))
print(orders.groupby("cohort").agg(revenue=("amount", "sum"), buyers=("customer", "nunique")))
print(
    orders.sort_values("amount", ascending=False).groupby("cohort").head(1)[["cohort", "customer", "amount"]]
)
