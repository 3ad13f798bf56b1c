//! The whole program: which functions are needed, and the module's tables.

use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

use bytecode::{Constant, Export, Module, NodeCode, Site, Span, TypeDesc};
use checker::checked::{CellId, Checked, ImplId, Program};
use checker::types::{EnumId, RecordId, Type};
use syntax::ast::{Cell, Const, Expr, Item, ItemKind, NodeId, Stmt, StmtKind, WithClause};
use syntax::{Diagnostic, Source};

use crate::function::Builder;
use crate::table::HashMap;
use crate::task::Task;
use crate::types;

/// Makes the module of a program that was checked without errors. `sources` are those the program was parsed from;
/// messages of assertions and constraints quote them. The errors are E0500: more registers, branches or functions than
/// the format can hold.
pub fn lower<'a>(
    program: &'a Program<'a>,
    checked: &'a Checked,
    sources: &'a [Source],
) -> Result<Module, Vec<Diagnostic>> {
    let mut module = lower_unnamed(program, checked, sources)?;
    let nodes: Vec<u32> = module.nodes.iter().map(|node| node.function).collect();
    let digests = module.code_digests(&nodes);
    for (node, digest) in module.nodes.iter_mut().zip(digests) {
        node.code_digest = digest;
    }
    Ok(module)
}

/// The same for who wants to know what is wrong and runs nothing: each function is made and forgotten. A program with
/// code that is computed when it is read is another matter: that code is needed, and its module is what is given, whose
/// results have no digests, under which a run would keep them.
///
/// # Errors
/// Those of [`lower`].
pub fn judge<'a>(
    program: &'a Program<'a>,
    checked: &'a Checked,
    sources: &'a [Source],
) -> Result<Option<Module>, Vec<Diagnostic>> {
    if !checked.unresolved.is_empty() {
        return Err(checked.unresolved.clone());
    }
    let mut lowerer = Lowerer::new(program, checked, sources);
    lowerer.keeps = false;
    let nodes = (0..checked.nodes.len()).map(Key::Node);
    for key in nodes.chain((0..program.bindings.len()).map(Key::Binding)) {
        Builder::new(&mut lowerer).build(&key);
        lowerer.build_requested();
    }
    lowerer.exports();
    lowerer.build_requested();
    if lowerer.computes {
        return lower_unnamed(program, checked, sources).map(Some);
    }
    if lowerer.diagnostics.is_empty() { Ok(None) } else { Err(lowerer.diagnostics) }
}

fn lower_unnamed<'a>(
    program: &'a Program<'a>,
    checked: &'a Checked,
    sources: &'a [Source],
) -> Result<Module, Vec<Diagnostic>> {
    if !checked.unresolved.is_empty() {
        // `@doc_mode` lets a snippet name what does not exist; nothing can carry that out.
        return Err(checked.unresolved.clone());
    }
    let mut lowerer = Lowerer::new(program, checked, sources);
    lowerer.out.globals = checked.globals.iter().map(|g| g.name.clone()).collect();
    let nodes: Vec<u32> = (0..checked.nodes.len()).map(|i| lowerer.request(Key::Node(i))).collect();
    let bindings: Vec<u32> = (0..program.bindings.len()).map(|i| lowerer.request(Key::Binding(i))).collect();
    lowerer.exports();
    lowerer.build_requested();
    if !lowerer.diagnostics.is_empty() {
        return Err(lowerer.diagnostics);
    }
    lowerer.out.bindings = bindings;
    let root = program.modules.last();
    lowerer.out.nodes = checked
        .nodes
        .iter()
        .zip(nodes)
        .map(|(node, function)| NodeCode {
            function,
            shows: node.shows.is_some(),
            defines: node.defines.iter().map(|g| g.0).collect(),
            reads: node.reads.iter().map(|g| g.0).collect(),
            code_digest: [0; 32],
            effects: node.effects.to_vec(),
            fence: node.fence.and_then(|f| u32::try_from(f).ok()),
            span: node
                .items
                .iter()
                .filter_map(|i| root?.items.get(*i))
                .map(|item| item.span)
                .reduce(|a, b| a.to(b))
                .map(span)
                .unwrap_or_default(),
        })
        .collect();
    Ok(lowerer.out)
}

