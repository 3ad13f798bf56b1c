//! One entry as the program that carries it out: its declarations beside those before, its statements in a cell.

use std::collections::BTreeSet;
use std::ops::Range;

use syntax::ast::{
    Block, Expr, ExprKind, ImportNames, Item, ItemKind, LambdaBody, ListPattern, Name, NodeIds, Pattern,
    PatternKind, Stmt, StmtKind,
};
use syntax::visit::{self, Visitor};
use syntax::{Diagnostic, FileId, Span};

/// The cell that holds an entry's statements, by a name that nobody gives to anything.
pub(super) const CELL: &str = "__entry";
/// The name of the last expression's value there.
const SHOWN: &str = "__shown";

/// What is carried out at once: declarations that stand together, or one statement.
pub(super) struct Piece<'t> {
    text: &'t str,
    pub declarations: Vec<Declaration>,
    statement: Option<Range<usize>>,
    /// The statements are a test's.
    tests: bool,
    /// It is an expression, whose value can be shown.
    pub shows: bool,
    /// Names that it binds, in order, each with its place in the text.
    pub binds: Vec<(String, Range<usize>)>,
    /// Names of variables that it assigns.
    pub assigns: BTreeSet<String>,
}

/// A declaration that later entries see.
#[derive(Clone, Debug)]
pub(super) struct Declaration {
    /// With the comments before it.
    pub text: String,
    pub names: Vec<String>,
    /// Of an import of names: all before them, and each as it is written.
    imported: Option<(String, Vec<String>)>,
    place: usize,
}

/// The program of an entry.
pub(super) struct Made {
    pub text: String,
    /// Up to here it is what was declared before.
    earlier: usize,
    /// Parts of `text` that stand in the entry: there, and where they begin in the entry.
    parts: Vec<(Range<usize>, usize)>,
}

/// What becomes of `test` blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tests {
    Run,
    LeftOut,
}

/// What an entered test shows when it passes.
const PASSED: &str = "\"passed\"";

/// The pieces of an entry, in order.
///
/// # Errors
/// What is wrong with its text.
pub(super) fn pieces(text: &str, tests: Tests) -> Result<Vec<Piece<'_>>, Vec<Diagnostic>> {
    let parsed = syntax::parse(FileId(0), text, &mut NodeIds::default());
    let mut faults: Vec<Diagnostic> =
        parsed.diagnostics.iter().filter(|found| found.is_error()).cloned().collect();
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    for attr in &parsed.module.directives {
        let place = range(attr.span);
        let written = text.get(place.clone()).unwrap_or_default().to_string();
        let names = Vec::new();
        declare(&mut pieces, text, Declaration { text: written, names, imported: None, place: place.start });
    }
    let mut from = parsed.module.directives.last().map_or(0, |attr| attr.span.end as usize);
    for item in &parsed.module.items {
        let to = item.span.end as usize;
        match &item.kind {
            ItemKind::Stmt(stmt) => match as_cell(text, stmt) {
                Some(cell) => declare(&mut pieces, text, cell),
                None => {
                    let mut returns = Returns::default();
                    returns.stmt(stmt);
                    faults.extend(returns.found);
                    pieces.push(Piece::statement(text, stmt, returns.assigned));
                }
            },
            ItemKind::Test(_) if tests == Tests::LeftOut => {}
            ItemKind::Test(test) => {
                let mut returns = Returns::default();
                test.body.stmts.iter().for_each(|stmt| returns.stmt(stmt));
                faults.extend(returns.found);
                pieces.push(Piece::test(text, &test.body));
            }
            _ => {
                let written = text.get(from..to).unwrap_or_default().trim_start_matches('\n').to_string();
                let place = to - written.len();
                let (names, imported) = (names(item), imported(text, item));
                declare(&mut pieces, text, Declaration { text: written, names, imported, place });
            }
        }
        from = to;
    }
    if faults.is_empty() { Ok(pieces) } else { Err(faults) }
}

/// Adds a declaration to those it stands with.
fn declare<'t>(pieces: &mut Vec<Piece<'t>>, text: &'t str, declaration: Declaration) {
    match pieces.last_mut().filter(|piece| piece.statement.is_none()) {
        Some(piece) => piece.declarations.push(declaration),
        None => pieces.push(Piece { declarations: vec![declaration], ..Piece::nothing(text) }),
    }
}

