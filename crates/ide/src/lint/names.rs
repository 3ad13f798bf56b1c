//! Names: imports that nothing uses, builtins that are hidden, and words that are not written as their kind is.

use std::collections::HashSet;

use checker::builtins;
use syntax::ast::{
    Import, ImportNames, Item, ItemKind, Module, Name, Param, Pattern, PatternKind, TypeParam,
};
use syntax::documentation::{documentation, examples};
use syntax::visit::{self, Visitor};
use syntax::{Applicability, Diagnostic, Edit, FileId, Span};

use crate::Analysis;
use crate::symbol::Symbol;

pub(super) fn found(analysis: &Analysis, root: &Module) -> Vec<Diagnostic> {
    let builtins = builtins();
    let plain = builtins.iter().filter(|builtin| !builtin.method && !builtin.name.contains('.'));
    let mut names =
        Names { builtins: plain.map(|builtin| builtin.name.clone()).collect(), found: Vec::new() };
    let is_import = |item: &&Item| matches!(item.kind, ItemKind::Import(_));
    let imports: Vec<Span> = root.items.iter().filter(is_import).map(|item| item.span).collect();
    // The examples of a source's documentation stand behind what it imports; a document shows its own as fences.
    let examples: String = match (&analysis.document, analysis.source(root.file)) {
        (None, Some(source)) => {
            let blocks = documentation(&source.text);
            blocks.iter().flat_map(|block| examples(&block.text)).map(|example| example.code).collect()
        }
        _ => String::new(),
    };
    for item in &root.items {
        if let ItemKind::Import(import) = &item.kind {
            names.found.extend(unused(analysis, item, import, &imports, &examples));
        }
        names.item(item);
    }
    names.found
}

/// W0802.
fn unused(
    analysis: &Analysis,
    item: &Item,
    import: &Import,
    imports: &[Span],
    examples: &str,
) -> Option<Diagnostic> {
    let bound: Vec<(&Name, &Name)> = match &import.names {
        ImportNames::All => return None,
        ImportNames::Module => import.path.parts.last().map(|name| (name, name)).into_iter().collect(),
        ImportNames::Some(names) => {
            names.iter().map(|(name, alias)| (name, alias.as_ref().unwrap_or(name))).collect()
        }
    };
    let source = analysis.source(item.span.file)?;
    let is_used = |(name, alias): &(&Name, &Name)| {
        let here = analysis.occurrences(FileId(0)).filter(|it| it.span == name.span || it.span == alias.span);
        let meant: Vec<&Symbol> = here.map(|it| &it.symbol).collect();
        let same = |symbol: &Symbol| {
            meant.iter().any(|known| match (known, symbol) {
                (Symbol::Enum(known), Symbol::Variant(of, _)) => known == of,
                (Symbol::Record(known), Symbol::Field(of, _)) => known == of,
                (known, symbol) => *known == symbol,
            })
        };
        let outside = |span: Span| !imports.iter().any(|it| it.start <= span.start && span.end <= it.end);
        meant.is_empty()
            || analysis.occurrences(FileId(0)).any(|it| outside(it.span) && same(&it.symbol))
            || mentions(examples, &alias.text, &[])
            // What the tables do not know of a name, its text does.
            || (matches!(import.names, ImportNames::Module) && mentions(&source.text, &alias.text, imports))
    };
    let idle: Vec<&(&Name, &Name)> = bound.iter().filter(|names| !is_used(names)).collect();
    let first = idle.first()?;
    let list: Vec<String> = idle.iter().map(|(_, alias)| format!("`{}`", alias.text)).collect();
    let are = if list.len() == 1 { "is" } else { "are" };
    let message = format!("{} {are} imported and never used.", list.join(", "));
    let left: Vec<&str> = bound
        .iter()
        .filter(|names| is_used(names))
        .map(|(name, alias)| {
            source.text.get(name.span.start as usize..alias.span.end as usize).unwrap_or_default()
        })
        .collect();
    let (title, edit) = match left.as_slice() {
        [] => {
            // With the line that it stands on.
            let rest = source.text.get(item.span.end as usize..).unwrap_or_default();
            let end = item.span.end + u32::from(rest.starts_with('\n'));
            ("Remove the import", Edit { span: Span { end, ..item.span }, text: String::new() })
        }
        left => {
            let span = Span { start: import.path.span.end, ..item.span };
            ("Remove what is not used", Edit { span, text: format!(": {}", left.join(", ")) })
        }
    };
    Some(Diagnostic::warning("W0802", first.1.span, message).fix(title, Applicability::Safe, vec![edit]))
}

