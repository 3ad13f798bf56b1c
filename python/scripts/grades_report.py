"""Marks of a class: averages, ranks, letters, and a table by subject."""

import pandas as pd

marks = pd.DataFrame(
    {
        "student": ["Ana", "Bo", "Cy", "Di", "Ed"],
        "maths": [91, 72, 65, 88, 54],
        "physics": [84, 69, 71, 95, 60],
        "art": [77, 90, 88, 70, 93],
    }
).set_index("student")
marks["mean"] = marks.mean(axis=1).round(2)
marks["rank"] = marks["mean"].rank(ascending=False).astype(int)
marks["letter"] = pd.cut(marks["mean"], bins=[0, 65, 75, 85, 100], labels=["D", "C", "B", "A"])
print(marks.sort_values("rank"))
print(marks["letter"].value_counts().sort_index())
print(marks[["maths", "physics", "art"]].describe().round(1))
print(marks[["maths", "physics", "art"]].corr().round(2))
best = marks[["maths", "physics", "art"]].idxmax()
print(best)
