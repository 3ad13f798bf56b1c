//! `operators.json` is the table of operators, loosest first: the parser binds as it says, the documentation shows it,
//! and the grammars of editors are generated from it.

use serde_json::Value;
use syntax::ast::{Expr, ExprKind, ItemKind, NodeIds, StmtKind, UnaryOp};
use syntax::{FileId, parse};

struct Row {
    operators: Vec<String>,
    groups: String,
}

fn rows() -> Vec<Row> {
    let table: Value = serde_json::from_str(include_str!("../../operators.json")).expect("the table is JSON");
    let text = |value: &Value| value.as_str().expect("a text").to_string();
    table
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| Row {
            operators: row["operators"].as_array().expect("operators").iter().map(text).collect(),
            groups: text(&row["groups"]),
        })
        .collect()
}

fn shape(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Name(name) => name.clone(),
        ExprKind::Binary { op, left, right, .. } => {
            format!("({} {} {})", shape(left), op.symbol(), shape(right))
        }
        ExprKind::Range { start, end, inclusive } => {
            let mark = if *inclusive { "..=" } else { ".." };
            format!("({} {mark} {})", shape(start), shape(end))
        }
        ExprKind::Is { value, .. } => format!("({} is T)", shape(value)),
        ExprKind::Unary { op, operand } => {
            let word = match op {
                UnaryOp::Not => "not",
                UnaryOp::Neg => "-",
                UnaryOp::BitNot => "~",
            };
            format!("({word} {})", shape(operand))
        }
        ExprKind::Try(value) => format!("(try {})", shape(value)),
        ExprKind::Await(value) => format!("(await {})", shape(value)),
        ExprKind::Spawn(value) => format!("(spawn {})", shape(value)),
        other => format!("{other:?}"),
    }
}

/// The shape of an expression, or the code of what is wrong with it.
fn read(text: &str) -> String {
    let parsed = parse(FileId(0), text, &mut NodeIds::default());
    if let Some(found) = parsed.diagnostics.first() {
        return found.code.to_string();
    }
    let [item] = parsed.module.items.as_slice() else { panic!("{text}") };
    let ItemKind::Stmt(stmt) = &item.kind else { panic!("{text}") };
    let StmtKind::Expr(expr) = &stmt.kind else { panic!("{text}") };
    shape(expr)
}

/// Rows whose operators stand between two operands, with how tight they bind.
fn infix(rows: &[Row]) -> Vec<(usize, &Row)> {
    let last = rows.len() - 1;
    rows.iter().enumerate().filter(|(at, row)| row.groups != "prefix" && *at != last).collect()
}

#[test]
fn the_parser_binds_as_the_table_says() {
    let rows = rows();
    let mut asked = 0;
    for (at, first) in infix(&rows) {
        for (other, second) in infix(&rows) {
            for x in &first.operators {
                for y in &second.operators {
                    // What stands behind `is` is a type, which no operator goes on with.
                    if x == "is" {
                        continue;
                    }
                    let (text, right) = match y.as_str() {
                        "is" => (format!("a {x} b is T"), "(b is T)".to_string()),
                        _ => (format!("a {x} b {y} c"), format!("(b {y} c)")),
                    };
                    let left = match y.as_str() {
                        "is" => format!("((a {x} b) is T)"),
                        _ => format!("((a {x} b) {y} c)"),
                    };
                    let expected = match first.groups.as_str() {
                        _ if other > at => format!("(a {x} {right})"),
                        _ if other < at => left,
                        "right" => format!("(a {x} {right})"),
                        "left" => left,
                        _ => "E0017".to_string(),
                    };
                    assert_eq!(read(&text), expected, "{text}");
                    asked += 1;
                }
            }
        }
    }
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| row.groups == "prefix") {
        for word in &row.operators {
            for (other, infix) in infix(&rows) {
                for y in infix.operators.iter().filter(|y| *y != "is") {
                    let text = format!("{word} a {y} b");
                    let expected = match other > at {
                        true => format!("({word} (a {y} b))"),
                        false => format!("(({word} a) {y} b)"),
                    };
                    assert_eq!(read(&text), expected, "{text}");
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 0);
}

/// An operator of the page without its operands: `a..b` is `..`, `not x` is `not`.
fn bare(shown: &str) -> String {
    let shown = shown.replace("\\|", "|");
    let word = shown.trim_end_matches(" x");
    if word.chars().all(|c| c.is_ascii_lowercase() || c == ' ') {
        return word.to_string();
    }
    word.trim_matches(|c: char| c.is_ascii_lowercase()).to_string()
}

#[test]
fn the_page_shows_the_table() {
    let page = include_str!("../../../../docs/operators.md");
    let shown: Vec<(Vec<String>, &str)> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            // An escaped bar divides no cells.
            let (operators, groups) = line.rsplit_once(" | ").expect("two cells");
            (operators.split('`').skip(1).step_by(2).map(bare).collect(), groups)
        })
        .collect();
    let rows = rows();
    assert_eq!(shown.len(), rows.len());
    for (at, ((operators, groups), row)) in shown.iter().zip(rows.iter().rev()).enumerate() {
        let said = match row.groups.as_str() {
            "left" => "to the left",
            "right" => "to the right",
            "prefix" => "in front",
            _ => "not at all",
        };
        assert!(groups.starts_with(said), "{operators:?} group `{groups}`, not `{said}`");
        // The first row shows what follows an operand with all that belongs to it.
        assert!(
            at == 0 || *operators == row.operators,
            "the page has {operators:?}, the table {:?}",
            row.operators
        );
    }
}
