//! Bad input: a clear message with code, place and next step, the documented exit code, nothing lost.

use crate::{Project, code, text};

/// Runs a document beside a CSV file; gives exit code and everything said.
fn run(document: &str, csv: &[u8]) -> (i32, String) {
    let project = Project::with("a.lm.md", document);
    std::fs::write(project.folder.join("d.csv"), csv).expect("the data is written");
    let output = project.lumen(&["run", "a.lm.md"]);
    (code(&output), text(&output))
}

const TYPED: &str = "---\ninputs: {d: {file: d.csv}}\n---\n```lumen\nrecord R\n  name: String\n  size: Int\nend\nlet t = read_csv[R](inputs.d)\n```\n";

#[track_caller]
fn says(found: &(i32, String), exit: i32, parts: &[&str]) {
    assert_eq!(found.0, exit, "{}", found.1);
    for part in parts {
        assert!(found.1.contains(part), "no `{part}` in\n{}", found.1);
    }
}

#[test]
fn a_renamed_column_is_named_with_the_nearest_one() {
    says(&run(TYPED, b"name,sise\na,1\n"), 6, &["R0400", "'size'", "'sise'", "Did you mean", "a.lm.md:9"]);
}

#[test]
fn a_wrong_dtype_names_line_expected_and_found() {
    says(&run(TYPED, b"name,size\na,1\nb,many\n"), 6, &["'size'", "int64", "many", "line 3"]);
}

#[test]
fn a_ragged_file_gets_pandas_error() {
    says(&run(TYPED, b"name,size\na,1\nb,2,3\n"), 6, &["ParserError", "Expected 2 fields in line 3, saw 3"]);
}

#[test]
fn a_file_that_is_not_utf8_names_the_offset() {
    says(&run(TYPED, b"name,size\n\xff,1\n"), 6, &["UnicodeDecodeError"]);
}

#[test]
fn an_absent_input_is_named() {
    let project = Project::with("a.lm.md", TYPED);
    let output = project.lumen(&["run", "a.lm.md"]);
    says(&(code(&output), text(&output)), 6, &["R0701", "d.csv", "no such file"]);
}

#[test]
fn an_ungranted_effect_is_refused_with_the_line_to_add() {
    let found = run("```lumen\nlet t = read_text(\"d.csv\")\n```\n", b"x");
    assert_ne!(found.0, 0, "{}", found.1);
    assert!(found.1.contains("grant fs.read"), "{}", found.1);
}

#[test]
fn a_document_without_code_says_so() {
    says(&run("# Only prose\n", b""), 1, &["E0600", "no code"]);
}

#[test]
fn an_unknown_document_and_an_unknown_verb_are_usage_errors() {
    let project = Project::with("a.lm.md", "x");
    let absent = project.lumen(&["run", "b.lm.md"]);
    says(&(code(&absent), text(&absent)), 2, &["b.lm.md", "not there"]);
    assert_eq!(code(&project.lumen(&["fly"])), 2);
    let template = project.lumen(&["new", "penguin"]);
    says(&(code(&template), text(&template)), 2, &["Did you mean `penguins`?"]);
}

#[test]
fn a_cyclic_import_shows_the_chain() {
    let project = Project::with("a.lm", "import b\nlet x = 1\n");
    std::fs::write(project.folder.join("b.lm"), "import a\n").expect("written");
    let output = project.lumen(&["check", "a.lm"]);
    says(&(code(&output), text(&output)), 1, &["E0122", "a.lm imports b.lm imports a.lm"]);
}

#[test]
fn a_second_process_on_the_same_run_is_told() {
    let project = Project::with("a.lm", "let x = 1\n");
    assert_eq!(code(&project.lumen(&["run", "a.lm"])), 0);
    let resume = project.lumen(&["resume"]);
    says(&(code(&resume), text(&resume)), 2, &["already complete"]);
}

#[test]
fn a_log_of_a_newer_format_is_refused() {
    let project = Project::with("a.lm", "let x = 1\n");
    assert_eq!(code(&project.lumen(&["run", "a.lm"])), 0);
    let format = project.last_run().join("FORMAT");
    let mut bytes = std::fs::read(&format).expect("read");
    for byte in &mut bytes {
        *byte = byte.wrapping_add(1);
    }
    std::fs::write(&format, bytes).expect("written");
    let verify = project.lumen(&["verify"]);
    assert!([4, 5].contains(&code(&verify)), "{}", text(&verify));
}

