//! Arrow-layout columns, dtypes and kernels.
