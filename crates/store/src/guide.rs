//! The pages of `docs/store`: their examples are compiled and run with those of this crate.

#[doc = include_str!("../../../docs/store/query.md")]
mod query {}

#[doc = include_str!("../../../docs/store/mutate.md")]
mod mutate {}

#[doc = include_str!("../../../docs/store/upsert.md")]
mod upsert {}

#[doc = include_str!("../../../docs/store/derive.md")]
mod derive {}

#[doc = include_str!("../../../docs/store/replay.md")]
mod replay {}
