//! `@deprecated "…"`: who is told what to use instead.

use syntax::ast::{Attr, ExprKind, Item, ItemKind};
use syntax::{Diagnostic, Span};

use crate::checker::{Checker, Def};
use crate::types::RecordId;

/// What is deprecated.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Marked {
    Def(Def),
    Field(RecordId, usize),
}

/// A deprecated declaration.
pub(crate) struct Deprecated {
    what: Marked,
    /// What its author says.
    note: String,
    span: Span,
}

impl<'a> Checker<'a> {
    /// Keeps what an item's attribute says of what it declares.
    pub(crate) fn deprecate(&mut self, item: &'a Item, def: Option<Def>, span: Span) {
        let Some(attr) = item.attrs.iter().find(|attr| attr.name.text == "deprecated") else { return };
        let Some(note) = self.deprecation_note(attr) else { return };
        match def {
            Some(def) => self.deprecated.push(Deprecated { what: Marked::Def(def), note, span }),
            None => {
                let message = "Nothing is declared here whose use could be deprecated.";
                self.report(
                    Diagnostic::error("E0105", attr.span, message)
                        .help("`@deprecated` stands before a cell, a type, a trait, an effect, a handler, a state, a constant or a field."),
                );
            }
        }
    }

    /// The same of a record's field.
    pub(crate) fn deprecate_field(&mut self, attrs: &'a [Attr], of: RecordId, slot: usize, span: Span) {
        let Some(attr) = attrs.iter().find(|attr| attr.name.text == "deprecated") else { return };
        if let Some(note) = self.deprecation_note(attr) {
            self.deprecated.push(Deprecated { what: Marked::Field(of, slot), note, span });
        }
    }

    fn deprecation_note(&mut self, attr: &Attr) -> Option<String> {
        if let [only] = attr.args.as_slice()
            && let (ExprKind::Str(note), None) = (&only.value.kind, &only.name)
        {
            return Some(note.clone());
        }
        self.report(
            Diagnostic::error("E0203", attr.span, "`@deprecated` takes one text: what to use instead.")
                .help("Write it behind: `@deprecated \"use `area`\"`."),
        );
        None
    }

    /// Says of a use that it is of something deprecated. What is deprecated may use itself.
    pub(crate) fn used(&mut self, def: &Def, span: Span) {
        if self.deprecated.is_empty() {
            return;
        }
        let itself = self.body.cell.is_some_and(|cell| *def == Def::Cell(cell));
        if itself {
            return;
        }
        self.told(&Marked::Def(def.clone()), &self.def_name(def), span);
    }

    /// The same of a field that is read, assigned or given.
    pub(crate) fn used_field(&mut self, of: RecordId, slot: usize, span: Span) {
        if self.deprecated.is_empty() {
            return;
        }
        let name = self.out.records.get(of.0 as usize).and_then(|record| record.fields.get(slot));
        let name = name.map(|field| field.name.clone()).unwrap_or_default();
        self.told(&Marked::Field(of, slot), &name, span);
    }

    fn told(&mut self, what: &Marked, name: &str, span: Span) {
        let Some(found) = self.deprecated.iter().find(|known| known.what == *what) else { return };
        let diagnostic =
            Diagnostic::warning("W0127", span, format!("`{name}` is deprecated: {}.", found.note))
                .label(found.span, "declared here");
        self.report(diagnostic);
    }

    fn def_name(&self, def: &Def) -> String {
        let name = match def {
            Def::Cell(id) => self.out.cells.get(id.0 as usize).map(|c| c.name.clone()),
            Def::Record(id) => self.out.records.get(id.0 as usize).map(|r| r.name.clone()),
            Def::Enum(id) => self.out.enums.get(id.0 as usize).map(|e| e.name.clone()),
            Def::Trait(id) => self.out.traits.get(id.0 as usize).map(|t| t.name.clone()),
            Def::Alias(index) => self.aliases.get(*index).map(|a| a.declared.name.text.clone()),
            Def::Const(index) => self.consts.get(*index).map(|c| c.declared.name.text.clone()),
            Def::State(id) => self.states.get(id.0 as usize).map(|s| s.declared.name.text.clone()),
            Def::Effect(id) => self.out.effects.get(id.0 as usize).map(|e| e.name.clone()),
            Def::Handler(id) => self.out.handlers.get(id.0 as usize).map(|h| h.name.clone()),
            Def::Global(_) | Def::Module(_) | Def::Tool(_) => None,
        };
        name.unwrap_or_default()
    }
}

/// Whether the item is one that `@deprecated` is for.
pub(crate) fn declares(kind: &ItemKind) -> bool {
    matches!(
        kind,
        ItemKind::Record(_)
            | ItemKind::Enum(_)
            | ItemKind::Cell(_)
            | ItemKind::Const(_)
            | ItemKind::TypeAlias(_)
            | ItemKind::Trait(_)
            | ItemKind::Effect(_)
            | ItemKind::Handler(_)
            | ItemKind::State(_)
    )
}
