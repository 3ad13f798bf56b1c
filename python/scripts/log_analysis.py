"""Lines of a web server's log taken apart by pattern and counted."""

import pandas as pd

LINES = """10.0.0.1 - [05/Mar/2024:10:01:22] "GET /index.html" 200 512
10.0.0.2 - [05/Mar/2024:10:01:25] "GET /img/logo.png" 200 20480
10.0.0.1 - [05/Mar/2024:10:02:01] "POST /login" 302 0
10.0.0.3 - [05/Mar/2024:10:05:47] "GET /missing" 404 128
10.0.0.2 - [05/Mar/2024:11:00:00] "GET /index.html" 200 512
10.0.0.3 - [05/Mar/2024:11:15:30] "GET /admin" 403 96
""".splitlines()

lines = pd.Series(LINES)
pattern = r'(?P<ip>\S+) - \[(?P<time>[^\]]+)\] "(?P<method>\w+) (?P<path>\S+)" (?P<status>\d+) (?P<bytes>\d+)'
log = lines.str.extract(pattern)
log["time"] = pd.to_datetime(log["time"], format="%d/%b/%Y:%H:%M:%S")
log[["status", "bytes"]] = log[["status", "bytes"]].astype(int)
print(log)
print(log.groupby("ip").agg(hits=("path", "count"), traffic=("bytes", "sum")))
print(log.groupby(log["time"].dt.hour)["bytes"].sum())
print(log.loc[log["status"] >= 400, ["ip", "path", "status"]])
print(log["path"].str.split("/").str[-1].value_counts().head(3))
