//! The types that have a name without being declared.

use crate::Type;

/// Types of the engines, known by name alone.
const ENGINE_TYPES: &[&str] = &[
    "Tensor",
    "Module",
    "Figure",
    "Optimizer",
    "Scheduler",
    "Generator",
    "Dataset",
    "DataLoader",
    "DType",
    "Loc",
    "ILoc",
    "Rolling",
    "StringMethods",
    "DatetimeMethods",
    "GroupBy",
];

/// Engine values with identity: a statement that uses one belongs to the node of its `let`.
const HANDLES: &[&str] = &["Module", "Optimizer", "Scheduler", "Generator", "DataLoader", "Process"];

/// A builtin type's name: how many type arguments it takes, and the type they make.
pub(crate) enum Named {
    Type(Type),
    /// Takes this many arguments; found another number.
    Arity(usize),
    Unknown,
}

/// All names of builtin types.
pub fn type_names<'n>() -> impl Iterator<Item = &'n str> {
    [
        "Int",
        "Float",
        "Bool",
        "String",
        "Bytes",
        "Null",
        "Never",
        "DateTime",
        "Duration",
        "Path",
        "Json",
        "Any",
        "Range",
        "Refused",
        "Fault",
        "Timeout",
        "Message",
        "ModelError",
        "Iter",
        "Future",
        "list",
        "map",
        "set",
        "tuple",
        "result",
        "Frame",
        "Series",
    ]
    .into_iter()
    .chain(ENGINE_TYPES.iter().copied())
}

pub(crate) fn named(name: &str, args: Vec<Type>) -> Named {
    let scalar = match name {
        "Int" | "int" => Some(Type::Int),
        "Float" | "float" => Some(Type::Float),
        "Bool" | "bool" => Some(Type::Bool),
        "String" | "string" => Some(Type::String),
        "Bytes" | "bytes" => Some(Type::Bytes),
        "Null" | "null" => Some(Type::Null),
        "Never" => Some(Type::Never),
        "DateTime" => Some(Type::DateTime),
        "Duration" => Some(Type::Duration),
        "Path" => Some(Type::Path),
        "Json" | "json" => Some(Type::Json),
        "Any" => Some(Type::Any),
        "Range" => Some(Type::Range),
        "Refused" => Some(Type::refused()),
        "Fault" => Some(Type::fault()),
        "Message" => Some(Type::message()),
        "ModelError" => Some(Type::model_error()),
        "Timeout" => Some(Type::timeout()),
        _ => None,
    };
    if let Some(scalar) = scalar {
        return if args.is_empty() { Named::Type(scalar) } else { Named::Arity(0) };
    }
    if name == syntax::hidden("Process") {
        let mut args = args;
        return match (args.pop(), args.as_slice()) {
            (Some(held), []) => Named::Type(Type::process(held)),
            _ => Named::Arity(1),
        };
    }
    if name == "tuple" {
        return Named::Type(Type::tuple(args));
    }
    if ENGINE_TYPES.contains(&name) {
        return if args.is_empty() { Named::Type(Type::engine(name)) } else { Named::Arity(0) };
    }
    let wanted = match name {
        "list" | "set" | "Iter" | "Future" | "Series" | "Items" => 1,
        "map" | "result" => 2,
        _ => return Named::Unknown,
    };
    if name == "Series" && args.is_empty() {
        return Named::Type(Type::series(Type::Any));
    }
    if args.len() != wanted {
        return Named::Arity(wanted);
    }
    let mut args = args.into_iter();
    let (Some(first), second) = (args.next(), args.next()) else {
        return Named::Arity(wanted);
    };
    Named::Type(match (name, second) {
        ("list", _) => Type::list(first),
        ("set", _) => Type::set(first),
        ("Iter", _) => Type::iter(first),
        ("Future", _) => Type::future(first),
        ("Series", _) => Type::series(first),
        ("map", Some(second)) => Type::map(first, second),
        ("result", Some(second)) => Type::result(first, second),
        _ => Type::engine_of(name, [first]),
    })
}

/// Whether values of the engine's type have identity.
pub(crate) fn is_handle(name: &str) -> bool {
    HANDLES.contains(&name)
}

/// Whether values of the type are carried out by an engine, operators included.
pub(crate) fn is_engine(ty: &Type) -> bool {
    matches!(ty, Type::Frame(_) | Type::Series(_) | Type::GroupBy(_) | Type::Engine(..))
}
