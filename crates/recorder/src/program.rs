//! From source text to verified bytecode: loads a program with its imports, checks and lowers it.

use std::collections::{BTreeMap, HashMap};

use bytecode::VerifiedModule;
use checker::{Checked, ToolSchema, Type};
use syntax::ast::{Binding, Grant, Item, ItemKind, Module, NodeIds, Tool};
use syntax::document::{Document, FenceKind, FrontMatter, InputValue, is_document};
use syntax::{Diagnostic, FileId, Source, Span, parse, parse_document};

use crate::absent::absent;
use crate::error::{Error, Result};
use crate::fallout::Broken;
use crate::fence::{self, FaultyFence};
use crate::model::Table;
use crate::tool::{self, Named, Provider};

/// Gives source texts by path. Paths use `/` and are relative to where the root was named from.
pub trait Loader {
    /// `None` where there is no such file.
    ///
    /// # Errors
    /// A readable reason.
    fn load(&mut self, path: &str) -> std::result::Result<Option<Vec<u8>>, String>;

    /// Whether something is at the path, which need not be a source.
    fn exists(&mut self, path: &str) -> bool {
        matches!(self.load(path), Ok(Some(_)) | Err(_))
    }
}

/// How a program is checked.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub strict: bool,
    /// `--input name=value`
    pub inputs: Vec<(String, String)>,
    /// `--grant "fs.read path ..."`
    pub grants: Vec<String>,
    /// Looks at the files that the program will read: the checker knows the real columns of inputs, and files that are
    /// not there are warned of. A run that finds nothing wrong needs it not.
    pub sniff: bool,
    /// The program is to run: a document must then have code beside its tests.
    pub runs: bool,
    /// Nothing is to run: the code is made, because some errors are found in making it, and not kept.
    pub without_code: bool,
    /// Takes the fences in that run under the test command only.
    pub tests: bool,
    /// Variables that the program sees without defining them.
    pub given: Vec<checker::Given>,
}

/// A program that was read and checked, and, if nothing is wrong with it, its code.
pub struct Program {
    /// The root first; [`FileId`] is the index.
    pub sources: Vec<Source>,
    pub document: Option<Document>,
    /// Imports first, the root last.
    pub modules: Vec<Module>,
    pub checked: Checked,
    /// Everything found, in order of place; errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// Absent when a diagnostic is an error, and where [`Settings::without_code`] says so.
    pub code: Option<VerifiedModule>,
    /// The `inputs` of front matter with what the command line replaced.
    pub inputs: Vec<(String, InputValue)>,
    pub grants: Vec<Grant>,
    /// What carries out the tools that its files use, by their paths.
    pub tools: BTreeMap<String, Provider>,
    pub seed: Option<u64>,
    /// Who answers for the models that it asks.
    pub models: Table,
    /// A file with what models said, as the front matter names it.
    pub cassette: Option<String>,
}

impl Program {
    pub fn root(&self) -> Option<&Module> {
        self.modules.last()
    }

    /// Its code as text; `None` of a program with errors.
    pub fn listing(&self) -> Option<String> {
        self.code.as_ref().map(|code| code.module().listing())
    }

    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Whether it may ask a model.
    pub fn asks_models(&self) -> bool {
        let is_granted = self.grants.iter().any(|grant| grant.target.dotted() == "model");
        let mut fences = self.document.iter().flat_map(|document| &document.fences);
        // What the code of a Python cell asks, only a run knows.
        if is_granted && fences.any(|fence| fence.kind == FenceKind::Python) {
            return true;
        }
        let asks = |site: &str| {
            let name = site.strip_prefix(bytecode::TRIED).unwrap_or(site);
            matches!(name, "llm_query" | "rlm_query" | "rlm_batch")
        };
        !self.checked.models.is_empty()
            || self.code.as_ref().is_some_and(|code| code.module().sites.iter().any(|site| asks(&site.name)))
    }

    /// The folder that input paths are relative to, with a closing `/`, or empty.
    pub fn folder(&self) -> String {
        folder_of(self.sources.first().map_or("", |s| s.name.as_str()))
    }
}

pub fn folder_of(path: &str) -> String {
    path.rfind('/').map_or(String::new(), |i| path[..=i].to_string())
}

