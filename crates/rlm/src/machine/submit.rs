//! `SUBMIT`: judged by the host, recorded on receipt, final when accepted.

use super::Machine;
use super::call::Live;
use super::host::Caller;
use crate::cell::{CellEnd, Closing, Ending, Status};
use crate::digest::Digest;
use crate::event::{Action, Answer};
use crate::record::{Body, Kind, Place};
use crate::submission::{Submission, SubmitResult};
use serde_json::{Map, Value};

impl Machine {
    /// A cell submits.
    pub(super) fn submitted(
        &mut self,
        caller: &Caller,
        submission: &Submission,
        (active_ms, wall_ms): (u64, u64),
    ) {
        let Some(call) = self.calls.get_mut(&caller.id) else { return };
        let signature = call.signature.clone();
        let Some(running) = call.worker.as_mut().and_then(|worker| worker.running.as_mut()) else { return };
        let place = Place::new(running.cell, "submit", running.submits);
        let first = running.submits == 0;
        running.submits += 1;
        running.swallowed |= !first;
        let arguments = Digest::of_json(&serde_json::to_value(submission).unwrap_or_default());
        if !self.agrees(place.id(), &[Kind::SubmitAttempted], arguments)
            || !self.answerable(caller, place.id(), Kind::SubmitAttempted)
        {
            return;
        }
        let logged = self.logged(place.id(), Kind::SubmitAttempted).and_then(|record| match &record.body {
            Body::SubmitAttempted { result, .. } => Some(result.clone()),
            _ => None,
        });
        let result = logged.unwrap_or_else(|| {
            if first { submission.judge(Some(&signature)) } else { submission.repeated() }
        });
        let live = self.calls.get(&caller.id).and_then(|call| call.cell.clone());
        if let (SubmitResult::Success { outputs }, Some(live), true) = (&result, live, caller.live) {
            let end = CellEnd { active_ms, wall_ms, ..CellEnd::default() };
            self.settle_cell(caller.id, &live, Some(&end));
            self.record_submit(place, arguments, caller.id, &result);
            self.answer(caller, Answer::Submit(result.clone()));
            self.retire(caller);
            self.accepted(caller.id, &live.place, &live.code, outputs.clone(), end);
            return;
        }
        if let Some(running) = self.running_of(caller.id) {
            running.refused = true;
        }
        self.record_submit(place, arguments, caller.id, &result);
        self.answer(caller, Answer::Submit(result));
    }

    fn running_of(&mut self, id: Digest) -> Option<&mut super::call::Running> {
        self.calls.get_mut(&id)?.worker.as_mut()?.running.as_mut()
    }

    fn record_submit(&mut self, place: Place, arguments: Digest, call: Digest, result: &SubmitResult) {
        let accepted = matches!(result, SubmitResult::Success { .. });
        let reason = if accepted { "accepted" } else { "refused" };
        self.record(place, reason, Some(arguments), Body::SubmitAttempted { call, result: result.clone() });
    }

    /// The worker has done its work: it is told so and ends, so nothing in it can undo the answer.
    fn retire(&mut self, caller: &Caller) {
        self.workers.remove(&caller.worker);
        self.timers.retain(|_, owner| *owner != caller.worker);
        if let Some(call) = self.calls.get_mut(&caller.id) {
            call.worker = None;
            if let Some(Live { reservation, .. }) = &mut call.cell {
                *reservation = None;
            }
        }
        self.effect(Action::Kill { worker: caller.worker });
    }

    /// Closes a call whose `SUBMIT` was accepted.
    pub(super) fn accepted(
        &mut self,
        id: Digest,
        cell: &Place,
        code: &str,
        outputs: Map<String, Value>,
        end: CellEnd,
    ) {
        let end = CellEnd { ending: Ending::Submitted, ..end };
        let arguments = Some(Digest::of(code.as_bytes()));
        self.record(cell.clone(), "submitted", arguments, Body::CellOutcome { call: id, end });
        let closing =
            Closing { status: Status::Submitted, outputs, confidence: None, fallback: None, failure: None };
        self.close(id, closing);
    }

    /// The verdict over the first `SUBMIT` of a cell, which is the one that counts.
    pub(super) fn logged_submit(&self, cell: Digest) -> Option<SubmitResult> {
        let record = self.logged(Place::new(cell, "submit", 0).id(), Kind::SubmitAttempted)?;
        match &record.body {
            Body::SubmitAttempted { result, .. } => Some(result.clone()),
            _ => None,
        }
    }
}
