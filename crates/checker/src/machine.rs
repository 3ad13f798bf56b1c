//! Machines: the types that their parts have, and what is said of them.

use std::collections::BTreeSet;

use syntax::ast::{Expr, NodeId};

use crate::Type;
use crate::checker::Checker;
use crate::named::is_handle;
use crate::state::Declared;

/// A part of a machine with a rule of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Decides whether a transition is taken.
    Guard,
    /// A part of the payload of the state that follows.
    Payload,
}

impl Checker<'_> {
    /// Gives the cells that start a machine the types that its initial state holds.
    pub(crate) fn resolve_machines(&mut self) {
        for index in 0..self.records.len() {
            let Some(machine) = &self.records[index].record.machine else { continue };
            let role = |role: Role| move |id: &NodeId| (*id, role);
            self.roles.extend(machine.guards.iter().map(role(Role::Guard)));
            self.roles.extend(machine.arguments.iter().map(role(Role::Payload)));
            let initial = machine.initial;
            let held = self.out.records[index].fields.first().map(|field| field.ty.clone());
            let Some(Type::Engine(held)) = held else { continue };
            let [Type::Enum(states, _)] = &*held.args else { continue };
            let parts = self.variant_parts(*states, initial, &[]);
            let starts = ["start".to_string(), syntax::hidden("run")];
            for cell in starts.iter().filter_map(|name| self.records[index].methods.get(name).copied()) {
                let params = self.out.cells.get_mut(cell.0 as usize).map(|def| &mut def.params);
                let params = params.into_iter().flatten().filter(|param| param.name != "self");
                for (param, (_, ty)) in params.zip(&parts) {
                    param.ty = ty.clone();
                }
            }
        }
    }

    /// The code of a mismatch: a machine's parts have their own.
    pub(crate) fn mismatch_code(&self, e: &Expr) -> syntax::diagnostic::Code {
        match self.roles.get(&e.id) {
            Some(Role::Guard) => "E0117",
            Some(Role::Payload) => "E0115",
            None => "E0200",
        }
    }

    /// Whether a value of the type has identity, or holds one that has.
    pub(crate) fn holds_handle(&self, ty: &Type) -> bool {
        self.handle_within(ty, &mut BTreeSet::new())
    }

    fn handle_within(&self, ty: &Type, seen: &mut BTreeSet<Declared>) -> bool {
        let mut any = |types: &[Type]| types.iter().any(|ty| self.handle_within(ty, seen));
        match ty {
            Type::Future(_) => true,
            Type::Engine(of) => is_handle(&of.name),
            Type::List(part) | Type::Set(part) | Type::Map(_, part) => self.handle_within(part, seen),
            Type::Result(ok, err) => self.handle_within(ok, seen) || self.handle_within(err, seen),
            Type::Tuple(parts) | Type::Union(parts) => any(parts),
            Type::Record(id, args) => {
                if any(args) {
                    return true;
                }
                let fields = self.out.records.get(id.0 as usize).map_or(&[][..], |def| &def.fields);
                seen.insert(Declared::Record(*id))
                    && fields.iter().any(|field| self.handle_within(&field.ty, seen))
            }
            Type::Enum(id, args) => {
                if any(args) {
                    return true;
                }
                let variants = self.out.enums.get(id.0 as usize).map_or(&[][..], |def| &def.variants);
                let mut parts = variants.iter().flat_map(|variant| &variant.fields);
                seen.insert(Declared::Enum(*id)) && parts.any(|(_, ty)| self.handle_within(ty, seen))
            }
            _ => false,
        }
    }
}