/// Reads and checks the program whose root is `path`.
///
/// # Errors
/// A root that is not there or not UTF-8, or an input on the command line that the program does not have. What is
/// wrong inside the program is in [`Program::diagnostics`].
pub fn compile(path: &str, loader: &mut dyn Loader, settings: &Settings) -> Result<Program> {
    let mut reading = Reading {
        loader: &mut *loader,
        ids: NodeIds::default(),
        sources: Vec::new(),
        modules: Vec::new(),
        imports: HashMap::new(),
        diagnostics: Vec::new(),
        open: Vec::new(),
        done: HashMap::new(),
        strict: settings.strict,
        tests: settings.tests,
        faulty: Vec::new(),
        document: None,
        tools: HashMap::new(),
        providers: BTreeMap::new(),
    };
    let bytes = reading
        .loader
        .load(path)
        .map_err(|why| unreadable(format!("cannot read `{path}`: {why}")))?
        .ok_or_else(|| {
            unreadable(format!("`{path}` is not there")).help("Give the path of a `.lm` or `.lm.md` file.")
        })?;
    if ![".lm", ".lumen", ".md"].iter().any(|ending| path.ends_with(ending)) {
        return Err(unreadable(format!("`{path}` is no Lumen source")).help(
            "Sources are `.lm` and documents `.lm.md`; data are read by a document, with `read_csv`.",
        ));
    }
    let text = String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let line = 1 + e.as_bytes()[..at].iter().filter(|b| **b == b'\n').count();
        unreadable(format!(
            "`{path}` is not UTF-8: the byte at offset {at}, in line {line}, starts no character"
        ))
        .help("Sources are UTF-8; save the file in that encoding.")
    })?;
    reading.file(path, text);
    let Reading {
        ids,
        mut sources,
        modules,
        imports,
        mut diagnostics,
        document,
        faulty,
        tools,
        providers,
        ..
    } = reading;

    let front = document.as_ref().map(|d| d.front_matter.clone()).unwrap_or_default();
    let mut inputs: Vec<(String, InputValue)> =
        front.inputs.iter().map(|i| (i.name.clone(), i.value.clone())).collect();
    for (name, text) in &settings.inputs {
        let known: Vec<&str> = front.inputs.iter().map(|i| i.name.as_str()).collect();
        let Some((_, value)) = inputs.iter_mut().find(|(n, _)| n == name) else {
            let error = misfit(format!("--input {name}: the document has no input `{name}`"));
            return Err(match syntax::suggest::nearest(name, known.iter().copied()) {
                Some(near) => error.help(format!("Did you mean `{near}`?")),
                None if known.is_empty() => error.help("Its front matter declares no `inputs`."),
                None => error.help(format!("Its inputs are {}.", known.join(", "))),
            });
        };
        *value = replaced(name, value, text)?;
    }
    let mut grants = front.grants.clone();
    let mut ids = ids;
    for text in &settings.grants {
        grants.push(command_line_grant(text, &mut ids)?);
    }
    let has_file_input = inputs.iter().any(|(_, v)| matches!(v, InputValue::File(_)));
    let mut granted: Vec<String> = grants.iter().map(|g| g.target.dotted()).collect();
    if has_file_input {
        granted.push("fs.read".to_string());
    }

    let folder = folder_of(path);
    let mut schemas = HashMap::new();
    if settings.sniff {
        for (name, value) in &inputs {
            if let InputValue::File(file) = value
                && let Ok(Some(bytes)) = loader.load(&crate::door::place(&folder, file))
                && let Ok(columns) = prelude::columns_of(file, &bytes)
            {
                schemas.insert(name.clone(), columns);
            }
        }
    }
    let bindings = document.as_ref().map(|d| d.bindings.as_slice()).unwrap_or_default();
    let program = checker::Program {
        modules: &modules,
        imports,
        names: checker::module_names(path, &sources),
        bindings,
        inputs: inputs.iter().map(|(name, value)| (name.clone(), input_type(value))).collect(),
        grants: granted,
        schemas,
        tools,
        node_count: ids.len(),
        strict: settings.strict,
    };
    let mut checked = checker::check_given(&program, &settings.given);
    diagnostics.extend(front.grants.iter().flat_map(|grant| checker::check_grant(grant, &checked.tools)));
    diagnostics.extend(front.grants.iter().filter_map(checker::unconfined));
    for (grant, text) in grants.iter().skip(front.grants.len()).zip(&settings.grants) {
        if let Some(wrong) = checker::check_grant(grant, &checked.tools).into_iter().next() {
            return Err(Error::usage(format!("--grant `{text}`: {}", wrong.message))
                .code(wrong.code)
                .help(wrong.help.unwrap_or_default()));
        }
    }
    // What the code of a Python cell asks, only a run knows.
    let may_ask = grants.iter().any(|grant| grant.target.dotted() == "model")
        && document.iter().flat_map(|document| &document.fences).any(|f| f.kind == FenceKind::Python);
    let (models, unknown) = models_of(&checked, &front, (&folder, may_ask), loader, &mut sources)?;
    diagnostics.extend(unknown);
    let broken = Broken::of(&modules, &diagnostics);
    diagnostics
        .extend(std::mem::take(&mut checked.diagnostics).into_iter().filter(|d| !broken.holds(d.span)));
    if let Some(document) = &document
        && modules.last().is_none_or(|m| m.items.is_empty())
        && !diagnostics.iter().any(Diagnostic::is_error)
        && (settings.runs || !has_tests(document))
    {
        let span = Span::new(FileId(0), 0, 0);
        diagnostics.push(Diagnostic::error("E0600", span, "The document has no code that runs.").help(
            match has_tests(document) {
                true => "Its fences are tests, which `lumen test` runs.",
                false => "Put code in a fence that starts with ```lumen.",
            },
        ));
    }
    diagnostics.extend(bindings.iter().filter_map(unknown_format));
    if settings.sniff {
        diagnostics.extend(absent(&checked, &inputs, &front.inputs, &folder, loader));
    }
    let mut code = None;
    // A snippet that names what does not exist is checked, and cannot run.
    let snippet = !settings.runs && !checked.unresolved.is_empty();
    if !snippet && !diagnostics.iter().any(Diagnostic::is_error) {
        let module = match settings.without_code {
            true => lower::judge(&program, &checked, &sources),
            false => lower::lower(&program, &checked, &sources).map(Some),
        };
        let mut is_sound = module.is_ok();
        match module {
            Ok(None) => {}
            Ok(Some(module)) => match bytecode::verify(module) {
                Ok(verified) => match crate::comptime::diagnostic(&verified) {
                    Some(found) => {
                        is_sound = false;
                        diagnostics.push(found);
                    }
                    None => code = Some(verified),
                },
                Err(error) => return Err(Error::internal(format!("the code does not verify: {error}"))),
            },
            Err(found) => diagnostics.extend(found),
        }
        if let Some(document) = document.as_ref().filter(|_| is_sound) {
            diagnostics.extend(fence::verify(document, faulty, &program, &sources));
        }
    }
    let code = code.filter(|_| !settings.without_code);
    drop(program);
    diagnostics.sort_by_key(|d| (d.span.file, d.span.start, d.span.end));
    if let Some(module) = modules.last() {
        for item in &module.items {
            if let ItemKind::Grant(grant) = &item.kind {
                grants.push((**grant).clone());
            }
        }
    }
    Ok(Program {
        sources,
        document,
        modules,
        checked,
        diagnostics,
        code,
        inputs,
        grants,
        tools: providers,
        seed: front.seed,
        models,
        cassette: front.cassette.clone(),
    })
}

