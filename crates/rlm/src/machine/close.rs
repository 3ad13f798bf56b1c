//! How calls and the run end.

use super::{Machine, child};
use crate::cell::Closing;
use crate::digest::Digest;
use crate::event::{Action, Finished};
use crate::failure::{ErrorKind, Failure};
use crate::record::{Body, Kind, Place};

impl Machine {
    /// Ends a call: its worker, what it waits for, its account. Its caller gets the answer.
    pub(super) fn close(&mut self, id: Digest, closing: Closing) {
        let Some(call) = self.calls.get_mut(&id).filter(|call| !call.closed) else { return };
        call.closed = true;
        let (account, parent, live) = (call.account, call.parent, call.cell.take());
        let arguments = self.logged(id, Kind::CallOpened).and_then(|opened| opened.arguments);
        self.abandon_waiting(id);
        if let Some(live) = live {
            self.settle_cell(id, &live, None);
        }
        self.kill_worker(id);
        let spent = self.ledger.close(account);
        let Some(opened) = self.logged(id, Kind::CallOpened) else { return };
        let body = Body::CallClosed { closing: closing.clone(), spent };
        let reason = serde_json::to_value(closing.status).ok();
        let reason = reason.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
        self.record(opened.place.clone(), reason, arguments, body);
        match parent {
            Some((caller, item)) => {
                self.calls.remove(&id);
                self.item_done(caller, item, child::answer(&closing));
            }
            None => {
                self.over = true;
                self.work.clear();
                let resent = self.resent.iter().copied().collect();
                self.effect(Action::Finish { finished: Finished { closing, spent, resent } });
            }
        }
    }

    pub(super) fn close_failed(&mut self, id: Digest, failure: Failure) {
        let fallback = self.calls.get(&id).and_then(|call| call.fallback);
        self.close(id, Closing { fallback, ..Closing::failed(failure) });
    }

    /// The user wants no answer any more.
    pub(super) fn cancelled(&mut self, message: &str) {
        let place = Place::new(self.root, "cancelled", 0);
        self.record(place, "user", None, Body::Cancelled { message: message.into() });
        self.close_failed(self.root, Failure::new(ErrorKind::Cancelled, message));
    }

    /// A provider reported more than it was allowed to use: nothing bounds the next call, so there is none.
    pub(super) fn contract_broken(&mut self, ask: Digest) {
        let failure = Failure::new(
            ErrorKind::Provider,
            format!("provider_contract: the provider used more than the request allowed, in call {ask}"),
        )
        .with(serde_json::json!({"class": "provider_contract"}));
        self.close_failed(self.root, failure);
    }
}
