//! The loop: takes what the editor sends, keeps its open texts, and says what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ide::{Analysis, is_same_program};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidChangeWatchedFiles, DidCloseTextDocument, DidOpenTextDocument,
    DidSaveTextDocument, Notification as _, PublishDiagnostics,
};
use lsp_types::request::{
    CodeActionRequest, Completion, DocumentHighlightRequest, DocumentSymbolRequest, FoldingRangeRequest,
    Formatting, GotoDefinition, GotoImplementation, HoverRequest, InlayHintRequest, PrepareRenameRequest,
    References, Rename, Request as _, SemanticTokensFullRequest, SignatureHelpRequest,
    WorkspaceSymbolRequest,
};
use lsp_types::{
    CodeActionKind, CompletionOptions, HoverProviderCapability, InitializeParams, InitializeResult, OneOf,
    PositionEncodingKind, PublishDiagnosticsParams, RenameOptions, SemanticTokens, SemanticTokensFullOptions,
    SemanticTokensOptions, ServerCapabilities, ServerInfo, SignatureHelpOptions,
    TextDocumentContentChangeEvent, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextEdit, Uri, WorkspaceSymbol,
};
use serde_json::Value;
use serde_json::json;
use syntax::{FileId, Source, Span};

use crate::answer::{Answers, ROOT, declared};
use crate::place::{Columns, Lines, path_of, uri_of};
use crate::tokens;

/// Declarations that one answer holds at most: an editor asks again as the query grows.
const SYMBOLS_MAX: usize = 1_000;

/// Makes a checked program of a file.
pub trait Compile {
    /// Checks the program whose root is at an absolute path. `open` has the texts that the editor holds, which count
    /// in place of the files.
    ///
    /// # Errors
    /// Why there is no program: the file cannot be read.
    fn analyse(&mut self, path: &str, open: &dyn Fn(&str) -> Option<String>) -> Result<Analysis, String>;

    /// The absolute paths of the sources and documents below a folder, sorted.
    ///
    /// # Errors
    /// The folder cannot be listed.
    fn files(&mut self, folder: &str) -> Result<Vec<String>, String>;

    /// The text of a file; none where it cannot be read, or is no text.
    fn text(&mut self, path: &str) -> Option<String>;
}

/// Why the server ended before the editor said so.
#[derive(Debug)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// Serves one editor until it shuts the server down.
///
/// # Errors
/// When the connection breaks, or what comes is no message of the protocol.
pub fn serve(connection: &Connection, compile: &mut dyn Compile) -> Result<(), Error> {
    let broken = |what: &dyn fmt::Display| Error(format!("the connection to the editor broke: {what}"));
    let (id, params) = connection.initialize_start().map_err(|why| broken(&why))?;
    let params: InitializeParams =
        serde_json::from_value(params).map_err(|why| Error(format!("`initialize` cannot be read: {why}")))?;
    let folders = folders(&params);
    let offered =
        params.capabilities.general.and_then(|general| general.position_encodings).unwrap_or_default();
    let columns = if offered.contains(&PositionEncodingKind::UTF8) { Columns::Bytes } else { Columns::Utf16 };
    let result = json!(InitializeResult {
        capabilities: capabilities(columns),
        server_info: Some(ServerInfo {
            name: "lumen".to_string(),
            version: Some(env!("CARGO_PKG_VERSION").to_string()),
        }),
    });
    connection.initialize_finish(id, result).map_err(|why| broken(&why))?;

    let mut server = Server {
        compile,
        columns,
        folders,
        open: BTreeMap::new(),
        analyses: BTreeMap::new(),
        changed: BTreeSet::new(),
        unsaid: BTreeSet::new(),
        published: BTreeMap::new(),
    };
    while let Ok(first) = connection.receiver.recv() {
        // What waits is taken together: only the last text of a file is checked.
        let batch: Vec<Message> = std::iter::once(first).chain(connection.receiver.try_iter()).collect();
        for (at, message) in batch.iter().enumerate() {
            match message {
                Message::Notification(notification) if notification.method == "exit" => return Ok(()),
                Message::Notification(notification) => server.notified(notification),
                Message::Request(request) if request.method == "shutdown" => {
                    send(connection, Response::new_ok(request.id.clone(), Value::Null).into())?;
                }
                Message::Request(request) => {
                    let rest = batch.get(at + 1..).unwrap_or_default();
                    send(connection, server.answer(request, rest).into())?;
                }
                Message::Response(_) => {}
            }
        }
        for message in server.check() {
            send(connection, message.into())?;
        }
    }
    Ok(())
}

