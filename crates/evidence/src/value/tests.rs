use super::*;

fn read(text: &str) -> Result<Value, Malformed> {
    Value::parse("v.json", text.as_bytes())
}

/// Reads the text and expects the canonical form of what was read to be `canonical`, which reads back as itself.
#[track_caller]
fn check(text: &str, canonical: &str) {
    let value = read(text).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(value.canonical(), canonical);
    assert_eq!(read(canonical).as_ref(), Ok(&value));
}

/// Expects an error at the pointer whose text holds `found`.
#[track_caller]
fn refuse(text: &str, pointer: &str, words: &str) {
    match read(text) {
        Ok(value) => panic!("read as {}", value.canonical()),
        Err(error) => {
            assert_eq!(error.pointer, pointer, "{error}");
            assert!(error.to_string().contains(words), "{error}");
        }
    }
}

#[test]
fn columns_keep_what_json_cannot_say() {
    check(
        r#"{"kind":"column","dtype":"float64","values":[1.0, null, "NaN", "inf", "-inf", "-0.0", 1e300]}"#,
        r#"{"dtype":"float64","kind":"column","values":[1,null,null,"inf","-inf","-0.0",1e+300]}"#,
    );
    check(
        r#"{"kind":"column","dtype":"Float64","values":[null, "NaN"]}"#,
        r#"{"dtype":"Float64","kind":"column","values":[null,"NaN"]}"#,
    );
    check(
        r#"{"kind":"column","dtype":"uint64","values":["18446744073709551615", 9007199254740992]}"#,
        r#"{"dtype":"uint64","kind":"column","values":["18446744073709551615",9007199254740992]}"#,
    );
    // The double nearest to 0.1 as a binary32 is longer than the digits that suffice for it.
    check(
        r#"{"kind":"column","dtype":"float32","values":[0.1, 0.10000000149011612]}"#,
        r#"{"dtype":"float32","kind":"column","values":[0.1,0.1]}"#,
    );
}

