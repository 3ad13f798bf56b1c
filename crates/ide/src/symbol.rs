//! What a name can mean.

use checker::checked::{CellId, EffectId, GlobalId, HandlerId, LocalId, Operation, StateId, Use};
use checker::types::{EnumId, RecordId};
use syntax::FileId;
use syntax::ast::NodeId;

/// One thing that has a name. Two places with equal symbols mean the same thing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Symbol {
    Local(LocalId),
    Global(GlobalId),
    Cell(CellId),
    State(StateId),
    Record(RecordId),
    /// A field of a record, by slot.
    Field(RecordId, usize),
    Enum(EnumId),
    Variant(EnumId, usize),
    Effect(EffectId),
    Operation(Operation),
    Handler(HandlerId),
    /// A constant or a type alias, by the id of its `Item`.
    Item(NodeId),
    TypeParam(NodeId),
    /// By its name in the builtins' text.
    Builtin(String),
    /// An engine's namespace or type: `nn`, `Tensor`.
    Namespace(String),
    /// An imported file.
    File(FileId),
}

impl Symbol {
    /// What a use means by itself. A slot is a field of a type that the use does not name; `ok` and `err` have no place.
    pub(crate) fn of(used: &Use) -> Option<Symbol> {
        Some(match used {
            Use::Local(id) => Symbol::Local(*id),
            Use::Global(id) => Symbol::Global(*id),
            Use::Cell(id) => Symbol::Cell(*id),
            Use::State(id) => Symbol::State(*id),
            Use::Builtin(name) => Symbol::Builtin(name.clone()),
            Use::Variant(id, index) => Symbol::Variant(*id, *index),
            Use::Record(id) => Symbol::Record(*id),
            Use::Operation(operation) => Symbol::Operation(*operation),
            Use::Handler(id) => Symbol::Handler(*id),
            Use::Const(item) | Use::Tool(item) => Symbol::Item(*item),
            Use::Namespace(name) => Symbol::Namespace(name.to_string()),
            Use::Ok | Use::Err | Use::Slot(_) | Use::Part(..) => return None,
        })
    }
}
