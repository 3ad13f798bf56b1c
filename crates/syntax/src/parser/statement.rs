//! Blocks and statements.

use super::{Parser, exact};
use crate::ast::*;
use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::kind::SyntaxKind;

impl Parser<'_> {
    /// A block closed by `end`; `opener` is the token that opened it.
    pub(super) fn block_from(&mut self, opener: usize, what: &str) -> Block {
        let block = self.block(opener, |p| p.at("end"));
        if !self.close_block(opener) {
            self.missing_end_of(opener, what);
        }
        block
    }

    pub(super) fn block_to_end(&mut self, what: &str) -> Block {
        let opener = self.at.saturating_sub(1);
        self.block_from(opener, what)
    }

    /// Takes the `end` of the block that `opener` opened, if it is there.
    pub(super) fn close_block(&mut self, opener: usize) -> bool {
        if self.at("end") && !self.belongs_outside(opener) {
            self.bump();
            return true;
        }
        false
    }

    /// On the second parse: the next token starts a line left of the line that opened the block, or not right of it
    /// while the block began deeper. Where it did not, a declaration alone is a witness.
    fn belongs_outside(&self, opener: usize) -> bool {
        if !self.by_indentation || !self.newline_before() {
            return false;
        }
        let own = self.line_column_of(opener);
        let goes_on = self.at_any(&["end", "else", "elif", "with"]);
        let is_left = self.starts_declaration() || (self.begins_deeper(opener) && !goes_on);
        self.column() < own || (self.column() == own && is_left)
    }

    /// Whether the line below the one with `opener` is indented deeper.
    fn begins_deeper(&self, opener: usize) -> bool {
        let Some(open) = self.tokens.get(opener) else { return false };
        let below = (opener..self.tokens.len()).find(|at| self.tokens[*at].line != open.line);
        below.is_some_and(|at| self.line_column_of(at) > self.line_column_of(opener))
    }

    pub(super) fn missing_end_of(&mut self, opener: usize, what: &str) {
        self.missing_end = true;
        let Some(token) = self.tokens.get(opener).copied() else { return };
        let open = self.place(token.start, token.end);
        let behind = self.behind().at_end();
        let indent = " ".repeat(self.line_column_of(opener) as usize);
        self.report(
            Diagnostic::error("E0013", open, format!("This `{what}` has no `end`."))
                .label(behind, "its `end` is expected here")
                .fix(
                    "Insert `end`",
                    Applicability::Safe,
                    vec![Edit { span: behind, text: format!("\n{indent}end") }],
                ),
        );
    }

    /// Statements up to a token that `stop` recognises, the end of the text, or (second parse) a dedent.
    pub(super) fn block(&mut self, opener: usize, stop: impl Fn(&Self) -> bool) -> Block {
        let from = self.open();
        let start = self.start();
        let mut stmts = Vec::with_capacity(usize::from(!stop(self)));
        self.with_newlines(false, |p| {
            p.nested(|p| {
                while !p.at_end() && !stop(p) && !p.belongs_outside(opener) && !p.at("end") {
                    let before = p.at;
                    stmts.push(p.statement());
                    if stop(p) {
                        break;
                    }
                    p.end_of_statement();
                    p.leave(before);
                }
            });
        });
        self.close(from, SyntaxKind::Block);
        Block { id: self.id(), stmts: exact(stmts), span: self.since(start) }
    }

    pub(super) fn statement(&mut self) -> Stmt {
        let from = self.open();
        let start = self.start();
        self.statement_at = Some(self.at);
        let (kind, node) =
            self.nested(Self::statement_kind).unwrap_or((StmtKind::Error, SyntaxKind::ErrorNode));
        self.close(from, node);
        Stmt { id: self.id(), span: self.since(start), kind }
    }

    fn statement_kind(&mut self) -> (StmtKind, SyntaxKind) {
        use SyntaxKind as K;
        match self.word() {
            "let" if self.at("let") => (self.let_statement(), K::LetStmt),
            "for" if self.at("for") => (self.for_statement(), K::ForStmt),
            "while" if self.at("while") => {
                let opener = self.at;
                self.bump();
                let label = self.label();
                let condition = self.condition();
                self.eat("do");
                let body = self.block_from(opener, "while");
                (
                    StmtKind::While { label, condition: Box::new(condition), body: Box::new(body) },
                    K::WhileStmt,
                )
            }
            "break" if self.at("break") => {
                self.bump();
                let label = self.label();
                let value = (!self.at_line_start() && !self.ends_statement()).then(|| Box::new(self.expr()));
                (StmtKind::Break { label, value }, K::BreakStmt)
            }
            "continue" if self.at("continue") => {
                self.bump();
                (StmtKind::Continue { label: self.label() }, K::ContinueStmt)
            }
            "return" if self.at("return") => {
                self.bump();
                let value = (!self.at_line_start() && !self.ends_statement()).then(|| Box::new(self.expr()));
                (StmtKind::Return(value), K::ReturnStmt)
            }
            "emit" if self.word_statement() => {
                self.bump();
                (StmtKind::Emit(Box::new(self.expr())), K::EmitStmt)
            }
            "halt" if self.nth_is(1, "(") && self.word_statement() => {
                self.bump();
                let open = self.span();
                self.bump();
                let message = self.with_newlines(true, |p| {
                    let message = p.expr();
                    p.expect_close(")", open);
                    message
                });
                (StmtKind::Halt(Box::new(message)), K::HaltStmt)
            }
            "yield" if self.word_statement() => {
                self.bump();
                self.yields = true;
                (StmtKind::Yield(Box::new(self.expr())), K::YieldStmt)
            }
            "assert" if self.word_statement() => {
                self.bump();
                let condition = Box::new(self.expr());
                let message = self.eat(",").then(|| Box::new(self.expr()));
                (StmtKind::Assert { condition, message }, K::AssertStmt)
            }
            "defer" if self.at("defer") => {
                let opener = self.at;
                self.bump();
                (StmtKind::Defer(Box::new(self.block_from(opener, "defer"))), K::DeferStmt)
            }
            "cell" | "async" if self.starts_declaration() => {
                (StmtKind::Cell(Box::new(self.item())), K::CellDecl)
            }
            _ if self.state_ahead() => {
                let span = self.span();
                self.report(
                    Diagnostic::error(
                        "E0014",
                        span,
                        "A `state` is declared at the top level, not in a block.",
                    )
                    .help("Move the declaration out of the block; what stands in it may use the state."),
                );
                self.skip_line();
                (StmtKind::Error, K::ErrorNode)
            }
            _ => self.expression_statement(),
        }
    }

    /// A contextual word is a statement when an expression follows it on its line.
    fn word_statement(&self) -> bool {
        let Some(next) = self.nth(1) else { return false };
        let newline = self.peek().is_some_and(|here| here.line != next.line);
        if self.kind() != Some(SyntaxKind::Ident) || newline {
            return false;
        }
        match next.kind {
            SyntaxKind::Punct => match self.text_of(next) {
                // `assert (a) == b` is a statement, `assert(x)` too; `emit = 1`, `emit.x`, `emit[0]` are names.
                "(" | "{" => true,
                "[" | "-" | "~" => self.peek().is_some_and(|t| t.end != next.start),
                _ => false,
            },
            SyntaxKind::Keyword => !matches!(
                self.text_of(next),
                "in" | "is" | "as" | "and" | "or" | "then" | "do" | "end" | "else" | "elif"
            ),
            _ => true,
        }
    }

    fn ends_statement(&self) -> bool {
        self.at_any(&["end", "else", "elif", ")", "]", "}"])
    }

    /// `@name` behind a loop word.
    pub(super) fn label(&mut self) -> Option<Box<Name>> {
        (self.at("@") && !self.at_line_start()).then(|| {
            self.bump();
            Box::new(self.name("a label"))
        })
    }

    pub(super) fn condition(&mut self) -> Condition {
        if self.eat("let") {
            let pattern = self.loop_pattern();
            self.expect("=");
            return Condition::Let(Box::new(pattern), Box::new(self.expr()));
        }
        Condition::Expr(Box::new(self.expr()))
    }

    fn let_statement(&mut self) -> StmtKind {
        self.bump();
        let mutable = self.eat("mut");
        let pattern = self.loop_pattern();
        let (pattern, ty) = match pattern {
            // `let x: T = ...`: the pattern parser took the type with the name.
            Pattern { kind: PatternKind::Bind { name, ty: Some(ty) }, id, span } => {
                (Pattern { kind: PatternKind::Bind { name, ty: None }, id, span }, Some(ty))
            }
            pattern => {
                let ty = (self.at(":") && !self.at_line_start()).then(|| {
                    self.bump();
                    Box::new(self.type_expr())
                });
                (pattern, ty)
            }
        };
        let pattern = Box::new(pattern);
        if !self.expect("=") && self.at_line_start() {
            let span = self.behind();
            let value = Box::new(Expr { id: self.id(), span, kind: ExprKind::Error });
            return StmtKind::Let { mutable, pattern, ty, value, otherwise: None };
        }
        let value = Box::new(self.expr());
        let otherwise = (self.at("else") && !self.at_line_start()).then(|| {
            let opener = self.at;
            self.bump();
            Box::new(self.block_from(opener, "else"))
        });
        // With an `else` the type is what decides, as in a pattern: `let n: Int = maybe else`.
        let (pattern, ty) = match (*pattern, ty, &otherwise) {
            (Pattern { kind: PatternKind::Bind { name, ty: None }, id, span }, Some(ty), Some(_)) => {
                (Pattern { kind: PatternKind::Bind { name, ty: Some(ty) }, id, span }, None)
            }
            (pattern, ty, _) => (pattern, ty),
        };
        let pattern = Box::new(pattern);
        StmtKind::Let { mutable, pattern, ty, value, otherwise }
    }

    fn for_statement(&mut self) -> StmtKind {
        let opener = self.at;
        self.bump();
        let label = self.label();
        let pattern = Box::new(self.loop_pattern());
        self.expect("in");
        let iterable = Box::new(self.expr());
        let filter = (self.at("if") && !self.at_line_start()).then(|| {
            self.bump();
            Box::new(self.expr())
        });
        self.eat("do");
        let body = Box::new(self.block_from(opener, "for"));
        StmtKind::For { label, pattern, iterable, filter, body }
    }

    /// A pattern; `a, b` without parentheses is a tuple, reported with its fix.
    pub(super) fn loop_pattern(&mut self) -> Pattern {
        let start = self.start();
        let first = self.pattern();
        if !self.at(",") || self.at_line_start() {
            return first;
        }
        let mut items = vec![first];
        while self.eat(",") {
            items.push(self.pattern());
        }
        let span = self.since(start);
        self.report(Diagnostic::error("E0008", span, "Several names stand in parentheses: `(a, b)`.").fix(
            "Put the names in parentheses",
            Applicability::Safe,
            vec![
                Edit { span: span.at_start(), text: "(".into() },
                Edit { span: span.at_end(), text: ")".into() },
            ],
        ));
        Pattern { id: self.id(), span, kind: PatternKind::Tuple(items) }
    }

    fn expression_statement(&mut self) -> (StmtKind, SyntaxKind) {
        let value = self.expr();
        if self.at_line_start() {
            return (StmtKind::Expr(Box::new(value)), SyntaxKind::ExprStmt);
        }
        let op = match self.word() {
            "=" => None,
            "+=" => Some(BinaryOp::Add),
            "-=" => Some(BinaryOp::Sub),
            "*=" => Some(BinaryOp::Mul),
            "/=" => Some(BinaryOp::Div),
            "//=" => Some(BinaryOp::FloorDiv),
            "%=" => Some(BinaryOp::Rem),
            "**=" => Some(BinaryOp::Pow),
            "&=" => Some(BinaryOp::BitAnd),
            "|=" => Some(BinaryOp::BitOr),
            "^=" => Some(BinaryOp::BitXor),
            _ => return (StmtKind::Expr(Box::new(value)), SyntaxKind::ExprStmt),
        };
        if self.kind() != Some(SyntaxKind::Punct) {
            return (StmtKind::Expr(Box::new(value)), SyntaxKind::ExprStmt);
        }
        self.bump();
        let place = value;
        let assignable = matches!(
            place.kind,
            ExprKind::Name(_)
                | ExprKind::Field { optional: false, .. }
                | ExprKind::Index { optional: false, .. }
                | ExprKind::Error
        );
        if !assignable {
            let tuple = matches!(place.kind, ExprKind::Tuple(_) | ExprKind::List(_));
            let help = if tuple {
                "To take a value apart, use `let (a, b) = ...`."
            } else if matches!(place.kind, ExprKind::Binary { op: BinaryOp::Concat, .. }) {
                "`++` joins texts and lists, and goes on in the next line; to add one, write `n += 1`."
            } else {
                "Names, fields and elements can be assigned."
            };
            self.report(Diagnostic::error("E0011", place.span, "This cannot be assigned to.").help(help));
        }
        let value = self.expr();
        let (place, value) = (Box::new(place), Box::new(value));
        (StmtKind::Assign { place, op, value }, SyntaxKind::AssignStmt)
    }
}
