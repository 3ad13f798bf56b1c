//! A case: what is asked of an operation and what must be answered, with the source of that expectation.

mod expect;
mod file;
mod language;
mod message;

pub use self::expect::{Answer, Expect, ExpectRaised, Expectation, Raised};
pub use self::file::{CASE_FILE_BYTES_MAX, CaseFile};
pub use self::message::{Message, Pattern};

use crate::fields::Fields;
use crate::generate::{Generate, Seed};
use crate::json::{Json, check_integers};
use crate::place::{Malformed, Place};
use crate::value::{Misfit, ONE_STORAGE, Shared, Value};
use serde_json::{Map, json};
use std::collections::BTreeMap;

/// One case of a packet:
/// `{"id","op","class","inputs":{name:Value or {"generate":...}},"params":{},"expect":...,"hardened":...,"source":...,
/// "retired":...}`. `hardened` and `retired` may be absent, all else is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Unique in the packet; letters, digits, `.`, `_` and `-`.
    pub id: String,
    /// The row of the registry.
    pub op: String,
    /// What kind of situation it is.
    pub class: Class,
    /// What the operation is applied to.
    pub inputs: BTreeMap<String, Input>,
    /// Its options, every default written out. A typed struct of the row reads them.
    pub params: Map<String, Json>,
    /// What strict mode answers.
    pub expect: Expectation,
    /// What hardened mode answers, where it differs.
    pub hardened: Option<Hardened>,
    /// Who says so.
    pub source: Source,
    /// Why it no longer counts; it stays in the denominator.
    pub retired: Option<Retired>,
}

/// What kind of situation a case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// What the operation is for.
    Happy,
    /// A boundary: empty, missing, duplicate, extreme.
    Edge,
    /// What nobody sends in good faith.
    Adversarial,
}

impl Class {
    /// Every class.
    pub const ALL: [Class; 3] = [Class::Happy, Class::Edge, Class::Adversarial];

    /// The word in files.
    pub fn name(self) -> &'static str {
        match self {
            Class::Happy => "happy",
            Class::Edge => "edge",
            Class::Adversarial => "adversarial",
        }
    }
}

/// An input: as text, or made from a seed.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The value itself.
    Value(Value),
    /// A recipe, `{"generate":{...}}`.
    Generate(Generate),
}

impl Input {
    /// The kind of its value, which a recipe names too.
    pub fn kind(&self) -> &'static str {
        match self {
            Input::Value(value) => value.kind(),
            Input::Generate(recipe) => recipe.kind(),
        }
    }
}

/// What hardened mode answers where it differs from strict: `{"expect":...,"categories":[text...],"spec":section}`.
/// No reference has a hardened mode, so the expectation's source is always a specification.
#[derive(Clone, Debug, PartialEq)]
pub struct Hardened {
    /// The answer.
    pub expect: Expectation,
    /// The listed repairs that must be logged, at least one.
    pub categories: Vec<String>,
    /// The section that says so.
    pub spec: String,
}

/// Where an expectation comes from: `{"oracle":{"name","command"}}`, `{"spec":section}` or `{"hand":why}`.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A live reference answered.
    Oracle {
        /// The reference with its version.
        name: String,
        /// The command that asks it again.
        command: String,
    },
    /// A specification says so.
    Spec(String),
    /// A person worked it out; how.
    Hand(String),
}

impl Source {
    /// The word in files.
    pub fn name(&self) -> &'static str {
        match self {
            Source::Oracle { .. } => "oracle",
            Source::Spec(_) => "spec",
            Source::Hand(_) => "hand",
        }
    }
}

/// Why a case no longer counts: `{"reason","since"}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Retired {
    /// Why.
    pub reason: String,
    /// Since which version or day.
    pub since: String,
}

impl Case {
    /// Reads a case.
    pub fn from_json(json: &Json, place: &Place<'_>) -> Result<Self, Malformed> {
        let mut fields = Fields::of(json, place)?;
        let inputs = fields.entries("inputs", |name, json, place| {
            let is_recipe = json.as_object().is_some_and(|map| map.contains_key("generate"));
            let input = if is_recipe {
                let mut fields = Fields::of(json, place)?;
                let recipe = fields.read("generate", Generate::from_json)?;
                fields.finish()?;
                Input::Generate(recipe)
            } else {
                Input::Value(Value::from_json(json, place)?)
            };
            Ok((name.to_string(), input))
        })?;
        let params = fields.read("params", |json, place| {
            check_integers(json, place)?;
            json.as_object().cloned().ok_or_else(|| place.unexpected("an object", json))
        })?;
        let case = Case {
            id: read_name(&mut fields, "id")?,
            op: read_name(&mut fields, "op")?,
            class: fields.read("class", read_class)?,
            inputs: inputs.into_iter().collect(),
            params,
            expect: fields.read("expect", Expectation::from_json)?,
            hardened: fields.maybe_read("hardened", read_hardened)?,
            source: fields.read("source", read_source)?,
            retired: fields.maybe_read("retired", read_retired)?,
        };
        fields.finish()?;
        case.check_seed(place)?;
        case.check_storages(place)?;
        Ok(case)
    }

    /// A seed from the commit gives other values with each commit, so that nothing recorded can be compared.
    fn check_seed(&self, place: &Place<'_>) -> Result<(), Malformed> {
        let is_live = matches!(self.expect.answer, Expect::Live);
        let from_commit = self.recipes().any(|recipe| recipe.seed == Seed::Commit);
        match (from_commit, is_live) {
            (true, false) => Err(place
                .key("expect")
                .malformed("{\"live\":true}, for the seed is the commit", "an expectation")),
            (false, true) => Err(place
                .key("expect")
                .malformed("an expectation, for no seed is the commit", "{\"live\":true}")),
            _ => Ok(()),
        }
    }

