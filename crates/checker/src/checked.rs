//! What checking found out: the contract with `lower`, the editor services and the recorder.

use std::collections::{HashMap, HashSet};

use syntax::Diagnostic;
use syntax::ast::{Binding, Module, NodeId};
use syntax::text::{FileId, Source, Span};

use crate::node_map::NodeMap;
use crate::node_types::NodeTypes;
use crate::result_graph::ResultGraph;
use crate::types::{EnumId, RecordId, Type};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellId(pub u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GlobalId(pub u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalId(pub u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateId(pub u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectId(pub u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HandlerId(pub u32);

/// An operation of a declared effect, by its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operation {
    pub effect: EffectId,
    pub index: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraitId(pub u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImplId(pub u32);

/// A program as it is handed to the checker: modules in dependency order (imports first), the root last.
pub struct Program<'a> {
    pub modules: &'a [Module],
    /// `import` path (dotted) per importing file, to the imported file.
    pub imports: HashMap<(FileId, String), FileId>,
    /// What each imported file is called, by [`module_names`]: its states have that name before their own.
    pub names: HashMap<FileId, String>,
    /// Expressions bound in the root document's prose.
    pub bindings: &'a [Binding],
    /// The front matter's `inputs`, as fields of the global `inputs`.
    pub inputs: Vec<(String, Type)>,
    /// Effect names granted by front matter and command line, beside the program's own `grant`s.
    pub grants: Vec<String>,
    /// Real schemas of input files, for did-you-mean on columns: input name to (column, dtype) in order.
    pub schemas: HashMap<String, Vec<(String, String)>>,
    /// What is known of the tools that files use, by the names that they call them: why one cannot be used, otherwise.
    pub tools: HashMap<(FileId, String), Result<ToolSchema, String>>,
    /// How many node ids the program has.
    pub node_count: usize,
    /// Warnings that strictness turns into errors are errors.
    pub strict: bool,
}

impl<'a> Program<'a> {
    /// One of modules that import and are granted nothing.
    pub fn new(modules: &'a [Module], node_count: usize) -> Program<'a> {
        Program {
            modules,
            imports: HashMap::new(),
            names: HashMap::new(),
            bindings: &[],
            inputs: Vec::new(),
            grants: Vec::new(),
            schemas: HashMap::new(),
            tools: HashMap::new(),
            node_count,
            strict: false,
        }
    }
}

/// What a tool takes and gives.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSchema {
    /// Those that are required first.
    pub params: Vec<ToolParam>,
    pub returns: Type,
    /// Whether it takes other arguments too, of any JSON.
    pub open: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ToolParam {
    pub name: String,
    pub ty: Type,
    pub required: bool,
}

/// A tool that a file uses.
#[derive(Clone, Debug)]
pub struct ToolDef {
    /// What it is called there.
    pub name: String,
    pub path: String,
    /// The effect of its calls.
    pub effect: String,
    pub schema: ToolSchema,
    pub node: NodeId,
    pub file: FileId,
}

/// A variable that stands before the program begins.
#[derive(Clone, Debug)]
pub struct Given {
    pub name: String,
    pub ty: Type,
    pub mutable: bool,
}

/// What the files of a program are called whose root has the path `root`: their paths from the root's folder, with
/// points. The name of a file that is not in that folder begins with `/`.
pub fn module_names(root: &str, files: &[Source]) -> HashMap<FileId, String> {
    let name = |(id, file): (u32, &Source)| (FileId(id), module_name(root, &file.name));
    (0u32..).zip(files).map(name).collect()
}

fn module_name(root: &str, path: &str) -> String {
    let folder = root.rfind('/').map_or("", |end| root.get(..=end).unwrap_or_default());
    let (start, path) = path.strip_prefix(folder).map_or(("/", path), |rest| ("", rest));
    let endings = [".lm.md", ".lumen.md", ".lumen", ".lm"];
    let path = endings.iter().find_map(|ending| path.strip_suffix(ending)).unwrap_or(path);
    let path = ["/mod", "/main"].iter().find_map(|file| path.strip_suffix(file)).unwrap_or(path);
    format!("{start}{}", path.replace('/', "."))
}

/// Side tables over the syntax tree. All `NodeId` keys are ids of `syntax::ast` nodes.
#[derive(Debug, Default)]
pub struct Checked {
    /// What `@doc_mode` lets pass, and so cannot run.
    pub unresolved: Vec<Diagnostic>,
    pub diagnostics: Vec<Diagnostic>,
    pub tools: Vec<ToolDef>,
    /// By node id: the type of each expression, pattern, parameter and type expression (`Type::Error` elsewhere).
    /// A name or field that a test narrowed has the narrowed type, and a call of a generic cell, a field of a generic
    /// record and the like have the instantiated one: where its representation is not that of the declared type, the
    /// reader of the place unboxes.
    pub types: NodeTypes,
    /// An expression whose value is converted on use: Int to Float, T to a union, optional, `Any` or type parameter, an
    /// `Iter` to the list of what it yields.
    /// The value's own type stays in `types`.
    pub coercions: NodeMap<Type>,
    /// What a `Name`, a `Field` that is no field (module member, qualified variant), or a constructor pattern means.
    pub uses: NodeMap<Use>,
    /// How each `Call`, and each operator on engine values, is carried out: by the id of the `Call`, `Binary`, `Unary`,
    /// `Index`, `Slice` or `Field` expression. A pipe's call stands under the `Binary`'s id, and its `Written` arguments
    /// are those of the call on its right. Iteration over an engine value (`op.iter`) stands under the id of the pattern
    /// of its `for` or comprehension clause.
    pub calls: NodeMap<Call>,
    /// The local that a binding pattern, parameter, `as` name or rest pattern introduces, by the id of that node; that
    /// of `try … else |x|` by the id of the `TryElse`.
    /// A top-level `let` binds globals instead.
    pub bound: NodeMap<Use>,
    /// Locals of the enclosing function that a lambda uses, by the lambda's id, in order of first use.
    pub captures: HashMap<NodeId, Vec<LocalId>>,
    /// The tool that carries out an operation which nobody handles, by its place in [`Checked::tools`].
    pub carried_out: HashMap<Operation, usize>,
    /// The dtype and sizes that a tensor's type states, by the id of the type expression: at a place it is
    /// [`Checked::constrained`] by itself.
    pub shapes: HashMap<NodeId, Shape>,
    /// The dictionaries that a clause takes behind the parameters of a generic operation, by the clause's id.
    pub clause_dicts: HashMap<NodeId, Vec<LocalId>>,
    pub locals: Vec<Local>,
    pub globals: Vec<Global>,
    pub cells: Vec<CellDef>,
    pub records: Vec<RecordDef>,
    pub enums: Vec<EnumDef>,
    pub states: Vec<StateDef>,
    pub traits: Vec<TraitDef>,
    /// Implementations of traits; what `impl Type` adds is among the type's own cells.
    pub impls: Vec<ImplDef>,
    /// The declared traits that bound a type parameter; that of a trait's `Self` is the trait.
    pub bounds: HashMap<NodeId, Vec<TraitRef>>,
    /// What proves the bounds of a called cell, or of one used as a value: one for each of [`CellDef::dicts`], by the
    /// id of the call or of the name. That of a trait's method begins with the proof for the value it is called on.
    pub evidence: HashMap<NodeId, Vec<Evidence>>,
    pub effects: Vec<EffectDef>,
    pub handlers: Vec<HandlerDef>,
    /// The tasks among [`Checked::tasks`] that go on until the future ends which they come to.
    pub continued: HashSet<NodeId>,
    /// Functions that are tasks, with [`Checked::captures`] under the same ids: `spawn`s, the bodies of `parallel for`s
    /// by the id of the `Tasks`, and the lines of other `Tasks` by the ids of their statements.
    pub tasks: Vec<NodeId>,
    /// Who handles what, by the id of the `Handle`. Its body and its clauses are functions of their own, with
    /// [`Checked::captures`] under the ids of the `Handle` and of each clause; `resume` is bound under the clause's id.
    pub handling: HashMap<NodeId, Vec<Handling>>,
    /// Types of places whose values an alias constrains, by the id of the type expression.
    pub constrained: HashMap<NodeId, Constrained>,
    /// Those among them whose alias stands inside: `list[Age]`.
    pub within: HashMap<NodeId, Within>,
    /// What type expressions of functions state of their arguments and of what they give.
    pub contracts: HashMap<NodeId, Contract>,
    /// Variables declared with such a type, with its id.
    pub kept: Vec<(Use, NodeId)>,
    /// The parts of upserts' guards that are about state: they are decided with the writes. All others are computed
    /// before.
    pub guarded: HashSet<NodeId>,
    /// The results graph of the root module, in source order.
    pub nodes: ResultGraph,
    /// Globals and cells each prose binding reads, in the order of `Program::bindings`.
    pub bindings: Vec<BindingInfo>,
    /// Files and folders that effects name by a constant text, in the order of the calls.
    pub paths: Vec<NamedPath>,
    /// What the model cells ask.
    pub models: HashMap<CellId, ModelDef>,
    /// Aliases of models that calls name by a constant text, beside those of model cells.
    pub aliases: Vec<(String, Span)>,
    /// Cells with `role` lines that join the prompt of their next model call, and those lines.
    pub prompted: HashSet<CellId>,
    pub joined: HashSet<NodeId>,
}

/// What a model cell asks.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelDef {
    pub alias: String,
    pub alias_span: Span,
    /// Most tokens of a reply.
    pub max_tokens: u32,
    /// The model's own where absent.
    pub temperature: Option<f64>,
    pub instructions: String,
    /// What its process tells the model before the instructions.
    pub system: Option<String>,
    /// What its process asks before the arguments.
    pub prompt: Option<String>,
    /// What the model may call before it answers.
    pub tools: Vec<ModelTool>,
    /// The JSON Schema of a reply; absent where it is a text.
    pub schema: Option<String>,
    /// Whether the reply is an object with the value in `value`, because servers hold replies to objects only.
    pub is_wrapped: bool,
}

/// A cell that a model may call.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelTool {
    pub cell: CellId,
    pub name: String,
    /// Names of what the model gives it, in order.
    pub params: Vec<String>,
    /// What the model is told of it: its signature, and its `@desc`.
    pub about: String,
    /// Whether it is a cell of the process, which is given that.
    pub takes_self: bool,
}

/// How a model cell is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// A failure is a fault.
    Plain,
    /// `cell.try(...)`: a failure is an `err`.
    Tried,
    /// `llm_batch`: the arguments are the items and how many may be on their way.
    Batch,
}

impl Checked {
    /// The methods that traits give the values of a type, whatever its type arguments are.
    pub fn trait_methods(&self, ty: &Type) -> Vec<CellId> {
        let is_for = |target: &Type| match (target, ty) {
            (Type::Record(a, _), Type::Record(b, _)) => a == b,
            (Type::Enum(a, _), Type::Enum(b, _)) => a == b,
            (Type::Param(_), _) => true,
            (Type::List(_), Type::List(_)) | (Type::Map(..), Type::Map(..)) => true,
            (a, b) => a == b,
        };
        let implemented = self.impls.iter().filter(|known| is_for(&known.target)).map(|known| known.of.id);
        let bounds = match ty {
            Type::Param(id) => self.bounds.get(id).map_or(&[][..], Vec::as_slice),
            _ => &[],
        };
        let mut traits: Vec<TraitId> = implemented.chain(bounds.iter().map(|bound| bound.id)).collect();
        let mut at = 0;
        while let Some(declared) = traits.get(at).and_then(|id| self.traits.get(id.0 as usize)) {
            at += 1;
            let parents: Vec<TraitId> = declared.parents.iter().map(|parent| parent.id).collect();
            traits.extend(parents.into_iter().filter(|id| !traits.contains(id)).collect::<Vec<_>>());
        }
        traits
            .iter()
            .filter_map(|id| self.traits.get(id.0 as usize))
            .flat_map(|t| &t.methods)
            .copied()
            .collect()
    }
}

/// Where in the values of a place others stand that an alias constrains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Within {
    /// The type expression names the alias.
    Named(NodeId),
    /// Each element of a list or set.
    Each(Box<Within>),
    /// The keys and the values of a map.
    Entries(Option<Box<Within>>, Option<Box<Within>>),
    /// The parts of a tuple.
    Parts(Vec<Option<Within>>),
    /// What is there, if it is not null.
    Present(Box<Within>),
    /// What `ok` and `err` hold.
    Outcome(Option<Box<Within>>, Option<Box<Within>>),
    /// Members of a union, by the type expressions of those that say something.
    Members(Vec<(NodeId, Within)>),
    /// Fields of a record, by slot.
    Fields(Vec<(usize, Within)>),
    /// Parts of variants, by their places.
    Variants(Vec<(usize, Vec<(usize, Within)>)>),
    /// The function that is there, by the id of its type expression: [`Checked::contracts`].
    Function(NodeId),
}

/// What a place states of the functions that enter it: what is there is a function that holds each call to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contract {
    pub params: Vec<Option<Within>>,
    pub ret: Option<Within>,
    /// The sizes of tensors that the signature around it says.
    pub outer: Vec<String>,
    /// Those that the arguments of each call say.
    pub own: Vec<String>,
}

/// Which alias a place is declared with: `type Age = Int where it >= 0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constrained {
    /// The id of its `Item`, under which [`Checked::bound`] has the local `it`.
    pub alias: NodeId,
    /// `Age?`: null is admitted too.
    pub optional: bool,
}

