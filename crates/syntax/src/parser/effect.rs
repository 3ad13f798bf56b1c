//! Effects: their declaration, handlers, `perform` and `handle … with`.

use super::Parser;
use crate::ast::*;
use crate::diagnostic::Diagnostic;
use crate::kind::SyntaxKind;

impl Parser<'_> {
    pub(super) fn effect(&mut self) -> Effect {
        let opener = self.at;
        self.bump();
        let name = self.name("the effect's name");
        let mut operations = Vec::new();
        self.members(opener, "effect", |p| match p.at_any(&["cell", "async"]) {
            true => operations.push(Cell { sig: p.sig(), body: CellBody::None, yields: false }),
            false => p.no_clause("an operation, `cell name(x: T) -> U`"),
        });
        Effect { name, operations }
    }

    pub(super) fn handler(&mut self) -> Handler {
        let opener = self.at;
        self.bump();
        let name = self.name("the handler's name");
        let mut clauses = Vec::new();
        self.members(opener, "handler", |p| match p.at("handle") {
            true => clauses.push(p.handler_clause()),
            false => p.no_clause("a clause, `handle Effect.operation(x) … end`"),
        });
        Handler { name, clauses }
    }

    /// Skips a line that is no member of the declaration around it.
    fn no_clause(&mut self, what: &str) {
        let (span, found) = (self.span(), self.word().to_string());
        self.report(
            Diagnostic::error("E0011", span, format!("Expected {what}, found `{found}`."))
                .help("Close the declaration with `end` before it, or take it out."),
        );
        self.skip_line();
    }

    /// `handle Log.write(line: String) -> Null … end`
    fn handler_clause(&mut self) -> HandlerClause {
        let from = self.open();
        let start = self.start();
        let opener = self.at;
        self.statement_at = Some(self.at);
        self.expect("handle");
        let name = self.path("the operation that is handled");
        let (params, ret) = self.params_and_return();
        let sig = Sig {
            id: self.id(),
            is_async: false,
            name,
            type_params: Vec::new(),
            params,
            ret: None,
            row: None,
            span: self.since(start),
        };
        let (block, yields) = self.function_body(|p| p.block_from(opener, "handle"));
        self.close(from, SyntaxKind::HandlerClause);
        let cell = Cell { sig, body: CellBody::Block(block), yields };
        HandlerClause { id: self.id(), cell, ret, span: self.since(start) }
    }

    pub(super) fn perform_expr(&mut self) -> ExprKind {
        self.bump();
        let path = self.path("the operation, `Effect.name`");
        let args = if self.at("(") && !self.at_line_start() {
            self.args()
        } else {
            self.expected("E0011", "`(` and the arguments");
            Vec::new()
        };
        ExprKind::Perform { path: Box::new(path), args }
    }

    pub(super) fn handle_expr(&mut self) -> ExprKind {
        let opener = self.at;
        self.bump();
        let (body, _) = self.function_body(|p| Box::new(p.block(opener, |p| p.at("with"))));
        if !self.at("with") {
            self.expected("E0011", "`with` and what handles the effects");
            if !self.close_block(opener) {
                self.missing_end_of(opener, "handle");
            }
            return ExprKind::Handle { body, with: Box::new(With::Clauses(Vec::new())) };
        }
        self.bump();
        let with = self.with_newlines(false, |p| {
            if p.handler_ahead() {
                p.statement_at = Some(p.at);
                return With::Handler(p.with_newlines(true, |p| p.path("a handler")));
            }
            let mut clauses = Vec::new();
            while !p.at_end() && !p.at("end") && !p.belongs_left_of(opener) {
                let before = p.at;
                p.statement_at = Some(p.at);
                if p.clause_ahead() {
                    clauses.push(p.with_clause(opener));
                } else {
                    let message =
                        format!("Expected a clause `Effect.operation(x) => value`, found {}.", p.found());
                    let span = p.span();
                    p.report(Diagnostic::error("E0011", span, message));
                    p.skip_line();
                }
                p.leave(before);
            }
            With::Clauses(clauses)
        });
        if !self.close_block(opener) {
            self.missing_end_of(opener, "handle");
        }
        ExprKind::Handle { body, with: Box::new(with) }
    }

    fn with_clause(&mut self, opener: usize) -> WithClause {
        let from = self.open();
        let start = self.start();
        self.statement_at = Some(self.at);
        // The path may start the line.
        let (path, params) = self.with_newlines(true, |p| (p.path("an operation"), p.params()));
        self.expect("=>");
        let (body, _) = self.function_body(|p| p.block(opener, |p| p.newline_before() && p.clause_ahead()));
        self.close(from, SyntaxKind::WithClause);
        WithClause { id: self.id(), path, params, body, span: self.since(start) }
    }

    /// Whether a declared handler is named here: a path, and nothing behind it.
    fn handler_ahead(&self) -> bool {
        let last = self.path_ahead();
        let line = |n: usize| self.nth(n).map(|t| t.line);
        self.nth(last).is_some_and(|t| t.kind == SyntaxKind::Ident)
            && (self.nth_is(last + 1, "end") || line(last + 1) != line(last))
    }

    /// How many tokens stand before the last name of a path.
    fn path_ahead(&self) -> usize {
        let mut n = 0;
        while self.nth(n).is_some_and(|t| t.kind == SyntaxKind::Ident) && self.nth_is(n + 1, ".") {
            n += 2;
        }
        n
    }

    /// Whether a clause starts here: `path(…) =>`.
    fn clause_ahead(&self) -> bool {
        let n = self.path_ahead();
        if self.nth(n).is_none_or(|t| !matches!(t.kind, SyntaxKind::Ident | SyntaxKind::Keyword))
            || !self.nth_is(n + 1, "(")
        {
            return false;
        }
        let open = self.at + n + 1;
        let close = self.closer(open);
        close > open && self.nth_is(close + 1 - self.at, "=>")
    }
}