/// What is known of the models that a program asks. The manifest that says so is kept with the sources.
fn models_of(
    checked: &Checked,
    front: &FrontMatter,
    (folder, may_ask): (&str, bool),
    loader: &mut dyn Loader,
    sources: &mut Vec<Source>,
) -> Result<(Table, Vec<Diagnostic>)> {
    let mut asked: Vec<(&str, Span)> =
        checked.models.values().map(|def| (def.alias.as_str(), def.alias_span)).collect();
    asked.extend(checked.aliases.iter().map(|(alias, span)| (alias.as_str(), *span)));
    asked.retain(|(alias, _)| !alias.is_empty());
    asked.sort_by_key(|(_, span)| (span.file, span.start));
    if asked.is_empty() && front.providers.is_empty() && !may_ask {
        return Ok((Table::default(), Vec::new()));
    }
    let mut manifest = None;
    let mut at = folder.to_string();
    loop {
        let name = format!("{at}lumen.toml");
        let known = sources.iter().find(|source| source.name == name).map(|source| source.text.clone());
        if let Some(text) = known {
            manifest = Some((name, text));
            break;
        }
        if let Some(bytes) =
            loader.load(&name).map_err(|why| unreadable(format!("cannot read `{name}`: {why}")))?
        {
            let text = String::from_utf8(bytes).map_err(|_| unreadable(format!("`{name}` is not UTF-8")))?;
            sources.push(Source::new(&name, text.clone()));
            manifest = Some((name, text));
            break;
        }
        if at.trim_end_matches('/').is_empty() {
            break;
        }
        at = folder_of(at.trim_end_matches('/'));
    }
    let manifest = manifest.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
    let unknown = |span, message: String| {
        Diagnostic::error("E0422", span, message).help(
            "`providers` of the front matter or `[models.NAME]` in lumen.toml says who answers for an alias.",
        )
    };
    match Table::read(&front.providers, manifest) {
        Ok(table) => {
            let found = asked.iter().filter_map(|(alias, span)| {
                let why = table.check(alias).err()?;
                Some(unknown(*span, format!("Nothing says which model `{alias}` is: {why}.")))
            });
            let found = found.collect();
            Ok((table, found))
        }
        Err(why) => {
            let span = asked.first().map_or(Span::new(FileId(0), 0, 0), |(_, span)| *span);
            Ok((Table::default(), vec![unknown(span, format!("The models cannot be used: {why}."))]))
        }
    }
}

