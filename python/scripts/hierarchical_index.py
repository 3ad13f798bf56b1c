"""Figures by region and year under a hierarchy of labels."""

import pandas as pd

index = pd.MultiIndex.from_product([["north", "south"], [2022, 2023, 2024]], names=["region", "year"])
figures = pd.DataFrame({"sales": [5, 7, 9, 4, 8, 6], "cost": [3, 4, 4, 3, 5, 5]}, index=index)
print(figures)
print(figures.loc["north"])
print(figures.loc[("south", 2023), "sales"])
print(figures.xs(2024, level="year"))
print(figures.groupby(level="region").sum())
print(figures.unstack("year")["sales"])
figures["profit"] = figures["sales"] - figures["cost"]
print(figures["profit"].unstack(level=0))
print(figures.sort_index(level="year").head(3))
print(figures.swaplevel().sort_index().loc[2022])
print(figures.reset_index().query("profit > 2"))
