"""What serves training."""

from . import data, dlpack, hooks
