//! From a name or a number back to the log, the intent, the code and the inputs.

use std::collections::BTreeMap;

use report::format::counted;
use serde_json::{Value as Json, json};

use crate::chain::{Graph, InputFile, Text};
use crate::error::{Error, Result};
use crate::hash::{head, id_hex};
use crate::history::History;
use crate::model::{self, ModelCall};
use crate::python;
use crate::record::{NodeRecord, NumberRecord, ValueRef};
use crate::script;

/// The most lines of an answer.
pub const LINES_MAX: usize = 12;
/// Where the text behind a label stands.
const INDENT: usize = 11;

/// The chain behind one thing of a run.
#[derive(Clone, Debug)]
pub struct Why {
    /// The number in the prose, if one was asked for.
    pub number: Option<NumberRecord>,
    /// The result it comes from; a number over constants has none.
    pub value: Option<(u64, NodeRecord, ValueRef)>,
    /// The statement that made it, and its line in the document.
    pub code: String,
    pub line: usize,
    pub document: String,
    pub run: String,
    pub inputs: Vec<InputFile>,
    /// The promise nearest to it: seq, words, grant.
    pub intent: Option<(u64, String, String)>,
    /// Everything it follows from, nearest first.
    pub upstream: Vec<NodeRecord>,
    /// The calls of models that it follows from, those nearest to it first.
    pub calls: Vec<ModelCall>,
    /// The tools that the code of Python cells called for it, and how often.
    pub tools: BTreeMap<String, usize>,
}

/// Looks a result, a number of the prose (`n3`, or its text) or a given number up.
///
/// # Errors
/// `Usage` with the nearest name when there is nothing of that name.
pub fn why(history: &History, name: &str) -> Result<Why> {
    let number = history
        .numbers
        .iter()
        .map(|(_, n)| n)
        .find(|n| name == format!("n{}", n.number) || n.text == name || n.text.trim_end_matches('%') == name)
        .cloned();
    let result = match &number {
        Some(number) => number.reads.first().cloned(),
        // A script's names are bound again and again: the last binding is meant.
        None => Some(script::last_of(history, name).unwrap_or(name).to_string()),
    };
    let position = result.as_ref().and_then(|r| history.node_of(r));
    let found = position.and_then(|at| history.nodes.get(at)).cloned();
    if number.is_none() && found.is_none() {
        return Err(unknown(history, name));
    }
    let text = Text::of(history)?;
    let graph = Graph::new(history.nodes.iter().map(|(_, n)| n), &history.effects);
    let upstream = match &number {
        Some(number) => graph.upstream(number.reads.iter().filter_map(|read| graph.definer(read))),
        None => graph.upstream(position),
    };
    let mut calls: Vec<ModelCall> = Vec::new();
    let mut tools: BTreeMap<String, usize> = BTreeMap::new();
    for effect in graph.effects(&upstream) {
        match effect.intent.effect.as_str() {
            "model" => calls.push(model::call(effect, history)),
            _ => {
                calls.extend(model::by_python(effect, history));
                for (_, tool) in python::called(history, effect) {
                    *tools.entry(tool.to_string()).or_default() += 1;
                }
            }
        }
    }
    let inputs = graph.inputs(&upstream).into_iter().cloned().collect();
    let intent = graph.intent(&upstream);
    let value = found.map(|(seq, node)| {
        let value = node
            .values
            .iter()
            .find(|v| result.as_ref().is_none_or(|r| v.name == *r))
            .or(node.shown.as_ref())
            .cloned()
            .unwrap_or_else(|| ValueRef {
                name: node.name.clone(),
                type_name: String::new(),
                hash: String::new(),
                inline: None,
                blob: false,
                summary: String::new(),
            });
        (seq, node, value)
    });
    Ok(Why {
        code: value.as_ref().map_or(String::new(), |(_, n, _)| text.code(n)),
        line: match (&value, &number) {
            (Some((_, n, _)), _) => text.line(n),
            (None, Some(number)) => number.line as usize,
            (None, None) => 0,
        },
        document: history.start.document.clone(),
        run: history.start.run.clone(),
        inputs,
        intent: intent.map(|e| (e.seq, e.intent.reason.clone(), e.intent.grant.clone())),
        upstream: upstream.iter().filter_map(|at| Some(history.nodes.get(*at)?.1.clone())).collect(),
        calls,
        tools,
        number,
        value,
    })
}

pub(crate) fn unknown(history: &History, name: &str) -> Error {
    let names = history.nodes.iter().flat_map(|(_, n)| n.values.iter().map(|v| v.name.as_str()));
    let mut names: Vec<String> = match history.start.script {
        None => names.map(str::to_string).collect(),
        Some(_) => names.filter_map(script::plain).map(str::to_string).collect(),
    };
    names.dedup();
    let error = Error::usage(format!("the run has no result or number `{name}`")).code("E0705");
    match syntax::suggest::nearest(name, names.iter().map(String::as_str)) {
        Some(near) => error.help(format!("Did you mean `{near}`?")),
        None if names.is_empty() => error.help("It has none: a result is a `let` at the top level."),
        None => {
            let mut shown: Vec<&str> = names.iter().map(String::as_str).take(12).collect();
            if names.len() > shown.len() {
                shown.push("…");
            }
            error.help(format!("Its results are {}.", shown.join(", ")))
        }
    }
}

