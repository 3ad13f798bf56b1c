//! Inference variables, and whether a value of one type may stand where another is expected.

use std::rc::Rc;

use syntax::ast::NodeId;

use crate::Type;
use crate::builtins::Bound;
use crate::checker::Checker;
use crate::types::{FnType, FrameType};

impl<'a> Checker<'a> {
    pub(crate) fn fresh(&mut self) -> Type {
        self.vars.push(None);
        Type::Var(self.vars.len() as u32 - 1)
    }

    /// The type with its outermost variable replaced by what is known of it.
    pub(crate) fn shallow(&self, ty: &Type) -> Type {
        let mut ty = ty;
        while let Type::Var(var) = ty {
            match self.vars.get(*var as usize) {
                Some(Some(bound)) => ty = bound,
                _ => break,
            }
        }
        ty.clone()
    }

    /// The type with every known variable replaced.
    pub(crate) fn resolve(&self, ty: &Type) -> Type {
        if !has_var(ty) {
            return ty.clone();
        }
        ty.rewrite(&mut |part| match part {
            Type::Var(_) => {
                let known = self.shallow(part);
                Some(if matches!(known, Type::Var(_)) { known } else { self.resolve(&known) })
            }
            _ => None,
        })
    }

    fn set_var(&mut self, var: u32, ty: Type) -> bool {
        let ty = self.resolve(&ty);
        if ty == Type::Var(var) {
            return true;
        }
        if mentions(&ty, var) {
            return false;
        }
        if let Some(slot) = self.vars.get_mut(var as usize) {
            *slot = Some(ty);
        }
        true
    }

    /// Whether a value of `from` may stand where `to` is expected, as it is or boxed. Binds variables on success and,
    /// partly, on failure. Int to Float is a conversion of expressions, not of types: see [`Checker::accepts`].
    pub(crate) fn fits(&mut self, from: &Type, to: &Type) -> bool {
        if from == to {
            return true;
        }
        let (from, to) = (self.shallow(from), self.shallow(to));
        match (&from, &to) {
            (a, b) if a == b => true,
            // What a faulty value defines is faulty too, so that nothing follows from it.
            (Type::Error, Type::Var(var)) | (Type::Var(var), Type::Error) => self.set_var(*var, Type::Error),
            (Type::Error, _) | (_, Type::Error) | (_, Type::Any) | (Type::Never, _) => true,
            (_, Type::Var(var)) => self.set_var(*var, from),
            (Type::Var(var), _) => self.set_var(*var, to),
            (Type::Union(members), _) => members.iter().all(|member| self.fits(member, &to)),
            (_, Type::Union(members)) => self.fits_member(&from, members),
            (Type::List(a), Type::List(b))
            | (Type::Set(a), Type::Set(b))
            | (Type::Iter(a), Type::Iter(b))
            | (Type::Future(a), Type::Future(b))
            | (Type::Series(a), Type::Series(b)) => self.fits(a, b),
            (Type::Map(k, v), Type::Map(l, w)) => self.fits(k, l) && self.fits(v, w),
            (Type::Result(a, x), Type::Result(b, y)) => self.fits(a, b) && self.fits(x, y),
            (Type::Tuple(a), Type::Tuple(b)) => self.fit_all(a, b),
            (Type::Record(a, x), Type::Record(b, y)) if a == b => self.fit_all(x, y),
            (Type::Enum(a, x), Type::Enum(b, y)) if a == b => self.fit_all(x, y),
            (Type::Engine(of), Type::Engine(wanted)) if wanted.is("Items") => {
                of.is("Items") && self.fit_all(&of.args, &wanted.args)
            }
            (_, Type::Engine(wanted)) if wanted.is("Items") => {
                let (Some(element), Some(wanted)) = (walked(&from), wanted.args.first()) else {
                    return false;
                };
                self.fits(&element, wanted)
            }
            (Type::Engine(a), Type::Engine(b)) if a.name == b.name => {
                b.args.is_empty() || a.args.is_empty() || self.fit_all(&a.args, &b.args)
            }
            (Type::GroupBy(_), Type::Engine(of)) => of.is("GroupBy"),
            (Type::Fn(a), Type::Fn(b)) => {
                let (a, b): (Rc<FnType>, Rc<FnType>) = (a.clone(), b.clone());
                a.params.len() == b.params.len()
                    && a.params.iter().zip(&b.params).all(|(x, y)| self.fits(y, x))
                    && (b.ret == Type::Null || self.fits(&a.ret, &b.ret))
            }
            (Type::Frame(a), Type::Frame(b)) => self.frame_fits(&a.clone(), &b.clone()),
            (Type::Structure(a), Type::Structure(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|((m, x), (n, y))| m == n && self.fits(x, y))
            }
            (Type::Null | Type::Bool | Type::Int | Type::Float | Type::String, Type::Json) => true,
            (Type::List(element), Type::Json) => self.fits(element, &Type::Json),
            (Type::Map(key, value), Type::Json) => {
                self.fits(key, &Type::String) && self.fits(value, &Type::Json)
            }
            _ => false,
        }
    }

