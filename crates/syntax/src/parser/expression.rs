//! Primary expressions: literals, names, brackets.

use super::{Parser, exact};
use crate::ast::*;
use crate::diagnostic::Diagnostic;
use crate::kind::SyntaxKind;

impl Parser<'_> {
    pub(super) fn error_expr(&mut self, start: u32) -> Expr {
        Expr { id: self.id(), span: self.since(start), kind: ExprKind::Error }
    }

    pub(super) fn make(&mut self, start: u32, kind: ExprKind) -> Expr {
        Expr { id: self.id(), span: self.since(start), kind }
    }

    pub(super) fn primary(&mut self) -> Expr {
        let from = self.open();
        let start = self.start();
        let Some(token) = self.peek() else {
            self.expected("E0010", "an expression");
            return self.error_expr(start);
        };
        use SyntaxKind as K;
        let (kind, node) = match (token.kind, self.text_of(token)) {
            (K::Int | K::Float | K::String | K::RawString | K::BytesLit, _)
            | (K::Keyword, "true" | "false" | "null") => {
                return self.literal_expr();
            }
            (K::Ident, "r") if self.nth(1).is_some_and(|t| t.kind == K::String && t.start == token.end) => {
                return self.literal_expr();
            }
            (K::Ident, "role")
                if self.nth(1).is_some_and(|t| t.kind == K::Ident)
                    && self.nth_is(2, ":")
                    && !self.line_between(1) =>
            {
                (self.role(), K::RoleExpr)
            }
            (K::Ident, name) => {
                self.bump();
                (ExprKind::Name(name.to_string()), K::NameExpr)
            }
            (K::Punct, "(") => self.paren(),
            (K::Punct, "[") => self.list(),
            (K::Punct, "{") => self.braces(),
            (K::Keyword, "fn") => self.lambda(),
            (K::Keyword, "cell") => self.lambda(),
            (K::Keyword, "if") => (self.if_expr(), K::IfExpr),
            (K::Keyword, "match") => (self.match_expr(), K::MatchExpr),
            (K::Keyword, "when") => (self.when_expr(), K::WhenExpr),
            (K::Keyword, "loop") => {
                let opener = self.at;
                self.bump();
                let label = self.label();
                let body = self.block_from(opener, "loop");
                (ExprKind::Loop { label, body: Box::new(body) }, K::LoopExpr)
            }
            (K::Keyword, "do") => {
                let opener = self.at;
                self.bump();
                (ExprKind::Do(Box::new(self.block_from(opener, "do"))), K::DoExpr)
            }
            (K::Keyword, "upsert") => (self.upsert(), K::UpsertExpr),
            (K::Keyword, "perform") => (self.perform_expr(), K::PerformExpr),
            (K::Keyword, "handle") => (self.handle_expr(), K::HandleExpr),
            (K::Keyword, "comptime") => {
                let opener = self.at;
                self.bump();
                (ExprKind::Comptime(Box::new(self.block_from(opener, "comptime"))), K::ComptimeExpr)
            }
            (K::Unknown, _) => {
                self.bump();
                (ExprKind::Error, K::ErrorNode)
            }
            _ => {
                self.expected("E0010", "an expression");
                // `|x| x + 1`: what follows is no expression of its own.
                if self.at("|") && !self.ignore_newlines {
                    self.skip_line();
                }
                return self.error_expr(start);
            }
        };
        self.close(from, node);
        self.make(start, kind)
    }

    fn paren(&mut self) -> (ExprKind, SyntaxKind) {
        let open = self.span();
        self.bump();
        self.with_newlines(true, |p| {
            let mut items = Vec::new();
            let mut comma = false;
            while !p.at_end() && !p.at(")") {
                items.push(p.expr());
                if !p.eat(",") {
                    break;
                }
                comma = true;
            }
            p.expect_close(")", open);
            match items.pop() {
                Some(only) if items.is_empty() && !comma => (only.kind, SyntaxKind::ParenExpr),
                Some(last) => {
                    items.push(last);
                    (ExprKind::Tuple(exact(items)), SyntaxKind::TupleExpr)
                }
                None => (ExprKind::Tuple(exact(items)), SyntaxKind::TupleExpr),
            }
        })
    }

    fn element(&mut self) -> Element {
        if self.eat("...") {
            return Element::Spread(self.expr());
        }
        Element::Value(self.expr())
    }

    fn clauses(&mut self) -> Vec<Clause> {
        let mut clauses = Vec::new();
        while self.at("for") {
            let from = self.open();
            self.bump();
            let pattern = self.loop_pattern();
            self.expect("in");
            let iterable = self.expr();
            let condition = self.eat("if").then(|| self.expr());
            self.close(from, SyntaxKind::Clause);
            clauses.push(Clause { pattern, iterable, condition });
        }
        clauses
    }

    fn list(&mut self) -> (ExprKind, SyntaxKind) {
        let open = self.span();
        self.bump();
        let kind = self.with_newlines(true, |p| {
            let mut items = Vec::new();
            while !p.at_end() && !p.at("]") {
                items.push(p.element());
                if p.at("for")
                    && let [Element::Value(_)] = items.as_slice()
                    && let Some(Element::Value(element)) = items.pop()
                {
                    let clauses = p.clauses();
                    p.expect_close("]", open);
                    return ExprKind::ListComprehension { element: Box::new(element), clauses };
                }
                if !p.eat(",") {
                    break;
                }
            }
            p.expect_close("]", open);
            ExprKind::List(exact(items))
        });
        (kind, SyntaxKind::ListExpr)
    }

    fn braces(&mut self) -> (ExprKind, SyntaxKind) {
        let open = self.span();
        self.bump();
        let kind = self.with_newlines(true, |p| {
            if p.eat("}") {
                return ExprKind::Map(Vec::new());
            }
            let mut values = Vec::new();
            let mut pairs = Vec::new();
            while !p.at_end() && !p.at("}") {
                match p.element() {
                    Element::Spread(value) if !pairs.is_empty() => pairs.push(MapElement::Spread(value)),
                    Element::Value(key) if p.at(":") => {
                        p.bump();
                        let value = p.expr();
                        if pairs.is_empty() && p.at("for") {
                            let clauses = p.clauses();
                            p.expect_close("}", open);
                            return ExprKind::MapComprehension { entry: Box::new((key, value)), clauses };
                        }
                        // A spread before the first pair belongs to the map.
                        for element in values.drain(..) {
                            match element {
                                Element::Spread(value) => pairs.push(MapElement::Spread(value)),
                                Element::Value(value) => {
                                    p.report(Diagnostic::error(
                                        "E0011",
                                        value.span,
                                        "This entry of the map has no `: value`.",
                                    ));
                                }
                            }
                        }
                        pairs.push(MapElement::Pair(key, value));
                    }
                    Element::Value(value) if values.is_empty() && pairs.is_empty() && p.at("for") => {
                        let clauses = p.clauses();
                        p.expect_close("}", open);
                        return ExprKind::SetComprehension { element: Box::new(value), clauses };
                    }
                    element => {
                        if !pairs.is_empty() {
                            p.expected("E0011", "`:` and the value");
                        }
                        values.push(element);
                    }
                }
                if !p.eat(",") {
                    break;
                }
            }
            p.expect_close("}", open);
            if pairs.is_empty() { ExprKind::Set(exact(values)) } else { ExprKind::Map(exact(pairs)) }
        });
        (kind, SyntaxKind::BraceExpr)
    }
}
