//! Regular expressions.

use std::cell::RefCell;

use regex::Regex;

use super::{Args, Builtin};
use crate::fault::Fault;
use crate::value::Value;

pub(super) const TABLE: super::Table = &[
    ("matches", Builtin::Pure(|a| Ok(Value::Bool(compiled(a.str(0)?)?.is_match(a.str(1)?))))),
    ("regex_match", Builtin::Pure(regex_match)),
    ("regex_find_all", Builtin::Pure(find_all)),
    ("regex_replace", Builtin::Pure(replace)),
];

/// Compiled patterns that are kept; a program rarely has more.
const CACHE_MAX: usize = 64;

thread_local! {
    static CACHE: RefCell<Vec<(String, Regex)>> = const { RefCell::new(Vec::new()) };
}

fn compiled(pattern: &str) -> Result<Regex, Fault> {
    let known = CACHE.with_borrow(|cache| cache.iter().find(|(p, _)| p == pattern).map(|(_, r)| r.clone()));
    if let Some(regex) = known {
        return Ok(regex);
    }
    let regex =
        Regex::new(pattern).map_err(|e| Fault::new("R0206", format!("invalid pattern {pattern:?}: {e}")))?;
    CACHE.with_borrow_mut(|cache| {
        if cache.len() >= CACHE_MAX {
            cache.remove(0);
        }
        cache.push((pattern.to_owned(), regex.clone()));
    });
    Ok(regex)
}

/// The first match and its groups, `""` for a group that took no part; empty without a match.
fn regex_match(args: Args<'_>) -> Result<Value, Fault> {
    let regex = compiled(args.str(0)?)?;
    Ok(match regex.captures(args.str(1)?) {
        Some(groups) => Value::strs(groups.iter().map(|g| g.map_or("", |m| m.as_str()))),
        None => Value::list(Vec::new()),
    })
}

fn find_all(args: Args<'_>) -> Result<Value, Fault> {
    let regex = compiled(args.str(0)?)?;
    Ok(Value::strs(regex.find_iter(args.str(1)?).map(|m| m.as_str())))
}

/// `$1` and `${name}` in the replacement stand for groups.
fn replace(args: Args<'_>) -> Result<Value, Fault> {
    let regex = compiled(args.str(0)?)?;
    Ok(Value::str(regex.replace_all(args.str(1)?, args.str(2)?).into_owned()))
}
