//! Expressions, by operator precedence.

use super::{HEIGHT_MAX, Parser};
use crate::ast::*;
use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::kind::SyntaxKind;

/// Left binding powers of infix operators, loosest first.
mod power {
    pub const COALESCE: u8 = 1;
    pub const OR: u8 = 2;
    pub const AND: u8 = 3;
    pub const NOT: u8 = 4;
    pub const COMPARE: u8 = 5;
    pub const PIPE: u8 = 6;
    pub const RANGE: u8 = 7;
    pub const BIT_OR: u8 = 8;
    pub const BIT_XOR: u8 = 9;
    pub const BIT_AND: u8 = 10;
    pub const SHIFT: u8 = 11;
    pub const ADD: u8 = 12;
    pub const MUL: u8 = 13;
    pub const POW: u8 = 14;
    pub const PREFIX: u8 = 15;
}

/// Chains of operators and postfixes longer than this are refused (E0016): later passes walk them recursively.
const CHAIN_MAX: usize = 1_000;

enum Infix {
    Binary(BinaryOp),
    Range { inclusive: bool },
    Is,
}

fn infix(word: &str, next: &str) -> Option<(Infix, u8)> {
    use BinaryOp::*;
    let (op, power) = match word {
        "??" => (Coalesce, power::COALESCE),
        "or" => (Or, power::OR),
        "and" => (And, power::AND),
        "==" => (Eq, power::COMPARE),
        "!=" => (Ne, power::COMPARE),
        "<" => (Lt, power::COMPARE),
        "<=" => (Le, power::COMPARE),
        ">" => (Gt, power::COMPARE),
        ">=" => (Ge, power::COMPARE),
        "in" => (In, power::COMPARE),
        "not" if next == "in" => (NotIn, power::COMPARE),
        "is" => return Some((Infix::Is, power::COMPARE)),
        "|>" => (Pipe, power::PIPE),
        "~>" => (Compose, power::PIPE),
        ".." => return Some((Infix::Range { inclusive: false }, power::RANGE)),
        "..=" => return Some((Infix::Range { inclusive: true }, power::RANGE)),
        "|" => (BitOr, power::BIT_OR),
        "^" => (BitXor, power::BIT_XOR),
        "&" => (BitAnd, power::BIT_AND),
        "<<" => (Shl, power::SHIFT),
        ">>" => (Shr, power::SHIFT),
        "+" => (Add, power::ADD),
        "-" => (Sub, power::ADD),
        "++" => (Concat, power::ADD),
        "*" => (Mul, power::MUL),
        "/" => (Div, power::MUL),
        "//" => (FloorDiv, power::MUL),
        "%" => (Rem, power::MUL),
        "**" => (Pow, power::POW),
        _ => return None,
    };
    Some((Infix::Binary(op), power))
}

