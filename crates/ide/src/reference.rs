//! What the language knows without being told, by name: builtins, methods, types, keywords and codes.

use std::rc::Rc;

use checker::{Builtin, builtins, documentation, explain, explained, type_names};
use syntax::KEYWORDS;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceKind {
    Builtin,
    Method,
    Type,
    Namespace,
    Keyword,
    /// A code of a diagnostic or fault.
    Code,
}

impl ReferenceKind {
    pub fn name(self) -> &'static str {
        match self {
            ReferenceKind::Builtin => "builtin",
            ReferenceKind::Method => "method",
            ReferenceKind::Type => "type",
            ReferenceKind::Namespace => "namespace",
            ReferenceKind::Keyword => "keyword",
            ReferenceKind::Code => "code",
        }
    }
}

/// What there is to say of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub name: String,
    pub kind: ReferenceKind,
    /// As source of the language, a form a line.
    pub signatures: Vec<String>,
    pub aliases: Vec<String>,
    /// Effects that it has, which a program must be granted.
    pub effects: Vec<String>,
    /// Markdown.
    pub doc: String,
    /// A program that uses it.
    pub example: Option<String>,
    /// What the example prints.
    pub output: Option<String>,
    /// Names that stand below it: a type's methods, a namespace's builtins.
    pub members: Vec<String>,
}

impl Reference {
    fn new(name: &str, kind: ReferenceKind) -> Reference {
        Reference {
            name: name.to_string(),
            kind,
            signatures: Vec::new(),
            aliases: Vec::new(),
            effects: Vec::new(),
            doc: String::new(),
            example: None,
            output: None,
            members: Vec::new(),
        }
    }
}

/// All that a name means: several where methods of several types have it. Empty where it means nothing.
pub fn reference(name: &str) -> Vec<Reference> {
    let all = builtins();
    let mut found = Vec::new();
    let is_named = |it: &&Rc<Builtin>| it.name == name || it.aliases.iter().any(|alias| alias == name);
    let named: Vec<&Rc<Builtin>> = all.iter().filter(is_named).collect();
    found.extend(forms(&named));
    // `mean` is a method of several types, `Linear` stands in one namespace.
    let last = |it: &&Rc<Builtin>| it.name.split_once('.').is_some_and(|(_, last)| last == name);
    let mut below: Vec<&Rc<Builtin>> = all.iter().filter(last).collect();
    below.sort_by(|a, b| a.name.cmp(&b.name));
    for group in below.chunk_by(|a, b| a.name == b.name) {
        found.extend(forms(group));
    }
    let prefix = format!("{name}.");
    let mut members: Vec<String> =
        all.iter().filter(|it| it.name.starts_with(&prefix)).map(|it| it.name.clone()).collect();
    members.sort();
    members.dedup();
    if type_names().any(|known| known == name) {
        found.push(Reference { members, ..Reference::new(name, ReferenceKind::Type) });
    } else if !members.is_empty() {
        found.push(Reference { members, ..Reference::new(name, ReferenceKind::Namespace) });
    }
    if KEYWORDS.contains(&name) {
        found.push(Reference::new(name, ReferenceKind::Keyword));
    }
    let code = name.to_ascii_uppercase();
    if let Some(page) = explain(&code) {
        found.push(Reference { doc: page.to_string(), ..Reference::new(&code, ReferenceKind::Code) });
    }
    found
}

/// One reference for all forms of a builtin.
fn forms(forms: &[&Rc<Builtin>]) -> Option<Reference> {
    let first = forms.first()?;
    let kind = if first.method { ReferenceKind::Method } else { ReferenceKind::Builtin };
    let mut found = Reference::new(&first.name, kind);
    for form in forms {
        found.signatures.push(form.signature());
        found.aliases.extend(form.aliases.iter().cloned());
        found.effects.extend(form.row.iter().cloned());
    }
    found.signatures.dedup();
    for list in [&mut found.aliases, &mut found.effects] {
        list.sort();
        list.dedup();
    }
    if let Some(said) = documentation(&first.name) {
        let given = |text: &str| Some(text.to_string()).filter(|text| !text.is_empty());
        found.doc = said.text().to_string();
        (found.example, found.output) = (given(said.example()), given(said.output()));
    }
    Some(found)
}

/// Every name that [`reference`] knows, sorted.
pub fn referenced() -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for builtin in builtins() {
        names.push(builtin.name.clone());
        names.extend(builtin.aliases.iter().cloned());
        if let Some((first, last)) = builtin.name.split_once('.') {
            names.extend([first.to_string(), last.to_string()]);
        }
    }
    names.extend(type_names().chain(KEYWORDS.iter().copied()).map(str::to_string));
    names.extend(explained().map(|(code, _)| code.to_string()));
    names.sort();
    names.dedup();
    names
}
