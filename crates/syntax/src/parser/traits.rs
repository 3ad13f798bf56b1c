//! Traits and what implements them.

use super::Parser;
use crate::ast::*;
use crate::diagnostic::Diagnostic;
use crate::kind::SyntaxKind;

impl Parser<'_> {
    /// `trait NAME[T]: Parent + Parent … end`
    pub(super) fn trait_declaration(&mut self) -> Trait {
        let opener = self.at;
        self.bump();
        let name = self.name("the trait's name");
        let type_params = self.type_params();
        let mut parents = Vec::new();
        if self.at(":") && !self.at_line_start() {
            self.bump();
            parents.push(self.type_expr());
            while self.eat("+") {
                parents.push(self.type_expr());
            }
        }
        let mut cells = Vec::new();
        self.members(opener, "trait", |p| {
            if p.cell_ahead() {
                cells.push(p.trait_member(opener));
            } else {
                p.no_member("a trait");
            }
        });
        Trait { name, type_params, parents, cells }
    }

    /// `impl[T] Trait for Type … end`, `impl[T] Type … end`
    pub(super) fn implementation(&mut self) -> Impl {
        let opener = self.at;
        self.bump();
        let type_params = self.type_params();
        let first = self.type_expr();
        let (implements, target) = if self.at("for") && !self.at_line_start() {
            self.bump();
            (Some(first), self.type_expr())
        } else {
            (None, first)
        };
        let mut cells = Vec::new();
        self.members(opener, "impl", |p| {
            if p.cell_ahead() {
                cells.push(p.item());
            } else {
                p.no_member("an impl");
            }
        });
        Impl { type_params, implements, target, cells }
    }

    fn no_member(&mut self, of: &str) {
        let span = self.span();
        let message = format!("Expected a cell, found {}.", self.found());
        self.report(
            Diagnostic::error("E0006", span, message)
                .help(format!("The members of {of} are cells: `cell name(self) -> Type`.")),
        );
    }

    /// A method of a trait. Without `=` it has a body if its next line starts neither another method nor the `end`: a
    /// signature alone has none.
    fn trait_member(&mut self, opener: usize) -> Item {
        let from = self.open();
        let start = self.start();
        let attrs = self.attrs();
        let public = self.eat("pub");
        let cell_opener = self.at;
        let sig = self.sig();
        let (body, yields) = self.function_body(|p| {
            if p.at("=") && !p.at_line_start() {
                p.bump();
                CellBody::Expr(Box::new(p.expr()))
            } else if p.trait_member_ends(opener) {
                CellBody::None
            } else {
                CellBody::Block(p.block_from(cell_opener, "cell"))
            }
        });
        self.close(from, SyntaxKind::CellDecl);
        let kind = ItemKind::Cell(Box::new(Cell { sig, body, yields }));
        Item { id: self.id(), span: self.since(start), fence: self.fence, attrs: attrs.into(), public, kind }
    }

    fn trait_member_ends(&self, opener: usize) -> bool {
        let left =
            self.by_indentation && self.newline_before() && self.column() <= self.line_column_of(opener);
        self.at_end() || left || self.at("end") || self.cell_ahead()
    }
}