/// What a place states of a tensor: the dtype by the name that values show, and the sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    pub dtype: Option<String>,
    pub sizes: Option<Vec<Size>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Size {
    Any,
    Is(i64),
    /// What a parameter of the signature says.
    Named(String),
}

/// A constant path that an effect is called with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPath {
    pub path: String,
    pub span: Span,
    /// The builtin: `read_csv`, `write_text`.
    pub by: String,
    /// `fs.read` or `fs.write`
    pub effect: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Use {
    Local(LocalId),
    Global(GlobalId),
    Cell(CellId),
    /// A declared state: its value, or in an index and behind `in` the map whose entry is meant.
    State(StateId),
    /// A builtin used as a value, by its name in `builtins.lm`.
    Builtin(String),
    Variant(EnumId, usize),
    Record(RecordId),
    /// `ok` or `err` in a pattern or call.
    Ok,
    Err,
    /// A field of a record, by slot.
    Slot(usize),
    /// A part of a value that is known to be this variant of its enum: variant, part.
    Part(usize, usize),
    /// What a `perform` performs, and a clause handles.
    Operation(Operation),
    /// The handler that a `handle` names, by the id of the `Handle`.
    Handler(HandlerId),
    /// A tool, by the declaration that uses it.
    Tool(NodeId),
    /// A constant, by the id of its `Item`; its value expression is lowered where it is used.
    Const(NodeId),
    /// An engine's namespace or type (`nn`, `Tensor`): only its members have values.
    Namespace(Box<str>),
}

