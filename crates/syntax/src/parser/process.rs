//! `agent`, `orchestration` and `guardrail`: cells under a name, with settings, and grants that narrow what they may do;
//! and what all processes share.

use super::Parser;
use crate::ast::*;
use crate::diagnostic::Diagnostic;
use crate::kind::SyntaxKind;
use crate::suggest::nearest;
use crate::text::Span;

/// Settings that only have a meaning where a model answers.
const OF_MODELS: &[&str] =
    &["model", "temperature", "max_tokens", "prompt", "system", "tools", "role", "schema", "stages"];

impl Parser<'_> {
    /// `agent NAME … end`: a record with a field for each setting, whose cells all take `self`.
    pub(super) fn agent(&mut self) -> Record {
        let opener = self.at;
        let what = self.word();
        self.bump();
        let name = self.name("the process's name");
        self.no_base("processes");
        let mut record = Record::empty(name);
        self.members(opener, what, |p| {
            p.statement_at = Some(p.at);
            let span = p.span();
            if p.cell_ahead() {
                let mut cell = p.item();
                p.give_self(&mut cell);
                record.cells.push(cell);
            } else if p.kind() == Some(SyntaxKind::Ident)
                && p.nth_is(1, ":")
                && !OF_MODELS.contains(&p.word())
            {
                let field = p.setting_field();
                record.fields.extend(field);
            } else if p.nth_is(1, ":") {
                p.not_built(span, &format!("the setting `{}` of processes", p.word()));
                p.skip_line();
            } else {
                p.no_part(
                    Some(&mut record.grants),
                    "A process",
                    &[],
                    "cells, grants and settings `name: value`",
                );
            }
        });
        record
    }

    /// `name: literal`: a field with a default.
    fn setting_field(&mut self) -> Option<Field> {
        let from = self.open();
        let start = self.start();
        let name = self.any_word("the setting's name");
        self.bump();
        let value = self.expr();
        self.close(from, SyntaxKind::Setting);
        let ty = match &value.kind {
            ExprKind::Int(_) => "Int",
            ExprKind::Float(_) => "Float",
            ExprKind::Bool(_) => "Bool",
            ExprKind::Str(_) => "String",
            ExprKind::Error => return None,
            _ => {
                self.not_built(value.span, "settings that are no number, text or Bool");
                return None;
            }
        };
        let place = value.span.at_start();
        let path = Path { parts: vec![Name { text: ty.to_string(), span: place }], span: place };
        let ty = TypeExpr { id: self.id(), span: place, kind: TypeExprKind::Path { path, args: Vec::new() } };
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

    /// `machine NAME: BASE`
    pub(super) fn no_base(&mut self, what: &str) {
        if self.at(":") && !self.at_line_start() {
            self.not_built(self.span(), &format!("{what} that go on from another"));
            self.bump();
            self.name("a name");
        }
    }

    pub(super) fn not_built(&mut self, span: Span, what: &str) {
        let message = format!("The language has {what}, but this version does not build them yet.");
        self.report(Diagnostic::error("E0126", span, message).help("Rewrite this part without it."));
    }
}
