//! Expressions with blocks: `if`, `match`, `when`, and lambdas.

use super::{Parser, exact};
use crate::ast::*;
use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::kind::SyntaxKind;

impl Parser<'_> {
    pub(super) fn lambda(&mut self) -> (ExprKind, SyntaxKind) {
        let opener = self.at;
        self.bump();
        let (params, ret) = self.params_and_return();
        let (body, _) = self.function_body(|p| {
            if !p.eat("=>") {
                return LambdaBody::Block(p.block_from(opener, "fn"));
            }
            match p.at("{") && p.nth(1).is_some_and(|t| t.kind == SyntaxKind::Ident) && p.nth_assigns(2) {
                true => LambdaBody::Block(p.brace_block()),
                false => LambdaBody::Expr(p.expr()),
            }
        });
        (
            ExprKind::Lambda { params: params.into(), ret: ret.map(Box::new), body: Box::new(body) },
            SyntaxKind::LambdaExpr,
        )
    }

    fn nth_assigns(&self, n: usize) -> bool {
        ["=", "+=", "-=", "*=", "/="].iter().any(|op| self.nth_is(n, op))
    }

    /// `=> { x += 1 }`
    fn brace_block(&mut self) -> Block {
        let open = self.span();
        let start = self.start();
        let opener = self.at;
        self.bump();
        let block = self.block(opener, |p| p.at("}"));
        self.expect_close("}", open);
        Block { span: self.since(start), ..block }
    }

    /// `do |x, y| ... end` behind a call.
    pub(super) fn trailing_lambda(&mut self) -> Expr {
        let from = self.open();
        let start = self.start();
        let opener = self.at;
        self.bump();
        self.bump();
        let mut params = Vec::new();
        while !self.at_end() && !self.at("|") {
            let at = self.start();
            let name = self.name("a parameter");
            // A union type would swallow the closing bar.
            let ty = self.eat(":").then(|| self.type_atom());
            let is_self = false;
            params.push(Param {
                id: self.id(),
                name,
                is_self,
                variadic: false,
                ty,
                default: None,
                span: self.since(at),
            });
            if !self.eat(",") {
                break;
            }
        }
        self.expect("|");
        let (body, _) = self.function_body(|p| LambdaBody::Block(p.block_from(opener, "do")));
        self.close(from, SyntaxKind::LambdaExpr);
        self.make(start, ExprKind::Lambda { params: params.into(), ret: None, body: Box::new(body) })
    }

    /// What `body` takes as a function's own, and whether it yields.
    pub(super) fn function_body<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> (T, bool) {
        let outer = std::mem::replace(&mut self.yields, false);
        let taken = body(self);
        (taken, std::mem::replace(&mut self.yields, outer))
    }

    pub(super) fn if_expr(&mut self) -> ExprKind {
        let opener = self.at;
        self.bump();
        let condition = Box::new(self.condition());
        let then_word = self.eat("then");
        let then = Box::new(self.block(opener, |p| p.at_any(&["else", "elif"])));
        if self.at("elif") || (self.at("else") && self.nth_is(1, "if") && !self.line_after_next()) {
            let start = if self.at("elif") {
                self.start()
            } else {
                self.bump();
                self.start()
            };
            let chained = match self.nested(|p| {
                let from = p.open();
                let kind = p.if_expr();
                p.close(from, SyntaxKind::IfExpr);
                kind
            }) {
                Some(kind) => self.make(start, kind),
                None => self.error_expr(start),
            };
            return ExprKind::If { condition, then, otherwise: Some(Else::If(Box::new(chained))) };
        }
        let mut otherwise = None;
        if self.at("else") {
            let short = then_word && !self.line_after_next() && self.one_line_with_next(opener);
            self.bump();
            if short {
                let from = self.open();
                let start = self.start();
                let stmt = self.statement();
                self.close(from, SyntaxKind::Block);
                let block = Block { id: self.id(), stmts: vec![stmt], span: self.since(start) };
                if self.one_line_since(opener) {
                    if self.at("end") && !self.newline_before() {
                        self.bump();
                    }
                    return ExprKind::If { condition, then, otherwise: Some(Else::Block(Box::new(block))) };
                }
                otherwise = Some(Else::Block(Box::new(block)));
            } else {
                otherwise = Some(Else::Block(Box::new(self.block(opener, |_| false))));
            }
        }
        if !self.close_block(opener) {
            self.missing_end_of(opener, "if");
        }
        ExprKind::If { condition, then, otherwise }
    }

    /// Whether a newline stands behind the next token.
    fn line_after_next(&self) -> bool {
        match (self.nth(0), self.nth(1)) {
            (Some(a), Some(b)) => a.line != b.line,
            _ => true,
        }
    }

    fn one_line_with_next(&self, opener: usize) -> bool {
        match (self.tokens.get(opener), self.peek()) {
            (Some(a), Some(b)) => a.line == b.line,
            _ => false,
        }
    }

    /// What stands where an arm of a `match` is due.
    fn no_arm(&mut self) {
        let span = self.span();
        let message = format!("Expected an arm `pattern -> value`, found `{}`.", self.word());
        let mut found = Diagnostic::error("E0008", span, message);
        if self.at("case") {
            found = found.help("An arm begins with its pattern: `1 -> value`, `_ -> value`.");
        }
        self.report(found);
    }

    pub(super) fn match_expr(&mut self) -> ExprKind {
        let opener = self.at;
        self.bump();
        let subject = Box::new(self.expr());
        let mut arms = Vec::new();
        self.with_newlines(false, |p| {
            loop {
                if p.at_end() || p.at("end") || p.belongs_left_of(opener) {
                    break;
                }
                if !p.arm_ahead() {
                    p.no_arm();
                    p.skip_line();
                    continue;
                }
                let before = p.at;
                arms.push(p.arm(opener));
                p.leave(before);
            }
        });
        if !self.close_block(opener) {
            self.missing_end_of(opener, "match");
        }
        ExprKind::Match { subject, arms: exact(arms) }
    }

    pub(super) fn belongs_left_of(&self, opener: usize) -> bool {
        self.by_indentation && self.newline_before() && self.column() <= self.line_column_of(opener)
    }

    fn arm(&mut self, opener: usize) -> Arm {
        let from = self.open();
        let start = self.start();
        // The pattern may start the line.
        let pattern = self.with_newlines(true, |p| p.pattern());
        let guard = (self.at("if") && !self.newline_before()).then(|| {
            self.bump();
            Box::new(self.expr())
        });
        if self.at("=>") {
            let span = self.span();
            let fix = vec![Edit { span, text: "->".to_string() }];
            let found = Diagnostic::error("E0008", span, "An arm is `pattern -> value`, found `=>`.");
            self.report(found.fix("Write `->`", Applicability::Safe, fix));
            self.bump();
        } else if !self.eat("->") {
            let span = self.behind();
            self.report(
                Diagnostic::error("E0011", span, format!("Expected `->`, found {}.", self.found())).fix(
                    "Insert `->`",
                    Applicability::Safe,
                    vec![Edit { span: span.at_end(), text: " ->".into() }],
                ),
            );
        }
        let body = self.block(opener, |p| p.newline_before() && p.arm_ahead());
        self.close(from, SyntaxKind::Arm);
        Arm { pattern, guard, body, span: self.since(start) }
    }

    /// Whether the next line starts `pattern ->` or `pattern if`: only tokens of patterns stand before the mark.
    fn arm_ahead(&self) -> bool {
        let mut depth = 0usize;
        let mut n = 0;
        while let Some(token) = self.nth(n) {
            if n > 0 && depth == 0 && self.nth(n - 1).is_some_and(|last| last.line != token.line) {
                return false;
            }
            match (token.kind, self.text_of(token)) {
                // `=>` is reported there.
                (SyntaxKind::Punct, "->" | "=>") if depth == 0 => return n > 0,
                (SyntaxKind::Keyword, "if") if depth == 0 => return n > 0,
                (SyntaxKind::Punct, "(" | "[") => depth += 1,
                (SyntaxKind::Punct, ")" | "]") => match depth.checked_sub(1) {
                    Some(d) => depth = d,
                    None => return false,
                },
                (SyntaxKind::Punct, "." | "-" | "|" | ".." | "..=" | ":" | "," | "..." | "?" | "??") => {}
                (SyntaxKind::Keyword, "as" | "true" | "false" | "null") => {}
                (
                    SyntaxKind::Ident
                    | SyntaxKind::Int
                    | SyntaxKind::Float
                    | SyntaxKind::String
                    | SyntaxKind::RawString
                    | SyntaxKind::BytesLit,
                    _,
                ) => {}
                _ => return false,
            }
            n += 1;
        }
        false
    }

    pub(super) fn when_expr(&mut self) -> ExprKind {
        let opener = self.at;
        self.bump();
        let mut arms = Vec::new();
        self.with_newlines(false, |p| {
            while !p.at_end() && !p.at("end") && !p.belongs_left_of(opener) {
                let before = p.at;
                let from = p.open();
                let condition = if p.at("_") {
                    p.bump();
                    None
                } else {
                    Some(p.expr())
                };
                p.expect("->");
                let value = p.expr();
                p.close(from, SyntaxKind::Arm);
                arms.push((condition, value));
                if !p.at("end") {
                    p.end_of_statement();
                }
                p.leave(before);
            }
        });
        if !self.close_block(opener) {
            self.missing_end_of(opener, "when");
        }
        ExprKind::When { arms: exact(arms) }
    }
}
