//! Requests to servers: `http_get` and its like.

use vm::{Fault, Value};

use crate::args::Args;
use crate::effects::{Answer, Ask};
use crate::host::{Context, Table};

pub(crate) const TABLE: Table = &[
    ("http_delete", |c, a| request(c, a, "DELETE")),
    ("http_get", |c, a| request(c, a, "GET")),
    ("http_post", |c, a| request(c, a, "POST")),
    ("http_put", |c, a| request(c, a, "PUT")),
];

fn request(context: &mut Context<'_>, args: &mut Args<'_>, method: &str) -> Result<Value, Fault> {
    let url = args.required_text("url")?;
    let host = host_of(&url).map_err(|why| Fault::new("R0203", format!("`{url}` is no URL here: {why}")))?;
    let body = match method {
        "POST" | "PUT" => args.required_text("body")?,
        _ => String::new(),
    };
    let mut headers = Vec::new();
    if let Some(Value::Map(given)) = args.optional("headers") {
        for (name, value) in given.iter() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
            headers.push((text(name), text(value)));
        }
    }
    let operation = args.operation().to_string();
    let method = method.to_string();
    match context.ask(Ask::Http { method, url, host, headers, body })? {
        Answer::Bytes(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Value::str(text)),
            Err(_) => Err(Fault::new("R0400", format!("{operation}: the answer is not UTF-8"))),
        },
        other => {
            Err(Fault::new("R0999", format!("a server answered with {other:?}"))
                .kind(vm::FaultKind::Internal))
        }
    }
}

/// The host that a URL names, in small letters: what grants are about. Only such URLs are taken as every reader of URLs
/// takes the same way, so that no grant is asked about one host and another one is reached.
pub fn host_of(url: &str) -> Result<String, String> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let rest = rest.ok_or("it begins with neither `http://` nor `https://`")?;
    if let Some(odd) = url.chars().find(|c| !c.is_ascii_graphic() || "\\\"<>^`{|}#".contains(*c)) {
        return Err(format!("it holds {odd:?}, which `url_encode` writes otherwise"));
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, _) = rest.split_at(end);
    let (host, port) = match authority.strip_prefix('[') {
        Some(six) => six.split_once(']').ok_or("its host has no `]`")?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let is_six = authority.starts_with('[');
    let fits = |c: char| match is_six {
        true => c.is_ascii_hexdigit() || c == ':' || c == '.',
        false => c.is_ascii_alphanumeric() || c == '-' || c == '.',
    };
    if host.is_empty() || !host.chars().all(fits) {
        return Err("its host is no name or address".to_string());
    }
    let is_port = |port: &str| port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    if !port.is_empty() && !is_port(port) {
        return Err("its port is no number".to_string());
    }
    Ok(host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn a_host_is_what_every_reader_takes_for_it() {
        for (url, host) in [
            ("http://Example.org", "example.org"),
            ("https://a.example.org:8443/x?y=http://b", "a.example.org"),
            ("http://[::1]:80/", "::1"),
            ("http://a?b@c", "a"),
        ] {
            assert_eq!(host_of(url).as_deref(), Ok(host), "{url}");
        }
        for url in [
            "ftp://a",
            "http://",
            "http://a@b",
            "http://a\\@b",
            "http://a b",
            "http://a\n",
            "http://é.org",
            "http://a:b",
            "http://a#b",
            "http://a%2eb",
            "http://[::1",
            "http://a:99999/",
        ] {
            assert!(host_of(url).is_err(), "{url}");
        }
    }
}
