//! What `run.json` says of a run that ended: quick to read, however long the run's log is, and no proof of anything.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::command::run::{Stated, suggestion};

/// A run's `run.json`.
pub struct RunJson(Json);

impl RunJson {
    /// `None` for bytes that are no JSON.
    pub fn parse(bytes: &[u8]) -> Option<RunJson> {
        serde_json::from_slice(bytes).ok().map(RunJson)
    }

    pub fn document(&self) -> Option<&str> {
        text(&self.0, "document")
    }

    /// Whether the hash of the durable state is that of none.
    pub fn keeps_nothing(&self) -> bool {
        text(&self.0, "state_hash").is_some_and(|hash| hash.bytes().all(|digit| digit == b'0'))
    }

    /// The result to ask about.
    pub fn suggestion(&self) -> Option<&str> {
        let typed = |result| Some((text(result, "name")?, text(result, "type")?));
        let types: BTreeMap<&str, &str> = self.list("results").filter_map(typed).collect();
        let numbers = self.list("numbers").filter_map(|number| {
            let (expression, result) =
                (text(number, "expression")?, number.get("results")?.get(0)?.as_str()?);
            Some(Stated { expression, result, type_name: types.get(result).copied().unwrap_or_default() })
        });
        suggestion(numbers, self.list("results").filter_map(|result| text(result, "name")))
    }

    fn list(&self, key: &str) -> impl Iterator<Item = &Json> + Clone {
        self.0.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default().iter()
    }
}

fn text<'a>(json: &'a Json, key: &str) -> Option<&'a str> {
    json.get(key)?.as_str()
}
