"""Lumen's engines for Python. `lumen.pandas` has the names, signatures and results of pandas, `lumen.torch` those of
PyTorch.
"""
