//! What a `memory` keeps, and how it finds it again.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::args::unexpected;
use super::processes::process;
use super::{Args, Builtin};
use crate::fault::{Fault, SIZE_MAX};
use crate::iterate::elements;
use crate::list::List;
use crate::map::{Key, Map};
use crate::show;
use crate::value::Value;

pub(super) const TABLE: super::Table = &[
    ("op.append", Builtin::Pure(append)),
    ("op.recent", Builtin::Pure(recent)),
    ("op.recall", Builtin::Pure(recall)),
    ("op.store", Builtin::Pure(store)),
    ("op.get", Builtin::Pure(get)),
    ("op.query", Builtin::Pure(query)),
];

/// (entries, entry)
fn append(mut args: Args<'_>) -> Result<Value, Fault> {
    let entry = args.take(1);
    process(&args)?.change(|held| {
        if held.is_null() {
            *held = Value::list(Vec::new());
        }
        let list: &mut List = match held {
            Value::List(list) => Rc::make_mut(list),
            other => return Err(unexpected("a list", other)),
        };
        if list.len() >= SIZE_MAX {
            return Err(Fault::size("a memory", list.len() + 1));
        }
        list.push(entry);
        Ok(Value::Null)
    })
}

fn entries(args: &Args<'_>) -> Result<Vec<Value>, Fault> {
    let held = process(args)?.held();
    if held.is_null() { Ok(Vec::new()) } else { elements(&held) }
}

/// (entries, n): the last n, in their order.
fn recent(args: Args<'_>) -> Result<Value, Fault> {
    let mut all = entries(&args)?;
    let n = args.count(1, "recent")?;
    let skipped = all.len().saturating_sub(n);
    Ok(Value::list(all.split_off(skipped)))
}

/// (entries, q, n): the n entries that have most of the query's words.
///
/// Words are runs of letters and digits, in lower case. A word of the query counts one, and one more for each entry that
/// lacks it, so that a rare word counts more; an entry's score is the sum over the words that it has. Entries that have
/// none are left out; of equal ones the newer is first.
fn recall(args: Args<'_>) -> Result<Value, Fault> {
    let all = entries(&args)?;
    let query = words(args.str(1)?);
    let n = args.count(2, "recall")?;
    let texts: Vec<BTreeSet<String>> =
        all.iter().map(|entry| show::show(entry).map(|text| words(&text))).collect::<Result<_, _>>()?;
    let weights: Vec<(&String, u64)> = query
        .iter()
        .map(|word| (word, 1 + texts.iter().filter(|text| !text.contains(word)).count() as u64))
        .collect();
    let score = |text: &BTreeSet<String>| -> u64 {
        weights.iter().filter(|(word, _)| text.contains(*word)).map(|(_, weight)| weight).sum()
    };
    let mut found: Vec<(u64, usize)> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| (score(text), at))
        .filter(|(score, _)| *score > 0)
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(Value::list(found.into_iter().take(n).filter_map(|(_, at)| all.get(at).cloned()).collect()))
}

fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// (values, key, value)
fn store(mut args: Args<'_>) -> Result<Value, Fault> {
    let (key, value) = (Key::new(args.take(1))?, args.take(2));
    process(&args)?.change(|held| {
        if held.is_null() {
            *held = Value::map(Map::new());
        }
        match held {
            Value::Map(map) => Rc::make_mut(map).insert(key, value),
            other => return Err(unexpected("a map", other)),
        }
        Ok(Value::Null)
    })
}

/// (values, key): the value, or null.
fn get(mut args: Args<'_>) -> Result<Value, Fault> {
    let key = Key::new(args.take(1))?;
    Ok(match process(&args)?.held() {
        Value::Map(map) => map.get(&key).cloned().unwrap_or_default(),
        _ => Value::Null,
    })
}

/// (values, q): the values whose key has the text in it, in the order in which the keys came.
fn query(args: Args<'_>) -> Result<Value, Fault> {
    let text = args.str(1)?;
    let Value::Map(map) = process(&args)?.held() else { return Ok(Value::list(Vec::new())) };
    let found = map.iter().filter(|(key, _)| key.as_str().is_some_and(|key| key.contains(text)));
    Ok(Value::list(found.map(|(_, value)| value.clone()).collect()))
}
