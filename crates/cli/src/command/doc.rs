//! `lumen doc`: what a file declares, as its own documentation says.

use ide::{Analysis, Role};
use recorder::program::{Settings, compile};
use serde_json::{Value, json};
use syntax::ast::{Item, ItemKind, Name};
use syntax::documentation::documentation;
use syntax::{FileId, Span};

use super::check::analysed;
use crate::args::{DocForm, DocOptions};
use crate::terminal::{Failure, Terminal};
use crate::world::Files;

/// A declaration with what is said of it.
struct Entry {
    name: String,
    kind: &'static str,
    public: bool,
    line: usize,
    /// Declaration without body, as source of the language.
    signature: String,
    doc: String,
}

/// What a file's documentation says.
struct Page {
    title: String,
    doc: String,
    entries: Vec<Entry>,
}

pub fn doc(options: &DocOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let program = compile(&options.file, &mut Files, &Settings::default())?;
    if !super::run::report_diagnostics(&program, terminal) {
        return Ok(1);
    }
    let page = page(&analysed(program), options.private);
    terminal.out(&match options.format {
        DocForm::Md => page.markdown(),
        DocForm::Html => page.html(),
        DocForm::Json => format!("{:#}\n", page.json()),
    });
    match options.private {
        _ if !page.entries.is_empty() => {}
        true => terminal.say("Nothing is declared here."),
        false => terminal.say("Nothing is `pub` here; `--private` shows the rest."),
    }
    Ok(0)
}

fn page(analysis: &Analysis, private: bool) -> Page {
    let Some(source) = analysis.source(FileId(0)) else {
        return Page { title: String::new(), doc: String::new(), entries: Vec::new() };
    };
    let mut blocks = match analysis.document {
        None => documentation(&source.text),
        Some(_) => Vec::new(),
    };
    let items: Vec<&Item> = analysis
        .modules
        .iter()
        .filter(|module| module.file == FileId(0))
        .flat_map(|module| &module.items)
        .collect();
    let mut entries = Vec::new();
    for item in &items {
        let Some((kind, name)) = declared(item) else { continue };
        // The last block before a declaration is its own.
        let own = blocks.iter().rposition(|block| block.of == item.span.start);
        let doc = own.map_or_else(String::new, |at| blocks.remove(at).text);
        if item.public || private {
            let signature = signature(analysis, name.span).unwrap_or_else(|| name.text.clone());
            let line = source.line_column(item.span.start).0;
            entries.push(Entry { name: name.text.clone(), kind, public: item.public, line, signature, doc });
        }
    }
    // What belongs to no declaration is said of the file, if it stands first.
    let first = items.first().map_or(u32::MAX, |item| item.span.start);
    let doc =
        blocks.first().filter(|block| block.start < first).map_or(String::new(), |block| block.text.clone());
    Page { title: source.name.clone(), doc, entries }
}

fn declared(item: &Item) -> Option<(&'static str, &Name)> {
    Some(match &item.kind {
        ItemKind::Record(it) => ("record", &it.name),
        ItemKind::Enum(it) => ("enum", &it.name),
        ItemKind::Cell(it) => ("cell", it.sig.name.parts.last()?),
        ItemKind::Const(it) => ("const", &it.name),
        ItemKind::TypeAlias(it) => ("type", &it.name),
        ItemKind::State(it) => ("state", &it.name),
        ItemKind::Trait(it) => ("trait", &it.name),
        ItemKind::Effect(it) => ("effect", &it.name),
        ItemKind::Handler(it) => ("handler", &it.name),
        ItemKind::Tool(it) => ("tool", &it.name),
        _ => return None,
    })
}

fn signature(analysis: &Analysis, name: Span) -> Option<String> {
    let found = analysis.occurrences(FileId(0)).find(|it| it.span == name && it.role == Role::Definition)?;
    analysis.describe(&found.symbol)
}

