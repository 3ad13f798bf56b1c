//! `pipeline NAME … end`: cells that hand a value on. Its `run` is made here, so that all that follows sees a cell.

use super::Parser;
use crate::ast::*;
use crate::diagnostic::Diagnostic;
use crate::kind::SyntaxKind;
use crate::text::Span;

impl Parser<'_> {
    pub(super) fn pipeline(&mut self) -> Record {
        let opener = self.at;
        self.bump();
        let name = self.name("the pipeline's name");
        let base = self.base("pipeline");
        let mut record = Record { process: true, ..Record::empty(name.clone()) };
        let mut place = None;
        self.members(opener, "pipeline", |p| p.pipeline_part(&mut record, &mut place));
        if let Some(base) = base {
            self.go_on_from(base, |p, opener, name| {
                let mut inherited = Record::empty(name);
                let further = p.base("pipeline");
                p.members(opener, "pipeline", |p| p.pipeline_part(&mut inherited, &mut None));
                if record.stages.is_empty() {
                    record.stages = std::mem::take(&mut inherited.stages);
                }
                record.take_over(inherited);
                further
            });
        }
        let Record { mut cells, stages, grants, .. } = record;
        if stages.is_empty() {
            let message = format!("The pipeline `{}` has no stages.", name.text);
            self.report(
                Diagnostic::error("E0118", name.span, message)
                    .help("Name its cells in their order: `stages: first -> second`."),
            );
        }
        let run = self.run_cell(&name, &cells, &stages, place.unwrap_or(name.span).at_start());
        cells.insert(0, run);
        Record { cells, stages, grants, process: true, ..Record::empty(name) }
    }

    fn pipeline_part(&mut self, record: &mut Record, place: &mut Option<Span>) {
        let span = self.span();
        if self.cell_ahead() {
            let cell = self.item();
            record.cells.push(cell);
        } else if self.at("stages") && self.nth_is(1, ":") {
            if let Some(first) = place.replace(span) {
                self.report(
                    Diagnostic::error("E0105", span, "The stages are listed twice.")
                        .label(first, "first listed here")
                        .help("Write them in one list: `stages: first -> second`."),
                );
            }
            record.stages = self.stages();
        } else {
            let parts = "cells, grants and `stages: first -> second`";
            self.no_part(Some(&mut record.grants), "A pipeline", &["stages"], parts);
        }
    }

    /// `stages: a -> b -> c`, perhaps over several lines, each beginning with its arrow.
    fn stages(&mut self) -> Vec<Name> {
        let from = self.open();
        self.bump();
        self.bump();
        let mut stages = Vec::new();
        self.eat("->");
        loop {
            match self.peek() {
                Some(t) if t.kind == SyntaxKind::Ident => {
                    self.bump();
                    let text = self.text_of(t).to_string();
                    stages.push(Name { text, span: self.place(t.start, t.end) });
                }
                _ => {
                    self.expected("E0006", "a stage");
                    break;
                }
            }
            if !self.eat("->") {
                break;
            }
        }
        self.close(from, SyntaxKind::StagesDecl);
        stages
    }

    /// `cell run(self, input) = last(… first(input))`; the checker gives `input` the type that the first stage takes.
    fn run_cell(&mut self, of: &Name, cells: &[Item], stages: &[Name], place: Span) -> Item {
        let named = |text: &str| Name { text: text.to_string(), span: place };
        let mut value = self.at_place(place, ExprKind::Name("input".to_string()));
        for stage in stages {
            let sibling = cells.iter().find_map(|item| match &item.kind {
                ItemKind::Cell(cell) if cell.sig.name.dotted() == stage.text => Some(&cell.sig),
                _ => None,
            });
            let callee = match sibling {
                Some(sig) => {
                    let takes_self = sig.params.first().is_some_and(|p| p.is_self);
                    let owner = if takes_self { "self" } else { &of.text };
                    let base = Box::new(self.at_place(place, ExprKind::Name(owner.to_string())));
                    ExprKind::Field { base, name: Box::new(stage.clone()), optional: false }
                }
                None => ExprKind::Name(stage.text.clone()),
            };
            let callee = Box::new(self.at_place(stage.span, callee));
            let args = vec![Arg { name: None, spread: false, value }];
            value =
                self.at_place(stage.span, ExprKind::Call { callee, type_args: TypeArgs::default(), args });
        }
        let params = ["self", "input"].map(|text| Param {
            id: self.id(),
            name: named(text),
            is_self: text == "self",
            variadic: false,
            ty: None,
            default: None,
            span: place,
        });
        let sig = Sig {
            id: self.id(),
            is_async: false,
            name: Path { parts: vec![named("run")], span: place },
            type_params: Vec::new(),
            params: params.into(),
            ret: None,
            row: None,
            span: place,
        };
        let cell = Cell { sig, body: CellBody::Expr(Box::new(value)), yields: false };
        let kind = ItemKind::Cell(Box::new(cell));
        Item { id: self.id(), span: place, fence: self.fence, attrs: Box::default(), public: false, kind }
    }

    pub(super) fn at_place(&mut self, span: Span, kind: ExprKind) -> Expr {
        Expr { id: self.id(), span, kind }
    }
}
