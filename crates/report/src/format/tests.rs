use super::{Format, FormatError, Value, format_number};

fn written(value: Value, format: &str) -> String {
    let format = Format::parse(format).unwrap_or_else(|error| panic!("{format}: {error}"));
    format_number(value, &format).unwrap_or_else(|error| error.to_string())
}

/// Source: hand, by counting.
#[test]
fn quantities_read_as_a_person_writes_them() {
    for (value, format, expected) in [
        (Value::Int(1), "ordinal", "1st"),
        (Value::Int(12), "ordinal", "12th"),
        (Value::Int(1022), "ordinal", "1,022nd"),
        (Value::Int(111), "ordinal", "111th"),
        (Value::Int(1023), "bytes", "1023 B"),
        (Value::Int(1536), "bytes", "1.5 KiB"),
        (Value::Int(1024 * 1024 - 1), "bytes", "1.0 MiB"),
        (Value::Int(i64::MIN), "bytes", "-8.0 EiB"),
        (Value::Int(7_380), "duration", "2 h 3 min"),
        (Value::Duration(0), "duration", "0 s"),
        (Value::Duration(999), "duration", "999 µs"),
        (Value::Duration(999_500), "duration", "1.0 s"),
        (Value::Duration(1_500), "duration", "2 ms"),
        (Value::Duration(2_500), "duration", "2 ms"),
        (Value::Duration(59_950_000), "duration", "1 min"),
        (Value::Duration(-90_000_000), "duration", "-1 min 30 s"),
        (Value::Duration(90_061_000_000), "duration", "1 d 1 h"),
        (Value::DateTime(1_709_164_800_000_000), "date(\"%Y-%m-%d\")", "2024-02-29"),
        (Value::DateTime(-1), "date(\"%-d %B %Y, %H:%M\")", "31 December 1969, 23:59"),
        (Value::Float(f64::NAN), "percent(1)", "NaN"),
        (Value::Float(f64::NEG_INFINITY), "thousands", "-inf"),
    ] {
        assert_eq!(written(value, format), expected, "{value:?} | {format}");
    }
}

#[test]
fn formats_refuse_what_they_cannot_write() {
    for (value, format, message) in [
        (Value::Float(0.5), "ordinal", "format `ordinal` expects Int, found Float"),
        (
            Value::Float(f64::NAN),
            "money(\"EUR\")",
            "format `money(\"EUR\")` expects a finite Int or Float, found Float NaN",
        ),
        (Value::Int(1), "date(\"%Y\")", "format `date(\"%Y\")` expects DateTime, found Int"),
        (Value::DateTime(0), "fixed(1)", "format `fixed(1)` expects Int or Float, found DateTime"),
        (
            Value::DateTime(i64::MAX),
            "date(\"%Y\")",
            "9223372036854775807 microseconds since 1970 lie outside the calendar (years -9999 to 9999)",
        ),
    ] {
        assert_eq!(written(value, format), message);
    }
}

#[test]
fn a_misspelt_format_names_its_neighbour() {
    assert_eq!(
        Format::parse("precent(1)"),
        Err(FormatError::UnknownName { found: "precent".into(), closest: Some("percent") })
    );
    for text in [
        "fixed",
        "fixed()",
        "fixed(-1)",
        "fixed(31)",
        "sig(0)",
        "thousands(2)",
        "money(USD)",
        "money(\"ZZZ\")",
    ] {
        assert!(matches!(Format::parse(text), Err(FormatError::Argument { .. })), "{text}");
    }
    assert!(matches!(Format::parse("date(\"%K\")"), Err(FormatError::Pattern { .. })));
    assert!(matches!(Format::parse("fixed(1"), Err(FormatError::Argument { .. })));
}

#[test]
fn a_format_is_written_as_it_is_read() {
    for text in
        ["fixed(2)", "sig(3)", "sci(0)", "percent(1)", "thousands", "money(\"CHF\")", "ordinal", "bytes"]
    {
        assert_eq!(Format::parse(text).expect("a format").to_string(), text);
    }
    let quoted = r#"date("%Y \"at\" \\ %H")"#;
    assert_eq!(Format::parse(quoted).expect("a format").to_string(), quoted);
}