#[derive(Clone, Debug)]
pub struct Local {
    pub name: String,
    pub ty: Type,
    pub mutable: bool,
    /// Read or written by a closure or inner cell, so it lives in a box if mutable.
    pub captured: bool,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Global {
    pub name: String,
    pub ty: Type,
    pub mutable: bool,
    pub span: Span,
}

/// One call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub callee: Callee,
    pub args: Vec<CallArg>,
    /// Names of the last `names.len()` arguments; only engine builtins are called with names: their parameters without
    /// default stand by position, and all others follow by name in the order of the signature, defaults filled in.
    pub names: Vec<String>,
    /// Type arguments that the callee needs at run time: those written on an engine builtin (`read_csv[Strike]`),
    /// on `validate[T]`, as the answer of `rlm_query[T]`, and on user generics none.
    pub types: Vec<Type>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Callee {
    Cell(CellId),
    /// A builtin that the VM carries out itself (`len`, `map`, ...), by its first name in `builtins.lm`.
    /// Its arguments are boxed values in parameter order, defaults filled in.
    Core(String),
    /// A builtin of an engine or an effect, marked `@host` in `builtins.lm`: name such as `read_csv`, `nn.Linear`,
    /// `Series.mean` (methods by the type they are declared on), `Frame.groupby`.
    /// Operators: `op.+`, `op.<`, `op.&`, `op.neg`, `op.~`, `op.index` (base, index), `op.column` (frame, name as text),
    /// `op.call` (module value, args), `op.iter` (engine value to list), `op.len`, `op.set_index`.
    Host(String),
    /// The same for `f.try(...)`, which gives a result: `err({code, message})` where the effect fails.
    Tried(String),
    /// Asks the model of a model cell.
    Model(CellId, Asking),
    /// Constructs a record: one argument per field in slot order.
    Record(RecordId),
    Variant(EnumId, usize),
    Ok,
    Err,
    /// An operation of a declared effect, of whoever handles it.
    Perform(Operation),
    /// The callee expression is a closure.
    Value,
}

/// Where the value of one parameter comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum CallArg {
    /// The receiver of a method call, or the left side of `|>`, or an operator's operand: the expression's id.
    Receiver,
    /// The n-th written argument.
    Written(usize),
    /// A list of written arguments: a variadic parameter.
    Variadic(Vec<usize>),
    /// The same, with the left side of `|>` as first element.
    PipedVariadic(Vec<usize>),
    /// The value of the callee expression itself (`op.call`).
    Callee,
    /// The default of a cell's parameter or a record's field, evaluated by the callee.
    Default,
    /// The default of a builtin's parameter, from its signature.
    Literal(Literal),
    /// A string constant (`op.column`).
    Text(String),
    /// The value of a variable that is not written: the `self` with which a process's cell calls one beside it.
    Local(LocalId),
}