/// The folders that the editor shows, by path.
fn folders(params: &InitializeParams) -> Vec<String> {
    #[expect(deprecated, reason = "editors that know one folder only still say it so")]
    let one = params.root_uri.iter();
    match &params.workspace_folders {
        Some(folders) => folders.iter().filter_map(|folder| path_of(&folder.uri)).collect(),
        None => one.filter_map(path_of).collect(),
    }
}

fn send(connection: &Connection, message: Message) -> Result<(), Error> {
    connection.sender.send(message).map_err(|why| Error(format!("the editor no longer listens: {why}")))
}

fn capabilities(columns: Columns) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(match columns {
            Columns::Utf16 => PositionEncodingKind::UTF16,
            Columns::Bytes => PositionEncodingKind::UTF8,
        }),
        // Saving one file may have changed others: data that a script wrote, files that no editor holds.
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(true.into()),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(vec![".".to_string(), "\"".to_string()]),
            ..CompletionOptions::default()
        }),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: Some(vec!["(".to_string(), ",".to_string()]),
            ..SignatureHelpOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        implementation_provider: Some(true.into()),
        references_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        document_symbol_provider: Some(OneOf::Left(true)),
        workspace_symbol_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(true.into()),
        document_formatting_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: Default::default(),
        })),
        folding_range_provider: Some(true.into()),
        semantic_tokens_provider: Some(
            SemanticTokensOptions {
                legend: tokens::legend(),
                full: Some(SemanticTokensFullOptions::Bool(true)),
                ..SemanticTokensOptions::default()
            }
            .into(),
        ),
        inlay_hint_provider: Some(OneOf::Left(true)),
        ..ServerCapabilities::default()
    }
}

struct Server<'a> {
    compile: &'a mut dyn Compile,
    columns: Columns,
    /// The folders that the editor shows.
    folders: Vec<String>,
    /// The texts that the editor holds, by path.
    open: BTreeMap<String, String>,
    /// Of each open file the program whose root it is, as of its last check.
    analyses: BTreeMap<String, Analysis>,
    /// Open files whose program is no longer the one that was checked.
    changed: BTreeSet<String>,
    /// Roots of which nothing was said since their last check.
    unsaid: BTreeSet<String>,
    /// The files about which something stands said, by the root that said it.
    published: BTreeMap<String, BTreeSet<String>>,
}

/// What a question can end with besides an answer.
type Refusal = (ErrorCode, String);

