//! Many calls of one batch: each an effect of its own, told to the program together.

use std::collections::VecDeque;

use prelude::effects::{Answer, Ask};
use serde_json::Value as Json;
use vm::Fault;

use super::reply;
use crate::cassette::Told;
use crate::door::{Door, is_cancelled, recorded};
use crate::pending::Pending;
use crate::world::ItemNews;

/// A batch that a task waits for.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    replies: Vec<Option<String>>,
    left: usize,
    /// When the last of its replies came, by the log. Later replies are live.
    pub(crate) arrival: Option<u64>,
}

impl Batch {
    fn fill(&mut self, index: usize, reply: String) {
        if let Some(place @ None) = self.replies.get_mut(index) {
            *place = Some(reply);
            self.left -= 1;
        }
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.left == 0
    }

    pub(crate) fn answer(self) -> Answer {
        Answer::Replies(self.replies.into_iter().flatten().collect())
    }
}

impl Door<'_> {
    /// Promises every call of a batch, and begins those that the log does not answer.
    pub(crate) fn ask_models(
        &mut self,
        operation: &str,
        site: u32,
        line: u32,
        prompts: Vec<String>,
        in_flight: Option<u64>,
    ) -> Result<Answer, Fault> {
        let mut batch = Batch { left: prompts.len(), replies: vec![None; prompts.len()], arrival: None };
        let count = prompts.len();
        let last = count.saturating_sub(1);
        let mut live = Vec::new();
        let mut failed = None;
        for (index, prompt) in prompts.into_iter().enumerate() {
            let mut ask = Ask::Model { prompt };
            let (id, intent, allowed) = self.intend(operation, site, line, &mut ask, Some((index, count)))?;
            let known = self.known(id, &intent)?;
            match known.as_ref().and_then(|(known, history)| Some((known, known.outcome.as_ref()?, *history)))
            {
                Some((_, outcome, _)) if is_cancelled(outcome) => {
                    self.effects.extend(known.map(|(known, _)| known));
                }
                Some((effect, outcome, history)) => {
                    let answer = self.logged(recorded(outcome, history))?;
                    allowed.spend(outcome);
                    self.grants.release_calls(id, outcome);
                    batch.arrival = batch.arrival.max(history.arrival(effect.id));
                    self.effects.push(effect.clone());
                    match answer {
                        Ok(Answer::Reply(reply)) => batch.fill(index, reply),
                        Ok(_) => {}
                        Err(fault) => failed = failed.or(Some(fault)),
                    }
                }
                None => {
                    if let Some(reply) = self.earlier_reply(id, &intent)? {
                        batch.fill(index, reply);
                        continue;
                    }
                    // Intents of a batch share a commit: the last one's.
                    let seq = self.promise(id, &intent, &ask, index == last)?;
                    live.push((index, id, seq, intent, ask, allowed));
                }
            }
        }
        if let Some(fault) = failed {
            return Err(fault);
        }
        let is_recorded =
            live.is_empty() && self.recording.is_some() && batch.left == 0 && batch.arrival.is_some();
        if batch.left == 0 && live.is_empty() && !is_recorded {
            return Ok(batch.answer());
        }
        let task = self.node.tasks.number();
        let group = self.node.tasks.new_group();
        let count = live.len();
        for (at, (index, id, seq, intent, ask, mut allowed)) in live.into_iter().enumerate() {
            // What is left of a budget is divided among those that ask for it.
            allowed.share = count.saturating_sub(at) as u64;
            match self.taped(&intent, &ask) {
                Some(Told::Answer(told)) => {
                    self.came((id, seq), intent, &ask, &told)?;
                    if let Answer::Reply(reply) = told? {
                        batch.fill(index, reply);
                    }
                    continue;
                }
                // Something else has to end that, as it did when the tape was made.
                Some(Told::Nothing) => {
                    let key = self.node.tasks.new_item(task, index);
                    self.node.tasks.hold(key, Pending::Live { id, seq, intent, ask });
                    continue;
                }
                None => {}
            }
            let wanted = in_flight;
            allowed.limits.group = wanted.map(|most| (group, most));
            let key = self.node.tasks.new_item(task, index);
            let wait = self.wait_of(&ask, id, &allowed)?;
            self.start_waiting(key, &ask, wait, allowed.limits);
            self.node.tasks.hold(key, Pending::Live { id, seq, intent, ask });
        }
        if batch.is_complete() && !is_recorded {
            return Ok(batch.answer());
        }
        self.node.tasks.begin_batch(task, batch);
        Err(Fault::waiting())
    }

    /// An item's reply came; the batch's answer once it is the last.
    pub(crate) fn item_came(
        &mut self,
        task: u64,
        index: usize,
        answer: Result<Answer, Fault>,
    ) -> Option<u64> {
        let reply = match answer {
            Ok(Answer::Reply(reply)) => reply,
            Ok(_) => reply::error("R0999", "internal", "a model answered otherwise").to_string(),
            Err(fault) => reply::error(&fault.code, "failed", &fault.message).to_string(),
        };
        let batch = self.node.tasks.batch(task)?;
        let told = parsed(&reply);
        batch.fill(index, reply);
        let count = batch.replies.len();
        let (done, is_complete) = (count.saturating_sub(batch.left), batch.is_complete());
        self.observer.item_answered(&ItemNews { node: &self.node.name, index, done, count, reply: told });
        if !is_complete {
            return None;
        }
        let batch = self.node.tasks.end_batch(task)?;
        self.node.tasks.tell(task, Ok(batch.answer()));
        Some(task)
    }

    /// What an earlier run of the document was told for an equal prompt, which this run takes as its own.
    pub(crate) fn earlier_reply(
        &mut self,
        id: u128,
        intent: &crate::record::EffectIntent,
    ) -> Result<Option<String>, Fault> {
        let Some(earlier) = self.prompts.earlier else { return Ok(None) };
        let refreshed = [&intent.effect, &intent.operation, &intent.node];
        if self.world.is_none() || self.prompts.refresh.iter().any(|kind| refreshed.contains(&kind)) {
            return Ok(None);
        }
        let Some(known) =
            self.prompts.told_before.get_mut(&intent.request.to_string()).and_then(VecDeque::pop_front)
        else {
            return Ok(None);
        };
        let Some(effect) = earlier.effect(known) else { return Ok(None) };
        let Some(outcome) = effect.outcome.clone() else { return Ok(None) };
        let answer = self.logged(recorded(&outcome, earlier))?;
        let Ok(Answer::Reply(reply)) = answer else { return Ok(None) };
        let ask = Ask::Model { prompt: String::new() };
        let seq = self.promise(id, intent, &ask, false)?;
        let taken = self.take_entries(id, known, earlier);
        self.logged(taken)?;
        self.keep((id, seq), intent.clone(), outcome, Vec::new(), false)?;
        Ok(Some(reply))
    }
}

/// The JSON that a reply is kept as.
pub(crate) fn parsed(reply: &str) -> Json {
    serde_json::from_str(reply).unwrap_or_default()
}
