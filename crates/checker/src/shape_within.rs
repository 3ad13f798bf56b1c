//! Sizes of tensors inside of what enters a place: elements of collections, parts of what is constructed, arguments and
//! results of functions.

use std::collections::HashMap;

use syntax::Diagnostic;
use syntax::ast::{Element, Expr, ExprKind, MapElement, NodeId};

use crate::args::{Actual, Slot};
use crate::checked::{CallArg, Callee, Contract, Shape, Use, Within};
use crate::checker::Checker;
use crate::shape::{Known, shown};

impl<'a> Checker<'a> {
    /// Looks at the parts of a value that the text shows one by one; whether it shows them.
    pub(crate) fn check_shapes_within(
        &mut self,
        within: &Within,
        value: &Expr,
        named: &mut HashMap<String, i64>,
    ) -> bool {
        match (within, &value.kind) {
            (Within::Named(t), _) => self.check_shape(*t, value, named),
            (Within::Present(inner), _) => return self.check_shapes_within(inner, value, named),
            (Within::Function(t), _) => self.check_function(*t, value),
            (Within::Each(inner), ExprKind::List(items) | ExprKind::Set(items)) => {
                for item in items {
                    if let Element::Value(item) = item {
                        self.check_shapes_within(inner, item, named);
                    }
                }
            }
            (Within::Entries(of_key, of_value), ExprKind::Map(items)) => {
                for item in items {
                    let MapElement::Pair(key, value) = item else { continue };
                    for (inner, part) in [(of_key, key), (of_value, value)] {
                        if let Some(inner) = inner {
                            self.check_shapes_within(inner, part, named);
                        }
                    }
                }
            }
            (Within::Parts(parts), ExprKind::Tuple(items)) => {
                for (inner, item) in parts.iter().zip(items) {
                    if let Some(inner) = inner {
                        self.check_shapes_within(inner, item, named);
                    }
                }
            }
            (_, ExprKind::Call { args, .. }) => {
                let Some(call) = self.out.calls.get(&value.id).cloned() else { return false };
                let parts: Vec<(usize, &Within)> = match (within, &call.callee) {
                    (Within::Outcome(Some(inner), _), Callee::Ok) => vec![(0, inner)],
                    (Within::Outcome(_, Some(inner)), Callee::Err) => vec![(0, inner)],
                    (Within::Outcome(..), Callee::Ok | Callee::Err) => Vec::new(),
                    (Within::Fields(fields), Callee::Record(_)) => {
                        fields.iter().map(|(slot, inner)| (*slot, inner)).collect()
                    }
                    (Within::Variants(variants), Callee::Variant(_, index)) => {
                        let parts = variants.iter().filter(|(place, _)| place == index);
                        parts.flat_map(|(_, parts)| parts).map(|(part, inner)| (*part, inner)).collect()
                    }
                    _ => return false,
                };
                for (slot, inner) in parts {
                    if let Some(CallArg::Written(at)) = call.args.get(slot)
                        && let Some(arg) = args.get(*at)
                    {
                        self.check_shapes_within(inner, &arg.value, named);
                    }
                }
            }
            _ => return false,
        }
        true
    }

    /// What a place states, where that is one tensor.
    pub(crate) fn stated_within(&self, within: &Within) -> Option<&Shape> {
        match within {
            Within::Named(t) => self.stated(*t),
            Within::Present(inner) => self.stated_within(inner),
            _ => None,
        }
    }

    /// What the place of a variable states of the function in it.
    pub(crate) fn contract_of(&self, e: &Expr) -> Option<&Contract> {
        let place = match self.out.uses.get(&e.id)? {
            Use::Local(id) => (false, id.0),
            Use::Global(id) => (true, id.0),
            _ => return None,
        };
        match self.out.within.get(self.known_functions.get(&place)?)? {
            Within::Function(t) => self.out.contracts.get(t),
            _ => None,
        }
    }

    /// Arguments of a call of a variable whose place says what they are.
    pub(crate) fn check_contract_args(&mut self, callee: &Expr, slots: &[Slot], actuals: &[Actual<'a>]) {
        let Some(contract) = self.contract_of(callee) else { return };
        let params: Vec<Option<Within>> = contract.params.clone();
        let mut named = HashMap::new();
        for (within, slot) in params.iter().zip(slots) {
            if let (Some(within), Some(actual)) = (within, slot.one().and_then(|at| actuals.get(at))) {
                self.check_shapes_within(within, actual.expr, &mut named);
            }
        }
    }

    /// A function of which the text shows that it takes or gives other tensors than its place states.
    fn check_function(&mut self, t: NodeId, value: &Expr) {
        let Some(contract) = self.out.contracts.get(&t).cloned() else { return };
        let Some((params, ret)) = self.known_function(value) else { return };
        let parts = contract.params.iter().zip(params).map(|(within, found)| (within, found, "takes"));
        let parts = parts.chain([(&contract.ret, ret, "gives")]);
        for (within, found, what) in parts.collect::<Vec<_>>() {
            let wanted = within.as_ref().and_then(|within| self.stated_within(within));
            let (Some(wanted), Some(found)) = (wanted, found) else { continue };
            // A name among the sizes of either stands for any size.
            if !wanted.takes(&found, &mut HashMap::new()) {
                let message = format!(
                    "Expected a function that {what} a tensor {}, found one that {what} {}.",
                    shown(wanted),
                    found.shown()
                );
                let help =
                    "Give one that is declared for such tensors, or state others here; `_` stands for any.";
                self.report(Diagnostic::error("E0405", value.span, message).help(help));
                return;
            }
        }
    }

    /// What the text says of the tensors that a function takes and gives.
    fn known_function(&self, value: &Expr) -> Option<(Vec<Option<Known>>, Option<Known>)> {
        let stated = |t: Option<NodeId>| t.and_then(|t| self.stated(t)).map(Known::of);
        if let ExprKind::Lambda { params, ret, .. } = &value.kind {
            let params = params.iter().map(|param| stated(param.ty.as_ref().map(|ty| ty.id))).collect();
            return Some((params, stated(ret.as_ref().map(|ty| ty.id))));
        }
        if let Some(Use::Cell(id)) = self.out.uses.get(&value.id) {
            let sig = &self.cells.get(id.0 as usize)?.cell.sig;
            let params = sig.params.iter().map(|param| stated(param.ty.as_ref().map(|ty| ty.id))).collect();
            return Some((params, stated(sig.ret.as_ref().map(|ty| ty.id))));
        }
        let contract = self.contract_of(value)?;
        let known = |within: &Option<Within>| self.stated_within(within.as_ref()?).map(Known::of);
        Some((contract.params.iter().map(known).collect(), known(&contract.ret)))
    }
}
