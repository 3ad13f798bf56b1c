//! Typed loading. Expected values: hand.

use column::{DType, Scalar};
use files::{ErrorKind, Extra, Problem, ReadCsv, Schema, SchemaColumn, Table, read_csv};

fn load(text: &str, columns: &[(&str, &str, bool)], extra: Extra) -> files::Result<Table> {
    let column = |(name, dtype, nullable): &(&str, &str, bool)| SchemaColumn {
        name: (*name).into(),
        dtype: dtype.parse().unwrap(),
        nullable: *nullable,
    };
    let schema = Schema { columns: columns.iter().map(column).collect(), extra };
    read_csv(text.as_bytes(), &ReadCsv { schema: Some(schema), ..ReadCsv::default() })
}

#[test]
fn every_difference_is_collected() {
    let text = "id,size,extra,when\n1,2.5,q,2020-01-01\n,x,q,2020-01-02\n3,y,q,soon\n";
    let columns = [
        ("id", "int64", false),
        ("size", "float64", true),
        ("when", "datetime64[us]", false),
        ("colour", "str", true),
    ];
    let error = load(text, &columns, Extra::Error).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    let (float, time) = (DType::FLOAT64, DType::DATETIME_US);
    let present = ["id", "size", "extra", "when"].map(String::from).to_vec();
    assert_eq!(
        error.problems(),
        [
            Problem::MissingColumn { name: "colour".into(), dtype: DType::Str, present },
            Problem::ExtraColumn { name: "extra".into() },
            Problem::MissingValue { name: "id".into(), dtype: DType::INT64, line: 3, offset: 38, count: 1 },
            Problem::Mistyped {
                name: "size".into(),
                dtype: float,
                line: 3,
                offset: 38,
                found: "x".into(),
                count: 2
            },
            Problem::Mistyped {
                name: "when".into(),
                dtype: time,
                line: 4,
                offset: 54,
                found: "soon".into(),
                count: 1
            },
        ]
    );
}

#[test]
fn a_fitting_table_has_the_schemas_dtypes_and_order() {
    let text = "b,a,more,t,c\nyes,1,q,2020-01-01,True\n,,q,,False\n";
    let columns =
        [("a", "Int64", true), ("b", "category", true), ("c", "bool", false), ("t", "datetime64[us]", true)];
    let table = load(text, &columns, Extra::Drop).unwrap();
    let shape: Vec<(String, String)> =
        table.columns.iter().map(|(label, column)| (label.to_string(), column.dtype().to_string())).collect();
    let expected = [("a", "Int64"), ("b", "category"), ("c", "bool"), ("t", "datetime64[us]")]
        .map(|(a, b)| (a.into(), b.into()));
    assert_eq!(shape, expected);
    assert_eq!(table.column("a").unwrap().get(1), Some(Scalar::NA));
    assert_eq!(table.column("t").unwrap().get(1), Some(Scalar::NaT));
}
