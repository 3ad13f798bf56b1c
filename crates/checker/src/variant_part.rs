//! Parts of a value that is known to be one variant of its enum.

use syntax::Diagnostic;
use syntax::ast::{Expr, Name};

use crate::Type;
use crate::checked::Use;
use crate::checker::Checker;
use crate::types::EnumId;

impl<'a> Checker<'a> {
    /// `s.0`, `s.radius`: in the arm of a variant, `s` has that variant's parts.
    pub(crate) fn variant_part(
        &mut self,
        e: &'a Expr,
        base: &'a Expr,
        (id, args): (EnumId, &[Type]),
        name: &'a Name,
    ) -> Type {
        let known = self.place(base).and_then(|place| self.known_variant(&place)).filter(|k| k.0 == id);
        let Some((_, variant)) = known else {
            let shown = self.show(&Type::Enum(id, args.into()));
            let variants = self.out.enums.get(id.0 as usize).map_or(&[][..], |d| &d.variants);
            let with = variants.iter().find(|v| !v.fields.is_empty()).map(|v| v.name.clone());
            let mut diagnostic = Diagnostic::error(
                "E0204",
                name.span,
                format!("A value of type {shown} has no field `{}`.", name.text),
            );
            diagnostic.help = Some(match with {
                _ if self.enums.get(id.0 as usize).is_some_and(|s| s.methods.contains_key(&name.text)) => {
                    format!("It is a function: call it with `.{}(...)`.", name.text)
                }
                Some(with) => format!("Match it: in an arm `{with} ->` it has that variant's parts."),
                None => "Its variants have no parts.".to_string(),
            });
            self.report(diagnostic);
            return Type::Error;
        };
        let parts = self.variant_parts(id, variant, args);
        let by_place = name.text.parse::<usize>().ok().filter(|i| *i < parts.len());
        let slot = by_place.or_else(|| parts.iter().position(|(n, _)| n.as_deref() == Some(&name.text)));
        match slot.and_then(|slot| Some((slot, parts.get(slot)?.1.clone()))) {
            Some((slot, ty)) => {
                self.out.uses.insert(e.id, Use::Part(variant, slot));
                ty
            }
            None => {
                let owner = self.out.enums.get(id.0 as usize).and_then(|d| d.variants.get(variant));
                let owner = owner.map_or(String::new(), |v| v.name.clone());
                let known: Vec<String> = parts
                    .into_iter()
                    .enumerate()
                    .map(|(i, (name, _))| name.unwrap_or_else(|| i.to_string()))
                    .collect();
                self.no_part(name, &format!("Here the value is `{owner}`, which has no part"), &known);
                Type::Error
            }
        }
    }
}
