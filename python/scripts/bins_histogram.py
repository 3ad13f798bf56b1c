"""Values put into bins and counted; quantiles; outliers by the rule of Tukey."""

import numpy as np
import pandas as pd

values = pd.Series((np.arange(200) * 37 % 101) ** 1.5, name="value").round(2)
values.iloc[::50] = [5000.0, -900.0, 4000.0, 3000.0]
bins = pd.cut(values, [-1000, 0, 250, 500, 750, 1000, 6000])
print(bins.value_counts(sort=False))
quarters = pd.qcut(values, 4, labels=["low", "mid", "high", "top"])
print(values.groupby(quarters, observed=False).agg(["count", "min", "max"]))
q1, q3 = values.quantile([0.25, 0.75])
spread = q3 - q1
outliers = values[(values < q1 - 1.5 * spread) | (values > q3 + 1.5 * spread)]
print(outliers)
print(values.clip(q1, q3).describe().round(2))
print(values.sample(5, random_state=1))
