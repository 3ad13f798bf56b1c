//! A run as its `run.json` tells it: quick to read, however long the run's log is, and no proof of anything.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// What `run.json` says of a run that ended.
pub struct Summary(Json);

impl Summary {
    /// `None` for bytes that are no JSON.
    pub fn of(run_json: &[u8]) -> Option<Summary> {
        serde_json::from_slice(run_json).ok().map(Summary)
    }

    pub fn document(&self) -> Option<&str> {
        text(&self.0, "document")
    }

    /// Whether the hash of the durable state is that of none.
    pub fn keeps_nothing(&self) -> bool {
        text(&self.0, "state_hash").is_some_and(|hash| hash.bytes().all(|digit| digit == b'0'))
    }

    /// The result to ask about, as [`crate::command::run::suggestion`] chooses it.
    pub fn suggestion(&self) -> Option<&str> {
        let typed = |result| Some((text(result, "name")?, text(result, "type")?));
        let types: BTreeMap<&str, &str> = self.list("results").filter_map(typed).collect();
        let numbers: Vec<(&str, &str)> = self.list("numbers").filter_map(stated).collect();
        let by_name = numbers.iter().find(|(expression, result)| {
            let is_number = matches!(types.get(result), Some(&"Float" | &"Int"));
            is_number && expression.split('|').next().unwrap_or_default().trim() == *result
        });
        let from_prose = by_name.or(numbers.first()).map(|(_, result)| *result);
        from_prose.or_else(|| self.list("results").find_map(|result| text(result, "name")))
    }

    fn list(&self, key: &str) -> impl Iterator<Item = &Json> {
        self.0.get(key).and_then(Json::as_array).into_iter().flatten()
    }
}

fn text<'a>(json: &'a Json, key: &str) -> Option<&'a str> {
    json.get(key)?.as_str()
}

/// A number's expression, and the first result that it reads.
fn stated(number: &Json) -> Option<(&str, &str)> {
    Some((text(number, "expression")?, number.get("results")?.get(0)?.as_str()?))
}
