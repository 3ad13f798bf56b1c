//! Cells and the workers that run them. A worker that died is replaced, and the new one runs the call's earlier cells
//! again with their host calls answered from the log; the cell that was running is shown to the model instead.

use super::call::{Live, Running, Worker};
use super::{Machine, Work};
use crate::amounts::{Amounts, Dimension};
use crate::cell::{Cause, CellEnd, Ending};
use crate::digest::Digest;
use crate::event::{Action, CellLimits, TimerId, WorkerId};
use crate::failure::{ErrorKind, Failure};
use crate::ledger::Purpose;
use crate::prompt::{self, Turn};
use crate::record::{Body, Kind, Place};
use crate::submission::SubmitResult;

impl Machine {
    /// Takes a turn's code: runs it, or takes what the log says that it did.
    pub(super) fn begin_cell(&mut self, id: Digest, code: String) {
        let Some(call) = self.calls.get(&id) else { return };
        let place = Place::new(id, "cell", call.turns.len() as u64);
        let cell = place.id();
        if !self.agrees(cell, &[Kind::CellIntent, Kind::CellOutcome], Digest::of(code.as_bytes())) {
            return;
        }
        if let Some(SubmitResult::Success { outputs }) = self.logged_submit(cell) {
            self.accepted(id, &place, &code, outputs, CellEnd::default());
            return;
        }
        if let Some(record) = self.logged(cell, Kind::CellOutcome) {
            if let Body::CellOutcome { end, .. } = &record.body {
                self.turn_done(id, cell, code, end);
            }
            return;
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.cell = Some(Live { place, code, reservation: None });
        }
        if let Some(cause) = self.logged_fallback(id) {
            self.fallback(id, cause);
            return;
        }
        self.work.push_back(Work::Cell(id));
    }

    /// Gives a call's worker the next cell: an earlier one that it has not run, or that of the turn.
    pub(super) fn next_cell(&mut self, id: Digest) {
        let Some(call) = self.calls.get_mut(&id).filter(|call| !call.closed) else { return };
        if call.cell.is_none() || call.worker.as_ref().is_some_and(|worker| worker.running.is_some()) {
            return;
        }
        if call.worker.is_none() {
            self.next_worker += 1;
            let worker = WorkerId(self.next_worker);
            call.worker = Some(Worker { id: worker, built: 0, running: None });
            let inputs = call.inputs.clone();
            self.workers.insert(worker, id);
            self.effect(Action::StartWorker { worker, call: id, inputs });
        }
        let Some(call) = self.calls.get(&id) else { return };
        let built = call.worker.as_ref().map_or(0, |worker| worker.built);
        match call.cells.get(built).cloned() {
            Some((cell, code)) => {
                let limits = self.cell_limits();
                self.run_cell(id, cell, code, limits, false);
            }
            None => self.run_live(id),
        }
    }

    fn cell_limits(&self) -> CellLimits {
        let limits = self.task.limits;
        CellLimits {
            active_ms: limits.cell_active_ms,
            wall_ms: limits.cell_wall_ms,
            output_bytes: limits.output_kept,
        }
    }

    fn run_live(&mut self, id: Digest) {
        let Some(call) = self.calls.get(&id) else { return };
        let (account, depth, Some(live)) = (call.account, call.depth, call.cell.clone()) else { return };
        let left = self.ledger.left(account, Purpose::Code);
        let whole = self.cell_limits();
        let limits = CellLimits {
            // Half of the time stays for the cells of children, where there may be any.
            active_ms: match left.get(Dimension::ActiveMs) {
                Some(left) if depth >= 2 => whole.active_ms.min(left.div_ceil(2)),
                left => left.map_or(whole.active_ms, |left| whole.active_ms.min(left)),
            },
            wall_ms: left.get(Dimension::WallMs).map_or(whole.wall_ms, |left| whole.wall_ms.min(left)),
            // Half of the bytes stays for what the cell sends to models.
            output_bytes: left
                .get(Dimension::Bytes)
                .map_or(whole.output_bytes, |left| whole.output_bytes.min(left / 2)),
        };
        let amounts = Amounts {
            active_ms: limits.active_ms,
            wall_ms: limits.wall_ms,
            bytes: limits.output_bytes,
            ..Amounts::default()
        };
        let timeless = limits.active_ms == 0 || limits.wall_ms == 0;
        let reservation =
            if timeless { None } else { self.ledger.reserve(account, Purpose::Code, &amounts).ok() };
        let Some(reservation) = reservation else {
            let failure = Failure::new(ErrorKind::Budget, "no time is left for another cell");
            self.end_cell(id, CellEnd { ending: Ending::Stopped { failure }, ..CellEnd::default() });
            return;
        };
        let cell = live.place.id();
        let arguments = Some(Digest::of(live.code.as_bytes()));
        let body = Body::CellIntent { call: id, code: live.code.clone() };
        self.record(live.place, "turn", arguments, body);
        if let Some(cell) = self.calls.get_mut(&id).and_then(|call| call.cell.as_mut()) {
            cell.reservation = Some(reservation);
        }
        self.run_cell(id, cell, live.code, limits, true);
    }

