//! Statements that are never reached, do nothing, or never end.

use checker::Type;
use checker::checked::{Callee, EffectDef};
use syntax::ast::{
    Block, Cell, CellBody, Condition, Else, Expr, ExprKind, Item, ItemKind, LambdaBody, Module, Name, Stmt,
    StmtKind,
};
use syntax::visit::{self, Visitor};
use syntax::{Applicability, Diagnostic, Edit, Span};

use super::CELL_LINES_MAX;
use crate::Analysis;

pub(super) fn found(analysis: &Analysis, root: &Module) -> Vec<Diagnostic> {
    let mut flow = Flow { analysis, found: Vec::new() };
    root.items.iter().for_each(|item| flow.item(item));
    flow.found
}

struct Flow<'a> {
    analysis: &'a Analysis,
    found: Vec<Diagnostic>,
}

impl Flow<'_> {
    fn warn(&mut self, found: Diagnostic) {
        self.found.push(found);
    }

    fn leaves(&self, stmt: &Stmt) -> bool {
        match &stmt.kind {
            StmtKind::Return(_) | StmtKind::Halt(_) | StmtKind::Break { .. } | StmtKind::Continue { .. } => {
                true
            }
            StmtKind::Expr(expr) => self.analysis.type_of(expr.id) == Some(&Type::Never),
            _ => false,
        }
    }

    /// W0805.
    fn reaches_its_end(&mut self, block: &Block) {
        let Some(last) = block.stmts.iter().position(|stmt| self.leaves(stmt)) else { return };
        let (Some(leaving), Some(first), Some(end)) =
            (block.stmts.get(last), block.stmts.get(last + 1), block.stmts.last())
        else {
            return;
        };
        let span = first.span.to(end.span);
        self.warn(
            Diagnostic::warning("W0805", span, "This is never reached.")
                .label(leaving.span, "nothing goes on behind this")
                .help("Remove it, or make what stands before it a condition.")
                .fix("Remove it", Applicability::Maybe, vec![Edit { span, text: String::new() }]),
        );
    }

    /// W0806.
    fn does_something(&mut self, block: &Block, of: Span, what: &str) {
        if block.stmts.is_empty() {
            let message = format!("This `{what}` does nothing.");
            let at = Span { end: of.start + what.len() as u32, ..of };
            self.warn(
                Diagnostic::warning("W0806", at, message).help("Write what it is to do, or remove it."),
            );
        }
    }

    /// W0807.
    fn ends_with_its_value(&mut self, block: &Block) {
        let Some(Stmt { kind: StmtKind::Return(value), span, .. }) = block.stmts.last() else { return };
        let found = Diagnostic::warning("W0807", *span, "The last statement needs no `return`.");
        self.warn(match value {
            Some(value) => found.help("A cell gives the value of its last expression.").fix(
                "Remove `return`",
                Applicability::Safe,
                vec![Edit { span: Span { end: value.span.start, ..*span }, text: String::new() }],
            ),
            None => found.help("A cell ends with its last statement."),
        });
    }

    /// W0808.
    fn ends(&mut self, body: &Block, label: Option<&Name>, of: Span, what: &str) {
        let mut ways = WaysOut {
            analysis: self.analysis,
            label: label.map(|name| name.text.as_str()),
            depth: 0,
            found: false,
        };
        body.stmts.iter().for_each(|stmt| ways.stmt(stmt));
        if !ways.found {
            let at = Span { end: of.start + what.len() as u32, ..of };
            self.warn(
                Diagnostic::warning("W0808", at, "This loop never ends.")
                    .help("Leave it with `break` or `return`, or give it a condition that changes."),
            );
        }
    }

    fn cell(&mut self, item: &Item, cell: &Cell) {
        if let CellBody::Block(block) = &cell.body {
            self.ends_with_its_value(block);
        }
        // W0809.
        let lines = self.analysis.lines_of(item.span);
        if lines > CELL_LINES_MAX {
            let name = cell.sig.name.dotted();
            let message = format!("The cell `{name}` has {lines} lines, more than {CELL_LINES_MAX}.");
            self.warn(
                Diagnostic::warning("W0809", cell.sig.name.span, message)
                    .help("Give parts of it names: cells that each do one thing."),
            );
        }
    }
}

