//! What the fences of a document promise is held: the codes of a faulty one, the output behind one.

use crate::{Project, code, text};

fn run(document: &str) -> (i32, String) {
    let output = Project::with("a.lm.md", document).lumen(&["run", "a.lm.md"]);
    (code(&output), text(&output))
}

fn check(document: &str) -> (i32, String) {
    let output = Project::with("a.lm.md", document).lumen(&["check", "a.lm.md"]);
    (code(&output), text(&output))
}

#[test]
fn a_faulty_fence_gives_exactly_its_codes() {
    let with = |info: &str, code: &str| {
        check(&format!("```lumen\nlet size = 3\n```\n```lumen {info}\n{code}\n```\n"))
    };
    // It sees what the document defines, and its own names stay outside.
    assert_eq!(with("error=E0200", "let name: String = size").0, 0);
    assert_eq!(with("error=E0130", "let size = 4").0, 0);
    assert_eq!(with("error=E0010", "let name =").0, 0);
    assert_eq!(with("error=E0200,W0214", "cell f(x) -> Int = 1\nlet name: String = f(1)").0, 0);
    assert_eq!(with("error=E0121", "import nowhere").0, 0);
    let one_of_two = with("error=E0200", "let name: String = size\nlet other = nam");
    assert!(
        one_of_two.0 == 1
            && one_of_two.1.contains("gives E0200, E0201")
            && one_of_two.1.contains("a.lm.md:4"),
        "{one_of_two:?}"
    );
    let too_few = with("error=E0200,E0204", "let name: String = size");
    assert!(too_few.1.contains("must give exactly E0200, E0204, and gives E0200"), "{too_few:?}");
    let none = with("error=E0200", "let name: Int = size");
    assert!(none.0 == 1 && none.1.contains("gives nothing"), "{none:?}");
    let no_code = with("error=200", "let name: String = size");
    assert!(no_code.0 == 1 && no_code.1.contains("E0602"), "{no_code:?}");
}

const COUNTED: &str = "---\nseed: 1\n---\n```lumen first\nprint(\"a\")\nlet xs = [1, 2]\nprint(xs)\nlen(xs)\n```\n```output\na\n[1, 2]\n3\n```\n\nText.\n";

#[test]
fn an_output_that_differs_is_shown_and_can_be_rewritten() {
    let project = Project::with("a.lm.md", COUNTED);
    for _ in 0..2 {
        // The second run takes the fence's nodes from the first.
        let output = project.lumen(&["run", "a.lm.md"]);
        let said = text(&output);
        assert_eq!(code(&output), 1, "{said}");
        for part in ["E0607", "a.lm.md:10", "- 3", "+ 2", "--update"] {
            assert!(said.contains(part), "no `{part}` in\n{said}");
        }
    }
    let update = project.lumen(&["run", "--update", "a.lm.md"]);
    assert_eq!(code(&update), 0, "{}", text(&update));
    let now = std::fs::read_to_string(project.folder.join("a.lm.md")).expect("read");
    assert_eq!(now, COUNTED.replace("3\n```", "2\n```"));
    assert_eq!(code(&project.lumen(&["run", "a.lm.md"])), 0);
    assert_eq!(code(&project.lumen(&["verify"])), 0);
}

#[test]
fn an_output_with_backticks_gets_longer_marks() {
    let project = Project::with("a.lm.md", "```lumen\nprint(\"```\")\n```\n```output\n```\n");
    assert_eq!(code(&project.lumen(&["run", "--update", "--no-record", "a.lm.md"])), 0);
    let now = std::fs::read_to_string(project.folder.join("a.lm.md")).expect("read");
    assert!(now.ends_with("````output\n```\n````\n"), "{now}");
    assert_eq!(code(&project.lumen(&["run", "a.lm.md"])), 0);
}

#[test]
fn the_output_of_main_stands_behind_its_fence() {
    let document = |said: &str| {
        format!("```lumen\ncell main() -> Int\n  print(1)\n  2\nend\n```\n```output\n{said}\n```\n")
    };
    assert_eq!(run(&document("1")).0, 0);
    assert_eq!(run(&document("1\n2")).0, 1);
}

#[test]
fn a_fault_comes_before_a_difference() {
    let found = run("```lumen\nprint([1][4])\n```\n```output\n1\n```\n");
    assert!(found.0 == 6 && !found.1.contains("E0607"), "{found:?}");
}

#[test]
fn a_number_that_a_result_prints_can_be_bound_to_it() {
    let document = "```lumen\nlet total = 42\nlet other = 42.0\n```\nIt is 42, not 43.\n";
    let project = crate::Project::with("a.lm.md", document);
    let fixes = || {
        let said = project.lumen(&["check", "--json", "a.lm.md"]);
        let found: serde_json::Value = serde_json::from_slice(&said.stdout).expect("JSON");
        let texts = found["diagnostics"].as_array().expect("a list").iter().map(|found| {
            let fixes = found["fixes"].as_array().expect("a list").iter();
            fixes.map(|fix| fix["edits"][0]["text"].as_str().expect("a text").to_string()).collect::<Vec<_>>()
        });
        texts.collect::<Vec<_>>()
    };
    // Nobody knows before a run.
    assert_eq!(fixes(), [Vec::<String>::new(), Vec::new()]);
    assert_eq!(crate::code(&project.lumen(&["run", "a.lm.md"])), 0);
    assert_eq!(fixes(), [vec!["`{lumen} total`".to_string()], Vec::new()]);
}
