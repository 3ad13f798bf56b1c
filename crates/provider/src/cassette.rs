//! Replies on file: recorded once, then given again to any run that asks the same.
//!
//! A cassette stands outside of retries: what it records is what a call came to, and a replayed call costs nothing. It
//! keeps the bytes as they came, so that a replayed reply goes through the code that reads a live one.
//!
//! Equal questions are *lanes*, counted from 0 in the order of their calls: asked three times at temperature 1, a
//! model gives three replies, and a replay gives the same three in the same places.

mod leak;
mod line;
mod nearest;
mod question;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, ErrorKind, Result};
use crate::price::Price;
use crate::provider::{Answer, Capabilities, Provider, Silent, Sink, TokenCount};
use crate::redact::Redactor;
use crate::reply::{Raw, Reply};
use crate::request::Request;
use crate::wire::decode;
use line::Line;
pub use line::VERSION as CASSETTE_VERSION;
use question::Question;

/// What a cassette does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Passes it on; no file is touched.
    Off,
    /// Asks the provider and writes the reply down, in a file that must not exist yet.
    Record,
    /// Answers from the file. A question that is not there is an error, never a live call.
    Replay,
    /// Answers from the file, and asks the provider for what is not there.
    Cache,
}

impl Mode {
    /// Every mode with its name.
    pub const NAMES: [(&'static str, Mode); 4] =
        [("off", Mode::Off), ("record", Mode::Record), ("replay", Mode::Replay), ("cache", Mode::Cache)];

    /// The mode of a name.
    pub fn from_name(name: &str) -> Option<Mode> {
        Mode::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, mode)| mode)
    }
}

/// A provider behind a file of replies.
pub struct Cassette {
    inner: Arc<dyn Provider>,
    mode: Mode,
    path: PathBuf,
    redactor: Redactor,
    shelf: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    lines: Vec<Line>,
    /// Where a key's lanes stand among the lines.
    lanes: BTreeMap<String, BTreeMap<u64, usize>>,
    /// The next lane of a key in this run.
    next: BTreeMap<String, u64>,
    /// Where new lines go.
    file: Option<File>,
}

impl Drop for Shelf {
    fn drop(&mut self) {
        // Closing the file is not enough: a child that another thread is starting holds it until it runs its own program.
        if let Some(file) = &self.file {
            // One that fails leaves what closing does.
            let _ = file.unlock();
        }
    }
}

impl Shelf {
    fn add(&mut self, line: Line) {
        let lanes = self.lanes.entry(line.key.clone()).or_default();
        lanes.insert(line.lane, self.lines.len());
        self.lines.push(line);
    }

    fn raw(&self, key: &str, lane: u64) -> Option<&Raw> {
        let index = self.lanes.get(key)?.get(&lane)?;
        self.lines.get(*index).map(|line| &line.raw)
    }

    fn next(&mut self, key: &str) -> u64 {
        let next = self.next.entry(key.to_string()).or_default();
        *next += 1;
        *next - 1
    }
}

