"""Ordered answers as categories."""

import pandas as pd

scale = ["never", "rarely", "often", "always"]
answers = pd.DataFrame(
    {
        "age": [22, 35, 47, 51, 29, 63],
        "uses": ["often", "never", "rarely", "always", "often", "rarely"],
        "sex": list("fmfmff"),
    }
)
answers["uses"] = pd.Categorical(answers["uses"], categories=scale, ordered=True)
print(answers.dtypes)
print(answers["uses"].cat.codes.tolist())
print(answers.sort_values("uses"))
print(answers[answers["uses"] >= "often"])
print(answers["uses"].value_counts(sort=False))
print(pd.crosstab(answers["sex"], answers["uses"]))
answers["group"] = pd.cut(answers["age"], [0, 30, 50, 100], labels=["young", "middle", "old"])
print(answers.groupby("group", observed=False)["age"].mean())
print(answers["uses"].min(), answers["uses"].max())
