//! Paths, as text: `/` separates, nothing is looked up. Times as text.

use super::{Args, Builtin};
use crate::fault::Fault;
use crate::value::Value;

pub(super) const TABLE: super::Table = &[
    ("path_join", Builtin::Pure(join)),
    ("path_parent", Builtin::Pure(|a| Ok(Value::Path(split(a.str(0)?).0.into())))),
    ("path_name", Builtin::Pure(|a| Ok(Value::str(split(a.str(0)?).1)))),
    ("path_ext", Builtin::Pure(ext)),
    ("format_time", Builtin::Pure(format_time)),
];

/// An absolute second path replaces the first.
fn join(args: Args<'_>) -> Result<Value, Fault> {
    let (a, b) = (args.str(0)?, args.str(1)?);
    let joined = if b.starts_with('/') || a.is_empty() {
        b.to_owned()
    } else if b.is_empty() {
        a.to_owned()
    } else {
        format!("{}/{b}", a.trim_end_matches('/'))
    };
    Ok(Value::Path(joined.into()))
}

/// Folder and name.
fn split(path: &str) -> (&str, &str) {
    let trimmed = path.trim_end_matches('/');
    match trimmed.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some((parent, name)) => (parent, name),
        None => ("", trimmed),
    }
}

/// Without the dot; empty for `.hidden` and `plain`.
fn ext(args: Args<'_>) -> Result<Value, Fault> {
    let name = split(args.str(0)?).1;
    Ok(Value::str(match name.rsplit_once('.') {
        Some((stem, ext)) if !stem.is_empty() => ext,
        _ => "",
    }))
}

/// By the conversions of `strftime`, in UTC.
fn format_time(args: Args<'_>) -> Result<Value, Fault> {
    let Value::DateTime(us) = args.value(0) else {
        return Err(super::args::unexpected("DateTime", args.value(0)));
    };
    let timestamp = jiff::Timestamp::from_microsecond(*us)
        .map_err(|e| Fault::new("R0205", format!("a time outside the calendar: {e}")))?;
    let zoned = timestamp.to_zoned(jiff::tz::TimeZone::UTC);
    jiff::fmt::strtime::format(args.str(1)?, &zoned)
        .map(Value::str)
        .map_err(|e| Fault::new("R0205", format!("a time format is wrong: {e}")))
}