#[test]
fn object_cells_are_tagged() {
    let text = r#"{"dtype":"object","kind":"column","values":[1,{"$float":1},1.5,"a",true,{"$":"None"},{"$":"NaN"},{"$":"NA"},{"$":"NaT"},{"$":"-0.0"},{"$int":"9007199254740993"},{"$datetime":"2024-01-02T03:04:05+01:00"},{"$timedelta":-5},{"$tuple":[1,{"$":"None"}]},[1]]}"#;
    check(text, text);
    refuse(r#"{"kind":"column","dtype":"object","values":[null]}"#, "/values/0", "by its tag");
    refuse(r#"{"kind":"column","dtype":"object","values":[{"$set":[]}]}"#, "/values/0/$set", "$tuple");
    refuse(r#"{"kind":"column","dtype":"object","values":[9007199254740993]}"#, "/values/0", "$int");
    refuse(
        r#"{"kind":"column","dtype":"object","values":[{"$datetime":"tomorrow"}]}"#,
        "/values/0/$datetime",
        "",
    );
}

#[test]
fn a_timestamp_has_one_text() {
    // pandas 3.1.1: pd.Timestamp("2024-01-02 03:04:05.5", tz="Asia/Kolkata").isoformat() writes six digits.
    for (text, normal) in [
        ("2024-01-02T03:04:05.500000+05:30", "2024-01-02T03:04:05.500+05:30"),
        ("2024-01-02 03:04:05", "2024-01-02T03:04:05"),
        ("2024-01-02", "2024-01-02T00:00:00"),
        ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05+00:00"),
        ("1880-01-01T00:00:00-00:36:08", "1880-01-01T00:00:00-00:36:08"),
        ("9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999"),
    ] {
        check(
            &format!(r#"{{"kind":"column","dtype":"object","values":[{{"$datetime":"{text}"}}]}}"#),
            &format!(r#"{{"dtype":"object","kind":"column","values":[{{"$datetime":"{normal}"}}]}}"#),
        );
    }
}

#[test]
fn a_cell_must_fit_its_dtype() {
    refuse(r#"{"kind":"column","values":[1]}"#, "", "the key \"dtype\"");
    refuse(r#"{"kind":"column","dtype":"int128","values":[]}"#, "/dtype", "int64");
    for (dtype, cell) in [
        ("int8", "128"),
        ("uint8", "-1"),
        ("int64", "1.5"),
        ("int64", "\"1\""),
        ("int64", "9007199254740993"),
        ("int64", "null"),
        ("bool", "1"),
        ("bool", "null"),
        ("str", "1"),
        ("float64", "\"1.5\""),
        ("float32", "1e39"),
        ("torch.float16", "65505"),
        ("torch.float16", "0.1"),
        ("torch.float32", "null"),
        ("datetime64[s]", "\"2024-02-30\""),
        ("datetime64[s]", "\"2024-01-01T00:00:00.5\""),
        ("datetime64[s]", "\"2024-01-01T00:00:00Z\""),
        ("datetime64[us, UTC]", "\"2024-01-01T00:00:00\""),
        ("timedelta64[ns]", "0.5"),
        ("int8", "\"\\u001b[2J\""),
    ] {
        refuse(&format!(r#"{{"kind":"column","dtype":"{dtype}","values":[{cell}]}}"#), "/values/0", dtype);
    }
}

#[test]
fn points_in_time_are_counted() {
    // numpy: np.datetime64("1969-12-31T23:59:59.999999", "us").astype("int64") and so on.
    for (text, unit, ticks) in [
        ("1970-01-01T00:00:00", Unit::Ns, 0),
        ("1969-12-31T23:59:59.999999", Unit::Us, -1),
        ("2024-02-29T12:00:00.500", Unit::Ms, 1_709_208_000_500),
        ("1600-01-01T00:00:00", Unit::S, -11_676_096_000),
        ("2262-04-11T23:47:16.854775807", Unit::Ns, i64::MAX),
    ] {
        assert_eq!(parse_instant(text, unit, false), Some(ticks), "{text}");
        assert_eq!(instant_text(ticks, unit, false), text);
    }
    assert_eq!(parse_instant("2262-04-11T23:47:16.854775808", Unit::Ns, false), None);
    assert_eq!(parse_instant("2024-06-01T02:00:00+02:00", Unit::S, true), Some(1_717_200_000));
    for ticks in [i64::MIN, i64::MAX, -1, 0, 1] {
        for unit in [Unit::S, Unit::Ms, Unit::Us, Unit::Ns] {
            assert_eq!(parse_instant(&instant_text(ticks, unit, true), unit, true), Some(ticks));
        }
    }
}

#[test]
fn categories_have_codes() {
    let text = r#"{"categories":{"dtype":"str","kind":"column","values":["a","b"]},"dtype":"category","kind":"column","ordered":true,"values":[1,null,0]}"#;
    check(text, text);
    refuse(&text.replace("[1,", "[2,"), "/values/0", "a code below 2");
    refuse(&text.replace("[1,", "[-1,"), "/values/0", "a code");
    refuse(&text.replace(r#""ordered":true,"#, ""), "", "ordered");
}

#[test]
fn labels_and_cells_are_as_many() {
    let frame = r#"{"columns":{"kind":"index","name":null,"type":"Index","values":{"dtype":"str","kind":"column","values":["a","a"]}},"data":[{"dtype":"int64","kind":"column","values":[1,2]},{"dtype":"bool","kind":"column","values":[true,false]}],"index":{"kind":"index","name":null,"start":0,"step":1,"stop":2,"type":"RangeIndex"},"kind":"frame"}"#;
    check(frame, frame);
    check(&frame.replace(r#""kind":"column","#, "").replace(r#""kind":"index","#, ""), frame);
    refuse(&frame.replace("[true,false]", "[true]"), "/data/1", "2 cells");
    refuse(&frame.replace(r#"["a","a"]"#, r#"["a"]"#), "/data", "1 columns");
    refuse(&frame.replace(r#""step":1"#, r#""step":0"#), "/index/step", "not 0");
    refuse(&frame.replace(r#""name":null,"start""#, r#""nmae":null,"start""#), "/index", "name");
    refuse(&frame.replace(r#""kind":"frame"#, r#""extra":1,"kind":"frame"#), "/extra", "unknown key");
}

#[test]
fn a_multi_index_names_each_level() {
    let text = r#"{"arrays":[{"dtype":"str","kind":"column","values":["a"]},{"dtype":"int64","kind":"column","values":[1]}],"kind":"index","names":["x",null],"type":"MultiIndex"}"#;
    check(text, text);
    refuse(&text.replace(r#"["x",null]"#, r#"["x"]"#), "/names", "2 arrays and 1 names");
    refuse(&text.replace("[1]", "[1,2]"), "/arrays/1", "1 labels");
}

#[test]
fn a_view_stays_inside_its_storage() {
    let text = r#"{"dtype":"torch.float32","kind":"tensor","offset":1,"requires_grad":false,"shape":[2,2],"strides":[1,2],"values":[0,1,2,3,4]}"#;
    check(text, text);
    let Ok(Value::Tensor(tensor)) = read(text) else { panic!() };
    let elements: Vec<Cell> = tensor.elements().cloned().collect();
    assert_eq!(elements, [1.0, 3.0, 2.0, 4.0].map(Cell::Float));
    refuse(&text.replace(r#""offset":1"#, r#""offset":2"#), "/strides", "5 elements");
    refuse(&text.replace("[1,2]", "[9007199254740992,9007199254740992]"), "/strides", "5 elements");
    refuse(&text.replace("torch.float32", "float32"), "/dtype", "PyTorch");
    let empty = r#"{"dtype":"torch.int64","kind":"tensor","offset":0,"requires_grad":false,"shape":[0,3],"strides":[3,1],"values":[]}"#;
    check(empty, empty);
}

#[test]
fn storages_are_shared_by_name() {
    let tensor = r#"{"dtype":"torch.int64","kind":"tensor","offset":0,"requires_grad":false,"shape":[1],"storage":"s","strides":[1]}"#;
    let tree = format!(
        r#"{{"entries":[["x",{tensor}],[{{"$tuple":[1]}},{{"items":[{tensor}],"kind":"tree"}}]],"kind":"tree","storages":{{"s":{{"dtype":"torch.int64","values":[7]}}}}}}"#
    );
    check(&tree, &tree);
    refuse(tensor, "/storage", "one of the storages []");
    refuse(&tree.replacen("int64", "int32", 1), "/entries/0/1/dtype", "torch.int64");
    refuse(&tree.replace(r#"{"$tuple":[1]}"#, r#""x""#), "/entries/1/0", "each key once");
}

#[test]
fn a_name_is_one_storage() {
    let tensor = |cell: u8| {
        format!(
            r#"{{"dtype":"torch.int64","kind":"tensor","offset":0,"requires_grad":false,"shape":[1],"storage":"s","strides":[1],"values":[{cell}]}}"#
        )
    };
    let tree = |a: u8, b: u8| format!(r#"{{"items":[{},{}],"kind":"tree"}}"#, tensor(a), tensor(b));
    assert!(read(&tree(7, 7)).is_ok());
    refuse(&tree(7, 8), "", "two named \"s\"");
}

#[test]
fn bytes_have_one_text() {
    for (base64, bytes) in [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmFy", "foobar")]
    {
        let text = format!(r#"{{"base64":"{base64}","kind":"bytes"}}"#);
        check(&text, &text);
        assert_eq!(read(&text), Ok(Value::Bytes(bytes.as_bytes().to_vec())));
    }
    for wrong in ["Zg", "Zg=", "Zh==", "Z===", "=Zg=", "Zm9v\\n", "Zm9-"] {
        refuse(&format!(r#"{{"base64":"{wrong}","kind":"bytes"}}"#), "/base64", "padding");
    }
}

#[test]
fn states_outcomes_and_diagnostics() {
    for text in [
        r#"{"hash":"00","kind":"state","refusals":["stale"],"seq":3}"#,
        r#"{"items":[{"code":"E0301","fix":null,"message":"no","severity":"error","span":[1,4]}],"kind":"diagnostics"}"#,
        r#"{"calls":2,"kind":"outcome","ledger":{"tokens":10},"outputs":{"y":{"dtype":"int","kind":"scalar","value":1}},"status":"done"}"#,
        r#"{"kind":"text","value":"a\u001bb"}"#,
        r#"{"dtype":"NoneType","kind":"scalar","value":null}"#,
    ] {
        check(text, text);
    }
    refuse(r#"{"kind":"list","items":[]}"#, "/kind", "tree");
}

#[test]
fn the_digest_is_that_of_the_canonical_text() {
    let value = read(r#"{ "value": 1.0, "dtype": "float64", "kind": "scalar" }"#).unwrap();
    let text = r#"{"dtype":"float64","kind":"scalar","value":1}"#;
    assert_eq!(value.digest(), blake3::hash(text.as_bytes()).to_hex().to_string());
}
