"""What serves training."""

from . import data, hooks