impl Why {
    /// At most twelve lines, none wider than `width`.
    pub fn lines(&self, width: usize) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        if let Some(number) = &self.number {
            lines.push(format!("{}  =  {}", number.text, number.expression));
            lines.push(format!("  number   n{} of {}:{}", number.number, self.document, number.line));
        }
        if let Some((seq, node, value)) = &self.value {
            lines.push(match &self.number {
                Some(_) => format!("  result   {}: {} {}", value.name, value.type_name, value.summary),
                None => format!("{}: {} {}", value.name, value.type_name, value.summary),
            });
            let status = if node.recorded { "recorded" } else { "ran" };
            lines.push(format!("  cell     {} at {}:{} ({status})", node.cell, self.document, self.line));
            let code = self.code.split_whitespace().collect::<Vec<_>>().join(" ");
            lines.push(format!("  code     {code}"));
            lines.push(format!("  log      seq {seq} of run {}", head(&self.run)));
            lines.push(format!("  hash     blake3 {}", value.hash));
        }
        if let Some((seq, reason, grant)) = &self.intent {
            lines.push(format!("  intent   seq {seq}: {reason}, allowed by {grant}"));
        }
        lines.extend(model::told(&self.calls));
        if !self.tools.is_empty() {
            let told = self.tools.iter().map(|(tool, count)| format!("{tool} ({})", counted(*count, "call")));
            lines.push(format!("  tools    by Python: {}", told.collect::<Vec<_>>().join(", ")));
        }
        let mut via: Vec<&str> = Vec::new();
        for node in self.upstream.iter().skip(1) {
            if !via.contains(&node.name.as_str()) {
                via.push(&node.name);
            }
        }
        if !via.is_empty() {
            lines.push(format!("  from     {}", via.join(", ")));
        }
        let free = LINES_MAX.saturating_sub(lines.len());
        let shown = if self.inputs.len() > free { free.saturating_sub(1) } else { self.inputs.len() };
        for file in self.inputs.iter().take(shown) {
            let rows =
                file.table.map_or(String::new(), |(rows, _)| format!(", {}", counted(rows as usize, "row")));
            lines.push(format!("  input    {}{rows}, sha256 {}", file.path, file.sha256));
        }
        if self.inputs.len() > shown {
            lines.push(format!("  input    and {} more: --json lists them", self.inputs.len() - shown));
        }
        fit(&lines, width, LINES_MAX)
    }

    pub fn json(&self) -> Json {
        json!({
            "schema": "lumen.why.1",
            "run": self.run,
            "document": self.document,
            "line": self.line,
            "number": self.number.as_ref().map(|n| json!({
                "id": format!("n{}", n.number), "text": n.text, "expression": n.expression, "line": n.line,
                "value_hash": n.value.hash, "results": n.reads,
            })),
            "result": self.value.as_ref().map(|(seq, node, value)| json!({
                "name": value.name, "type": value.type_name, "summary": value.summary, "hash": value.hash,
                "cell": node.cell, "status": if node.recorded { "recorded" } else { "ran" }, "seq": seq, "key": node.key,
                "effects": node.effects,
            })),
            "code": self.code,
            "intent": self.intent.as_ref().map(|(seq, reason, grant)| json!({"seq": seq, "reason": reason, "grant": grant})),
            "upstream": self.upstream.iter().map(|n| json!({
                "name": n.name, "cell": n.cell, "reads": n.reads, "effects": n.effects, "key": n.key,
                "values": n.values.iter().map(|v| json!({"name": v.name, "type": v.type_name, "hash": v.hash, "summary": v.summary})).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "calls": self.calls,
            "tools": self.tools,
            "inputs": self.inputs.iter().map(|f| json!({
                "path": f.path, "sha256": f.sha256, "size_bytes": f.size_bytes,
                "rows": f.table.map(|t| t.0), "columns": f.table.map(|t| t.1),
                "seq": f.seq, "effect": id_hex(f.effect), "grant": f.grant,
            })).collect::<Vec<_>>(),
        })
    }
}

/// The lines in at most `width` characters each and, if they were no more before, `lines_max` in all. Reasons go on in
/// further lines, as many as are left; everything else is cut.
pub fn fit(lines: &[String], width: usize, lines_max: usize) -> Vec<String> {
    let mut left = lines_max.saturating_sub(lines.len());
    let mut fitted = Vec::new();
    for line in lines {
        let mut rest = line.clone();
        let is_reason = ["  intent ", "  because "].iter().any(|label| rest.starts_with(label));
        while is_reason && left > 0 && rest.chars().count() > width {
            let mut breaks = rest.char_indices().take(width).filter(|(_, c)| matches!(c, ' ' | ','));
            let Some((at, _)) = breaks.by_ref().filter(|(at, _)| *at > INDENT).last() else { break };
            let (line, further) = rest.split_at(at + 1);
            fitted.push(line.trim_end().to_string());
            rest = format!("{:INDENT$}{further}", "");
            left -= 1;
        }
        fitted.push(cut(&rest, width));
    }
    fitted
}

/// The text in at most `width` characters; what is cut ends in `…`. A hash keeps its head, which is what is compared.
pub fn cut(text: &str, width: usize) -> String {
    let width = width.max(20);
    if text.chars().count() <= width {
        return text.to_string();
    }
    let mut cut: String = text.chars().take(width - 1).collect();
    cut.push('…');
    cut
}