/// Whether a word stands in a text outside some parts of it.
fn mentions(text: &str, word: &str, except: &[Span]) -> bool {
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (text[..at].chars().next_back(), text[at + word.len()..].chars().next());
        let inside = |span: &Span| span.start as usize <= at && at < span.end as usize;
        !except.iter().any(inside) && !joins(before) && !joins(after)
    })
}

struct Names {
    builtins: HashSet<String>,
    found: Vec<Diagnostic>,
}

impl Names {
    /// W0803.
    fn hides(&mut self, name: &Name, what: &str) {
        if self.builtins.contains(&name.text) {
            let message = format!("The {what} `{}` hides the builtin of that name.", name.text);
            let help = format!("Below it `{}` means the {what} alone: give it another name.", name.text);
            self.found.push(Diagnostic::warning("W0803", name.span, message).help(help));
        }
    }

    /// W0804.
    fn is_type(&mut self, name: &Name, what: &str) {
        let words = name.text.trim_start_matches('_');
        if words.starts_with(|c: char| c.is_ascii_lowercase()) || words.contains('_') {
            self.misnamed(name, what, pascal(words));
        }
    }

    fn is_value(&mut self, name: &Name, what: &str) {
        if name.text.chars().any(|c| c.is_ascii_uppercase()) {
            self.misnamed(name, what, snake(&name.text));
        }
    }

    fn misnamed(&mut self, name: &Name, what: &str, better: String) {
        let message = format!("The {what} `{}` is not written as its kind is.", name.text);
        let help = format!("Types and variants are `PascalCase`, values `snake_case`: `{better}`.");
        self.found.push(Diagnostic::warning("W0804", name.span, message).help(help));
    }
}

impl<'n> Visitor<'n> for Names {
    fn item(&mut self, item: &'n Item) {
        match &item.kind {
            ItemKind::Record(record) => {
                self.is_type(&record.name, "record");
                record.fields.iter().for_each(|field| self.is_value(&field.name, "field"));
            }
            ItemKind::Enum(declared) => {
                self.is_type(&declared.name, "enum");
                declared.variants.iter().for_each(|variant| self.is_type(&variant.name, "variant"));
            }
            ItemKind::TypeAlias(alias) => self.is_type(&alias.name, "type"),
            ItemKind::Cell(cell) => {
                if let [name] = cell.sig.name.parts.as_slice() {
                    self.is_value(name, "cell");
                    // A method hides nothing: it is called behind a dot.
                    if !cell.sig.params.iter().any(|param| param.is_self) {
                        self.hides(name, "cell");
                    }
                }
            }
            ItemKind::Const(constant) => {
                let shouts = constant.name.text.chars().all(|c| !c.is_ascii_lowercase());
                if !shouts {
                    self.is_value(&constant.name, "constant");
                }
                self.hides(&constant.name, "constant");
            }
            ItemKind::State(state) => self.is_value(&state.name, "state"),
            _ => {}
        }
        visit::walk_item(self, item);
    }

    fn type_param(&mut self, param: &'n TypeParam) {
        self.is_type(&param.name, "type parameter");
    }

    fn param(&mut self, param: &'n Param) {
        if !param.is_self {
            self.is_value(&param.name, "parameter");
            self.hides(&param.name, "parameter");
        }
        visit::walk_param(self, param);
    }

    fn pattern(&mut self, pattern: &'n Pattern) {
        let name = match &pattern.kind {
            PatternKind::Bind { name, .. } => Some(name),
            PatternKind::As(_, name) => Some(&**name),
            _ => None,
        };
        if let Some(name) = name {
            self.is_value(name, "variable");
            self.hides(name, "variable");
        }
        visit::walk_pattern(self, pattern);
    }
}

/// `red_panda` and `redPanda` as `RedPanda`.
fn pascal(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty());
    words.map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect()
}

/// `RedPanda` as `red_panda`; what shouts is one word.
fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        if c.is_ascii_uppercase()
            && before.is_some_and(|before| before.is_ascii_lowercase() || before.is_ascii_digit())
        {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