/// Whether a document has fences for the test command or for a fault, which no run takes in.
fn has_tests(document: &Document) -> bool {
    document.fences.iter().any(|fence| matches!(fence.kind, FenceKind::Test | FenceKind::Faulty(_)))
}

fn unreadable(message: String) -> Error {
    Error::usage(message).code("E0701")
}

/// An option of the command line that does not fit the document.
fn misfit(message: String) -> Error {
    Error::usage(message).code("E0702")
}

/// What is wrong with the format of a value bound in prose.
fn unknown_format(binding: &Binding) -> Option<Diagnostic> {
    let error = report::format::Format::parse(binding.format.as_deref()?).err()?.to_string();
    let (reason, help) = match error.rsplit_once("; did you mean ") {
        Some((reason, near)) => (reason, format!("Did you mean {near}")),
        None => (error.as_str(), "A format stands behind the bar: `fixed(2)`, `percent(1)`.".to_string()),
    };
    let message = format!("The value cannot be shown so: {reason}.");
    Some(Diagnostic::error("E0608", binding.span, message).help(help))
}

fn input_type(value: &InputValue) -> Type {
    match value {
        InputValue::File(_) => Type::Path,
        InputValue::Int(_) => Type::Int,
        InputValue::Float(_) => Type::Float,
        InputValue::Bool(_) => Type::Bool,
        InputValue::Text(_) => Type::String,
    }
}

/// The value that the command line gives an input, of the type that the document gave it.
fn replaced(name: &str, value: &InputValue, text: &str) -> Result<InputValue> {
    let wrong = |expected: &str| {
        misfit(format!("--input {name}: expected {expected}, found `{text}`"))
            .help("The value has the type of the one in the document's front matter.")
    };
    Ok(match value {
        InputValue::File(_) => InputValue::File(text.to_string()),
        InputValue::Int(_) => InputValue::Int(text.parse().map_err(|_| wrong("an Int"))?),
        InputValue::Float(_) => InputValue::Float(text.parse().map_err(|_| wrong("a Float"))?),
        InputValue::Bool(_) => InputValue::Bool(text.parse().map_err(|_| wrong("`true` or `false`"))?),
        InputValue::Text(_) => InputValue::Text(text.to_string()),
    })
}

fn command_line_grant(text: &str, ids: &mut NodeIds) -> Result<Grant> {
    let parsed = parse(FileId(u32::MAX), &format!("grant {text}"), ids);
    match parsed.module.items.into_iter().next().map(|i| i.kind) {
        Some(ItemKind::Grant(grant)) if parsed.diagnostics.is_empty() => Ok(*grant),
        _ => Err(misfit(format!("--grant `{text}` is no grant"))
            .help("A grant is an effect and its limits: --grant 'fs.read path \"data/*\"'.")),
    }
}

struct Reading<'a> {
    loader: &'a mut dyn Loader,
    ids: NodeIds,
    sources: Vec<Source>,
    modules: Vec<Module>,
    imports: HashMap<(FileId, String), FileId>,
    diagnostics: Vec<Diagnostic>,
    /// Files that are being read, outermost first: an import of one of them is a cycle.
    open: Vec<(String, FileId)>,
    done: HashMap<String, FileId>,
    strict: bool,
    tests: bool,
    faulty: Vec<FaultyFence>,
    document: Option<Document>,
    /// By file and the name that it calls the tool.
    tools: HashMap<(FileId, String), std::result::Result<ToolSchema, String>>,
    providers: BTreeMap<String, Provider>,
}

