//! `search` over a context: the `regex` crate over bytes, in time linear in the context.

use crate::error::Failure;
use crate::schema::ErrorKind;
use serde_json::{Value, json};

/// Compiled patterns larger than this are refused: a pattern is a model's text, and the time of a search grows with
/// the pattern's size times the context's.
const PATTERN_BYTES: usize = 1 << 20;

/// Bytes of a match that travel; a match may be the whole context.
const TEXT_BYTES: usize = 64 << 10;

/// Matches of one search, and bytes of all their texts: both are asked for by code that nobody trusts.
const MATCHES_MAX: usize = 100_000;
const ALL_TEXT_BYTES: usize = 16 << 20;

/// Answers `search` with its parameters over the context.
///
/// # Errors
///
/// [`ErrorKind::InvalidParams`] if a parameter has another type, `limit` is beyond 100,000 or the pattern does not
/// compile; the cell sees a `ValueError`. [`ErrorKind::OutputLimit`] if the matched texts are longer than 16 MiB.
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
    if limit > MATCHES_MAX {
        return Err(invalid(format!("limit: at most {MATCHES_MAX}, found {limit}")));
    }
    let start = usize::try_from(count("start", 0)?).unwrap_or(usize::MAX);
    if start > context.len() {
        return Err(invalid(format!("start: {start} is beyond the context of {} bytes", context.len())));
    }
    let regex = regex::bytes::RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build();
    let regex = regex.map_err(|error| invalid(format!("pattern: {error}")))?;
    let (mut matches, mut at, mut line, mut counted, mut bytes) = (Vec::new(), start, 1u64, 0, 0);
    while matches.len() < limit {
        let Some(found) = regex.find_at(context, at) else { break };
        let before = context.get(counted..found.start()).unwrap_or(&[]);
        line += memchr::memchr_iter(b'\n', before).count() as u64;
        counted = found.start();
        let text = found.as_bytes().get(..TEXT_BYTES).unwrap_or(found.as_bytes());
        bytes += text.len();
        if bytes > ALL_TEXT_BYTES {
            let message =
                format!("the first {} matches are longer than {ALL_TEXT_BYTES} bytes", matches.len() + 1);
            return Err(
                Failure::new(ErrorKind::OutputLimit, message).with(json!({"limit_bytes": ALL_TEXT_BYTES}))
            );
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn found(context: &str, params: Value) -> Value {
        search(context.as_bytes(), &params).expect("a pattern")["matches"].clone()
    }

    #[test]
    fn matches_are_places_in_bytes_with_their_lines() {
        // Offsets and lines counted by hand; é has two bytes.
        let context = "é a\nb a\n\na";
        let expected = json!([[3, 4, 1, "a"], [7, 8, 2, "a"], [10, 11, 4, "a"]]);
        assert_eq!(found(context, json!({"pattern": "a"})), expected);
        assert_eq!(found(context, json!({"pattern": "a", "start": 4, "limit": 1})), json!([[7, 8, 2, "a"]]));
        assert_eq!(found(context, json!({"pattern": "^.", "limit": 0})), json!([]));
    }

    #[test]
    fn an_empty_match_goes_on_behind_the_next_character() {
        assert_eq!(found("éx", json!({"pattern": ""})), json!([[0, 0, 1, ""], [2, 2, 1, ""], [3, 3, 1, ""]]));
        assert_eq!(found("", json!({"pattern": ""})), json!([[0, 0, 1, ""]]));
    }

    #[test]
    fn what_is_asked_for_is_bounded() {
        let refused = |context: &[u8], params: Value| search(context, &params).expect_err("refused").kind;
        for params in [
            json!({}),
            json!({"pattern": 1}),
            json!({"pattern": "("}),
            json!({"pattern": "a", "limit": 100_001}),
            json!({"pattern": "a", "limit": -1}),
            json!({"pattern": "a", "start": 3}),
            json!({"pattern": "(a{1000}){1000}{1000}"}),
        ] {
            assert_eq!(refused(b"aa", params), ErrorKind::InvalidParams);
        }
        assert_eq!(refused(b"x", json!({"pattern": "x{65536}"})), ErrorKind::InvalidParams);
        // 17,000 matches of 1,000 bytes are more than 16 MiB.
        let long = "x".repeat(17_000_000);
        let params = json!({"pattern": "x{1000}", "limit": 100_000});
        assert_eq!(refused(long.as_bytes(), params), ErrorKind::OutputLimit);
    }
}
