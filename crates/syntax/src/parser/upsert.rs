//! `upsert … end`: writes of durable state, what must hold before them, and their reason.

use super::Parser;
use crate::ast::*;
use crate::diagnostic::Diagnostic;
use crate::kind::SyntaxKind;

impl Parser<'_> {
    pub(super) fn upsert(&mut self) -> ExprKind {
        let opener = self.at;
        let open = self.span();
        self.bump();
        let (mut writes, mut guard, mut because) = (Vec::new(), None, None);
        self.with_newlines(false, |p| {
            while !p.at_end() && !p.at("end") && !p.belongs_left_of(opener) {
                let before = p.at;
                p.statement_at = Some(p.at);
                let (from, start) = (p.open(), p.start());
                if p.at("where") {
                    p.once("where", guard.is_some(), because.is_some());
                    p.bump();
                    let condition = p.expr();
                    guard.get_or_insert(condition);
                    p.close(from, SyntaxKind::UpsertGuard);
                } else if p.reason_ahead() {
                    p.once("because", because.is_some(), false);
                    p.bump();
                    let reason = p.expr();
                    because.get_or_insert(reason);
                    p.close(from, SyntaxKind::UpsertReason);
                } else {
                    p.once("a write", false, guard.is_some() || because.is_some());
                    let write = p.write(start);
                    writes.push(write);
                    p.close(from, SyntaxKind::UpsertWrite);
                }
                if !p.at("end") {
                    p.end_of_statement();
                }
                p.leave(before);
            }
        });
        if writes.is_empty() {
            let problem = Diagnostic::error("E0011", open, "This `upsert` writes nothing.");
            self.report(
                problem.help("Write an entry of a state on a line of its own: `reviews[17] = Major`."),
            );
        }
        let because = match because {
            Some(because) => because,
            None => {
                if !writes.is_empty() {
                    self.expected("E0011", "`because` and the reason");
                }
                let start = self.start();
                self.error_expr(start)
            }
        };
        if !self.close_block(opener) {
            self.missing_end_of(opener, "upsert");
        }
        ExprKind::Upsert(Box::new(Upsert { writes, guard, because }))
    }

    /// `because` is a name where something is done to it.
    fn reason_ahead(&self) -> bool {
        self.at("because") && !["=", "+=", "-=", "[", "."].iter().any(|mark| self.nth_is(1, mark))
    }

    /// Reports a part that stands twice, or behind one that it should precede.
    fn once(&mut self, what: &str, twice: bool, late: bool) {
        let message = match (twice, late) {
            (true, _) => format!("An upsert has one `{what}`."),
            (_, true) if what == "where" => "`where` stands before `because`.".to_string(),
            (_, true) => "The writes stand before `where` and `because`.".to_string(),
            _ => return,
        };
        let help = match twice {
            true if what == "where" => "Join the conditions with `and`.",
            true => "Put all that is to be known of the reason into one record.",
            false => "An upsert is its writes, then `where` if it has a condition, then `because`.",
        };
        let span = self.span();
        self.report(Diagnostic::error("E0011", span, message).help(help));
    }

    fn write(&mut self, start: u32) -> Write {
        let place = self.expr();
        let op = match self.word() {
            "+=" => Some(BinaryOp::Add),
            "-=" => Some(BinaryOp::Sub),
            _ => None,
        };
        if !matches!(
            place.kind,
            ExprKind::Name(_) | ExprKind::Field { .. } | ExprKind::Index { .. } | ExprKind::Error
        ) {
            let problem = Diagnostic::error("E0011", place.span, "This cannot be written to.");
            self.report(
                problem
                    .help("An upsert writes states and their entries: `total = 1`, `reviews[17] = Major`."),
            );
        }
        let value = if !self.at_line_start() && self.at_any(&["=", "+=", "-="]) {
            self.bump();
            self.expr()
        } else {
            self.expected("E0011", "`=`, `+=` or `-=` and the value");
            let start = self.start();
            self.error_expr(start)
        };
        Write { id: self.id(), span: self.since(start), place, op, value }
    }
}
