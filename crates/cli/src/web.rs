//! Requests of programs to servers.

use std::sync::Arc;

use provider::{Clock, ErrorKind, Fetch, Fetched, System, fetch};
use recorder::world::{Cancel, Failed, Request, Work};

use crate::terminal::clean;

/// An answer beyond this is no answer.
const ANSWER_BYTES_MAX: u64 = 16 << 20;
/// What of a refusal is told.
const SAID_MAX: usize = 200;

/// Asks once, on a connection of its own, which a cancel closes.
pub fn request(request: Request) -> Work {
    let clock: Arc<dyn Clock> = Arc::new(System::new());
    let Request { method, url, headers, body } = request;
    let asked = Fetch { method, url, headers, body: body.into_bytes(), body_bytes_max: ANSWER_BYTES_MAX };
    Arc::new(move |cancel| ask(&asked, &clock, cancel))
}

fn ask(asked: &Fetch, clock: &Arc<dyn Clock>, cancel: &Cancel) -> Result<Vec<u8>, Failed> {
    let withdrawn = provider::Cancel::new();
    let theirs = withdrawn.clone();
    cancel.on_cancel(move || theirs.cancel());
    let answered = fetch(asked, clock, &withdrawn).map_err(|error| {
        let code = match error.kind() {
            ErrorKind::Timeout => "R0702",
            ErrorKind::TooLarge => "R0705",
            _ => "R0701",
        };
        Failed { code, why: error.message().to_string() }
    });
    cancel.finish();
    let Fetched { status, location, body } = answered?;
    if (200..300).contains(&status) {
        return Ok(body);
    }
    let said = clean(&String::from_utf8_lossy(&body));
    let said: String = said.lines().next().unwrap_or_default().chars().take(SAID_MAX).collect();
    let more = match location {
        Some(location) => format!(", which leads to {}", clean(&location)),
        None if said.is_empty() => String::new(),
        None => format!(": {said}"),
    };
    Err(Failed::because(format!("the server answered {status}{more}")))
}