    fn fit_all(&mut self, from: &[Type], to: &[Type]) -> bool {
        from.len() == to.len() && from.iter().zip(to).all(|(a, b)| self.fits(a, b))
    }

    /// A closed member that takes the type is preferred to one that has to be learned.
    fn fits_member(&mut self, from: &Type, members: &[Type]) -> bool {
        if members.iter().any(|member| self.shallow(member) == *from) {
            return true;
        }
        let (open, closed): (Vec<Type>, Vec<Type>) =
            members.iter().map(|m| self.shallow(m)).partition(has_var);
        closed.iter().any(|member| self.fits(from, member))
            || open.iter().any(|member| self.fits(from, member))
    }

    fn frame_fits(&mut self, from: &FrameType, to: &FrameType) -> bool {
        let Some(wanted) = &to.columns else {
            return true;
        };
        let Some(columns) = &from.columns else {
            return false;
        };
        columns.len() == wanted.len()
            && columns.iter().zip(wanted).all(|((m, x), (n, y))| m == n && self.fits(x, y))
            && (to.index.is_empty() || from.index == to.index)
    }

    /// Whether an expression of type `from` may stand where `to` is expected: it fits, or is an Int where a Float is.
    pub(crate) fn accepts(&mut self, from: &Type, to: &Type) -> bool {
        if self.fits(from, to) {
            return true;
        }
        self.widens(from, to)
    }

    /// Whether the value is an Int to be converted to the Float, or `Float?`, expected. An `Int?` is not: only a single
    /// value is converted, not what a box may hold.
    pub(crate) fn widens(&mut self, from: &Type, to: &Type) -> bool {
        match (self.shallow(from), self.resolve(to)) {
            (Type::Int, Type::Float) => true,
            (Type::Int, Type::Union(members)) => members.contains(&Type::Float),
            _ => false,
        }
    }

    /// The smallest type that holds values of both: numbers widen, all else unites.
    pub(crate) fn join(&mut self, a: &Type, b: &Type) -> Type {
        let (a, b) = (self.resolve(a), self.resolve(b));
        if a == b {
            return a;
        }
        match (&a, &b) {
            (Type::Never, other) | (other, Type::Never) => return other.clone(),
            (Type::Int, Type::Float) | (Type::Float, Type::Int) => return Type::Float,
            (Type::Null, other) | (other, Type::Null) => return other.clone().optional(),
            (Type::Union(_), Type::Var(_)) | (Type::Var(_), Type::Union(_)) => {}
            _ => {
                if has_var(&a) || has_var(&b) {
                    if self.fits(&a, &b) {
                        return self.resolve(&b);
                    }
                    if self.fits(&b, &a) {
                        return self.resolve(&a);
                    }
                } else if self.fits(&a, &b) {
                    return b;
                } else if self.fits(&b, &a) {
                    return a;
                }
            }
        }
        match (&a, &b) {
            (Type::Int, Type::Union(m)) | (Type::Union(m), Type::Int) if m.contains(&Type::Float) => {
                Type::union(m.to_vec())
            }
            _ => Type::union([a, b]),
        }
    }

