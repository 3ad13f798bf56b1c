//! The state of checking a program, and what every part of it uses: reporting, side tables, names in scope.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use foldhash::fast::FixedState;
use syntax::ast::{
    Cell, Const, Effect, Enum, Expr, Handler, HandlerClause, Item, NodeId, Record, State as StateDecl,
    TypeAlias,
};
use syntax::{Diagnostic, FileId, Span};

use crate::builtins::{self, Bound, Builtins};
use crate::checked::Given;
use crate::checked::{
    CellId, EffectId, GlobalId, HandlerId, Local, LocalId, StateId, TraitId, TraitRef, Use,
};
use crate::comptime::Comptime;
use crate::control::Branch;
use crate::deprecate::Deprecated;
use crate::evidence::{Dict, Obligation};
use crate::generator::Yields;
use crate::implement::ImplSource;
use crate::locals::Locals;
use crate::machine::Role;
use crate::node_map::NodeMap;
use crate::node_types::NodeTypes;
use crate::show::TypeNames;
use crate::touched::Touched;
use crate::traits::TraitSource;
use crate::types::{EnumId, RecordId};
use crate::{Checked, Program, Type};

/// Nesting of expressions, and of cells whose return type must be inferred first, beyond which checking gives up.
const DEPTH_MAX: usize = 200;

/// Checks a program: its types, names, effects and results.
///
/// Every error found is reported; a faulty part has [`Type::Error`], which fits everywhere, so that nothing follows from
/// it. The tables are complete only when no diagnostic is an error.
pub fn check(program: &Program<'_>) -> Checked {
    check_given(program, &[])
}

/// The same where the root sees variables that no text of the program defines. A declaration of the root hides one of
/// its name.
pub fn check_given(program: &Program<'_>, given: &[Given]) -> Checked {
    let mut checker = Checker::new(program);
    checker.given = given;
    checker.check_directives();
    checker.declare();
    checker.bind_tools();
    checker.check_grant_lines();
    checker.check_bodies();
    checker.check_role_lines();
    checker.settle();
    checker.check_effects();
    checker.join_results();
    checker.finish()
}

/// A declaration that a name of a module stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Def {
    Cell(CellId),
    Record(RecordId),
    Enum(EnumId),
    Alias(usize),
    Const(usize),
    Global(GlobalId),
    State(StateId),
    Trait(TraitId),
    Effect(EffectId),
    Handler(HandlerId),
    Tool(usize),
    Module(usize),
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub def: Def,
    pub public: bool,
    pub span: Span,
}

/// The top-level names of a file.
#[derive(Debug, Default)]
pub(crate) struct Scope<'a> {
    /// As the tree holds them.
    pub names: HashMap<&'a str, Entry, FixedState>,
    /// Variants of the enums it sees, by name.
    pub variants: HashMap<String, Vec<(EnumId, usize)>, FixedState>,
    /// Names brought from modules that could not be read; whoever looked for those reported them.
    pub unread: HashSet<String>,
    /// `import a: *` of such a module: it may have brought any name.
    pub unread_all: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Waiting,
    Running,
    Done,
}

/// A cell's source, beside its [`crate::checked::CellDef`].
pub(crate) struct CellSource<'a> {
    pub cell: &'a Cell,
    pub module: usize,
    pub state: State,
    /// Whether the return type is written.
    pub stated: bool,
    pub type_params: Vec<(String, NodeId)>,
    /// How many of them belong to the cell around it, and mean the same here.
    pub enclosing: usize,
    pub public: bool,
    /// Effects of its own body.
    pub direct: BTreeSet<String>,
    pub sites: Vec<EffectSite>,
    pub must_use: bool,
    /// Whether a model answers it.
    pub model: bool,
    /// Whether it is an operation of an effect.
    pub operation: bool,
    /// The clause of a declared handler that it is.
    pub clause: Option<&'a HandlerClause>,
    /// That its return type must be stated has been said.
    pub reported: bool,
}

pub(crate) struct RecordSource<'a> {
    pub record: &'a Record,
    pub module: usize,
    pub methods: HashMap<String, CellId>,
}

pub(crate) struct EnumSource<'a> {
    pub declared: &'a Enum,
    pub methods: HashMap<String, CellId>,
}

pub(crate) struct ConstSource<'a> {
    pub declared: &'a Const,
    pub item: NodeId,
    pub module: usize,
    pub state: State,
    pub ty: Type,
}

pub(crate) struct AliasSource<'a> {
    pub declared: &'a TypeAlias,
    pub item: NodeId,
    pub module: usize,
    pub resolving: bool,
}

