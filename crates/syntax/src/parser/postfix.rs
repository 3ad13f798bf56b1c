//! What follows an operand: fields, calls, indexes, casts.

use super::operator::{CHAIN_MAX, power};
use super::{HEIGHT_MAX, Parser, exact};
use crate::ast::*;
use crate::diagnostic::Diagnostic;
use crate::kind::SyntaxKind;

impl Parser<'_> {
    pub(super) fn postfix(&mut self) -> Expr {
        let from = self.open();
        let start = self.start();
        let mut expr = self.primary();
        let mut chain = 0;
        loop {
            if self.at_line_start() && !self.at_any(&[".", "?."]) {
                break;
            }
            chain += 1;
            self.height += 1;
            if chain > CHAIN_MAX || self.height > HEIGHT_MAX {
                let span = self.span();
                self.report(Diagnostic::error(
                    "E0016",
                    span,
                    format!("More than {CHAIN_MAX} calls are chained."),
                ));
                while !self.at_end() {
                    self.bump();
                }
                break;
            }
            if self.kind() == Some(SyntaxKind::Punct) {
                match self.word() {
                    "." | "?." => {
                        let optional = self.at("?.");
                        self.bump();
                        if self.kind() == Some(SyntaxKind::Float) {
                            expr = self.nested_positions(expr, start);
                        } else {
                            let name = self.any_word("a field or method after `.`");
                            expr = self.make(
                                start,
                                ExprKind::Field { base: Box::new(expr), name: Box::new(name), optional },
                            );
                        }
                        self.close(from, SyntaxKind::FieldExpr);
                    }
                    "(" => {
                        expr = self.call(expr, Vec::new(), start);
                        self.close(from, SyntaxKind::CallExpr);
                    }
                    "[" if self.type_arguments_ahead() => {
                        let type_args = self.types("]");
                        expr = self.call(expr, type_args, start);
                        self.close(from, SyntaxKind::CallExpr);
                    }
                    "[" | "?[" => {
                        expr = self.index(expr, start);
                        self.close(from, SyntaxKind::IndexExpr);
                    }
                    "?" => {
                        self.bump();
                        expr = self.make(start, ExprKind::Try(Box::new(expr)));
                        self.close(from, SyntaxKind::TryExpr);
                    }
                    "!" => {
                        self.bump();
                        expr = self.make(start, ExprKind::Unwrap(Box::new(expr)));
                        self.close(from, SyntaxKind::UnwrapExpr);
                    }
                    _ => break,
                }
            } else if self.at("as") {
                self.bump();
                let ty = self.type_atom();
                expr = self.make(start, ExprKind::Cast { value: Box::new(expr), ty: Box::new(ty) });
                self.close(from, SyntaxKind::CastExpr);
            } else if self.at("expect") && self.nth_is(1, "schema") {
                self.bump();
                self.bump();
                let ty = self.type_atom();
                expr = self.make(start, ExprKind::ExpectSchema { value: Box::new(expr), ty: Box::new(ty) });
                self.close(from, SyntaxKind::SchemaExpr);
            } else if self.at("do") && self.nth_is(1, "|") && matches!(expr.kind, ExprKind::Call { .. }) {
                let lambda = self.trailing_lambda();
                if let ExprKind::Call { args, .. } = &mut expr.kind {
                    args.push(Arg { name: None, spread: false, value: lambda });
                }
                expr.span = self.since(start);
                self.close(from, SyntaxKind::CallExpr);
            } else {
                break;
            }
        }
        expr
    }

    /// `t.0.1`: the lexer sees a float behind the dot.
    fn nested_positions(&mut self, mut base: Expr, start: u32) -> Expr {
        let span = self.span();
        let text = self.word().to_string();
        self.bump();
        for part in text.split('.') {
            let name = Name { text: part.to_string(), span };
            base = self
                .make(start, ExprKind::Field { base: Box::new(base), name: Box::new(name), optional: false });
        }
        base
    }

    /// `f[T](...)`: a bracket of types directly followed by a call. Values in brackets are lower-case, types not.
    fn type_arguments_ahead(&self) -> bool {
        // Only what a call follows is read, so that open brackets are not read again and again.
        let close = self.closer(self.at);
        let called = close > self.at
            && matches!((self.tokens.get(close), self.tokens.get(close + 1)), (Some(a), Some(b))
                if a.end == b.start && self.text_of(*b) == "(");
        if !self.at("[") || !called {
            return false;
        }
        let mut depth = 0usize;
        let mut n = 0;
        while let Some(token) = self.nth(n) {
            let text = self.text_of(token);
            match (token.kind, text) {
                (SyntaxKind::Punct, "[" | "(" | "{") => depth += 1,
                (SyntaxKind::Punct, "]" | ")" | "}") => {
                    depth -= 1;
                    if depth == 0 {
                        return n > 1
                            && self.nth_is(n + 1, "(")
                            && self.nth(n + 1).is_some_and(|t| t.start == token.end);
                    }
                }
                (SyntaxKind::Punct, "," | "?" | "|" | "." | ":" | "->" | "/") => {}
                (SyntaxKind::Keyword, "fn" | "null") => {}
                (SyntaxKind::Ident, name) => {
                    let type_name = name.starts_with(|c: char| c.is_ascii_uppercase())
                        || matches!(
                            name,
                            "list" | "map" | "set" | "tuple" | "result" | "int" | "float" | "string" | "bool"
                        )
                        || self.nth_is(n + 1, ":");
                    if !type_name {
                        return false;
                    }
                }
                _ => return false,
            }
            n += 1;
        }
        false
    }

    fn call(&mut self, callee: Expr, type_args: Vec<TypeExpr>, start: u32) -> Expr {
        let args = self.args();
        self.make(start, ExprKind::Call { callee: Box::new(callee), type_args: type_args.into(), args })
    }

    pub(super) fn args(&mut self) -> Vec<Arg> {
        let from = self.open();
        let open = self.span();
        self.bump();
        let args = self.with_newlines(true, |p| {
            let mut args = Vec::with_capacity(usize::from(!p.at(")")));
            while !p.at_end() && !p.at(")") {
                let before = p.at;
                let node = p.open();
                let named =
                    p.nth_is(1, ":") && matches!(p.kind(), Some(SyntaxKind::Ident | SyntaxKind::Keyword));
                let name = named.then(|| {
                    let name = p.any_word("an argument's name");
                    p.bump();
                    name
                });
                let spread = p.eat("...");
                let value = p.expr();
                p.close(node, SyntaxKind::Arg);
                args.push(Arg { name, spread, value });
                if !p.eat(",") {
                    if p.at(")")
                        || p.at_end()
                        || p.at == before
                        || !p.starts_expression()
                        || p.newline_before()
                    {
                        break;
                    }
                    p.expect(",");
                }
            }
            p.expect_close(")", open);
            exact(args)
        });
        self.close(from, SyntaxKind::Args);
        args
    }

    fn starts_expression(&self) -> bool {
        match self.kind() {
            Some(SyntaxKind::Punct) => self.at_any(&["(", "[", "{", "-", "~"]),
            Some(SyntaxKind::Keyword) => self
                .at_any(&["if", "match", "when", "fn", "not", "true", "false", "null", "loop", "do", "try"]),
            Some(_) => true,
            None => false,
        }
    }

    fn index(&mut self, base: Expr, start: u32) -> Expr {
        let optional = self.at("?[");
        let open = self.span();
        self.bump();
        let kind = self.with_newlines(true, |p| {
            let base = Box::new(base);
            if p.at_any(&["..", "..="]) {
                let inclusive = p.at("..=");
                p.bump();
                let end = (!p.at("]")).then(|| Box::new(p.expr()));
                p.expect_close("]", open);
                return ExprKind::Slice { base, start: None, end, inclusive };
            }
            let from = p.open();
            let first = p.expr_above(power::RANGE);
            if p.at_any(&["..", "..="]) {
                let inclusive = p.at("..=");
                p.bump();
                let end = (!p.at("]")).then(|| Box::new(p.expr()));
                p.expect_close("]", open);
                return ExprKind::Slice { base, start: Some(Box::new(first)), end, inclusive };
            }
            // What binds looser than a range: a mask with comparisons, a condition.
            let index = p.operators(first, from, 0);
            p.expect_close("]", open);
            ExprKind::Index { base, index: Box::new(index), optional }
        });
        self.make(start, kind)
    }
}
