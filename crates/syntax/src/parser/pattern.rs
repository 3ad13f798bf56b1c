//! Patterns and types.

use super::{DEPTH_MAX, Parser, exact};
use crate::ast::{Expr, ExprKind, ListPattern, Name, Pattern, PatternKind, TypeExpr, TypeExprKind};
use crate::diagnostic::Diagnostic;
use crate::kind::SyntaxKind;

impl Parser<'_> {
    pub(super) fn pattern(&mut self) -> Pattern {
        let start = self.start();
        self.nested(Self::pattern_inner).unwrap_or_else(|| self.error_pattern(start))
    }

    fn error_pattern(&mut self, start: u32) -> Pattern {
        Pattern { id: self.id(), span: self.since(start), kind: PatternKind::Error }
    }

    fn pattern_inner(&mut self) -> Pattern {
        let from = self.open();
        let start = self.start();
        let first = self.pattern_alternative();
        let mut pattern = if self.at("|") && !self.at_line_start() {
            let mut alternatives = vec![first];
            while !self.at_line_start() && self.eat("|") {
                alternatives.push(self.pattern_alternative());
            }
            Pattern { id: self.id(), span: self.since(start), kind: PatternKind::Or(alternatives) }
        } else {
            first
        };
        if self.at("as") && !self.at_line_start() {
            self.bump();
            let name = self.name("a name after `as`");
            pattern = Pattern {
                id: self.id(),
                span: self.since(start),
                kind: PatternKind::As(Box::new(pattern), Box::new(name)),
            };
        }
        self.close(from, SyntaxKind::Pattern);
        pattern
    }

    fn pattern_alternative(&mut self) -> Pattern {
        let start = self.start();
        let kind = self.pattern_kind();
        Pattern { id: self.id(), span: self.since(start), kind }
    }

    fn pattern_kind(&mut self) -> PatternKind {
        let Some(token) = self.peek().filter(|_| !self.at_line_start()) else {
            self.expected("E0008", "a pattern");
            return PatternKind::Error;
        };
        match (token.kind, self.text_of(token)) {
            (SyntaxKind::Ident, "_") if !self.nth_is(1, ":") => {
                self.bump();
                PatternKind::Wildcard
            }
            (
                SyntaxKind::Int
                | SyntaxKind::Float
                | SyntaxKind::String
                | SyntaxKind::RawString
                | SyntaxKind::BytesLit,
                _,
            )
            | (SyntaxKind::Punct, "-")
            | (SyntaxKind::Keyword, "true" | "false" | "null") => {
                let literal = self.pattern_literal();
                if !self.at_line_start() && self.at_any(&["..", "..="]) {
                    let inclusive = self.at("..=");
                    self.bump();
                    let end = self.pattern_literal();
                    return PatternKind::Range { start: Box::new(literal), end: Box::new(end), inclusive };
                }
                PatternKind::Literal(Box::new(literal))
            }
            (SyntaxKind::Punct, "(") => {
                let open = self.span();
                self.bump();
                self.with_newlines(true, |p| {
                    let mut items = Vec::new();
                    let mut comma = false;
                    while !p.at_end() && !p.at(")") {
                        items.push(p.pattern());
                        if !p.eat(",") {
                            break;
                        }
                        comma = true;
                    }
                    p.expect_close(")", open);
                    match items.len() {
                        1 if !comma => items.pop().map_or(PatternKind::Error, |p| p.kind),
                        _ => PatternKind::Tuple(exact(items)),
                    }
                })
            }
            (SyntaxKind::Punct, "[") => {
                let open = self.span();
                self.bump();
                self.with_newlines(true, |p| {
                    let mut items = Vec::new();
                    let mut rest = false;
                    while !p.at_end() && !p.at("]") {
                        if p.at("...") {
                            let span = p.span();
                            p.bump();
                            if std::mem::replace(&mut rest, true) {
                                p.report(Diagnostic::error(
                                    "E0008",
                                    span,
                                    "A list pattern has at most one `...`.",
                                ));
                            }
                            let name = (p.kind() == Some(SyntaxKind::Ident)).then(|| p.name("a name"));
                            let name = name.filter(|n| n.text != "_");
                            items.push(ListPattern::Rest(name, p.id()));
                        } else {
                            items.push(ListPattern::Item(p.pattern()));
                        }
                        if !p.eat(",") {
                            break;
                        }
                    }
                    p.expect_close("]", open);
                    PatternKind::List { items: exact(items) }
                })
            }
            (SyntaxKind::Ident, word) => {
                let upper = word.starts_with(|c: char| c.is_ascii_uppercase());
                if upper || self.nth_is(1, ".") || (self.nth_is(1, "(") && matches!(word, "ok" | "err")) {
                    return self.constructor_pattern();
                }
                let name = self.name("a name");
                let ty = (self.at(":") && !self.at_line_start()).then(|| {
                    self.bump();
                    Box::new(self.type_expr())
                });
                PatternKind::Bind { name, ty }
            }
            // A reserved word where a name must be, as what follows shows.
            (SyntaxKind::Keyword, _)
                if ["=", ",", ":", ")", "in"].iter().any(|mark| self.nth_is(1, mark)) =>
            {
                let name = self.name("a name");
                if self.peek().is_some_and(|t| t.start == token.start) {
                    self.bump();
                }
                PatternKind::Bind { name, ty: None }
            }
            _ => {
                self.expected("E0008", "a pattern");
                PatternKind::Error
            }
        }
    }

    fn pattern_literal(&mut self) -> Expr {
        let start = self.start();
        let negative = self.eat("-");
        let mut literal = self.literal_expr();
        if negative {
            match &mut literal.kind {
                ExprKind::Int(value) => *value = value.wrapping_neg(),
                ExprKind::Float(value) => *value = -*value,
                _ => {
                    let span = self.since(start);
                    self.report(Diagnostic::error(
                        "E0008",
                        span,
                        "Only a number can follow `-` in a pattern.",
                    ));
                }
            }
            literal.span = self.since(start);
        }
        literal
    }

    fn constructor_pattern(&mut self) -> PatternKind {
        let path = self.path("a variant");
        let mut fields = Vec::new();
        let mut rest = false;
        if self.at("(") && !self.at_line_start() {
            let open = self.span();
            self.bump();
            self.with_newlines(true, |p| {
                while !p.at_end() && !p.at(")") {
                    if p.eat("..") {
                        rest = true;
                    } else if p.kind() == Some(SyntaxKind::Ident)
                        && p.nth_is(1, ":")
                        && p.field_pattern_ahead()
                    {
                        let name = p.name("a field");
                        p.bump();
                        // `P(x:)` binds the field under its own name.
                        let part = if p.at_any(&[",", ")"]) {
                            let kind = PatternKind::Bind { name: name.clone(), ty: None };
                            Pattern { id: p.id(), span: name.span, kind }
                        } else {
                            p.pattern()
                        };
                        fields.push((Some(name), part));
                    } else {
                        fields.push((None, p.pattern()));
                    }
                    if !p.eat(",") {
                        break;
                    }
                }
                p.expect_close(")", open);
            });
        }
        PatternKind::Constructor { path: Box::new(path), fields: exact(fields), rest }
    }

    /// `name: p` inside a constructor is a field; `name: Type` as a typed binding is told apart by the builtin or
    /// upper-case type name without arguments behind it, which no field pattern binds.
    fn field_pattern_ahead(&self) -> bool {
        let type_like =
            matches!(self.nth_word(2), "Int" | "Float" | "String" | "Bool" | "Bytes" | "Any" | "DateTime");
        !(type_like && matches!(self.nth_word(3), "," | ")"))
    }

    // ---- types

    pub(super) fn type_expr(&mut self) -> TypeExpr {
        let start = self.start();
        self.nested(Self::type_inner).unwrap_or_else(|| TypeExpr {
            id: self.id(),
            span: self.since(start),
            kind: TypeExprKind::Error,
        })
    }

    fn type_inner(&mut self) -> TypeExpr {
        let from = self.open();
        let start = self.start();
        let first = self.type_atom();
        let ty = if self.at("|") && !self.at_line_start() {
            let mut members = vec![first];
            while !self.at_line_start() && self.eat("|") {
                members.push(self.type_atom());
            }
            TypeExpr { id: self.id(), span: self.since(start), kind: TypeExprKind::Union(members) }
        } else {
            first
        };
        self.close(from, SyntaxKind::TypeNode);
        ty
    }

    pub(super) fn type_atom(&mut self) -> TypeExpr {
        let start = self.start();
        let kind = self.type_kind();
        let mut ty = TypeExpr { id: self.id(), span: self.since(start), kind };
        let mut marks = 0;
        while self.at("?") && !self.at_line_start() {
            self.bump();
            marks += 1;
            if marks > DEPTH_MAX {
                if marks == DEPTH_MAX + 1 {
                    let span = self.since(start);
                    let message = format!("More than {DEPTH_MAX} `?` stand behind one type.");
                    self.report(
                        Diagnostic::error("E0016", span, message).help("One `?` makes a type optional."),
                    );
                }
                continue;
            }
            ty = TypeExpr {
                id: self.id(),
                span: self.since(start),
                kind: TypeExprKind::Optional(Box::new(ty)),
            };
        }
        // `??` cannot be lexed apart from the operator; as a type it is `?` twice.
        if self.at("??") && !self.at_line_start() {
            self.bump();
            ty = TypeExpr {
                id: self.id(),
                span: self.since(start),
                kind: TypeExprKind::Optional(Box::new(ty)),
            };
        }
        ty
    }

    fn type_kind(&mut self) -> TypeExprKind {
        let Some(token) = self.peek().filter(|_| !self.at_line_start()) else {
            self.expected("E0007", "a type");
            return TypeExprKind::Error;
        };
        match (token.kind, self.text_of(token)) {
            (SyntaxKind::Keyword, "fn") => {
                self.bump();
                if !self.at("(") {
                    self.expected("E0007", "the parameter types of `fn`");
                    return TypeExprKind::Error;
                }
                self.paren_type(true)
            }
            (SyntaxKind::Punct, "(") => self.paren_type(false),
            (SyntaxKind::Punct, "{") => {
                let open = self.span();
                self.bump();
                self.with_newlines(true, |p| {
                    let mut fields = Vec::new();
                    while !p.at_end() && !p.at("}") {
                        let name = p.any_word("a column name");
                        p.expect(":");
                        fields.push((name, p.type_expr()));
                        if !p.eat(",") {
                            break;
                        }
                    }
                    p.expect_close("}", open);
                    TypeExprKind::Structure(fields)
                })
            }
            (SyntaxKind::Int, text) => {
                let size = text.replace('_', "").parse().ok();
                self.bump();
                TypeExprKind::Size(size)
            }
            (SyntaxKind::Ident, "_") => {
                self.bump();
                TypeExprKind::Size(None)
            }
            (SyntaxKind::Keyword, "null") => {
                let span = self.span();
                self.bump();
                let path = crate::ast::Path { parts: vec![Name { text: "Null".into(), span }], span };
                TypeExprKind::Path { path, args: Vec::new() }
            }
            (SyntaxKind::Ident, _) => {
                let path = self.path("a type");
                let has_args = self.at("[") && !self.at_line_start();
                let args = if has_args { self.types("]") } else { Vec::new() };
                TypeExprKind::Path { path, args }
            }
            _ => {
                self.expected("E0007", "a type");
                TypeExprKind::Error
            }
        }
    }

    /// Types between the bracket here and the closing one.
    pub(super) fn types(&mut self, close: &str) -> Vec<TypeExpr> {
        let open = self.span();
        self.bump();
        self.with_newlines(true, |p| {
            let mut types = Vec::new();
            while !p.at_end() && !p.at(close) {
                types.push(p.type_expr());
                if !p.eat(",") {
                    break;
                }
            }
            p.expect_close(close, open);
            exact(types)
        })
    }

    fn paren_type(&mut self, function: bool) -> TypeExprKind {
        let mut items = self.types(")");
        if function || (self.at("->") && !self.at_line_start()) {
            if function {
                self.expect("->");
            } else {
                self.bump();
            }
            let ret = Box::new(self.type_expr());
            let row = self.effect_row();
            return TypeExprKind::Fn { params: items, ret, row };
        }
        match items.len() {
            1 => items.pop().map_or(TypeExprKind::Error, |t| t.kind),
            _ => TypeExprKind::Tuple(items),
        }
    }
}
