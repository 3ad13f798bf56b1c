"""Adapters."""

OPS = {}