/// A default value in `builtins.lm`.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// An empty list.
    Empty,
}

impl Literal {
    /// As source of the language.
    pub fn source(&self) -> String {
        match self {
            Literal::Null => "null".to_string(),
            Literal::Bool(value) => value.to_string(),
            Literal::Int(value) => value.to_string(),
            Literal::Float(value) => format!("{value:?}"),
            Literal::Text(text) => format!("{text:?}"),
            Literal::Empty => "[]".to_string(),
        }
    }
}

#[derive(Clone, Debug)]
pub struct CellDef {
    pub name: String,
    /// The `Sig`'s node id.
    pub node: NodeId,
    /// The record or enum whose method it is.
    pub of: Option<Type>,
    pub params: Vec<ParamDef>,
    pub ret: Type,
    /// Whether it has a `yield`: a call gives an `Iter` of its arguments, whose walk runs the body.
    pub yields: bool,
    /// Whether a call gives a `Future`, which a task computes that runs the body.
    pub is_async: bool,
    /// What it handles, if it is a clause of a declared handler: then `resume` is its last parameter.
    pub handles: Option<Operation>,
    /// The operation of an effect that it declares: then it has no body, and a call of it performs.
    pub operation: Option<Operation>,
    /// Effects it may have, its callees' included; sorted.
    pub row: Vec<String>,
    pub file: FileId,
    pub span: Span,
    /// Locals of an enclosing cell that it captures, in order (cells declared in blocks; for lambdas see
    /// [`Checked::captures`]).
    pub captures: Vec<LocalId>,
    /// Globals and cells it uses directly.
    pub reads: Vec<GlobalId>,
    pub calls: Vec<CellId>,
    /// The dictionaries it takes behind its parameters: one for each trait that bounds a type parameter, those of its
    /// owner (a record, an `impl`, the `Self` of a trait) first.
    pub dicts: Vec<LocalId>,
    /// How many of them are its owner's.
    pub owner_dicts: usize,
    /// The trait whose method it declares, and which of its methods it is.
    pub slot: Option<(TraitId, usize)>,
    /// The method of a trait that it implements.
    pub implements: Option<CellId>,
}

