//! Granted tools, searches and the question what is left.

use super::Machine;
use super::host::{Caller, Item, Waiting};
use crate::amounts::Dimension;
use crate::digest::Digest;
use crate::event::{Action, Answer};
use crate::failure::{ErrorKind, Failure};
use crate::ledger::Purpose;
use crate::record::{Body, Kind, Place};
use crate::validate::Extra;
use serde_json::{Map, Value, json};

impl Machine {
    pub(super) fn search(&mut self, caller: &Caller, place: Place, pattern: String, limit: u64, start: u64) {
        let with = json!({"pattern": pattern, "limit": limit, "start": start});
        let (id, call) = (place.id(), caller.id);
        self.perform(caller, place, "search", with, Action::Search { id, call, pattern, limit, start });
    }

    pub(super) fn tool(
        &mut self,
        caller: &Caller,
        place: Place,
        name: String,
        arguments: Map<String, Value>,
    ) {
        // A child call has no tools.
        let child = self.calls.get(&caller.id).is_some_and(|call| call.parent.is_some());
        let task = self.task.clone();
        let Some(grant) = task.tools.iter().find(|tool| tool.name == name && !child) else {
            self.fail(caller, ErrorKind::InvalidArguments, format!("no tool `{name}` is granted"));
            return;
        };
        let arguments = match grant.arguments.validate(&Value::Object(arguments), Extra::Refuse) {
            Ok(Value::Object(accepted)) => accepted,
            Ok(_) => Map::new(),
            Err(errors) => {
                let listed: Vec<String> = errors.iter().map(ToString::to_string).collect();
                let message = format!("the arguments of `{name}` do not fit: {}", listed.join("; "));
                self.fail(caller, ErrorKind::InvalidArguments, message);
                return;
            }
        };
        let with = Value::Object(arguments.clone());
        let action = Action::CallTool { id: place.id(), name: name.clone(), arguments };
        self.perform(caller, place, &name, with, action);
    }

    fn perform(&mut self, caller: &Caller, place: Place, name: &str, with: Value, action: Action) {
        let id = place.id();
        let arguments = Digest::of_json(&json!([name, with]));
        if !self.agrees(id, &[Kind::ToolIntent, Kind::ToolOutcome], arguments)
            || !self.answerable(caller, id, Kind::ToolOutcome)
        {
            return;
        }
        if let Some(result) = self.logged_tool(id) {
            self.answer(caller, plain(result));
            return;
        }
        if self.log.contains_key(&(id, Kind::ToolIntent)) {
            self.resent.insert(id);
        }
        let waiting = Waiting {
            worker: caller.worker,
            number: caller.number,
            place: place.clone(),
            items: vec![Item::default()],
            missing: 1,
            batch: None,
            schema: None,
        };
        self.wait(caller.id, waiting);
        self.record(place, "code", Some(arguments), Body::ToolIntent { name: name.into(), with });
        self.tools.insert(id, caller.id);
        self.effect(action);
    }

    fn logged_tool(&self, id: Digest) -> Option<Result<Value, Failure>> {
        match &self.logged(id, Kind::ToolOutcome)?.body {
            Body::ToolOutcome { result, .. } => Some(result.clone()),
            _ => None,
        }
    }

    /// A tool or a search returned.
    pub(super) fn tool_returned(&mut self, id: Digest, result: Result<Value, Failure>) {
        let Some(call) = self.tools.remove(&id) else { return };
        let Some(intent) = self.logged(id, Kind::ToolIntent) else { return };
        let Body::ToolIntent { name, .. } = &intent.body else { return };
        let grant = self.task.tools.iter().find(|tool| tool.name == *name);
        let result = match (result, grant) {
            (Ok(value), Some(grant)) if intent.place.site == "tool" => {
                grant.result.validate(&value, Extra::Refuse).map_err(|errors| {
                    let listed: Vec<String> = errors.iter().map(ToString::to_string).collect();
                    let message = format!("the result of `{name}` does not fit: {}", listed.join("; "));
                    Failure::new(ErrorKind::Provider, message)
                })
            }
            (result, _) => result,
        };
        let body = Body::ToolOutcome { name: name.clone(), result: result.clone() };
        self.record(intent.place.clone(), "returned", intent.arguments, body);
        self.item_done(call, 0, result);
    }

    /// What is left for code. It depends on what has settled, so the log keeps it.
    pub(super) fn budget(&mut self, caller: &Caller, place: Place) {
        let id = place.id();
        if !self.answerable(caller, id, Kind::ToolOutcome) {
            return;
        }
        if let Some(result) = self.logged_tool(id) {
            self.answer(caller, plain(result));
            return;
        }
        let Some(account) = self.calls.get(&caller.id).map(|call| call.account) else { return };
        let left = self.ledger.left(account, Purpose::Code);
        let mut value = Map::new();
        for dimension in Dimension::ALL {
            let name = serde_json::to_value(dimension).ok();
            if let Some(Value::String(name)) = name {
                value.insert(name, left.get(dimension).into());
            }
        }
        let result: Result<Value, Failure> = Ok(value.into());
        self.record(place, "code", None, Body::ToolOutcome { name: "budget".into(), result: result.clone() });
        self.answer(caller, plain(result));
    }
}

fn plain(result: Result<Value, Failure>) -> Answer {
    match result {
        Ok(value) => Answer::Value(value),
        Err(failure) => Answer::Failure(failure),
    }
}
