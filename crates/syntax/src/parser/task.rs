//! Tasks: `spawn`, `await`, and blocks of tasks that are awaited together.

use super::Parser;
use super::operator::power;
use crate::ast::*;
use crate::kind::SyntaxKind;

impl Parser<'_> {
    /// `spawn` begins a task where an operand follows on its line; elsewhere it is a name.
    pub(super) fn spawn_ahead(&self) -> bool {
        let Some(next) = self.nth(1) else { return false };
        let operand = match next.kind {
            SyntaxKind::Keyword => {
                matches!(self.text_of(next), "fn" | "do" | "if" | "match" | "handle" | "perform" | "await")
            }
            // `spawn(x)` calls a cell of that name, `spawn (x)` begins a task.
            SyntaxKind::Punct => {
                matches!(self.text_of(next), "(" | "[" | "{")
                    && self.peek().is_some_and(|t| t.end != next.start)
            }
            _ => true,
        };
        operand && self.kind() == Some(SyntaxKind::Ident) && self.peek().is_some_and(|t| t.line == next.line)
    }

    pub(super) fn spawn_expr(&mut self) -> Expr {
        let from = self.open();
        let start = self.start();
        self.bump();
        let value = Box::new(self.expr_above(power::PREFIX));
        self.close(from, SyntaxKind::SpawnExpr);
        self.make(start, ExprKind::Spawn(value))
    }

    pub(super) fn await_expr(&mut self) -> Expr {
        let from = self.open();
        let start = self.start();
        self.bump();
        if let Some(kind) = self.tasks_ahead() {
            let tasks = self.tasks(kind);
            self.close(from, SyntaxKind::TasksExpr);
            return self.make(start, ExprKind::Tasks(Box::new(tasks)));
        }
        let value = Box::new(self.expr_above(power::PREFIX));
        self.close(from, SyntaxKind::AwaitExpr);
        self.make(start, ExprKind::Await(value))
    }

    /// The words are names unless a block follows them: a new line, `for`, or the arguments of `parallel`.
    fn tasks_ahead(&self) -> Option<TasksKind> {
        let kind = match self.word() {
            "parallel" => TasksKind::Parallel,
            "race" => TasksKind::Race,
            "vote" => TasksKind::Vote,
            "select" => TasksKind::Select,
            _ => return None,
        };
        let (word, next) = (self.peek()?, self.nth(1)?);
        let opens = word.line != next.line
            || (kind == TasksKind::Parallel && matches!(self.text_of(next), "(" | "for"));
        (self.kind() == Some(SyntaxKind::Ident) && opens).then_some(kind)
    }

    fn tasks(&mut self, kind: TasksKind) -> Tasks {
        let opener = self.at;
        self.bump();
        let args = if self.at("(") && !self.at_line_start() { self.args() } else { Vec::new() };
        let each = (kind == TasksKind::Parallel && self.at("for") && !self.at_line_start()).then(|| {
            self.bump();
            let pattern = self.loop_pattern();
            self.expect("in");
            (pattern, self.expr())
        });
        let (body, _) = self.function_body(|p| p.block_from(opener, kind.word()));
        Tasks { kind, args, each, body }
    }
}
