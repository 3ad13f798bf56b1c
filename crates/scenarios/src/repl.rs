//! A stand-in for the REPL: it reads the few Python statements that scripted policies write.
//!
//! What it reads is Python: a worker that has run [`PRELUDE`] runs the same cells. The stand-in needs no process, can be
//! copied in the middle of a cell, and so lets every order of events be tried.
//!
//! A cell is run from its start with the answers so far each time the host answers, which is what blocking looks like
//! from outside. Pure functions beside Python's own stand for what real policies define in their first cell.

mod cell;
mod reader;

use crate::running::Progress;
use cell::{Cell, Stop};
use rlm::{Answer, CellEnd, Ending, ErrorKind, Failure, Variable};
use serde_json::Value;
use std::collections::BTreeMap;

/// The functions of the stand-in in Python.
pub const PRELUDE: &str = include_str!("prelude.py");

/// The state of one worker.
#[derive(Clone, Debug, Default)]
pub struct Repl {
    names: Vec<(String, Value)>,
    code: String,
    answers: Vec<Answer>,
}

impl Repl {
    /// A worker with its inputs.
    #[must_use]
    pub fn new(inputs: Vec<(String, Value)>) -> Self {
        Self { names: inputs, ..Self::default() }
    }

    /// Begins a cell; texts that go with its calls are put among the blobs.
    pub fn run(&mut self, code: &str, blobs: &mut BTreeMap<String, String>) -> Progress {
        self.code = code.into();
        self.answers.clear();
        self.go(blobs)
    }

    /// Goes on with the answer to its call.
    pub fn answer(&mut self, answer: Answer, blobs: &mut BTreeMap<String, String>) -> Progress {
        self.answers.push(answer);
        self.go(blobs)
    }

    fn go(&mut self, blobs: &mut BTreeMap<String, String>) -> Progress {
        let statements = match reader::statements(&self.code) {
            Ok(statements) => statements,
            Err((line, message)) => {
                let ending = Ending::NotCompiled { line, column: 1, message };
                return Progress::Ended(Box::new(CellEnd { ending, ..CellEnd::default() }));
            }
        };
        let mut cell = Cell::new(self.names.clone(), &self.answers, blobs);
        let mut ending = Ending::Done;
        for statement in &statements {
            match cell.execute(statement) {
                Ok(()) => {}
                Err(Stop::Ask(call)) => return Progress::Asks(call),
                Err(Stop::Die) => {
                    let message = "the worker was killed for its memory";
                    return Progress::Died(Failure::new(ErrorKind::Memory, message));
                }
                Err(Stop::Loop | Stop::Exit) => return Progress::Busy,
                Err(Stop::Refused) => {
                    ending = Ending::Raised { exception: "SubmitRejected".into(), traceback: String::new() };
                    break;
                }
                Err(Stop::Raise(exception, message)) => {
                    ending = Ending::Raised { traceback: format!("{exception}: {message}"), exception };
                    break;
                }
            }
        }
        let (names, out) = cell.left();
        self.names = names;
        let variables = self.names.iter().map(|(name, value)| Variable::input(name, value)).collect();
        let stdout = out.as_str().into();
        let (active_ms, wall_ms) = (5, 7);
        Progress::Ended(Box::new(CellEnd {
            ending,
            stdout,
            variables,
            active_ms,
            wall_ms,
            ..CellEnd::default()
        }))
    }
}
