use super::*;

const CASE: &str = r#"{"class":"edge","expect":{"value":{"dtype":"int64","kind":"column","values":[2]},"warnings":[{"class":"FutureWarning","pattern":"* will *"}]},"hardened":{"categories":["cut"],"expect":{"error":{"class":"ValueError","message":"no"}},"spec":"files 3"},"id":"add-001","inputs":{"self":{"dtype":"int64","kind":"column","values":[1]}},"op":"series.add","params":{"fill_value":null},"retired":{"reason":"twice","since":"0.2"},"source":{"oracle":{"command":"accept FP-P2C-001","name":"pandas 3.1.1"}}}"#;

fn read(cases: &str) -> Result<CaseFile, Malformed> {
    CaseFile::parse("c.json", format!(r#"{{"packet":"P","cases":[{cases}]}}"#).as_bytes())
}

#[track_caller]
fn refuse(case: &str, pointer: &str, words: &str) {
    let error = read(case).map(|file| file.to_text()).unwrap_err();
    assert_eq!(error.pointer, format!("/cases/0{pointer}"), "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn a_case_reads_back_as_written() {
    let file = read(CASE).unwrap();
    assert_eq!(file.to_text(), format!("{{\"packet\":\"P\",\"cases\":[\n{CASE}\n]}}\n"));
    assert_eq!(CaseFile::parse("c.json", file.to_text().as_bytes()), Ok(file));
}

#[test]
fn what_is_missing_or_unknown_is_named() {
    refuse(&CASE.replace(r#""id":"add-001","#, ""), "", "the key \"id\"");
    refuse(&CASE.replace(r#""retired""#, r#""retried""#), "/retried", "unknown key");
    refuse(&CASE.replace("\"edge\"", "\"egde\""), "/class", "adversarial");
    refuse(&CASE.replace("add-001", "../add"), "/id", "letters");
    refuse(&CASE.replace("add-001", ".."), "/id", "letters");
    refuse(&CASE.replace(r#""fill_value":null"#, r#""n":9007199254740993"#), "/params/n", "2^53");
    refuse(&CASE.replace(r#"["cut"]"#, "[]"), "/hardened/categories", "at least one");
    refuse(
        &CASE.replace(r#"{"oracle":{"command""#, r#"{"hand":"x","oracle":{"command""#),
        "/source",
        "one key",
    );
    refuse(
        &CASE.replace(r#""pattern":"* will *""#, r#""pattern":"*""#),
        "/expect/warnings/0/pattern",
        "words",
    );
    refuse(&CASE.replace(r#""message":"no""#, ""), "/hardened/expect/error", "");
    refuse(&CASE.replacen(r#""value":{"#, r#""digest":"0","value":{"#, 1), "/expect", "one key");
}

#[test]
fn ids_are_unique_and_files_are_small() {
    let error = read(&format!("{CASE},{CASE}")).unwrap_err();
    assert_eq!((error.pointer.as_str(), error.found.as_str()), ("/cases/1/id", "\"add-001\" again"));
    assert_eq!(read("").unwrap_err().expected, "at least one case");
    let long = " ".repeat(CASE_FILE_BYTES_MAX + 1);
    assert!(CaseFile::parse("c.json", long.as_bytes()).unwrap_err().expected.contains("262144"));
}

#[test]
fn a_seed_from_the_commit_has_no_recorded_expectation() {
    let recipe = r#"{"generate":{"kind":"series","seed":"commit","rows":3,"columns":[{"name":null,"dtype":"int64","missing":0,"distinct":2,"order":"random"}]}}"#;
    let generated = CASE.replace(r#"{"dtype":"int64","kind":"column","values":[1]}"#, recipe);
    refuse(&generated, "/expect", "the seed is the commit");
    let live = |case: &str| {
        case.replacen(r#""value":{"dtype":"int64","kind":"column","values":[2]}"#, r#""live":true"#, 1)
    };
    let case = read(&live(&generated)).unwrap().cases.remove(0);
    assert_eq!(case.recipes().next().map(|recipe| recipe.seed), Some(Seed::Commit));
    refuse(&live(CASE), "/expect", "no seed is the commit");
}

#[test]
fn inputs_that_share_a_storage_agree_on_it() {
    let tensor = |cell: u8| {
        format!(
            r#"{{"dtype":"torch.int64","kind":"tensor","offset":0,"requires_grad":false,"shape":[1],"storage":"s","strides":[1],"values":[{cell}]}}"#
        )
    };
    let inputs = |a: u8, b: u8| {
        let from = r#""inputs":{"self":{"dtype":"int64","kind":"column","values":[1]}}"#;
        CASE.replace(from, &format!(r#""inputs":{{"other":{},"self":{}}}"#, tensor(a), tensor(b)))
    };
    assert!(read(&inputs(1, 1)).is_ok());
    refuse(&inputs(1, 2), "/inputs/self", "two named \"s\"");
}

#[test]
fn a_pattern_matches_a_whole_text() {
    for (pattern, text, matches) in [
        ("abc", "abc", true),
        ("abc", "abcd", false),
        ("a*c", "abbc", true),
        ("a*c", "abcb", false),
        ("*b*b*", "ab", false),
        ("*b*b*", "abab", true),
        ("a*a", "a", false),
        (r"a\*", "a*", true),
        (r"a\*", "ab", false),
        ("", "", true),
    ] {
        assert_eq!(Pattern::new(pattern).matches(text), matches, "{pattern} {text}");
    }
}

#[test]
fn markdown_and_faulty_sources_are_cases() {
    let text = "# Title\n\n## A name, further\nClass: edge\nSource: spec (Numbers)\n```lumen\nlet a = 1 # error: E0001 \"one\"\n```\n\
        ```output\n1\n```\n";
    let file = CaseFile::parse("language/LU-009/a.md", text.as_bytes()).unwrap();
    assert_eq!(file.packet, "LU-009");
    let found: Vec<_> =
        file.cases.iter().map(|case| (case.id.as_str(), case.op.as_str(), case.class)).collect();
    let expected = [("a-name-further", "language.check"), ("a-name-further-run", "language.run")];
    assert_eq!(found, expected.map(|(id, op)| (id, op, Class::Edge)));
    let shown = file.cases[0].expect.to_json().to_string();
    assert!(shown.contains(r#"main.lm:1 error E0001 \"one\""#), "{shown}");

    let faulty = b"# fixable\nlet a = (  # error: E0012\n# error-at 9: E0002\nlet b = # error: E0010\n";
    let case = CaseFile::parse("language/LU-009/open.lm", faulty).unwrap().cases.remove(0);
    assert_eq!((case.id.as_str(), case.op.as_str()), ("open", "language.recover"));
    let shown = case.expect.to_json().to_string();
    assert!(shown.contains("2 E0012") && shown.contains("9 E0002"), "{shown}");

    let mended = "## open\nClass: edge\nSource: spec\n```lumen\nlet a = ( # error: E0012\nlet b = [ # error: E0012\n\
        let c = { # error: E0012\n```\n```fixed\nlet a = 1\n```\n";
    let cases = CaseFile::parse("language/LU-009/b.md", mended.as_bytes()).unwrap().cases;
    let found: Vec<_> = cases.iter().map(|case| (case.id.as_str(), case.op.as_str())).collect();
    assert_eq!(found, [("open", "language.recover"), ("open-fixed", "language.mend")]);
    assert!(cases[0].expect.to_json().to_string().contains("3 E0012"));
    assert!(cases[1].expect.to_json().to_string().contains(r"let a = 1\n"));

    let refused = |name: &str, text: &str, part: &str| {
        let error = CaseFile::parse(&format!("language/LU-009/{name}"), text.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    };
    refused("a.md", &text.replace("Class: edge\n", ""), "Class");
    refused("a.md", &text.replace("Source: spec (Numbers)\n", ""), "Source");
    refused("a.md", &text.replace("output", "outptu"), "outptu");
    refused("a.md", &format!("{text}{text}"), "a-name-further");
    refused("a.md", "## empty\nClass: edge\nSource: hand\n```lumen\n1\n```\n", "expects");
    refused("a.md", text.trim_end_matches("```\n"), "the end of a fence");
    refused("b.md", &mended.replace("let b = [ # error: E0012\n", ""), "at least 3");
    refused("a.lm", "let a = (  # error: E0012\nlet b = # error: E0010\n", "at least 3");
}
