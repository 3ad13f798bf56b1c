//! The report of a run, as data for `report`, and `run.json`.

use report::page::{
    Align, Block, Cell, Content, Digest, Inline, Input, LogEntry, Page, Provenance, RunFacts, Shown, Status,
};
use serde_json::{Value as Json, json};
use store::LogEnd;
use syntax::document::{self, Document, FenceKind};

use crate::chain::{self, Graph, InputFile};
use crate::history::EffectRecord;
use crate::pin::pin;
use crate::program::Program;
use crate::record::{End, NodeRecord, Start};
use crate::run::ENGINE;
use crate::session::{NodeOutcome, Outcome};

/// The report's model. Nothing of a time, a host or a path of the machine is in it.
pub fn page(
    program: &Program,
    document: &Document,
    start: &Start,
    outcome: &Outcome,
    effects: &[EffectRecord],
) -> Page {
    let builder = Builder { program, document, outcome, effects };
    Page {
        title: document.front_matter.title.clone().unwrap_or_else(|| start.document.clone()),
        subtitle: None,
        facts: RunFacts {
            run: start.run.clone(),
            document: start.document.clone(),
            engine: ENGINE.to_string(),
            digests: digests(outcome),
            verify_command: Some("lumen verify".to_string()),
        },
        blocks: document.blocks.iter().filter_map(|b| builder.block(b)).collect(),
        provenance: builder.provenance(),
    }
}

/// The hashes that a reader compares; that of the durable state where there is one.
fn digests(outcome: &Outcome) -> Vec<Digest> {
    let digest = |label: &str, hex: &str| Digest { label: label.to_string(), hex: hex.to_string() };
    let mut digests = vec![digest("results", &outcome.results_hash), digest("trace", &outcome.trace_hash)];
    if outcome.state_hash.bytes().any(|digit| digit != b'0') {
        digests.push(digest("state", &outcome.state_hash));
    }
    digests
}

struct Builder<'a> {
    program: &'a Program,
    document: &'a Document,
    outcome: &'a Outcome,
    effects: &'a [EffectRecord],
}

