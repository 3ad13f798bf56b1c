"""Words of a text counted."""

import pandas as pd

TEXT = """The quick brown fox jumps over the lazy dog. The dog sleeps;
the fox does not. A dog that sleeps is a happy dog, and a quick fox is a hungry fox."""

words = pd.Series(TEXT.lower().split()).str.strip(".,;")
counts = words.value_counts()
print(counts.head(6))
table = pd.DataFrame({"word": counts.index, "count": counts.values})
table["length"] = table["word"].str.len()
print(table.groupby("length")["count"].sum())
print(table[table["word"].str.startswith("h")])
print(words[words.str.contains("o")].unique())
print(words.str.upper().str[:3].drop_duplicates().tolist()[:8])
print(table.sort_values(["count", "word"], ascending=[False, True]).head(5).to_string(index=False))
