//! Storage, layout, dtypes and kernels with PyTorch semantics.
