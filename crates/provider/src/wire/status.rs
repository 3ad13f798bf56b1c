//! The class of an error that a server answers with: by its status, refined by the type or code beside it.

use std::time::Duration;

use serde_json::Value as Json;

use super::Family;
use crate::error::{Error, ErrorKind};

/// The head of an answer with an error's status.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered<'a> {
    pub(crate) family: Family,
    pub(crate) status: u16,
    pub(crate) retry_after: Option<&'a str>,
    pub(crate) date: Option<&'a str>,
}

/// The error of an answer whose status is none of success.
pub(crate) fn failure(answered: Answered<'_>, body: &[u8]) -> Error {
    let json: Json = serde_json::from_slice(body).unwrap_or(Json::Null);
    let codes = codes(&json);
    let kind = codes.iter().find_map(|code| refinement(code)).unwrap_or_else(|| by_status(answered.status));
    let said = message(&json).map_or_else(
        || format!("the {} server refused the request", answered.family.name()),
        |text| format!("the {} server says: {text}", answered.family.name()),
    );
    Error::new(kind, said)
        .with_status(answered.status)
        .with_code(codes.into_iter().next())
        .with_retry_after(retry_after(answered.retry_after, answered.date))
}

/// The error of a body or an event that holds one under the status of a success.
pub(super) fn named(json: &Json) -> Error {
    let codes = codes(json);
    let kind = codes.iter().find_map(|code| refinement(code).or_else(|| by_code(code)));
    // Gateways write the status that it would have been.
    let number = json.pointer("/error/code").and_then(Json::as_u64).and_then(|n| u16::try_from(n).ok());
    let kind = kind.or_else(|| number.filter(|n| (400..600).contains(n)).map(by_status));
    let said = message(json).unwrap_or_else(|| "without a word".to_string());
    let kind = kind.unwrap_or(ErrorKind::Unavailable);
    Error::new(kind, format!("the server reports an error: {said}")).with_code(codes.into_iter().next())
}

fn by_status(status: u16) -> ErrorKind {
    match status {
        401..=403 => ErrorKind::Auth,
        408 | 504 => ErrorKind::Timeout,
        // A conflict is an attempt under the same idempotency key that still goes on.
        409 | 425 => ErrorKind::Unavailable,
        413 => ErrorKind::ContextTooLong,
        429 => ErrorKind::RateLimited,
        501 => ErrorKind::Unsupported,
        503 | 529 => ErrorKind::Overloaded,
        500..=599 => ErrorKind::Unavailable,
        // Redirections are not followed: they would carry the key elsewhere.
        _ => ErrorKind::InvalidRequest,
    }
}

/// Codes that say more than the status they come with.
fn refinement(code: &str) -> Option<ErrorKind> {
    Some(match code {
        "context_length_exceeded" | "exceed_context_size_error" | "request_too_large" => {
            ErrorKind::ContextTooLong
        }
        // An account that cannot pay comes as 429, but waiting does not help.
        "insufficient_quota" | "billing_error" => ErrorKind::Auth,
        "content_filter" | "content_policy_violation" => ErrorKind::Refused,
        "overloaded_error" => ErrorKind::Overloaded,
        _ => return None,
    })
}

/// Codes that stand alone, within a stream.
fn by_code(code: &str) -> Option<ErrorKind> {
    Some(match code {
        "rate_limit_error" | "rate_limit_exceeded" => ErrorKind::RateLimited,
        "authentication_error" | "permission_error" | "invalid_api_key" => ErrorKind::Auth,
        "invalid_request_error" | "not_found_error" | "invalid_prompt" => ErrorKind::InvalidRequest,
        "timeout_error" => ErrorKind::Timeout,
        "api_error" | "server_error" => ErrorKind::Unavailable,
        _ => return None,
    })
}

/// `code` before `type`: it is the finer one. vLLM writes both without the object `error` around them, responses in
/// an event of the type `error`, which is no code.
fn codes(json: &Json) -> Vec<String> {
    let places = ["/error/code", "/error/type", "/code", "/type"];
    let found = places.iter().filter_map(|place| json.pointer(place)?.as_str());
    found.filter(|code| *code != "error").map(str::to_string).collect()
}

fn message(json: &Json) -> Option<String> {
    const SHOWN_CHARS: usize = 300;
    let text =
        ["/error/message", "/message", "/error"].iter().find_map(|place| json.pointer(place)?.as_str())?;
    Some(text.chars().take(SHOWN_CHARS).collect())
}

/// Seconds, or a date. A date is held against the server's own `Date`, so that no clock of ours matters; without one
/// it says nothing.
fn retry_after(value: Option<&str>, date: Option<&str>) -> Option<Duration> {
    let value = value?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = httpdate::parse_http_date(date?.trim()).ok()?;
    // A date in the past means now.
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, body: &str) -> ErrorKind {
        let head = Answered { family: Family::Chat, status, retry_after: None, date: None };
        failure(head, body.as_bytes()).kind()
    }

    /// The statuses and types that both makers document for their errors.
    #[test]
    fn the_class_follows_from_status_and_code() {
        let cases = [
            (400, "", ErrorKind::InvalidRequest),
            (400, r#"{"error":{"code":"context_length_exceeded"}}"#, ErrorKind::ContextTooLong),
            (400, r#"{"error":{"type":"exceed_context_size_error","code":400}}"#, ErrorKind::ContextTooLong),
            (401, "<html>", ErrorKind::Auth),
            (402, r#"{"error":{"type":"billing_error"}}"#, ErrorKind::Auth),
            (403, "", ErrorKind::Auth),
            (404, "", ErrorKind::InvalidRequest),
            (408, "", ErrorKind::Timeout),
            (409, "", ErrorKind::Unavailable),
            (413, "", ErrorKind::ContextTooLong),
            (429, "", ErrorKind::RateLimited),
            (429, r#"{"error":{"code":"insufficient_quota"}}"#, ErrorKind::Auth),
            (500, "", ErrorKind::Unavailable),
            (503, "", ErrorKind::Overloaded),
            (504, "", ErrorKind::Timeout),
            (529, r#"{"type":"error","error":{"type":"overloaded_error"}}"#, ErrorKind::Overloaded),
            (302, "", ErrorKind::InvalidRequest),
        ];
        for (status, body, expected) in cases {
            assert_eq!(kind(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn no_wording_moves_the_class() {
        let text = r#"{"error":{"message":"rate limit: context_length_exceeded, overloaded, timeout"}}"#;
        assert_eq!(kind(400, text), ErrorKind::InvalidRequest);
        assert_eq!(kind(500, text), ErrorKind::Unavailable);
    }

    /// The dates are the example of RFC 9110, section 10.2.3, and its neighbours.
    #[test]
    fn retry_after_is_seconds_or_a_date_of_the_servers() {
        let later = "Fri, 31 Dec 1999 23:59:59 GMT";
        let now = Some("Fri, 31 Dec 1999 23:59:29 GMT");
        assert_eq!(retry_after(Some("120"), None), Some(Duration::from_secs(120)));
        assert_eq!(retry_after(Some(later), now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after(now, Some(later)), Some(Duration::ZERO));
        assert_eq!(retry_after(Some(later), None), None);
        assert_eq!(retry_after(Some("soon"), now), None);
        assert_eq!(retry_after(Some("-1"), None), None);
    }
}
