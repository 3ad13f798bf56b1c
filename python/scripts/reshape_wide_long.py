"""A wide table made long and wide again."""

import pandas as pd

wide = pd.DataFrame(
    {
        "country": ["DE", "FR", "IT"],
        "2020": [83.2, 67.4, 59.4],
        "2021": [83.1, 67.6, 59.1],
        "2022": [84.4, 67.9, 58.9],
    }
)
long = wide.melt(id_vars="country", var_name="year", value_name="population")
long["year"] = long["year"].astype(int)
print(long)
back = long.pivot(index="country", columns="year", values="population")
print(back)
print(back.stack().head(4))
print(back.T.diff())
print(long.set_index(["country", "year"]).unstack("country"))
print(long.groupby("country")["population"].transform(lambda s: s - s.mean()).round(3).tolist())
