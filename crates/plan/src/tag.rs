//! The numbers of entries, in a plan as in a record of the log. Entries stand in their ascending order.

/// The intent of an upsert.
pub const INTENT: u8 = 1;
/// Its read set.
pub const READS: u8 = 2;
/// Its guard.
pub const GUARD: u8 = 3;
/// A page write.
pub const WRITE: u8 = 4;
/// A page creation.
pub const CREATE: u8 = 5;
/// A page deletion.
pub const DELETE: u8 = 6;
/// A change of a page's metadata.
pub const META: u8 = 7;
/// The delta of a derived page.
pub const DERIVED: u8 = 8;
/// A client entry.
pub const CLIENT: u8 = 9;
/// A blob that the transaction names.
pub const BLOB: u8 = 10;
/// Why a request was refused.
pub const REASON: u8 = 11;
/// When the transaction was sequenced.
pub const TIME: u8 = 12;
/// A namespace's description.
pub const NAMESPACE: u8 = 13;
/// What an opening found behind the last whole record.
pub const RECOVERY: u8 = 14;
/// What a plan selects; in plans only.
pub const QUERY: u8 = 15;
/// The hash of the request, where the record's own bytes do not tell it.
pub const REQUEST: u8 = 16;
/// The hash over a state.
pub const STATE_HASH: u8 = 17;
/// A node of the graph of derived pages.
pub const NODE: u8 = 18;
/// Up to where the inputs of a derived page are in it.
pub const WATERMARK: u8 = 19;
