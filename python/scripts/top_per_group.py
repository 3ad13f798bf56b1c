"""The best of each group, by several ways."""

import pandas as pd

films = pd.DataFrame(
    {
        "title": ["A", "B", "C", "D", "E", "F", "G"],
        "genre": ["drama", "comedy", "drama", "comedy", "drama", "horror", "horror"],
        "year": [2001, 1999, 2010, 2015, 2008, 1999, 2020],
        "score": [7.9, 6.5, 8.8, 7.1, 8.8, 5.0, 6.2],
    }
)
print(films.loc[films.groupby("genre")["score"].idxmax()])
print(films.sort_values("score", ascending=False).groupby("genre").head(2))
films["place"] = films.groupby("genre")["score"].rank(method="dense", ascending=False).astype(int)
print(films[films["place"] == 1].sort_values("title"))
print(films.groupby("genre")["score"].agg(["mean", "std", "min", "max"]).round(2))
print(films.nlargest(3, ["score", "year"]))
decade = films["year"] // 10 * 10
print(films.groupby(decade)["title"].apply(", ".join))
print(films.query("score > 7 and year < 2010")["title"].tolist())
