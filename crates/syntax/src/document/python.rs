//! The line that opens a Python cell: ```` ```python NAME inputs=a,inputs.b outputs=x:Table,y:R ````.

use std::ops::Range;

use crate::ast::{
    Expr, ExprKind, Item, ItemKind, Name, NodeIds, Path, Pattern, PatternKind, PythonCell, Stmt, StmtKind,
    TypeExpr, TypeExprKind,
};
use crate::diagnostic::Diagnostic;
use crate::parser::{parse_expression, parse_type};
use crate::suggest::nearest;
use crate::text::{FileId, Span};

/// What the line of one cell says.
pub(super) struct Line {
    pub name: Option<Name>,
    pub hidden: bool,
    /// Definitions that stand before later cells.
    pub prelude: bool,
    inputs: Vec<(Name, Expr)>,
    outputs: Vec<(Name, TypeExpr)>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Words that a program cannot have as names in Python (The Python Language Reference, "Keywords").
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

const KEYS: &[&str] = &["inputs", "outputs", "name"];

const HELP: &str = "A Python cell opens with ```python NAME inputs=a,inputs.b outputs=x:Int,y:Table; `hidden` shows no \
                    source, and `python prelude` holds definitions for later cells.";

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    ids: &'a mut NodeIds,
    line: Line,
}

/// Reads what stands behind the tag `python` at `range` of the document. At least one word stands there.
pub(super) fn read(file: FileId, text: &str, range: Range<usize>, ids: &mut NodeIds) -> Line {
    let line = Line {
        name: None,
        hidden: false,
        prelude: false,
        inputs: Vec::new(),
        outputs: Vec::new(),
        diagnostics: Vec::new(),
    };
    let whole = range.clone();
    let mut reader = Reader { file, text, ids, line };
    for (place, word) in words(text, range).into_iter().enumerate() {
        reader.word(place, word);
    }
    let end = reader.span(whole);
    let Reader { mut line, .. } = reader;
    if line.prelude && !(line.inputs.is_empty() && line.outputs.is_empty()) {
        line.diagnostics.push(
            Diagnostic::error("E0609", end, "A prelude has no inputs and no outputs.").help(
                "It holds definitions that stand before later cells; name the cell otherwise to run it.",
            ),
        );
    }
    if line.name.is_none() && !line.prelude {
        line.diagnostics
            .push(Diagnostic::error("E0609", end, "A Python cell that runs has a name.").help(HELP));
    }
    line
}

impl Reader<'_> {
    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range.start, range.end)
    }

    fn slice(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or("")
    }

    fn report(&mut self, range: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        let span = self.span(range);
        self.line.diagnostics.push(Diagnostic::error("E0609", span, message).help(help));
    }

    fn word(&mut self, place: usize, range: Range<usize>) {
        let word = self.slice(&range).to_string();
        let Some(sign) = word.find('=') else {
            return match word.as_str() {
                "hidden" => self.line.hidden = true,
                "prelude" if place == 0 => self.line.prelude = true,
                "skip" | "test" => self.report(
                    range,
                    format!("`{word}` has no meaning on a Python cell."),
                    "A ```python block without a name is shown and does not run.",
                ),
                _ => self.name(range),
            };
        };
        let value = range.start + sign + 1..range.end;
        match word.get(..sign).unwrap_or("") {
            "name" => self.name(value),
            "inputs" if self.line.inputs.is_empty() => self.inputs(value),
            "outputs" if self.line.outputs.is_empty() => self.outputs(value),
            key if KEYS.contains(&key) => {
                self.report(
                    range,
                    format!("`{key}` stands twice on the line."),
                    format!("Write all in one: `{key}=a,b`."),
                );
            }
            key => {
                let help = match nearest(key, KEYS.iter().copied()) {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None if matches!(key, "level" | "timeout_ms" | "memory" | "max_output" | "packages") => {
                        format!("Limits stand in the grant: `grant python {key} …`.")
                    }
                    None => HELP.to_string(),
                };
                self.report(range, format!("A Python cell has no key `{key}`."), help);
            }
        }
    }

    fn name(&mut self, range: Range<usize>) {
        let text = self.slice(&range).to_string();
        if self.line.prelude || self.line.name.is_some() {
            let first = self.line.name.as_ref().map_or("prelude", |name| name.text.as_str());
            let message = format!("The cell has a second name, `{text}`, beside `{first}`.");
            return self.report(range, message, HELP);
        }
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if !plain || text.is_empty() {
            let message = format!("`{text}` is no name of a cell.");
            self.report(range.clone(), message, "Names are of letters, digits, `_` and `-`.");
        }
        let span = self.span(range);
        self.line.name = Some(Name { text, span });
    }

    fn inputs(&mut self, range: Range<usize>) {
        for part in parts(self.text, range) {
            let text = self.slice(&part).to_string();
            let (expr, found) = parse_expression(self.file, &text, part.start, 0, self.ids);
            let name = match &expr.kind {
                ExprKind::Name(name) => Some(Name { text: name.clone(), span: expr.span }),
                ExprKind::Field { base, name, optional: false } if matches!(&base.kind, ExprKind::Name(base) if base == "inputs") => {
                    Some((**name).clone())
                }
                _ => None,
            };
            let Some(name) = name.filter(|_| found.is_empty()) else {
                let message = format!("`{text}` is no input of a cell.");
                self.report(
                    part,
                    message,
                    "Inputs are names of results, or `inputs.NAME` of the front matter.",
                );
                continue;
            };
            self.in_python(&name);
            if self.line.inputs.iter().any(|(known, _)| known.text == name.text) {
                let message = format!("The input `{}` stands twice.", name.text);
                self.report(part, message, "The code sees it once, by its name.");
                continue;
            }
            self.line.inputs.push((name, expr));
        }
    }

    fn outputs(&mut self, range: Range<usize>) {
        for part in parts(self.text, range) {
            let text = self.slice(&part).to_string();
            let (name, rest) = match text.split_once(':') {
                Some((name, rest)) => (name, Some(rest)),
                None => (text.as_str(), None),
            };
            let (expr, found) = parse_expression(self.file, name, part.start, 0, self.ids);
            let ExprKind::Name(known) = expr.kind else {
                let message = format!("`{text}` is no output of a cell.");
                self.report(
                    part,
                    message,
                    "Outputs are a name and a type each: `outputs=slope:Float,rows:Table`.",
                );
                continue;
            };
            let name = Name { text: known, span: expr.span };
            let Some(ty) = rest.filter(|ty| !ty.trim().is_empty() && found.is_empty()) else {
                let message = format!("The output `{}` has no type.", name.text);
                let help = format!("Write it behind a colon: `{}:Float`, `{}:Table`.", name.text, name.text);
                self.report(part, message, help);
                continue;
            };
            let (ty, found) = parse_type(self.file, ty, part.end - ty.len(), self.ids);
            self.line.diagnostics.extend(found);
            self.in_python(&name);
            if self.line.outputs.iter().any(|(known, _)| known.text == name.text) {
                let message = format!("The output `{}` stands twice.", name.text);
                self.report(part, message, "A result is named once.");
                continue;
            }
            let ty = self.table(ty);
            self.line.outputs.push((name, ty));
        }
    }

    fn in_python(&mut self, name: &Name) {
        if KEYWORDS.contains(&name.text.as_str()) {
            let range = name.span.start as usize..name.span.end as usize;
            let message =
                format!("`{}` is a keyword of Python, which no variable has as its name.", name.text);
            self.report(range, message, "Give the result another name.");
        }
    }

    /// `Table` is a frame whose columns depend on the data: `Frame[Any]`.
    fn table(&mut self, ty: TypeExpr) -> TypeExpr {
        let TypeExprKind::Path { path, args } = &ty.kind else { return ty };
        if path.dotted() != "Table" || !args.is_empty() {
            return ty;
        }
        let span = ty.span;
        let named = |text: &str| Path { parts: vec![Name { text: text.to_string(), span }], span };
        let any = TypeExprKind::Path { path: named("Any"), args: Vec::new() };
        let any = TypeExpr { id: self.ids.fresh(), span, kind: any };
        TypeExpr { kind: TypeExprKind::Path { path: named("Frame"), args: vec![any] }, ..ty }
    }
}