impl Server<'_> {
    fn notified(&mut self, notification: &Notification) {
        let params = notification.params.clone();
        match notification.method.as_str() {
            DidOpenTextDocument::METHOD => {
                let Some(params) = read::<lsp_types::DidOpenTextDocumentParams>(params) else { return };
                let Some(path) = path_of(&params.text_document.uri) else { return };
                self.open.insert(path.clone(), params.text_document.text);
                self.touched(&path);
            }
            DidChangeTextDocument::METHOD => {
                let Some(params) = read::<lsp_types::DidChangeTextDocumentParams>(params) else { return };
                let Some(path) = path_of(&params.text_document.uri) else { return };
                let columns = self.columns;
                if let Some(text) = self.open.get_mut(&path) {
                    params.content_changes.into_iter().for_each(|change| apply(text, change, columns));
                    self.touched(&path);
                }
            }
            DidCloseTextDocument::METHOD => {
                let params = read::<lsp_types::DidCloseTextDocumentParams>(params);
                let Some(path) = params.and_then(|params| path_of(&params.text_document.uri)) else { return };
                self.open.remove(&path);
                self.analyses.remove(&path);
                // Others read the file again now.
                self.touched(&path);
            }
            DidSaveTextDocument::METHOD | DidChangeWatchedFiles::METHOD => {
                // Data and imports that no editor holds may be others now.
                self.changed.extend(self.open.keys().cloned());
            }
            _ => {}
        }
    }

    /// Notes that a file has another text, for every program that it is a part of.
    fn touched(&mut self, path: &str) {
        let holds = |analysis: &Analysis| analysis.sources.iter().any(|source| source.name == path);
        let roots =
            self.analyses.iter().filter(|(_, analysis)| holds(analysis)).map(|(root, _)| root.clone());
        self.changed.extend(roots);
        self.changed.insert(path.to_string());
    }

    /// Checks a program if it changed; that of a file which no editor holds each time.
    fn fresh(&mut self, path: &str) -> Result<(), String> {
        let is_open = self.open.contains_key(path);
        if is_open && self.analyses.contains_key(path) && !self.changed.contains(path) {
            return Ok(());
        }
        let open = |path: &str| self.open.get(path).cloned();
        let analysis = self.compile.analyse(path, &open)?;
        self.analyses.insert(path.to_string(), analysis);
        self.changed.remove(path);
        if is_open {
            self.unsaid.insert(path.to_string());
        }
        Ok(())
    }

    /// Checks what changed, and says what is wrong in it, and in what it imports where the editor does not hold that open.
    fn check(&mut self) -> Vec<Notification> {
        let mut said = Vec::new();
        for path in std::mem::take(&mut self.changed) {
            if !self.open.contains_key(&path) {
                let about = self.published.remove(&path).unwrap_or_default();
                said.extend(about.iter().filter_map(|path| publish(path, Vec::new())));
                continue;
            }
            self.analyses.remove(&path);
            if let Err(why) = self.fresh(&path) {
                self.published.entry(path.clone()).or_default().insert(path.clone());
                said.extend(publish(&path, vec![unreadable(&why)]));
            }
        }
        for root in std::mem::take(&mut self.unsaid) {
            let Some(analysis) = self.analyses.get(&root) else { continue };
            let answers = Answers { analysis, columns: self.columns };
            let mut now = BTreeSet::new();
            for (file, source) in (0..).map(FileId).zip(&analysis.sources) {
                let diagnostics = answers.diagnostics(file);
                if file == ROOT || !self.open.contains_key(&source.name) && !diagnostics.is_empty() {
                    now.insert(source.name.clone());
                    said.extend(publish(&source.name, diagnostics));
                }
            }
            let before = self.published.insert(root, now.clone()).unwrap_or_default();
            said.extend(before.difference(&now).filter_map(|path| publish(path, Vec::new())));
        }
        said
    }

    /// Answers a question, unless what follows it in the queue makes the answer worthless.
    fn answer(&mut self, request: &Request, rest: &[Message]) -> Response {
        let refused = |(code, why): Refusal| Response::new_err(request.id.clone(), code as i32, why);
        if let Some(refusal) = superseded(request, rest) {
            return refused(refusal);
        }
        match self.asked(request) {
            Ok(value) => Response::new_ok(request.id.clone(), value),
            Err(refusal) => refused(refusal),
        }
    }

    fn asked(&mut self, request: &Request) -> Result<Value, Refusal> {
        let params = &request.params;
        if request.method == WorkspaceSymbolRequest::METHOD {
            let query = params.get("query").and_then(Value::as_str).unwrap_or_default();
            return self.declared(query).map(|found| json!(found));
        }
        let answer = served(&request.method)
            .ok_or_else(|| (ErrorCode::MethodNotFound, format!("`{}` is not served", request.method)))?;
        let uri = params.pointer("/textDocument/uri").and_then(Value::as_str).unwrap_or_default();
        let path = uri.parse::<Uri>().ok().and_then(|uri| path_of(&uri)).ok_or_else(|| {
            (ErrorCode::InvalidParams, format!("`{uri}` is no file: only `file:` documents are served"))
        })?;
        self.fresh(&path).map_err(|why| (ErrorCode::RequestFailed, why))?;
        let Some(analysis) = self.analyses.get(&path) else { return Ok(Value::Null) };
        let answers = Answers { analysis, columns: self.columns };
        let value = answer(&answers, params)?;
        if request.method == Rename::METHOD {
            let (edits, name) = renamed(&answers, params)?;
            self.prove(&path, &edits, &name)?;
        }
        Ok(value)
    }

    /// What the files of the folders and the editor's texts declare under names like a query.
    fn declared(&mut self, query: &str) -> Result<Vec<WorkspaceSymbol>, Refusal> {
        let mut paths: BTreeSet<String> = self.open.keys().cloned().collect();
        for folder in &self.folders {
            paths.extend(self.compile.files(folder).map_err(|why| (ErrorCode::RequestFailed, why))?);
        }
        let mut found = Vec::new();
        for path in paths {
            let text = self.open.get(&path).cloned().or_else(|| self.compile.text(&path));
            let Some(text) = text else { continue };
            found.extend(declared(&Source::new(&path, &text), query, self.columns));
            if found.len() >= SYMBOLS_MAX {
                break;
            }
        }
        found.truncate(SYMBOLS_MAX);
        Ok(found)
    }

    /// Checks the program as a rename leaves it: it must mean what it meant.
    fn prove(&mut self, path: &str, edits: &[syntax::Edit], name: &str) -> Result<(), Refusal> {
        let Some(before) = self.analyses.get(path) else { return Ok(()) };
        let mut texts: BTreeMap<&str, String> = BTreeMap::new();
        let mut ordered: Vec<&syntax::Edit> = edits.iter().collect();
        ordered.sort_by_key(|edit| std::cmp::Reverse(edit.span));
        for edit in ordered {
            let Some(source) = before.source(edit.span.file) else { continue };
            let text = texts.entry(&source.name).or_insert_with(|| source.text.clone());
            text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        }
        let open = |path: &str| texts.get(path).cloned().or_else(|| self.open.get(path).cloned());
        let after = self.compile.analyse(path, &open).map_err(|why| (ErrorCode::RequestFailed, why))?;
        if is_same_program(before, &after) {
            return Ok(());
        }
        let why = format!("`{name}` means something else here already, so the program would change");
        Err((ErrorCode::RequestFailed, why))
    }
}

