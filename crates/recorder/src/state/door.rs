//! What a program's reads and upserts come to.

use std::collections::BTreeSet;

use bytecode::{Span, TypeDesc};
use plan::ClientEntry;
use prelude::state::{Entry as Asked, Guard, Request, Space, Upsert, change, refused};
use serde_json::{Value as Json, json};
use store::Cause;
use vm::{Fault, Key, Map, Value};

use super::form::{Form, Stored};
use super::inherit::Inherited;
use super::name::{Entry, entries};
use super::upsert::{Lowered, intent, lower, request};
use super::{Look, NEVER, all, find, look, unreadable};
use crate::door::{Door, divergence};
use crate::error::Error;
use crate::hash::{effect_id, id_hex, outcome_id};
use crate::history::EffectRecord;
use crate::record::{self, EffectIntent, EffectOutcome};

/// The operation's name in the log, and the effect's in grants.
const OPERATION: &str = "upsert";
const EFFECT: &str = "state";

impl Door<'_> {
    /// Answers a read of the state or decides an upsert.
    ///
    /// # Errors
    /// R0106 without a grant; R0821 for an entry that is of another type than the program gives it; those of
    /// [`lower`]; a divergence from the recording.
    pub(crate) fn ask_state(&mut self, site: u32, span: Span, request: &Request) -> Result<Value, Fault> {
        match request {
            Request::Get(asked) => self.get(asked),
            Request::Entries(space) => self.entries(space),
            Request::History(asked) => self.changes(asked).map(Value::list),
            Request::Blame(asked) => Ok(self.changes(asked)?.pop().unwrap_or(Value::Null)),
            Request::Upsert(upsert) => self.upsert(site, span, upsert),
        }
    }

    fn get(&mut self, asked: &Asked) -> Result<Value, Fault> {
        self.grants.allow_state(&asked.space.name, &self.node.within, false)?;
        let entry = Entry::new(&asked.space.name, asked.key.clone())?;
        let stored = find(self.state.view.as_ref(), &entry)?;
        self.node.looks.push(look(&entry, stored.as_ref()));
        match stored.filter(Stored::is_there) {
            Some(stored) => value(&stored.form, &entry, &asked.space.value),
            None => Ok(asked.default.clone().unwrap_or(Value::Null)),
        }
    }

    fn entries(&mut self, space: &Space) -> Result<Value, Fault> {
        self.grants.allow_state(&space.name, &self.node.within, false)?;
        let view = self.state.view.as_ref();
        self.node.looks.push(all(view, &format!("state/{}", space.name)).map_err(unreadable)?);
        let mut map = Map::new();
        let Some(view) = view else { return Ok(Value::map(map)) };
        for (entry, head) in entries(view).map_err(unreadable)? {
            if entry.state != space.name {
                continue;
            }
            let stored = Stored::read(view, head).map_err(unreadable)?;
            let key = match (&entry.key, &space.key) {
                (Some(key), Some(ty)) if vm::fits(key, ty) => Key::new(key.clone())?,
                _ => return Err(other_type(&entry.shown(), "another key", &space.name)),
            };
            map.insert(key, value(&stored.form, &entry, &space.value)?);
        }
        Ok(Value::map(map))
    }

    /// The changes of an entry in this run's log, the first one first. What the run began with is the change of the
    /// earlier run that left it so.
    fn changes(&mut self, asked: &Asked) -> Result<Vec<Value>, Fault> {
        self.grants.allow_state(&asked.space.name, &self.node.within, false)?;
        let entry = Entry::new(&asked.space.name, asked.key.clone())?;
        self.node.looks.push(Look { entry: entry.page.clone(), hash: Some(NEVER.to_string()) });
        let (Some(view), Some(past)) = (&self.state.view, &self.state.past) else { return Ok(Vec::new()) };
        let told = super::tell::changes(past, view, &entry).map_err(unreadable)?;
        told.into_iter()
            .map(|told| {
                let value = value(&told.form, &entry, &asked.space.value)?;
                let seq = i64::try_from(told.seq).unwrap_or(i64::MAX);
                let (because, intent) = match Inherited::default().origin(&told.intent, &entry) {
                    Some(origin) => (origin.because, origin.intent.unwrap_or_default()),
                    None => (told.intent.schema, told.intent.body),
                };
                Ok(change(seq, value, &because, &intent))
            })
            .collect()
    }

    fn upsert(&mut self, site: u32, span: Span, upsert: &Upsert) -> Result<Value, Fault> {
        let mut grant = String::new();
        for name in read_by(upsert.guard.as_ref()) {
            self.grants.allow_state(name, &self.node.within, false)?;
        }
        let written: BTreeSet<&str> =
            upsert.writes.iter().map(|write| write.entry.space.name.as_str()).collect();
        for name in written {
            grant = self.grants.allow_state(name, &self.node.within, true)?;
        }
        let (task, sequence) = self.next_sequence();
        let id = effect_id(&self.node.name, &task, site, sequence);
        self.node.effects.push(id_hex(id));
        let intent = intent(upsert, id, &self.author)?;
        let request = request(upsert, &intent)?;
        let what = match upsert.writes.as_slice() {
            [] => String::new(),
            [only] => Entry::new(&only.entry.space.name, only.entry.key.clone())?.shown(),
            [first, rest @ ..] => {
                let first = Entry::new(&first.entry.space.name, first.entry.key.clone())?.shown();
                format!("{first} and {} more", rest.len())
            }
        };
        let promise = EffectIntent {
            node: self.node.name.clone(),
            task,
            site,
            sequence,
            operation: OPERATION.to_string(),
            effect: EFFECT.to_string(),
            request,
            grant,
            reason: format!("change `{what}` in `{}`, for `{}`", self.node.cell, self.node.name),
            line: (self.line_of)(span),
        };
        let lowered = |door: &Self| {
            let clients = client_entries(id, door.start_id, &promise)?;
            lower(upsert, intent.clone(), clients, door.state.view.as_ref())
        };
        let known = self.recording.and_then(|history| history.effect(id));
        if let (Some(known), Some(history)) = (known, self.recording)
            && let Some(outcome) = known.outcome.clone()
        {
            let (expected, found) = (&known.intent.request, &promise.request);
            if expected != found {
                return Err(divergence(
                    "the program changes something else than was recorded",
                    &expected.to_string(),
                    &found.to_string(),
                ));
            }
            // One that was taken over from an earlier run was decided in that run's log.
            if let Some(decided) = history.decision(intent.id) {
                let Lowered { plan, looks, .. } = lowered(self)?;
                let made = plan.hash().map_err(|why| super::upsert::too_large(&why))?;
                if made != decided.plan {
                    let what = "the program changes the state from another one than was recorded";
                    return Err(divergence(what, &format!("plan {}", decided.plan), &format!("plan {made}")));
                }
                self.depends(&outcome, looks);
                let followed = self.state.follow(&history.past(), decided.seq);
                self.logged(followed)?;
            }
            self.effects.push(known.clone());
            return Ok(answer(&outcome));
        }
        // One that is more than the store takes faults before it is recorded, and in a replay again.
        let Lowered { plan, looks, absent } = lowered(self)?;
        if self.world.is_none() {
            let found = promise.request.to_string();
            return Err(divergence("the program asks for an upsert that was not recorded", "none", &found));
        }
        let decided = self.journal.decide(plan);
        let decided = self.logged(decided)?;
        self.state.view = Some(decided.state);
        self.state.past = Some(decided.past);
        let (outcome, seq) = match decided.outcome {
            store::Outcome::Committed { seq, .. } => (committed(), seq),
            store::Outcome::Refused { seq, refusal, .. } => {
                let reason = match (refusal.cause, absent) {
                    (Cause::Guard, Some(reason)) => reason,
                    (Cause::Guard, None) => "the guard does not hold".to_string(),
                    (Cause::Overflow, _) => "a number would leave 64 bits".to_string(),
                    _ => refusal.detail,
                };
                let outcome = plain(json!({"refused": reason, "seq": seq}));
                let kept = self.keep_refused(id, &promise, &outcome);
                (outcome, self.logged(kept)?)
            }
        };
        self.depends(&outcome, looks);
        self.effects.push(EffectRecord { id, seq, intent: promise, outcome: Some(outcome.clone()) });
        Ok(answer(&outcome))
    }

    /// A refusal is what it is because of what the upsert looked at; what was carried out is done, and a later run
    /// does not do it again although the entries are others since.
    fn depends(&mut self, outcome: &EffectOutcome, looks: Vec<Look>) {
        if outcome.answer.get("refused").is_some() {
            self.node.looks.extend(looks);
        }
    }

    /// The store keeps only the intent of what it refuses; the effect's entries follow it.
    fn keep_refused(
        &self,
        id: u128,
        promise: &EffectIntent,
        outcome: &EffectOutcome,
    ) -> crate::error::Result<u64> {
        let (kinds, none) = (record::run::EFFECT_INTENT, Vec::new());
        let seq = self.journal.run_entry(kinds, id, self.start_id, promise, none, false)?;
        let kind = record::run::EFFECT_OUTCOME;
        self.journal.run_entry(kind, outcome_id(id), id, outcome, Vec::new(), false)?;
        Ok(seq)
    }
}

