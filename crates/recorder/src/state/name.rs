//! What entries are called: `cash` or `reviews[17]` to a person, a page's name to the store.

use store::{Page, Snapshot};
use vm::{Fault, Value};

use super::form::Kind;
use crate::error::{Error, Result};
use crate::hash::blake3_hex;

/// What the names of all heads start with.
const PREFIX: &str = "state/";

/// An entry: a state without keys, or a key of one that is a map.
#[derive(Clone, Debug)]
pub struct Entry {
    pub state: String,
    pub key: Option<Value>,
    /// The name of its head.
    pub page: String,
}

impl Entry {
    /// # Errors
    /// R0820 for a key that is too long; R0104 for one that has no canonical text.
    pub fn new(state: &str, key: Option<Value>) -> std::result::Result<Entry, Fault> {
        let text = match &key {
            None => format!("{PREFIX}{state}"),
            Some(key) => format!("{PREFIX}{state}/{}", canonical(key)?),
        };
        // A name has at most 255 bytes. A hash cannot be a key's text: no value is printed with a `#`.
        let page = match text.len() <= plan::query::PAGE_NAME_LEN_MAX {
            true => text,
            false => format!("{PREFIX}#{}", blake3_hex(text.as_bytes())),
        };
        Ok(Entry { state: state.to_string(), key, page })
    }

    /// What the head's metadata say: the names in full.
    ///
    /// # Errors
    /// R0820 for a key that is too long.
    pub fn metadata(&self) -> std::result::Result<Vec<u8>, Fault> {
        let name = [Value::str(self.state.as_str())];
        let bytes = vm::codec::encode(&Value::tuple(name.into_iter().chain(self.key.clone()).collect()))?;
        if bytes.len() > plan::query::METADATA_LEN_MAX {
            let found = format!(
                "the name of an entry of the state takes at most {} bytes, this one has {}",
                plan::query::METADATA_LEN_MAX,
                bytes.len()
            );
            return Err(Fault::new("R0820", found).help("Use a shorter key, such as the hash of this one."));
        }
        Ok(bytes)
    }

    /// The entry whose head this is; `None` for any other page.
    ///
    /// # Errors
    /// `Damaged` for a head whose metadata cannot be read.
    pub fn of_page(id: u64, page: &Page) -> Result<Option<Entry>> {
        let Some(name) = page.name().filter(|name| name.starts_with(PREFIX)) else { return Ok(None) };
        let damaged = |why: &str| Error::damaged(format!("page {id} of the state: {why}"));
        let names = vm::codec::decode(page.metadata(), &prelude::Decoder).map_err(|why| damaged(&why))?;
        let Value::Tuple(names) = names else { return Err(damaged("its metadata are no names")) };
        let (Some(Value::Str(state)), key) = (names.first(), names.get(1)) else {
            return Err(damaged("its metadata are no names"));
        };
        Ok(Some(Entry { state: state.as_str().to_string(), key: key.cloned(), page: name.to_string() }))
    }

    /// `cash`, `reviews[17]`
    pub fn shown(&self) -> String {
        match &self.key {
            None => self.state.clone(),
            Some(key) => format!("{}[{}]", self.state, vm::repr(key).unwrap_or_default()),
        }
    }
}

/// All entries with the ids of their heads, by name and then by key.
///
/// # Errors
/// `Damaged`.
pub fn entries(state: &Snapshot) -> Result<Vec<(Entry, u64)>> {
    heads(state, |page| page.bytes().first() != Some(&(Kind::Gone as u8)))
}

/// As [`entries`], with those that were taken away.
///
/// # Errors
/// `Damaged`.
pub fn entries_ever(state: &Snapshot) -> Result<Vec<(Entry, u64)>> {
    heads(state, |_| true)
}

fn heads(state: &Snapshot, wanted: impl Fn(&Page) -> bool) -> Result<Vec<(Entry, u64)>> {
    let mut found = Vec::new();
    for page in state.iter()? {
        let (id, page) = page?;
        let entry = if wanted(&page) { Entry::of_page(id, &page)? } else { None };
        found.extend(entry.map(|entry| (entry, id)));
    }
    found.sort_by(|(a, _), (b, _)| {
        let by_key = || match (&a.key, &b.key) {
            (Some(a), Some(b)) => vm::compare(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        a.state.cmp(&b.state).then_with(by_key)
    });
    Ok(found)
}

/// A key's text: equal keys have equal texts, whatever way they were made.
fn canonical(key: &Value) -> std::result::Result<String, Fault> {
    match key {
        Value::Float(x) if *x == 0.0 => Ok("0.0".to_string()),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Str(_)
        | Value::Bytes(_)
        | Value::DateTime(_)
        | Value::Duration(_)
        | Value::Path(_)
        | Value::Variant(_)
        | Value::Record(_)
        | Value::Tuple(_) => vm::repr(key),
        other => {
            let what = format!("a {} cannot be the key of an entry of the state", other.type_name());
            Err(Fault::new("R0104", what).help("Use a scalar, a variant, a record or a tuple."))
        }
    }
}
