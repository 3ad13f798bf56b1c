"""Answers of a survey brought into shape: spaces, spellings, numbers written as text, doubles."""

import io

import pandas as pd

RAW = """id,Name , Age,City,Income,Joined
1, Ana ,34,berlin,"52,000",2021-03-05
2,Bo,n/a,Berlin ,48000,2021-04-17
3,Cy,29,PARIS,,2021-04-30
3,Cy,29,PARIS,,2021-04-30
4,Di,41,paris,"61,500",not yet
5,,23,Rome,39000,2021-06-01
"""

answers = pd.read_csv(io.StringIO(RAW), na_values=["n/a"])
answers.columns = answers.columns.str.strip().str.lower()
print(answers.dtypes)

answers = answers.drop_duplicates()
answers["name"] = answers["name"].str.strip().fillna("unknown")
answers["city"] = answers["city"].str.strip().str.title()
answers["income"] = pd.to_numeric(answers["income"].str.replace(",", ""))
answers["joined"] = pd.to_datetime(answers["joined"], errors="coerce")
answers["age"] = answers["age"].fillna(answers["age"].median())
print(answers)
print(answers.isna().sum())
print(answers.groupby("city")["income"].agg(["count", "mean", "max"]))
