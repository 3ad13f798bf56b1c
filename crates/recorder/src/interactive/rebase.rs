//! Types from one checking of a growing program in terms of the next, where declarations have other numbers.

use std::collections::HashMap;
use std::rc::Rc;

use checker::types::{EnumId, RecordId};
use checker::{FnType, FrameType, GroupType, Type};
use syntax::FileId;

use crate::program::Program;

/// Who a declared type is: the file that declares it, by name, and its own name.
type Declared = (String, String);

/// The declared types of a program.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    records: Vec<Declared>,
    enums: Vec<Declared>,
}

impl Numbers {
    pub fn of(program: &Program) -> Numbers {
        let file = |file: FileId| {
            let name = program.sources.get(file.0 as usize).map(|source| source.name.clone());
            name.unwrap_or_default()
        };
        let checked = &program.checked;
        Numbers {
            records: checked.records.iter().map(|it| (file(it.file), it.name.clone())).collect(),
            enums: checked.enums.iter().map(|it| (file(it.file), it.name.clone())).collect(),
        }
    }

    /// From these numbers to those; `changed` says of a name of the root's that it is another type now.
    pub fn to<'a>(&'a self, new: &'a Numbers, root: &'a str, changed: &'a [String]) -> Rebase<'a> {
        let index =
            |list: &'a [Declared]| list.iter().enumerate().map(|(at, name)| (name, at as u32)).collect();
        Rebase { old: self, records: index(&new.records), enums: index(&new.enums), root, changed }
    }
}

pub(super) struct Rebase<'a> {
    old: &'a Numbers,
    records: HashMap<&'a Declared, u32>,
    enums: HashMap<&'a Declared, u32>,
    root: &'a str,
    changed: &'a [String],
}

impl Rebase<'_> {
    /// `None` for a type that is not declared any more.
    pub fn ty(&self, ty: &Type) -> Option<Type> {
        let one = |ty: &Rc<Type>| self.ty(ty).map(Rc::new);
        Some(match ty {
            Type::List(inner) => Type::List(one(inner)?),
            Type::Set(inner) => Type::Set(one(inner)?),
            Type::Map(key, value) => Type::Map(one(key)?, one(value)?),
            Type::Tuple(items) => Type::Tuple(self.all(items)?),
            Type::Result(ok, err) => Type::Result(one(ok)?, one(err)?),
            // Sorted anew: members are in the order of their numbers.
            Type::Union(items) => Type::union(self.all(items)?.iter().cloned()),
            Type::Fn(it) => Type::Fn(Rc::new(FnType {
                params: it.params.iter().map(|ty| self.ty(ty)).collect::<Option<_>>()?,
                ret: self.ty(&it.ret)?,
                row: it.row.clone(),
            })),
            Type::Record(id, args) => {
                let id = self.number(&self.old.records, &self.records, id.0)?;
                Type::Record(RecordId(id), self.all(args)?)
            }
            Type::Enum(id, args) => {
                let id = self.number(&self.old.enums, &self.enums, id.0)?;
                Type::Enum(EnumId(id), self.all(args)?)
            }
            Type::Structure(fields) => Type::Structure(self.named(fields)?.into()),
            Type::Frame(frame) => Type::Frame(Rc::new(self.frame(frame)?)),
            Type::Series(inner) => Type::Series(one(inner)?),
            Type::GroupBy(group) => {
                Type::GroupBy(Rc::new(GroupType { frame: self.frame(&group.frame)?, ..(**group).clone() }))
            }
            Type::Engine(of) => Type::engine_of(&of.name, self.all(&of.args)?),
            other => other.clone(),
        })
    }

    fn number(&self, old: &[Declared], new: &HashMap<&Declared, u32>, id: u32) -> Option<u32> {
        let declared = old.get(id as usize)?;
        let again = declared.0 == self.root && self.changed.contains(&declared.1);
        new.get(declared).copied().filter(|_| !again)
    }

    fn all(&self, types: &[Type]) -> Option<Rc<[Type]>> {
        types.iter().map(|ty| self.ty(ty)).collect()
    }

    fn named(&self, types: &[(String, Type)]) -> Option<Vec<(String, Type)>> {
        types.iter().map(|(name, ty)| Some((name.clone(), self.ty(ty)?))).collect()
    }

    fn frame(&self, frame: &FrameType) -> Option<FrameType> {
        let columns = match &frame.columns {
            Some(columns) => Some(self.named(columns)?),
            None => None,
        };
        Some(FrameType { columns, index: self.named(&frame.index)? })
    }
}
