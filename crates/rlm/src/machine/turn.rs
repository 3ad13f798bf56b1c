//! Turns: a request, a reply, its code.

use super::Machine;
use super::Work;
use super::ask::Owner;
use crate::cell::Cause;
use crate::digest::Digest;
use crate::failure::{ErrorKind, Failure};
use crate::fence::python_blocks;
use crate::prompt::{self, REMINDER, Turn};
use crate::record::{Body, Kind, Place};
use crate::request::Reply;
use crate::violation::clipped;

/// How much of a reply without code the next turn shows.
const SAID_CHARS: usize = 500;

impl Machine {
    /// Begins the next turn of a call, or its fallback where a limit is reached.
    pub(super) fn turn(&mut self, id: Digest) {
        let limits = self.task.limits;
        let Some(call) = self.calls.get(&id).filter(|call| !call.closed && call.fallback.is_none()) else {
            return;
        };
        let turn = call.turns.len() as u64;
        let place = Place::new(id, "turn", turn);
        // An earlier life may have ended here, such as by a user's wish; what it decided stands.
        let answered = self.log.contains_key(&(place.id(), Kind::ModelOutcome));
        let logged = self.logged_fallback(id).filter(|_| !answered);
        let cause = if logged.is_some() {
            logged
        } else if call.rejected >= limits.rejected_submits {
            Some(Cause::Rejections)
        } else if call.invalid >= limits.invalid_turns {
            Some(Cause::InvalidTurns)
        } else if call.rebuilds > limits.rebuilds {
            Some(Cause::Worker)
        } else if turn >= limits.turns.into() {
            Some(Cause::Turns)
        } else {
            None
        };
        if let Some(cause) = cause {
            self.fallback(id, cause);
            return;
        }
        let (role, task) = (call.role, self.task.clone());
        let request = prompt::turn(&call.scene(&task), task.model(role));
        self.ask(place, Owner::Turn, id, role, request);
    }

    /// Why an earlier life of the run gave up a call's turns, if it did.
    pub(super) fn logged_fallback(&self, call: Digest) -> Option<Cause> {
        let record = self.logged(Place::new(call, "fallback", 0).id(), Kind::FallbackStarted)?;
        match &record.body {
            Body::FallbackStarted { cause } => Some(*cause),
            _ => None,
        }
    }

    /// A turn's reply: run its code, or remind.
    pub(super) fn turn_answered(&mut self, id: Digest, result: Result<Reply, Failure>) {
        let reply = match result {
            Ok(reply) => reply,
            Err(failure) => {
                self.fallback(id, cause(&failure));
                return;
            }
        };
        if let Some(code) = python_blocks(&reply.text, reply.cut) {
            self.begin_cell(id, code);
            return;
        }
        let Some(call) = self.calls.get_mut(&id) else { return };
        let shown = format!("The reply was: {}\n{REMINDER}", clipped(reply.text.trim(), SAID_CHARS));
        call.turns.push(Turn { code: None, shown });
        call.invalid += 1;
        call.rejected = 0;
        self.work.push_back(Work::Turn(id));
    }
}

/// What a failing turn means for the call.
fn cause(failure: &Failure) -> Cause {
    if failure.kind != ErrorKind::Budget {
        return Cause::Provider;
    }
    match failure.data.get("dimension").and_then(serde_json::Value::as_str) {
        Some("calls") => Cause::Calls,
        Some("wall_ms" | "active_ms") => Cause::Time,
        _ => Cause::Budget,
    }
}