    /// Replaces type parameters by types.
    pub(crate) fn substitute(&self, ty: &Type, params: &[(NodeId, Type)]) -> Type {
        if params.is_empty() {
            return ty.clone();
        }
        ty.rewrite(&mut |part| match part {
            Type::Param(id) => params.iter().find(|(p, _)| p == id).map(|(_, ty)| ty.clone()),
            _ => None,
        })
    }

    /// Whether the type has the capability; unknown parts count as having it.
    pub(crate) fn has_bound(&self, ty: &Type, bound: Bound) -> bool {
        let ty = self.shallow(ty);
        match (&ty, bound) {
            (Type::Error | Type::Never | Type::Var(_), _) => true,
            (Type::Param(id), _) => {
                self.param_bounds.get(id).is_some_and(|bounds| {
                    bounds.contains(&bound)
                        || (matches!(bound, Bound::Eq | Bound::Show))
                        || (bound == Bound::Ord && bounds.contains(&Bound::Num))
                }) || matches!(bound, Bound::Eq | Bound::Show)
            }
            (_, Bound::Show) => true,
            (Type::Int | Type::Float, Bound::Num) => true,
            (Type::Duration, Bound::Num) => true,
            (_, Bound::Num) => false,
            (_, Bound::Iterable) => walked(&ty).is_some(),
            (Type::Fn(_) | Type::Iter(_) | Type::Future(_), _) => false,
            (Type::Engine(..) | Type::GroupBy(_), Bound::Ord | Bound::Hash) => false,
            (Type::Frame(_) | Type::Series(_), Bound::Ord | Bound::Hash) => false,
            (Type::Any | Type::Json, Bound::Ord) => false,
            (Type::List(t) | Type::Set(t), _) => self.has_bound(t, bound),
            (Type::Map(..), Bound::Ord) => false,
            (Type::Tuple(items), _) => items.iter().all(|t| self.has_bound(t, bound)),
            (Type::Union(members), _) => members.iter().all(|t| *t == Type::Null || self.has_bound(t, bound)),
            _ => true,
        }
    }
}

/// What iterating yields; nothing for what is no list, set, map or range.
pub(crate) fn items_of(ty: &Type) -> Option<Type> {
    Some(match ty {
        Type::List(t) | Type::Set(t) => (**t).clone(),
        Type::Map(k, v) => Type::tuple(vec![(**k).clone(), (**v).clone()]),
        Type::Range => Type::Int,
        Type::Error => Type::Error,
        Type::Engine(of) if of.is("Items") => of.args.first()?.clone(),
        _ => return None,
    })
}

/// What walking yields: of a collection its elements, of a generator what it yields.
pub(crate) fn walked(ty: &Type) -> Option<Type> {
    match ty {
        Type::Iter(element) => Some((**element).clone()),
        other => items_of(other),
    }
}

#[inline]
pub(crate) fn has_var(ty: &Type) -> bool {
    // Most types have no parts.
    !matches!(ty, Type::Int | Type::Float | Type::Bool | Type::String | Type::Null | Type::Error)
        && contains(ty, &mut |part| matches!(part, Type::Var(_)))
}

fn mentions(ty: &Type, var: u32) -> bool {
    contains(ty, &mut |part| *part == Type::Var(var))
}

/// Whether some part of the type satisfies the test.
pub(crate) fn contains(ty: &Type, test: &mut dyn FnMut(&Type) -> bool) -> bool {
    if test(ty) {
        return true;
    }
    match ty {
        Type::List(t) | Type::Set(t) | Type::Iter(t) | Type::Future(t) | Type::Series(t) => contains(t, test),
        Type::Map(a, b) | Type::Result(a, b) => contains(a, test) || contains(b, test),
        Type::Tuple(items) | Type::Union(items) | Type::Record(_, items) | Type::Enum(_, items) => {
            items.iter().any(|t| contains(t, test))
        }
        Type::Engine(of) => of.args.iter().any(|t| contains(t, test)),
        Type::Fn(f) => f.params.iter().any(|t| contains(t, test)) || contains(&f.ret, test),
        Type::Structure(fields) => fields.iter().any(|(_, t)| contains(t, test)),
        Type::Frame(frame) => frame.columns.iter().flatten().any(|(_, t)| contains(t, test)),
        _ => false,
    }
}
