//! The hash map of this crate. The standard one guards against keys that somebody chose to collide; here a program can
//! only slow its own compilation down, and tables are looked up several times for each node of the tree.

/// Keyed by a fixed seed: the same program is compiled by the same steps.
pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::FixedState>;