/// A trait with the types that its own parameters stand for.
#[derive(Clone, Debug)]
pub struct TraitRef {
    pub id: TraitId,
    pub args: Vec<Type>,
    /// Where it is named.
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct TraitDef {
    pub name: String,
    /// The `Item`'s node id, which is also that of the type parameter `Self`.
    pub node: NodeId,
    pub params: Vec<NodeId>,
    /// The declared traits among its parents; the builtin ones are capabilities without methods.
    pub parents: Vec<TraitRef>,
    /// Bounds of its own type parameters, by their places: what proves them stands behind its parents' in a dictionary.
    pub wheres: Vec<(usize, TraitRef)>,
    /// In the order of the text.
    pub methods: Vec<CellId>,
    pub file: FileId,
}

/// `impl[T] Trait[A] for Type`.
#[derive(Clone, Debug)]
pub struct ImplDef {
    pub of: TraitRef,
    pub target: Type,
    /// The `Item`'s node id.
    pub node: NodeId,
    pub params: Vec<NodeId>,
    /// The dictionaries that it is made from: one for each trait that bounds a type parameter.
    pub dicts: Vec<LocalId>,
    /// What proves the trait's parents, in their order.
    pub parents: Vec<Evidence>,
    /// Of each of the trait's methods the cell given here; `None` where the trait's own body serves.
    pub methods: Vec<Option<CellId>>,
}

/// Why a type implements a trait, and so where the methods come from at run time.
///
/// A dictionary is a tuple: those of the trait's parents, then its methods as closures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A dictionary that the cell at hand was given.
    Given(LocalId),
    /// An implementation, and what proves its own bounds.
    Impl(ImplId, Vec<Evidence>),
    /// That of a parent, by its place in the dictionary of the trait that has it.
    Parent(Box<Evidence>, usize),
}