/// The states that a guard reads.
fn read_by(guard: Option<&Guard>) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut open: Vec<&Guard> = guard.into_iter().collect();
    while let Some(part) = open.pop() {
        match part {
            Guard::Constant(_) => {}
            Guard::Entry { entry, .. } | Guard::Exists(entry) => {
                names.insert(entry.space.name.as_str());
            }
            Guard::Not(part) => open.push(part),
            Guard::Binary(_, left, right) => open.extend([&**left, &**right]),
        }
    }
    names
}

/// The entries of an effect that is carried out with its own record.
fn client_entries(id: u128, start: u128, promise: &EffectIntent) -> Result<Vec<ClientEntry>, Fault> {
    let entry = |kind, id, parent, body: Result<Vec<u8>, serde_json::Error>| {
        let body =
            body.map_err(|why| unreadable(Error::internal(format!("an entry has no JSON form: {why}"))))?;
        Ok(ClientEntry { namespace: record::RUN, kind, version: record::VERSION, id, parent, body })
    };
    Ok(vec![
        entry(record::run::EFFECT_INTENT, id, start, serde_json::to_vec(promise))?,
        entry(record::run::EFFECT_OUTCOME, outcome_id(id), id, serde_json::to_vec(&committed()))?,
    ])
}

fn committed() -> EffectOutcome {
    plain(json!({"committed": true}))
}

fn plain(answer: Json) -> EffectOutcome {
    EffectOutcome { ok: true, answer, blob: None, sha256: None, size_bytes: None }
}

/// What the program is told.
fn answer(outcome: &EffectOutcome) -> Value {
    match outcome.answer.get("refused").and_then(Json::as_str) {
        None => Value::ok(Value::Null),
        Some(reason) => {
            let seq = outcome.answer.get("seq").and_then(Json::as_i64).unwrap_or_default();
            Value::err(refused(reason, seq))
        }
    }
}

fn value(form: &Form, entry: &Entry, ty: &TypeDesc) -> Result<Value, Fault> {
    form.value(Some(ty), &prelude::Decoder)
        .map_err(|found| other_type(&entry.shown(), &found, &ty.to_string()))
}

fn other_type(entry: &str, found: &str, expected: &str) -> Fault {
    let what = format!("the state `{entry}` holds {found}, and the program gives it the type {expected}");
    Fault::new("R0821", what).help("Give the state another name, or the type that its runs so far gave it.")
}
