//! One commit's way through the graph, as Chrome's trace viewer reads it.

use std::fmt::Write;

use plan::{Change, Delta};

use super::Past;
use crate::error::{Error, ErrorKind, Result};
use crate::record::Body;

impl Past {
    /// The changes of one transaction as trace events, in the order in which they were made: those that were asked for
    /// on the first line, those that followed on the second, and on the third the pages that it computed on their own
    /// account, with the seq that their inputs are of. The log holds an order and no durations, so each event is
    /// one unit long.
    ///
    /// # Errors
    /// `NotFound` for a seq that is no transaction; those of reading.
    pub fn trace(&self, seq: u64) -> Result<String> {
        self.check_known(seq)?;
        let missing = || Error::new(ErrorKind::NotFound, "no transaction has this seq").at_seq(seq);
        let record = self.scan(seq, seq).next().ok_or_else(missing)??;
        let Body::Transaction { decision, deltas, derived, watermarks, .. } = record.body else {
            return Err(missing());
        };
        let what = |delta: &Delta| match delta.change {
            Change::Write(_) => "write",
            Change::Create { .. } => "create",
            Change::Delete => "delete",
            Change::Metadata(_) => "metadata",
        };
        let asked = deltas.iter().map(|delta| (1, what(delta).to_owned(), delta.page, None));
        let followed = derived.iter().map(|made| (2, made.function.to_string(), made.delta.page, None));
        let brought_up = watermarks.iter().map(|made| (3, "watermark".to_owned(), made.page, Some(made.seq)));
        let mut json = String::from("{\"traceEvents\":[");
        for (at, (line, name, page, seq)) in asked.chain(followed).chain(brought_up).enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let watermark = seq.map_or(String::new(), |seq| format!(",\"watermark\":{seq}"));
            // Writing to a string does not fail.
            let _ = write!(
                json,
                "{comma}{{\"name\":{},\"ph\":\"X\",\"ts\":{at},\"dur\":1,\"pid\":1,\"tid\":{line},\
                 \"args\":{{\"page\":{page}{watermark}}}}}",
                quoted(&name)
            );
        }
        let intent =
            decision.map_or("null".to_owned(), |decision| format!("\"{:032x}\"", decision.intent.id));
        let _ = write!(json, "],\"otherData\":{{\"seq\":{seq},\"intent\":{intent}}}}}");
        Ok(json)
    }
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut json = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => json.extend(['\\', character]),
            control if control < ' ' => {
                let _ = write!(json, "\\u{:04x}", u32::from(control));
            }
            other => json.push(other),
        }
    }
    json.push('"');
    json
}