pub(crate) fn span(span: syntax::Span) -> Span {
    Span { file: span.file.0, start: span.start, end: span.end }
}

/// What a function is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Cell(CellId),
    /// The cell with these parameters given; it fills in the others.
    CellGiven(CellId, Vec<bool>),
    /// The cell as a closure: everything boxed, what it captures captured.
    CellValue(CellId),
    /// A method that a dictionary holds: the cell as a closure that captures its owner's dictionaries and takes its own
    /// behind its parameters.
    Method(CellId),
    /// The same of a trait's own body, for a type: it makes the dictionary that it takes.
    DefaultMethod(ImplId, CellId),
    /// Makes the dictionary of an implementation from those that its bounds ask for.
    Dictionary(ImplId),
    Lambda(NodeId),
    /// The body of a cell with `yield`, its parameters captured.
    Generator(CellId),
    /// The body of an `async` cell, its parameters captured.
    Async(CellId),
    /// A task that is an expression or block of a cell, by the id that [`Checked::tasks`] has.
    Task(NodeId),
    /// The body of a `handle`, by its id.
    Handled(NodeId),
    /// A clause of a `handle`, by its own id.
    Clause(NodeId),
    /// The same of a declared handler.
    HandlerClause(CellId),
    /// `resume`, which captures what it goes on with.
    Resume,
    /// Makes the record, with these fields given.
    RecordNew(RecordId, Vec<bool>),
    /// Checks the record's constraints and gives it back.
    RecordCheck(RecordId),
    /// Makes the default of this field from the fields before it.
    RecordDefault(RecordId, usize),
    /// A builtin of the machine or the host as a closure with this many parameters.
    Builtin(String, usize),
    /// Reads the reply of a model cell.
    ModelReply(CellId),
    /// Calls a cell with what a model gives it, and with its process where it says so.
    ModelTool(CellId, bool),
    /// Reads the answer to a question by recursion as this type.
    Answer(Type),
    Variant(EnumId, usize),
    /// `ok` (true) or `err` as a closure.
    Outcome(bool),
    /// `f ~> g`, two captured functions; the number of parameters of the first.
    Compose(usize),
    /// A captured function whose calls are held to what its place states, by the id of the place's type expression, and
    /// what the place is called.
    Held(NodeId, String),
    Node(usize),
    Binding(usize),
    /// The `test` block that is this item of the root.
    Test(usize),
}

pub(crate) struct Lowerer<'a> {
    pub(crate) program: &'a Program<'a>,
    pub(crate) checked: &'a Checked,
    pub(crate) sources: &'a [Source],
    pub(crate) out: Module,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Declarations by the id of their item.
    pub(crate) items: HashMap<NodeId, &'a Item>,
    /// Cells by the id of their signature.
    pub(crate) cells: HashMap<NodeId, &'a Cell>,
    pub(crate) lambdas: HashMap<NodeId, &'a Expr>,
    /// Tasks met so far.
    pub(crate) tasks: HashMap<NodeId, Task<'a>>,
    /// Clauses of the `handle`s met so far.
    pub(crate) clauses: HashMap<NodeId, &'a WithClause>,
    /// Names of the builtins that the host carries out.
    pub(crate) hosted: HashSet<String>,
    functions: HashMap<Key, u32>,
    queue: VecDeque<(u32, Key)>,
    constants: HashMap<ConstantKey, u32>,
    types: HashMap<Type, u32>,
    descriptions: types::Descriptions,
    cores: HashMap<String, u16>,
    /// How many functions were asked for.
    requested: u32,
    /// Whether the functions are kept that were made.
    keeps: bool,
    /// Whether something of the program is computed when it is read.
    pub(crate) computes: bool,
}

#[derive(PartialEq, Eq, Hash)]
enum ConstantKey {
    Int(i64),
    Float(u64),
    Str(String),
    Bytes(Vec<u8>),
    Variant(u32, u32),
    Format(String),
}

