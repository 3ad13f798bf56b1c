"""`read_parquet`, `to_parquet`, `read_feather`, `to_feather`: their arguments; the files are the engine's."""

from __future__ import annotations

import os
from typing import Any

from lumen import _engine
from lumen.pandas._inference import no_default
from lumen.pandas._io_handles import as_path, missing, read_bytes, write_bytes


def _check_engine(engine: Any) -> None:
    if engine == "fastparquet":
        raise ImportError(
            "`Import fastparquet` failed. fastparquet is required for parquet support. Use pip, conda, or your preferred"
            " package management tool to install the fastparquet package."
        )
    if engine not in (no_default, "auto", "pyarrow"):
        raise ValueError("engine must be one of 'pyarrow', 'fastparquet'")


def _bytes(path: Any, function: str, storage_options: Any) -> bytes:
    named = as_path(path, function)
    if named is not None and os.path.isdir(named):
        raise missing(f"{function} of a folder")
    if named is not None and not os.path.exists(named):
        raise FileNotFoundError(2, os.strerror(2), named)
    data = read_bytes(path, function, None, storage_options)
    if isinstance(data, str):
        raise TypeError("a bytes-like object is required, not 'str'")
    return data


def _columns(columns: Any) -> list[str] | None:
    return None if columns is None else [str(label) for label in columns]


def read_parquet(
    path: Any,
    engine: Any = no_default,
    columns: list[str] | None = None,
    storage_options: Any = None,
    dtype_backend: Any = no_default,
    filesystem: Any = None,
    filters: Any = None,
    to_pandas_kwargs: dict[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """A frame from a Parquet file."""
    _check_engine(engine)
    for name, value in (
        ("filesystem", filesystem),
        ("filters", filters),
        ("to_pandas_kwargs", to_pandas_kwargs),
    ):
        if value is not None:
            raise missing(f"read_parquet({name}=)")
    if dtype_backend is not no_default:
        raise missing("read_parquet(dtype_backend=)")
    for name in kwargs:
        raise missing(f"read_parquet({name}=)")
    return _engine._read_parquet(_bytes(path, "read_parquet", storage_options), _columns(columns))


def read_feather(
    path: Any,
    columns: Any = None,
    use_threads: bool = True,
    storage_options: Any = None,
    dtype_backend: Any = no_default,
) -> Any:
    """A frame from an Arrow IPC file."""
    if dtype_backend is not no_default:
        raise missing("read_feather(dtype_backend=)")
    return _engine._read_ipc(_bytes(path, "read_feather", storage_options), _columns(columns))


class FrameWriters:
    """The ways of a frame into files of columns."""

    def to_parquet(
        self,
        path: Any = None,
        *,
        engine: Any = no_default,
        compression: str | None = "snappy",
        index: bool | None = None,
        partition_cols: list[str] | None = None,
        storage_options: Any = None,
        filesystem: Any = None,
        **kwargs: Any,
    ) -> bytes | None:
        """Parquet: into a file, or as bytes where no target is given."""
        _check_engine(engine)
        if partition_cols is not None:
            raise missing("DataFrame.to_parquet(partition_cols=)")
        if filesystem is not None:
            raise missing("DataFrame.to_parquet(filesystem=)")
        rows = kwargs.pop("row_group_size", None)
        for name in kwargs:
            raise missing(f"DataFrame.to_parquet({name}=)")
        data = _engine._to_parquet(self, compression, index, rows)
        if path is None:
            return data
        write_bytes(data, path, "to_parquet", mode="wb", compression=None, storage_options=storage_options)
        return None

    def to_feather(self, path: Any, **kwargs: Any) -> None:
        """An Arrow IPC file."""
        compression = kwargs.pop("compression", "lz4")
        for name in kwargs:
            raise missing(f"DataFrame.to_feather({name}=)")
        write_bytes(_engine._to_ipc(self, compression), path, "to_feather", mode="wb", compression=None)
