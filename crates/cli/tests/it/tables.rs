//! Tables as a user's program meets them. What it prints is what pandas 3.1 prints for the same calls, unless said.

use crate::{Project, code, text};

fn run(program: &str) -> String {
    let project = Project::with("a.lm", program);
    let output = project.lumen(&["run", "--no-record", "a.lm"]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const FRAME: &str = "let f = Frame(kind: [\"a\", \"b\", \"a\"], size: [1, 2, 3], speed: [0.5, 1.5, 2.5])\nlet n = f[[\"size\", \"speed\"]]\n";

#[track_caller]
fn prints(expression: &str, expected: &str) {
    let found = run(&format!("{FRAME}print({expression})\n"));
    assert_eq!(found.trim_end(), expected.trim_matches('\n'), "{expression}");
}

#[test]
fn frames_are_aggregated_by_name_list_and_map() {
    prints("n.agg({\"size\": \"sum\", \"speed\": \"mean\"})", "size     6.0\nspeed    1.5\ndtype: float64");
    prints("n.agg(\"max\")", "size     3.0\nspeed    2.5\ndtype: float64");
    prints("f.agg({\"kind\": \"max\", \"size\": \"sum\"})", "kind    b\nsize    6\ndtype: object");
    prints("f.groupby(\"kind\")[\"size\"].agg(\"sum\")", "kind\na    4\nb    2\nName: size, dtype: int64");
    let by_map = "
      size  speed
kind             
a        4    1.5
b        2    1.5";
    prints("f.groupby(\"kind\").agg({\"size\": \"sum\", \"speed\": \"mean\"})", by_map);
    let by_list = "
     size     speed     
      min max   min  max
kind                    
a       1   3   0.5  2.5
b       2   2   1.5  1.5";
    prints("f.groupby(\"kind\").agg([\"min\", \"max\"])", by_list);
}

#[test]
fn groups_give_rows_and_running_values_of_one_column_or_of_all() {
    prints("f.groupby(\"kind\").cumsum()", "   size  speed\n0     1    0.5\n1     2    1.5\n2     4    3.0");
    prints("f.groupby(\"kind\").rank()", "   size  speed\n0   1.0    1.0\n1   1.0    1.0\n2   2.0    2.0");
    prints("f.groupby(\"kind\")[\"speed\"].head(1)", "0    0.5\n1    1.5\nName: speed, dtype: float64");
    prints("f.groupby(\"kind\")[\"speed\"].tail(1).sum()", "4.0");
    prints("f.groupby(\"kind\")[[\"size\"]].tail(1)", "   size\n1     2\n2     3");
    prints(
        "f.replace({\"kind\": \"a\", \"size\": 3}, 9).head(1)",
        "  kind  size  speed\n0    9     1    0.5",
    );
}

#[test]
fn an_aggregation_is_held_against_the_columns() {
    let check = |call: &str| {
        let output = Project::with("a.lm", &format!("{FRAME}let x = {call}\n")).lumen(&["check", "a.lm"]);
        (code(&output), text(&output))
    };
    let (exit, said) = check("f.agg({\"sise\": \"sum\"})");
    assert!(exit == 1 && said.contains("E0401") && said.contains("`size`"), "{said}");
    let (exit, said) = check("f.agg({\"size\": \"summ\"})");
    assert!(exit == 1 && said.contains("E0402") && said.contains("`sum`"), "{said}");
    let (exit, said) = check("f.groupby(\"kind\").agg({\"kind\": \"mean\"})");
    assert!(exit == 1 && said.contains("E0402") && said.contains("needs numbers"), "{said}");
}

#[test]
fn frames_are_operands_of_each_other() {
    prints("n * n", "   size  speed\n0     1   0.25\n1     4   2.25\n2     9   6.25");
    prints("n - n.agg(\"max\")", "   size  speed\n0  -2.0   -2.0\n1  -1.0   -1.0\n2   0.0    0.0");
    prints("10 - n", "   size  speed\n0     9    9.5\n1     8    8.5\n2     7    7.5");
}

#[test]
fn intervals_without_labels_show_their_edges() {
    prints("cut(f.speed, 2).to_list()", "[\"(0.498, 1.5]\", \"(0.498, 1.5]\", \"(1.5, 2.5]\"]");
    prints("cut(f[\"size\"], [0, 1, 3]).to_list()", "[\"(0, 1]\", \"(1, 3]\", \"(1, 3]\"]");
    prints("qcut(f.speed, 2).to_list()", "[\"(0.499, 1.5]\", \"(0.499, 1.5]\", \"(1.5, 2.5]\"]");
    // pandas prints these two as floats, [1.0, 2.0): a missing one makes them so. The edges are whole all the same.
    prints("cut(f[\"size\"], [1, 2, 3], right: false).to_list()", "[\"[1, 2)\", \"[2, 3)\", null]");
    prints(
        "cut(f[\"size\"], [1, 2, 3], include_lowest: true).to_list()",
        "[\"(0.999, 2.0]\", \"(0.999, 2.0]\", \"(2.0, 3.0]\"]",
    );
    prints(
        "cut(Series([0.00012, 0.5]), [0.0001, 0.00011, 0.00012, 1.0]).to_list()",
        "[\"(0.00011, 0.00012]\", \"(0.00012, 1.0]\"]",
    );
    // Three digits are too few to tell these edges apart.
    prints(
        "cut(Series([0.1, 0.1234568]), [0.0, 0.1234567, 0.1234568, 1.0]).to_list()",
        "[\"(0.0, 0.1234567]\", \"(0.1234567, 0.1234568]\"]",
    );
}

const TYPED: &str = "\
grant fs.read path [\"*.json\", \"*.jsonl\"]
grant fs.write path [\"*.json\", \"*.jsonl\"]
enum Kind
  Small
  Large
end
record Row
  @column(\"the id\") id: Int
  kind: Kind
  speed: Float?
  at: DateTime
  size: Int where size > 0
end
";

#[test]
fn json_tables_come_back_as_they_were_written() {
    let program = "
let rows = read_json[Row](\"in.json\")
write_json(\"out.jsonl\", rows, lines: true)
let plain = read_json(\"out.jsonl\", lines: true)
write_json(\"list.json\", [1, 2])
let list = read_text(\"list.json\")
";
    let project = Project::with("a.lm", &format!("{TYPED}{program}print(rows)\nprint(plain.kind, list)\n"));
    let input = r#"[{"the id": 7, "kind": "Large", "speed": 1, "at": "2024-05-01T10:00:00", "size": 3},
        {"the id": 8, "kind": "Small", "speed": null, "at": "2024-05-02T00:00:00", "size": 12345678901}]"#;
    std::fs::write(project.folder.join("in.json"), input).expect("written");
    let output = project.lumen(&["run", "a.lm"]);
    let said = text(&output);
    assert_eq!(code(&output), 0, "{said}");
    // hand
    assert!(said.contains("0   7  Large    1.0 2024-05-01 10:00:00            3"), "{said}");
    assert!(said.contains("[1,2]"), "{said}");
    let lines = std::fs::read_to_string(project.folder.join("out.jsonl")).expect("written");
    let (first, second) = lines.split_once('\n').expect("two lines");
    assert_eq!(first, r#"{"id":7,"kind":"Large","speed":1.0,"at":"2024-05-01T10:00:00Z","size":3}"#);
    assert!(second.contains(r#""speed":null"#) && second.ends_with("}\n"), "{second}");
    // Its input is part of the run, and it comes out the same again.
    assert_eq!(code(&project.lumen(&["verify"])), 0);
    let why = text(&project.lumen(&["why", "rows"]));
    assert!(why.contains("in.json") && why.contains("sha256"), "{why}");
}

#[test]
fn a_json_table_that_does_not_fit_says_where() {
    let read = |call: &str, json: &str| {
        let project = Project::with("a.lm", &format!("{TYPED}let rows = {call}\n"));
        std::fs::write(project.folder.join("in.json"), json).expect("written");
        let output = project.lumen(&["run", "a.lm"]);
        assert_eq!(code(&output), 6, "{}", text(&output));
        text(&output)
    };
    let row = |id: &str, size: &str, more: &str| {
        format!(
            r#"{{"the id": {id}, "kind": "Small", "speed": 1.5, "at": "2024-05-02", "size": {size}{more}}}"#
        )
    };
    let typed = "read_json[Row](\"in.json\")";
    let (good, bad) = (row("1", "1", ""), row("\"x\"", "null", r#", "other": 1"#));
    let said = read(typed, &format!("[{good}, {bad}, {bad}]"));
    for part in [
        "R0400",
        "column 'the id': expected int64, found \"x\" in row 2 (2 such cells)",
        "column 'size': expected int64, found none in row 2 (2 such cells)",
        "column 'other' is in the file but not in the record type",
        "extra: \"drop\"",
    ] {
        assert!(said.contains(part), "no `{part}` in\n{said}");
    }
    let said = read(typed, &format!("[{good}, {}]", row("1", "0", "")));
    assert!(said.contains("row 2, column 'size'"), "{said}");
    let lines = "read_json(\"in.json\", lines: true)";
    assert!(read(lines, &format!("{good}\n\n{{\"a\": }}\n")).contains("line 3 is no JSON"), "");
    assert!(read(lines, &format!("{good}\n[1]\n")).contains("expected an object in line 2"), "");
    let said = read("read_json(\"in.json\")", "{\"a\": 1}");
    assert!(said.contains("expected an array of objects") && said.contains("json_parse"), "{said}");
    let said = read("read_json(\"in.json\", orient: \"columns\")", "[]");
    assert!(said.contains("R0126") && said.contains("\"records\""), "{said}");
    let said = read("read_json(\"in.json\")", "[{\"a\": {\"b\": 1}}]");
    assert!(said.contains("column 'a': an object in row 1"), "{said}");
}

#[test]
fn an_untyped_json_table_is_what_its_cells_are() {
    let project = Project::with(
        "a.lm",
        "grant fs.read path [\"*.json\"]\nlet t = read_json(\"in.json\")\n\
         for name in t.columns\n  print(name, t[name].dtype)\nend\n",
    );
    let input = r#"[{"a": 1, "b": "1"}, {"b": null, "c": 0.1}, {"a": 3, "b": "x", "d": [1, 2]}]"#;
    std::fs::write(project.folder.join("in.json"), input).expect("written");
    let output = project.lumen(&["run", "--no-record", "a.lm"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    // pandas.read_json(..., dtype=False, convert_dates=False)
    for part in ["a float64", "b str", "c float64", "d object"] {
        assert!(said.contains(part), "no `{part}` in\n{}", text(&output));
    }
}

#[test]
fn a_call_that_is_tried_gives_its_failure_as_a_result() {
    let program = "\
grant fs.read path [\"*.csv\", \"*.txt\"]
record Row(a: Int)
cell shown(path: String) -> String
  match read_text.try(path)
    ok(text) -> \"ok {len(text)}\"
    err(e) -> \"err {e.code}\"
  end
end
let there = shown(\"there.txt\")
let gone = shown(\"gone.txt\")
let table = read_csv.try[Row](\"rows.csv\")
let rows = table.is_err()
let else_ = try read_csv.try(\"gone.csv\") else |e| Frame(a: [len(e.message) > 0])
print(there, gone, rows, len(else_))
";
    let project = Project::with("a.lm", program);
    std::fs::write(project.folder.join("there.txt"), "four").expect("written");
    std::fs::write(project.folder.join("rows.csv"), "a\nx\n").expect("written");
    let output = project.lumen(&["run", "a.lm"]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert!(text(&output).contains("ok 4 err R0701 true 1"), "{}", text(&output));
    // What failed then fails in the replay, though the file is there now.
    std::fs::write(project.folder.join("gone.txt"), "").expect("written");
    assert_eq!(code(&project.lumen(&["verify"])), 0);

    let refused = "grant fs.read path \"a*\"\nlet path = \"b\" + \".txt\"\nlet x = read_text.try(path)\n";
    let output = Project::with("a.lm", refused).lumen(&["run", "a.lm"]);
    assert!(code(&output) == 7 && text(&output).contains("R0106"), "{}", text(&output));
    let output = Project::with("a.lm", "let x = sqrt.try(2.0)\n").lumen(&["check", "a.lm"]);
    assert!(code(&output) == 1 && text(&output).contains("E0202"), "{}", text(&output));
}
