//! `list` and `show`: packets as a reader wants them.

use std::fmt::Write as _;

use evidence::json::Json;
use evidence::packet::RowCases;
use evidence::place::escape;
use serde_json::json;

use super::{Problem, Session, text::wrapped};

/// Every packet with its area, title and number of cases; what cannot be read says why.
pub fn list(session: &Session) -> Json {
    let rows = session.library.packets().into_iter().map(|(id, area)| match session.library.load(&id) {
        Ok(loaded) => json!({
            "packet": id, "area": area, "title": loaded.packet.title, "suite": loaded.packet.suite,
            "oracle": loaded.packet.oracle, "cases": loaded.cases.len(),
            "release_blocking": evidence::gate::blocks_release(loaded.gate.as_deref()),
        }),
        Err(trouble) => json!({"packet": id, "area": area, "malformed": trouble.to_string()}),
    });
    json!({"schema": "lumen.evidence.list", "schema_version": 1, "packets": rows.collect::<Vec<_>>()})
}

/// The data of `show --json`.
pub fn show_json(session: &Session, id: &str) -> Result<Json, Problem> {
    let loaded = super::run::loaded(session, id)?;
    let packet = &loaded.packet;
    let anchors: Vec<Json> = packet
        .anchors
        .iter()
        .map(|anchor| json!({"subject": anchor.subject, "source": anchor.source, "behaviour": anchor.behaviour}))
        .collect();
    let contract: Vec<Json> = packet
        .contract
        .iter()
        .map(|row| {
            let cases: Vec<&str> = match &row.cases {
                RowCases::Open => Vec::new(),
                RowCases::Listed(patterns) => {
                    let serves = |id: &str| patterns.iter().any(|one| one.matches(id));
                    loaded.cases.iter().map(|case| case.id.as_str()).filter(|id| serves(id)).collect()
                }
            };
            json!({
                "id": row.id, "given": row.given, "then": row.then, "strict": row.strict, "hardened": row.hardened,
                "boundary": row.boundary, "uncertainty": row.uncertainty, "cases": cases,
                "open": row.cases == RowCases::Open,
            })
        })
        .collect();
    Ok(json!({
        "schema": "lumen.evidence.packet", "schema_version": 1, "packet": packet.id, "title": packet.title,
        "area": loaded.area, "suite": packet.suite, "scope": packet.scope, "not_in_scope": packet.not_in_scope,
        "oracle": packet.oracle, "api": packet.api, "anchors": anchors, "contract": contract, "risks": packet.risks,
        "sentinels": packet.sentinels, "files": packet.files, "digest": loaded.digest,
    }))
}

/// A packet's anchor map, contract table and risk note.
pub fn show(session: &Session, id: &str, width: usize) -> Result<String, Problem> {
    let loaded = super::run::loaded(session, id)?;
    let packet = &loaded.packet;
    let mut text = format!("{}  {}\n", packet.id, escape(&packet.title));
    let mut field = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{name}\n{}", wrapped(&escape(value), width, "  "));
        }
    };
    field("scope", &packet.scope);
    field("not in scope", &packet.not_in_scope.join("; "));
    field("oracle", &packet.oracle);
    field("covers", &packet.api.join(", "));
    for anchor in &packet.anchors {
        field(
            &format!("anchor: {}", escape(&anchor.subject)),
            &format!("{}: {}", anchor.source, anchor.behaviour),
        );
    }
    for row in &packet.contract {
        let cases = match &row.cases {
            RowCases::Open => "open: no case shows it yet".to_string(),
            RowCases::Listed(patterns) => {
                let count = loaded
                    .cases
                    .iter()
                    .filter(|case| patterns.iter().any(|one| one.matches(&case.id)))
                    .count();
                let patterns: Vec<&str> = patterns.iter().map(evidence::case::Pattern::text).collect();
                format!("{count} ({})", patterns.join(", "))
            }
        };
        let parts = [
            ("given", &row.given),
            ("then", &row.then),
            ("strict", &row.strict),
            ("hardened", &row.hardened),
            ("boundary", &row.boundary),
            ("uncertainty", &row.uncertainty),
            ("cases", &cases),
        ];
        let lines: Vec<String> = parts
            .iter()
            .map(|(name, value)| wrapped(&format!("{name}: {}", escape(value)), width, "  "))
            .collect();
        let _ = writeln!(text, "contract {}\n{}", escape(&row.id), lines.join("\n"));
    }
    for risk in &packet.risks {
        let _ = writeln!(text, "risk\n{}", wrapped(&escape(risk), width, "  "));
    }
    let _ = writeln!(text, "cases\n  {} in {} files", loaded.cases.len(), packet.files.len());
    Ok(text)
}
