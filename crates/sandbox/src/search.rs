//! `search` over a context: the `regex` crate over bytes, in time linear in the context.

use crate::error::Failure;
use crate::schema::ErrorKind;
use serde_json::{Value, json};

/// Compiled patterns larger than this are refused: a pattern is a model's text.
const PATTERN_BYTES: usize = 10 << 20;

/// Characters of a match that travel; a match may be the whole context.
const TEXT_BYTES: usize = 64 << 10;

/// Answers `search` with its parameters over the context.
///
/// # Errors
///
/// [`ErrorKind::InvalidParams`] if a parameter has another type or the pattern does not compile; the cell sees a
/// `ValueError`.
///
/// ```
/// use serde_json::json;
/// let found = sandbox::search(b"one\ntwo\n", &json!({"pattern": "t.o", "limit": 100, "start": 0}));
/// assert_eq!(found.expect("a pattern"), json!({"matches": [[4, 7, 2, "two"]]}));
/// ```
pub fn search(context: &[u8], params: &Value) -> Result<Value, Failure> {
    let invalid = |message: String| Failure::new(ErrorKind::InvalidParams, message);
    let pattern = params.get("pattern").and_then(Value::as_str);
    let pattern = pattern.ok_or_else(|| invalid("pattern: expected text".to_string()))?;
    let count = |name: &str, absent: u64| match params.get(name) {
        None => Ok(absent),
        Some(value) => {
            value.as_u64().ok_or_else(|| invalid(format!("{name}: expected a count, found {value}")))
        }
    };
    let limit = usize::try_from(count("limit", 100)?).unwrap_or(usize::MAX);
    let start = usize::try_from(count("start", 0)?).unwrap_or(usize::MAX);
    if start > context.len() {
        return Err(invalid(format!("start: {start} is beyond the context of {} bytes", context.len())));
    }
    let regex = regex::bytes::RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build();
    let regex = regex.map_err(|error| invalid(format!("pattern: {error}")))?;
    let (mut matches, mut at, mut line, mut counted) = (Vec::new(), start, 1u64, 0);
    while matches.len() < limit {
        let Some(found) = regex.find_at(context, at) else { break };
        let before = context.get(counted..found.start()).unwrap_or(&[]);
        line += before.iter().filter(|byte| **byte == b'\n').count() as u64;
        counted = found.start();
        let text = found.as_bytes().get(..TEXT_BYTES).unwrap_or(found.as_bytes());
        matches.push(json!([found.start(), found.end(), line, String::from_utf8_lossy(text)]));
        at = if found.is_empty() { after(context, found.end()) } else { found.end() };
        if at > context.len() {
            break;
        }
    }
    Ok(json!({"matches": matches}))
}

/// After an empty match the search goes on behind the next character.
fn after(context: &[u8], at: usize) -> usize {
    let rest = context.get(at + 1..).unwrap_or(&[]);
    at + 1 + rest.iter().take_while(|byte| **byte & 0xC0 == 0x80).count()
}
