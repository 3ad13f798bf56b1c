//! Well-formed texts of each format, small and with every construct once.

pub const VALUES: &[&str] = &[
    r#"{"kind":"column","dtype":"object","values":[1,{"$float":1},1.5,"a",true,{"$":"None"},{"$":"NaN"},{"$":"NA"},{"$":"-0.0"},{"$int":"9007199254740993"},{"$datetime":"2024-01-02T03:04:05+01:00"},{"$timedelta":-5},{"$tuple":[1,[2]]}]}"#,
    r#"{"kind":"column","dtype":"float32","values":[0.1,null,"inf","-inf","-0.0",3.4e38,1e-45]}"#,
    r#"{"kind":"column","dtype":"datetime64[us, Europe/Berlin]","values":["2024-02-29T12:00:00.5+01:00",null]}"#,
    r#"{"kind":"column","dtype":"uint64","values":["18446744073709551615",0]}"#,
    r#"{"kind":"series","name":{"$tuple":[1,"a"]},"index":{"type":"MultiIndex","arrays":[{"dtype":"str","values":["a"]},{"dtype":"int64","values":[1]}],"names":["x",null]},"values":{"dtype":"category","values":[0],"categories":{"dtype":"str","values":["p","q"]},"ordered":true}}"#,
    r#"{"kind":"frame","index":{"type":"DatetimeIndex","name":null,"freq":"D","values":{"dtype":"datetime64[ns]","values":["2024-01-01T00:00:00"]}},"columns":{"type":"RangeIndex","start":0,"stop":4,"step":2,"name":null},"data":[{"dtype":"boolean","values":[null]},{"dtype":"timedelta64[s]","values":[-3]}]}"#,
    r#"{"kind":"tree","storages":{"s":{"dtype":"torch.bfloat16","values":[1,2,3,4]}},"entries":[["x",{"kind":"tensor","dtype":"torch.bfloat16","shape":[2,2],"strides":[1,2],"offset":0,"storage":"s","requires_grad":false}],["y",{"kind":"tensor","dtype":"torch.bfloat16","shape":[3],"strides":[1],"offset":1,"storage":"s","requires_grad":true}]]}"#,
    r#"{"kind":"tree","items":[{"kind":"text","value":"a\u0000b"},{"kind":"bytes","base64":"Zm8="},{"kind":"scalar","dtype":"int","value":-7},{"kind":"state","hash":"00","seq":3,"refusals":["stale"]},{"kind":"diagnostics","items":[{"code":"E0301","span":[1,4],"severity":"error","fix":null,"message":"no"}]},{"kind":"outcome","status":"done","outputs":{"y":{"kind":"scalar","dtype":"NoneType","value":null}},"calls":2,"ledger":{"tokens":10}}]}"#,
];

pub const CASES: &[&str] = &[
    r#"{"packet":"FP-P2C-001","cases":[{"id":"a-1","op":"series.add","class":"happy","inputs":{"self":{"kind":"column","dtype":"int64","values":[1]}},"params":{"fill_value":null,"axis":[1,2.5,"x"]},"expect":{"value":{"kind":"scalar","dtype":"int64","value":1}},"source":{"oracle":{"name":"pandas 3.1.1","command":"accept"}}}]}"#,
    r#"{"packet":"P","cases":[{"id":"b","op":"x","class":"adversarial","inputs":{"self":{"generate":{"kind":"frame","seed":7,"rows":1000,"columns":[{"name":"k","dtype":"str","missing":10,"distinct":20,"order":"skewed"}]}}},"params":{},"expect":{"digest":"36c66b7ae66e0080e69e8741e93d5dd88c4aaeb7748df2ff58ae0a2aa41cbc1d","warnings":[{"class":"FutureWarning","pattern":"* will *"}]},"hardened":{"expect":{"error":{"class":"ValueError","message":"no"}},"categories":["cut"],"spec":"files 3"},"source":{"spec":"files 3"},"retired":{"reason":"twice","since":"0.2"}},{"id":"c","op":"x","class":"edge","inputs":{},"params":{},"expect":{"blob":"36c66b7ae66e0080e69e8741e93d5dd88c4aaeb7748df2ff58ae0a2aa41cbc1d"},"source":{"hand":"by eye"}}]}"#,
];