impl Parser<'_> {
    pub(super) fn expr(&mut self) -> Expr {
        self.expr_above(0)
    }

    fn error_expr(&mut self, start: u32) -> Expr {
        Expr { id: self.id(), span: self.since(start), kind: ExprKind::Error }
    }

    fn make(&mut self, start: u32, kind: ExprKind) -> Expr {
        Expr { id: self.id(), span: self.since(start), kind }
    }

    fn expr_above(&mut self, minimum: u8) -> Expr {
        let start = self.start();
        match self.nested(|p| p.expr_climb(minimum)) {
            Some(expr) => expr,
            None => self.error_expr(start),
        }
    }

    fn expr_climb(&mut self, minimum: u8) -> Expr {
        let from = self.open();
        let start = self.start();
        let mut left = if self.at("not") {
            self.bump();
            let operand = Box::new(self.expr_above(power::NOT));
            self.close(from, SyntaxKind::UnaryExpr);
            self.make(start, ExprKind::Unary { op: UnaryOp::Not, operand })
        } else {
            self.prefix()
        };
        let mut chain = 0;
        loop {
            // A line may go on with these operators.
            if self.at_line_start() && !self.at_any(&["|>", "~>", "and", "or", "??"]) {
                break;
            }
            if !matches!(self.kind(), Some(SyntaxKind::Punct | SyntaxKind::Keyword)) {
                break;
            }
            let Some((op, power)) = infix(self.word(), self.nth_word(1)) else { break };
            if power <= minimum {
                break;
            }
            chain += 1;
            self.height += 1;
            if chain > CHAIN_MAX || self.height > HEIGHT_MAX {
                let span = self.span();
                self.report(
                    Diagnostic::error(
                        "E0016",
                        span,
                        format!("More than {CHAIN_MAX} operators stand in one expression."),
                    )
                    .help("Give parts a name with `let`, or put the operands in a list."),
                );
                while !self.at_end() {
                    self.bump();
                }
                break;
            }
            let op_span = self.span();
            let op_text = self.word();
            self.bump();
            let kind = match op {
                Infix::Is => {
                    let negated = self.eat("not");
                    ExprKind::Is { value: Box::new(left), ty: self.type_atom(), negated }
                }
                Infix::Range { inclusive } => {
                    let end = Box::new(self.expr_above(power));
                    ExprKind::Range { start: Box::new(left), end, inclusive }
                }
                Infix::Binary(op) => {
                    if op == BinaryOp::NotIn {
                        self.bump();
                    }
                    // `**` is right-associative; the others group to the left.
                    let right = self.expr_above(if op == BinaryOp::Pow { power - 1 } else { power });
                    ExprKind::Binary { op, op_span, left: Box::new(left), right: Box::new(right) }
                }
            };
            left = self.make(start, kind);
            self.close(from, SyntaxKind::BinaryExpr);
            if power == power::COMPARE && !self.at_line_start() {
                self.refuse_chain(op_text);
            }
        }
        left
    }

    /// `a < b < c` is no expression.
    fn refuse_chain(&mut self, first: &str) {
        if !matches!(self.kind(), Some(SyntaxKind::Punct | SyntaxKind::Keyword)) {
            return;
        }
        let second = self.word();
        if let Some((_, power::COMPARE)) = infix(second, self.nth_word(1)) {
            let span = self.span();
            self.report(
                Diagnostic::error(
                    "E0017",
                    span,
                    format!("Comparisons do not chain: `{first}` is followed by `{second}`."),
                )
                .help("Write both comparisons, joined by `and`: `a < b and b < c`."),
            );
        }
    }

    fn prefix(&mut self) -> Expr {
        let from = self.open();
        let start = self.start();
        if self.at_line_start() && self.at_end() {
            self.expected("E0010", "an expression");
            return self.error_expr(start);
        }
        let op = match self.word() {
            "-" if self.at("-") => UnaryOp::Neg,
            "~" if self.at("~") => UnaryOp::BitNot,
            "try" if self.at("try") => return self.try_expr(),
            "await" if self.at("await") => return self.unbuilt_prefix("await"),
            "spawn" if self.at("spawn") && self.nth(1).is_some_and(|t| t.kind == SyntaxKind::Ident) => {
                return self.unbuilt_prefix("spawn");
            }
            _ => return self.postfix(),
        };
        self.bump();
        // The smallest Int has no positive twin, so its literal takes the minus with it.
        if op == UnaryOp::Neg
            && self.kind() == Some(SyntaxKind::Int)
            && self.word().replace('_', "") == "9223372036854775808"
        {
            self.bump();
            self.close(from, SyntaxKind::Literal);
            return self.make(start, ExprKind::Int(i64::MIN));
        }
        let operand = if self.at_any(&["-", "~"]) {
            match self.nested(Self::prefix) {
                Some(operand) => operand,
                None => self.error_expr(start),
            }
        } else {
            // `-a ** b` is `-(a ** b)`.
            self.expr_above(power::POW - 1)
        };
        self.close(from, SyntaxKind::UnaryExpr);
        self.make(start, ExprKind::Unary { op, operand: Box::new(operand) })
    }

    fn unbuilt_prefix(&mut self, what: &'static str) -> Expr {
        let from = self.open();
        let start = self.start();
        self.bump();
        if self.at_any(&["parallel", "race", "vote", "select"]) {
            self.skip_block();
        } else {
            self.expr_above(power::PREFIX);
        }
        self.close(from, SyntaxKind::UnsupportedExpr);
        self.make(start, ExprKind::Unsupported(what))
    }

    fn try_expr(&mut self) -> Expr {
        let from = self.open();
        let start = self.start();
        self.bump();
        let value = Box::new(self.expr_above(power::POW));
        if self.at("else") && !self.at_line_start() {
            self.bump();
            let name = self.eat("|").then(|| {
                let name = self.name("the error's name");
                self.expect("|");
                name
            });
            let fallback = Box::new(self.expr());
            self.close(from, SyntaxKind::TryExpr);
            return self.make(start, ExprKind::TryElse { value, name, fallback });
        }
        self.close(from, SyntaxKind::TryExpr);
        self.make(start, ExprKind::Try(value))
    }

    fn postfix(&mut self) -> Expr {
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
                            expr = self.make(start, ExprKind::Field { base: Box::new(expr), name, optional });
                        }
                        self.close(from, SyntaxKind::FieldExpr);
                    }
                    "(" => {
                        expr = self.call(expr, Vec::new(), start);
                        self.close(from, SyntaxKind::CallExpr);
                    }
                    "[" if self.type_arguments_ahead() => {
                        let type_args = self.type_arguments();
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
                expr = self.make(start, ExprKind::Cast { value: Box::new(expr), ty });
                self.close(from, SyntaxKind::CastExpr);
            } else if self.at("expect") && self.nth_is(1, "schema") {
                self.bump();
                self.bump();
                let ty = self.type_atom();
                expr = self.make(start, ExprKind::ExpectSchema { value: Box::new(expr), ty });
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
            base = self.make(start, ExprKind::Field { base: Box::new(base), name, optional: false });
        }
        base
    }

    /// `f[T](...)`: a bracket of types directly followed by a call. Values in brackets are lower-case, types not.
    fn type_arguments_ahead(&self) -> bool {
        // Only what a call follows is read, so that open brackets are not read again and again.
        let close = self.closers.get(self.at).map_or(0, |&i| i as usize);
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

    fn type_arguments(&mut self) -> Vec<TypeExpr> {
        let open = self.span();
        self.bump();
        self.with_newlines(true, |p| {
            let mut types = Vec::new();
            while !p.at_end() && !p.at("]") {
                types.push(p.type_expr());
                if !p.eat(",") {
                    break;
                }
            }
            p.expect_close("]", open);
            types
        })
    }

    fn call(&mut self, callee: Expr, type_args: Vec<TypeExpr>, start: u32) -> Expr {
        let args = self.args();
        self.make(start, ExprKind::Call { callee: Box::new(callee), type_args, args })
    }

    pub(super) fn args(&mut self) -> Vec<Arg> {
        let from = self.open();
        let open = self.span();
        self.bump();
        let args = self.with_newlines(true, |p| {
            let mut args = Vec::new();
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
            args
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
            let first = p.expr_above(power::RANGE);
            if p.at_any(&["..", "..="]) {
                let inclusive = p.at("..=");
                p.bump();
                let end = (!p.at("]")).then(|| Box::new(p.expr()));
                p.expect_close("]", open);
                return ExprKind::Slice { base, start: Some(Box::new(first)), end, inclusive };
            }
            // What binds looser than a range: a mask with comparisons, a condition.
            let index = p.continue_expression(first);
            p.expect_close("]", open);
            ExprKind::Index { base, index: Box::new(index), optional }
        });
        self.make(start, kind)
    }

    /// Goes on with infix operators after an operand that was parsed with a high minimum.
    fn continue_expression(&mut self, first: Expr) -> Expr {
        let start = first.span.start;
        let mut left = first;
        let mut chain = 0;
        while matches!(self.kind(), Some(SyntaxKind::Punct | SyntaxKind::Keyword))
            && chain < CHAIN_MAX
            && self.height < HEIGHT_MAX
        {
            let Some((op, power)) = infix(self.word(), self.nth_word(1)) else { break };
            chain += 1;
            self.height += 1;
            let op_span = self.span();
            let op_text = self.word();
            self.bump();
            let kind = match op {
                Infix::Is => {
                    let negated = self.eat("not");
                    ExprKind::Is { value: Box::new(left), ty: self.type_atom(), negated }
                }
                Infix::Range { inclusive } => {
                    let end = Box::new(self.expr_above(power));
                    ExprKind::Range { start: Box::new(left), end, inclusive }
                }
                Infix::Binary(op) => {
                    if op == BinaryOp::NotIn {
                        self.bump();
                    }
                    let right = self.expr_above(power);
                    ExprKind::Binary { op, op_span, left: Box::new(left), right: Box::new(right) }
                }
            };
            left = self.make(start, kind);
            if power == power::COMPARE {
                self.refuse_chain(op_text);
            }
        }
        left
    }

    // ---- primaries

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
            (K::Ident, "role") if self.nth(1).is_some_and(|t| t.kind == K::Ident) && self.nth_is(2, ":") => {
                self.skip_line();
                (ExprKind::Unsupported("role messages"), K::UnsupportedExpr)
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
                (ExprKind::Loop { label, body }, K::LoopExpr)
            }
            (K::Keyword, "do") => {
                let opener = self.at;
                self.bump();
                (ExprKind::Do(self.block_from(opener, "do")), K::DoExpr)
            }
            (K::Keyword, word @ ("perform" | "handle" | "upsert" | "comptime")) => {
                let what = match word {
                    "perform" => "perform",
                    "handle" => "effect handlers",
                    "upsert" => "durable state",
                    _ => "comptime",
                };
                if word == "perform" {
                    self.bump();
                    self.nested(Self::postfix);
                } else {
                    self.skip_block();
                }
                (ExprKind::Unsupported(what), K::UnsupportedExpr)
            }
            (K::Unknown, _) => {
                self.bump();
                (ExprKind::Error, K::ErrorNode)
            }
            _ => {
                self.expected("E0010", "an expression");
                return self.error_expr(start);
            }
        };
        self.close(from, node);
        self.make(start, kind)
    }

    /// Takes a block that is not built, up to its `end`, inner blocks included.
    fn skip_block(&mut self) {
        let column = self.line_column_of(self.at);
        self.bump();
        let mut depth = 1usize;
        while let Some(token) = self.peek() {
            if self.newline_before() && self.column() <= column && self.starts_declaration() {
                return;
            }
            match (token.kind, self.text_of(token)) {
                (
                    SyntaxKind::Keyword,
                    "if" | "match" | "when" | "for" | "while" | "loop" | "do" | "handle" | "upsert"
                    | "comptime" | "cell",
                ) => depth += 1,
                (SyntaxKind::Keyword, "end") => {
                    depth -= 1;
                    if depth == 0 {
                        self.bump();
                        return;
                    }
                }
                _ => {}
            }
            self.bump();
        }
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
                    (ExprKind::Tuple(items), SyntaxKind::TupleExpr)
                }
                None => (ExprKind::Tuple(items), SyntaxKind::TupleExpr),
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
            ExprKind::List(items)
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
                            return ExprKind::MapComprehension {
                                key: Box::new(key),
                                value: Box::new(value),
                                clauses,
                            };
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
            if pairs.is_empty() { ExprKind::Set(values) } else { ExprKind::Map(pairs) }
        });
        (kind, SyntaxKind::BraceExpr)
    }

    fn lambda(&mut self) -> (ExprKind, SyntaxKind) {
        let opener = self.at;
        self.bump();
        let params = if self.at("(") {
            self.params()
        } else {
            self.expected("E0011", "`(` and the parameters");
            Vec::new()
        };
        let ret = (self.at("->") && !self.at_line_start()).then(|| {
            self.bump();
            self.type_expr()
        });
        let body = if self.eat("=>") {
            if self.at("{") && self.nth(1).is_some_and(|t| t.kind == SyntaxKind::Ident) && self.nth_assigns(2)
            {
                LambdaBody::Block(self.brace_block())
            } else {
                LambdaBody::Expr(self.expr())
            }
        } else {
            LambdaBody::Block(self.block_from(opener, "fn"))
        };
        (ExprKind::Lambda { params, ret, body: Box::new(body) }, SyntaxKind::LambdaExpr)
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
    fn trailing_lambda(&mut self) -> Expr {
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
        let body = LambdaBody::Block(self.block_from(opener, "do"));
        self.close(from, SyntaxKind::LambdaExpr);
        self.make(start, ExprKind::Lambda { params, ret: None, body: Box::new(body) })
    }

    fn if_expr(&mut self) -> ExprKind {
        let opener = self.at;
        self.bump();
        let condition = self.condition();
        let then_word = self.eat("then");
        let then = self.block(opener, |p| p.at_any(&["else", "elif"]));
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
                    return ExprKind::If { condition, then, otherwise: Some(Else::Block(block)) };
                }
                otherwise = Some(Else::Block(block));
            } else {
                otherwise = Some(Else::Block(self.block(opener, |_| false)));
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
            (Some(a), Some(b)) => self.raw[a.raw + 1..b.raw].iter().any(|t| t.kind == SyntaxKind::Newline),
            _ => true,
        }
    }

    fn one_line_with_next(&self, opener: usize) -> bool {
        match (self.tokens.get(opener), self.peek()) {
            (Some(a), Some(b)) => a.line == b.line,
            _ => false,
        }
    }

    fn match_expr(&mut self) -> ExprKind {
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
                    let span = p.span();
                    let message = format!("Expected an arm `pattern -> value`, found `{}`.", p.word());
                    p.report(Diagnostic::error("E0008", span, message));
                    p.skip_line();
                    continue;
                }
                let before = p.at;
                arms.push(p.arm(opener));
                // What looks like an arm and is none must not be looked at again.
                if p.at == before {
                    p.skip_line();
                }
                if p.at == before {
                    p.bump();
                }
            }
        });
        if !self.close_block(opener) {
            self.missing_end_of(opener, "match");
        }
        ExprKind::Match { subject, arms }
    }

    fn belongs_left_of(&self, opener: usize) -> bool {
        self.by_indentation && self.newline_before() && self.column() <= self.line_column_of(opener)
    }

    fn arm(&mut self, opener: usize) -> Arm {
        let from = self.open();
        let start = self.start();
        // The pattern may start the line.
        let pattern = self.with_newlines(true, |p| p.pattern());
        let guard = (self.at("if") && !self.newline_before()).then(|| {
            self.bump();
            self.expr()
        });
        if !self.eat("->") {
            let span = self.behind();
            self.report(
                Diagnostic::error("E0011", span, format!("Expected `->`, found {}.", self.found())).fix(
                    "Insert `->`",
                    Applicability::Safe,
                    vec![Edit { span: span.at_end(), text: " ->".into() }],
                ),
            );
            self.eat("=>");
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
            if n > 0 && depth == 0 {
                let last = self.nth(n - 1).map_or(0, |t| t.raw);
                if self.raw[last + 1..token.raw].iter().any(|t| t.kind == SyntaxKind::Newline) {
                    return false;
                }
            }
            match (token.kind, self.text_of(token)) {
                (SyntaxKind::Punct, "->") if depth == 0 => return n > 0,
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
                    | SyntaxKind::RawString,
                    _,
                ) => {}
                _ => return false,
            }
            n += 1;
        }
        false
    }

    fn when_expr(&mut self) -> ExprKind {
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
                if p.at == before {
                    p.skip_line();
                }
                if p.at == before {
                    p.bump();
                }
            }
        });
        if !self.close_block(opener) {
            self.missing_end_of(opener, "when");
        }
        ExprKind::When { arms }
    }
}