pub(crate) struct StateSource<'a> {
    pub declared: &'a StateDecl,
    pub module: usize,
}

pub(crate) struct EffectSource<'a> {
    pub declared: &'a Effect,
    /// Those of its operations.
    pub cells: Vec<CellId>,
}

pub(crate) struct HandlerSource<'a> {
    pub declared: &'a Handler,
    pub cells: Vec<CellId>,
}

/// Where no effect, or not that of reading state, may hide in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quiet {
    Default,
    Guard,
}

/// What only the checker needs to know of a local.
#[derive(Clone, Debug, Default)]
pub(crate) struct LocalInfo {
    pub uses: usize,
    /// The function on [`Body::functions`] that declares it.
    pub function: usize,
    /// How many loops surround it in its function.
    pub loops: usize,
    /// Introduced by a `let` of its own: reported when it is never used.
    pub lint: bool,
    pub parameter: bool,
}

/// Where an effect may happen that needs a grant.
#[derive(Clone, Debug)]
pub(crate) struct EffectSite {
    pub cause: Cause,
    pub span: Span,
    /// Operations, or whole effects, that are handled around it.
    pub handled: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cause {
    Effect {
        name: String,
        /// It touches a place written in the code, which no input grants.
        literal: bool,
    },
    Call(CellId),
}

/// A function being checked: the body's own (index 0), then the lambdas and inner cells around the current place.
#[derive(Debug)]
pub(crate) struct Function {
    pub lambda: Option<NodeId>,
    /// Whether it is the body or a clause of a `handle`: the cell around it cannot be left from here.
    pub handling: bool,
    pub cell: Option<CellId>,
    pub ret: Returns,
    /// Values of `return`, by expression, where the return type is inferred.
    pub returned: Vec<(NodeId, Type)>,
    /// What it yields, if it is a generator.
    pub yields: Option<Yields>,
    pub loops: Vec<Loop>,
    /// Inside a `defer`: how many of the loops are around it.
    pub deferred: Option<usize>,
}

impl Function {
    pub(crate) fn new(cell: Option<CellId>, ret: Returns) -> Function {
        Function {
            lambda: None,
            handling: false,
            cell,
            ret,
            returned: Vec::new(),
            yields: None,
            loops: Vec::new(),
            deferred: None,
        }
    }
}

#[derive(Debug)]
pub(crate) enum Returns {
    /// Top-level statements return nothing.
    Nowhere,
    Stated(Type),
    /// To be inferred from these.
    Inferred(Vec<Type>),
}

#[derive(Debug)]
pub(crate) struct Loop {
    pub label: Option<String>,
    /// Values of `break`, for `loop`; `None` in `for` and `while`.
    pub value: Option<Vec<Branch>>,
    pub breaks: bool,
}

/// A name that facts can be known of: a variable, and fields of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub root: Use,
    pub path: Vec<String>,
}

/// A place that holds this variant, until its variable is assigned.
#[derive(Clone, Debug)]
pub(crate) struct KnownVariant {
    pub place: Place,
    pub of: EnumId,
    pub variant: usize,
    /// How many facts there were: later ones may end this one.
    pub since: usize,
}

/// The body under work: a cell's, or a module's top-level statements.
pub(crate) struct Body {
    pub module: usize,
    pub cell: Option<CellId>,
    pub locals: Locals,
    /// What tests have shown, the newest last; `None` ends what was known of the place.
    pub facts: Vec<(Place, Option<Type>)>,
    /// Places that are known to hold a variant: the arm of a match stands around.
    pub variants: Vec<KnownVariant>,
    pub functions: Vec<Function>,
    pub type_params: Vec<(String, NodeId)>,
    pub self_type: Option<Type>,
    /// The dictionaries at hand.
    pub dicts: Vec<Dict>,
    pub effects: BTreeSet<String>,
    pub sites: Vec<EffectSite>,
    /// Operations that somebody handles around the current place.
    pub handled: Vec<String>,
    pub reads: BTreeSet<GlobalId>,
    pub assigns: BTreeSet<GlobalId>,
    pub calls: BTreeSet<CellId>,
    /// In a `comptime` block: the variables around it, which have no value yet.
    pub outside: Vec<String>,
}

impl Body {
    pub(crate) fn new(module: usize, cell: Option<CellId>, ret: Returns) -> Body {
        Body {
            module,
            cell,
            locals: Locals::default(),
            facts: Vec::new(),
            variants: Vec::new(),
            functions: vec![Function::new(cell, ret)],
            type_params: Vec::new(),
            self_type: None,
            dicts: Vec::new(),
            effects: BTreeSet::new(),
            sites: Vec::new(),
            handled: Vec::new(),
            reads: BTreeSet::new(),
            assigns: BTreeSet::new(),
            calls: BTreeSet::new(),
            outside: Vec::new(),
        }
    }
}

