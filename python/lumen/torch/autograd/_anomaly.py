"""Anomaly mode: where the forward call of a failing gradient stood."""

import traceback
import warnings

from lumen import _engine

_torch = _engine.torch


def _site():
    """The stack of the call that is made, without this function."""
    return "".join(traceback.format_stack()[:-1])


def _detected(node, site):
    if site is None:
        text = (
            f"Error detected in {node}. No forward pass information available. Enable detect anomaly during forward pass "
            "for more information."
        )
    else:
        text = f"Error detected in {node}. Traceback of forward call that caused the error:\n{site}"
    warnings.warn(text, stacklevel=2)


def _set(state):
    if state[0]:
        _torch.set_anomaly(state[1], _site, _detected)
    else:
        _torch.clear_anomaly()


class set_detect_anomaly:
    """Anomaly mode on or off, from the call on; as a context manager until the block ends."""

    def __init__(self, mode, check_nan=True):
        self._before = _torch.anomaly()
        _set((bool(mode), bool(check_nan)))

    def __enter__(self):
        pass

    def __exit__(self, *raised):
        _set(self._before)


class detect_anomaly:
    """Errors of a backward pass inside tell where the forward call stood; NaN in a gradient is one."""

    def __init__(self, check_nan=True):
        self._check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            stacklevel=2,
        )

    def __enter__(self):
        self._before = _torch.anomaly()
        _set((True, self._check_nan))

    def __exit__(self, *raised):
        _set(self._before)
