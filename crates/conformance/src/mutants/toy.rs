//! The ground in which mutants are planted: one small packet, its engine, and a reference that answers right.

use std::collections::{BTreeMap, BTreeSet};

use evidence::case::{Answer, Raised};
use evidence::compare::{Rule, Tolerance};
use evidence::gate::Verdict;
use evidence::hardened::{Allowance, Allowlist};
use evidence::json::Json;
use evidence::report::{Lane, Mode};
use evidence::value::Value;
use serde::Deserialize;
use serde_json::json;

use crate::call::{Call, Failure};
use crate::execute::Executor;
use crate::library::Library;
use crate::row::{Input, Kind, Params, Reference, Row};
use crate::runner::{Live, LiveAsk, PacketRun, Run, Settings};

pub(super) const PACKET: &str = "MU-001";

/// The most repairs of the toy's hardened mode.
pub(super) const BOUND: u64 = 2;

/// The packet's files and everything around them, to be changed before they are judged.
pub(super) struct Toy {
    pub packet: String,
    pub gate: Option<String>,
    pub cases: Vec<Json>,
    pub allowlist: Allowlist,
    pub echo: Executor,
    pub mend: Executor,
    pub lane: Lane,
    pub live: Option<Box<dyn Live>>,
}

const VALUE: &[Input] = &[Input::one("value", &[Kind::Any])];
const TEXT: &[Input] = &[Input::one("text", &[Kind::Text])];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Echo {}

/// Gives back its input, and fails where it is told to.
pub(super) fn echo(call: &Call<'_>) -> Result<Value, Failure> {
    match call.input("value")? {
        Value::Text(text) if text == "raise" => Err(Failure::raised("ValueError", "planted")),
        value => Ok(value.clone()),
    }
}

/// Takes exclamation marks off: a repair in hardened mode, an error in strict mode and beyond the bound.
pub(super) fn mend(call: &Call<'_>) -> Result<Value, Failure> {
    mend_within(call, BOUND, Some("toy.mark"))
}

/// The same with another bound, and logged under another category or not at all.
pub(super) fn mend_within(call: &Call<'_>, bound: u64, category: Option<&str>) -> Result<Value, Failure> {
    let text = call.text("text")?;
    let marks = text.matches('!').count() as u64;
    if marks > 0 && (call.mode() == Mode::Strict || marks > bound) {
        return Err(Failure::raised("ValueError", "a mark"));
    }
    if let Some(category) = category.filter(|_| marks > 0) {
        call.repaired(category, marks);
    }
    Ok(Value::Text(text.replace('!', "")))
}

fn case(id: &str, class: &str, op: &str, inputs: Json, expect: Json) -> Json {
    let source = json!({"oracle": {"name": "toy 1", "command": "none"}});
    json!({"id": id, "op": op, "class": class, "inputs": inputs, "params": {}, "expect": expect, "source": source})
}

fn echoed(id: &str, class: &str, value: Json) -> Json {
    let expect = json!({"value": value});
    case(id, class, "toy.echo", json!({"value": value}), expect)
}

fn mended(id: &str, text: &str, hardened: Option<&str>) -> Json {
    let expect = json!({"error": {"class": "ValueError", "message": "a mark"}});
    let inputs = json!({"text": {"kind": "text", "value": text}});
    let mut case = case(id, "adversarial", "toy.mend", inputs, expect);
    case["source"] = json!({"hand": "the toy's own rule"});
    if let Some(value) = hardened {
        case["hardened"] = json!({
            "expect": {"value": {"kind": "text", "value": value}}, "categories": ["toy.mark"], "spec": "the toy",
        });
    }
    case
}

impl Toy {
    /// The unharmed ground: green in both modes.
    pub fn new() -> Toy {
        let series = json!({"kind": "series", "name": "n",
            "index": {"type": "DatetimeIndex", "freq": "D", "name": null, "values":
                {"dtype": "datetime64[us]", "values": ["2026-01-01T00:00:00", "2026-01-02T00:00:00"]}},
            "values": {"dtype": "float64", "values": [1.5, null]}});
        let tensor = json!({"kind": "tensor", "dtype": "torch.float32", "shape": [2, 2], "strides": [2, 1],
            "offset": 0, "requires_grad": true, "values": [1.0, 2.0, 3.0, 4.0], "storage": "s"});
        let gradients = json!({"kind": "tree", "entries": [["gradients", {"kind": "tree", "items": [
            {"kind": "tensor", "dtype": "torch.float64", "shape": [2], "strides": [1], "offset": 0,
             "requires_grad": false, "values": [0.5, 0.25], "storage": "g"}]}]]});
        let objects =
            json!({"kind": "column", "dtype": "object", "values": [{"$": "None"}, {"$": "NaN"}, 1]});
        let raised = case(
            "error",
            "adversarial",
            "toy.echo",
            json!({"value": {"kind": "text", "value": "raise"}}),
            json!({"error": {"class": "ValueError", "message": "planted"}}),
        );
        let cases = vec![
            echoed("series", "happy", series),
            echoed("tensor", "edge", tensor),
            echoed("gradients", "edge", gradients),
            echoed("objects", "edge", objects),
            raised,
            mended("marks", "a!!", Some("a")),
            mended("marks-beyond", "a!!!", None),
        ];
        let row = |case: &Json| case["id"].as_str().unwrap_or_default().to_string();
        let ids: Vec<String> = cases.iter().map(row).collect();
        Toy {
            packet: format!(
                "packet: {PACKET}\ntitle: toy\nsuite: mutants\nscope: the ground of mutants\nnot_in_scope: []\n\
                 oracle: toy\nanchors: []\ncontract: [{{id: all, given: a, then: b, strict: c, hardened: d, \
                 boundary: e, uncertainty: f, cases: [{}]}}]\nfiles: [toy.json]\napi: [toy.echo(value), toy.mend(text)]\nsentinels: []\nrisks: []\n",
                ids.join(", ")
            ),
            gate: Some(format!(
                "gate: 1\npacket: {PACKET}\nsuite: mutants\ncases_min: {}\nclasses: {{happy: 1, edge: 3, \
                 adversarial: 3}}\nsources: {{oracle_min: 5, hand_min: 2}}\nstrict: {{failed_max: 0, minor_max: 0}}\n\
                 hardened: {{failed_max: 0, allowed: [toy.mark], allowed_max_percent: \"15.00\"}}\n\
                 lanes: [recorded, live]\nthreads: [1, 2, 4]\nrelease_blocking: true\n",
                ids.len()
            )),
            cases,
            allowlist: Allowlist {
                hardened: evidence::hardened::VERSION,
                repairs: vec![Allowance {
                    category: "toy.mark".into(),
                    packet: PACKET.into(),
                    repairs: "marks are taken off".into(),
                    bound: BOUND,
                    differs: "marks".into(),
                    beyond: "marks-beyond".into(),
                }],
            },
            echo,
            mend,
            lane: Lane::Recorded,
            live: None,
        }
    }