/// A type argument that must have a capability once it is known.
pub(crate) struct Demand {
    pub ty: Type,
    pub bound: Bound,
    pub span: Span,
    /// Who demands it.
    pub by: String,
    /// Where that declares it; a builtin is declared nowhere.
    pub declared: Option<Span>,
}

pub(crate) struct Checker<'a> {
    pub program: &'a Program<'a>,
    pub builtins: Rc<Builtins>,
    pub out: Checked,
    pub scopes: Vec<Scope<'a>>,
    pub cells: Vec<CellSource<'a>>,
    pub records: Vec<RecordSource<'a>>,
    pub enums: Vec<EnumSource<'a>>,
    pub consts: Vec<ConstSource<'a>>,
    pub aliases: Vec<AliasSource<'a>>,
    pub traits: Vec<TraitSource<'a>>,
    pub impls: Vec<ImplSource<'a>>,
    pub deprecated: Vec<Deprecated>,
    /// The type expression at hand whose place checks what enters it.
    pub placed: Option<NodeId>,
    /// Those inside it whose values are checked with the place's.
    pub placed_inside: Vec<NodeId>,
    pub states: Vec<StateSource<'a>>,
    pub effects: Vec<EffectSource<'a>>,
    pub handlers: Vec<HandlerSource<'a>>,
    /// What the tests do, which must be handled like what the statements do.
    pub tested: Vec<EffectSite>,
    pub local_info: Vec<LocalInfo>,
    pub param_names: HashMap<NodeId, String>,
    /// Where a type parameter is declared.
    pub param_spans: HashMap<NodeId, Span>,
    pub param_bounds: HashMap<NodeId, Vec<Bound>>,
    /// The declared traits among the bounds of a type parameter.
    pub param_traits: HashMap<NodeId, Vec<TraitRef>>,
    /// Traits' own type parameters, whose bounds the traits' dictionaries prove.
    pub params_of_traits: HashSet<NodeId>,
    pub vars: Vec<Option<Type>>,
    /// Values that flow into a place of another type: the expression, its type, the place's.
    pub flows: Vec<(NodeId, Type, Type)>,
    /// Arguments of generic parameters: the expression, its type there, the declared type.
    pub boxed: Vec<(NodeId, Type, Type)>,
    /// What `reveal` was asked: the place and the type there.
    pub revealed: Vec<(Span, Type)>,
    pub demands: Vec<Demand>,
    pub obligations: Vec<Obligation>,
    pub body: Body,
    /// What the root's top-level statements touch.
    pub touched: Touched,
    /// Effects that values bound in prose would have.
    pub bound_sites: Vec<(Span, Vec<EffectSite>)>,
    pub comptimes: Vec<Comptime>,
    /// The names of sizes in the signature that is read.
    pub sizes: Option<Vec<String>>,
    /// What is known of variables that are tensors: of results (true) and locals, by their numbers.
    pub known_shapes: HashMap<(bool, u32), crate::shape::Known>,
    /// The same of variables that are functions: the type expressions of their places.
    pub known_functions: HashMap<(bool, u32), NodeId>,
    /// What clauses do of operations that have a row.
    pub clause_sites: Vec<(Vec<EffectSite>, crate::checked::Operation)>,
    /// What functions do that are given where a row is stated, and the type there.
    pub given_rows: Vec<(Vec<EffectSite>, Type)>,
    /// Effects of the defaults of states and of upserts' guards.
    pub quiet_sites: Vec<(Quiet, Vec<EffectSite>)>,
    /// Parts of machines with rules of their own.
    pub roles: HashMap<NodeId, Role>,
    /// Cells that ask a model themselves, and the `role` lines of cells.
    pub asking: HashSet<CellId>,
    pub role_lines: Vec<(CellId, Span)>,
    /// `@doc_mode`: names that nothing declares are allowed.
    pub doc_mode: bool,
    pub depth: usize,
    pub too_deep: bool,
    /// What the root sees without defining it.
    pub given: &'a [Given],
    /// By global, whether its `let` has been checked.
    pub defined: Vec<bool>,
    /// Those that the statement at hand defines, in that order.
    pub defined_here: Vec<GlobalId>,
}

