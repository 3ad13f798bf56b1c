//! Which dtype two dtypes meet in, for every pair. Expected values: oracle, pandas 3.1.1; `promotion.tsv` holds for each
//! operation and left dtype the dtypes of `pd.concat([x, y])` or `operator.add(x, y)` … over two rows, `!` where pandas raises.

use column::{Arithmetic, Column};

const TABLE: &str = include_str!("promotion.tsv");

fn two_rows(dtype: &str) -> Column {
    let values: Column = match dtype {
        "bool" | "boolean" => vec![true, false].into(),
        "str" | "string" | "object" => vec!["a", "b"].into(),
        _ => vec![1i64, 2].into(),
    };
    values.cast(dtype.parse().expect("a dtype")).expect("a cast")
}

fn arithmetic(op: &str) -> Option<Arithmetic> {
    Some(match op {
        "add" => Arithmetic::Add,
        "sub" => Arithmetic::Subtract,
        "mul" => Arithmetic::Multiply,
        "truediv" => Arithmetic::Divide,
        "floordiv" => Arithmetic::FloorDivide,
        "mod" => Arithmetic::Remainder,
        "pow" => Arithmetic::Power,
        _ => return None,
    })
}

#[test]
fn every_pair_of_dtypes_meets_as_in_pandas() {
    let mut lines = TABLE.lines();
    let dtypes: Vec<&str> = lines.next().expect("a heading").trim_start_matches('#').split('\t').collect();
    let columns: Vec<Column> = dtypes.iter().map(|dtype| two_rows(dtype)).collect();
    let (mut pairs, mut wrong) = (0, Vec::new());
    for line in lines {
        let mut fields = line.split('\t');
        let (op, left) = (fields.next().expect("an operation"), fields.next().expect("a dtype"));
        let a = &columns[dtypes.iter().position(|dtype| *dtype == left).expect("a dtype of the heading")];
        for ((expected, b), right) in fields.zip(&columns).zip(&dtypes) {
            let found = match arithmetic(op) {
                None => Column::concat(&[a, b]),
                Some(op) => Column::arithmetic(op, a, b),
            };
            let found = found.map_or("!".to_owned(), |column| column.dtype().to_string());
            pairs += 1;
            if found != expected {
                wrong.push(format!("{op} of {left} and {right}: expected {expected}, found {found}"));
            }
        }
    }
    assert_eq!(pairs, 8 * dtypes.len() * dtypes.len());
    assert!(wrong.is_empty(), "{} of {pairs}:\n{}", wrong.len(), wrong.join("\n"));
}
