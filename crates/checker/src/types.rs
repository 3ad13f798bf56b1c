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
    Engine(Rc<str>, Rc<[Type]>),
    /// A type parameter of a generic declaration, by the id of its `TypeParam`.
    Param(NodeId),
    /// An inference variable; none is left in [`crate::Checked`].
    Var(u32),
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
    /// Unions, `Any`, type parameters and all structured values are references.
    pub fn repr(&self) -> Repr {
        match self {
            Type::Int => Repr::Int,
            Type::Float => Repr::Float,
            Type::Bool => Repr::Bool,
            _ => Repr::Ref,
        }
    }
}