impl Page {
    fn markdown(&self) -> String {
        let mut out = format!("# {}\n", self.title);
        if !self.doc.is_empty() {
            out.push_str(&format!("\n{}\n", fences(&self.doc)));
        }
        for Entry { name, kind, signature, doc, .. } in &self.entries {
            out.push_str(&format!("\n## {kind} {name}\n\n```lumen\n{signature}\n```\n"));
            if !doc.is_empty() {
                out.push_str(&format!("\n{}\n", fences(doc)));
            }
        }
        out
    }

    /// One page that needs nothing else.
    fn html(&self) -> String {
        let mut body = format!("<h1>{}</h1>\n{}", escaped(&self.title), paragraphs(&self.doc));
        for Entry { name, kind, signature, doc, .. } in &self.entries {
            let (name, signature) = (escaped(name), escaped(signature));
            body.push_str(&format!(
                "<section id=\"{name}\">\n<h2>{kind} <a href=\"#{name}\">{name}</a></h2>\n<pre><code>{signature}</code></pre>\n{}</section>\n",
                paragraphs(doc)
            ));
        }
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n\
             <style>body{{max-width:48rem;margin:2rem auto;padding:0 1rem;font:16px/1.5 system-ui,sans-serif}}\
             pre{{overflow-x:auto;padding:.6rem;background:#f4f4f2;border-radius:4px}}a{{color:inherit}}</style>\n\
             </head>\n<body>\n{body}</body>\n</html>\n",
            escaped(&self.title)
        )
    }

    fn json(&self) -> Value {
        let entries: Vec<Value> = self
            .entries
            .iter()
            .map(|it| {
                json!({
                    "name": it.name, "kind": it.kind, "public": it.public, "line": it.line,
                    "signature": it.signature, "doc": it.doc,
                })
            })
            .collect();
        json!({"schema": "lumen.doc.1", "file": self.title, "doc": self.doc, "entries": entries})
    }
}

/// Examples as the fences of Markdown that everybody draws.
fn fences(doc: &str) -> String {
    let mut open = false;
    let mut out = Vec::new();
    for line in doc.lines() {
        match line.trim().strip_prefix("~~~") {
            Some(info) => {
                let info = if open || !info.is_empty() { info.trim() } else { "lumen" };
                out.push(format!("```{info}"));
                open = !open;
            }
            None => out.push(line.to_string()),
        }
    }
    // One that is not closed ends with its block, not with the page.
    if open {
        out.push("```".to_string());
    }
    out.join("\n")
}

/// Paragraphs, code blocks and code within lines; all else of Markdown stands as it is written.
fn paragraphs(doc: &str) -> String {
    let mut out = String::new();
    let mut open: Vec<&str> = Vec::new();
    let mut in_code = false;
    let end = |open: &mut Vec<&str>, out: &mut String| {
        if !open.is_empty() {
            out.push_str(&format!("<p>{}</p>\n", inline(&open.join("\n"))));
            open.clear();
        }
    };
    for line in doc.lines() {
        if line.trim_start().starts_with("~~~") {
            match in_code {
                true => out.push_str(&format!("<pre><code>{}</code></pre>\n", escaped(&open.join("\n")))),
                false => end(&mut open, &mut out),
            }
            open.clear();
            in_code = !in_code;
        } else if in_code || !line.trim().is_empty() {
            open.push(line);
        } else {
            end(&mut open, &mut out);
        }
    }
    match in_code {
        true => out.push_str(&format!("<pre><code>{}</code></pre>\n", escaped(&open.join("\n")))),
        false => end(&mut open, &mut out),
    }
    out
}

fn inline(text: &str) -> String {
    let parts = escaped(text);
    let mut out = String::new();
    let pieces: Vec<&str> = parts.split('`').collect();
    for (at, piece) in pieces.iter().enumerate() {
        // A backtick without its partner is a backtick.
        match at % 2 {
            1 if at + 1 < pieces.len() => out.push_str(&format!("<code>{piece}</code>")),
            1 => out.push_str(&format!("`{piece}")),
            _ => out.push_str(piece),
        }
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
