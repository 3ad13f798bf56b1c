"""Records as they come from a service, flattened and explored."""

import pandas as pd

records = [
    {"id": 1, "user": "ana", "tags": ["x", "y"], "score": 3},
    {"id": 2, "user": "bo", "tags": [], "score": None},
    {"id": 3, "user": "cy", "tags": ["y"], "score": 5},
]
frame = pd.DataFrame(records)
print(frame)
print(frame.dtypes)
flat = frame.explode("tags").dropna(subset=["tags"])
print(flat)
print(flat["tags"].value_counts())
print(frame.to_dict(orient="records")[0])
print(frame.set_index("id")["score"].to_json())
print(frame.drop(columns="tags").to_json(orient="records"))
print(frame["score"].fillna(0).astype("Int64"))
