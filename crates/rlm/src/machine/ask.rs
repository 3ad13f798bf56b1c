//! Model calls: waiting for their turn and their budget, attempts, outcomes.

use super::{Machine, Work};
use crate::amounts::{Amounts, Dimension};
use crate::digest::Digest;
use crate::event::Action;
use crate::failure::{ErrorKind, Failure};
use crate::ledger::{AccountId, Purpose, Refused, ReservationId};
use crate::record::{Body, Kind, Place, Role};
use crate::reply::{self, Repair};
use crate::request::{AttemptError, Reply, Request};
use serde_json::json;
use std::collections::{BTreeSet, VecDeque};

/// A model call that somebody waits for.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub place: Place,
    pub owner: Owner,
    pub call: Digest,
    pub account: AccountId,
    pub role: Role,
    pub request: Request,
    pub attempt: u32,
    pub retry_after_ms: Option<u64>,
    /// What is reserved for the attempt in flight.
    pub reservation: Option<ReservationId>,
}

/// Who waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The turn of its call.
    Turn,
    /// The extraction of its call.
    Extraction,
    /// An item of what its call's cell waits for.
    Item(usize),
}

impl Ask {
    pub(super) const fn is_flying(&self) -> bool {
        self.reservation.is_some()
    }

    const fn purpose(&self) -> Purpose {
        match self.owner {
            Owner::Turn => Purpose::Turn,
            Owner::Extraction => Purpose::Extraction,
            Owner::Item(_) => Purpose::Code,
        }
    }
}

impl Machine {
    /// Asks a model, or takes what the log has.
    pub(super) fn ask(&mut self, place: Place, owner: Owner, call: Digest, role: Role, request: Request) {
        let id = place.id();
        if !self.agrees(id, &[Kind::ModelIntent, Kind::ModelOutcome], request.digest()) {
            return;
        }
        let Some(account) = self.calls.get(&call).map(|call| call.account) else { return };
        let attempt = self.settlements(id);
        let (reservation, retry_after_ms) = (None, None);
        let ask = Ask { place, owner, call, account, role, request, attempt, retry_after_ms, reservation };
        self.asks.insert(id, ask);
        match self.logged(id, Kind::ModelOutcome) {
            Some(_) => self.work.push_back(Work::Outcome(id)),
            None => self.queue.push_back(id),
        }
    }

    /// How many attempts at something the log has settled.
    fn settlements(&self, owner: Digest) -> u32 {
        let settled = |n: &u32| {
            self.log.contains_key(&(Place::new(owner, "settle", (*n).into()).id(), Kind::BudgetSettled))
        };
        (0..).take_while(settled).count() as u32
    }

    /// Records a settlement; the log may have some of the same owner from an earlier life.
    pub(super) fn record_settled(
        &mut self,
        owner: Digest,
        (call, role): (Digest, Role),
        booked: Amounts,
        provider_contract: bool,
    ) {
        let place = Place::new(owner, "settle", self.settlements(owner).into());
        let reason = if provider_contract { "provider_contract" } else { "settled" };
        self.record(place, reason, None, Body::BudgetSettled { call, role, booked, provider_contract });
    }

    /// Sends what may be sent, in order. An account whose first waiting call must wait lets none of its others pass,
    /// or a large one would wait for ever. Tells whether something was refused, and so there is work.
    pub(super) fn pump(&mut self) -> bool {
        let mut blocked = BTreeSet::new();
        let mut refused = false;
        let mut waiting = VecDeque::new();
        while self.flying < self.task.limits.in_flight as usize
            && let Some(id) = self.queue.pop_front()
        {
            let Some(ask) = self.asks.get(&id) else { continue };
            let (account, purpose) = (ask.account, ask.purpose());
            if blocked.contains(&account) {
                waiting.push_back(id);
                continue;
            }
            let worst = ask.request.worst_case(self.task.price(&ask.request.model));
            let (timeout, wall) = self.patience(account, purpose);
            if timeout == 0 {
                let spent = Refused::Never { dimension: Dimension::WallMs, needed: 1, left: 0 };
                self.refuse(id, spent);
                refused = true;
                continue;
            }
            match self.ledger.reserve(account, purpose, &worst.with(Dimension::WallMs, wall)) {
                Ok(reservation) => self.send(id, reservation, worst.with(Dimension::WallMs, wall), timeout),
                Err(Refused::Wait) if self.others_will_settle(account) => {
                    blocked.insert(account);
                    waiting.push_back(id);
                }
                Err(why) => {
                    self.refuse(id, why);
                    refused = true;
                }
            }
        }
        waiting.append(&mut self.queue);
        self.queue = waiting;
        refused
    }