impl Builder<'_> {
    fn blocks(&self, blocks: &[document::Block]) -> Vec<Block> {
        blocks.iter().filter_map(|b| self.block(b)).collect()
    }

    fn block(&self, block: &document::Block) -> Option<Block> {
        Some(match block {
            document::Block::Heading { level, text } => {
                Block::Heading { level: *level, text: self.inlines(text) }
            }
            document::Block::Paragraph(text) => Block::Paragraph(self.inlines(text)),
            document::Block::List { start, items } => {
                Block::List { start: *start, items: items.iter().map(|i| self.blocks(i)).collect() }
            }
            document::Block::Table { head, align, rows } => Block::Table {
                head: head.iter().map(|c| self.inlines(c)).collect(),
                align: align
                    .iter()
                    .map(|a| {
                        a.map(|a| match a {
                            document::Align::Start => Align::Start,
                            document::Align::Center => Align::Center,
                            document::Align::End => Align::End,
                        })
                    })
                    .collect(),
                rows: rows.iter().map(|r| r.iter().map(|c| self.inlines(c)).collect()).collect(),
            },
            document::Block::Quote(blocks) => Block::Quote(self.blocks(blocks)),
            document::Block::Code { language, text } => {
                Block::Code { language: language.clone(), text: text.clone() }
            }
            document::Block::Rule => Block::Rule,
            document::Block::Fence(index) => return self.fence(*index).map(Block::Cell),
        })
    }

    fn inlines(&self, inlines: &[document::Inline]) -> Vec<Inline> {
        inlines
            .iter()
            .map(|inline| match inline {
                document::Inline::Text(text) => Inline::Text(text.clone()),
                document::Inline::Emph(text) => Inline::Emph(self.inlines(text)),
                document::Inline::Strong(text) => Inline::Strong(self.inlines(text)),
                document::Inline::Code(text) => Inline::Code(text.clone()),
                document::Inline::Link { url, text } => {
                    Inline::Link { url: url.clone(), text: self.inlines(text) }
                }
                document::Inline::LineBreak => Inline::LineBreak,
                document::Inline::Bound(index) => match self.outcome.numbers.get(*index) {
                    Some(number) => Inline::number(format!("n{}", number.number), &number.text),
                    // The run failed before the prose was bound.
                    None => Inline::Text("(not computed)".to_string()),
                },
            })
            .collect()
    }

    fn fence(&self, index: usize) -> Option<Cell> {
        let fence = self.document.fences.get(index)?;
        if matches!(fence.kind, FenceKind::Test) {
            return None;
        }
        let source = self.program.sources.first().map_or("", |s| s.slice(fence.code)).trim_end().to_string();
        let nodes: Vec<&NodeOutcome> =
            self.outcome.nodes.iter().filter(|n| self.fence_of(&n.record) == Some(index)).collect();
        let failed = self.outcome.fault.as_ref().filter(|_| self.failed_fence() == Some(index));
        let status = if !matches!(fence.kind, FenceKind::Code) && !fence.kind.is_python() {
            Status::Skipped
        } else if failed.is_some() {
            Status::Failed
        } else if nodes.iter().all(|n| n.record.recorded) && !nodes.is_empty() {
            Status::Recorded
        } else {
            Status::Ran
        };
        let mut shown = Vec::new();
        for node in &nodes {
            if self.is_unconfined(&node.record) {
                let text = "This Python cell ran without confinement (level none).".to_string();
                shown.push(Shown { id: None, name: String::new(), content: Content::Text(text) });
            }
            if !node.printed.is_empty() {
                shown.push(Shown {
                    id: None,
                    name: String::new(),
                    content: Content::Text(node.printed.clone()),
                });
            }
            if let Some(value) = &node.shown
                && !value.is_null()
            {
                let name = self.shown_name(node);
                let id = (!name.is_empty()).then(|| result_id(&name));
                let content = match prelude::shown(value) {
                    prelude::Shown::Table(table) => Content::Table(table),
                    prelude::Shown::Figure(figure) => Content::Figure(figure),
                    prelude::Shown::Text(text) => Content::Text(text),
                };
                shown.push(Shown { id, name, content });
            }
        }
        if let Some((fault, _)) = failed {
            let text = format!("{}: {}", fault.code, fault.message);
            shown.push(Shown { id: None, name: fault.node.clone(), content: Content::Error(text) });
        }
        Some(Cell {
            name: fence.name.clone().unwrap_or_default(),
            language: if fence.kind.is_python() { "python" } else { "lumen" }.to_string(),
            source: (!fence.hidden).then_some(source),
            status,
            ms: None,
            shown,
        })
    }

    /// Whether it ran Python that nothing confined.
    fn is_unconfined(&self, record: &NodeRecord) -> bool {
        let of_node = |effect: &&EffectRecord| record.effects.contains(&crate::hash::id_hex(effect.id));
        let level = |effect: &EffectRecord| effect.intent.request.get("level").cloned();
        let mut python =
            self.effects.iter().filter(|effect| effect.intent.effect == "python").filter(of_node);
        python.any(|effect| level(effect).is_some_and(|level| level == "none"))
    }

    fn fence_of(&self, record: &NodeRecord) -> Option<usize> {
        self.program.checked.nodes.get(record.index).and_then(|n| n.fence)
    }

    fn failed_fence(&self) -> Option<usize> {
        self.program.checked.nodes.get(self.outcome.nodes.len()).and_then(|n| n.fence)
    }

    /// The result whose value a fence shows: the one with the same bytes.
    fn shown_name(&self, node: &NodeOutcome) -> String {
        let Some(shown) = &node.record.shown else { return String::new() };
        let named = self.outcome.nodes.iter().flat_map(|n| &n.record.values).filter(|v| v.hash == shown.hash);
        named
            .filter(|v| node.record.reads.contains(&v.name))
            .map(|v| v.name.clone())
            .next()
            .unwrap_or_default()
    }

    fn provenance(&self) -> Vec<Provenance> {
        let graph = Graph::new(self.outcome.nodes.iter().map(|n| &n.record), self.effects);
        let mut entries = Vec::new();
        for number in &self.outcome.numbers {
            let definers = number.reads.iter().filter_map(|read| graph.definer(read));
            let upstream = graph.upstream(definers);
            let first = number.reads.first().and_then(|r| self.outcome.nodes.get(graph.definer(r)?));
            entries.push(Provenance {
                id: format!("n{}", number.number),
                title: number.text.clone(),
                expression: Some(number.expression.clone()),
                result: number.reads.join(", "),
                cell: first.map_or("prose".to_string(), |n| n.record.cell.clone()),
                code: first.map_or(String::new(), |n| chain::code_of(self.program, n.record.index)),
                log: first.map(log_entry),
                intent: graph.intent(&upstream).map(|e| e.intent.reason.clone()),
                inputs: shown_inputs(&graph.inputs(&upstream)),
                value_hash: Some(number.value.hash.clone()),
                operations: Vec::new(),
            });
        }
        for (position, node) in self.outcome.nodes.iter().enumerate() {
            let upstream = graph.upstream([position]);
            for value in &node.record.values {
                entries.push(Provenance {
                    id: result_id(&value.name),
                    title: value.name.clone(),
                    expression: None,
                    result: value.name.clone(),
                    cell: node.record.cell.clone(),
                    code: chain::code_of(self.program, node.record.index),
                    log: Some(log_entry(node)),
                    intent: graph.intent(&upstream).map(|e| e.intent.reason.clone()),
                    inputs: shown_inputs(&graph.inputs(&upstream)),
                    value_hash: Some(value.hash.clone()),
                    operations: Vec::new(),
                });
            }
        }
        entries
    }
}