impl<'n> Visitor<'n> for Flow<'_> {
    fn item(&mut self, item: &'n Item) {
        match &item.kind {
            ItemKind::Cell(cell) => self.cell(item, cell),
            ItemKind::Test(test) => self.does_something(&test.body, item.span, "test"),
            _ => {}
        }
        visit::walk_item(self, item);
    }

    fn block(&mut self, block: &'n Block) {
        self.reaches_its_end(block);
        block.stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, stmt: &'n Stmt) {
        match &stmt.kind {
            StmtKind::For { body, .. } => self.does_something(body, stmt.span, "for"),
            StmtKind::While { label, condition, body } => {
                self.does_something(body, stmt.span, "while");
                if let Condition::Expr(condition) = &**condition
                    && matches!(condition.kind, ExprKind::Bool(true))
                {
                    self.ends(body, label.as_deref(), stmt.span, "while");
                }
            }
            StmtKind::Defer(body) => self.does_something(body, stmt.span, "defer"),
            _ => {}
        }
        visit::walk_stmt(self, stmt);
    }

    fn expr(&mut self, expr: &'n Expr) {
        match &expr.kind {
            ExprKind::If { then, otherwise, .. } => {
                self.does_something(then, expr.span, "if");
                if let Some(Else::Block(block)) = otherwise
                    && block.stmts.is_empty()
                {
                    let found = Diagnostic::warning(
                        "W0806",
                        expr.span.at_start(),
                        "The `else` of this `if` does nothing.",
                    );
                    self.warn(found.help("Write what it is to do, or remove it."));
                }
            }
            ExprKind::Loop { label, body } => {
                self.does_something(body, expr.span, "loop");
                self.ends(body, label.as_deref(), expr.span, "loop");
            }
            ExprKind::Do(body) => self.does_something(body, expr.span, "do"),
            ExprKind::Comptime(body) => self.does_something(body, expr.span, "comptime"),
            ExprKind::Lambda { body, .. } => {
                if let LambdaBody::Block(block) = &**body {
                    self.ends_with_its_value(block);
                }
            }
            _ => {}
        }
        visit::walk_expr(self, expr);
    }
}

/// Whether something in a loop's body leaves the loop, or may stop the program from inside.
struct WaysOut<'a> {
    analysis: &'a Analysis,
    label: Option<&'a str>,
    /// Loops around the place, inside the one that is asked about.
    depth: usize,
    found: bool,
}

impl WaysOut<'_> {
    /// Whether a call may perform an operation of a declared effect.
    fn performs(&self, call: &Expr) -> bool {
        let checked = &self.analysis.checked;
        let row = match checked.calls.get(&call.id).map(|call| &call.callee) {
            Some(Callee::Cell(id)) => checked.cells.get(id.0 as usize).map(|cell| &cell.row),
            _ => None,
        };
        let is_of = |name: &String, effect: &EffectDef| {
            name.strip_prefix(&effect.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        row.is_some_and(|row| row.iter().any(|name| checked.effects.iter().any(|effect| is_of(name, effect))))
    }
}

impl<'n> Visitor<'n> for WaysOut<'_> {
    fn item(&mut self, _: &'n Item) {}

    fn stmt(&mut self, stmt: &'n Stmt) {
        match &stmt.kind {
            // Who walks a generator may stop.
            StmtKind::Return(_) | StmtKind::Halt(_) | StmtKind::Yield(_) => self.found = true,
            StmtKind::Break { label: Some(label), .. } => self.found |= self.label == Some(&label.text),
            StmtKind::Break { label: None, .. } => self.found |= self.depth == 0,
            // What is not known here may be a way out.
            StmtKind::Error => self.found = true,
            StmtKind::For { .. } | StmtKind::While { .. } => {
                self.depth += 1;
                visit::walk_stmt(self, stmt);
                self.depth -= 1;
                return;
            }
            _ => {}
        }
        visit::walk_stmt(self, stmt);
    }

    fn expr(&mut self, expr: &'n Expr) {
        match &expr.kind {
            ExprKind::Lambda { .. } => return,
            // Whoever handles it need not come back.
            ExprKind::Perform { .. } => self.found = true,
            ExprKind::Try(_) | ExprKind::Unsupported(_) | ExprKind::Error => self.found = true,
            ExprKind::Call { .. } => {
                self.found |= self.analysis.type_of(expr.id) == Some(&Type::Never) || self.performs(expr);
            }
            ExprKind::Loop { .. } => {
                self.depth += 1;
                visit::walk_expr(self, expr);
                self.depth -= 1;
                return;
            }
            _ => {}
        }
        visit::walk_expr(self, expr);
    }
}
