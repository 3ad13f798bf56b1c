//! Operators by precedence, and what binds tighter than all of them: prefixes.

use super::{HEIGHT_MAX, Parser};
use crate::ast::*;
use crate::diagnostic::Diagnostic;
use crate::kind::SyntaxKind;

/// Left binding powers of infix operators, loosest first: those of `operators.json`, as a test holds.
pub(super) mod power {
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
pub(super) const CHAIN_MAX: usize = 1_000;

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
        "<=>" => (Order, power::COMPARE),
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

/// `a ?? b ?? c` is `a ?? (b ?? c)`; all but these two group to the left.
fn groups_right(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Pow | BinaryOp::Coalesce)
}

impl Parser<'_> {
    pub(super) fn expr(&mut self) -> Expr {
        self.expr_above(0)
    }

    pub(super) fn expr_above(&mut self, minimum: u8) -> Expr {
        let start = self.start();
        match self.nested(|p| p.expr_climb(minimum)) {
            Some(expr) => expr,
            None => self.error_expr(start),
        }
    }

    fn expr_climb(&mut self, minimum: u8) -> Expr {
        let from = self.open();
        let start = self.start();
        let left = if self.at("not") {
            self.bump();
            let operand = Box::new(self.expr_above(power::NOT));
            self.close(from, SyntaxKind::UnaryExpr);
            self.make(start, ExprKind::Unary { op: UnaryOp::Not, operand })
        } else {
            self.prefix()
        };
        self.operators(left, from, minimum)
    }

    /// Goes on behind `left`, which starts at `from`, with the infix operators that bind tighter than `minimum`.
    pub(super) fn operators(&mut self, mut left: Expr, from: super::Opened, minimum: u8) -> Expr {
        let start = left.span.start;
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
                    ExprKind::Is { value: Box::new(left), ty: Box::new(self.type_atom()), negated }
                }
                Infix::Range { inclusive } => {
                    let end = Box::new(self.expr_above(power));
                    ExprKind::Range { start: Box::new(left), end, inclusive }
                }
                Infix::Binary(op) => {
                    if op == BinaryOp::NotIn {
                        self.bump();
                    }
                    let right = self.expr_above(if groups_right(op) { power - 1 } else { power });
                    ExprKind::Binary { op, op_span, left: Box::new(left), right: Box::new(right) }
                }
            };
            left = self.make(start, kind);
            self.close(from, SyntaxKind::BinaryExpr);
            if matches!(power, power::COMPARE | power::RANGE) && !self.at_line_start() {
                self.refuse_chain(op_text, power);
            }
        }
        left
    }

    /// `a < b < c` and `a..b..c` are no expressions.
    fn refuse_chain(&mut self, first: &str, power: u8) {
        if !matches!(self.kind(), Some(SyntaxKind::Punct | SyntaxKind::Keyword)) {
            return;
        }
        let second = self.word();
        if infix(second, self.nth_word(1)).is_none_or(|(_, next)| next != power) {
            return;
        }
        let (what, help) = match power {
            power::RANGE => ("Ranges", "A range has one start and one end: `a..b`."),
            _ => ("Comparisons", "Write both comparisons, joined by `and`: `a < b and b < c`."),
        };
        let message = format!("{what} do not chain: `{first}` is followed by `{second}`.");
        let span = self.span();
        self.report(Diagnostic::error("E0017", span, message).help(help));
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
            "await" if self.at("await") => return self.await_expr(),
            "spawn" if self.at("spawn") && self.spawn_ahead() => return self.spawn_expr(),
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
                Box::new(name)
            });
            let fallback = Box::new(self.expr());
            self.close(from, SyntaxKind::TryExpr);
            return self.make(start, ExprKind::TryElse { value, name, fallback });
        }
        self.close(from, SyntaxKind::TryExpr);
        self.make(start, ExprKind::Try(value))
    }
}
