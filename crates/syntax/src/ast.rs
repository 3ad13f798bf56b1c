//! The owned syntax tree that the checker and `lower` read: what the lossless tree says, without trivia.
//!
//! Every expression, pattern, type and declaration has a [`NodeId`], unique in the whole program, under which later
//! passes keep what they find out. A part that did not parse is an `Error` node, already reported. A construct of the
//! language that is not built yet is an `Unsupported` node, which the checker reports as E0126.

use std::ops::Deref;

use crate::text::{FileId, Span};

/// Identifies a node in the whole program. Ids are dense from 0, so side tables can be vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// Hands out node ids; one for all files of a program.
#[derive(Debug, Default)]
pub struct NodeIds(u32);

impl NodeIds {
    pub fn fresh(&mut self) -> NodeId {
        self.0 += 1;
        NodeId(self.0 - 1)
    }

    /// How many ids exist.
    pub fn len(&self) -> usize {
        self.0 as usize
    }

    pub fn is_empty(&self) -> bool {
        self.0 == 0
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    pub text: String,
    pub span: Span,
}

/// `a.b.c` where a path is expected: imports, types, grants, variants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    pub parts: Vec<Name>,
    pub span: Span,
}

impl Path {
    pub fn dotted(&self) -> String {
        match self.parts.as_slice() {
            [one] => one.text.clone(),
            parts => parts.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join("."),
        }
    }
}

/// One file: a `.lm` source, or all fences of a document as one module.
#[derive(Clone, Debug)]
pub struct Module {
    pub file: FileId,
    /// `@strict`, `@deterministic`, ... at the head of the first code.
    pub directives: Vec<Attr>,
    pub items: Vec<Item>,
}

/// A value bound in a document's prose: `` `{lumen} expr | format` ``.
#[derive(Clone, Debug)]
pub struct Binding {
    pub id: NodeId,
    /// The whole code span, backticks included.
    pub span: Span,
    pub expr: Expr,
    /// The text after `|`, not yet parsed: `percent(1)`.
    pub format: Option<String>,
    /// The number's place among the document's bindings, from 1.
    pub number: usize,
}

#[derive(Clone, Debug)]
pub struct Item {
    pub id: NodeId,
    pub span: Span,
    /// The fence of a document it stands in, from 0.
    pub fence: Option<usize>,
    pub attrs: Box<[Attr]>,
    pub public: bool,
    pub kind: ItemKind,
}

