//! Kinds of tokens and nodes of the lossless tree.

/// The language of the tree, for `rowan`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lumen {}

pub type SyntaxNode = rowan::SyntaxNode<Lumen>;
pub type SyntaxToken = rowan::SyntaxToken<Lumen>;
pub type SyntaxElement = rowan::SyntaxElement<Lumen>;

macro_rules! kinds {
    ($($kind:ident),* $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum SyntaxKind { $($kind),* }

        const KINDS: &[SyntaxKind] = &[$(SyntaxKind::$kind),*];
    };
}

kinds! {
    // tokens
    Whitespace, Newline, Comment, Doc, Ident, Keyword, Int, Float, String, RawString, BytesLit, RoleText, Punct, Unknown,
    // declarations
    File, Attr, RecordDecl, FieldDecl, EnumDecl, VariantDecl, CellDecl, Sig, TypeParams, Params, Param, ConstDecl,
    TypeDecl, TraitDecl, ImplDecl, PipelineDecl, StagesDecl, MachineDecl, ProcessDecl,
    MachineState, Setting, Transition, OnEnter, ImportDecl, GrantDecl, ToolDecl, BindDecl, StateDecl, TestDecl, EffectDecl, HandlerDecl,
    HandlerClause, ExternDecl, UnsupportedDecl, PathNode,
    // statements
    Block, LetStmt, AssignStmt, ForStmt, WhileStmt, BreakStmt, ContinueStmt, ReturnStmt, EmitStmt, HaltStmt, YieldStmt, AssertStmt,
    DeferStmt, ExprStmt, UnsupportedStmt,
    // expressions
    Literal, NameExpr, ListExpr, TupleExpr, ParenExpr, BraceExpr, UnaryExpr, BinaryExpr, RangeExpr, TryExpr,
    UnwrapExpr, CastExpr, IsExpr, SchemaExpr, FieldExpr, IndexExpr, CallExpr, Args, Arg, LambdaExpr, IfExpr,
    MatchExpr, Arm, WhenExpr, LoopExpr, DoExpr, ComptimeExpr, UpsertExpr, UpsertWrite, UpsertGuard, UpsertReason,
    RoleExpr, PerformExpr, HandleExpr, WithClause, SpawnExpr, AwaitExpr, TasksExpr,
    UnsupportedExpr, Clause,
    // patterns, types
    Pattern, TypeNode,
    ErrorNode,
}

impl rowan::Language for Lumen {
    type Kind = SyntaxKind;

    fn kind_from_raw(raw: rowan::SyntaxKind) -> SyntaxKind {
        KINDS.get(raw.0 as usize).copied().unwrap_or(SyntaxKind::Unknown)
    }

    fn kind_to_raw(kind: SyntaxKind) -> rowan::SyntaxKind {
        rowan::SyntaxKind(kind as u16)
    }
}

impl SyntaxKind {
    /// White space, newlines, comments and documentation blocks.
    pub fn is_trivia(self) -> bool {
        matches!(self, SyntaxKind::Whitespace | SyntaxKind::Newline | SyntaxKind::Comment | SyntaxKind::Doc)
    }
}
