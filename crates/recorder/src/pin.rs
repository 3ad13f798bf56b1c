//! How far a run's log goes, kept in `run.json`.
//!
//! Each segment of a log vouches for the one before it and each record for those before it, so whole records or
//! segments can be removed from the end and what is left is a log. `run.json` and the bundle that holds it say where
//! the end was.

use serde_json::{Value as Json, json};
use store::LogEnd;

use crate::error::{Error, Result};

/// The pin as `run.json` holds it; null where nothing was recorded.
pub fn pin(end: Option<&LogEnd>) -> Json {
    end.map_or(
        Json::Null,
        |end| json!({"last_seq": end.last_seq, "segments": end.segment_count, "bytes": end.log_bytes}),
    )
}

/// Holds a log's end against what the run's `run.json` pins.
///
/// # Errors
/// `Damaged` when the log goes less or further than that.
pub fn check(run_json: &[u8], found: &LogEnd) -> Result<()> {
    // What is no JSON of ours is reported with the rest of the file.
    let Ok(json) = serde_json::from_slice::<Json>(run_json) else { return Ok(()) };
    let Some(pinned) = json.get("log").filter(|pinned| !pinned.is_null()) else { return Ok(()) };
    if *pinned == pin(Some(found)) {
        return Ok(());
    }
    let number = |key: &str| pinned.get(key).map_or("none".to_string(), Json::to_string);
    Err(Error::damaged(format!(
        "the log does not end where the run ended: run.json pins seq {} in {} segments of {} bytes, the log has \
         seq {} in {} segments of {} bytes",
        number("last_seq"),
        number("segments"),
        number("bytes"),
        found.last_seq,
        found.segment_count,
        found.log_bytes,
    ))
    .help("Records or segments were removed or added after the run. Take the run from its bundle or a copy."))
}