/// What answers a question about a checked file.
type Answer = fn(&Answers<'_>, &Value) -> Result<Value, Refusal>;

/// The questions that are answered, by their method.
fn served(method: &str) -> Option<Answer> {
    Some(match method {
        HoverRequest::METHOD => |answers, params| Ok(json!(answers.hover(position(params)?))),
        GotoDefinition::METHOD => |answers, params| Ok(json!(answers.definition(position(params)?))),
        GotoImplementation::METHOD => |answers, params| Ok(json!(answers.implementations(position(params)?))),
        References::METHOD => |answers, params| {
            let with = params.pointer("/context/includeDeclaration").and_then(Value::as_bool).unwrap_or(true);
            Ok(json!(answers.references(position(params)?, with)))
        },
        DocumentHighlightRequest::METHOD => {
            |answers, params| Ok(json!(answers.highlights(position(params)?)))
        }
        Completion::METHOD => |answers, params| Ok(json!(answers.completions(position(params)?))),
        SignatureHelpRequest::METHOD => |answers, params| Ok(json!(answers.signatures(position(params)?))),
        DocumentSymbolRequest::METHOD => |answers, _| Ok(json!(answers.symbols())),
        FoldingRangeRequest::METHOD => |answers, _| Ok(json!(answers.folds())),
        InlayHintRequest::METHOD => |answers, params| Ok(json!(answers.hints(range(params)?))),
        CodeActionRequest::METHOD => |answers, params| {
            // An editor may want other kinds only, such as those that it runs when a file is saved.
            let only = params.pointer("/context/only").and_then(Value::as_array);
            let wanted =
                only.is_none_or(|kinds| kinds.iter().any(|kind| kind == CodeActionKind::QUICKFIX.as_str()));
            Ok(if wanted { json!(answers.actions(range(params)?)) } else { json!([]) })
        },
        SemanticTokensFullRequest::METHOD => |answers, _| {
            let data = tokens::tokens(answers.analysis, ROOT, &answers.lines(ROOT));
            Ok(json!(SemanticTokens { result_id: None, data }))
        },
        Formatting::METHOD => |answers, _| Ok(json!(formatted(answers))),
        PrepareRenameRequest::METHOD => |answers, params| {
            let offset = answers.offset(position(params)?);
            Ok(json!(answers.lines(ROOT).range(answers.analysis.renamable(ROOT, offset).map_err(not_so)?)))
        },
        Rename::METHOD => |answers, params| Ok(json!(answers.edit(&renamed(answers, params)?.0))),
        _ => return None,
    })
}

fn position(params: &Value) -> Result<lsp_types::Position, Refusal> {
    parse(params.get("position").cloned().unwrap_or_default())
}

fn range(params: &Value) -> Result<lsp_types::Range, Refusal> {
    parse(params.get("range").cloned().unwrap_or_default())
}

/// The edits of a rename, and the new name.
fn renamed(answers: &Answers<'_>, params: &Value) -> Result<(Vec<syntax::Edit>, String), Refusal> {
    let name = params.get("newName").and_then(Value::as_str).unwrap_or_default();
    let edits = answers.analysis.rename(ROOT, answers.offset(position(params)?), name).map_err(not_so)?;
    Ok((edits, name.to_string()))
}

fn not_so(why: ide::RenameError) -> Refusal {
    (ErrorCode::RequestFailed, why.to_string())
}

/// Why a question need not be answered: it was taken back, or its text was changed behind it.
fn superseded(request: &Request, rest: &[Message]) -> Option<Refusal> {
    let uri = request.params.pointer("/textDocument/uri")?;
    rest.iter().find_map(|message| match message {
        Message::Notification(later) if later.method == "$/cancelRequest" => {
            let id: RequestId = serde_json::from_value(later.params.get("id")?.clone()).ok()?;
            (id == request.id).then(|| (ErrorCode::RequestCanceled, "taken back".to_string()))
        }
        Message::Notification(later) if later.method == DidChangeTextDocument::METHOD => {
            let same = later.params.pointer("/textDocument/uri") == Some(uri);
            same.then(|| (ErrorCode::ContentModified, "the text was changed since".to_string()))
        }
        _ => None,
    })
}

fn read<T: serde::de::DeserializeOwned>(params: Value) -> Option<T> {
    serde_json::from_value(params).ok()
}

fn parse<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, Refusal> {
    serde_json::from_value(value).map_err(|why| (ErrorCode::InvalidParams, why.to_string()))
}

/// Makes one change of a text; without a range it is all of it.
fn apply(text: &mut String, change: TextDocumentContentChangeEvent, columns: Columns) {
    match change.range {
        None => *text = change.text,
        Some(range) => {
            let lines = Lines::new(text, columns);
            let (start, end) = (lines.offset(range.start) as usize, lines.offset(range.end) as usize);
            text.replace_range(start..end.max(start), &change.text);
        }
    }
}

fn publish(path: &str, diagnostics: Vec<lsp_types::Diagnostic>) -> Option<Notification> {
    let params = PublishDiagnosticsParams::new(uri_of(path)?, diagnostics, None);
    Some(Notification::new(PublishDiagnostics::METHOD.to_string(), params))
}

/// A file that is no program, said at its beginning.
fn unreadable(why: &str) -> lsp_types::Diagnostic {
    lsp_types::Diagnostic {
        severity: Some(lsp_types::DiagnosticSeverity::ERROR),
        source: Some("lumen".to_string()),
        message: why.to_string(),
        ..lsp_types::Diagnostic::default()
    }
}

/// The edit that formats a file; none where it does not parse or is formatted.
fn formatted(answers: &Answers<'_>) -> Vec<TextEdit> {
    let Some(source) = answers.analysis.source(ROOT) else { return Vec::new() };
    let formatted = match answers.analysis.document {
        Some(_) => syntax::format::format_document(&source.text),
        None => syntax::format::format_source(&source.text),
    };
    match formatted {
        Ok(text) if text != source.text => {
            let whole = Span::new(ROOT, 0, source.text.len());
            vec![TextEdit::new(answers.lines(ROOT).range(whole), text)]
        }
        _ => Vec::new(),
    }
}
