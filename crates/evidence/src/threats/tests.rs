use super::*;

fn matrix(rows: &str) -> Result<Matrix, Malformed> {
    let open = |class: &ThreatClass| {
        let name = typed::to_json(class).as_str().unwrap_or_default().to_string();
        format!(
            "  - {{id: o-{name}, class: {name}, entry_point: e, abuse: a, strict: s, hardened: h, cases: [], open: w}}\n"
        )
    };
    let others: String =
        ThreatClass::ALL.iter().filter(|class| **class != ThreatClass::Ingest).map(open).collect();
    Matrix::parse(FILE, format!("threats: 1\nrows:\n{others}{rows}").as_bytes())
}

const ROW: &str = "  - {id: t, class: ingest, entry_point: read_csv, abuse: a, strict: error ParserError, \
    hardened: repaired a, cases: [P-1/c]}\n";

fn ran(strict: &str, hardened: &str) -> BTreeMap<(String, Mode), String> {
    let key = |mode| ("P-1/c".to_string(), mode);
    [(key(Mode::Strict), strict.to_string()), (key(Mode::Hardened), hardened.to_string())].into()
}

fn verdict(ran: &BTreeMap<(String, Mode), String>) -> Verdict {
    let results = matrix(ROW).expect("a matrix").evaluate(ran);
    results.iter().find(|result| result.id == "t").expect("the row").verdict
}

#[test]
fn a_row_passes_when_its_cases_ran_with_its_outcomes() {
    assert_eq!(verdict(&ran("error ParserError", "repaired a")), Verdict::Pass);
    // The name alone proves nothing.
    assert_eq!(verdict(&ran("value", "repaired a")), Verdict::Fail);
    assert_eq!(verdict(&ran("error ParserError", "error ParserError")), Verdict::Fail);
    assert_eq!(verdict(&BTreeMap::new()), Verdict::NotEvaluated);
}

#[test]
fn an_open_row_is_not_evaluated() {
    let results = matrix(ROW).expect("a matrix").evaluate(&ran("error ParserError", "repaired a"));
    let open = results.iter().filter(|result| result.verdict == Verdict::NotEvaluated).count();
    assert_eq!((results.len(), open), (11, 10));
}

#[test]
fn a_class_without_a_row_a_doubled_id_and_a_row_without_cases_are_refused() {
    assert!(matrix("").is_err());
    assert!(matrix(&format!("{ROW}{ROW}")).is_err());
    assert!(matrix(&ROW.replace("[P-1/c]", "[]")).is_err());
    assert!(matrix(&ROW.replace("ingest", "ingestion")).is_err());
}