/// Most items of a long program are statements, so all others stand apart.
#[derive(Clone, Debug)]
pub enum ItemKind {
    Record(Box<Record>),
    Enum(Box<Enum>),
    Cell(Box<Cell>),
    Const(Box<Const>),
    TypeAlias(Box<TypeAlias>),
    Trait(Box<Trait>),
    Impl(Box<Impl>),
    Import(Box<Import>),
    Grant(Box<Grant>),
    State(Box<State>),
    Test(Box<Test>),
    Effect(Box<Effect>),
    Handler(Box<Handler>),
    Tool(Box<Tool>),
    Bind(Box<Bind>),
    /// `extern` signatures and, in the builtins' own file, `extern impl T ... end`.
    Extern(Box<Extern>),
    Stmt(Stmt),
    Unsupported(&'static str),
    Error,
}

/// `@name`, `@name literal` or `@name(args)`.
#[derive(Clone, Debug)]
pub struct Attr {
    pub name: Name,
    pub args: Vec<Arg>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct TypeParam {
    pub id: NodeId,
    pub name: Name,
    pub bounds: Vec<TypeExpr>,
}

#[derive(Clone, Debug)]
pub struct Record {
    pub name: Name,
    pub type_params: Vec<TypeParam>,
    pub fields: Vec<Field>,
    pub cells: Vec<Item>,
    /// Those of a `pipeline`, which is a record without fields: its first cell is the `run` made from them, whose names
    /// stand at empty spans.
    pub stages: Vec<Name>,
    /// Of a `machine`, whose cells but the written ones are made, with names at empty spans. Beside it stand the enum of
    /// its states and the record that `current_state` gives.
    pub machine: Option<Machine>,
    /// Of a process: all that its cells may do.
    pub grants: Vec<Grant>,
    /// Of a process: `model`, `max_tokens`, `temperature`, `system`, `prompt` and `tools`, which hold for its model cells.
    pub asks: Vec<(Name, Expr)>,
    /// Of a process: `schema`, what its model cells give that state no type of their own.
    pub schema: Option<(Name, TypeExpr)>,
    /// Whether it is a process, whose cells call each other by name.
    pub process: bool,
}

impl Record {
    /// One without parts.
    pub(crate) fn empty(name: Name) -> Record {
        Record {
            name,
            type_params: Vec::new(),
            fields: Vec::new(),
            cells: Vec::new(),
            stages: Vec::new(),
            machine: None,
            grants: Vec::new(),
            asks: Vec::new(),
            schema: None,
            process: false,
        }
    }
}

/// Parts of a `machine` with rules of their own.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Which of the states it starts in.
    pub initial: usize,
    /// The guards of its transitions.
    pub guards: Vec<NodeId>,
    /// What its transitions give the states that they lead to.
    pub arguments: Vec<NodeId>,
}

#[derive(Clone, Debug)]
pub struct Field {
    pub id: NodeId,
    pub attrs: Vec<Attr>,
    pub name: Name,
    pub ty: TypeExpr,
    pub default: Option<Expr>,
    /// A predicate over the record's fields.
    pub constraint: Option<Expr>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Enum {
    pub name: Name,
    pub type_params: Vec<TypeParam>,
    pub variants: Vec<Variant>,
    pub cells: Vec<Item>,
}

#[derive(Clone, Debug)]
pub struct Variant {
    pub id: NodeId,
    pub name: Name,
    /// Payload types, with names for `V(a: T)`.
    pub fields: Vec<(Option<Name>, TypeExpr)>,
    pub span: Span,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Cell {
    pub sig: Sig,
    pub body: CellBody,
    /// Whether its body, without the functions in it, has a `yield`: then it is a generator.
    pub yields: bool,
}

#[derive(Clone, Debug)]
pub enum CellBody {
    /// `= expr`
    Expr(Box<Expr>),
    Block(Block),
    /// A signature only: `extern`, trait methods.
    None,
}

#[derive(Clone, Debug)]
pub struct Sig {
    pub id: NodeId,
    pub is_async: bool,
    /// One part for a cell; a dotted path only in the builtins' file (`nn.Linear`).
    pub name: Path,
    pub type_params: Vec<TypeParam>,
    pub params: Vec<Param>,
    pub ret: Option<TypeExpr>,
    /// The effect row; absent means inferred.
    pub row: Option<Vec<Path>>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Param {
    pub id: NodeId,
    pub name: Name,
    pub is_self: bool,
    /// `...xs: T`: a list of T.
    pub variadic: bool,
    pub ty: Option<TypeExpr>,
    pub default: Option<Expr>,
    pub span: Span,
}

/// `trait NAME[T]: Parent + Parent … end`
#[derive(Clone, Debug)]
pub struct Trait {
    pub name: Name,
    pub type_params: Vec<TypeParam>,
    pub parents: Vec<TypeExpr>,
    /// Its methods; [`CellBody::None`] is a signature that every implementation fills.
    pub cells: Vec<Item>,
}

/// `impl[T] Trait for Type … end`, `impl[T] Type … end`
#[derive(Clone, Debug)]
pub struct Impl {
    pub type_params: Vec<TypeParam>,
    /// The trait, where one is named.
    pub implements: Option<TypeExpr>,
    pub target: TypeExpr,
    pub cells: Vec<Item>,
}

#[derive(Clone, Debug)]
pub struct Const {
    pub name: Name,
    pub ty: Option<TypeExpr>,
    pub value: Expr,
}

#[derive(Clone, Debug)]
pub struct TypeAlias {
    pub name: Name,
    pub type_params: Vec<TypeParam>,
    pub ty: TypeExpr,
    pub constraint: Option<Expr>,
}

/// `import a.b`, `import a.b: *`, `import a.b: x, y as z`.
#[derive(Clone, Debug)]
pub struct Import {
    pub path: Path,
    pub names: ImportNames,
}

#[derive(Clone, Debug)]
pub enum ImportNames {
    /// Binds the last part of the path.
    Module,
    All,
    Some(Vec<(Name, Option<Name>)>),
}

/// `grant fs.read path ["data/*"] max_bytes 1000`.
#[derive(Clone, Debug)]
pub struct Grant {
    pub target: Path,
    pub keys: Vec<(Name, Expr)>,
}

/// `use tool search.web as web from "tools/web.json"`: a program outside that is called like a cell.
#[derive(Clone, Debug)]
pub struct Tool {
    pub path: Path,
    pub name: Name,
    /// The file that describes it, beside this one.
    pub from: Option<Name>,
}

/// `bind effect db.read to web`: under which effect the calls of a tool are granted.
#[derive(Clone, Debug)]
pub struct Bind {
    pub effect: Path,
    pub tool: Name,
}

/// `state reviews: map[Int, Severity]`, `state total: Int = 0`: values that outlive the run.
#[derive(Clone, Debug)]
pub struct State {
    pub name: Name,
    pub ty: TypeExpr,
    pub default: Option<Expr>,
}

/// `effect Log … end`: operations that a cell performs and whoever calls it handles.
#[derive(Clone, Debug)]
pub struct Effect {
    pub name: Name,
    /// Cells without bodies.
    pub operations: Vec<Cell>,
}

/// `handler Quiet … end`: clauses under a name.
#[derive(Clone, Debug)]
pub struct Handler {
    pub name: Name,
    pub clauses: Vec<HandlerClause>,
}

/// `handle Log.write(line: String) -> Null … end` of a declared handler.
#[derive(Clone, Debug)]
pub struct HandlerClause {
    pub id: NodeId,
    /// Its name is the operation's path. A written `-> T` is the operation's, and stands in `ret` of the clause.
    pub cell: Cell,
    pub ret: Option<TypeExpr>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Test {
    pub name: String,
    pub body: Block,
}

#[derive(Clone, Debug)]
pub struct Extern {
    /// `extern impl Series[T]`: the type whose methods these are.
    pub of: Option<TypeExpr>,
    pub sigs: Vec<Sig>,
}

#[derive(Clone, Debug)]
pub struct Block {
    pub id: NodeId,
    pub stmts: Vec<Stmt>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Stmt {
    pub id: NodeId,
    pub span: Span,
    pub kind: StmtKind,
}

#[derive(Clone, Debug)]
pub enum StmtKind {
    Let {
        mutable: bool,
        pattern: Box<Pattern>,
        ty: Option<Box<TypeExpr>>,
        value: Box<Expr>,
        otherwise: Option<Box<Block>>,
    },
    /// `place op= value`; `op` is `None` for plain `=`. The place is a `Name`, `Field` or `Index` expression.
    Assign {
        place: Box<Expr>,
        op: Option<BinaryOp>,
        value: Box<Expr>,
    },
    For {
        label: Option<Box<Name>>,
        pattern: Box<Pattern>,
        iterable: Box<Expr>,
        filter: Option<Box<Expr>>,
        body: Box<Block>,
    },
    While {
        label: Option<Box<Name>>,
        condition: Box<Condition>,
        body: Box<Block>,
    },
    Break {
        label: Option<Box<Name>>,
        value: Option<Box<Expr>>,
    },
    Continue {
        label: Option<Box<Name>>,
    },
    Return(Option<Box<Expr>>),
    /// `emit value`: a line of output, as `print` writes it.
    Emit(Box<Expr>),
    /// `halt(text)`
    Halt(Box<Expr>),
    /// One value of the `Iter` that the cell returns.
    Yield(Box<Expr>),
    Assert {
        condition: Box<Expr>,
        message: Option<Box<Expr>>,
    },
    Defer(Box<Block>),
    /// A cell declared inside a block.
    Cell(Box<Item>),
    Expr(Box<Expr>),
    Error,
}

/// The test of `if` and `while`.
#[derive(Clone, Debug)]
pub enum Condition {
    Expr(Box<Expr>),
    Let(Box<Pattern>, Box<Expr>),
}

#[derive(Clone, Debug)]
pub struct Expr {
    pub id: NodeId,
    pub span: Span,
    pub kind: ExprKind,
}

#[derive(Clone, Debug)]
pub enum ExprKind {
    Int(i64),
    Float(f64),
    Bool(bool),
    Null,
    Str(String),
    Bytes(Vec<u8>),
    /// An interpolated string.
    Template(Vec<TemplatePart>),
    /// `role NAME: text`
    Role {
        role: Box<Role>,
        parts: Vec<TemplatePart>,
    },
    Name(String),
    List(Vec<Element>),
    Tuple(Vec<Expr>),
    Set(Vec<Element>),
    /// `{}` is an empty map, or an empty set where a set is expected.
    Map(Vec<MapElement>),
    ListComprehension {
        element: Box<Expr>,
        clauses: Vec<Clause>,
    },
    SetComprehension {
        element: Box<Expr>,
        clauses: Vec<Clause>,
    },
    MapComprehension {
        /// The key and the value.
        entry: Box<(Expr, Expr)>,
        clauses: Vec<Clause>,
    },
    Unary {
        op: UnaryOp,
        operand: Box<Expr>,
    },
    Binary {
        op: BinaryOp,
        op_span: Span,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `a..b`, `a..=b`
    Range {
        start: Box<Expr>,
        end: Box<Expr>,
        inclusive: bool,
    },
    /// `e?`: returns the `err`.
    Try(Box<Expr>),
    /// `try e else |x| fallback`
    TryElse {
        value: Box<Expr>,
        name: Option<Box<Name>>,
        fallback: Box<Expr>,
    },
    /// `e!`: faults on null.
    Unwrap(Box<Expr>),
    /// `e as T`
    Cast {
        value: Box<Expr>,
        ty: Box<TypeExpr>,
    },
    /// `e is T` or `e is null`; `is not` is `negated`.
    Is {
        value: Box<Expr>,
        ty: Box<TypeExpr>,
        negated: bool,
    },
    /// `e expect schema T`
    ExpectSchema {
        value: Box<Expr>,
        ty: Box<TypeExpr>,
    },
    /// `base.name`, `base?.name`
    Field {
        base: Box<Expr>,
        name: Box<Name>,
        optional: bool,
    },
    /// `base[i]`, `base?[i]`. On a frame several may be given as a list.
    Index {
        base: Box<Expr>,
        index: Box<Expr>,
        optional: bool,
    },
    /// `xs[a..b]` is an `Index` whose index is a `Range`; `xs[a..]`, `xs[..b]` leave a bound out.
    Slice {
        base: Box<Expr>,
        start: Option<Box<Expr>>,
        end: Option<Box<Expr>>,
        inclusive: bool,
    },
    /// `callee[T, ...](args)`; a method call has a `Field` as callee.
    Call {
        callee: Box<Expr>,
        type_args: TypeArgs,
        args: Vec<Arg>,
    },
    Lambda {
        params: Box<[Param]>,
        ret: Option<Box<TypeExpr>>,
        body: Box<LambdaBody>,
    },
    If {
        condition: Box<Condition>,
        then: Box<Block>,
        otherwise: Option<Else>,
    },
    Match {
        subject: Box<Expr>,
        arms: Vec<Arm>,
    },
    When {
        arms: Vec<(Option<Expr>, Expr)>,
    },
    Loop {
        label: Option<Box<Name>>,
        body: Box<Block>,
    },
    Do(Box<Block>),
    /// `comptime … end`: a value that is computed before the program runs.
    Comptime(Box<Block>),
    Upsert(Box<Upsert>),
    /// A Python cell of a document; the value of the `let` that its fence stands for.
    Python(Box<PythonCell>),
    /// `perform Log.write("x")`
    Perform {
        path: Box<Path>,
        args: Vec<Arg>,
    },
    /// `handle … with … end`
    Handle {
        body: Box<Block>,
        with: Box<With>,
    },
    /// `spawn e`: a task that computes the value.
    Spawn(Box<Expr>),
    /// `await e`: what a task came to.
    Await(Box<Expr>),
    /// `await parallel … end` and its like.
    Tasks(Box<Tasks>),
    Unsupported(&'static str),
    Error,
}

/// Who says a message, and where its text stands.
#[derive(Clone, Debug)]
pub struct Role {
    pub name: Name,
    pub text_span: Span,
}

/// Type arguments of a call. Few calls have some, so that none take a word.
#[derive(Clone, Debug, Default)]
#[expect(clippy::box_collection, reason = "a boxed slice takes two words")]
pub struct TypeArgs(Option<Box<Vec<TypeExpr>>>);

impl From<Vec<TypeExpr>> for TypeArgs {
    fn from(written: Vec<TypeExpr>) -> TypeArgs {
        TypeArgs((!written.is_empty()).then(|| Box::new(written)))
    }
}

impl Deref for TypeArgs {
    type Target = [TypeExpr];

    fn deref(&self) -> &[TypeExpr] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

/// A fence of Python code: a function from its inputs to its outputs.
#[derive(Clone, Debug)]
pub struct PythonCell {
    pub name: Name,
    /// What the code calls each input, and its value: a `Name`, or a `Field` of `inputs`.
    pub inputs: Vec<(Name, Expr)>,
    /// The variables that become results, with the places of their types.
    pub outputs: Vec<(Name, Span)>,
    pub code: String,
    /// The code of the preludes before it, in order.
    pub preludes: Vec<String>,
}

/// Several tasks that are awaited together.
#[derive(Clone, Debug)]
pub struct Tasks {
    pub kind: TasksKind,
    /// Of `parallel(limit: n)`.
    pub args: Vec<Arg>,
    /// `for pattern in iterable`: the body is a task for each element. Otherwise each of its lines is one.
    pub each: Option<(Pattern, Expr)>,
    pub body: Block,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TasksKind {
    Parallel,
    Race,
    Vote,
    Select,
}

impl TasksKind {
    pub fn word(self) -> &'static str {
        match self {
            TasksKind::Parallel => "parallel",
            TasksKind::Race => "race",
            TasksKind::Vote => "vote",
            TasksKind::Select => "select",
        }
    }
}

/// Who handles what the body of a `handle` performs.
#[derive(Clone, Debug)]
pub enum With {
    /// A declared handler.
    Handler(Path),
    Clauses(Vec<WithClause>),
}

/// `Log.write(line) => …`
#[derive(Clone, Debug)]
pub struct WithClause {
    pub id: NodeId,
    pub path: Path,
    pub params: Vec<Param>,
    pub body: Block,
    pub span: Span,
}

/// Writes of durable state, carried out together or not at all.
#[derive(Clone, Debug)]
pub struct Upsert {
    pub writes: Vec<Write>,
    /// What must hold of the state before.
    pub guard: Option<Expr>,
    /// The reason, a record; an `Error` expression where none is written, which is reported.
    pub because: Expr,
}

/// `cash["a"] -= 5`
#[derive(Clone, Debug)]
pub struct Write {
    pub id: NodeId,
    pub span: Span,
    /// A `Name`, `Field` or `Index` expression, or what else stands there, which is reported.
    pub place: Expr,
    /// `Add` or `Sub`; `None` for plain `=`.
    pub op: Option<BinaryOp>,
    pub value: Expr,
}

impl Write {
    /// Whether it is `NAME[key] = null`: no entry of a map is null, so this leaves none.
    pub fn takes_away(&self) -> bool {
        let is_entry = matches!(self.place.kind, ExprKind::Index { .. });
        is_entry && self.op.is_none() && matches!(self.value.kind, ExprKind::Null)
    }
}

#[derive(Clone, Debug)]
pub enum LambdaBody {
    Expr(Expr),
    Block(Block),
}

#[derive(Clone, Debug)]
pub enum Else {
    Block(Box<Block>),
    /// `else if` / `elif`; the expression is an `If`.
    If(Box<Expr>),
}

#[derive(Clone, Debug)]
pub enum TemplatePart {
    Text(String),
    Value { value: Expr, format: Option<FormatSpec> },
}

/// `{expr:[[fill]align][sign][#][0][width][.prec][type]}`
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct FormatSpec {
    pub fill: Option<char>,
    /// `<`, `>` or `^`
    pub align: Option<char>,
    /// `+`, `-` or space
    pub sign: Option<char>,
    pub alternate: bool,
    pub zero: bool,
    pub width: Option<u32>,
    pub precision: Option<u32>,
    /// one of `d x X o b f e E s`
    pub kind: Option<char>,
}

#[derive(Clone, Debug)]
pub enum Element {
    Value(Expr),
    Spread(Expr),
}

#[derive(Clone, Debug)]
pub enum MapElement {
    Pair(Expr, Expr),
    Spread(Expr),
}

#[derive(Clone, Debug)]
pub struct Clause {
    pub pattern: Pattern,
    pub iterable: Expr,
    pub condition: Option<Expr>,
}

#[derive(Clone, Debug)]
pub struct Arg {
    pub name: Option<Name>,
    pub spread: bool,
    pub value: Expr,
}

#[derive(Clone, Debug)]
pub struct Arm {
    pub pattern: Pattern,
    pub guard: Option<Box<Expr>>,
    pub body: Block,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    Neg,
    /// `not`
    Not,
    /// `~`
    BitNot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    Add,
    /// `++`
    Concat,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Rem,
    Pow,
    Shl,
    Shr,
    BitAnd,
    BitXor,
    BitOr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// `<=>`: -1, 0 or 1
    Order,
    In,
    NotIn,
    And,
    Or,
    /// `??`
    Coalesce,
    /// `|>`
    Pipe,
    /// `~>`
    Compose,
}

impl BinaryOp {
    pub fn symbol(self) -> &'static str {
        use BinaryOp::*;
        match self {
            Add => "+",
            Concat => "++",
            Sub => "-",
            Mul => "*",
            Div => "/",
            FloorDiv => "//",
            Rem => "%",
            Pow => "**",
            Shl => "<<",
            Shr => ">>",
            BitAnd => "&",
            BitXor => "^",
            BitOr => "|",
            Eq => "==",
            Ne => "!=",
            Lt => "<",
            Le => "<=",
            Gt => ">",
            Ge => ">=",
            Order => "<=>",
            In => "in",
            NotIn => "not in",
            And => "and",
            Or => "or",
            Coalesce => "??",
            Pipe => "|>",
            Compose => "~>",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Pattern {
    pub id: NodeId,
    pub span: Span,
    pub kind: PatternKind,
}

#[derive(Clone, Debug)]
pub enum PatternKind {
    Wildcard,
    /// Int, Float, Bool, Str or Null expression, a minus already applied.
    Literal(Box<Expr>),
    /// `a..b`, `a..=b` over literals.
    Range {
        start: Box<Expr>,
        end: Box<Expr>,
        inclusive: bool,
    },
    /// A lower-case name binds; with a type it also tests.
    Bind {
        name: Name,
        ty: Option<Box<TypeExpr>>,
    },
    Tuple(Vec<Pattern>),
    /// `Variant`, `Enum.Variant(p)`, `Record(field: p, ..)`, `ok(p)`, `err(p)`.
    Constructor {
        path: Box<Path>,
        fields: Vec<(Option<Name>, Pattern)>,
        rest: bool,
    },
    /// `[a, b, ...rest]`: at most one rest, anywhere.
    List {
        items: Vec<ListPattern>,
    },
    Or(Vec<Pattern>),
    As(Box<Pattern>, Box<Name>),
    Error,
}

#[derive(Clone, Debug)]
pub enum ListPattern {
    Item(Pattern),
    Rest(Option<Name>, NodeId),
}

#[derive(Clone, Debug)]
pub struct TypeExpr {
    pub id: NodeId,
    pub span: Span,
    pub kind: TypeExprKind,
}

#[derive(Clone, Debug)]
pub enum TypeExprKind {
    /// `Int`, `list[T]`, `Frame[R]`, `Tensor[f32, (n, 784)]`, `null`
    Path {
        path: Path,
        args: Vec<TypeExpr>,
    },
    Tuple(Vec<TypeExpr>),
    /// `T?`
    Optional(Box<TypeExpr>),
    Union(Vec<TypeExpr>),
    Fn {
        params: Vec<TypeExpr>,
        ret: Box<TypeExpr>,
        row: Option<Vec<Path>>,
    },
    /// `{a: Int, b: String}`: a structural record, as schema of a frame.
    Structure(Vec<(Name, TypeExpr)>),
    /// An integer or `_` as type argument: a tensor's dimension.
    Size(Option<i64>),
    Error,
}
