"""Planned against spent, by department and quarter, with totals."""

import pandas as pd

spent = pd.DataFrame(
    {
        "dept": ["R&D", "R&D", "Sales", "Sales", "HR", "HR"],
        "quarter": ["Q1", "Q2"] * 3,
        "spent": [120, 135, 80, 95, 30, 28],
    }
)
plan = pd.DataFrame({"dept": ["R&D", "Sales", "HR"], "Q1": [110, 90, 30], "Q2": [130, 90, 30]})
long = plan.melt(id_vars="dept", var_name="quarter", value_name="planned")
both = spent.merge(long, on=["dept", "quarter"])
both["variance"] = both["spent"] - both["planned"]
both["percent"] = (both["variance"] / both["planned"] * 100).map("{:+.1f}%".format)
print(both)
table = both.pivot_table(
    index="dept", columns="quarter", values=["spent", "planned"], aggfunc="sum", margins=True
)
print(table)
print(both.set_index(["dept", "quarter"])["variance"].unstack())
print(both.assign(over=both["variance"] > 0).groupby("dept")["over"].any())
