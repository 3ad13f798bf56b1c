//! `lumen docs`: what a name of the language is.

use ide::{Reference, ReferenceKind, reference, referenced};
use serde_json::{Value, json};

use super::explain::filled;
use crate::args::DocsOptions;
use crate::terminal::{Failure, Terminal};

pub fn docs(options: &DocsOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let Some(name) = &options.symbol else {
        list(options.json, terminal);
        return Ok(0);
    };
    if !options.json {
        return show(name, terminal).map(|()| 0);
    }
    let found: Vec<Value> = look_up(name)?.iter().map(value).collect();
    terminal.out(&format!("{:#}\n", json!({"schema": "lumen.docs.1", "name": name, "found": found})));
    Ok(0)
}

/// Writes what a name is, for a person.
///
/// # Errors
/// A name that means nothing, with the nearest that does.
pub fn show(name: &str, terminal: &Terminal) -> Result<(), Failure> {
    let texts: Vec<String> = look_up(name)?.iter().map(|found| page(found, terminal.width)).collect();
    terminal.tell(&texts.join("\n"));
    Ok(())
}

fn look_up(name: &str) -> Result<Vec<Reference>, Failure> {
    let found = reference(name);
    if !found.is_empty() {
        return Ok(found);
    }
    let failure = Failure::usage(format!("the language knows no `{name}`")).code("E0706");
    let known = referenced();
    let known = || known.iter().map(String::as_str);
    // Types begin with a capital, and so does who asks for one.
    let is_type = |name: &str| name.starts_with(|c: char| c.is_ascii_uppercase());
    let alike = known().filter(|known| is_type(known) == is_type(name));
    Err(match syntax::suggest::nearest(name, alike).or_else(|| syntax::suggest::nearest(name, known())) {
        Some(near) => failure.help(format!("Did you mean `{near}`?")),
        None => failure.help("`lumen docs` lists all names; `lumen doc FILE` shows what a file declares."),
    })
}

fn list(json: bool, terminal: &Terminal) {
    let names = referenced();
    if json {
        terminal.out(&format!("{:#}\n", json!({"schema": "lumen.docs.1", "names": names})));
        return;
    }
    names.iter().for_each(|name| terminal.tell(&format!("{name}\n")));
    terminal.say("\n`lumen docs NAME` says what it is.");
}

fn page(found: &Reference, width: usize) -> String {
    if found.kind == ReferenceKind::Code {
        return filled(&found.doc, width);
    }
    let mut out = format!("{} {}\n", found.kind.name(), found.name);
    found.signatures.iter().for_each(|form| out.push_str(&format!("  {form}\n")));
    let mut said = |what: &str, list: &[String]| {
        if !list.is_empty() {
            let text = format!("  {what}: {}\n", list.join(", "));
            out.push_str(&text);
        }
    };
    said("also", &found.aliases);
    said("needs a grant of", &found.effects);
    let short = |name: &String| name.strip_prefix(&format!("{}.", found.name)).unwrap_or(name).to_string();
    let members: Vec<String> = found.members.iter().map(short).collect();
    let what = if found.kind == ReferenceKind::Type { "methods" } else { "holds" };
    if !members.is_empty() {
        let text = filled(&format!("{what}: {}\n", members.join(", ")), width.saturating_sub(2));
        text.lines().for_each(|line| out.push_str(&format!("  {line}\n")));
    }
    if !found.doc.is_empty() {
        out.push_str(&format!("\n{}", filled(&found.doc, width)));
    }
    for (head, text) in [("Example", &found.example), ("Prints", &found.output)] {
        if let Some(text) = text {
            out.push_str(&format!("\n{head}:\n"));
            text.trim_end().lines().for_each(|line| out.push_str(&format!("    {line}\n")));
        }
    }
    out
}

fn value(found: &Reference) -> Value {
    json!({
        "name": found.name, "kind": found.kind.name(), "signatures": found.signatures, "aliases": found.aliases,
        "effects": found.effects, "doc": found.doc, "example": found.example, "output": found.output, "members": found.members,
    })
}