fn log_entry(node: &NodeOutcome) -> LogEntry {
    let effect = node.record.effects.first().cloned().unwrap_or_default();
    LogEntry { seq: node.seq, effect }
}

/// The anchor of a result in the report.
fn result_id(name: &str) -> String {
    format!("r-{name}")
}

fn shown_inputs(files: &[&InputFile]) -> Vec<Input> {
    files
        .iter()
        .map(|f| Input {
            path: f.path.clone(),
            sha256: f.sha256.clone(),
            rows: f.table.map(|(rows, _)| rows),
        })
        .collect()
}

/// `run.json`: what a program reads of a run.
pub fn run_json(start: &Start, outcome: &Outcome, end: &End, log: Option<&LogEnd>) -> String {
    let results: Vec<Json> = outcome
        .nodes
        .iter()
        .flat_map(|n| n.record.values.iter().map(move |v| (n, v)))
        .map(|(n, v)| {
            json!({
                "name": v.name,
                "type": v.type_name,
                "hash": v.hash,
                "summary": v.summary,
                "status": if n.record.recorded { "recorded" } else { "ran" },
                "cell": n.record.cell,
                "seq": n.seq,
            })
        })
        .collect();
    let numbers: Vec<Json> = outcome
        .numbers
        .iter()
        .map(|n| json!({"id": format!("n{}", n.number), "text": n.text, "results": n.reads, "expression": n.expression, "line": n.line}))
        .collect();
    let mut value = json!({
        "schema": "lumen.run.1",
        "run": start.run,
        "document": start.document,
        "engine": start.engine,
        "status": end.status,
        "fault": end.fault,
        "inputs": start.inputs,
        "results": results,
        "numbers": numbers,
        "totals": {
            "results": outcome.nodes.iter().map(|n| n.record.values.len()).sum::<usize>(),
            "numbers": outcome.numbers.len(),
            "effects": outcome.nodes.iter().map(|n| n.record.effects.len()).sum::<usize>(),
        },
        "trace_hash": end.trace_hash,
        "state_hash": end.state_hash,
        "report_hash": end.report_hash,
        "log": pin(log),
    });
    // Runs of before there was a durable state have none, and their file must stay what it was.
    if let (Some(hash), Some(fields)) = (&end.results_hash, value.as_object_mut()) {
        fields.insert("results_hash".to_string(), json!(hash));
    }
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}
