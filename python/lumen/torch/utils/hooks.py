"""What removes a hook."""

import itertools
import weakref


class RemovableHandle:
    """Takes an entry out of a table of hooks, which may be gone before; by `remove` or at the end of a `with` block."""

    _counter = itertools.count()

    def __init__(self, hooks):
        self.id = next(self._counter)
        self._hooks = weakref.ref(hooks)

    def remove(self):
        hooks = self._hooks()
        if hooks is not None:
            hooks.pop(self.id, None)

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.remove()
