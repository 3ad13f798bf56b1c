//! `agent`, `orchestration` and `guardrail`: cells under a name, with settings, and grants that narrow what they may do;
//! and what all processes share.

use std::collections::HashSet;

use super::Parser;
use crate::ast::*;
use crate::diagnostic::Diagnostic;
use crate::kind::SyntaxKind;
use crate::suggest::nearest;
use crate::text::Span;

/// Settings of the model cells of a process.
const ASKS: &[&str] = &["model", "max_tokens", "temperature", "system", "prompt", "tools"];
/// The setting that is a type: what they give.
const SCHEMA: &str = "schema";

/// Where a process begins that another one goes on from.
#[derive(Clone, Copy)]
pub(super) struct Parent {
    head: usize,
    /// Which part of the code before it stands in; none where it is the same.
    part: Option<usize>,
}

impl Record {
    /// Takes what a process has that this one goes on from, in front of its own parts. What both have stands where the
    /// base has it, and is its own.
    pub(super) fn take_over(&mut self, base: Record) {
        let own: HashSet<String> = self.cells.iter().filter_map(cell_name).collect();
        let mut cells = base.cells;
        cells.retain(|item| cell_name(item).is_none_or(|name| !own.contains(&name)));
        self.cells.splice(0..0, cells);
        let mut own: Vec<Option<Field>> = self.fields.drain(..).map(Some).collect();
        for field in base.fields {
            let same =
                own.iter_mut().find(|own| own.as_ref().is_some_and(|own| own.name.text == field.name.text));
            self.fields.push(same.and_then(Option::take).unwrap_or(field));
        }
        self.fields.extend(own.into_iter().flatten());
        self.grants.splice(0..0, base.grants);
        self.schema = self.schema.take().or(base.schema);
        for (name, value) in base.asks {
            if !self.asks.iter().any(|(known, _)| known.text == name.text) {
                self.asks.push((name, value));
            }
        }
    }
}

pub(super) fn cell_name(item: &Item) -> Option<String> {
    match &item.kind {
        ItemKind::Cell(cell) => Some(cell.sig.name.dotted()),
        _ => None,
    }
}

