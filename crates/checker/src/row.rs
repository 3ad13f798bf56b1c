//! Rows of a frame as values: their fields are the frame's columns, with the types that these have.

use syntax::ast::Expr;
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::checker::Checker;
use crate::refine::Given;
use crate::types::FrameType;

/// The field with a row's label, as pandas calls it.
const LABEL: &str = "Index";

impl<'a> Checker<'a> {
    /// The type of a row, where the frame's columns are known.
    pub(crate) fn row_type(&mut self, frame: &FrameType, is_labelled: bool, span: Span) -> Type {
        let Some(columns) = &frame.columns else {
            self.report(
                Diagnostic::error(
                    "E0200",
                    span,
                    "Nothing says which columns this frame has, so its rows have no fields.",
                )
                .help("Say it: `frame expect schema Frame[R]`, R a record or `{name: String, ...}`."),
            );
            return Type::Error;
        };
        if is_labelled && columns.iter().any(|(name, _)| name == LABEL) {
            let message = format!("A row's label is called `{LABEL}`, and so is a column of this frame.");
            self.report(
                Diagnostic::error("E0200", span, message)
                    .help("Leave the label out, `itertuples(index: false)`, or rename the column."),
            );
            return Type::Error;
        }
        let label = is_labelled.then(|| {
            let ty = match frame.index.as_slice() {
                [] => Type::Int,
                [(_, only)] => only.clone(),
                levels => Type::tuple(levels.iter().map(|(_, ty)| ty.clone()).collect()),
            };
            (LABEL.to_string(), ty)
        });
        Type::Structure(label.into_iter().chain(columns.iter().cloned()).collect())
    }

    /// `frame.itertuples(index: false)`
    pub(crate) fn tuples(&mut self, span: Span, frame: &FrameType, given: &Given<'_, 'a>) -> Type {
        match given.flag("index", true) {
            Some(is_labelled) => match self.row_type(frame, is_labelled, span) {
                Type::Error => Type::Error,
                row => Type::list(row),
            },
            None => {
                let place = given.arg("index").map_or(span, |e: &Expr| e.span);
                let message = "Whether rows have a label is part of their type, so it stands as it is.";
                self.report(Diagnostic::error("E0200", place, message).help("Write `true` or `false`."));
                Type::Error
            }
        }
    }
}