    /// Inputs share a storage by naming the same one, each with its values.
    fn check_storages(&self, place: &Place<'_>) -> Result<(), Malformed> {
        let mut found = Shared::new();
        for (name, input) in &self.inputs {
            if let Input::Value(value) = input {
                let conflict = value.storages(&mut found);
                conflict.map_err(|storage| {
                    place.key("inputs").key(name).malformed(ONE_STORAGE, format!("two named {storage:?}"))
                })?;
            }
        }
        Ok(())
    }

    /// The recipes among its inputs.
    pub fn recipes(&self) -> impl Iterator<Item = &Generate> {
        self.inputs.values().filter_map(|input| match input {
            Input::Generate(recipe) => Some(recipe),
            Input::Value(_) => None,
        })
    }

    /// Its inputs by name, recipes made. The commit's name counts for [`Seed::Commit`] alone.
    pub fn values(&self, commit: &str) -> Result<BTreeMap<String, Value>, Misfit> {
        let value = |(name, input): (&String, &Input)| {
            let value = match input {
                Input::Value(value) => Ok(value.clone()),
                Input::Generate(recipe) => recipe.make(commit),
            };
            let named = |misfit: Misfit| Misfit { part: format!("inputs/{name}/{}", misfit.part), ..misfit };
            Ok((name.clone(), value.map_err(named)?))
        };
        self.inputs.iter().map(value).collect()
    }

    /// The case as JSON. [`Case::from_json`] reads it back as an equal case.
    pub fn to_json(&self) -> Json {
        let inputs: Map<String, Json> = self
            .inputs
            .iter()
            .map(|(name, input)| {
                let json = match input {
                    Input::Value(value) => value.to_json(),
                    Input::Generate(recipe) => json!({"generate": recipe.to_json()}),
                };
                (name.clone(), json)
            })
            .collect();
        let mut out = json!({
            "id": self.id, "op": self.op, "class": self.class.name(), "inputs": inputs, "params": self.params,
            "expect": self.expect.to_json(),
            "source": match &self.source {
                Source::Oracle { name, command } => json!({"oracle": {"name": name, "command": command}}),
                Source::Spec(section) => json!({"spec": section}),
                Source::Hand(why) => json!({"hand": why}),
            },
        });
        let Json::Object(map) = &mut out else { return out };
        if let Some(Hardened { expect, categories, spec }) = &self.hardened {
            let hardened = json!({"expect": expect.to_json(), "categories": categories, "spec": spec});
            map.insert("hardened".to_string(), hardened);
        }
        if let Some(Retired { reason, since }) = &self.retired {
            map.insert("retired".to_string(), json!({"reason": reason, "since": since}));
        }
        out
    }
}

/// A name that stands in keys, paths and commands: letters, digits, `.`, `_` and `-`, at most 120.
pub(crate) fn read_name<'a>(fields: &mut Fields<'a>, key: &'a str) -> Result<String, Malformed> {
    let name = fields.filled_text(key)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    if name.len() <= 120 && name.bytes().all(plain) && name.bytes().any(|b| b != b'.') {
        return Ok(name.to_string());
    }
    Err(fields.malformed(key, "at most 120 letters, digits, '.', '_' and '-'", format!("{name:?}")))
}

fn read_class(json: &Json, place: &Place<'_>) -> Result<Class, Malformed> {
    let class = json.as_str().and_then(|name| Class::ALL.into_iter().find(|class| class.name() == name));
    class.ok_or_else(|| place.unexpected("happy, edge or adversarial", json))
}

fn read_hardened(json: &Json, place: &Place<'_>) -> Result<Hardened, Malformed> {
    let mut fields = Fields::of(json, place)?;
    let hardened = Hardened {
        expect: fields.read("expect", Expectation::from_json)?,
        categories: fields.texts("categories")?,
        spec: fields.filled_text("spec")?.to_string(),
    };
    if hardened.categories.is_empty() {
        return Err(fields.malformed("categories", "at least one, or no `hardened` at all", "none"));
    }
    fields.finish()?;
    Ok(hardened)
}

fn read_source(json: &Json, place: &Place<'_>) -> Result<Source, Malformed> {
    let mut fields = Fields::of(json, place)?;
    let source = if fields.maybe("oracle").is_some() {
        fields.read("oracle", |json, place| {
            let mut fields = Fields::of(json, place)?;
            let name = fields.filled_text("name")?.to_string();
            let command = fields.filled_text("command")?.to_string();
            fields.finish()?;
            Ok(Source::Oracle { name, command })
        })?
    } else if fields.maybe("spec").is_some() {
        Source::Spec(fields.filled_text("spec")?.to_string())
    } else if fields.maybe("hand").is_some() {
        Source::Hand(fields.filled_text("hand")?.to_string())
    } else {
        return Err(place.unexpected("one of the keys oracle, spec, hand", json));
    };
    only_entry(json, place)?;
    fields.finish()?;
    Ok(source)
}

fn read_retired(json: &Json, place: &Place<'_>) -> Result<Retired, Malformed> {
    let mut fields = Fields::of(json, place)?;
    let retired = Retired {
        reason: fields.filled_text("reason")?.to_string(),
        since: fields.filled_text("since")?.to_string(),
    };
    fields.finish()?;
    Ok(retired)
}

/// Refuses an object with more than one entry, where the key says which alternative it is.
fn only_entry(json: &Json, place: &Place<'_>) -> Result<(), Malformed> {
    match json.as_object().map_or(0, Map::len) {
        1 => Ok(()),
        _ => Err(place.unexpected("exactly one key", json)),
    }
}

#[cfg(test)]
mod tests;
