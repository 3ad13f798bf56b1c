//! Pages, JSON and text of one snapshot, made by hand to hold one of everything.

mod browsing;
mod places;

use std::collections::BTreeSet;

use evidence::snapshot::Snapshot;
use serde_json::{Value, json};

/// Two packets: one red with a mismatch whose text attacks a terminal, one that nobody evaluated.
fn snapshot() -> Snapshot {
    let tally = |total: u64, passed: u64, allowed: u64, failed: u64, open: u64| {
        json!({"total": total, "passed": passed, "allowed": allowed, "failed": failed, "not_evaluated": open,
               "retired": 0, "minor": 0})
    };
    let drift = json!({"op": "series.add", "category": "value", "level": "critical", "location": "row 2",
                       "expected": "3.0", "found": "3.5"});
    let check = |case: &str, mode: &str, status: &str, drift: &[Value]| {
        json!({"case": case, "mode": mode, "class": "edge", "source": "oracle", "status": status,
               "outcome": "value", "repairs": [], "drift": drift})
    };
    let rule = |name: &str, expected: &str, found: &str, pass: &str| json!({"rule": name, "expected": expected, "found": found, "pass": pass});
    let red = json!({
        "packet": "FP-P2C-001", "area": "frame", "suite": "frame",
        "title": "Series add: alignment, missing, duplicates", "lane": "recorded", "release_blocking": true,
        "verdict": "fail",
        "rules": [rule("cases_min", "at least 2", "2", "pass"), rule("strict.failed_max", "at most 0", "1", "fail")],
        "counts": {"cases": 2, "source": {"oracle": 2}, "class": {"edge": 2},
                   "mode": {"strict": tally(2, 1, 0, 1, 0), "hardened": tally(2, 1, 1, 0, 0)}},
        "checks": [check("align/outer", "strict", "fail", std::slice::from_ref(&drift)),
                   check("align/outer", "hardened", "allowed", &[]),
                   check("..", "strict", "pass", &[]), check("..", "hardened", "pass", &[])],
        "mismatches": [{
            "mismatch": 1, "packet": "FP-P2C-001", "case": "align/outer", "mode": "strict", "lane": "recorded",
            "op": "series.add", "inputs": {"left": {"kind": "text", "value": "\u{1b}[2Jgone"}}, "params": {},
            "expected": {"kind": "scalar", "value": 3.0}, "found": {"kind": "scalar", "value": 3.5},
            "drift": [drift], "reason": "\u{1b}]0;owned\u{7}<script>", "oracle": "pandas 3.1.1",
            "replay": "lumen conformance replay FP-P2C-001/align/outer/strict"
        }],
        "trend": [{"seq": 1, "commit": "0123456789abcdef", "failed": 0, "minor": 0, "not_evaluated": 0, "total": 4,
                   "verdict": "pass"},
                  {"seq": 2, "commit": "1123456789abcdef", "failed": 2, "minor": 0, "not_evaluated": 0, "total": 4,
                   "verdict": "fail"}]
    });
    let open = json!({
        "packet": "FT-P2C-002", "area": "tensor", "suite": "tensor", "title": "Dispatch keys: sets, precedence, backend",
        "lane": "recorded", "release_blocking": false, "verdict": "not_evaluated",
        "rules": [rule("cases_min", "at least 1", "0", "not_evaluated")],
        "counts": {"cases": 0, "source": {}, "class": {}, "mode": {}}, "checks": [], "mismatches": [], "trend": []
    });
    let value = json!({
        "schema": "lumen.evidence.snapshot", "schema_version": 1, "verdict": "fail",
        "run": {"id": "20261121-0001", "started": 1_795_250_000, "commit": "fedcba9876543210", "dirty": true,
                "lane": "recorded", "modes": ["strict", "hardened"], "modes_from": "default", "threads": [1, 2, 4],
                "command": ["lumen", "conformance"]},
        "oracles": {"pandas": "3.1.1"}, "packets": [red, open],
        "malformed": {"FP-P2C-009": "case.json at /inputs/a: expected a dtype, found nothing"},
        "suites": {"frame": {"expected": 4, "total": 4, "ran": 4, "passed": 3, "failed": 1, "skipped": 0,
                             "not_evaluated": 0}},
        "lock_faults": [], "allowlist_faults": [], "threats": [],
        "ledger": {"rows": [], "faults": ["row 7: its hash is not that of its content"]},
        "sidecars": [{"artifact": "FP-P2C-001.report.json", "status": "ok", "proof": "not_attempted",
                      "proof_digest": "00ff"}]
    });
    serde_json::from_value(value).expect("a snapshot")
}

