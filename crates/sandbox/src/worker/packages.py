"""Imports of granted packages: by their places, because their folder is not there to be listed."""

import importlib.machinery
import importlib.util
import os
import sys

import lumen_replay

# Threads are taken away before the first cell; a library that starts some while it loads would fail, or hang a fork.
_ALONE = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class _Finder:
    def __init__(self, places):
        self.places = {}
        for top, place in places.items():
            name = top.split(".")[0]
            # `numpy.libs` is a folder of libraries, no package.
            if not os.path.isdir(place) or name == top:
                self.places.setdefault(name, place)

    def find_spec(self, name, path=None, target=None):
        place = self.places.get(name) if path is None else None
        if place is None:
            return None
        if not os.path.isdir(place):
            return importlib.util.spec_from_file_location(name, place)
        init = os.path.join(place, "__init__.py")
        if os.path.exists(init):
            return importlib.util.spec_from_file_location(name, init, submodule_search_locations=[place])
        spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [place]
        return spec


def install(places, tops):
    """Makes the packages known and imports those that were named, once for all workers."""
    for name in _ALONE:
        os.environ[name] = "1"
    sys.meta_path.append(_Finder(places))
    # Compiled packages are built against the compiled module; what they read of the clock is the machine's.
    for name in ("_datetime", "datetime"):
        sys.modules.pop(name, None)
    # Some draw numbers while they load.
    lumen_replay.begin("00", 0)
    for top in tops:
        __import__(top)
    if "numpy" in sys.modules:
        lumen_replay.reseeded.append(sys.modules["numpy"].random.seed)
