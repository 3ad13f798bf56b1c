//! Calls that construct: records, variants, results.

use syntax::ast::NodeId;

use crate::Type;
use crate::args::{Actual, Parameter};
use crate::builtins::Takes;
use crate::call::{Site, anonymous};
use crate::checked::{CallArg, Callee, Use};
use crate::checker::{Checker, Def};
use crate::pattern::Constructor;
use crate::types::{EnumId, RecordId};

impl<'a> Checker<'a> {
    pub(crate) fn call_record(
        &mut self,
        site: Site<'a>,
        id: RecordId,
        actuals: Vec<Actual<'a>>,
        want: Option<&Type>,
    ) -> Type {
        let Some(def) = self.out.records.get(id.0 as usize) else {
            return Type::Error;
        };
        let (name, owned, fields) = (def.name.clone(), def.params.clone(), def.fields.clone());
        let at = self.records.get(id.0 as usize).map_or(site.span, |s| s.record.name.span);
        self.out.uses.insert(site.callee.id, Use::Record(id));
        self.used(&Def::Record(id), site.callee.span);
        let generics = self.instantiate(site, &name, &owned, at);
        if let Some(Type::Record(wanted, args)) = want
            && *wanted == id
            && site.type_args.is_empty()
        {
            for ((_, ty), arg) in generics.iter().zip(args.iter()) {
                self.fits(arg, ty);
            }
        }
        let holds = fields.iter().any(|field| syntax::is_hidden(&field.name));
        if let Some(first) = actuals.first().filter(|_| holds) {
            let span = first.name.map_or(first.expr.span, |name| name.span);
            self.report(
                syntax::Diagnostic::error("E0203", span, format!("`{name}` is made without arguments."))
                    .help("What it holds comes from the cells that are called on it."),
            );
            self.infer_all(&actuals);
            return Type::Record(id, Vec::new().into());
        }
        let params: Vec<Parameter> = fields
            .iter()
            .map(|f| Parameter {
                name: f.name.clone(),
                flexible: matches!(f.ty, Type::Param(_)),
                ty: self.substitute(&f.ty, &generics),
                takes: Takes::One,
                required: !f.has_default,
            })
            .collect();
        if let Some(slots) = self.match_args(&name, site.span, &params, &actuals) {
            self.check_args(&params, &slots, &actuals);
            self.demand(None, &generics, site.span, &name);
            for (at, slot) in slots.iter().enumerate() {
                if let Some(actual) = slot.one().and_then(|place| actuals.get(place)) {
                    self.used_field(id, at, actual.name.map_or(actual.expr.span, |name| name.span));
                }
            }
            for ((field, param), slot) in fields.iter().zip(&params).zip(&slots) {
                if matches!(field.ty, Type::Param(_))
                    && let Some(actual) = slot.one().and_then(|place| actuals.get(place))
                {
                    self.boxed.push((actual.expr.id, param.ty.clone(), field.ty.clone()));
                }
            }
            self.check_constraints(id, site.span, &slots, &actuals);
            let args = slots.iter().map(|s| self.call_arg(s, &actuals).unwrap_or(CallArg::Default)).collect();
            self.record_call(site, Callee::Record(id), args);
        }
        Type::Record(id, generics.into_iter().map(|(_, ty)| ty).collect())
    }

    pub(crate) fn call_variant(
        &mut self,
        site: Site<'a>,
        id: EnumId,
        index: usize,
        actuals: Vec<Actual<'a>>,
        want: Option<&Type>,
    ) -> Type {
        self.out.uses.insert(site.callee.id, Use::Variant(id, index));
        self.used(&Def::Enum(id), site.callee.span);
        let Some(def) = self.out.enums.get(id.0 as usize) else {
            return Type::Error;
        };
        let name = def.variants.get(index).map_or(String::new(), |v| v.name.clone());
        let owned = def.params.clone();
        let generics = if site.type_args.is_empty() {
            let (args, _) = self.enum_args(id, want);
            owned.iter().copied().zip(args).collect()
        } else {
            self.instantiate(site, &name, &owned, site.callee.span)
        };
        let args: Vec<Type> = generics.iter().map(|(_, ty): &(NodeId, Type)| ty.clone()).collect();
        let declared =
            self.variant_parts(id, index, &owned.iter().map(|p| Type::Param(*p)).collect::<Vec<_>>());
        let parts = self.variant_parts(id, index, &args);
        let ty = Type::Enum(id, args.into());
        let params: Vec<Parameter> = parts
            .iter()
            .zip(&declared)
            .enumerate()
            .map(|(i, ((name, ty), (_, declared)))| Parameter {
                name: name.clone().unwrap_or_else(|| format!("_{i}")),
                flexible: matches!(declared, Type::Param(_)),
                ty: ty.clone(),
                takes: Takes::One,
                required: true,
            })
            .collect();
        if let Some(slots) = self.match_args(&name, site.span, &params, &actuals) {
            self.check_args(&params, &slots, &actuals);
            for (((_, declared), param), slot) in declared.iter().zip(&params).zip(&slots) {
                if matches!(declared, Type::Param(_))
                    && let Some(actual) = slot.one().and_then(|place| actuals.get(place))
                {
                    self.boxed.push((actual.expr.id, param.ty.clone(), declared.clone()));
                }
            }
            let args = slots.iter().filter_map(|s| self.call_arg(s, &actuals)).collect();
            self.record_call(site, Callee::Variant(id, index), args);
        }
        ty
    }

    pub(crate) fn call_result(
        &mut self,
        site: Site<'a>,
        ok: bool,
        actuals: Vec<Actual<'a>>,
        want: Option<&Type>,
    ) -> Type {
        let constructor = if ok { Constructor::Ok } else { Constructor::Err };
        let what = if ok { "ok" } else { "err" };
        self.no_type_args(site, &format!("`{what}`"));
        let expected = want.and_then(|want| self.constructor_parts(&constructor, want));
        let (mut value, mut other) = (self.fresh(), self.fresh());
        if let Some((Type::Result(a, b), _)) = expected.map(|(ty, parts)| (self.resolve(&ty), parts)) {
            (value, other) = if ok { ((*a).clone(), (*b).clone()) } else { ((*b).clone(), (*a).clone()) };
        }
        let params = anonymous(std::slice::from_ref(&value));
        self.out.uses.insert(site.callee.id, if ok { Use::Ok } else { Use::Err });
        if let Some(slots) = self.match_args(what, site.span, &params, &actuals) {
            self.check_args(&params, &slots, &actuals);
            let args = slots.iter().filter_map(|s| self.call_arg(s, &actuals)).collect();
            self.record_call(site, if ok { Callee::Ok } else { Callee::Err }, args);
        }
        if ok { Type::result(value, other) } else { Type::result(other, value) }
    }
}
