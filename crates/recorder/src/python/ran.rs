//! What a cell came to, as bytes: a line of JSON, then its tables.

use prelude::python::{Asked, Crossing, Raised, Ran};
use serde_json::{Value as Json, json};

use crate::hash::blake3_hex;
use crate::record::EffectOutcome;

/// Before the length of the JSON.
const MAGIC: &[u8] = b"LUMENPY1";

pub(crate) fn encode(ran: &Ran) -> Vec<u8> {
    let mut tables: Vec<&[u8]> = Vec::new();
    let outcome = match &ran.outcome {
        Ok(outputs) => {
            let outputs = outputs.iter().map(|output| match output {
                Crossing::Json(text) => json!({"json": text}),
                Crossing::Table(bytes) => {
                    tables.push(bytes);
                    json!({"table": bytes.len()})
                }
            });
            json!({"outputs": outputs.collect::<Vec<_>>()})
        }
        Err(Raised { code, message, help, prelude, line }) => {
            json!({"raised": {"code": code, "message": message, "help": help, "prelude": prelude, "line": line}})
        }
    };
    let Ran { interpreter, worker, sandbox, printed, asked, .. } = ran;
    let mut head = json!({
        "interpreter": interpreter, "worker": worker, "sandbox": sandbox, "printed": printed, "outcome": outcome,
    });
    if let (Some(asked), Json::Object(fields)) = (told_asked(asked), &mut head) {
        fields.insert("asked".to_string(), asked);
    }
    let head = head.to_string();
    let mut bytes = MAGIC.to_vec();
    bytes.extend((head.len() as u64).to_le_bytes());
    bytes.extend(head.as_bytes());
    tables.into_iter().for_each(|table| bytes.extend(table));
    bytes
}

/// Nothing for what is none.
pub(crate) fn decode(bytes: &[u8]) -> Option<Ran> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (length, rest) = rest.split_first_chunk::<8>()?;
    let (head, mut tables) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let head: Json = serde_json::from_slice(head).ok()?;
    let text = |of: &Json, key: &str| of.get(key).and_then(Json::as_str).map(str::to_string);
    let outcome = head.get("outcome")?;
    let outcome = match (outcome.get("outputs"), outcome.get("raised")) {
        (Some(outputs), None) => {
            let mut crossings = Vec::new();
            for output in outputs.as_array()? {
                crossings.push(match output.get("table").and_then(Json::as_u64) {
                    None => Crossing::Json(text(output, "json")?),
                    Some(length) => {
                        let (table, rest) = tables.split_at_checked(usize::try_from(length).ok()?)?;
                        tables = rest;
                        Crossing::Table(table.to_vec())
                    }
                });
            }
            Ok(crossings)
        }
        (None, Some(raised)) => {
            let number = |key: &str| raised.get(key).and_then(Json::as_u64);
            Err(Raised {
                code: text(raised, "code")?,
                message: text(raised, "message")?,
                help: text(raised, "help"),
                prelude: number("prelude").and_then(|place| usize::try_from(place).ok()),
                line: u32::try_from(number("line")?).ok()?,
            })
        }
        _ => return None,
    };
    tables.is_empty().then_some(())?;
    let asked = |name: &str| {
        head.get("asked").and_then(|asked| asked.get(name)).and_then(Json::as_u64).unwrap_or_default()
    };
    let asked = Asked { calls: asked("calls"), tokens: asked("tokens"), nanodollars: asked("nano_dollars") };
    Some(Ran {
        asked,
        interpreter: text(&head, "interpreter")?,
        worker: text(&head, "worker")?,
        sandbox: text(&head, "sandbox")?,
        printed: text(&head, "printed")?,
        outcome,
    })
}

/// What the log says of it beside the bytes.
pub(crate) fn told(ran: &Ran) -> Json {
    let mut told = json!({
        "interpreter": ran.interpreter,
        "worker": ran.worker,
        "sandbox": ran.sandbox,
        "printed": (!ran.printed.is_empty()).then(|| blake3_hex(ran.printed.as_bytes())),
        "fault": ran.outcome.as_ref().err().map(|raised| raised.code.as_str()),
    });
    if let (Some(asked), Json::Object(fields)) = (told_asked(&ran.asked), &mut told) {
        fields.insert("asked".to_string(), asked);
    }
    json!({"python": told})
}

/// What a cell asked of models; one that asked nothing has no word of it.
fn told_asked(asked: &Asked) -> Option<Json> {
    (*asked != Asked::default())
        .then(|| json!({"calls": asked.calls, "tokens": asked.tokens, "nano_dollars": asked.nanodollars}))
}

/// Whether an outcome is that of a cell that began.
pub(crate) fn is_ran(outcome: &EffectOutcome) -> bool {
    outcome.answer.get("python").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(outcome: Result<Vec<Crossing>, Raised>) -> Ran {
        Ran {
            interpreter: "3.11.2".to_string(),
            worker: "ab 1".to_string(),
            sandbox: "strict".to_string(),
            printed: "a\n".to_string(),
            asked: Asked { calls: 2, tokens: 7, nanodollars: 1 },
            outcome,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let outputs = vec![
            Crossing::Table(vec![1, 2, 3]),
            Crossing::Json("[1.5, \"é\"]".to_string()),
            Crossing::Table(Vec::new()),
        ];
        let raised = Raised {
            code: "R0710".to_string(),
            message: "m".to_string(),
            help: None,
            prelude: Some(1),
            line: 3,
        };
        for ran in [ran(Ok(outputs)), ran(Err(raised))] {
            assert_eq!(decode(&encode(&ran)), Some(ran));
        }
    }

    #[test]
    fn no_part_of_it_is_taken_for_the_whole() {
        let bytes = encode(&ran(Ok(vec![Crossing::Table(vec![7; 9])])));
        assert!((0..bytes.len()).all(|end| decode(&bytes[..end]).is_none()));
        let mut longer = bytes.clone();
        longer.push(0);
        assert_eq!(decode(&longer), None);
    }
}