    fn run_cell(&mut self, id: Digest, cell: Digest, code: String, limits: CellLimits, live: bool) {
        let Some(worker) = self.calls.get_mut(&id).and_then(|call| call.worker.as_mut()) else { return };
        worker.running =
            Some(Running { cell, live, sequence: 0, submits: 0, refused: false, swallowed: false });
        let worker = worker.id;
        self.effect(Action::RunCell { worker, cell, code, limits, again: !live });
        self.next_timer += 1;
        let timer = TimerId(self.next_timer);
        self.timers.insert(timer, worker);
        self.effect(Action::SetTimer { timer, after_ms: limits.wall_ms });
    }

    /// A worker's cell ended.
    pub(super) fn cell_ended(&mut self, worker: WorkerId, mut end: CellEnd) {
        let Some((id, running)) = self.running(worker) else { return };
        if let Ending::Stopped { failure } = &end.ending {
            // Half a cell cannot be built again, so what it left goes with the worker.
            let failure = failure.clone();
            self.kill_worker(id);
            self.lost(id, &running, failure);
            return;
        }
        self.timers.retain(|_, owner| *owner != worker);
        if let Some(worker) = self.calls.get_mut(&id).and_then(|call| call.worker.as_mut()) {
            worker.running = None;
            if !running.live {
                worker.built += 1;
            }
        }
        if !running.live {
            self.abandon_waiting(id);
            self.work.push_back(Work::Cell(id));
            return;
        }
        if end.ending == Ending::Submitted {
            // Only the host accepts, and then it closes the call itself.
            end.ending = Ending::Done;
        }
        end.submit_swallowed = running.swallowed;
        self.end_cell(id, end);
    }

    /// A worker is gone.
    pub(super) fn worker_died(&mut self, worker: WorkerId, failure: Failure) {
        let Some(id) = self.workers.remove(&worker) else { return };
        self.timers.retain(|_, owner| *owner != worker);
        self.unsay(|action| about(action, worker));
        let Some(gone) = self.calls.get_mut(&id).and_then(|call| call.worker.take()) else { return };
        match gone.running {
            Some(running) => self.lost(id, &running, failure),
            None => self.count_rebuild(id),
        }
    }

    pub(super) fn timer(&mut self, timer: TimerId) {
        let Some(worker) = self.timers.remove(&timer) else { return };
        let Some((id, running)) = self.running(worker) else { return };
        self.kill_worker(id);
        let failure = Failure::new(ErrorKind::Timeout, "the cell's wall time ran out")
            .with(serde_json::json!({"clock": "wall"}));
        self.lost(id, &running, failure);
    }

    fn running(&self, worker: WorkerId) -> Option<(Digest, Running)> {
        let id = *self.workers.get(&worker)?;
        let running = self.calls.get(&id)?.worker.as_ref()?.running.clone()?;
        Some((id, running))
    }

    /// What a worker was doing is lost with it.
    fn lost(&mut self, id: Digest, running: &Running, failure: Failure) {
        if running.live {
            let submit_swallowed = running.swallowed;
            self.end_cell(
                id,
                CellEnd { ending: Ending::Stopped { failure }, submit_swallowed, ..CellEnd::default() },
            );
        } else {
            self.abandon_waiting(id);
            self.count_rebuild(id);
        }
    }

