"""A symmetrical table of distances: looked up, masked, ordered."""

import numpy as np
import pandas as pd

towns = ["A", "B", "C", "D"]
place = np.array([[0, 0], [3, 4], [6, 8], [0, 8]])
table = pd.DataFrame(np.sqrt(((place[:, None] - place[None]) ** 2).sum(-1)), index=towns, columns=towns)
print(table.round(2))
upper = table.where(np.triu(np.ones(table.shape, dtype=bool), k=1))
pairs = upper.stack().dropna()
print(pairs.sort_values())
print(table.replace(0, np.nan).idxmin())
print(table.loc["A", "C"], table.at["B", "D"], table.iloc[2, 3])
print((table > 5).sum())
print(table.apply(lambda row: row.nlargest(2).index.tolist(), axis=1))
