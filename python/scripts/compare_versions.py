"""Two versions of a list of prices: what came, what went, what changed; written to a file and read again."""

import tempfile
from pathlib import Path

import pandas as pd

old = pd.DataFrame({"sku": ["a", "b", "c", "d"], "price": [1.0, 2.0, 3.0, 4.0]})
new = pd.DataFrame({"sku": ["b", "c", "d", "e"], "price": [2.0, 3.5, 4.0, 5.0]})
both = old.merge(new, on="sku", how="outer", suffixes=("_old", "_new"), indicator="where")
both["where"] = both["where"].map({"left_only": "gone", "right_only": "added", "both": "kept"})
both["change"] = both["price_new"] - both["price_old"]
print(both)
print(both[both["change"].fillna(0) != 0])
print(pd.concat([old, new], keys=["old", "new"]).groupby(level=0)["price"].mean())
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "prices.csv"
    both.to_csv(path, index=False)
    again = pd.read_csv(path)
    print(path.read_text())
print(again.dtypes)
print(again["price_old"].equals(both["price_old"]))