    /// A case by its id.
    pub fn case(&mut self, id: &str) -> &mut Json {
        let at = self.cases.iter().position(|case| case["id"] == id).unwrap_or(0);
        &mut self.cases[at]
    }

    /// Changes a place of a case's expectation.
    pub fn expect(&mut self, id: &str, pointer: &str, value: Json) {
        if let Some(place) = self.case(id).pointer_mut(pointer) {
            *place = value;
        }
    }

    /// Runs the packet.
    pub fn run(&mut self) -> Run {
        let cases = json!({"packet": PACKET, "cases": self.cases});
        let mut files = BTreeMap::from([
            (format!("toy/{PACKET}/packet.yaml"), self.packet.clone().into_bytes()),
            (format!("toy/{PACKET}/toy.json"), cases.to_string().into_bytes()),
        ]);
        files.extend(self.gate.clone().map(|gate| (format!("toy/{PACKET}/gate.yaml"), gate.into_bytes())));
        let rows = [
            Row {
                op: "toy.echo",
                reference: Reference::Pandas("toy.echo"),
                inputs: VALUE,
                params: Params::of::<Echo>(),
                run: self.echo,
                rule: Rule::Within(&[("float64", Tolerance { rtol: 1e-9, atol: 0.0 })]),
                hardened: &[],
                api: &["toy.echo"],
            },
            Row {
                op: "toy.mend",
                reference: Reference::Spec("the toy"),
                inputs: TEXT,
                params: Params::of::<Echo>(),
                run: self.mend,
                rule: Rule::Exact,
                hardened: &["toy.mark"],
                api: &["toy.mend"],
            },
        ];
        let find = |op: &str| rows.iter().find(|row| row.op == op);
        let toy = || "toy".to_string();
        let settings = Settings {
            lane: self.lane,
            allowlist: self.allowlist.clone(),
            command: toy(),
            environment: toy(),
            machine: toy(),
            ..Settings::new(&find)
        };
        let live: Option<&mut dyn Live> = match &mut self.live {
            Some(live) => Some(live.as_mut()),
            None => None,
        };
        Run::of(&Library::of(files), &BTreeSet::from([PACKET.to_string()]), &settings, live)
    }

    /// What is not green, if anything: the packet, its gate, its checks or the proof of the allowlist.
    pub fn red(mut self) -> Option<String> {
        let run = self.run();
        if let Some((_, trouble)) = run.troubles.first() {
            return Some(trouble.to_string());
        }
        let unproved = crate::verbs::unproved(&self.allowlist, &run, Mode::ALL);
        let Some(packet) = run.packets.first() else { return Some("nothing ran".into()) };
        match packet.gate.verdict {
            Verdict::Pass => unproved.into_iter().next(),
            _ => Some(first_fault(packet)),
        }
    }
}

fn first_fault(packet: &PacketRun) -> String {
    let check = packet.report.checks.iter().find_map(|check| {
        let why = check.drift.first().map(ToString::to_string).or_else(|| check.reason.clone())?;
        (check.status != evidence::report::Status::Pass).then_some(why)
    });
    let rule = packet.gate.open().next().map(|rule| format!("gate {}: {}", rule.rule, rule.found));
    match (check, rule) {
        (Some(check), Some(rule)) => format!("{rule}; {check}"),
        (check, rule) => check.or(rule).unwrap_or_default(),
    }
}

/// A reference that answers as the toy should.
pub(super) struct Faithful;

impl Faithful {
    pub fn answer(ask: &LiveAsk<'_>) -> Result<Answer, String> {
        let value = ask.inputs.get("value").cloned().ok_or("oracle_request: no input value")?;
        let result = match value {
            Value::Text(_) => Err(Raised { class: "ValueError".into(), message: "planted".into() }),
            value => Ok(value),
        };
        Ok(Answer { result, warnings: Vec::new() })
    }
}

impl Live for Faithful {
    fn name(&self, _: Reference) -> Result<String, String> {
        Ok("toy 1".into())
    }

    fn ask(&mut self, asks: &[LiveAsk<'_>]) -> Vec<Result<Answer, String>> {
        asks.iter().map(Faithful::answer).collect()
    }

    fn poison(&mut self, _: &LiveAsk<'_>) -> Result<bool, String> {
        Ok(true)
    }
}