impl Cassette {
    /// Opens a file in a mode. What is written has no key that the redactor knows. A file that is written has one writer:
    /// it is locked for as long as the cassette lives, and the lock ends with its process.
    ///
    /// # Errors
    /// Of the class `cassette`: a file that is absent in `replay` or exists in `record`, that another cassette writes,
    /// that a newer program wrote, or that is damaged; the line is named.
    pub fn open(inner: Arc<dyn Provider>, path: &Path, mode: Mode, redactor: Redactor) -> Result<Cassette> {
        let name = path.display().to_string();
        let wrong = |what: &str, error: &std::io::Error| {
            Error::new(ErrorKind::Cassette, format!("{name} cannot be {what}: {error}"))
        };
        let mut shelf = Shelf::default();
        let is_read = match mode {
            Mode::Off | Mode::Record => false,
            Mode::Replay => true,
            Mode::Cache => path.try_exists().map_err(|error| wrong("read", &error))?,
        };
        if matches!(mode, Mode::Record | Mode::Cache) {
            let opened = OpenOptions::new().append(true).create(!is_read).create_new(!is_read).open(path);
            let file = opened.map_err(|error| wrong("written", &error))?;
            // Before it is read: what another writer adds behind that would stand twice.
            file.try_lock().map_err(|error| match error {
                TryLockError::WouldBlock => {
                    let what = "is written by another cassette, in this process or another; wait until that run has \
                                ended, or give this one a file of its own";
                    Error::new(ErrorKind::Cassette, format!("{name} {what}"))
                }
                TryLockError::Error(error) => wrong("locked", &error),
            })?;
            shelf.file = Some(file);
        }
        if is_read {
            let bytes = std::fs::read(path).map_err(|error| wrong("read", &error))?;
            for (line, number) in line::read(&name, &bytes)?.into_iter().zip(2usize..) {
                if shelf.raw(&line.key, line.lane).is_some() {
                    let what =
                        format!("{name}, line {number}: lane {} of the question stands twice", line.lane);
                    return Err(Error::new(ErrorKind::Cassette, what));
                }
                shelf.add(line);
            }
        } else if let Some(file) = &mut shelf.file {
            writeln!(file, "{}", line::header()).map_err(|error| wrong("written", &error))?;
        }
        Ok(Cassette { inner, mode, path: path.to_path_buf(), redactor, shelf: Mutex::new(shelf) })
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key(&self, request: &Request) -> Result<(Question, String)> {
        let question = Question::of(self.inner.family(), request);
        let key = question.key()?;
        Ok((question, key))
    }

    async fn ask(
        &self,
        question: Question,
        key: String,
        lane: u64,
        request: &Request,
        sink: &mut dyn Sink,
    ) -> Result<Reply> {
        let kept = self.lock().raw(&key, lane).cloned();
        match (self.mode, kept) {
            (Mode::Replay | Mode::Cache, Some(raw)) => decode(raw, request.schema.is_some(), sink),
            (Mode::Replay, None) => Err(self.miss(&question, &key, lane)),
            _ => {
                let reply = self.inner.complete(request, sink).await?;
                self.keep(Line { key, lane, question, raw: reply.raw.clone() }, request.schema.is_some())
                    .map_err(|error| error.with_usage(reply.usage).with_attempts(reply.attempts.clone()))?;
                Ok(reply)
            }
        }
    }

    /// Writes a line in one piece, so that lines of calls at once do not mix.
    fn keep(&self, line: Line, has_schema: bool) -> Result<()> {
        let chunks = self.redactor.chunks(&line.raw.chunks);
        // Taking a key out may leave what is no reply any more, such as pieces that are not those of the whole.
        let is_reply = chunks == line.raw.chunks
            || decode(Raw { chunks: chunks.clone(), ..line.raw.clone() }, has_schema, &mut Silent).is_ok();
        if !is_reply || leak::leaks(&chunks, &self.redactor) {
            let what = "the reply repeats a key in a way that cannot be taken out, so it is not written; \
                        ask without `stream`, and without the key in the prompt";
            return Err(Error::new(ErrorKind::Cassette, what));
        }
        let text = line.write(&self.redactor)? + "\n";
        let mut shelf = self.lock();
        if let Some(file) = &mut shelf.file {
            file.write_all(text.as_bytes()).map_err(|error| {
                let what = format!("{} cannot be written: {error}", self.path.display());
                Error::new(ErrorKind::Cassette, what)
            })?;
        }
        shelf.add(line);
        Ok(())
    }

    fn miss(&self, question: &Question, key: &str, lane: u64) -> Error {
        const SHOWN: usize = 5;
        let shelf = self.lock();
        let name = self.path.display();
        let message = match shelf.lanes.get(key) {
            Some(lanes) => format!(
                "{name} has {} of this question, lane {lane} is not among them",
                if lanes.len() == 1 { "one reply".to_string() } else { format!("{} replies", lanes.len()) },
            ),
            // Redacted before it is cut: half of a key would pass the redactor.
            None => match nearest::nearest(
                &line::redacted(&question.0, &self.redactor),
                shelf.lines.iter().map(|line| &line.question.0),
            ) {
                None => format!("{name} holds no reply at all"),
                Some((index, found)) => {
                    let mut message = format!(
                        "{name} has no reply to this question; the nearest, in line {}, differs",
                        index + 2
                    );
                    for one in found.iter().take(SHOWN) {
                        let place = &one.place;
                        message += &format!("\n  at {place}: recorded {}, asked {}", one.recorded, one.asked);
                    }
                    if found.len() > SHOWN {
                        message += &format!("\n  and at {} places more", found.len() - SHOWN);
                    }
                    message
                }
            },
        };
        Error::new(ErrorKind::CassetteMiss, message)
    }
}

impl Provider for Cassette {
    fn complete<'a>(&'a self, request: &'a Request, sink: &'a mut dyn Sink) -> Answer<'a> {
        if self.mode == Mode::Off {
            return self.inner.complete(request, sink);
        }
        // Before anything is awaited: a request that was not enrolled has its lane from the order of asking.
        let known = self.key(request).map(|(question, key)| {
            let lane = request.lane.unwrap_or_else(|| self.lock().next(&key));
            (question, key, lane)
        });
        Box::pin(async move {
            let (question, key, lane) = known?;
            self.ask(question, key, lane, request, sink).await
        })
    }

    fn enroll(&self, request: &mut Request) {
        if self.mode == Mode::Off || request.lane.is_some() {
            return;
        }
        // A question without a key fails when it is asked.
        if let Ok((_, key)) = self.key(request) {
            request.lane = Some(self.lock().next(&key));
        }
    }

    fn count_tokens(&self, request: &Request) -> TokenCount {
        self.inner.count_tokens(request)
    }

    fn capabilities(&self, model: &str) -> Capabilities {
        self.inner.capabilities(model)
    }

    fn price(&self, model: &str, input_tokens: u64) -> Option<Price> {
        self.inner.price(model, input_tokens)
    }

    fn family(&self) -> &'static str {
        self.inner.family()
    }

    fn endpoint(&self) -> String {
        self.inner.endpoint()
    }
}
