//! Whether a cell has the signature of the trait's method that it implements.

use syntax::ast::{NodeId, Sig, TypeExpr};
use syntax::{Diagnostic, Span};

use crate::Type;
use crate::args::count;
use crate::checked::{CellId, TraitRef};
use crate::checker::Checker;

impl Checker<'_> {
    /// Whether a cell has the signature that the trait's method has for this type; its return type may be left out.
    pub(crate) fn check_method(&mut self, of: &TraitRef, target: &Type, method: CellId, cell: CellId) {
        let (Some(wanted), Some(found)) =
            (self.out.cells.get(method.0 as usize).cloned(), self.out.cells.get(cell.0 as usize).cloned())
        else {
            return;
        };
        let (Some(theirs), Some(own)) = (
            self.cells.get(method.0 as usize).map(|s| &s.cell.sig),
            self.cells.get(cell.0 as usize).map(|s| &s.cell.sig),
        ) else {
            return;
        };
        let full = format!("{}.{}", self.trait_name(of.id), wanted.name);
        let name = found.name.clone();
        let fault = |checker: &mut Self, span: Span, message: String| {
            checker.report(
                Diagnostic::error("E0125", span, message)
                    .label(wanted.span, "the trait's method")
                    .help("An implementation has the signature of the trait's method."),
            );
        };
        if theirs.type_params.len() != own.type_params.len() {
            let message = format!(
                "`{name}` takes {}, and `{full}` takes {}.",
                count(own.type_params.len(), "type parameter"),
                count(theirs.type_params.len(), "type parameter")
            );
            return fault(self, found.span, message);
        }
        let mut meaning: Vec<(NodeId, Type)> = self.trait_params(of, target);
        let params = || theirs.type_params.iter().zip(&own.type_params);
        meaning.extend(params().map(|(theirs, own)| (theirs.id, Type::Param(own.id))));
        for (theirs, own) in params() {
            if !self.same_bounds(theirs.id, own.id, &meaning) {
                let message = format!("The bounds of `{}` are not those that `{full}` has.", own.name.text);
                return fault(self, own.name.span, message);
            }
        }
        let methods = |sig: &Sig| sig.params.first().is_some_and(|p| p.is_self);
        if methods(theirs) != methods(own) {
            let has = |is: bool| if is { "takes `self`" } else { "takes no `self`" };
            let message = format!("`{name}` {}, and `{full}` {}.", has(methods(own)), has(methods(theirs)));
            return fault(self, found.span, message);
        }
        if wanted.params.len() != found.params.len() {
            let message = format!(
                "`{name}` takes {}, and `{full}` takes {}.",
                count(found.params.len(), "parameter"),
                count(wanted.params.len(), "parameter")
            );
            return fault(self, found.span, message);
        }
        for ((wanted, given), param) in wanted.params.iter().zip(&found.params).zip(&own.params) {
            let ty = self.substitute(&wanted.ty, &meaning);
            if given.has_default {
                let has = if wanted.has_default { "its own default" } else { "no default" };
                let message = format!("`{full}` has {has} for `{}`.", given.name);
                return fault(self, param.span, message);
            }
            if wanted.variadic != given.variadic
                || (ty != given.ty && given.ty != Type::Error && ty != Type::Error)
            {
                let message = format!(
                    "The parameter `{}` of `{name}` is {}, and `{full}` takes {}.",
                    given.name,
                    self.show(&given.ty),
                    self.show(&ty)
                );
                return fault(self, param.span, message);
            }
        }
        let alias = |ty: &Option<TypeExpr>| ty.as_ref().and_then(|ty| self.said(ty.id));
        for (theirs, own) in theirs.params.iter().zip(&own.params) {
            if alias(&theirs.ty) != alias(&own.ty) {
                let message = format!(
                    "The parameter `{}` of `{name}` has not the constraint that `{full}` has.",
                    own.name.text
                );
                return fault(self, own.span, message);
            }
        }
        if own.ret.is_some() && alias(&theirs.ret) != alias(&own.ret) {
            let message = format!("What `{name}` gives has not the constraint that `{full}` has.");
            return fault(self, found.span, message);
        }
        let ret = self.substitute(&wanted.ret, &meaning);
        let Some(stated) = &own.ret else {
            if let Some(source) = self.cells.get_mut(cell.0 as usize) {
                source.stated = true;
            }
            if let Some(def) = self.out.cells.get_mut(cell.0 as usize) {
                def.ret = ret;
            }
            return;
        };
        if ret != found.ret && found.ret != Type::Error && ret != Type::Error {
            let message =
                format!("`{name}` gives {}, and `{full}` gives {}.", self.show(&found.ret), self.show(&ret));
            fault(self, stated.span, message);
        }
    }

    /// Whether the bounds of `a`, whose type parameters mean what `meaning` says, are those of `b`.
    fn same_bounds(&self, a: NodeId, b: NodeId, meaning: &[(NodeId, Type)]) -> bool {
        let builtin = |id: NodeId| self.param_bounds.get(&id).map_or(&[][..], Vec::as_slice);
        let traits = |id: NodeId| self.param_traits.get(&id).map_or(&[][..], Vec::as_slice);
        let same = builtin(a).iter().all(|bound| builtin(b).contains(bound));
        same && builtin(a).len() == builtin(b).len()
            && traits(a).len() == traits(b).len()
            && traits(a).iter().zip(traits(b)).all(|(wanted, found)| {
                let args = wanted.args.iter().map(|arg| self.substitute(arg, meaning));
                wanted.id == found.id && args.eq(found.args.iter().cloned())
            })
    }
}
