//! Types of the language after inference.

use std::rc::Rc;

use syntax::ast::NodeId;

/// Index into [`crate::Checked::records`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub u32);

/// Index into [`crate::Checked::enums`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnumId(pub u32);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// Of a faulty node: fits everything, so that nothing cascades.
    Error,
    Never,
    Any,
    Null,
    Bool,
    Int,
    Float,
    String,
    Bytes,
    DateTime,
    Duration,
    Path,
    Json,
    /// `a..b`: iterates Ints.
    Range,
    /// What a cell with `yield` gives: lazy, and walked anew each time.
    Iter(Rc<Type>),
    /// A task, by what it computes.
    Future(Rc<Type>),
    List(Rc<Type>),
    Set(Rc<Type>),
    Map(Rc<Type>, Rc<Type>),
    Tuple(Rc<[Type]>),
    /// `result[T, E]`
    Result(Rc<Type>, Rc<Type>),
    /// Two or more members, flat, sorted, without duplicates. `T?` is `T | Null`.
    Union(Rc<[Type]>),
    Fn(Rc<FnType>),
    Record(RecordId, Rc<[Type]>),
    Enum(EnumId, Rc<[Type]>),
    /// A structural record: `inputs`, and the row of a frame.
    Structure(Rc<[(String, Type)]>),
    Frame(Rc<FrameType>),
    Series(Rc<Type>),
    GroupBy(Rc<GroupType>),
    /// An engine's type that the checker knows by name alone: `Tensor`, `Module`, `Figure`, `Optimizer`, ...
    Engine(Rc<EngineType>),
    /// A type parameter of a generic declaration, by the id of its `TypeParam`.
    Param(NodeId),
    /// An inference variable; none is left in [`crate::Checked`].
    Var(u32),
}

/// Behind one pointer in [`Type::Engine`], so that a type is three words: each node of a program has one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EngineType {
    pub name: Rc<str>,
    pub args: Rc<[Type]>,
}

impl EngineType {
    pub fn is(&self, name: &str) -> bool {
        &*self.name == name
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FnType {
    pub params: Vec<Type>,
    pub ret: Type,
    /// Effects that calling it may have, sorted.
    pub row: Vec<String>,
}

/// What the checker knows of a frame.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameType {
    /// Columns in order; `None` when they depend on the data (`Frame[Any]`).
    pub columns: Option<Vec<(String, Type)>>,
    /// Named index levels; empty for the default range index.
    pub index: Vec<(String, Type)>,
}

/// The value of `frame.groupby(...)`, perhaps with columns selected.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupType {
    pub frame: FrameType,
    pub keys: Vec<String>,
    pub as_index: bool,
    /// The columns after `[...]`; a single one makes a series group-by.
    pub selected: Option<Vec<String>>,
    pub series: bool,
}

/// How a value of a type stands in a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Repr {
    Int,
    Float,
    Bool,
    /// A counted reference or boxed value.
    Ref,
}

impl Type {
    pub fn list(element: Type) -> Type {
        Type::List(Rc::new(element))
    }

    pub fn iter(element: Type) -> Type {
        Type::Iter(Rc::new(element))
    }

    pub fn set(element: Type) -> Type {
        Type::Set(Rc::new(element))
    }

    pub fn map(key: Type, value: Type) -> Type {
        Type::Map(Rc::new(key), Rc::new(value))
    }

    pub fn tuple(items: Vec<Type>) -> Type {
        Type::Tuple(items.into())
    }

    pub fn result(ok: Type, err: Type) -> Type {
        Type::Result(Rc::new(ok), Rc::new(err))
    }

    pub fn series(element: Type) -> Type {
        Type::Series(Rc::new(element))
    }

    pub fn function(params: Vec<Type>, ret: Type) -> Type {
        Type::Fn(Rc::new(FnType { params, ret, row: Vec::new() }))
    }

    pub fn engine(name: &str) -> Type {
        Type::engine_of(name, [])
    }

    pub fn engine_of(name: &str, args: impl Into<Rc<[Type]>>) -> Type {
        Type::Engine(Rc::new(EngineType { name: name.into(), args: args.into() }))
    }

    /// What a process remembers.
    pub fn process(held: Type) -> Type {
        Type::engine_of("Process", [held])
    }

    pub fn future(value: Type) -> Type {
        Type::Future(Rc::new(value))
    }

    /// `Fault`: how a task ended that did not come to a value.
    pub(crate) fn fault() -> Type {
        let text = |name: &str| (name.to_string(), Type::String);
        Type::Structure([text("code"), text("message"), text("cell")].into())
    }

    /// `ToolError`: why a call that reached outside gave no value.
    pub(crate) fn tool_error() -> Type {
        let text = |name: &str| (name.to_string(), Type::String);
        Type::Structure([text("code"), text("message")].into())
    }

    /// `ModelError`: why a model gave no value.
    pub(crate) fn model_error() -> Type {
        let text = |name: &str| (name.to_string(), Type::String);
        Type::Structure([text("code"), text("kind"), text("message")].into())
    }

    /// `Message`: a text for a model, and who says it.
    pub(crate) fn message() -> Type {
        let text = |name: &str| (name.to_string(), Type::String);
        Type::Structure([text("role"), text("text")].into())
    }

    /// `Timeout`: how long a task was given that took longer.
    pub(crate) fn timeout() -> Type {
        Type::Structure([("ms".to_string(), Type::Int)].into())
    }