pub const PACKETS: &[&str] = &["packet: FP-P2C-001
title: Series add
suite: frame
scope: alignment
not_in_scope: [string labels]
oracle: pandas
anchors:
  - {subject: alignment, source: user guide, behaviour: labels are united}
contract:
  - id: align
    given: two series
    then: labels are united
    strict: as pandas
    hardened: the same
    boundary: none
    uncertainty: none
    cases: [add-*, join-1]
  - {id: later, given: a, then: b, strict: c, hardened: d, boundary: e, uncertainty: f, cases: open}
files: [cases.json]
api: [pandas.Series.add]
sentinels: []
risks: ['1.00']
"];

pub const GATE: &str = "gate: 1
packet: FP-P2C-006
suite: frame
cases_min: 120
classes: {happy: 30, edge: 60, adversarial: 15}
sources: {oracle_min: 110}
strict: {failed_max: 0, minor_max: 0}
hardened: {failed_max: 0, allowed: [cut], allowed_max_percent: \"1.00\"}
lanes: [recorded, live]
threads: [1, 2, 4]
release_blocking: true
";

/// Lock, allowlist, threat matrix, log.
pub const FILES: &[&str] = &[
    r#"{"lock":1,"schemas":{"report":{"version":1,"digest":"00"}},"oracles":{"pandas":{"interpreter":"3.11.2","packages":{"pandas":"3.1.1"},"requirements":"00"}},"packets":{},"corpora":{"c":{"digest":"00","operations":1,"samples":2}},"denominators":{"frame/live":3},"head":{"seq":1,"hash":"00"}}"#,
    "hardened: 1
repairs:
  - {category: ingest.short_row, packet: FP-P2C-008, repairs: a row, bound: 3, differs: a, beyond: b}
",
    "threats: 1
rows:
  - {id: a, class: ingest, entry_point: x, abuse: y, strict: error ValueError, hardened: value, cases: [P/a]}
  - {id: b, class: coercion, entry_point: x, abuse: y, strict: z, hardened: w, cases: [], open: why}
  - {id: c, class: index_poisoning, entry_point: x, abuse: y, strict: z, hardened: w, cases: [], open: why}
  - {id: d, class: join_explosion, entry_point: x, abuse: y, strict: z, hardened: w, cases: [], open: why}
  - {id: e, class: gradient_corruption, entry_point: x, abuse: y, strict: z, hardened: w, cases: [], open: why}
  - {id: f, class: misrouted_dispatch, entry_point: x, abuse: y, strict: z, hardened: w, cases: [], open: why}
  - {id: g, class: serialization, entry_point: x, abuse: y, strict: z, hardened: w, cases: [], open: why}
  - {id: h, class: recovery, entry_point: x, abuse: y, strict: z, hardened: w, cases: [], open: why}
  - {id: i, class: tampered_evidence, entry_point: x, abuse: y, strict: z, hardened: w, cases: [], open: why}
  - {id: j, class: lying_oracle, entry_point: x, abuse: y, strict: z, hardened: w, cases: [], open: why}
  - {id: k, class: text_injection, entry_point: x, abuse: y, strict: z, hardened: w, cases: [], open: why}
",
    "{\"contract\":\"lumen.evidence.log\",\"version\":1,\"suite\":\"frame\",\"packet\":\"P\",\"case\":\"a\",\"mode\":\"strict\",\"lane\":\"live\",\"seed\":\"7\",\"environment\":\"00\",\"outcome\":\"pass\",\"reason\":\"\",\"drift\":[{\"op\":\"x\",\"category\":\"value\",\"level\":\"minor\",\"location\":\"[0]\",\"expected\":\"1\",\"found\":\"2\"}],\"artifacts\":[\"runs/1\"],\"replay\":\"lumen conformance replay P/a/strict\",\"fields\":{\"threads\":1}}
",
];
