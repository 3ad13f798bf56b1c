//! Builds the layout document from the lossless tree.
//!
//! The walk visits every token once and in order, so a cursor over the tokens is all the state that trivia need: what
//! stands before a token is laid out when the walk comes to it, or earlier by whoever decides about the line break
//! in front of it ([`Builder::lead`]).

use rowan::NodeOrToken;

use super::doc::{Doc, Element, Group, Inline, Remark, Seq, Width};
use super::spacing;
use super::tokens::{Leading, Leaves};
use crate::kind::{SyntaxElement, SyntaxKind as K, SyntaxNode};

pub(super) fn build<'a>(root: &SyntaxNode, leaves: &'a Leaves<'a>) -> Seq<'a> {
    let mut builder = Builder {
        leaves,
        at: 0,
        taken: None,
        carried: Vec::new(),
        docs: Vec::new(),
        in_brackets: false,
        level: 1,
        always: false,
    };
    let items: Vec<SyntaxNode> = root.children().collect();
    builder.lines(&items, 0);
    builder.end_lines(0);
    let docs = std::mem::take(&mut builder.docs);
    Seq::new(vec![Doc::Anchor(Seq::new(docs, false), Inline::Never)], false)
}

struct Builder<'a> {
    leaves: &'a Leaves<'a>,
    /// The next token.
    at: usize,
    /// The token whose leading trivia are already laid out.
    taken: Option<usize>,
    /// Comments that stood before a comma; they follow it.
    carried: Vec<&'a str>,
    docs: Vec<Doc<'a>>,
    /// Line breaks mean nothing here.
    in_brackets: bool,
    /// Levels that a continuation line stands right of its unit.
    level: usize,
    /// Inside an `if` that must stay on its line.
    always: bool,
}

/// Nodes whose `end` closes blocks, arms or members.
fn has_blocks(kind: K) -> bool {
    matches!(
        kind,
        K::CellDecl
            | K::TestDecl
            | K::RecordDecl
            | K::EnumDecl
            | K::TraitDecl
            | K::ImplDecl
            | K::PipelineDecl
            | K::MachineDecl
            | K::ProcessDecl
            | K::MachineState
            | K::OnEnter
            | K::ExternDecl
            | K::ForStmt
            | K::WhileStmt
            | K::DeferStmt
            | K::LetStmt
            | K::IfExpr
            | K::MatchExpr
            | K::WhenExpr
            | K::LoopExpr
            | K::DoExpr
            | K::ComptimeExpr
            | K::UpsertExpr
            | K::LambdaExpr
            | K::Arm
            | K::EffectDecl
            | K::HandlerDecl
            | K::HandlerClause
            | K::HandleExpr
            | K::WithClause
            | K::TasksExpr
    )
}

/// Expressions that grow to the right of their first operand.
fn is_link(kind: K) -> bool {
    matches!(
        kind,
        K::BinaryExpr
            | K::CallExpr
            | K::FieldExpr
            | K::IndexExpr
            | K::TryExpr
            | K::UnwrapExpr
            | K::CastExpr
            | K::SchemaExpr
    )
}

/// The parts of a node without trivia.
fn parts(node: &SyntaxNode) -> Vec<SyntaxElement> {
    node.children_with_tokens().filter(|c| !c.kind().is_trivia()).collect()
}

fn is_mark(element: &SyntaxElement, mark: &str) -> bool {
    element.as_token().is_some_and(|t| t.kind() != K::String && t.text() == mark)
}

/// The operand that a chain of links starts from, or `None` for a prefix form.
fn first_operand(node: &SyntaxNode) -> Option<SyntaxNode> {
    let first = node.children_with_tokens().find(|c| !c.kind().is_trivia())?;
    is_link(node.kind()).then(|| first.into_node()).flatten()
}

impl<'a> Builder<'a> {
    // ---- trivia

