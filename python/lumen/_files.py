"""Where the files are that the fronts read and write: in the file system, or with whoever records the script."""

from __future__ import annotations

from lumen import _engine


class Disk:
    """The file system."""

    def read(self, path: str) -> bytes:
        """All of a file."""
        with open(path, "rb") as file:
            return file.read()

    def write(self, path: str, data: bytes) -> None:
        """Replaces a file as a whole or not at all."""
        _engine._save(path, data)

    def append(self, path: str, data: bytes) -> None:
        """Writes behind what a file holds."""
        with open(path, "ab") as file:
            file.write(data)


disk: Disk = Disk()
