//! Server-sent events, as the HTML standard's section 9.2.6 interprets a stream.

use crate::error::{Error, ErrorKind, Result};

/// One event: the fields that the protocols use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// `event`, empty where absent.
    pub(crate) name: String,
    /// The lines of `data`.
    pub(crate) data: String,
}

/// Cuts a stream of bytes into events. Lines are put together as bytes, so that a character may lie across pieces.
#[derive(Debug, Default)]
pub(crate) struct EventReader {
    line: Vec<u8>,
    /// A line feed that follows a carriage return ends no further line.
    after_return: bool,
    is_past_mark: bool,
    event: Event,
    has_data: bool,
}

/// U+FEFF, which may stand before the first line and is no part of it.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl EventReader {
    /// Takes the next bytes and gives the events that they end. An event without its empty line is never given, as
    /// the standard wants it.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        for byte in bytes {
            let follows_return = std::mem::replace(&mut self.after_return, *byte == b'\r');
            match byte {
                b'\n' if follows_return => {}
                b'\n' | b'\r' => {
                    let line = std::mem::take(&mut self.line);
                    events.extend(self.take(&line)?);
                }
                byte => self.line.push(*byte),
            }
        }
        Ok(events)
    }

    fn take(&mut self, line: &[u8]) -> Result<Option<Event>> {
        let is_first = !std::mem::replace(&mut self.is_past_mark, true);
        let line = if is_first { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line };
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return Ok(std::mem::take(&mut self.has_data).then_some(event));
        }
        let line = std::str::from_utf8(line)
            .map_err(|error| Error::new(ErrorKind::Malformed, format!("an event is no UTF-8: {error}")))?;
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.event.name = value.to_string(),
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
            }
            // A comment has an empty field; `id` and `retry` serve reconnecting, which no protocol here has.
            _ => {}
        }
        Ok(None)
    }
}