    fn count_rebuild(&mut self, id: Digest) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.rebuilds += 1;
        if call.rebuilds > self.task.limits.rebuilds && call.cell.is_some() {
            self.fallback(id, Cause::Worker);
        } else {
            self.work.push_back(Work::Cell(id));
        }
    }

    /// Settles and records the end of the turn's cell. Its end stands in the log before that of the children that end
    /// with it: a cell without one would run again, and be told that they were cancelled.
    fn end_cell(&mut self, id: Digest, mut end: CellEnd) {
        let Some(live) = self.calls.get_mut(&id).and_then(|call| call.cell.take()) else { return };
        end.bound(self.task.limits.output_shown);
        let cell = live.place.id();
        let stopped = matches!(end.ending, Ending::Stopped { .. });
        self.settle_cell(id, &live, (!stopped).then_some(&end));
        let arguments = Some(Digest::of(live.code.as_bytes()));
        self.record(live.place, "ended", arguments, Body::CellOutcome { call: id, end: end.clone() });
        self.abandon_waiting(id);
        self.turn_done(id, cell, live.code, &end);
    }

    /// Books a cell's time and output; all that was reserved where nobody says what it used.
    pub(super) fn settle_cell(&mut self, id: Digest, live: &Live, end: Option<&CellEnd>) {
        let Some(reservation) = live.reservation else { return };
        let Some(role) = self.calls.get(&id).map(|call| call.role) else { return };
        let reserved = self.ledger.reserved_by(reservation);
        let used = end.map(|end| Amounts {
            // The moments between the limit and the end of a cell are the host's.
            active_ms: end.active_ms.min(reserved.active_ms),
            wall_ms: end.wall_ms.min(reserved.wall_ms),
            bytes: end.stdout.bytes.saturating_add(end.stderr.bytes).min(reserved.bytes),
            ..Amounts::default()
        });
        let booked = self.ledger.settle(reservation, used.as_ref()).booked;
        self.record_settled(live.place.id(), (id, role), booked, false);
    }

    /// What a cell's end means for its call.
    fn turn_done(&mut self, id: Digest, cell: Digest, code: String, end: &CellEnd) {
        let submit = self.logged_submit(cell);
        let shown = prompt::outcome(end, submit.as_ref(), self.task.limits.output_shown);
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.see(end);
        call.turns.push(Turn { code: Some(code.clone()), shown });
        let compiled = !matches!(end.ending, Ending::NotCompiled { .. });
        call.invalid = if compiled { 0 } else { call.invalid + 1 };
        let rejected = matches!(submit, Some(SubmitResult::ValidationError { .. }));
        call.rejected = if rejected { call.rejected + 1 } else { 0 };
        match &end.ending {
            Ending::Done | Ending::Raised { .. } | Ending::Submitted => {
                call.cells.push((cell, code));
                if let Some(worker) = &mut call.worker {
                    worker.built = call.cells.len();
                }
            }
            Ending::NotCompiled { .. } => {}
            Ending::Stopped { failure } if failure.kind == ErrorKind::Budget => {
                self.fallback(id, Cause::Time);
                return;
            }
            Ending::Stopped { .. } => call.rebuilds += 1,
        }
        self.work.push_back(Work::Turn(id));
    }

    /// Ends a call's worker. What it was not given yet it is never given.
    pub(super) fn kill_worker(&mut self, id: Digest) {
        let Some(gone) = self.calls.get_mut(&id).and_then(|call| call.worker.take()) else { return };
        let worker = gone.id;
        self.workers.remove(&worker);
        self.timers.retain(|_, owner| *owner != worker);
        let unborn = self
            .unsay(|action| matches!(action, Action::StartWorker { worker: held, .. } if *held == worker));
        self.unsay(|action| about(action, worker));
        if !unborn {
            self.effect(Action::Kill { worker });
        }
    }
}

/// Whether an action is one for this worker.
fn about(action: &Action, worker: WorkerId) -> bool {
    match action {
        Action::StartWorker { worker: held, .. }
        | Action::RunCell { worker: held, .. }
        | Action::AnswerHost { worker: held, .. } => *held == worker,
        _ => false,
    }
}