    /// How long an answer may take, and how much of that is reserved: a cell's calls pass inside the cell's time.
    fn patience(&self, account: AccountId, purpose: Purpose) -> (u64, u64) {
        let most = self.task.limits.turn_wall_ms;
        match (purpose, self.ledger.left(account, purpose).get(Dimension::WallMs)) {
            (Purpose::Code, _) => (most, 0),
            (_, None) => (most, most),
            (_, Some(left)) => (most.min(left), most.min(left)),
        }
    }

    /// Whether something is reserved in the account that can settle while its cell waits.
    fn others_will_settle(&self, account: AccountId) -> bool {
        self.asks.values().any(|ask| ask.account == account && ask.is_flying())
            || self.ledger.has_children(account)
    }

    fn refuse(&mut self, id: Digest, why: Refused) {
        let data = match why {
            Refused::Never { dimension, needed, left } => {
                json!({"dimension": dimension, "needed": needed, "left": left})
            }
            Refused::Wait => json!({"dimension": "bytes"}),
        };
        let failure = Failure::new(ErrorKind::Budget, why.to_string()).with(data);
        self.conclude(id, Err(failure));
    }

    fn send(&mut self, id: Digest, reservation: ReservationId, reserved: Amounts, timeout_ms: u64) {
        let Some(ask) = self.asks.get_mut(&id) else { return };
        ask.reservation = Some(reservation);
        let ask = ask.clone();
        self.flying += 1;
        let again = self.log.contains_key(&(id, Kind::ModelIntent));
        // An intent of an earlier life whose outcome nobody knows; a retry of this one is known to have failed.
        let resent = again && !self.sent_in_this_life(id);
        if resent {
            self.resent.insert(id);
        }
        let reason = match ask.owner {
            Owner::Turn => "turn",
            Owner::Extraction => "extraction",
            Owner::Item(_) => "code",
        };
        let arguments = Some(ask.request.digest());
        let body =
            Body::ModelIntent { call: ask.call, role: ask.role, reserved, request: ask.request.clone() };
        self.record(ask.place, reason, arguments, body);
        self.sent.insert(id);
        self.effect(Action::Ask {
            id,
            attempt: ask.attempt,
            request: ask.request,
            timeout_ms,
            retry_after_ms: ask.retry_after_ms,
            resent,
        });
    }

    fn sent_in_this_life(&self, id: Digest) -> bool {
        self.sent.contains(&id)
    }

    /// A model answered, or an attempt failed.
    pub(super) fn replied(&mut self, id: Digest, attempt: u32, result: Result<Reply, AttemptError>) {
        let Some(ask) = self.asks.get_mut(&id).filter(|ask| ask.attempt == attempt) else { return };
        let Some(reservation) = ask.reservation.take() else { return };
        let ask = ask.clone();
        self.flying -= 1;
        let wall = self.ledger.reserved_by(reservation).wall_ms;
        let used = self.used(&ask, &result, wall);
        let settlement = self.ledger.settle(reservation, used.as_ref());
        let overran = !settlement.excess.is_zero();
        self.record_settled(id, (ask.call, ask.role), settlement.booked, overran);
        match result {
            Ok(reply) => self.conclude(id, Ok(reply)),
            Err(error) if error.class.is_retried() && attempt + 1 < self.task.limits.attempts && !overran => {
                if let Some(ask) = self.asks.get_mut(&id) {
                    ask.attempt += 1;
                    ask.retry_after_ms = error.retry_after_ms;
                }
                self.queue.push_back(id);
            }
            Err(error) => {
                let failure = Failure::new(ErrorKind::Provider, error.message)
                    .with(json!({"class": error.class, "attempts": attempt + 1}));
                self.conclude(id, Err(failure));
            }
        }
        if overran {
            self.contract_broken(id);
        }
    }