impl Parser<'_> {
    /// `agent NAME … end`: a record with a field for each setting, whose cells all take `self`.
    pub(super) fn agent(&mut self) -> Record {
        let opener = self.at;
        let what = self.word();
        self.bump();
        let name = self.name("the process's name");
        let base = self.base(what);
        let mut record = Record { process: true, ..Record::empty(name) };
        self.members(opener, what, |p| p.agent_part(&mut record));
        if let Some(base) = base {
            self.go_on_from(base, |p, opener, _| {
                let mut inherited = Record::empty(record.name.clone());
                let further = p.base(what);
                p.members(opener, what, |p| p.agent_part(&mut inherited));
                record.take_over(inherited);
                further
            });
        }
        record
    }

    fn agent_part(&mut self, record: &mut Record) {
        self.statement_at = Some(self.at);
        let span = self.span();
        if self.cell_ahead() {
            let mut cell = self.item();
            self.give_self(&mut cell);
            record.cells.push(cell);
        } else if self.kind() == Some(SyntaxKind::Ident)
            && self.nth_is(1, ":")
            && !ASKS.contains(&self.word())
            && self.word() != SCHEMA
        {
            let field = self.setting_field();
            record.fields.extend(field);
        } else if self.nth_is(1, ":") && ASKS.contains(&self.word()) {
            let from = self.open();
            let name = self.any_word("the setting's name");
            self.bump();
            let value = self.expr();
            self.close(from, SyntaxKind::Setting);
            if record.asks.iter().any(|(known, _)| known.text == name.text) {
                self.stands_twice(&name);
            } else {
                record.asks.push((name, value));
            }
        } else if self.nth_is(1, ":") && self.word() == SCHEMA {
            let from = self.open();
            let name = self.any_word("the setting's name");
            self.bump();
            let ty = self.type_expr();
            self.close(from, SyntaxKind::Setting);
            if record.schema.is_some() {
                self.stands_twice(&name);
            } else {
                record.schema = Some((name, ty));
            }
        } else if self.nth_is(1, ":") {
            let message = format!("`{}` is a word of the language, and names no setting.", self.word());
            self.report(Diagnostic::error("E0116", span, message).help("Give the setting another name."));
            self.skip_line();
        } else {
            self.no_part(
                Some(&mut record.grants),
                "A process",
                &[],
                "cells, grants and settings `name: value`",
            );
        }
    }

    fn stands_twice(&mut self, name: &Name) {
        let message = format!("The setting `{}` stands twice.", name.text);
        self.report(Diagnostic::error("E0105", name.span, message).help("Take one of them out."));
    }

    /// `name: literal`: a field with a default.
    fn setting_field(&mut self) -> Option<Field> {
        let from = self.open();
        let start = self.start();
        let name = self.any_word("the setting's name");
        self.bump();
        let value = self.expr();
        self.close(from, SyntaxKind::Setting);
        if matches!(value.kind, ExprKind::Error) {
            return None;
        }
        let Some(ty) = self.plain_type(&value) else {
            self.report(
                Diagnostic::error(
                    "E0116",
                    value.span,
                    "The type of this setting is not plain from its text.",
                )
                .help(
                    "A setting is a number, a text, a Bool, or a list, tuple, set or map of these; what is \
                         computed is a parameter of a cell.",
                ),
            );
            return None;
        };
        let span = self.since(start);
        Some(Field {
            id: self.id(),
            attrs: Vec::new(),
            name,
            ty,
            default: Some(value),
            constraint: None,
            span,
        })
    }

    /// The type that a value made of literals has.
    fn plain_type(&mut self, value: &Expr) -> Option<TypeExpr> {
        let place = value.span.at_start();
        let (name, args) = match &value.kind {
            ExprKind::Int(_) => ("Int", Vec::new()),
            ExprKind::Float(_) => ("Float", Vec::new()),
            ExprKind::Bool(_) => ("Bool", Vec::new()),
            ExprKind::Str(_) | ExprKind::Template(_) => ("String", Vec::new()),
            ExprKind::Unary { operand, .. }
                if matches!(operand.kind, ExprKind::Int(_) | ExprKind::Float(_)) =>
            {
                return self.plain_type(operand);
            }
            ExprKind::List(parts) | ExprKind::Set(parts) => {
                let name = if matches!(value.kind, ExprKind::List(_)) { "list" } else { "set" };
                let Element::Value(first) = parts.first()? else { return None };
                (name, vec![self.plain_type(first)?])
            }
            ExprKind::Map(parts) => match parts.first()? {
                MapElement::Pair(key, value) => ("map", vec![self.plain_type(key)?, self.plain_type(value)?]),
                MapElement::Spread(_) => return None,
            },
            ExprKind::Tuple(parts) => {
                let parts = parts.iter().map(|part| self.plain_type(part)).collect::<Option<Vec<_>>>()?;
                return Some(TypeExpr { id: self.id(), span: place, kind: TypeExprKind::Tuple(parts) });
            }
            _ => return None,
        };
        let path = Path { parts: vec![Name { text: name.to_string(), span: place }], span: place };
        Some(TypeExpr { id: self.id(), span: place, kind: TypeExprKind::Path { path, args } })
    }

    /// The cells of these processes take `self` whether they say so or not.
    fn give_self(&mut self, item: &mut Item) {
        let ItemKind::Cell(cell) = &mut item.kind else { return };
        if cell.sig.params.first().is_some_and(|param| param.is_self) {
            return;
        }
        let span = cell.sig.name.span.at_end();
        let param = Param {
            id: self.id(),
            name: Name { text: "self".to_string(), span },
            is_self: true,
            variadic: false,
            ty: None,
            default: None,
            span,
        };
        cell.sig.params.insert(0, param);
    }

    /// A grant, or a line that is no part of the process, which is reported and skipped.
    pub(super) fn no_part(&mut self, grants: Option<&mut Vec<Grant>>, of: &str, known: &[&str], parts: &str) {
        if let Some(grants) = grants
            && self.at("grant")
            && !self.nth_is(1, ":")
        {
            let from = self.open();
            let grant = self.grant();
            self.close(from, SyntaxKind::GrantDecl);
            grants.push(grant);
            return;
        }
        let span = self.span();
        if self.nth_is(1, ":") {
            let word = self.word();
            let help = match nearest(word, known.iter().copied()) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!("It has {parts}."),
            };
            self.report(
                Diagnostic::error("E0116", span, format!("{of} has no setting `{word}`.")).help(help),
            );
        } else {
            let message = format!("Expected a part of the process, found {}.", self.found());
            self.report(Diagnostic::error("E0006", span, message).help(format!("{of} has {parts}.")));
        }
        self.skip_line();
    }

    /// `machine NAME: BASE`: the process whose parts this one has, but for those that it says itself.
    pub(super) fn base(&mut self, what: &str) -> Option<Parent> {
        if !self.at(":") || self.at_line_start() {
            return None;
        }
        self.bump();
        let before = self.at;
        let named = self.name("the process that it goes on from");
        // Only what stands before: so no process goes on from itself.
        if let Some(head) = self.head_of(what, &named.text, before.saturating_sub(2)) {
            return Some(Parent { head, part: None });
        }
        for (part, (_, text)) in self.earlier.iter().enumerate().rev() {
            if !text.contains(&named.text) {
                continue;
            }
            let inner = Parser::new(self.file, text, 0, None, self.ids, false, false);
            if let Some(head) = inner.head_of(what, &named.text, inner.tokens.len()) {
                return Some(Parent { head, part: Some(part) });
            }
        }
        // Who only looks at the layout sees one fence.
        if !named.text.is_empty() && self.tree.is_none() {
            let message = format!("There is no {what} `{}` before this one.", named.text);
            self.report(
                Diagnostic::error("E0100", named.span, message)
                    .help("A process goes on from one of its kind that stands before it in the same file."),
            );
        }
        None
    }

    /// The last token before `before` that begins a process of this kind and name.
    fn head_of(&self, what: &str, name: &str, before: usize) -> Option<usize> {
        let word = |at: usize| self.tokens.get(at).map_or("", |token| self.text_of(*token));
        (0..before).rev().find(|at| {
            let begins = at.checked_sub(1).and_then(|last| self.tokens.get(last)).is_none_or(|last| {
                self.tokens.get(*at).is_some_and(|token| token.line > last.line)
                    || self.text_of(*last) == "pub"
            });
            word(*at) == what && word(at + 1) == name && begins
        })
    }

    /// Reads a process's members again, for one that goes on from it, and so on to the first of them. `read` is given
    /// the head, which stands behind the name, and gives the base of that one.
    pub(super) fn go_on_from(
        &mut self,
        base: Parent,
        mut read: impl FnMut(&mut Parser<'_>, usize, Name) -> Option<Parent>,
    ) {
        let mut next = Some(base);
        // What is said of the base is said where it stands.
        let (at, reported, found) = (self.at, self.reported.clone(), self.diagnostics.len());
        let (tree, missing) = (self.tree.take(), self.missing_end);
        let statement_at = self.statement_at;
        while let Some(Parent { head, part }) = next {
            let Some(part) = part else {
                self.at = head + 1;
                let name = self.name("a name");
                next = read(self, head, name);
                continue;
            };
            let Some((offset, text)) = self.earlier.get(part).copied() else { break };
            let mut inner =
                Parser::new(self.file, text, offset, self.fence, self.ids, self.by_indentation, false);
            inner.earlier = self.earlier.get(..part).unwrap_or_default();
            inner.at = head + 1;
            let name = inner.name("a name");
            // What it goes on from in its turn stands in its own part, or before that.
            next = read(&mut inner, head, name).map(|base| Parent { part: base.part.or(Some(part)), ..base });
        }
        self.at = at;
        self.tree = tree;
        self.missing_end = missing;
        self.statement_at = statement_at;
        self.reported = reported;
        self.diagnostics.truncate(found);
    }

    pub(super) fn not_built(&mut self, span: Span, what: &str) {
        let message = format!("The language has {what}, but this version does not build them yet.");
        self.report(Diagnostic::error("E0126", span, message).help("Rewrite this part without it."));
    }
}