impl<'a> Checker<'a> {
    fn new(program: &'a Program<'a>) -> Checker<'a> {
        let builtins = builtins::shared();
        let nodes = program.node_count;
        let mut out = Checked {
            types: NodeTypes::with_nodes(nodes),
            uses: NodeMap::with_nodes(nodes),
            calls: NodeMap::with_nodes(nodes),
            bound: NodeMap::with_nodes(nodes),
            coercions: NodeMap::with_nodes(nodes),
            ..Checked::default()
        };
        out.diagnostics.reserve(8);
        Checker {
            program,
            param_names: builtins.param_names.clone(),
            builtins,
            out,
            scopes: Vec::new(),
            cells: Vec::new(),
            records: Vec::new(),
            enums: Vec::new(),
            consts: Vec::new(),
            aliases: Vec::new(),
            traits: Vec::new(),
            impls: Vec::new(),
            deprecated: Vec::new(),
            placed: None,
            states: Vec::new(),
            effects: Vec::new(),
            handlers: Vec::new(),
            tested: Vec::new(),
            local_info: Vec::new(),
            param_spans: HashMap::new(),
            param_bounds: HashMap::new(),
            param_traits: HashMap::new(),
            params_of_traits: HashSet::new(),
            vars: Vec::new(),
            flows: Vec::new(),
            boxed: Vec::new(),
            revealed: Vec::new(),
            demands: Vec::new(),
            obligations: Vec::new(),
            body: Body::new(0, None, Returns::Nowhere),
            touched: Touched::default(),
            bound_sites: Vec::new(),
            comptimes: Vec::new(),
            quiet_sites: Vec::new(),
            roles: HashMap::new(),
            asking: HashSet::new(),
            role_lines: Vec::new(),
            depth: 0,
            too_deep: false,
            doc_mode: false,
            placed_inside: Vec::new(),
            sizes: None,
            known_shapes: HashMap::new(),
            known_functions: HashMap::new(),
            clause_sites: Vec::new(),
            given_rows: Vec::new(),
            given: &[],
            defined: Vec::new(),
            defined_here: Vec::new(),
        }
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.out.diagnostics.push(diagnostic);
    }

    pub(crate) fn error(&mut self, code: syntax::diagnostic::Code, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::error(code, span, message));
    }

    /// A warning that strictness turns into an error.
    pub(crate) fn warn(&mut self, diagnostic: Diagnostic) {
        let severity = if self.program.strict { syntax::Severity::Error } else { syntax::Severity::Warning };
        self.report(Diagnostic { severity, ..diagnostic });
    }

    /// The type as the source writes it.
    pub(crate) fn show(&self, ty: &Type) -> String {
        let names =
            TypeNames { records: &self.out.records, enums: &self.out.enums, params: &self.param_names };
        names.show(&self.resolve(ty))
    }

    pub(crate) fn set_type(&mut self, id: NodeId, ty: Type) {
        self.out.types.set(id, ty);
    }

    pub(crate) fn type_of(&self, id: NodeId) -> Type {
        self.out.types.get(id).map_or(Type::Error, |ty| self.resolve(ty))
    }

    /// Runs `inner` one level deeper; `None`, reported once, when that is too deep.
    pub(crate) fn deeper<T>(&mut self, span: Span, inner: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= DEPTH_MAX {
            if !self.too_deep {
                self.too_deep = true;
                self.report(
                    Diagnostic::error("E0500", span, "This is nested too deeply to be checked.").help(
                        "Name the inner parts with `let`, or state the return types of the cells involved.",
                    ),
                );
            }
            return None;
        }
        self.depth += 1;
        let value = inner(self);
        self.depth -= 1;
        Some(value)
    }

    pub(crate) fn module_of(&self, file: FileId) -> Option<usize> {
        self.program.modules.iter().position(|m| m.file == file)
    }

    pub(crate) fn root(&self) -> usize {
        self.program.modules.len().saturating_sub(1)
    }

    pub(crate) fn items(&self, module: usize) -> &'a [Item] {
        self.program.modules.get(module).map_or(&[], |m| &m.items)
    }

    pub(crate) fn file(&self, module: usize) -> FileId {
        self.program.modules.get(module).map_or(FileId(0), |m| m.file)
    }

    // Names

    /// The local or top-level meaning of a name, the innermost first.
    pub(crate) fn find_local(&self, name: &str) -> Option<Use> {
        self.body.locals.find(name).cloned()
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Entry> {
        self.scopes.get(self.body.module)?.names.get(name)
    }

    /// Introduces a local in the scope at hand.
    pub(crate) fn bind(&mut self, node: NodeId, name: &str, ty: Type, mutable: bool, span: Span) -> LocalId {
        let id = LocalId(self.out.locals.len() as u32);
        crate::node_map::grow(&mut self.out.locals);
        self.out.locals.push(Local { name: name.to_string(), ty, mutable, captured: false, span });
        let function = self.body.functions.len() - 1;
        let loops = self.body.functions.iter().map(|f| f.loops.len()).sum();
        crate::node_map::grow(&mut self.local_info);
        self.local_info.push(LocalInfo { uses: 0, function, loops, lint: false, parameter: false });
        self.out.bound.insert(node, Use::Local(id));
        self.body.locals.push(name.to_string(), Use::Local(id));
        id
    }

    /// Marks that the current place uses a local, and that the functions between capture it.
    pub(crate) fn touch_local(&mut self, id: LocalId) {
        let Some(info) = self.local_info.get_mut(id.0 as usize) else {
            return;
        };
        if self.body.functions.len() <= info.function + 1 {
            info.uses += 1;
            return;
        }
        let functions: Vec<_> = self.body.functions.iter().map(|f| (f.lambda, f.cell)).collect();
        self.touch_within(id, &functions);
    }

    /// The same for a place inside these functions, the outermost first.
    pub(crate) fn touch_within(&mut self, id: LocalId, functions: &[(Option<NodeId>, Option<CellId>)]) {
        let Some(info) = self.local_info.get_mut(id.0 as usize) else {
            return;
        };
        info.uses += 1;
        let home = info.function;
        for function in functions.iter().skip(home + 1) {
            if let Some(local) = self.out.locals.get_mut(id.0 as usize) {
                local.captured = true;
            }
            let list = match *function {
                (Some(lambda), _) => self.out.captures.entry(lambda).or_default(),
                (None, Some(cell)) => match self.out.cells.get_mut(cell.0 as usize) {
                    Some(def) => &mut def.captures,
                    None => continue,
                },
                (None, None) => continue,
            };
            if !list.contains(&id) {
                list.push(id);
            }
        }
    }

    /// Notes that the `let` of a result has been checked; whether that is new.
    pub(crate) fn define(&mut self, id: GlobalId) -> bool {
        let at = id.0 as usize;
        if self.defined.len() <= at {
            self.defined.resize(self.out.globals.len().max(at + 1), false);
        }
        let is_new = self.defined.get_mut(at).is_some_and(|known| !std::mem::replace(known, true));
        if is_new {
            self.defined_here.push(id);
        }
        is_new
    }

    pub(crate) fn is_defined(&self, id: GlobalId) -> bool {
        self.defined.get(id.0 as usize).copied().unwrap_or(false)
    }

    pub(crate) fn function(&mut self) -> &mut Function {
        if self.body.functions.is_empty() {
            self.body.functions.push(Function::new(None, Returns::Nowhere));
        }
        let last = self.body.functions.len() - 1;
        &mut self.body.functions[last]
    }

    pub(crate) fn loop_depth(&self) -> usize {
        self.body.functions.iter().map(|f| f.loops.len()).sum()
    }

    /// Runs `inner` in a scope of its own.
    pub(crate) fn scoped<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        let locals = self.body.locals.len();
        let value = inner(self);
        self.body.locals.truncate(locals);
        value
    }

    pub(crate) fn effect(&mut self, name: &str, span: Span) {
        self.body.effects.insert(name.to_string());
        let cause = Cause::Effect { name: name.to_string(), literal: false };
        self.body.sites.push(EffectSite { cause, span, handled: Vec::new() });
    }

    /// The expression's place, if it is a variable or a chain of fields of one.
    pub(crate) fn place(&self, e: &Expr) -> Option<Place> {
        match &e.kind {
            syntax::ast::ExprKind::Name(name) => {
                let root = match self.find_local(name) {
                    Some(meaning) => meaning,
                    None => match self.find(name)?.def {
                        Def::Global(id) => Use::Global(id),
                        _ => return None,
                    },
                };
                Some(Place { root, path: Vec::new() })
            }
            syntax::ast::ExprKind::Field { base, name, optional: false } => {
                let mut place = self.place(base)?;
                place.path.push(name.text.clone());
                Some(place)
            }
            _ => None,
        }
    }

    fn finish(mut self) -> Checked {
        self.out.diagnostics.sort_by(|a, b| (a.span, a.code).cmp(&(b.span, b.code)));
        self.out.diagnostics.dedup();
        self.out.bounds = self.param_traits;
        for table in [&mut self.out.uses, &mut self.out.bound] {
            table.shrink_to_fit();
        }
        self.out.calls.shrink_to_fit();
        self.out
    }
}
