//! Child calls: a REPL and turns of their own over a text, within a part of the caller's budget.

use super::call::Call;
use super::host::{Caller, Item, Waiting, refused_schema};
use super::{Machine, Work};
use crate::amounts::{Budget, Dimension};
use crate::cell::{Closing, Status};
use crate::digest::Digest;
use crate::event::{Errors, Finished};
use crate::failure::{ErrorKind, Failure};
use crate::ledger::Purpose;
use crate::prompt;
use crate::record::{Body, Kind, Place};
use crate::request::Blob;
use crate::signature::Signature;
use crate::variable::Variable;
use serde_json::{Value, json};

impl Machine {
    /// A cell asks child calls.
    pub(super) fn children(
        &mut self,
        caller: &Caller,
        place: Place,
        prompts: Vec<(String, Option<Blob>)>,
        schema: Option<Value>,
        batch: Option<Errors>,
    ) {
        let Some(call) = self.calls.get(&caller.id) else { return };
        if call.depth < 2 {
            let message = format!("DepthExceeded: code of depth {} may not start child REPLs", call.depth);
            self.fail(caller, ErrorKind::Depth, message);
            return;
        }
        let depth = call.depth - 1;
        let mut signatures = Vec::new();
        for (prompt, context) in &prompts {
            match prompt::child_signature(prompt, context.is_some(), schema.as_ref()) {
                Ok(signature) => signatures.push(signature),
                Err(refusals) => {
                    self.fail(caller, ErrorKind::InvalidArguments, refused_schema(&refusals));
                    return;
                }
            }
        }
        let (worker, number) = (caller.worker, caller.number);
        let items = vec![Item::default(); prompts.len()];
        let waiting = Waiting { worker, number, place, missing: items.len(), items, batch, schema: None };
        let places: Vec<Place> = (0..prompts.len()).map(|item| waiting.item_place(item)).collect();
        let mut known = call.children.clone();
        known.extend(places.iter().map(Place::id));
        if known.len() > self.task.limits.fan_out as usize {
            let message = format!("a call starts at most {} child REPLs", self.task.limits.fan_out);
            self.fail(caller, ErrorKind::FanOut, message);
            return;
        }
        if let Some(call) = self.calls.get_mut(&caller.id) {
            call.children = known;
        }
        self.wait(caller.id, waiting);
        let open =
            places.iter().filter(|place| !self.log.contains_key(&(place.id(), Kind::CallClosed))).count();
        let mut share = self.share(caller.id, open as u64);
        let each = prompts.into_iter().zip(signatures).zip(places).enumerate();
        for (item, (((prompt, context), signature), place)) in each {
            if self.over {
                return;
            }
            let arguments =
                Digest::of_json(&json!([prompt, context.as_ref().map(|blob| blob.digest), schema, depth]));
            self.child(caller, (item, place), (signature, context, depth), arguments, &mut share);
        }
    }

    /// An equal part of what is left, and all of the time of the cell that waits: children run beside each other.
    fn share(&self, id: Digest, of: u64) -> Budget {
        let Some(call) = self.calls.get(&id) else { return Budget::default() };
        let share = self.ledger.left(call.account, Purpose::Code).share(of);
        let cell = call.cell.as_ref().and_then(|cell| cell.reservation);
        let wall = cell.map(|cell| self.ledger.reserved_by(cell).wall_ms);
        share.with(Dimension::WallMs, share.wall_ms.and(wall))
    }

    fn child(
        &mut self,
        caller: &Caller,
        (item, place): (usize, Place),
        (signature, context, depth): (Signature, Option<Blob>, u32),
        arguments: Digest,
        share: &mut Budget,
    ) {
        let id = place.id();
        if !self.agrees(id, &[Kind::CallOpened, Kind::CallClosed], arguments) {
            return;
        }
        let Some(account) = self.calls.get(&caller.id).map(|call| call.account) else { return };
        if let Some(record) = self.logged(id, Kind::CallClosed) {
            if let Body::CallClosed { closing, .. } = &record.body {
                self.item_done(caller.id, item, answer(closing));
            }
            return;
        }
        if !self.answerable(caller, id, Kind::CallClosed) {
            return;
        }
        let inputs: Vec<Variable> = context.iter().map(|blob| Variable::blob("context", blob)).collect();
        let mut call = Call::new(id, signature, inputs, depth);
        call.parent = Some((caller.id, item));
        let granted = self.logged(Place::new(id, "grant", 0).id(), Kind::BudgetGranted);
        let grant = match granted.as_ref().map(|record| &record.body) {
            Some(Body::BudgetGranted { grant, .. }) => grant.and(&self.share(caller.id, 1)),
            _ => *share,
        };
        let aside = call.aside(&self.task, &grant);
        match self.ledger.open(account, grant, aside) {
            Ok(account) => {
                call.account = account;
                self.open(place, call, arguments, Some(caller.id));
            }
            Err(refused) => {
                let failure = Failure::new(ErrorKind::Budget, format!("no child call fits: {refused}"));
                let closing = Closing::failed(failure);
                let result = answer(&closing);
                let spent = crate::Amounts::default();
                self.record(place, "refused", Some(arguments), Body::CallClosed { closing, spent });
                self.item_done(caller.id, item, result);
            }
        }
    }

    /// Opens a call: its records, then its first turn.
    pub(super) fn open(&mut self, place: Place, call: Call, arguments: Digest, caller: Option<Digest>) {
        let (id, account) = (call.id, call.account);
        let body = Body::CallOpened {
            caller,
            role: call.role,
            model: self.task.model(call.role).alias.clone(),
            depth: call.depth,
            instructions: call.signature.instructions().into(),
        };
        let blobs = call.inputs.iter().filter_map(|input| input.digest).collect();
        let reason = if caller.is_some() { "code" } else { "run" };
        self.record_with(place, reason, Some(arguments), blobs, body);
        let grant = self.ledger.limit(account);
        self.record(Place::new(id, "grant", 0), reason, None, Body::BudgetGranted { call: id, grant });
        self.calls.insert(id, call);
        if let Some(spent) = self.past.remove(&id) {
            self.ledger.book(account, &spent);
        }
        if caller.is_some() {
            self.work.push_back(Work::Turn(id));
        } else {
            self.begin_root();
        }
    }

    /// The first call's first turn, or the end that an earlier life of the run came to.
    fn begin_root(&mut self) {
        if let Some(record) = self.logged(self.root, Kind::CallClosed)
            && let Body::CallClosed { closing, spent } = &record.body
        {
            self.over = true;
            if let Some(call) = self.calls.get_mut(&self.root) {
                call.closed = true;
            }
            let finished = Finished { closing: closing.clone(), spent: *spent, resent: Vec::new() };
            self.effect(crate::event::Action::Finish { finished });
            return;
        }
        if let Some(ask) = self.overran.take() {
            self.contract_broken(ask);
            return;
        }
        let cancelled = self.logged(Place::new(self.root, "cancelled", 0).id(), Kind::Cancelled);
        match cancelled.as_ref().map(|record| &record.body) {
            Some(Body::Cancelled { message }) => self.cancelled(&message.clone()),
            _ => self.work.push_back(Work::Turn(self.root)),
        }
    }
}

/// What the caller of a child is told.
pub(super) fn answer(closing: &Closing) -> Result<Value, Failure> {
    match closing.status {
        Status::Submitted | Status::Extracted => {
            Ok(closing.outputs.get("answer").cloned().unwrap_or_default())
        }
        Status::Failed => Err(closing
            .failure
            .clone()
            .unwrap_or_else(|| Failure::new(ErrorKind::Provider, "the child call has no answer"))),
    }
}
