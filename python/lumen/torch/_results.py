"""Results with names, `torch.return_types`."""

from collections import namedtuple

_KINDS = {}


def named(names, values):
    """The values as a tuple whose parts have names, `max(...).indices`."""
    names = tuple(names)
    kind = _KINDS.get(names)
    if kind is None:
        kind = _KINDS[names] = namedtuple("return_types", names)
    return kind(*values)