impl<'a> Lowerer<'a> {
    fn new(program: &'a Program<'a>, checked: &'a Checked, sources: &'a [Source]) -> Lowerer<'a> {
        let mut lowerer = Lowerer {
            program,
            checked,
            sources,
            out: Module::default(),
            diagnostics: Vec::new(),
            items: HashMap::default(),
            cells: HashMap::default(),
            lambdas: HashMap::default(),
            tasks: HashMap::default(),
            clauses: HashMap::default(),
            hosted: checker::builtins().iter().filter(|b| b.host).map(|b| b.name.clone()).collect(),
            functions: HashMap::default(),
            queue: VecDeque::new(),
            constants: HashMap::default(),
            types: HashMap::default(),
            descriptions: types::Descriptions::new(program),
            cores: HashMap::default(),
            requested: 0,
            keeps: true,
            computes: false,
        };
        for module in program.modules {
            module.items.iter().for_each(|item| lowerer.declare(item));
        }
        lowerer
    }

    /// Notes where declarations stand; those inside blocks are noted when their block is lowered.
    pub(crate) fn declare(&mut self, item: &'a Item) {
        if !matches!(item.kind, ItemKind::Stmt(_)) {
            self.items.insert(item.id, item);
        }
        match &item.kind {
            ItemKind::Cell(cell) => {
                self.cells.insert(cell.sig.id, cell);
            }
            ItemKind::Record(record) => record.cells.iter().for_each(|item| self.declare(item)),
            ItemKind::Trait(declared) => declared.cells.iter().for_each(|item| self.declare(item)),
            ItemKind::Impl(declared) => declared.cells.iter().for_each(|item| self.declare(item)),
            ItemKind::Handler(handler) => {
                self.cells.extend(handler.clauses.iter().map(|clause| (clause.cell.sig.id, &clause.cell)));
            }
            ItemKind::Effect(effect) => {
                self.cells.extend(effect.operations.iter().map(|cell| (cell.sig.id, cell)));
            }
            ItemKind::Enum(declared) => declared.cells.iter().for_each(|item| self.declare(item)),
            ItemKind::Stmt(Stmt { kind: StmtKind::Cell(item), .. }) => self.declare(item),
            _ => {}
        }
    }

    /// Every top-level cell of the root can be called by name, and its tests as `test:0`, `test:1` and so on.
    fn exports(&mut self) {
        let checked = self.checked;
        let root = self.program.modules.last().map(|m| m.file);
        for (i, cell) in checked.cells.iter().enumerate() {
            if Some(cell.file) == root
                && cell.of.is_none()
                && cell.handles.is_none()
                && cell.operation.is_none()
                && cell.captures.is_empty()
                && cell.dicts.is_empty()
                && self.cells.contains_key(&cell.node)
            {
                let function = self.request(Key::Cell(CellId(i as u32)));
                self.out.exports.push(Export { name: cell.name.clone(), function });
            }
        }
        let items = self.program.modules.last().map_or(&[][..], |m| &m.items);
        let tests = items.iter().enumerate().filter(|(_, item)| matches!(item.kind, ItemKind::Test(_)));
        for (number, (item, _)) in tests.enumerate() {
            let function = self.request(Key::Test(item));
            self.out.exports.push(Export { name: format!("test:{number}"), function });
        }
    }

    /// The number of the function, which is lowered later if it is new.
    pub(crate) fn request(&mut self, key: Key) -> u32 {
        if let Some(index) = self.functions.get(&key) {
            return *index;
        }
        let index = self.requested;
        self.requested += 1;
        self.functions.insert(key.clone(), index);
        self.queue.push_back((index, key));
        index
    }

    /// Makes the functions that were asked for, and those that these ask for.
    fn build_requested(&mut self) {
        while let Some((index, key)) = self.queue.pop_front() {
            let function = Builder::new(self).build(&key);
            if self.keeps {
                // They come in the order in which they were asked for.
                debug_assert_eq!(index as usize, self.out.functions.len());
                self.out.functions.push(function);
            }
        }
    }

    fn constant(&mut self, key: ConstantKey, constant: impl FnOnce() -> Constant) -> u32 {
        let out = &mut self.out.constants;
        *self.constants.entry(key).or_insert_with(|| {
            out.push(constant());
            out.len() as u32 - 1
        })
    }

    pub(crate) fn int(&mut self, x: i64) -> u32 {
        self.constant(ConstantKey::Int(x), || Constant::Int(x))
    }

    pub(crate) fn float(&mut self, x: f64) -> u32 {
        self.constant(ConstantKey::Float(x.to_bits()), || Constant::Float(x))
    }

    pub(crate) fn str(&mut self, s: &str) -> u32 {
        self.constant(ConstantKey::Str(s.to_owned()), || Constant::Str(s.to_owned()))
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> u32 {
        self.constant(ConstantKey::Bytes(bytes.to_vec()), || Constant::Bytes(bytes.to_vec()))
    }

    pub(crate) fn variant(&mut self, ty: u32, tag: usize) -> u32 {
        let tag = tag as u32;
        self.constant(ConstantKey::Variant(ty, tag), || Constant::Variant { ty, tag })
    }

    pub(crate) fn format(&mut self, spec: &syntax::ast::FormatSpec) -> u32 {
        let spec = bytecode::FormatSpec {
            fill: spec.fill,
            align: spec.align,
            sign: spec.sign,
            alternate: spec.alternate,
            zero: spec.zero,
            width: spec.width,
            precision: spec.precision,
            kind: spec.kind,
        };
        self.constant(ConstantKey::Format(format!("{spec:?}")), || Constant::Format(spec))
    }

    /// The type's place in the module's table.
    pub(crate) fn ty(&mut self, ty: &Type) -> u32 {
        if let Some(index) = self.types.get(ty) {
            return *index;
        }
        let desc = self.describe(ty);
        self.out.types.push(desc);
        let index = self.out.types.len() as u32 - 1;
        self.types.insert(ty.clone(), index);
        index
    }

    /// The type as one to read values by, with what parameters stand for; nothing if that has no end.
    pub(crate) fn shape(&mut self, ty: &Type) -> Option<u32> {
        let desc = self.descriptions.shape(self.checked, ty)?;
        self.out.types.push(desc);
        Some(self.out.types.len() as u32 - 1)
    }

    pub(crate) fn describe(&mut self, ty: &Type) -> Rc<TypeDesc> {
        self.descriptions.of(self.checked, ty)
    }

    /// The path that a file is imported by.
    pub(crate) fn module_of(&self, file: syntax::FileId) -> String {
        self.descriptions.module(file)
    }

    /// The record type without arguments, as its values carry it.
    pub(crate) fn record_type(&mut self, id: RecordId) -> u32 {
        self.ty(&Type::Record(id, Rc::from([])))
    }

    pub(crate) fn enum_type(&mut self, id: EnumId) -> u32 {
        self.ty(&Type::Enum(id, Rc::from([])))
    }

    pub(crate) fn core(&mut self, name: &str) -> u16 {
        let cores = &mut self.out.cores;
        *self.cores.entry(name.to_owned()).or_insert_with(|| {
            cores.push(name.to_owned());
            cores.len() as u16 - 1
        })
    }

    pub(crate) fn site(&mut self, site: Site) -> usize {
        self.out.sites.push(site);
        self.out.sites.len() - 1
    }

    pub(crate) fn constant_item(&self, id: NodeId) -> Option<&'a Const> {
        match &self.items.get(&id)?.kind {
            ItemKind::Const(constant) => Some(constant),
            _ => None,
        }
    }

    /// The value that a state starts with.
    pub(crate) fn state_default(&self, id: NodeId) -> Option<&'a Expr> {
        match &self.items.get(&id)?.kind {
            ItemKind::State(declared) => declared.default.as_ref(),
            _ => None,
        }
    }

    /// The text of a place, on one line.
    pub(crate) fn quote(&self, span: syntax::Span) -> String {
        let text = self.sources.get(span.file.0 as usize).map_or("", |s| s.slice(span));
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn limit(&mut self, at: syntax::Span, what: &str) {
        self.diagnostics.push(
            Diagnostic::error("E0500", at, format!("This is too large to compile: {what}."))
                .help("Split it into several cells."),
        );
    }

    pub(crate) fn unbuilt(&mut self, at: syntax::Span, what: &str) {
        self.diagnostics.push(
            Diagnostic::error("E0126", at, format!("{what} is not built yet."))
                .help("Write it another way for now."),
        );
    }
}
