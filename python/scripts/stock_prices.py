"""Returns, moving averages and drawdown of prices."""

import numpy as np
import pandas as pd

step = np.sin(np.arange(60) / 5) + np.arange(60) * 0.05
prices = pd.Series(100 + step, index=pd.bdate_range("2023-01-02", periods=60), name="close")
frame = prices.to_frame()
frame["return"] = frame["close"].pct_change()
frame["fast"] = frame["close"].rolling(5).mean()
frame["slow"] = frame["close"].rolling(20).mean()
frame["signal"] = np.where(frame["fast"] > frame["slow"], 1, 0)
frame["peak"] = frame["close"].cummax()
frame["drawdown"] = frame["close"] / frame["peak"] - 1
print(frame.tail(8).round(4))
print(frame["return"].describe().round(5))
print(frame["signal"].diff().abs().sum())
print(frame["drawdown"].min().round(5), frame["drawdown"].idxmin())
print(frame["close"].resample("W").last().head())
