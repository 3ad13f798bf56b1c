//! Where the module's memory comes from.
//!
//! Columns are large blocks that live for one expression of a script. The system's allocator asks the kernel for each
//! of them, which clears its pages one by one; this one keeps freed blocks for a moment and takes large pages.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