impl Reading<'_> {
    fn file(&mut self, path: &str, text: String) -> FileId {
        let file = FileId(self.sources.len() as u32);
        self.sources.push(Source::new(path, text));
        self.open.push((path.to_string(), file));
        let source = &self.sources[file.0 as usize];
        let module = if is_document(path) {
            let text = source.text.clone();
            let mut document = parse_document(file, &text, self.strict, &mut self.ids);
            self.diagnostics.append(&mut document.diagnostics);
            let mut module = std::mem::replace(
                &mut document.module,
                Module { file, directives: Vec::new(), items: Vec::new() },
            );
            if file.0 == 0 {
                self.fences_apart(&document, &text, &mut module, path);
                self.document = Some(document);
            }
            module
        } else {
            let mut parsed = parse(file, &source.text, &mut self.ids);
            self.diagnostics.append(&mut parsed.diagnostics);
            parsed.module
        };
        self.imports_of(file, path, &module.items);
        self.modules.push(module);
        self.open.pop();
        self.done.insert(path.to_string(), file);
        file
    }

    /// Reads the root's fences that its module leaves out: for the test command those that only it runs, and those
    /// that must be faulty.
    fn fences_apart(&mut self, document: &Document, text: &str, module: &mut Module, path: &str) {
        for (index, fence) in document.fences.iter().enumerate() {
            match fence.kind {
                FenceKind::Test if self.tests => {
                    let code = document.parse_fence(text, index, &mut self.ids);
                    self.diagnostics.extend(code.diagnostics);
                    module.directives.extend(code.directives);
                    module.items.extend(code.items);
                }
                FenceKind::Faulty(_) => {
                    let mut code = document.parse_fence(text, index, &mut self.ids);
                    let before = self.diagnostics.len();
                    self.imports_of(module.file, path, &code.items);
                    code.diagnostics.extend(self.diagnostics.drain(before..));
                    self.faulty.push(FaultyFence { index, items: code.items, diagnostics: code.diagnostics });
                }
                _ => {}
            }
        }
        module.items.sort_by_key(|item| item.span.start);
    }

    fn imports_of(&mut self, file: FileId, path: &str, items: &[Item]) {
        for item in items {
            if let ItemKind::Import(import) = &item.kind {
                self.import(file, path, &import.path.dotted(), import.path.span);
            }
            if let ItemKind::Tool(tool) = &item.kind
                && let Some(found) = self.tool(path, tool)
            {
                self.tools.insert((file, tool.name.text.clone()), found);
            }
        }
    }

    /// What is known of a tool; nothing where no file describes it.
    fn tool(&mut self, user: &str, used: &Tool) -> Option<std::result::Result<ToolSchema, String>> {
        let folder = folder_of(user);
        let path = used.path.dotted();
        if let Some(file) = &used.from {
            return Some(self.describe(&path, &crate::door::place(&folder, &file.text)));
        }
        match self.in_manifest(&folder, &path) {
            Ok(None) => None,
            Ok(Some((folder, Named::File(file)))) => {
                Some(self.describe(&path, &crate::door::place(&folder, &file)))
            }
            Ok(Some((folder, Named::Of(server, there)))) => Some(self.served(&path, folder, server, there)),
            Err(why) => Some(Err(why)),
        }
    }

    /// What the nearest manifest names for a tool, and that manifest's folder.
    fn in_manifest(
        &mut self,
        folder: &str,
        tool: &str,
    ) -> std::result::Result<Option<(String, Named)>, String> {
        let mut folder = folder.to_string();
        loop {
            let manifest = format!("{folder}lumen.toml");
            if let Some(text) = self.beside(&manifest)? {
                return Ok(tool::named(&text, tool)?.map(|named| (folder, named)));
            }
            match folder.trim_end_matches('/').is_empty() {
                true => return Ok(None),
                false => folder = folder_of(folder.trim_end_matches('/')),
            }
        }
    }

    /// A file beside the sources, which is kept with them.
    fn beside(&mut self, path: &str) -> std::result::Result<Option<String>, String> {
        if let Some(known) = self.sources.iter().find(|source| source.name == path) {
            return Ok(Some(known.text.to_string()));
        }
        let Some(bytes) = self.loader.load(path)? else { return Ok(None) };
        let text = String::from_utf8(bytes).map_err(|_| format!("`{path}` is not UTF-8"))?;
        self.sources.push(Source::new(path, text.clone()));
        Ok(Some(text))
    }

    fn describe(&mut self, tool: &str, file: &str) -> std::result::Result<ToolSchema, String> {
        let text = self.beside(file)?.ok_or_else(|| format!("there is no file `{file}`"))?;
        let (provider, schema) = tool::read(tool, &folder_of(file), &text)?;
        self.provides(tool, provider, schema)
    }

    /// A tool that a server has, whose name there is `there`.
    fn served(
        &mut self,
        tool: &str,
        folder: String,
        server: tool::Server,
        there: String,
    ) -> std::result::Result<ToolSchema, String> {
        let (schema, promise) = match &server.schema {
            None => (tool::mcp::unknown(), None),
            Some(file) => {
                let file = crate::door::place(&folder, file);
                let help = format!("`lumen schema --server {}` writes it", server.name);
                let text = self.beside(&file)?;
                let text = text.ok_or_else(|| format!("there is no file `{file}`; {help}"))?;
                let (schema, promise) = tool::mcp::tool(&text, &there)?;
                (schema, Some(promise))
            }
        };
        let provider = server.provider(there, promise, folder);
        self.provides(tool, provider, schema)
    }

    fn provides(
        &mut self,
        tool: &str,
        provider: Provider,
        schema: ToolSchema,
    ) -> std::result::Result<ToolSchema, String> {
        match self.providers.insert(tool.to_string(), provider.clone()) {
            Some(other) if other != provider => {
                Err("another file of the program describes it otherwise".to_string())
            }
            _ => Ok(schema),
        }
    }

    fn import(&mut self, importer: FileId, importer_path: &str, dotted: &str, span: Span) {
        let relative = dotted.replace('.', "/");
        let folder = folder_of(importer_path);
        let roots = [folder.clone(), format!("{folder}src/"), String::new(), "src/".to_string()];
        let mut tried: Vec<String> = Vec::new();
        for root in &roots {
            let candidates = [".lm", ".lm.md", "/mod.lm", "/mod.lm.md", "/main.lm", "/main.lm.md"]
                .map(|ending| format!("{root}{relative}{ending}"));
            let mut found: Vec<(String, Vec<u8>)> = Vec::new();
            for candidate in candidates {
                if tried.contains(&candidate) {
                    continue;
                }
                match self.loader.load(&candidate) {
                    Ok(Some(bytes)) => found.push((candidate.clone(), bytes)),
                    Ok(None) => {}
                    Err(why) => {
                        let message = format!("`{candidate}` cannot be read: {why}.");
                        return self.diagnostics.push(Diagnostic::error("E0121", span, message));
                    }
                }
                tried.push(candidate);
            }
            if found.len() > 1 {
                let names: Vec<&str> = found.iter().map(|(n, _)| n.as_str()).collect();
                let message = format!("`{dotted}` is two files: {}.", names.join(" and "));
                return self
                    .diagnostics
                    .push(Diagnostic::error("E0123", span, message).help("Keep one of them."));
            }
            let Some((path, bytes)) = found.pop() else { continue };
            if let Some(position) = self.open.iter().position(|(p, _)| *p == path) {
                let mut chain: Vec<&str> = self.open[position..].iter().map(|(p, _)| p.as_str()).collect();
                chain.push(&path);
                let message = format!("Imports go in a circle: {}.", chain.join(" imports "));
                return self.diagnostics.push(
                    Diagnostic::error("E0122", span, message)
                        .help("Move what both need to a third file that imports neither."),
                );
            }
            let file = match self.done.get(&path) {
                Some(file) => *file,
                None => match String::from_utf8(bytes) {
                    Ok(text) => self.file(&path, text),
                    Err(_) => {
                        let message = format!("`{path}` is not UTF-8.");
                        return self.diagnostics.push(Diagnostic::error("E0121", span, message));
                    }
                },
            };
            self.imports.insert((importer, dotted.to_string()), file);
            return;
        }
        let shown = tried
            .iter()
            .filter(|t| t.ends_with(".lm") && !t.ends_with("/mod.lm") && !t.ends_with("/main.lm"))
            .map(|t| format!("`{t}`"))
            .collect::<Vec<_>>()
            .join(", ");
        self.diagnostics.push(
            Diagnostic::error("E0121", span, format!("There is no module `{dotted}`."))
                .help(format!("Looked for {shown} and their `.lm.md` and folder forms.")),
        );
    }
}
