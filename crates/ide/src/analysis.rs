//! A checked program, and the tables that answers are read from.

use std::cell::OnceCell;
use std::collections::HashMap;

use checker::Type;
use checker::checked::{Checked, Use};
use syntax::ast::{Binding, Expr, Item, ItemKind, Module, NodeId, Pattern, PatternKind, Stmt, StmtKind};
use syntax::visit::{self, Visitor};
use syntax::{Diagnostic, Document, FileId, Fix, Source, Span};

use crate::call_site::CallSite;
use crate::occurrence::{Occurrence, occurrences};
use crate::scope::{Visible, scopes};

/// A program as an editor asks about it.
pub struct Analysis {
    /// The root first; [`FileId`] is the index.
    pub sources: Vec<Source>,
    /// Of the root, where it is one.
    pub document: Option<Document>,
    pub modules: Vec<Module>,
    pub checked: Checked,
    /// All that is wrong, by place.
    pub diagnostics: Vec<Diagnostic>,
    // Made when somebody asks: what is said of an edit needs none of them.
    occurrences: OnceCell<Vec<Occurrence>>,
    scopes: OnceCell<Vec<Visible>>,
    nodes: OnceCell<Nodes>,
}

/// What stands at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    pub span: Span,
    /// As source of the language.
    pub text: String,
    /// What its documentation says, in Markdown.
    pub doc: Option<String>,
}

/// A type that the source does not write, to be shown behind a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The byte that it stands before.
    pub offset: u32,
    pub text: String,
}

/// Longer types are left to the hover.
const HINT_CHARS_MAX: usize = 48;

impl Analysis {
    pub fn new(
        sources: Vec<Source>,
        modules: Vec<Module>,
        document: Option<Document>,
        checked: Checked,
        diagnostics: Vec<Diagnostic>,
    ) -> Analysis {
        Analysis {
            sources,
            document,
            modules,
            checked,
            diagnostics,
            occurrences: OnceCell::new(),
            scopes: OnceCell::new(),
            nodes: OnceCell::new(),
        }
    }

    fn bindings(&self) -> &[Binding] {
        self.document.as_ref().map_or(&[][..], |document| &document.bindings)
    }

    /// Every name of the program, by file and place.
    pub(crate) fn all_names(&self) -> &[Occurrence] {
        let made = || occurrences(&self.sources, &self.modules, self.bindings(), &self.checked);
        self.occurrences.get_or_init(made)
    }

    pub(crate) fn scopes(&self) -> &[Visible] {
        self.scopes.get_or_init(|| scopes(&self.modules, &self.checked))
    }

    pub(crate) fn nodes(&self) -> &Nodes {
        self.nodes.get_or_init(|| {
            let mut nodes = Nodes::default();
            for module in &self.modules {
                module.items.iter().for_each(|item| nodes.item(item));
            }
            self.bindings().iter().for_each(|binding| nodes.expr(&binding.expr));
            nodes
        })
    }

    pub fn source(&self, file: FileId) -> Option<&Source> {
        self.sources.get(file.0 as usize)
    }

    /// Every name of a file, by place.
    pub fn occurrences(&self, file: FileId) -> impl Iterator<Item = &Occurrence> {
        self.all_names().iter().filter(move |found| found.span.file == file)
    }

    /// The name at a place, its end included.
    pub fn occurrence(&self, file: FileId, offset: u32) -> Option<&Occurrence> {
        let touches = |found: &&Occurrence| found.span.start <= offset && offset <= found.span.end;
        // Of two names that touch, the one that begins here.
        self.occurrences(file).filter(touches).last()
    }

    /// What the name or expression at a place is.
    pub fn hover(&self, file: FileId, offset: u32) -> Option<Hover> {
        if let Some(found) = self.occurrence(file, offset) {
            let text = self.describe_at(&found.symbol, found.span)?;
            return Some(Hover { span: found.span, text, doc: self.doc(&found.symbol) });
        }
        let (span, id) = self.nodes().innermost(file, offset)?;
        let ty = self.type_of(id).filter(|ty| **ty != Type::Error)?;
        Some(Hover { span, text: self.show(ty), doc: None })
    }

