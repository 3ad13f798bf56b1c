use super::*;
use crate::compare::{Category, Drift, Level};
use crate::report::{Check, Repair};

const GATE: &str = r#"
gate: 1
packet: P-1
suite: frame
cases_min: 4
classes: {happy: 1, edge: 1, adversarial: 1}
sources: {oracle_min: 3}
strict: {failed_max: 1, minor_max: 1}
hardened: {failed_max: 0, allowed: [ingest.short_row], allowed_max_percent: "25.00"}
lanes: [recorded, live]
threads: [1, 2, 4]
release_blocking: true
"#;

fn checks(count: usize) -> Vec<Check> {
    let classes = [Class::Happy, Class::Edge, Class::Adversarial];
    let check = |n: usize, mode| Check {
        case: format!("c{n}"),
        mode,
        class: classes[n % 3],
        source: Origin::Oracle,
        status: Status::Pass,
        outcome: "value".into(),
        repairs: Vec::new(),
        drift: Vec::new(),
        reason: None,
    };
    (0..count).flat_map(|n| [check(n, Mode::Strict), check(n, Mode::Hardened)]).collect()
}

fn minor() -> Drift {
    let text = String::new;
    Drift {
        op: text(),
        category: Category::Error,
        level: Level::Minor,
        location: text(),
        expected: text(),
        found: text(),
    }
}

fn result(gate: Option<&str>, cases: usize, checks: Vec<Check>, threads: &[usize]) -> GateResult {
    let report = Report::new("P-1", "frame", Lane::Recorded, checks);
    let ids = (0..cases).map(|n| format!("c{n}")).collect();
    let subject = Subject { packet: "P-1", suite: "frame", cases: &ids, report: &report, threads };
    GateResult::of(gate.map(str::as_bytes), &subject, "digest")
}

/// The rules that do not pass, with the verdict.
fn judged(gate: &str, checks: Vec<Check>) -> (Verdict, Vec<String>) {
    let result = result(Some(gate), 4, checks, &[1, 2, 4]);
    (result.verdict, result.open().map(|rule| rule.rule.clone()).collect())
}

fn fails(rule: &str) -> (Verdict, Vec<String>) {
    (Verdict::Fail, vec![rule.to_string()])
}

#[test]
fn a_full_green_report_passes_and_shows_every_rule() {
    let result = result(Some(GATE), 4, checks(4), &[1, 2, 4]);
    assert_eq!(result.verdict, Verdict::Pass, "{:?}", result.rules);
    assert_eq!(result.rules.len(), 22);
    // As many rules are shown when everything is wrong.
    let wrong = GATE.replace("P-1", "P-2").replace("cases_min: 4", "cases_min: 400");
    assert_eq!(super::tests::result(Some(&wrong), 9, Vec::new(), &[]).rules.len(), 22);
}

#[test]
fn every_budget_holds_when_met_and_fails_when_exceeded_by_one() {
    let strict_failures = |count: usize| {
        let mut checks = checks(4);
        checks
            .iter_mut()
            .filter(|c| c.mode == Mode::Strict)
            .take(count)
            .for_each(|c| c.status = Status::Fail);
        judged(GATE, checks)
    };
    assert_eq!(strict_failures(1).0, Verdict::Pass);
    assert_eq!(strict_failures(2), fails("strict.failed_max"));
    let minors = |count: usize| {
        let mut checks = checks(4);
        checks[0].drift = vec![minor(); count];
        judged(GATE, checks)
    };
    assert_eq!(minors(1).0, Verdict::Pass);
    assert_eq!(minors(2), fails("strict.minor_max"));
    let mut hardened = checks(4);
    hardened[1].status = Status::Fail;
    assert_eq!(judged(GATE, hardened), fails("hardened.failed_max"));
    let allowed = |count: usize, category: &str| {
        let mut checks = checks(4);
        for check in checks.iter_mut().filter(|c| c.mode == Mode::Hardened).take(count) {
            check.status = Status::Allowed;
            check.repairs = vec![Repair { category: category.into(), count: 1 }];
        }
        judged(GATE, checks)
    };
    assert_eq!(allowed(1, "ingest.short_row").0, Verdict::Pass);
    assert_eq!(allowed(2, "ingest.short_row"), fails("hardened.allowed_max_percent"));
    assert_eq!(allowed(1, "ingest.other"), fails("hardened.allowed"));
    assert_eq!(judged(&GATE.replace("cases_min: 4", "cases_min: 5"), checks(4)), fails("cases_min"));
    assert_eq!(judged(&GATE.replace("happy: 1", "happy: 3"), checks(4)), fails("classes.happy"));
    assert_eq!(
        judged(&GATE.replace("oracle_min: 3", "oracle_min: 5"), checks(4)),
        fails("sources.oracle_min")
    );
    assert_eq!(judged(&GATE.replace("[recorded, live]", "[live]"), checks(4)), fails("lanes"));
}