    fn peek_lead(&self) -> Leading<'a> {
        self.leaves.leading(self.at)
    }

    /// Takes what stands before the next token, which starts a line or an element; whoever calls lays it out.
    fn lead(&mut self) -> Leading<'a> {
        let mut leading = self.lead_within();
        leading.settle();
        leading
    }

    fn lead_within(&mut self) -> Leading<'a> {
        let mut leading = self.leaves.leading(self.at);
        if !self.carried.is_empty() {
            let mut comments = std::mem::take(&mut self.carried).into_iter().chain(leading.trailing);
            leading.trailing = comments.next();
            leading
                .lines
                .splice(0..0, comments.map(|text| Remark { text, blank: false }).collect::<Vec<_>>());
        }
        self.taken = Some(self.at);
        leading
    }

    fn skip_comma(&mut self) {
        let leading = self.lead();
        self.carried.extend(leading.trailing);
        self.carried.extend(leading.lines.iter().map(|r| r.text));
        self.at += 1;
    }

    /// Lays out what stands between the last token and the next one within a line or a unit.
    fn gap(&mut self, soft: bool) {
        if self.taken == Some(self.at) {
            return;
        }
        let leading = self.lead_within();
        let Some(next) = self.leaves.all.get(self.at) else { return };
        let prev = self.at.checked_sub(1).and_then(|i| self.leaves.all.get(i));
        self.docs.extend(leading.trailing.map(Doc::Trailing));
        for text in &leading.inline {
            self.docs.push(Doc::Space);
            self.docs.push(Doc::Text(text));
        }
        for remark in &leading.lines {
            self.docs.push(Doc::Hard(self.level));
            self.docs.push(Doc::Text(remark.text));
        }
        let comment = leading.trailing.is_some() || !leading.lines.is_empty();
        if comment || (leading.newline && self.keeps_break()) {
            let after_attribute = !self.in_brackets && prev.is_some_and(|p| p.ends_attribute);
            self.docs.push(Doc::Hard(if after_attribute { 0 } else { self.level }));
        } else if leading.joined && !leading.newline {
            self.docs.extend([Doc::Space, Doc::Text("\\"), Doc::Hard(self.level)]);
        } else {
            if soft {
                self.docs.push(Doc::Soft);
            }
            if prev.is_some_and(|prev| spacing::space(prev, next, self.leaves.adjoins(self.at))) {
                self.docs.push(Doc::Space);
            }
        }
    }

    /// Whether a line break of the author's before the next token stays. Outside brackets it may carry meaning;
    /// inside it is kept beside operators and before `.`.
    fn keeps_break(&self) -> bool {
        let operator = |i: usize| {
            self.leaves.all.get(i).is_some_and(|t| {
                t.parent == K::BinaryExpr && matches!(t.kind, K::Punct | K::Keyword)
                    || t.parent == K::FieldExpr && matches!(t.text, "." | "?.")
            })
        };
        !self.in_brackets || operator(self.at) || self.at.checked_sub(1).is_some_and(operator)
    }

    fn token(&mut self) {
        self.gap(false);
        self.bare_token();
    }

    /// The next token without what stands before it.
    fn bare_token(&mut self) {
        if let Some(leaf) = self.leaves.all.get(self.at) {
            self.docs.push(Doc::Text(leaf.text));
        }
        self.at += 1;
    }

    /// Runs `f` and gives what it laid out.
    fn collect(&mut self, f: impl FnOnce(&mut Self)) -> Vec<Doc<'a>> {
        let outer = std::mem::take(&mut self.docs);
        f(self);
        std::mem::replace(&mut self.docs, outer)
    }

    // ---- lines of blocks

    fn remarks(&mut self, leading: &Leading<'a>, level: usize, first: bool) {
        self.docs.extend(leading.trailing.map(Doc::Trailing));
        for (i, remark) in leading.lines.iter().enumerate() {
            let blank = remark.blank && !(first && i == 0);
            self.docs.push(Doc::Break { level, blank, forced: true });
            self.docs.push(Doc::Text(remark.text));
        }
    }

    /// Statements, arms or members, a line each.
    fn lines(&mut self, nodes: &[SyntaxNode], level: usize) {
        let outer = (self.in_brackets, self.level);
        (self.in_brackets, self.level) = (false, 1);
        for (i, node) in nodes.iter().enumerate() {
            let leading = self.lead();
            self.remarks(&leading, level, i == 0);
            let blank = leading.blank && (i > 0 || !leading.lines.is_empty());
            let forced = nodes.len() > 1 || leading.has_comment();
            self.docs.push(Doc::Break { level, blank, forced: forced && !self.always });
            let unit = self.collect(|b| b.node(node));
            self.docs.push(Doc::Unit(Seq::new(unit, false)));
        }
        (self.in_brackets, self.level) = outer;
    }

    /// Comments before the token that closes a block.
    fn end_lines(&mut self, level: usize) {
        let leading = self.lead();
        self.remarks(&leading, level, false);
    }

    // ---- nodes

    fn node(&mut self, node: &SyntaxNode) {
        match node.kind() {
            K::Literal => self.glued(node),
            K::UnsupportedDecl | K::UnsupportedStmt | K::UnsupportedExpr | K::ErrorNode => {
                self.verbatim(node)
            }
            // What follows on the line of a `role` would belong to its text.
            K::CallExpr | K::IndexExpr | K::ListExpr | K::TupleExpr | K::ParenExpr | K::BraceExpr
                if node.descendants().any(|inner| inner.kind() == K::RoleExpr) =>
            {
                self.verbatim(node);
            }
            K::BinaryExpr
            | K::CallExpr
            | K::FieldExpr
            | K::IndexExpr
            | K::TryExpr
            | K::UnwrapExpr
            | K::CastExpr
            | K::SchemaExpr
                if first_operand(node).is_some() =>
            {
                self.links(node);
            }
            kind if has_blocks(kind) => self.anchor(node),
            _ => self.parts(&parts(node), false),
        }
    }

    /// A literal: its tokens touch.
    fn glued(&mut self, node: &SyntaxNode) {
        for (i, _) in parts(node).iter().enumerate() {
            if i == 0 { self.token() } else { self.bare_token() }
        }
    }

    /// A construct that is not built yet has no structure in the tree and keeps its text.
    fn verbatim(&mut self, node: &SyntaxNode) {
        let tokens: Vec<_> = node.descendants_with_tokens().filter_map(NodeOrToken::into_token).collect();
        let count = tokens.iter().filter(|t| !t.kind().is_trivia()).count();
        if count == 0 {
            return;
        }
        self.gap(false);
        let range = node.text_range();
        let start = usize::from(range.start());
        let text = &self.leaves.text[start..usize::from(range.end())];
        let before = &self.leaves.text[..start];
        let line = &before[before.rfind('\n').map_or(0, |i| i + 1)..];
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        let movable = tokens.iter().all(|t| t.kind() == K::Newline || !t.text().contains('\n'));
        self.docs.push(Doc::Verbatim(text, movable.then_some(indent)));
        self.at += count;
    }

    /// A chain of operators, calls and fields, from its first operand to the right.
    fn links(&mut self, node: &SyntaxNode) {
        let mut links = vec![node.clone()];
        let mut base = first_operand(node);
        while let Some(inner) = base.as_ref().and_then(|b| first_operand(b).map(|_| b.clone())) {
            base = first_operand(&inner);
            links.push(inner);
        }
        links.reverse();
        let named = base.as_ref().is_some_and(|b| b.kind() == K::NameExpr);
        let calls = links.iter().filter(|l| l.kind() == K::CallExpr).count();
        let pipes = links.iter().filter(|l| parts(l).get(1).is_some_and(|p| is_mark(p, "|>"))).count();
        let docs = self.collect(|b| {
            if let Some(base) = &base {
                b.node(base);
            }
            let mut name_only = named;
            for (i, link) in links.iter().enumerate() {
                let method =
                    link.kind() == K::FieldExpr && links.get(i + 1).is_some_and(|l| l.kind() == K::CallExpr);
                let soft = if pipes > 0 {
                    parts(link).get(1).is_some_and(|p| is_mark(p, "|>"))
                } else {
                    method && !name_only && calls > 1
                };
                // `plot.bar(...)` starts a chain; it is not the first step of one.
                name_only &= link.kind() == K::FieldExpr && !method;
                b.parts(&parts(link)[1..], soft);
            }
        });
        self.docs.push(Doc::Chain(Seq::new(docs, self.always)));
    }

    fn parts(&mut self, parts: &[SyntaxElement], soft: bool) {
        let mut i = 0;
        while let Some(part) = parts.get(i) {
            let close = match part.as_token().map(|t| t.text()) {
                Some("(") => closing(parts, i, "(", ")"),
                Some("[" | "?[") => closing(parts, i, "[", "]"),
                Some("{") => closing(parts, i, "{", "}"),
                _ => None,
            };
            match (part, close) {
                (_, Some(close)) => {
                    self.group(&parts[i..=close]);
                    i = close;
                }
                (NodeOrToken::Token(_), None) => {
                    self.gap(soft && i == 0);
                    self.bare_token();
                }
                (NodeOrToken::Node(node), None) => self.node(node),
            }
            i += 1;
        }
    }

    // ---- blocks

    fn anchor(&mut self, node: &SyntaxNode) {
        let one_line =
            !node.descendants_with_tokens().any(|t| matches!(t.kind(), K::Newline | K::Comment | K::Doc));
        let parts = parts(node);
        let without_end = node.kind() == K::IfExpr && one_line && !has_own_end(node);
        let short = one_line
            && match node.kind() {
                K::IfExpr => parts.iter().any(|p| is_mark(p, "then")),
                K::LambdaExpr | K::DoExpr | K::ComptimeExpr | K::LetStmt => true,
                _ => false,
            };
        if parts.is_empty() {
            return;
        }
        // What stands before the construct belongs to the line it starts on.
        if parts.first().is_some_and(|p| p.as_token().is_some()) {
            self.gap(false);
        }
        let always = self.always;
        self.always |= without_end;
        let docs = self.collect(|b| b.with_blocks(node.kind(), &parts));
        let policy = if self.always {
            Inline::Always
        } else if short && !forced(&docs) {
            Inline::IfFits
        } else {
            Inline::Never
        };
        self.always = always;
        self.docs.push(Doc::Anchor(Seq::new(docs, policy != Inline::Never), policy));
    }

    fn with_blocks(&mut self, kind: K, parts: &[SyntaxElement]) {
        let outer = self.level;
        if matches!(kind, K::IfExpr | K::ForStmt | K::WhileStmt | K::MatchExpr) {
            self.level = 2;
        }
        let externs = kind == K::ExternDecl && parts.iter().any(|p| is_mark(p, "impl"));
        let mut body = false;
        let mut i = 0;
        while let Some(part) = parts.get(i) {
            match part {
                NodeOrToken::Node(node) if node.kind() == K::Block => {
                    self.block(kind, node);
                    body = true;
                }
                // `elif` and `else if` go on with the same `if`.
                NodeOrToken::Node(node)
                    if kind == K::IfExpr
                        && node.kind() == K::IfExpr
                        && (body
                            && i > 0
                            && (starts_with(node, "elif") || is_mark(&parts[i - 1], "else"))) =>
                {
                    if starts_with(node, "elif") {
                        self.end_lines(1);
                        self.docs.push(Doc::Break { level: 0, blank: false, forced: false });
                    }
                    self.with_blocks(K::IfExpr, &self::parts(node));
                }
                NodeOrToken::Node(node) if is_line(kind, node.kind(), externs) => {
                    let nodes: Vec<_> = parts[i..]
                        .iter()
                        .take_while(|p| !is_mark(p, "end"))
                        .filter_map(|p| p.as_node().cloned())
                        .collect();
                    i += parts[i..].iter().take_while(|p| !is_mark(p, "end")).count();
                    self.members(&nodes);
                    body = true;
                    continue;
                }
                NodeOrToken::Node(node) => self.node(node),
                NodeOrToken::Token(token) => {
                    let closes = match token.text() {
                        "end" => true,
                        "else" | "elif" | "}" | "with" => body,
                        _ => false,
                    };
                    if token.text() == "end" && self.follows_an_end_of_text() {
                        // The text of a `role` loses the last `end` of its line: that one must stay on it.
                        self.taken = Some(self.at);
                        self.docs.push(Doc::Space);
                        self.bare_token();
                    } else if closes && token.kind() != K::String {
                        self.end_lines(1);
                        self.docs.push(Doc::Break { level: 0, blank: false, forced: false });
                        self.bare_token();
                    } else {
                        let rest = &parts[i..];
                        let close = match token.text() {
                            "(" => closing(rest, 0, "(", ")"),
                            "[" => closing(rest, 0, "[", "]"),
                            // The braces of `=> { x += 1 }` hold a block.
                            "{" if !rest.iter().any(|p| p.kind() == K::Block) => closing(rest, 0, "{", "}"),
                            _ => None,
                        };
                        match close {
                            Some(close) => {
                                self.group(&rest[..=close]);
                                i += close;
                            }
                            None => self.token(),
                        }
                    }
                }
            }
            i += 1;
        }
        self.level = outer;
    }

    /// Members of a declaration; a comma behind one is dropped.
    fn members(&mut self, nodes: &[SyntaxNode]) {
        for (i, node) in nodes.iter().enumerate() {
            while self.leaves.all.get(self.at).is_some_and(|t| t.text == "," && t.kind == K::Punct) {
                self.skip_comma();
            }
            let leading = self.lead();
            self.remarks(&leading, 1, i == 0);
            let blank = leading.blank && (i > 0 || !leading.lines.is_empty());
            self.docs.push(Doc::Break { level: 1, blank, forced: true });
            let outer = (self.in_brackets, self.level);
            (self.in_brackets, self.level) = (false, 1);
            let unit = self.collect(|b| b.node(node));
            (self.in_brackets, self.level) = outer;
            self.docs.push(Doc::Unit(Seq::new(unit, false)));
        }
        while self.leaves.all.get(self.at).is_some_and(|t| t.text == "," && t.kind == K::Punct) {
            self.skip_comma();
        }
    }

    fn block(&mut self, kind: K, block: &SyntaxNode) {
        let statements: Vec<SyntaxNode> = block.children().collect();
        if let (K::Arm | K::WithClause, [only]) = (kind, statements.as_slice()) {
            let leading = self.peek_lead();
            if !leading.newline && !leading.has_comment() {
                // The value of an arm stays behind its arrow; line breaks count again.
                let outer = (self.in_brackets, self.level);
                (self.in_brackets, self.level) = (false, 1);
                self.gap(false);
                self.node(only);
                (self.in_brackets, self.level) = outer;
                return;
            }
        }
        self.lines(&statements, 1);
    }

    /// Whether the token before is the text of a `role` that has the word `end` last.
    fn follows_an_end_of_text(&self) -> bool {
        let prev = self.at.checked_sub(1).and_then(|i| self.leaves.all.get(i));
        let text = prev.filter(|prev| prev.parent == K::RoleExpr).map_or("", |prev| prev.text.trim_end());
        text.strip_suffix("end").is_some_and(|rest| rest.is_empty() || rest.ends_with([' ', '\t']))
    }

    // ---- brackets

    /// Brackets with what stands between them, commas included.
    fn group(&mut self, parts: &[SyntaxElement]) {
        let Some(open) = self.leaves.all.get(self.at) else { return };
        self.gap(false);
        // Inside, nothing is said yet of the first element.
        let (kind, text) = (open.parent, open.text);
        self.at += 1;
        let outer = (self.in_brackets, self.level);
        (self.in_brackets, self.level) = (true, 1);
        let mut group = Group {
            open: text,
            close: match text {
                "(" => ")",
                "{" => "}",
                _ => "]",
            },
            elements: Vec::new(),
            broken: false,
            trailing_comma: false,
            flat_comma: false,
            open_comment: None,
            closing: Vec::new(),
            width: Width::default(),
        };
        let inner = &parts[1..parts.len() - 1];
        let mut commas = 0;
        let mut i = 0;
        while i < inner.len() {
            let clause = inner[i].kind() == K::Clause;
            let length = inner[i..]
                .iter()
                .enumerate()
                .take_while(|(n, p)| !is_mark(p, ",") && (*n == 0 || p.kind() != K::Clause))
                .count();
            let leading = self.lead();
            if group.elements.is_empty() {
                group.broken = leading.newline;
            }
            self.comment_before(&mut group, &leading);
            let docs = self.collect(|b| b.parts(&inner[i..i + length], false));
            group.elements.push(Element {
                before: leading.lines,
                blank: leading.blank,
                doc: Seq::new(docs, self.always),
                comma: !clause,
                after: None,
            });
            i += length;
            if i < inner.len() && is_mark(&inner[i], ",") {
                self.skip_comma();
                commas += 1;
                i += 1;
            }
        }
        let leading = self.lead();
        self.comment_before(&mut group, &leading);
        group.broken |= !leading.lines.is_empty();
        group.closing = leading.lines;
        self.at += 1;
        (self.in_brackets, self.level) = outer;
        let several = commas > 0 && group.elements.len() > 1;
        let listed = matches!(
            kind,
            K::Args | K::Params | K::TypeParams | K::ListExpr | K::BraceExpr | K::RecordDecl | K::VariantDecl
        );
        group.flat_comma =
            commas == 1 && group.elements.len() == 1 && matches!(kind, K::TupleExpr | K::Pattern);
        let comprehension = group.elements.iter().any(|e| !e.comma);
        group.trailing_comma = (several || listed || group.flat_comma) && !comprehension;
        self.docs.push(Doc::Group(Box::new(group.measure())));
    }

    /// A comment on the line of the element before, or of the opening bracket.
    fn comment_before(&self, group: &mut Group<'a>, leading: &Leading<'a>) {
        group.broken |= leading.trailing.is_some() || !leading.lines.is_empty();
        match group.elements.last_mut() {
            Some(last) => last.after = leading.trailing,
            None => group.open_comment = leading.trailing,
        }
    }
}

