//! Cells of a process, which call each other by name.

use syntax::Diagnostic;
use syntax::ast::Expr;

use crate::Type;
use crate::args::{Actual, Source};
use crate::call::Site;
use crate::checked::{CallArg, CellId, Use};
use crate::checker::{Checker, Def};

impl<'a> Checker<'a> {
    /// The cell of that name that stands in the process around the current place. Those that come with a kind of
    /// process, such as `append` of a memory, are named through `self`: many have a builtin's name.
    pub(crate) fn sibling(&self, name: &str) -> Option<CellId> {
        let Some(Type::Record(id, _)) = &self.body.self_type else { return None };
        let source = self.records.get(id.0 as usize).filter(|source| source.record.process)?;
        let cell = source.methods.get(name).copied()?;
        let written = self.cells.get(cell.0 as usize).is_some_and(|source| {
            let span = source.cell.sig.name.span;
            span.start < span.end
        });
        written.then_some(cell)
    }

    pub(crate) fn call_sibling(
        &mut self,
        site: Site<'a>,
        cell: CellId,
        mut actuals: Vec<Actual<'a>>,
    ) -> Type {
        self.out.uses.insert(site.callee.id, Use::Cell(cell));
        if !self.is_method(cell) {
            return self.call_cell(site, cell, actuals);
        }
        let Some(Use::Local(own)) = self.find_local("self") else {
            self.infer_all(&actuals);
            let name = self.out.cells.get(cell.0 as usize).map(|c| c.name.clone()).unwrap_or_default();
            self.report(
                Diagnostic::error(
                    "E0202",
                    site.callee.span,
                    format!("`{name}` takes `self`, and there is none here."),
                )
                .help("Give the cell that calls it a first parameter `self`."),
            );
            return Type::Error;
        };
        self.touch_local(own);
        let me = Actual {
            source: Source::Receiver,
            name: None,
            spread: false,
            expr: site.callee,
            known: self.body.self_type.clone(),
        };
        actuals.insert(0, me);
        let ret = self.call_cell(site, cell, actuals);
        // Nobody wrote it; a value that is piped in is another argument.
        if let Some(call) = self.out.calls.get_mut(&site.id)
            && let Some(first) = call.args.first_mut()
        {
            *first = CallArg::Local(own);
        }
        ret
    }

    pub(crate) fn sibling_value(&mut self, e: &'a Expr, name: &str, cell: CellId) -> Type {
        if !self.is_method(cell) {
            return self.def_value(e, name, Def::Cell(cell), None);
        }
        self.report(
            Diagnostic::error(
                "E0201",
                e.span,
                format!("`{name}` is a cell of this process, which is called and is no value."),
            )
            .help(format!("Write a function that calls it: `fn(x) => {name}(x)`.")),
        );
        Type::Error
    }
}
