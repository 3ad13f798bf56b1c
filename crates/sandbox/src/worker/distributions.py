"""Prints where the distributions that are named, and those that they need, lie, as JSON."""

import importlib.metadata
import json
import os
import re
import sys


def _needed(distribution):
    """The names of what it needs on every machine; extras are needed by nobody who did not ask for them."""
    for requirement in distribution.requires or ():
        name = re.match(r"[A-Za-z0-9._-]+", requirement)
        if name and "extra" not in requirement.partition(";")[2]:
            yield name.group()


def _files(distribution):
    """Its files and folders at the top, by their names; what is installed elsewhere is no part of an import."""
    tops = {file.parts[0] for file in distribution.files or ()}
    for top in sorted(tops):
        place = os.path.realpath(distribution.locate_file(top))
        if top not in ("..", "__pycache__") and not top.endswith((".dist-info", ".pth")) and os.path.exists(place):
            yield top, place


def _describe(names):
    found = {"places": {}, "versions": {}, "tops": [], "missing": []}
    queue, seen = list(names), set()
    while queue:
        name = queue.pop(0)
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in seen:
            continue
        seen.add(key)
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            # What another one needs may be bound to a platform that this one is not.
            if name in names:
                found["missing"].append(name)
            continue
        found["versions"][key] = distribution.version
        for top, place in _files(distribution):
            found["places"][top] = place
            if name in names and os.path.exists(os.path.join(place, "__init__.py")):
                found["tops"].append(top)
        queue.extend(_needed(distribution))
    return found


print(json.dumps(_describe(sys.argv[1:])))