    /// What an attempt used; nothing where nobody says, so that the reservation is booked. Moments beyond the reserved
    /// time are the host's, as with cells, and no breach of the provider's contract.
    fn used(&self, ask: &Ask, result: &Result<Reply, AttemptError>, reserved_ms: u64) -> Option<Amounts> {
        let wall = |latency: u64| latency.min(reserved_ms);
        match result {
            Ok(reply) => reply.usage.map(|usage| {
                let used = Amounts {
                    input_tokens: usage.input_tokens,
                    output_tokens: usage.output_tokens,
                    tokens: usage.input_tokens.saturating_add(usage.output_tokens),
                    calls: 1,
                    bytes: ask.request.bytes(),
                    wall_ms: wall(reply.latency_ms),
                    ..Amounts::default()
                };
                self.task.price(&ask.request.model).map_or(used, |price| price.priced(used))
            }),
            Err(error) if error.class.may_have_cost() => None,
            Err(error) => Some(Amounts { wall_ms: wall(error.latency_ms), ..Amounts::default() }),
        }
    }

    /// Records the final outcome of an ask; what follows from it comes next.
    fn conclude(&mut self, id: Digest, result: Result<Reply, Failure>) {
        let Some(ask) = self.asks.get(&id).cloned() else { return };
        let resent = self.resent.contains(&id);
        let model = ask.request.model.clone();
        let attempts = ask.attempt + 1;
        let repairs = self.repairs(&ask, &result);
        let reason = if result.is_ok() { "answered" } else { "failed" };
        let body =
            Body::ModelOutcome { call: ask.call, role: ask.role, model, attempts, resent, repairs, result };
        self.record(ask.place, reason, Some(ask.request.digest()), body);
        self.work.push_back(Work::Outcome(id));
    }

    /// What will be mended in an answer to read its value.
    fn repairs(&self, ask: &Ask, result: &Result<Reply, Failure>) -> Vec<Repair> {
        let (Ok(reply), Some(call)) = (result, self.calls.get(&ask.call)) else { return Vec::new() };
        let schema = match ask.owner {
            Owner::Turn => None,
            Owner::Extraction => Some(call.signature.outputs()),
            Owner::Item(_) => call.waiting.as_ref().and_then(|waiting| waiting.schema.as_deref()),
        };
        let typed = schema.and_then(|schema| reply::parse(&reply.text, schema, self.task.reading).ok());
        typed.map(|typed| typed.repairs).unwrap_or_default()
    }

    /// The outcome of an ask, as the log has it, reaches who waits.
    pub(super) fn outcome(&mut self, id: Digest) {
        let Some(ask) = self.asks.remove(&id) else { return };
        let Some(record) = self.logged(id, Kind::ModelOutcome) else { return };
        let Body::ModelOutcome { result, .. } = &record.body else { return };
        match ask.owner {
            Owner::Turn => self.turn_answered(ask.call, result.clone()),
            Owner::Extraction => self.extraction_answered(ask.call, result.clone()),
            Owner::Item(item) => self.item_answered(ask, item, result.clone()),
        }
    }

    /// Nobody waits for the asks of a call any more: what flies is paid at its worst case.
    pub(super) fn abandon_asks(&mut self, call: Digest) {
        let mine: Vec<Digest> =
            self.asks.iter().filter(|(_, ask)| ask.call == call).map(|(id, _)| *id).collect();
        for id in mine {
            let Some(ask) = self.asks.remove(&id) else { continue };
            let Some(reservation) = ask.reservation else { continue };
            self.flying -= 1;
            let unsent = self.unsay(|action| matches!(action, Action::Ask { id: held, .. } if *held == id));
            let nothing = Amounts::default();
            let settlement = self.ledger.settle(reservation, unsent.then_some(&nothing));
            self.record_settled(id, (ask.call, ask.role), settlement.booked, false);
            if !unsent {
                self.effect(Action::Abandon { id });
            }
        }
    }
}
