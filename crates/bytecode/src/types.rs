//! Descriptions of types at run time: what a record is called, what its fields hold, what a host call was given.

use std::fmt;
use std::rc::Rc;

/// How a value stands in a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Repr {
    Int,
    Float,
    Bool,
    /// A counted reference or boxed value.
    Ref,
}

impl Repr {
    pub fn is_scalar(self) -> bool {
        self != Repr::Ref
    }
}

/// A type as a finite tree; where a record or enum contains itself, the inner mention is `Recursive`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TypeDesc {
    Any,
    Never,
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
    Range,
    Function,
    Optional(Rc<TypeDesc>),
    List(Rc<TypeDesc>),
    Set(Rc<TypeDesc>),
    Map(Rc<TypeDesc>, Rc<TypeDesc>),
    Tuple(Vec<Rc<TypeDesc>>),
    Result(Rc<TypeDesc>, Rc<TypeDesc>),
    /// Never with `Null` as a member: that is `Optional`.
    Union(Vec<Rc<TypeDesc>>),
    Record(Rc<RecordDesc>),
    Enum(Rc<EnumDesc>),
    /// A record or enum inside its own description.
    Recursive {
        module: String,
        name: String,
    },
    Structure(Vec<(String, Rc<TypeDesc>)>),
    /// Columns are absent when they depend on the data.
    Frame {
        columns: Option<Vec<(String, Rc<TypeDesc>)>>,
        index: Vec<(String, Rc<TypeDesc>)>,
    },
    Series(Rc<TypeDesc>),
    /// A type of an engine, such as `Tensor`.
    Engine(String, Vec<Rc<TypeDesc>>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordDesc {
    /// The path that its file is imported by; empty in the root. Records of two files are two types.
    pub module: String,
    pub name: String,
    pub fields: Vec<FieldDesc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldDesc {
    pub name: String,
    /// The label in a frame.
    pub column: String,
    pub ty: Rc<TypeDesc>,
    pub has_default: bool,
    pub has_constraint: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EnumDesc {
    /// As [`RecordDesc::module`].
    pub module: String,
    pub name: String,
    pub variants: Vec<VariantDesc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VariantDesc {
    pub name: String,
    /// Payload, with the names of `V(a: T)`.
    pub fields: Vec<(Option<String>, Rc<TypeDesc>)>,
}

impl RecordDesc {
    /// What makes it the same type, its name first.
    pub fn identity(&self) -> (&str, &str) {
        (&self.name, &self.module)
    }

    pub fn slot(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|f| f.name == name)
    }
}

impl EnumDesc {
    /// As [`RecordDesc::identity`].
    pub fn identity(&self) -> (&str, &str) {
        (&self.name, &self.module)
    }
}

/// As the language writes it.
impl fmt::Display for TypeDesc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, items: &[Rc<TypeDesc>], separator: &str| {
            for (i, item) in items.iter().enumerate() {
                write!(f, "{}{item}", if i == 0 { "" } else { separator })?;
            }
            Ok(())
        };
        match self {
            TypeDesc::Any => write!(f, "Any"),
            TypeDesc::Never => write!(f, "Never"),
            TypeDesc::Null => write!(f, "Null"),
            TypeDesc::Bool => write!(f, "Bool"),
            TypeDesc::Int => write!(f, "Int"),
            TypeDesc::Float => write!(f, "Float"),
            TypeDesc::String => write!(f, "String"),
            TypeDesc::Bytes => write!(f, "Bytes"),
            TypeDesc::DateTime => write!(f, "DateTime"),
            TypeDesc::Duration => write!(f, "Duration"),
            TypeDesc::Path => write!(f, "Path"),
            TypeDesc::Json => write!(f, "Json"),
            TypeDesc::Range => write!(f, "Range"),
            TypeDesc::Function => write!(f, "fn"),
            TypeDesc::Optional(t) if matches!(**t, TypeDesc::Union(_)) => write!(f, "{t} | Null"),
            TypeDesc::Optional(t) => write!(f, "{t}?"),
            TypeDesc::List(t) => write!(f, "list[{t}]"),
            TypeDesc::Set(t) => write!(f, "set[{t}]"),
            TypeDesc::Map(k, v) => write!(f, "map[{k}, {v}]"),
            TypeDesc::Tuple(items) => {
                write!(f, "(")?;
                list(f, items, ", ")?;
                write!(f, ")")
            }
            TypeDesc::Result(t, e) => write!(f, "result[{t}, {e}]"),
            TypeDesc::Union(items) => list(f, items, " | "),
            TypeDesc::Record(r) => write!(f, "{}", r.name),
            TypeDesc::Enum(e) => write!(f, "{}", e.name),
            TypeDesc::Recursive { name, .. } => write!(f, "{name}"),
            TypeDesc::Structure(fields) => columns(f, fields),
            TypeDesc::Frame { columns: None, .. } => write!(f, "Frame[Any]"),
            TypeDesc::Frame { columns: Some(c), index } => {
                write!(f, "Frame[")?;
                columns(f, c)?;
                if !index.is_empty() {
                    write!(f, ", ")?;
                    columns(f, index)?;
                }
                write!(f, "]")
            }
            TypeDesc::Series(t) => write!(f, "Series[{t}]"),
            TypeDesc::Engine(name, args) if args.is_empty() => write!(f, "{name}"),
            TypeDesc::Engine(name, args) => {
                write!(f, "{name}[")?;
                list(f, args, ", ")?;
                write!(f, "]")
            }
        }
    }
}

fn columns(f: &mut fmt::Formatter<'_>, fields: &[(String, Rc<TypeDesc>)]) -> fmt::Result {
    write!(f, "{{")?;
    for (i, (name, ty)) in fields.iter().enumerate() {
        write!(f, "{}{name}: {ty}", if i == 0 { "" } else { ", " })?;
    }
    write!(f, "}}")
}