#[test]
fn case_ids_are_equal_as_sets() {
    let one_gone = result(Some(GATE), 5, checks(4), &[1, 2, 4]);
    assert_eq!(
        one_gone.open().map(|rule| rule.found.as_str()).collect::<Vec<_>>(),
        ["4 cases, c4 is missing"]
    );
    let one_extra = result(Some(GATE), 4, checks(5), &[1, 2, 4]);
    assert_eq!(
        one_extra.open().map(|rule| rule.found.as_str()).collect::<Vec<_>>(),
        ["5 cases, c4 is extra"]
    );
}

#[test]
fn nothing_is_synthesised_for_a_gate_that_is_missing_or_misspelt() {
    assert_eq!(result(None, 4, checks(4), &[1, 2, 4]).verdict, Verdict::Fail);
    let doubled = format!("{GATE}cases_min: 1\n");
    let wrong = [
        GATE.replace("cases_min", "case_min"),
        GATE.replace("failed_max: 1", "failed_max: 1, extra: 2"),
        GATE.replace("release_blocking: true", ""),
        GATE.replace("\"25.00\"", "25"),
        GATE.replace("\"25.00\"", "\"100.01\""),
        GATE.replace("gate: 1", "gate: 2"),
        GATE.replace("[1, 2, 4]", "[0]"),
        GATE.replace("cases_min: 4", "cases_min: -4"),
        doubled,
        String::new(),
    ];
    for gate in &wrong {
        let (verdict, rules) = judged(gate, checks(4));
        assert_eq!((verdict, rules.as_slice()), (Verdict::Fail, &["gate".to_string()][..]), "{gate}");
    }
    // A gate of another packet.
    assert_eq!(judged(&GATE.replace("P-1", "P-2"), checks(4)), fails("packet"));
}

#[test]
fn too_little_evidence_is_not_evaluated() {
    let fewer_threads = result(Some(GATE), 4, checks(4), &[1]);
    assert_eq!(fewer_threads.verdict, Verdict::NotEvaluated);
    let one_mode: Vec<Check> = checks(4).into_iter().filter(|check| check.mode == Mode::Strict).collect();
    assert_eq!(judged(GATE, one_mode), (Verdict::NotEvaluated, vec!["hardened.ran".into()]));
    let mut no_oracle = checks(4);
    no_oracle[0].status = Status::NotEvaluated;
    assert_eq!(judged(GATE, no_oracle), (Verdict::NotEvaluated, vec!["evaluated".into()]));
    let nothing = GATE.replace(": 1,", ": 0,").replace("adversarial: 1", "adversarial: 0");
    let nothing = nothing.replace("oracle_min: 3", "oracle_min: 0");
    assert_eq!(result(Some(&nothing), 0, Vec::new(), &[1, 2, 4]).verdict, Verdict::NotEvaluated);
}

#[test]
fn percentages_are_integers() {
    // 1 of 100 is 1.00 %, 2 of 199 is more.
    let one = Percent::parse("1.00").expect("a percentage");
    assert!(one.holds(1, 100) && !one.holds(2, 199) && one.holds(0, 0) && !one.holds(u64::MAX, u64::MAX));
    assert_eq!(one.to_string(), "1.00 %");
    for wrong in ["1", "1.0", "1.000", "-1.00", "100.01", "1e1.00", " 1.00", "0001.00", ".00"] {
        assert!(Percent::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_suite_is_green_when_everything_expected_ran() {
    let report = Report::new("P-1", "frame", Lane::Live, checks(4));
    let count = |expected| SuiteCount::of([&report], &[("frame".to_string(), expected)].into())["frame"];
    assert!(count(8).is_green());
    assert!(!count(9).is_green() && !count(0).is_green());
    assert!(!SuiteCount::default().is_green());
    let mut retired = checks(4);
    retired[0].status = Status::Retired;
    let report = Report::new("P-1", "frame", Lane::Live, retired);
    assert!(!SuiteCount::of([&report], &[("frame".to_string(), 8)].into())["frame"].is_green());
}
