//! What the two sides say to each other: a line of JSON a message, and the bytes that it announces behind it.

use std::io::{BufRead, Read, Write};

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::error::{Error, ErrorKind, Result};

/// A line beyond this is none of ours.
const LINE_BYTES_MAX: u64 = 16 << 20;
/// What a script writes to one file at most.
const FILE_BYTES_MAX: u64 = 4 << 30;

/// A message of the process.
#[derive(Debug, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Said {
    /// The first: the interpreter and the packages, as they name themselves.
    Hello {
        interpreter: String,
    },
    /// Wants a file's bytes.
    Read {
        path: String,
        line: u32,
    },
    /// Hands a file's bytes over, which follow.
    Write {
        path: String,
        line: u32,
        size_bytes: u64,
    },
    /// Did something that is not recorded.
    Outside {
        event: String,
        what: String,
        line: u32,
    },
    Print {
        is_error: bool,
        text: String,
    },
    /// A call of the engine, or a statement, is done.
    Node {
        name: String,
        /// The call's function; empty for a statement.
        call: String,
        lines: (u32, u32),
        reads: Vec<String>,
        values: Vec<SaidValue>,
    },
    /// The script is over: with the code that it ended with itself, or what it raised.
    End {
        exit: Option<i32>,
        raised: Option<Raised>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SaidValue {
    pub name: String,
    #[serde(rename = "type")]
    pub type_name: String,
    /// BLAKE3 of its canonical bytes; empty where it has none.
    pub hash: String,
    pub summary: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raised {
    pub class: String,
    pub message: String,
    /// The script's line that was running.
    pub line: u32,
}

/// The streams from and to the process.
pub struct Talk<'t> {
    from: &'t mut dyn BufRead,
    to: &'t mut dyn Write,
}

impl<'t> Talk<'t> {
    pub fn new(from: &'t mut dyn BufRead, to: &'t mut dyn Write) -> Talk<'t> {
        Talk { from, to }
    }

    /// The first message, which says what runs the script; the script's text is its answer.
    ///
    /// # Errors
    /// `Usage` when the process ends without it or says something else.
    pub fn hello(&mut self) -> Result<String> {
        match self.said()? {
            Some(Said::Hello { interpreter }) => Ok(interpreter),
            Some(said) => Err(Error::internal(format!("the process began with {said:?}"))),
            None => Err(Error::usage("the interpreter ended before it ran the script")
                .code("R0714")
                .help("Name a Python that has the package `lumen`, with --python or LUMEN_PYTHON.")),
        }
    }

    /// Gives the process the script's text.
    ///
    /// # Errors
    /// The stream fails.
    pub(super) fn give(&mut self, text: &str) -> Result<()> {
        self.answer(Ok(text.as_bytes()))
    }

    /// The next message; `None` when the process is gone.
    pub(super) fn said(&mut self) -> Result<Option<Said>> {
        let mut line = Vec::new();
        let read = (&mut *self.from).take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
        read.map_err(|e| lost(&e))?;
        match (line.last(), line.len() as u64) {
            (None, _) => return Ok(None),
            (Some(b'\n'), _) => {}
            (Some(_), LINE_BYTES_MAX) => {
                let what =
                    format!("expected a message of at most {LINE_BYTES_MAX} bytes, found a longer one");
                return Err(Error::usage(what).help("A script prints and names less at once."));
            }
            (Some(_), _) => {
                let what = "the process that runs the script ended in the middle of a message";
                return Err(Error::new(ErrorKind::Storage, what));
            }
        }
        serde_json::from_slice(&line).map(Some).map_err(|e| {
            Error::internal(format!("the process said what is no message of the protocol: {e}"))
                .help("Its package `lumen` may be of another release.")
        })
    }

    /// The bytes that a message announced.
    pub(super) fn bytes(&mut self, count: u64) -> Result<Vec<u8>> {
        if count > FILE_BYTES_MAX {
            return Err(Error::usage(format!("a file of {count} bytes is beyond what a run keeps")));
        }
        let mut bytes = Vec::new();
        (&mut *self.from).take(count).read_to_end(&mut bytes).map_err(|e| lost(&e))?;
        match bytes.len() as u64 == count {
            true => Ok(bytes),
            false => Err(Error::new(ErrorKind::Storage, "the process ended in the middle of a file")),
        }
    }

    /// Answers an effect: bytes, or the system's error.
    pub(super) fn answer(&mut self, answer: std::result::Result<&[u8], &Json>) -> Result<()> {
        let (head, bytes) = match answer {
            Ok(bytes) => (json!({"size_bytes": bytes.len()}), bytes),
            Err(error) => (json!({"error": error}), &[][..]),
        };
        let sent = self.to.write_all(format!("{head}\n").as_bytes());
        let sent = sent.and_then(|()| self.to.write_all(bytes)).and_then(|()| self.to.flush());
        // One that is gone says so by the end of what it says.
        match sent {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(lost(&error)),
            _ => Ok(()),
        }
    }
}

fn lost(error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Storage, format!("the process that runs the script was lost: {error}"))
}
