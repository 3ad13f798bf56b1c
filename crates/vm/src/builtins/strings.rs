//! Texts.

use super::args::unexpected;
use super::{Args, Builtin};
use crate::access;
use crate::fault::Fault;
use crate::format;
use crate::iterate;
use crate::show;
use crate::value::Value;

pub(super) const TABLE: super::Table = &[
    ("len", Builtin::Pure(|a| access::len(a.value(0)).map(Value::Int))),
    ("size", Builtin::Pure(|a| access::len(a.value(0)).map(Value::Int))),
    ("upper", Builtin::Pure(|a| Ok(Value::str(a.str(0)?.to_uppercase())))),
    ("lower", Builtin::Pure(|a| Ok(Value::str(a.str(0)?.to_lowercase())))),
    ("trim", Builtin::Pure(|a| Ok(Value::str(a.str(0)?.trim())))),
    ("trim_start", Builtin::Pure(|a| Ok(Value::str(a.str(0)?.trim_start())))),
    ("trim_end", Builtin::Pure(|a| Ok(Value::str(a.str(0)?.trim_end())))),
    ("capitalize", Builtin::Pure(|a| Ok(Value::str(capitalized(a.str(0)?))))),
    ("title_case", Builtin::Pure(|a| Ok(Value::str(title_case(a.str(0)?))))),
    ("snake_case", Builtin::Pure(|a| Ok(Value::str(words(a.str(0)?).join("_"))))),
    ("camel_case", Builtin::Pure(|a| Ok(Value::str(camel_case(a.str(0)?))))),
    ("split", Builtin::Pure(split)),
    ("join", Builtin::Pure(join)),
    ("replace", Builtin::Pure(|a| Ok(Value::str(a.str(0)?.replace(a.str(1)?, a.str(2)?))))),
    ("chars", Builtin::Pure(|a| Ok(Value::strs(a.str(0)?.chars().map(String::from))))),
    ("starts_with", Builtin::Pure(|a| Ok(Value::Bool(a.str(0)?.starts_with(a.str(1)?))))),
    ("ends_with", Builtin::Pure(|a| Ok(Value::Bool(a.str(0)?.ends_with(a.str(1)?))))),
    ("slice", Builtin::Pure(|a| access::slice(a.value(0), Some(a.int(1)?), Some(a.int(2)?), false))),
    ("pad_left", Builtin::Pure(|a| pad(a, '>'))),
    ("pad_right", Builtin::Pure(|a| pad(a, '<'))),
    ("format", Builtin::Pure(format_template)),
];

fn capitalized(text: &str) -> String {
    let Some(first) = text.chars().next() else { return String::new() };
    // In lower case as a whole: a sigma that ends a word looks at what stands before it.
    let lower = text.to_lowercase();
    let rest = lower.chars().skip(first.to_lowercase().count());
    first.to_uppercase().chain(rest).collect()
}

fn title_case(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_alphanumeric() || c == '\'';
    }
    out
}

/// Lower-case words: parted at what is no letter or digit, and where lower case changes to upper.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut parted = true;
    let mut was_lower = false;
    for c in text.chars() {
        if !c.is_alphanumeric() {
            parted = true;
            continue;
        }
        if parted || c.is_uppercase() && was_lower {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
        parted = false;
        was_lower = c.is_lowercase() || c.is_numeric();
    }
    words
}

fn camel_case(text: &str) -> String {
    words(text).iter().enumerate().map(|(i, w)| if i == 0 { w.clone() } else { capitalized(w) }).collect()
}

/// An empty separator parts into scalars.
fn split(args: Args<'_>) -> Result<Value, Fault> {
    let (text, separator) = (args.str(0)?, args.str(1)?);
    Ok(if separator.is_empty() {
        Value::strs(text.chars().map(String::from))
    } else {
        Value::strs(text.split(separator))
    })
}

fn join(args: Args<'_>) -> Result<Value, Fault> {
    let separator = args.str(1)?;
    let mut out = String::new();
    for (i, item) in iterate::elements(args.value(0))?.iter().enumerate() {
        if i > 0 {
            out.push_str(separator);
        }
        out.push_str(item.as_str().ok_or_else(|| unexpected("String", item))?);
    }
    Ok(Value::str(out))
}

fn pad(args: Args<'_>, align: char) -> Result<Value, Fault> {
    let width = args.count(1, "a padded text")?;
    let mut fill = args.str(2)?.chars();
    match (fill.next(), fill.next()) {
        (Some(fill), None) => {
            Ok(Value::str(format::pad(args.str(0)?, u32::try_from(width).ok(), align, fill)))
        }
        _ => Err(Fault::new("R0205", format!("the fill is one character, found {:?}", args.str(2)?))),
    }
}

/// Each `{}` of the template is replaced by the next value; `{{` and `}}` are braces.
fn format_template(args: Args<'_>) -> Result<Value, Fault> {
    let template = args.str(0)?;
    let values = iterate::elements(args.value(1))?;
    let mut out = String::new();
    let mut next = 0;
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('{', Some('{')) | ('}', Some('}')) => {
                chars.next();
                out.push(c);
            }
            ('{', Some('}')) => {
                chars.next();
                let value = values.get(next).ok_or_else(|| too_few(template, values.len()))?;
                show::show_into(&mut out, value)?;
                next += 1;
            }
            _ => out.push(c),
        }
    }
    if next < values.len() {
        return Err(Fault::new(
            "R0205",
            format!("the template has {next} places `{{}}`, found {} values", values.len()),
        ));
    }
    Ok(Value::str(out))
}

fn too_few(template: &str, found: usize) -> Fault {
    let places = template.matches("{}").count();
    Fault::new("R0205", format!("the template has {places} places `{{}}`, found {found} values"))
}