    /// The types of names that a `let` or `for` binds without writing them.
    pub fn hints(&self, file: FileId) -> Vec<Hint> {
        let untyped = self.nodes().untyped.iter().filter(|(span, _)| span.file == file);
        untyped
            .filter_map(|(span, id)| {
                let ty = match self.checked.bound.get(id)? {
                    Use::Local(local) => &self.checked.locals.get(local.0 as usize)?.ty,
                    Use::Global(global) => &self.checked.globals.get(global.0 as usize)?.ty,
                    _ => return None,
                };
                let text = format!(": {}", self.show(ty));
                let shown = *ty != Type::Error && text.chars().count() <= HINT_CHARS_MAX;
                shown.then_some(Hint { offset: span.end, text })
            })
            .collect()
    }

    /// The fixes of what is wrong in a part of a file, each with the message it mends.
    pub fn fixes(&self, span: Span) -> impl Iterator<Item = (&Diagnostic, &Fix)> {
        let here = move |found: &&Diagnostic| {
            found.span.file == span.file && found.span.start <= span.end && span.start <= found.span.end
        };
        self.diagnostics.iter().filter(here).flat_map(|found| found.fixes.iter().map(move |fix| (found, fix)))
    }

    pub(crate) fn type_of(&self, id: NodeId) -> Option<&Type> {
        self.checked.types.get(id)
    }
}

/// Places of expressions, calls, and names without a written type.
#[derive(Default)]
pub(crate) struct Nodes {
    pub(crate) exprs: Vec<(Span, NodeId)>,
    pub(crate) calls: Vec<CallSite>,
    untyped: Vec<(Span, NodeId)>,
    pub(crate) param_names: HashMap<NodeId, String>,
    in_let: bool,
}

impl Nodes {
    /// The smallest expression around a place.
    fn innermost(&self, file: FileId, offset: u32) -> Option<(Span, NodeId)> {
        let around = |(span, _): &&(Span, NodeId)| span.file == file && span.contains(offset);
        self.exprs.iter().filter(around).min_by_key(|(span, _)| span.end - span.start).copied()
    }

    /// The largest expression that ends at a place.
    pub(crate) fn ending_at(&self, file: FileId, end: u32) -> Option<(Span, NodeId)> {
        let ends = |(span, _): &&(Span, NodeId)| span.file == file && span.end == end;
        self.exprs.iter().filter(ends).max_by_key(|(span, _)| span.end - span.start).copied()
    }
}

impl<'n> Visitor<'n> for Nodes {
    fn item(&mut self, item: &'n Item) {
        if let ItemKind::Trait(_) = &item.kind {
            self.param_names.insert(item.id, "Self".to_string());
        }
        visit::walk_item(self, item);
    }

    fn type_param(&mut self, param: &'n syntax::ast::TypeParam) {
        self.param_names.insert(param.id, param.name.text.clone());
    }

    fn stmt(&mut self, stmt: &'n Stmt) {
        let pattern = match &stmt.kind {
            StmtKind::Let { pattern, ty: None, .. } | StmtKind::For { pattern, .. } => Some(pattern),
            _ => None,
        };
        if let Some(pattern) = pattern {
            let before = std::mem::replace(&mut self.in_let, true);
            self.pattern(pattern);
            self.in_let = before;
        }
        visit::walk_stmt(self, stmt);
    }

    fn pattern(&mut self, pattern: &'n Pattern) {
        if let (PatternKind::Bind { name, ty: None }, true) = (&pattern.kind, self.in_let) {
            self.untyped.push((name.span, pattern.id));
        }
        visit::walk_pattern(self, pattern);
    }

    fn expr(&mut self, expr: &'n Expr) {
        self.exprs.push((expr.span, expr.id));
        self.calls.extend(CallSite::of(expr));
        visit::walk_expr(self, expr);
    }
}

/// The item that declares a constant or alias.
pub(crate) fn item(modules: &[Module], id: NodeId) -> Option<&ItemKind> {
    modules.iter().flat_map(|module| &module.items).find(|item| item.id == id).map(|item| &item.kind)
}
