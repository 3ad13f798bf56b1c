//! The judge of logs that were cut short: a store that keeps everything and did the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use store::{BlobHash, Body, ErrorKind, Filter, Memory, Past, Record, Result, Store};

use crate::pages::{State, state};
use crate::support::options;
use crate::work::{Action, Model, SET_UP_SEQ, Work, id};

/// Everything that the work is, seq by seq, from a store that keeps all of it.
pub(super) struct Whole {
    pub(super) work: Work,
    pub(super) bodies: Vec<Body>,
    /// The state at each seq from the set-up on.
    pub(super) states: Vec<State>,
    /// Seq, intent id, plan hash and whether it was refused.
    pub(super) stated: Vec<(u64, u128, plan::PlanHash, bool)>,
    blobs: BTreeMap<u64, BlobHash>,
}

impl Whole {
    pub(super) fn of(work: Work, operations: u64) -> Whole {
        let store = Store::open(Arc::new(Memory::new()), options()).unwrap();
        work.set_up(&store).unwrap();
        let (mut model, mut states, mut blobs) = (Model::new(work), Vec::new(), BTreeMap::new());
        states.push(state(&store.query().snapshot()));
        for number in 0..operations {
            let seq = work.perform(&store, number).unwrap().seq();
            let (found, named) = model.apply(&store.scan(seq).next().unwrap().unwrap()).unwrap();
            assert_eq!((found, seq), (number, SET_UP_SEQ + 1 + number));
            blobs.extend(named.into_iter().map(|blob| (seq, blob.hash)));
            states.push(model.pages.clone());
        }
        let all = Filter { refused: true, ..Filter::default() };
        let stated = store.past().intents(&all).unwrap().into_iter();
        let stated = stated.map(|it| (it.seq, it.intent.id, it.plan, it.refusal.is_some())).collect();
        let bodies = store.scan(1).map(|record| record.unwrap().body).collect();
        Whole { work, bodies, states, stated, blobs }
    }

    pub(super) fn state_at(&self, seq: u64) -> &State {
        &self.states[(seq - SET_UP_SEQ) as usize]
    }

    /// Holds everything that can be asked of a store against what it must say at its last seq.
    pub(super) fn judge(&self, store: &Store) -> std::result::Result<(), String> {
        let (oldest, last) = (store.oldest_seq(), store.last_seq());
        let past = store.past();
        if past.oldest_seq() != oldest {
            return Err("the past begins elsewhere".to_owned());
        }
        if last < SET_UP_SEQ {
            return Ok(());
        }
        let first = oldest.max(SET_UP_SEQ);
        let at = |seq: u64| past.snapshot_at(seq).map_err(|error| format!("state at {seq}: {error}"));
        // A walk reads the log once; from nothing each of a few is made.
        let mut walked = at(first)?;
        for seq in first..=last {
            walked = past.advance(&walked, seq).map_err(|error| format!("state at {seq}: {error}"))?;
            let jumped = if seq % 7 == 0 || seq == last { at(seq)? } else { walked.clone() };
            if state(&walked) != *self.state_at(seq) || walked.state_hash() != jumped.state_hash() {
                return Err(format!("the state at seq {seq} is not the reference's"));
            }
        }
        let snapshot = store.query().snapshot();
        let replayed = past.replay(last).map_err(|error| format!("replay: {error}"))?;
        if snapshot.seq() != last || state(&snapshot) != *self.state_at(last) {
            return Err("the newest state is not the reference's".to_owned());
        }
        if replayed.state_hash() != snapshot.state_hash() {
            return Err("the replayed state is another".to_owned());
        }
        past.audit().map_err(|error| format!("audit: {error}"))?;
        let records: Result<Vec<Record>> = store.scan(oldest + 1).collect();
        let bodies: Vec<Body> = records
            .map_err(|error| format!("scan: {error}"))?
            .into_iter()
            .map(|record| record.body)
            .collect();
        if bodies != self.bodies[oldest as usize..last as usize] {
            return Err("the records are not those that were appended".to_owned());
        }
        let all = Filter { refused: true, ..Filter::default() };
        let stated = past.intents(&all).map_err(|error| format!("intents: {error}"))?.into_iter();
        let stated: Vec<_> = stated.map(|it| (it.seq, it.intent.id, it.plan, it.refusal.is_some())).collect();
        let expected: Vec<_> = self.stated.iter().copied().filter(|(seq, ..)| *seq <= last).collect();
        if stated != expected {
            return Err(format!("{} intents, expected {}", stated.len(), expected.len()));
        }
        for number in 0..last - SET_UP_SEQ {
            if store.find(id(number)) != Some(number + SET_UP_SEQ + 1) {
                return Err(format!("operation {number} is not known"));
            }
        }
        for (seq, hash) in self.blobs.range(oldest + 1..=last) {
            store.get_blob(hash).map_err(|error| format!("a blob of seq {seq}: {error}"))?;
        }
        self.judge_what_is_gone(store, &past)
    }

    fn judge_what_is_gone(&self, store: &Store, past: &Past) -> std::result::Result<(), String> {
        let oldest = past.oldest_seq();
        let Some(before) = oldest.checked_sub(1) else { return Ok(()) };
        let answers = [
            ("snapshot_at", past.snapshot_at(before).map(drop)),
            ("replay", past.replay(before).map(drop)),
            ("replay_only", past.replay_only(&Filter::default(), past.last_seq()).map(drop)),
            ("history", past.history(1).map(drop)),
            ("history_since", past.history_since(1, before).map(drop)),
            ("blame", past.blame(1, 0, before).map(drop)),
            ("trace", past.trace(oldest).map(drop)),
            ("heat", past.heat(0..=past.last_seq()).map(drop)),
            ("record_of", past.record_of(u128::MAX).map(drop)),
            ("scan", store.scan(oldest).collect::<Result<Vec<_>>>().map(drop)),
            ("subscription", store.subscribe(before, Filter::default()).poll().map(drop)),
        ];
        for (call, answer) in answers {
            match answer {
                Err(error) if error.kind() == ErrorKind::SeqTooOld => {}
                other => return Err(format!("{call} before the horizon: {other:?}")),
            }
        }
        past.history_since(1, oldest).map_err(|error| error.to_string())?;
        past.heat(oldest + 1..=past.last_seq()).map_err(|error| error.to_string())?;
        Ok(())
    }

    /// Asks for everything again, as a client that does not know how far it came: each answer is that of then.
    pub(super) fn go_on(&self, store: &Store, operations: u64) -> std::result::Result<(), String> {
        self.work.set_up(store).map_err(|error| format!("set up: {error}"))?;
        for number in 0..operations {
            let known = store.find(id(number));
            // Which page it ended is known only while the page is there.
            if known.is_some() && matches!(self.work.action(number), Action::Delete { .. }) {
                continue;
            }
            let outcome = self.work.perform(store, number).map_err(|error| format!("again: {error}"))?;
            let seq = number + SET_UP_SEQ + 1;
            let refused = matches!(self.bodies[seq as usize - 1], Body::Refused { .. });
            if outcome.seq() != seq || outcome.is_committed() == refused {
                return Err(format!("operation {number} again: {outcome:?}"));
            }
        }
        self.judge(store)
    }
}
