"""Orders joined with customers and products, with those that found no partner."""

import pandas as pd

customers = pd.DataFrame(
    {"customer": [1, 2, 3, 4], "name": ["Ana", "Bo", "Cy", "Di"], "country": ["DE", "FR", "DE", "IT"]}
)
products = pd.DataFrame({"sku": ["a", "b", "c"], "price": [3.0, 12.5, 7.25]})
orders = pd.DataFrame(
    {
        "order": range(10, 17),
        "customer": [1, 2, 1, 5, 3, 2, 1],
        "sku": ["a", "b", "c", "a", "b", "z", "a"],
        "quantity": [2, 1, 4, 1, 3, 2, 5],
    }
)
full = orders.merge(customers, on="customer", how="left").merge(
    products, on="sku", how="left", indicator=True
)
print(full)
print(full["_merge"].value_counts())
full["total"] = full["quantity"] * full["price"]
print(full.groupby("country", dropna=False)["total"].sum())
print(full.pivot_table(index="name", columns="sku", values="total", aggfunc="sum", fill_value=0))
missing = full[full["name"].isna() | full["price"].isna()]
print(missing[["order", "customer", "sku"]].to_string(index=False))
