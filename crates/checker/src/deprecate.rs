//! `@deprecated "…"`: who is told what to use instead.

use syntax::ast::{Attr, ExprKind, Item, ItemKind};
use syntax::{Diagnostic, Span};

use crate::checker::{Checker, Def};

/// A deprecated declaration.
pub(crate) struct Deprecated {
    def: Def,
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
            Some(def) => self.deprecated.push(Deprecated { def, note, span }),
            None => {
                let message = "Nothing is declared here whose use could be deprecated.";
                self.report(
                    Diagnostic::error("E0105", attr.span, message)
                        .help("`@deprecated` stands before a cell, a type, a trait or a constant."),
                );
            }
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
        let Some(found) = self.deprecated.iter().find(|known| known.def == *def) else { return };
        let itself = self.body.cell.is_some_and(|cell| *def == Def::Cell(cell));
        if itself {
            return;
        }
        let name = self.def_name(def);
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
            Def::Global(_)
            | Def::State(_)
            | Def::Module(_)
            | Def::Effect(_)
            | Def::Handler(_)
            | Def::Tool(_) => None,
        };
        name.unwrap_or_default()
    }

    /// Attributes of a part that has no uses of its own to warn of.
    pub(crate) fn not_deprecated(&mut self, attrs: &[Attr], what: &str) {
        if let Some(attr) = attrs.iter().find(|attr| attr.name.text == "deprecated") {
            self.unbuilt(attr.span, what);
        }
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
    )
}