#[derive(Clone, Debug)]
pub struct ParamDef {
    pub name: String,
    pub ty: Type,
    pub local: Option<LocalId>,
    pub variadic: bool,
    pub has_default: bool,
    /// The default where the call fills it in, as no body of its own stands behind the call: of an operation, and of a
    /// trait's method.
    pub default: Option<Literal>,
}

#[derive(Clone, Debug)]
pub struct RecordDef {
    pub name: String,
    /// The `Item`'s node id.
    pub node: NodeId,
    pub params: Vec<NodeId>,
    pub fields: Vec<FieldDef>,
    pub file: FileId,
}

#[derive(Clone, Debug)]
pub struct FieldDef {
    pub name: String,
    /// The label in files: `@column("...")`, else the name. In a frame the column has the field's name.
    pub column: String,
    pub ty: Type,
    pub has_default: bool,
    pub has_constraint: bool,
}

#[derive(Clone, Debug)]
pub struct EnumDef {
    pub name: String,
    pub node: NodeId,
    pub params: Vec<NodeId>,
    pub variants: Vec<VariantDef>,
    pub file: FileId,
}

/// A value that outlives the run.
#[derive(Clone, Debug)]
pub struct StateDef {
    /// What the runs keep it under: that of an imported file has the file's name and a point before its own.
    pub name: String,
    /// The `Item`'s node id; the default is lowered where it is needed.
    pub node: NodeId,
    /// The type of a map's keys: each entry is kept, read and changed by itself.
    pub key: Option<Type>,
    /// The type of an entry, or of the one value.
    pub value: Type,
    pub span: Span,
}

/// `effect NAME … end`
#[derive(Clone, Debug)]
pub struct EffectDef {
    /// As rows have it: that of an imported file has the file's name and a point before its own.
    pub name: String,
    /// The `Item`'s node id.
    pub node: NodeId,
    pub operations: Vec<OperationDef>,
    pub file: FileId,
}

#[derive(Clone, Debug)]
pub struct OperationDef {
    pub name: String,
    /// The `Sig`'s node id.
    pub node: NodeId,
    /// The cell without a body that has its signature, and its defaults.
    pub cell: CellId,
    pub params: Vec<ParamDef>,
    pub ret: Type,
    pub span: Span,
}

/// `handler NAME … end`
#[derive(Clone, Debug)]
pub struct HandlerDef {
    pub name: String,
    /// The `Item`'s node id.
    pub node: NodeId,
    pub clauses: Vec<Handling>,
    pub file: FileId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handling {
    pub operation: Operation,
    pub by: HandledBy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandledBy {
    /// A clause of the `handle` itself, by its id.
    Clause(NodeId),
    /// A clause of a declared handler.
    Cell(CellId),
}

impl Checked {
    pub fn operation(&self, operation: Operation) -> Option<&OperationDef> {
        self.effects.get(operation.effect.0 as usize)?.operations.get(operation.index)
    }

    /// As rows have it: `Log.write`.
    pub fn operation_name(&self, operation: Operation) -> String {
        let effect = self.effects.get(operation.effect.0 as usize);
        let name = effect.and_then(|e| e.operations.get(operation.index)).map_or("", |o| &o.name);
        format!("{}.{name}", effect.map_or("", |e| &e.name))
    }
}

#[derive(Clone, Debug)]
pub struct VariantDef {
    pub name: String,
    pub fields: Vec<(Option<String>, Type)>,
}

#[derive(Clone, Debug)]
pub struct BindingInfo {
    pub ty: Type,
    pub reads: Vec<GlobalId>,
    pub cells: Vec<CellId>,
}