/// Whether something in it must break even when blocks stand on the line.
fn forced(docs: &[Doc<'_>]) -> bool {
    docs.iter().any(|d| d.width(true).forced)
}

/// The place of the bracket that closes the one at `open`.
fn closing(parts: &[SyntaxElement], open: usize, opens: &str, closes: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (i, part) in parts.iter().enumerate().skip(open) {
        if is_mark(part, opens) || (opens == "[" && is_mark(part, "?[")) {
            depth += 1;
        } else if is_mark(part, closes) {
            depth -= 1;
            if depth == 0 {
                return Some(i);
            }
        }
    }
    None
}

fn starts_with(node: &SyntaxNode, word: &str) -> bool {
    parts(node).first().is_some_and(|p| is_mark(p, word))
}

/// Whether an `if`, or the last `elif` of it, is closed by its own `end`.
fn has_own_end(node: &SyntaxNode) -> bool {
    match parts(node).last() {
        Some(last) if is_mark(last, "end") => true,
        Some(NodeOrToken::Node(last)) if last.kind() == K::IfExpr => has_own_end(last),
        _ => false,
    }
}

/// Children that stand on lines of their own.
fn is_line(parent: K, child: K, externs: bool) -> bool {
    match parent {
        K::RecordDecl | K::EnumDecl => !matches!(child, K::Attr | K::TypeParams),
        K::TraitDecl | K::ImplDecl => child == K::CellDecl,
        K::PipelineDecl => matches!(child, K::CellDecl | K::StagesDecl),
        K::MachineDecl | K::ProcessDecl => {
            matches!(child, K::CellDecl | K::GrantDecl | K::Setting | K::MachineState)
        }
        K::MachineState => matches!(child, K::Setting | K::Transition | K::OnEnter),
        K::MatchExpr | K::WhenExpr => child == K::Arm,
        K::UpsertExpr => matches!(child, K::UpsertWrite | K::UpsertGuard | K::UpsertReason),
        K::ExternDecl => externs && child == K::Sig,
        K::EffectDecl => child == K::Sig,
        K::HandlerDecl => child == K::HandlerClause,
        K::HandleExpr => child == K::WithClause,
        _ => false,
    }
}
