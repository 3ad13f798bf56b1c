//! Files and declarations.

use super::{Parser, exact};
use crate::ast::*;
use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::kind::SyntaxKind;

/// Attributes that stand at the head of a file and belong to all of it.
pub(crate) const DIRECTIVES: &[&str] = &["strict", "deterministic", "doc_mode", "edition", "feature"];

impl Parser<'_> {
    pub(super) fn file(&mut self) -> (Vec<Attr>, Vec<Item>) {
        let mut directives = Vec::new();
        while self.at("@") && DIRECTIVES.contains(&self.nth_word(1)) {
            directives.push(self.attr());
        }
        let mut items = Vec::new();
        while !self.at_end() {
            let before = self.at;
            if self.at("end") {
                let span = self.span();
                self.report(
                    Diagnostic::error("E0014", span, "This `end` closes nothing.")
                        .help("Every block opened before it is already closed.")
                        .fix(
                            "Delete this `end`",
                            crate::diagnostic::Applicability::Maybe,
                            vec![crate::diagnostic::Edit { span, text: String::new() }],
                        ),
                );
                self.bump();
                continue;
            }
            let item = self.item();
            items.push(item);
            items.append(&mut self.made);
            self.end_of_statement();
            self.leave(before);
        }
        (exact(directives), exact(items))
    }

    /// After a statement a newline is due.
    pub(super) fn end_of_statement(&mut self) {
        if self.at_line_start() || self.at_any(&["end", "else", "elif", ")", "]", "}"]) {
            if !self.at_line_start() && self.at_any(&[")", "]", "}"]) {
                let span = self.span();
                let found = self.word().to_string();
                self.report(Diagnostic::error("E0012", span, format!("This `{found}` closes nothing.")).fix(
                    format!("Delete this `{found}`"),
                    crate::diagnostic::Applicability::Safe,
                    vec![crate::diagnostic::Edit { span, text: String::new() }],
                ));
                self.skip_line();
            }
            return;
        }
        if !self.behind_unknown() {
            let span = self.span();
            let message = format!("Expected the end of the line, found {}.", self.found());
            let help = match self.at.checked_sub(1).map(|last| self.tokens[last]) {
                Some(last)
                    if last.end == self.tokens[self.at].start && self.text_of(last).ends_with("{\"") =>
                {
                    "`{` before a quote is a brace, not an interpolation: write `{(\"text\")}`."
                }
                _ => self.foreign_rest().unwrap_or("One statement stands on a line."),
            };
            self.report(Diagnostic::error("E0014", span, message).help(help));
        }
        self.skip_line();
    }

    /// Whether a declaration starts at the next token.
    pub(super) fn starts_declaration(&self) -> bool {
        let word = self.word();
        match word {
            "cell" => self.nth(1).is_some_and(|t| match t.kind {
                SyntaxKind::Ident => true,
                // A keyword as name is a fault of the declaration.
                SyntaxKind::Keyword => self.nth_is(2, "("),
                _ => false,
            }),
            "record" | "enum" => true,
            "pub" | "async" => {
                matches!(
                    self.nth_word(1),
                    "cell"
                        | "record"
                        | "enum"
                        | "const"
                        | "type"
                        | "state"
                        | "async"
                        | "trait"
                        | "effect"
                        | "handler"
                        | "pipeline"
                        | "machine"
                        | "memory"
                        | "agent"
                        | "orchestration"
                        | "guardrail"
                )
            }
            "const" | "type" | "import" | "grant" | "state" | "extern" | "trait" | "impl" | "pipeline"
            | "machine" | "effect" | "handler" | "memory" | "agent" | "orchestration" | "guardrail"
            | "macro" | "pattern" => self.contextual_declaration(),
            "use" => self.nth_is(1, "tool") && self.contextual_declaration(),
            "bind" => self.nth_is(1, "effect") && self.contextual_declaration(),
            "test" => self.nth(1).is_some_and(|t| t.kind == SyntaxKind::String && !self.line_between(1)),
            _ => false,
        }
    }

    /// A contextual word declares when another word follows on its line: `state reviews: ...`, not `state = 1`.
    fn contextual_declaration(&self) -> bool {
        self.kind() == Some(SyntaxKind::Ident)
            && !self.line_between(1)
            && self.nth(1).is_some_and(|t| match t.kind {
                SyntaxKind::Ident => true,
                SyntaxKind::Keyword => matches!(self.text_of(t), "cell" | "with"),
                _ => self.word() == "impl" && self.text_of(t) == "[",
            })
    }

    pub(super) fn line_between(&self, n: usize) -> bool {
        match (self.nth(n - 1), self.nth(n)) {
            (Some(a), Some(b)) => a.line != b.line,
            _ => true,
        }
    }

    fn attr(&mut self) -> Attr {
        let from = self.open();
        let start = self.start();
        self.bump();
        let name = self.any_word("an attribute's name");
        let mut args = Vec::new();
        if self.at("(") && !self.at_line_start() {
            args = self.args();
        } else if !self.at_line_start()
            && matches!(self.kind(), Some(SyntaxKind::String | SyntaxKind::RawString | SyntaxKind::Int))
        {
            let value = self.literal_expr();
            args.push(Arg { name: None, spread: false, value });
        }
        self.close(from, SyntaxKind::Attr);
        Attr { name, args, span: self.since(start) }
    }

    pub(super) fn attrs(&mut self) -> Vec<Attr> {
        let mut attrs = Vec::new();
        while self.at("@") {
            attrs.push(self.attr());
        }
        attrs
    }

    pub(super) fn item(&mut self) -> Item {
        let from = self.open();
        let start = self.start();
        let attrs = self.attrs();
        let public = self.at("pub") && self.starts_declaration() && {
            self.bump();
            true
        };
        let before = self.made.len();
        let (kind, node) = self.item_kind();
        self.made.iter_mut().skip(before).for_each(|made| made.public = public);
        self.close(from, node);
        Item { id: self.id(), span: self.since(start), fence: self.fence, attrs: attrs.into(), public, kind }
    }

    fn item_kind(&mut self) -> (ItemKind, SyntaxKind) {
        use SyntaxKind as K;
        if !self.starts_declaration() {
            return (ItemKind::Stmt(self.statement()), K::ExprStmt);
        }
        match self.word() {
            "record" => (ItemKind::Record(Box::new(self.record())), K::RecordDecl),
            "enum" => (ItemKind::Enum(Box::new(self.enumeration())), K::EnumDecl),
            "cell" | "async" => (ItemKind::Cell(Box::new(self.cell())), K::CellDecl),
            "const" => {
                self.bump();
                let name = self.name("the constant's name");
                let ty = (self.at(":")).then(|| {
                    self.bump();
                    self.type_expr()
                });
                self.expect("=");
                (ItemKind::Const(Box::new(Const { name, ty, value: self.expr() })), K::ConstDecl)
            }
            "type" => {
                self.bump();
                let name = self.name("the type's name");
                let type_params = self.type_params();
                self.expect("=");
                let ty = self.type_expr();
                let constraint = self.where_clause();
                (ItemKind::TypeAlias(Box::new(TypeAlias { name, type_params, ty, constraint })), K::TypeDecl)
            }
            "memory" => (ItemKind::Record(Box::new(self.memory())), K::ProcessDecl),
            "agent" | "orchestration" | "guardrail" => {
                (ItemKind::Record(Box::new(self.agent())), K::ProcessDecl)
            }
            "machine" => (ItemKind::Record(Box::new(self.machine())), K::MachineDecl),
            "pipeline" => (ItemKind::Record(Box::new(self.pipeline())), K::PipelineDecl),
            "trait" => (ItemKind::Trait(Box::new(self.trait_declaration())), K::TraitDecl),
            "impl" => (ItemKind::Impl(Box::new(self.implementation())), K::ImplDecl),
            "import" => (ItemKind::Import(Box::new(self.import())), K::ImportDecl),
            "grant" => (ItemKind::Grant(Box::new(self.grant())), K::GrantDecl),
            "use" => (ItemKind::Tool(Box::new(self.tool())), K::ToolDecl),
            "bind" => (ItemKind::Bind(Box::new(self.binding())), K::BindDecl),
            "state" => (ItemKind::State(Box::new(self.state())), K::StateDecl),
            "test" => {
                self.bump();
                let name = match self.literal_expr().kind {
                    ExprKind::Str(text) => text,
                    _ => String::new(),
                };
                let body = self.block_to_end("test");
                (ItemKind::Test(Box::new(Test { name, body })), K::TestDecl)
            }
            "effect" => (ItemKind::Effect(Box::new(self.effect())), K::EffectDecl),
            "handler" => (ItemKind::Handler(Box::new(self.handler())), K::HandlerDecl),
            "extern" => (ItemKind::Extern(Box::new(self.external())), K::ExternDecl),
            "macro" | "pattern" => {
                let what = if self.at("macro") { "macros" } else { "patterns with names" };
                self.not_built(self.span(), what);
                self.skip_line();
                (ItemKind::Error, K::UnsupportedDecl)
            }
            _ => {
                self.skip_line();
                (ItemKind::Error, K::ErrorNode)
            }
        }
    }

    /// Column of the next token in its line.
    pub(super) fn column(&self) -> u32 {
        self.peek().map_or(0, |t| self.column_of(t.start))
    }

    pub(super) fn column_of(&self, start: u32) -> u32 {
        let before = &self.text[..start as usize];
        start - before.rfind('\n').map_or(0, |i| i as u32 + 1)
    }

    /// Column of the first token of the line that token `index` stands on.
    pub(super) fn line_column_of(&self, index: usize) -> u32 {
        let Some(token) = self.tokens.get(index) else { return 0 };
        let line_start = self.text[..token.start as usize].rfind('\n').map_or(0, |i| i + 1);
        let line = &self.text[line_start..];
        (line.len() - line.trim_start_matches([' ', '\t']).len()) as u32
    }

    pub(super) fn where_clause(&mut self) -> Option<Expr> {
        (self.at("where") && !self.at_line_start()).then(|| {
            self.bump();
            self.expr()
        })
    }

    pub(super) fn type_params(&mut self) -> Vec<TypeParam> {
        let mut params = Vec::new();
        if !self.at("[") || self.at_line_start() {
            return params;
        }
        let from = self.open();
        let open = self.span();
        self.bump();
        self.with_newlines(true, |p| {
            while !p.at_end() && !p.at("]") {
                let name = p.name("a type parameter");
                let mut bounds = Vec::new();
                if p.eat(":") {
                    bounds.push(p.type_expr());
                    while p.eat("+") {
                        bounds.push(p.type_expr());
                    }
                }
                params.push(TypeParam { id: p.id(), name, bounds });
                if !p.eat(",") {
                    break;
                }
            }
            p.expect_close("]", open);
        });
        self.close(from, SyntaxKind::TypeParams);
        exact(params)
    }

    fn record(&mut self) -> Record {
        let opener = self.at;
        self.bump();
        let name = self.name("the record's name");
        let type_params = self.type_params();
        let mut fields = Vec::new();
        let mut cells = Vec::new();
        if self.at("(") && !self.at_line_start() {
            let open = self.span();
            self.bump();
            self.with_newlines(true, |p| {
                while !p.at_end() && !p.at(")") {
                    fields.push(p.field());
                    if !p.eat(",") {
                        break;
                    }
                }
                p.expect_close(")", open);
            });
        } else {
            self.members(opener, "record", |p| {
                if p.cell_ahead() {
                    cells.push(p.item());
                } else {
                    fields.push(p.field());
                }
            });
        }
        Record { type_params, fields: exact(fields), cells: exact(cells), ..Record::empty(name) }
    }

    /// Whether a member is a cell, perhaps behind attributes and `pub`.
    pub(super) fn cell_ahead(&self) -> bool {
        let mut n = 0;
        while self.nth_is(n, "@") {
            n += 2;
            if self.nth_is(n, "(") {
                while self.nth(n).is_some() && !self.nth_is(n, ")") {
                    n += 1;
                }
                n += 1;
            } else if self.nth(n).is_some_and(|t| t.kind == SyntaxKind::String) {
                n += 1;
            }
        }
        let names_field = self.nth_is(n + 1, ":");
        !names_field && ["cell", "pub", "async"].iter().any(|w| self.nth_is(n, w))
    }

    /// The members of a record, enum or extern block, one a line, up to `end`.
    pub(super) fn members(&mut self, opener: usize, what: &str, mut member: impl FnMut(&mut Self)) {
        let column = self.line_column_of(opener);
        self.with_newlines(false, |p| {
            loop {
                if p.at("end") && !(p.by_indentation && p.newline_before() && p.column() < column) {
                    p.bump();
                    return;
                }
                if p.at_end() || p.leaves_members(column, what) {
                    p.missing_end_of(opener, what);
                    return;
                }
                let before = p.at;
                member(p);
                p.eat(",");
                if !p.at_line_start() && !p.at("end") {
                    p.end_of_statement();
                }
                p.leave(before);
            }
        });
    }

    /// On the second parse: the next line stands left of the declaration, or level with it and is no member.
    fn leaves_members(&self, column: u32, what: &str) -> bool {
        if !self.by_indentation || !self.newline_before() || self.column() > column {
            return false;
        }
        let keyword = self.kind() == Some(SyntaxKind::Keyword) && !self.nth_is(1, ":");
        let other = self.kind() == Some(SyntaxKind::Ident)
            && match what {
                "record" => !self.nth_is(1, ":"),
                "enum" => self.word().starts_with(|c: char| c.is_ascii_lowercase()),
                _ => false,
            };
        self.column() < column || self.starts_declaration() || keyword || other
    }

    fn field(&mut self) -> Field {
        let from = self.open();
        let start = self.start();
        let attrs = self.attrs();
        // A field may start the line after its attributes, and its name may be any word.
        let name = match self.peek() {
            Some(t)
                if matches!(t.kind, SyntaxKind::Ident | SyntaxKind::Keyword) && self.text_of(t) != "end" =>
            {
                self.bump();
                Name { text: self.text_of(t).to_string(), span: self.place(t.start, t.end) }
            }
            _ => {
                let span = self.span();
                let message = format!("Expected a field's name, found {}.", self.word());
                self.report(Diagnostic::error("E0006", span, message));
                Name { text: String::new(), span: span.at_start() }
            }
        };
        self.expect(":");
        let ty = self.type_expr();
        let default = (self.at("=") && !self.at_line_start()).then(|| {
            self.bump();
            self.expr()
        });
        let constraint = self.where_clause();
        self.close(from, SyntaxKind::FieldDecl);
        Field { id: self.id(), attrs, name, ty, default, constraint, span: self.since(start) }
    }

    fn enumeration(&mut self) -> Enum {
        let opener = self.at;
        self.bump();
        let name = self.name("the enum's name");
        let type_params = self.type_params();
        let mut variants = Vec::new();
        let mut cells = Vec::new();
        self.members(opener, "enum", |p| {
            if p.cell_ahead() {
                cells.push(p.item());
                return;
            }
            let from = p.open();
            let start = p.start();
            let name = match p.peek() {
                Some(t) if t.kind == SyntaxKind::Ident => {
                    p.bump();
                    Name { text: p.text_of(t).to_string(), span: p.place(t.start, t.end) }
                }
                _ => p.name("a variant"),
            };
            let mut fields = Vec::new();
            if p.at("(") && !p.at_line_start() {
                let open = p.span();
                p.bump();
                p.with_newlines(true, |p| {
                    while !p.at_end() && !p.at(")") {
                        let name = (p.kind() == Some(SyntaxKind::Ident) && p.nth_is(1, ":")).then(|| {
                            let name = p.name("a field");
                            p.bump();
                            name
                        });
                        let mut ty = p.type_expr();
                        // `Circle(radius Float)`: say what is missing and go on behind the type.
                        if name.is_none() && p.kind() == Some(SyntaxKind::Ident) && !p.newline_before() {
                            p.expect(":");
                            ty = p.type_expr();
                        }
                        fields.push((name, ty));
                        if !p.eat(",") {
                            break;
                        }
                    }
                    p.expect_close(")", open);
                });
            }
            p.close(from, SyntaxKind::VariantDecl);
            let fields = exact(fields);
            variants.push(Variant { id: p.id(), name, fields, span: p.since(start) });
        });
        Enum { name, type_params, variants: exact(variants), cells: exact(cells) }
    }

    pub(super) fn cell(&mut self) -> Cell {
        let opener = self.at;
        let sig = self.sig();
        let (body, yields) = self.function_body(|p| {
            if p.at("=") && !p.at_line_start() {
                p.bump();
                CellBody::Expr(Box::new(p.expr()))
            } else {
                CellBody::Block(p.block_from(opener, "cell"))
            }
        });
        Cell { sig, body, yields }
    }

    pub(super) fn sig(&mut self) -> Sig {
        let from = self.open();
        let start = self.start();
        let is_async = self.eat("async");
        self.eat("cell");
        let name = self.path("the cell's name");
        let type_params = self.type_params();
        let (params, ret) = self.params_and_return();
        let row = self.effect_row();
        self.close(from, SyntaxKind::Sig);
        Sig { id: self.id(), is_async, name, type_params, params, ret, row, span: self.since(start) }
    }

    /// `(x: Int) -> Int` of a cell or lambda.
    pub(super) fn params_and_return(&mut self) -> (Vec<Param>, Option<TypeExpr>) {
        let params = if self.at("(") && !self.at_line_start() {
            self.params()
        } else {
            self.expected("E0011", "`(` and the parameters");
            Vec::new()
        };
        let colon = self.at(":") && !self.at_line_start();
        let ret = ((colon || self.at("->")) && !self.at_line_start()).then(|| {
            if colon {
                self.colon_for_arrow();
            }
            self.bump();
            // `cell f(x: Int):` opens a block.
            (!colon || !self.at_line_start()).then(|| self.type_expr())
        });
        (params, ret.flatten())
    }

    /// `cell f(x: Int): Int`, `cell f(x: Int):`
    fn colon_for_arrow(&mut self) {
        let span = self.span();
        let opens = self.nth(1).is_none_or(|next| self.peek().is_none_or(|here| here.line != next.line));
        let (message, title, text) = match opens {
            true => ("A block opens without `:`.", "Delete the `:`", ""),
            false => ("What a cell gives stands behind `->`, found `:`.", "Write `->`", " ->"),
        };
        let fix = vec![Edit { span, text: text.to_string() }];
        self.report(Diagnostic::error("E0011", span, message).fix(title, Applicability::Safe, fix));
    }

    pub(super) fn params(&mut self) -> Vec<Param> {
        let from = self.open();
        let open = self.span();
        self.bump();
        let params = self.with_newlines(true, |p| {
            let mut params = Vec::new();
            while !p.at_end() && !p.at(")") {
                let start = p.start();
                let node = p.open();
                let variadic = p.eat("...");
                if p.at("(") {
                    let from = p.at;
                    let pattern = p.pattern();
                    if p.at > from {
                        let found = format!("let {} = pair", p.text_at(pattern.span));
                        p.report(
                            Diagnostic::error(
                                "E0006",
                                pattern.span,
                                "A parameter is a name, and no pattern.",
                            )
                            .help(format!("Name it, and take it apart inside: `{found}`.")),
                        );
                        p.close(node, SyntaxKind::Param);
                        let name = Name { text: "_".to_string(), span: pattern.span };
                        let (id, span) = (p.id(), pattern.span);
                        let (is_self, variadic, ty, default) = (false, false, None, None);
                        params.push(Param { id, name, is_self, variadic, ty, default, span });
                        if !p.eat(",") {
                            break;
                        }
                        continue;
                    }
                }
                let name = p.name("a parameter");
                let before = p.at;
                let ty = p.eat(":").then(|| p.type_expr());
                let default = p.eat("=").then(|| p.expr());
                p.close(node, SyntaxKind::Param);
                let is_self = name.text == "self";
                params.push(Param { id: p.id(), name, is_self, variadic, ty, default, span: p.since(start) });
                if !p.eat(",") {
                    // `cell f(a Int)`: say what is missing and go on behind the type.
                    if p.at == before && p.kind() == Some(SyntaxKind::Ident) && !p.newline_before() {
                        p.expect(":");
                        let ty = p.type_expr();
                        if let Some(param) = params.last_mut() {
                            param.ty = Some(ty);
                        }
                        p.eat(",");
                        continue;
                    }
                    break;
                }
            }
            p.expect_close(")", open);
            exact(params)
        });
        self.close(from, SyntaxKind::Params);
        params
    }

    /// `/ name` or `/ {name, name}` after a signature.
    pub(super) fn effect_row(&mut self) -> Option<Vec<Path>> {
        if !self.at("/") || self.at_line_start() {
            return None;
        }
        self.bump();
        let mut row = Vec::new();
        if self.at("{") {
            let open = self.span();
            self.bump();
            self.with_newlines(true, |p| {
                while !p.at_end() && !p.at("}") {
                    row.push(p.path("an effect"));
                    if !p.eat(",") {
                        break;
                    }
                }
                p.expect_close("}", open);
            });
        } else {
            row.push(self.path("an effect"));
        }
        Some(row)
    }

    fn import(&mut self) -> Import {
        self.bump();
        let path = self.path("the module's path");
        let names = if self.at(":") && !self.at_line_start() {
            self.bump();
            if self.eat("*") {
                ImportNames::All
            } else {
                let mut names = Vec::new();
                loop {
                    let name = self.name("an imported name");
                    let alias = self.eat("as").then(|| self.name("the new name"));
                    names.push((name, alias));
                    if !self.eat(",") {
                        break;
                    }
                }
                ImportNames::Some(names)
            }
        } else {
            ImportNames::Module
        };
        Import { path, names }
    }

    /// `grant TARGET key literal ...`; lines that start with a key go on with the same grant.
    pub(super) fn grant(&mut self) -> Grant {
        self.bump();
        let target = self.path("the effect that is granted");
        let mut keys = Vec::new();
        while self.kind() == Some(SyntaxKind::Ident)
            && !self.starts_declaration()
            && self.nth(1).is_some_and(|t| {
                matches!(
                    t.kind,
                    SyntaxKind::String | SyntaxKind::RawString | SyntaxKind::Int | SyntaxKind::Float
                ) || matches!(self.text_of(t), "true" | "false" | "[")
            })
            && !self.line_between(1)
        {
            let key = match self.peek() {
                Some(t) => {
                    self.bump();
                    Name { text: self.text_of(t).to_string(), span: self.place(t.start, t.end) }
                }
                None => break,
            };
            let value = self.primary();
            keys.push((key, value));
        }
        Grant { target, keys }
    }

    /// `use tool PATH as NAME`, with `from "FILE"` behind it or not.
    fn tool(&mut self) -> Tool {
        self.bump();
        self.bump();
        let path = self.path("the tool's path");
        self.expect("as");
        let name = self.name("the name that the tool is called by");
        let from = (self.at("from") && !self.at_line_start()).then(|| {
            self.bump();
            let file = self.literal_expr();
            let text = match file.kind {
                ExprKind::Str(text) => text,
                _ => {
                    let message = "Expected the file that describes the tool, as a text.";
                    self.report(
                        Diagnostic::error("E0014", file.span, message)
                            .help("Such as `from \"tools/web.json\"`."),
                    );
                    String::new()
                }
            };
            Name { text, span: file.span }
        });
        Tool { path, name, from }
    }

    /// `bind effect PATH to NAME`.
    fn binding(&mut self) -> Bind {
        self.bump();
        self.bump();
        let effect = self.path("the effect");
        self.expect("to");
        Bind { effect, tool: self.name("the tool's name") }
    }

    fn state(&mut self) -> State {
        self.bump();
        let name = self.name("the state's name");
        self.expect(":");
        let ty = self.type_expr();
        let default = (self.at("=") && !self.at_line_start()).then(|| {
            self.bump();
            self.expr()
        });
        State { name, ty, default }
    }

    /// Whether a state is declared here: `state NAME:`.
    pub(super) fn state_ahead(&self) -> bool {
        self.at("state") && self.contextual_declaration() && self.nth_is(2, ":")
    }

    fn external(&mut self) -> Extern {
        let opener = self.at;
        self.bump();
        if self.at("impl") {
            self.bump();
            let of = Some(self.type_expr());
            let mut sigs = Vec::new();
            self.members(opener, "extern impl", |p| sigs.push(p.sig()));
            return Extern { of, sigs };
        }
        Extern { of: None, sigs: vec![self.sig()] }
    }
}
