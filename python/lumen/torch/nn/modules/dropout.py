"""Layers that leave elements out while training."""

from .. import functional as F
from .module import Module


class Dropout(Module):
    """Elements left out with a probability, the others scaled so that the mean stays."""

    _function = "dropout"

    def __init__(self, p=0.5, inplace=False):
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p, self.inplace = p, inplace

    def forward(self, input):
        return getattr(F, self._function)(input, self.p, self.training, self.inplace)

    def extra_repr(self):
        return f"p={self.p}, inplace={self.inplace}"


class Dropout1d(Dropout):
    """Channels of a sequence left out as a whole."""

    _function = "dropout1d"


class Dropout2d(Dropout):
    """Channels of an image left out as a whole."""

    _function = "dropout2d"


class Dropout3d(Dropout):
    """Channels of a volume left out as a whole."""

    _function = "dropout3d"


class AlphaDropout(Dropout):
    """Dropout that keeps mean and spread."""

    _function = "alpha_dropout"


class FeatureAlphaDropout(Dropout):
    """Channels left out so that mean and spread stay."""

    _function = "feature_alpha_dropout"