const CONSTRAINED: &str = "---\ninputs: {d: {file: d.csv}}\n---\n```lumen\nenum Kind\n  Small\n  Large\nend\nrecord R\n  name: String where len(name) > 0\n  kind: Kind\n  @column(\"Size: mm\") size: Float? where size == null or (size > 0.0 and (kind == Large or size < 9.0))\nend\nlet t = read_csv[R](inputs.d)\nlen(t)\n```\n```output\n2\n```\n";

#[test]
fn a_row_that_a_constraint_refuses_is_named() {
    says(&run(CONSTRAINED, b"name,kind,Size: mm\na,Small,\nb,Large,20\n"), 0, &[]);
    says(
        &run(CONSTRAINED, b"name,kind,Size: mm\na,Small,2\nb,Small,20\n"),
        6,
        &["R0301", "row 2, column 'Size: mm': R.size: 20.0 violates `size == null or", "a.lm.md:14"],
    );
    says(&run(CONSTRAINED, b"name,kind,Size: mm\na,Small,-1\n"), 6, &["row 1", "-1.0"]);
}

#[test]
fn what_a_program_removes_is_gone_once() {
    let program = "grant fs.read path \"d**\"\ngrant fs.write path \"d**\"\n\
                   mkdir(\"d\")\nwrite_text(\"d/a.txt\", \"x\")\nremove(\"d/a.txt\")\n\
                   print(exists(\"d/a.txt\"), remove.try(\"d/a.txt\").is_err())\nremove(\"d\")\nlet left = exists(\"d\")\nprint(left)\n";
    let project = Project::with("a.lm", program);
    let output = project.lumen(&["run", "a.lm"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "false true\nfalse\n", "{}", text(&output));
    assert_eq!(code(&project.lumen(&["verify"])), 0);
    let full = "grant fs.write path \"**\"\nmkdir(\"e\")\nwrite_text(\"e/a\", \"x\")\nremove(\"e\")\n";
    std::fs::write(project.folder.join("a.lm"), full).expect("written");
    let output = project.lumen(&["run", "a.lm"]);
    assert!(code(&output) == 6 && text(&output).contains("cannot remove `e`"), "{}", text(&output));
    let other = "grant fs.write path \"d**\"\nremove(\"e/a\")\n";
    std::fs::write(project.folder.join("a.lm"), other).expect("written");
    let output = project.lumen(&["run", "a.lm"]);
    assert!(code(&output) == 7 && project.folder.join("e/a").exists(), "{}", text(&output));
}

#[test]
fn a_cell_is_called_instead_of_main() {
    let program = "cell main() -> Int = 1\ncell other() -> Int\n  print(\"other\")\n  2\nend\ncell add(a: Int) -> Int = a\n";
    let project = Project::with("a.lm", program);
    let output = project.lumen(&["run", "--cell", "other", "--print-result", "a.lm"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "other\n\n2\n", "{}", text(&output));
    let output = project.lumen(&["verify"]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    let output = project.lumen(&["run", "--cell", "other", "a.lm"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "other\n", "{}", text(&output));
    let runs = || std::fs::read_dir(project.folder.join(".lumen/runs")).map_or(0, Iterator::count);
    let before = runs();
    for (cell, part) in [("othr", "Did you mean `other`?"), ("add", "it takes 1 parameter")] {
        let said = project.lumen(&["run", "--cell", cell, "a.lm"]);
        assert!(
            code(&said) == 2 && text(&said).contains("E0702") && text(&said).contains(part),
            "{}",
            text(&said)
        );
    }
    std::fs::write(project.folder.join("b.lm"), "let a = 1\ncell f() -> Int = a\n").expect("written");
    let said = project.lumen(&["run", "--cell", "f", "b.lm"]);
    assert!(code(&said) == 2 && text(&said).contains("the file has statements"), "{}", text(&said));
    assert_eq!(runs(), before, "what is refused leaves no run");
}