impl Line {
    /// The cell as a statement: `let (x, y): (X, Y) = …`. Nothing of a prelude and of a cell without a name.
    pub fn item(
        self,
        fence: usize,
        code: String,
        span: Span,
        preludes: Vec<String>,
        ids: &mut NodeIds,
    ) -> Option<Item> {
        let name = self.name.filter(|_| !self.prelude)?;
        let outputs = self.outputs.iter().map(|(name, ty)| (name.clone(), ty.span)).collect();
        let cell = PythonCell { name: name.clone(), inputs: self.inputs, outputs, code, preludes };
        let value = Expr { id: ids.fresh(), span, kind: ExprKind::Python(Box::new(cell)) };
        let (mut patterns, mut types) = (Vec::new(), Vec::new());
        for (name, ty) in self.outputs {
            let kind = PatternKind::Bind { name: name.clone(), ty: None };
            patterns.push(Pattern { id: ids.fresh(), span: name.span, kind });
            types.push(ty);
        }
        let kind = match (patterns.pop(), types.pop()) {
            (Some(pattern), Some(ty)) => {
                let (pattern, ty) = if patterns.is_empty() {
                    (pattern, ty)
                } else {
                    let whole = Span { end: ty.span.end, ..patterns.first().map_or(span, |p| p.span) };
                    patterns.push(pattern);
                    types.push(ty);
                    (
                        Pattern { id: ids.fresh(), span: whole, kind: PatternKind::Tuple(patterns) },
                        TypeExpr { id: ids.fresh(), span: whole, kind: TypeExprKind::Tuple(types) },
                    )
                };
                StmtKind::Let {
                    mutable: false,
                    pattern: Box::new(pattern),
                    ty: Some(Box::new(ty)),
                    value: Box::new(value),
                    otherwise: None,
                }
            }
            _ => StmtKind::Expr(Box::new(value)),
        };
        let stmt = Stmt { id: ids.fresh(), span, kind };
        let kind = ItemKind::Stmt(stmt);
        Some(Item { id: ids.fresh(), span, fence: Some(fence), attrs: Box::default(), public: false, kind })
    }
}

/// The words of a range; blanks inside brackets divide none.
fn words(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    divided(text, range, char::is_whitespace).into_iter().filter(|word| !word.is_empty()).collect()
}

/// What commas divide outside brackets.
fn parts(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    divided(text, range, |c| c == ',')
}

fn divided(text: &str, range: Range<usize>, divides: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0usize, range.start);
    for (at, c) in text.get(range.clone()).unwrap_or("").char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            c if depth == 0 && divides(c) => {
                found.push(start..range.start + at);
                start = range.start + at + c.len_utf8();
            }
            _ => {}
        }
    }
    found.push(start..range.end);
    found
}