impl<'t> Piece<'t> {
    fn nothing(text: &'t str) -> Piece<'t> {
        Piece {
            text,
            declarations: Vec::new(),
            statement: None,
            tests: false,
            shows: false,
            binds: Vec::new(),
            assigns: BTreeSet::new(),
        }
    }

    fn statement(text: &'t str, stmt: &Stmt, assigns: BTreeSet<String>) -> Piece<'t> {
        let mut bound = Bound(Vec::new());
        if let StmtKind::Let { pattern, .. } = &stmt.kind {
            bound.pattern(pattern);
        }
        let shows = matches!(stmt.kind, StmtKind::Expr(_));
        Piece { statement: Some(range(stmt.span)), shows, binds: bound.0, assigns, ..Piece::nothing(text) }
    }

    /// A test, which is carried out at once. It sees the variables and, as it assigns none of them, leaves them alone.
    fn test(text: &'t str, body: &Block) -> Piece<'t> {
        Piece { statement: Some(range(body.span)), tests: true, shows: true, ..Piece::nothing(text) }
    }

    /// The program that declares what was declared before and here, and whose cell carries the statements out with
    /// copies of the variables in `copied`. Without `whole` the cell gives nothing, so that it need not be complete.
    pub fn program(&self, before: &[Declaration], copied: &[(String, bool)], whole: bool) -> Made {
        let mut made = Made::declared(before);
        for declared in &self.declarations {
            made.part(&declared.text, declared.place);
            made.text.push('\n');
        }
        let Some(place) = &self.statement else { return made };
        made.text.push_str(&format!("cell {CELL}()\n"));
        for (name, mutable) in copied {
            let mutable = if *mutable { "mut " } else { "" };
            made.text.push_str(&format!("let {mutable}{name} = {name}\n"));
        }
        if whole && self.shows {
            made.text.push_str(&format!("let {SHOWN} = "));
        }
        if self.tests {
            made.text.push_str("do\n");
        }
        made.part(self.text.get(place.clone()).unwrap_or_default(), place.start);
        made.text.push('\n');
        if self.tests {
            made.text.push_str(&format!("{PASSED}\nend\n"));
        }
        if whole {
            let shown = if self.shows { SHOWN } else { "null" };
            let names: String = self.kept(copied).iter().map(|name| format!(", {name}")).collect();
            made.text.push_str(&format!("(0, {shown}{names})\n"));
        }
        made.text.push_str("end\n");
        made
    }

    /// The variables whose values the cell gives back, in that order.
    pub fn kept(&self, copied: &[(String, bool)]) -> Vec<String> {
        let copied = copied.iter().map(|(name, _)| name);
        let bound = self.binds.iter().map(|(name, _)| name);
        copied
            .clone()
            .chain(bound.filter(|name| !copied.clone().any(|known| known == *name)))
            .cloned()
            .collect()
    }

    pub fn runs(&self) -> bool {
        self.statement.is_some()
    }
}

/// `let f = fn(x: Int) => x + 1` as the cell that it is at the top of a program: a function by itself is no value that
/// could be kept.
fn as_cell(text: &str, stmt: &Stmt) -> Option<Declaration> {
    let StmtKind::Let { mutable: false, pattern, ty: None, value, otherwise: None } = &stmt.kind else {
        return None;
    };
    let PatternKind::Bind { name, ty: None } = &pattern.kind else { return None };
    let ExprKind::Lambda { params, body, .. } = &value.kind else { return None };
    if params.iter().any(|param| param.ty.is_none()) {
        return None;
    }
    let name = name.text.clone();
    let (start, end) = (value.span.start as usize, value.span.end as usize);
    let written = text.get(start..end)?.strip_prefix("fn")?;
    let cell = match &**body {
        LambdaBody::Block(_) => format!("cell {name}{written}"),
        LambdaBody::Expr(expr) => {
            let after = params.last().map_or(start, |param| param.span.end as usize);
            let arrow = after + text.get(after..expr.span.start as usize)?.rfind("=>")?;
            let (head, tail) = (text.get(start + "fn".len()..arrow)?, text.get(arrow + 2..end)?);
            format!("cell {name}{head}={tail}")
        }
    };
    // Its text is nowhere in the entry as it is here.
    Some(Declaration { text: cell, names: vec![name], imported: None, place: start })
}

impl Made {
    /// A text with nothing of an entry in it that could be named.
    pub fn new(text: String) -> Made {
        Made { text, earlier: 0, parts: Vec::new() }
    }

    /// The program of what was declared before.
    pub fn declared(before: &[Declaration]) -> Made {
        let text: String = before.iter().map(|declared| format!("{}\n", declared.text)).collect();
        Made { earlier: text.len(), ..Made::new(text) }
    }

    fn part(&mut self, text: &str, from: usize) {
        let start = self.text.len();
        self.text.push_str(text);
        self.parts.push((start..self.text.len(), from));
    }

    /// Whether a place stands in what was declared before.
    pub fn is_earlier(&self, at: usize) -> bool {
        at <= self.earlier
    }

    /// The place of the entry that a place of the program is.
    pub fn entered(&self, at: usize) -> Option<usize> {
        let part = self.parts.iter().find(|(part, _)| part.start <= at && at <= part.end);
        part.map(|(part, from)| from + at - part.start)
    }

    /// The place of the program that a place of the entry is.
    pub fn placed(&self, at: usize) -> Option<usize> {
        let holds = |(part, from): &&(Range<usize>, usize)| *from <= at && at <= from + part.len();
        self.parts.iter().rfind(holds).map(|(part, from)| part.start + at - from)
    }
}

fn range(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}

impl Declaration {
    /// What is left of it where some of its names mean something else: of an import of names the others, of all else
    /// nothing.
    pub fn without(&self, taken: &[String]) -> Option<Declaration> {
        if !self.names.iter().any(|name| taken.contains(name)) {
            return Some(self.clone());
        }
        let (head, written) = self.imported.as_ref()?;
        let left = self.names.iter().zip(written).filter(|(name, _)| !taken.contains(name));
        let (names, written): (Vec<String>, Vec<String>) = left.map(|(a, b)| (a.clone(), b.clone())).unzip();
        (!names.is_empty()).then(|| Declaration {
            text: format!("{head}: {}", written.join(", ")),
            names,
            imported: Some((head.clone(), written)),
            place: self.place,
        })
    }
}

/// All before the names of an import, and each name as it is written.
fn imported(text: &str, item: &Item) -> Option<(String, Vec<String>)> {
    let ItemKind::Import(import) = &item.kind else { return None };
    let ImportNames::Some(names) = &import.names else { return None };
    let written = |start: u32, end: u32| Some(text.get(start as usize..end as usize)?.to_string());
    let name = |(name, alias): &(Name, Option<Name>)| {
        written(name.span.start, alias.as_ref().unwrap_or(name).span.end)
    };
    let names: Option<Vec<String>> = names.iter().map(name).collect();
    Some((written(item.span.start, import.path.span.end)?, names?))
}

fn names(item: &Item) -> Vec<String> {
    match &item.kind {
        ItemKind::Record(it) => vec![it.name.text.clone()],
        ItemKind::Enum(it) => {
            let variants = it.variants.iter().map(|variant| variant.name.text.clone());
            std::iter::once(it.name.text.clone()).chain(variants).collect()
        }
        ItemKind::Cell(it) => vec![it.sig.name.dotted()],
        ItemKind::Const(it) => vec![it.name.text.clone()],
        ItemKind::TypeAlias(it) => vec![it.name.text.clone()],
        ItemKind::State(it) => vec![it.name.text.clone()],
        ItemKind::Trait(it) => vec![it.name.text.clone()],
        ItemKind::Effect(it) => vec![it.name.text.clone()],
        ItemKind::Handler(it) => vec![it.name.text.clone()],
        ItemKind::Tool(it) => vec![it.name.text.clone()],
        ItemKind::Import(it) => match &it.names {
            ImportNames::Module => it.path.parts.last().map(|name| name.text.clone()).into_iter().collect(),
            ImportNames::All => vec![format!("{}:*", it.path.dotted())],
            ImportNames::Some(names) => {
                names.iter().map(|(name, alias)| alias.as_ref().unwrap_or(name).text.clone()).collect()
            }
        },
        _ => Vec::new(),
    }
}

/// The names that a pattern binds.
struct Bound(Vec<(String, Range<usize>)>);

impl<'n> Visitor<'n> for Bound {
    fn pattern(&mut self, pattern: &'n Pattern) {
        match &pattern.kind {
            PatternKind::Bind { name, .. } => self.0.push((name.text.clone(), range(name.span))),
            PatternKind::As(_, name) => self.0.push((name.text.clone(), range(name.span))),
            PatternKind::List { items } => {
                for item in items {
                    if let ListPattern::Rest(Some(name), _) = item {
                        self.0.push((name.text.clone(), range(name.span)));
                    }
                }
            }
            _ => {}
        }
        visit::walk_pattern(self, pattern);
    }

    fn expr(&mut self, _: &'n Expr) {}
}

/// What an entry's statements assign, and where they would leave the cell around them, which the person did not write.
#[derive(Default)]
struct Returns {
    assigned: BTreeSet<String>,
    found: Vec<Diagnostic>,
}

impl<'n> Visitor<'n> for Returns {
    fn stmt(&mut self, stmt: &'n Stmt) {
        match &stmt.kind {
            StmtKind::Return(_) => self.found.push(
                Diagnostic::error("E0202", stmt.span, "`return` stands in no cell.")
                    .help("A top-level statement has nothing to return from."),
            ),
            StmtKind::Assign { place, .. } => {
                let mut root = place;
                while let ExprKind::Field { base, .. } | ExprKind::Index { base, .. } = &root.kind {
                    root = base;
                }
                if let ExprKind::Name(name) = &root.kind {
                    self.assigned.insert(name.clone());
                }
            }
            StmtKind::Cell(_) => return,
            _ => {}
        }
        visit::walk_stmt(self, stmt);
    }

    fn expr(&mut self, expr: &'n Expr) {
        match &expr.kind {
            ExprKind::Lambda { .. } => return,
            ExprKind::Try(_) => self.found.push(
                Diagnostic::error(
                    "E0200",
                    expr.span,
                    "`?` returns the error from a cell, but stands in none.",
                )
                .help("Handle it here: `try e else |x| other`."),
            ),
            _ => {}
        }
        visit::walk_expr(self, expr);
    }
}