    /// `Refused`: why an upsert was not carried out, and where that is on record.
    pub(crate) fn refused() -> Type {
        Type::Structure([("reason".to_string(), Type::String), ("seq".to_string(), Type::Int)].into())
    }

    /// `Frame[Any]`: a frame whose columns depend on the data.
    pub fn any_frame() -> Type {
        Type::Frame(Rc::new(FrameType { columns: None, index: Vec::new() }))
    }

    /// The flat, sorted union of the members; the member itself if there is but one. `Never` adds nothing, and what is
    /// faulty, or nothing is known of, swallows the rest.
    pub fn union(members: impl IntoIterator<Item = Type>) -> Type {
        let mut flat = Vec::new();
        for member in members {
            match member {
                Type::Union(inner) => flat.extend(inner.iter().cloned()),
                Type::Never => {}
                Type::Error => return Type::Error,
                Type::Any => return Type::Any,
                other => flat.push(other),
            }
        }
        flat.sort();
        flat.dedup();
        match flat.len() {
            0 => Type::Never,
            1 => flat.swap_remove(0),
            _ => Type::Union(flat.into()),
        }
    }

    /// `T?`
    pub fn optional(self) -> Type {
        Type::union([self, Type::Null])
    }

    /// The type without `Null`: `T` of `T?`.
    pub fn without_null(&self) -> Type {
        match self {
            Type::Union(members) => Type::union(members.iter().filter(|m| **m != Type::Null).cloned()),
            Type::Null => Type::Never,
            other => other.clone(),
        }
    }

    /// Whether null is one of its values for certain.
    pub fn admits_null(&self) -> bool {
        match self {
            Type::Null | Type::Any | Type::Error | Type::Json => true,
            Type::Union(members) => members.contains(&Type::Null),
            _ => false,
        }
    }

    /// Unions, `Any`, type parameters and all structured values are references.
    pub fn repr(&self) -> Repr {
        match self {
            Type::Int => Repr::Int,
            Type::Float => Repr::Float,
            Type::Bool => Repr::Bool,
            _ => Repr::Ref,
        }
    }

    /// The type with arguments in the place of a declaration's parameters.
    pub fn given(&self, params: &[NodeId], args: &[Type]) -> Type {
        self.rewrite(&mut |part| match part {
            Type::Param(param) => {
                let at = params.iter().position(|known| known == param)?;
                args.get(at).cloned()
            }
            _ => None,
        })
    }

    /// Replaces the parts that `change` maps, bottom up.
    pub(crate) fn rewrite(&self, change: &mut dyn FnMut(&Type) -> Option<Type>) -> Type {
        if let Some(changed) = change(self) {
            return changed;
        }
        match self {
            Type::List(t) => Type::list(t.rewrite(change)),
            Type::Iter(t) => Type::iter(t.rewrite(change)),
            Type::Future(t) => Type::future(t.rewrite(change)),
            Type::Set(t) => Type::set(t.rewrite(change)),
            Type::Series(t) => Type::series(t.rewrite(change)),
            Type::Map(k, v) => Type::map(k.rewrite(change), v.rewrite(change)),
            Type::Result(a, b) => Type::result(a.rewrite(change), b.rewrite(change)),
            Type::Tuple(items) => Type::Tuple(rewrite_all(items, change)),
            Type::Union(items) => Type::union(items.iter().map(|t| t.rewrite(change)).collect::<Vec<_>>()),
            Type::Record(id, args) => Type::Record(*id, rewrite_all(args, change)),
            Type::Enum(id, args) => Type::Enum(*id, rewrite_all(args, change)),
            Type::Engine(of) => Type::Engine(Rc::new(EngineType {
                name: of.name.clone(),
                args: rewrite_all(&of.args, change),
            })),
            Type::Structure(fields) => Type::Structure(rewrite_fields(fields, change).into()),
            Type::Fn(f) => Type::Fn(Rc::new(FnType {
                params: f.params.iter().map(|t| t.rewrite(change)).collect(),
                ret: f.ret.rewrite(change),
                row: f.row.clone(),
            })),
            Type::Frame(frame) => Type::Frame(Rc::new(frame.rewrite(change))),
            Type::GroupBy(group) => {
                Type::GroupBy(Rc::new(GroupType { frame: group.frame.rewrite(change), ..(**group).clone() }))
            }
            _ => self.clone(),
        }
    }
}

impl FrameType {
    fn rewrite(&self, change: &mut dyn FnMut(&Type) -> Option<Type>) -> FrameType {
        FrameType {
            columns: self.columns.as_ref().map(|columns| rewrite_fields(columns, change)),
            index: rewrite_fields(&self.index, change),
        }
    }

    pub fn column(&self, name: &str) -> Option<&Type> {
        self.columns.as_ref()?.iter().find(|(n, _)| n == name).map(|(_, ty)| ty)
    }
}

fn rewrite_all(items: &[Type], change: &mut dyn FnMut(&Type) -> Option<Type>) -> Rc<[Type]> {
    items.iter().map(|t| t.rewrite(change)).collect()
}

fn rewrite_fields(
    fields: &[(String, Type)],
    change: &mut dyn FnMut(&Type) -> Option<Type>,
) -> Vec<(String, Type)> {
    fields.iter().map(|(name, ty)| (name.clone(), ty.rewrite(change))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_three_words() {
        assert_eq!(size_of::<Type>(), 24);
    }
}
