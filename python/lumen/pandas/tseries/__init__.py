"""``pandas.tseries``: offsets and the names of frequencies."""