#[test]
fn every_link_leads_to_a_page() {
    let files = dashboard::site(&snapshot());
    let mut links = 0;
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".html")) {
        for href in text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let mut parts: Vec<&str> = path.split('/').collect();
            parts.pop();
            for part in href.split('/') {
                if part == ".." { parts.pop().map(drop).expect("inside the site") } else { parts.push(part) }
            }
            assert!(files.contains_key(&parts.join("/")), "{path} links to {href}");
            links += 1;
        }
    }
    assert!(links > 30, "{links}");
}

#[test]
fn each_case_has_its_page_and_no_id_leads_out_of_the_folder() {
    let files = dashboard::site(&snapshot());
    let paths: BTreeSet<&str> = files.keys().map(String::as_str).collect();
    for path in [
        "conformance.html",
        "packets/FP-P2C-001.html",
        "packets/FP-P2C-001/cases/align_2f_outer.html",
        "packets/FP-P2C-001/cases/_2e..html",
        "mismatches/FP-P2C-001/align_2f_outer/strict.html",
        "ledger.html",
        "sidecars.html",
        "api/v1/conformance.json",
    ] {
        assert!(paths.contains(path), "{path} in {paths:?}");
    }
    assert!(paths.iter().all(|path| !path.split('/').any(|part| part == ".." || part.is_empty())));
}

#[test]
fn pages_run_nothing_and_write_out_what_attacks() {
    for (path, text) in dashboard::site(&snapshot()) {
        if path.ends_with(".html") {
            assert!(text.contains("default-src 'none'; style-src 'sha256-"), "{path}");
            assert!(!text.contains("<script") && !text.contains("style=\""), "{path}");
        }
        assert!(!text.contains(['\u{1b}', '\u{7}']), "{path}");
    }
    let site = dashboard::site(&snapshot());
    let mismatch = &site["mismatches/FP-P2C-001/align_2f_outer/strict.html"];
    for shown in
        ["\\x1b]0;owned\\x07&lt;script&gt;", "3.5", "Expected", "lumen conformance replay FP-P2C-001/"]
    {
        assert!(mismatch.contains(shown), "{shown}");
    }
}

#[test]
fn what_was_not_evaluated_is_hatched_and_said() {
    let site = dashboard::site(&snapshot());
    let page = &site["conformance.html"];
    assert!(page.contains(
        "<td class=\"not_evaluated\" data-label=\"recorded, hardened\"><span class=\"mark not_evaluated\">not evaluated</span> no checks"
    ));
    assert!(
        dashboard::STYLE
            .contains("td.not_evaluated, .mark.not_evaluated { background: repeating-linear-gradient")
    );
    assert!(page.contains("1 of 2 pass, 1 fail") && page.contains("1 of 2 pass, 1 allowed"));
    assert!(page.contains("pandas 3.1.1") && page.contains("set by default"));
}

#[test]
fn a_packets_card_says_trend_and_proof_in_page_and_text() {
    let trend = "0 2 in earlier runs, oldest first; 1 in this one";
    let page = &dashboard::site(&snapshot())["conformance.html"];
    let text = dashboard::text(&snapshot(), 120);
    for shown in [trend, "ok, proof not attempted"] {
        assert!(page.contains(shown) && text.contains(shown), "{shown}");
    }
    assert!(page.contains("no earlier run"), "nothing is not a trend of zeros");
}

/// Page, JSON and terminal are drawn from one value: the JSON is that value.
#[test]
fn the_json_is_the_snapshot() {
    let site = dashboard::site(&snapshot());
    let read: Snapshot = serde_json::from_str(&site["api/v1/conformance.json"]).expect("a snapshot");
    assert_eq!(read, snapshot());
}

#[test]
fn the_terminal_shows_the_same_in_60_80_and_120_columns() {
    for (width, expected) in [
        (60, include_str!("text-60.txt")),
        (80, include_str!("text-80.txt")),
        (120, include_str!("text-120.txt")),
    ] {
        let text = dashboard::text(&snapshot(), width);
        assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
        assert!(text.is_ascii(), "{text}");
        assert_eq!(text, expected, "{width} columns:\n{text}");
    }
}
