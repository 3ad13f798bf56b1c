//! `comptime` blocks: values that are computed before the program runs.
//!
//! A block sees constants, cells and types, and no variable: those around it have no value yet. What it calls is pure.

use std::collections::BTreeSet;

use syntax::ast::{Block, Expr};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::checked::{CellId, GlobalId};
use crate::checker::{Body, Cause, Checker, EffectSite, Function, Returns};
use crate::effects::is_handled;

/// What a block does, as far as it matters that it does nothing.
#[derive(Debug)]
pub(crate) struct Comptime {
    span: Span,
    sites: Vec<EffectSite>,
    reads: BTreeSet<GlobalId>,
    calls: BTreeSet<CellId>,
}

impl<'a> Checker<'a> {
    pub(crate) fn comptime(&mut self, e: &'a Expr, block: &'a Block, want: Option<&Type>) -> Type {
        let mut body = Body::new(self.body.module, None, Returns::Nowhere);
        // No place in it counts as top level.
        body.functions.push(Function::new(None, Returns::Nowhere));
        body.outside = self.body.locals.since(0).map(|(name, _)| name.clone()).collect();
        body.outside.extend(self.body.outside.iter().cloned());
        let mut ty = Type::Error;
        let body = self.in_body(body, |c| ty = c.block_value(block, want));
        let Body { sites, reads, calls, .. } = body;
        self.comptimes.push(Comptime { span: e.span.at_start(), sites, reads, calls });
        ty
    }

    pub(crate) fn not_yet_known(&mut self, span: Span, name: &str) {
        self.report(
            Diagnostic::error("E0201", span, format!("`{name}` has no value yet in a `comptime` block."))
                .help("The block is computed before the program runs: it sees constants, cells and types."),
        );
    }

    /// What blocks call has no effect and reads no result.
    pub(crate) fn check_comptime(&mut self, rows: &[BTreeSet<String>]) {
        for Comptime { span, sites, mut reads, calls } in std::mem::take(&mut self.comptimes) {
            let effect = sites.iter().find_map(|site| {
                let name = match &site.cause {
                    Cause::Effect { name, .. } => Some(name.clone()),
                    Cause::Call(id) => {
                        let row = rows.get(id.0 as usize)?;
                        row.iter().find(|effect| !is_handled(&site.handled, effect)).cloned()
                    }
                };
                Some((name?, site.span))
            });
            if let Some((name, place)) = effect {
                self.report(
                    Diagnostic::error(
                        "E0107",
                        place,
                        format!("A `comptime` block is pure, but this has the effect `{name}`."),
                    )
                    .label(span, "this block")
                    .help("Do it when the program runs, outside of the block."),
                );
            }
            reads.extend(self.read_by(&self.reachable(calls)));
            if let Some(global) = reads.iter().next().and_then(|id| self.out.globals.get(id.0 as usize)) {
                let name = global.name.clone();
                self.not_yet_known(span, &name);
            }
        }
    }
}
