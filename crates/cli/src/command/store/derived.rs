//! `lumen store derived`

use serde_json::{Value, json};
use store::{GraphEdit, Snapshot};

use super::{failure, many, print, reader};
use crate::args::store::DerivedOptions;
use crate::terminal::{Failure, Terminal, clean};

/// A derived page, and as of when its bytes are.
struct Node {
    page: u64,
    function: String,
    parents: Vec<u64>,
    stale_parents: Vec<u64>,
    asynchronous: bool,
    watermark: u64,
    is_stale: bool,
}

pub fn derived(options: &DerivedOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let reader = reader(&options.asked.store)?;
    let state = match options.at {
        Some(seq) => reader.past().snapshot_at(seq).map_err(failure)?,
        None => reader.snapshot(),
    };
    let mut nodes = nodes(&state).map_err(failure)?;
    let (all, stale) = (nodes.len() as u64, nodes.iter().filter(|node| node.is_stale).count() as u64);
    nodes.retain(|node| node.is_stale || !options.stale);
    if options.asked.json {
        let rows: Vec<Value> = nodes.iter().map(Node::json).collect();
        print(terminal, "derived", json!({"seq": state.seq(), "derived": rows}));
        return Ok(0);
    }
    nodes.iter().for_each(|node| terminal.tell(&clean(&node.line())));
    terminal.say(&format!("{} at seq {}, {stale} of them stale", many(all, "derived page"), state.seq()));
    Ok(0)
}

fn nodes(state: &Snapshot) -> store::Result<Vec<Node>> {
    let mut nodes = Vec::new();
    let mut stale = state.stale_pages(0)?.peekable();
    for edit in state.graph()? {
        let GraphEdit::Derive { page, function, parents, stale: stale_parents, asynchronous } = edit else {
            continue;
        };
        let watermark = state.watermark(page)?.unwrap_or_default();
        let is_stale = stale.next_if_eq(&page).is_some();
        nodes.push(Node { page, function, parents, stale_parents, asynchronous, watermark, is_stale });
    }
    Ok(nodes)
}

impl Node {
    fn json(&self) -> Value {
        json!({
            "page": self.page, "function": self.function, "parents": self.parents,
            "stale_parents": self.stale_parents, "asynchronous": self.asynchronous,
            "watermark": self.watermark, "stale": self.is_stale,
        })
    }

    fn line(&self) -> String {
        let parents: Vec<String> = self
            .parents
            .iter()
            .map(|parent| {
                let mark = if self.stale_parents.contains(parent) { " (stale edge)" } else { "" };
                format!("{parent}{mark}")
            })
            .collect();
        let how = if self.asynchronous { ", by a task" } else { "" };
        let when = match (self.is_stale, self.watermark) {
            (false, _) => "has all of its inputs".to_string(),
            (true, 0) => "stale: not computed yet".to_string(),
            (true, seq) => format!("stale: has its inputs up to seq {seq}"),
        };
        format!("page {:<5} {} of {}{how}; {when}\n", self.page, self.function, parents.join(", "))
    }
}
