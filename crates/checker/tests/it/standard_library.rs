//! The standard library is whole: every name that the language promises is declared and documented.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The names of the language's specification, aliases in brackets behind their name.
const PROMISED: &str = "
print eprint debug reveal to_string[str string] to_int[int] to_float[float] parse_int parse_float type_of[type] clone
sizeof exit hash[sha256] sha512 assert_eq assert_ne assert_contains args
len[length] upper lower trim trim_start trim_end capitalize title_case snake_case camel_case split join replace
contains[has] chars starts_with ends_with index_of slice pad_left pad_right format matches regex_match regex_find_all
regex_replace
abs min max clamp round ceil floor sqrt pow exp log log2 log10 sin cos tan is_nan is_infinite wrapping_add wrapping_sub
wrapping_mul PI E TAU INFINITY NAN MAX_INT MIN_INT
append[push] first last get is_empty take drop chunk window range sort[sort_asc] sort_desc sort_by sort_by_key
binary_search reverse flatten unique zip enumerate count sum min_by max_by map filter flat_map any all find position
reduce[fold] group_by partition
keys values entries map_sorted_keys has_key merge remove size to_set to_list add union intersection difference
ok err is_ok is_err unwrap unwrap_or
json_parse[parse_json] json_encode[to_json] json_pretty csv_parse csv_encode toml_parse toml_encode base64_encode
base64_decode hex_encode hex_decode url_encode url_decode bytes_len bytes_slice bytes_concat diff patch redact validate
path_join path_parent path_name path_ext format_time
generator random random_int timeout trace_ref
now timestamp hrtime sleep uuid entropy get_env read_line exec llm_query rlm_query rlm_batch exists glob read_text read_bytes read_lines read_csv
read_json write_text write_json mkdir checkpoint
";

/// Made by the language itself, as no signature can say what they take.
const OF_THE_LANGUAGE: &[&str] = &["err", "ok"];

/// Functions of the engines, which stand in pages of their own.
const OF_ENGINES: &[&str] = &[
    "Frame",
    "Series",
    "concat",
    "get_dummies",
    "crosstab",
    "cut",
    "qcut",
    "to_datetime",
    "to_numeric",
    "tensor",
    "no_grad",
    "f32",
    "f64",
    "i64",
    "i32",
    "u8",
];

/// Names with their aliases.
fn promised() -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::new();
    let mut rest = PROMISED;
    while let Some((name, behind)) = rest.trim_start().split_once(|c: char| c.is_whitespace() || c == '[') {
        let (aliases, behind) = match rest.trim_start().get(name.len()..name.len() + 1) {
            Some("[") => behind.split_once(']').expect("an alias's bracket closes"),
            _ => ("", behind),
        };
        all.insert(name.to_string(), aliases.split_whitespace().map(str::to_string).collect());
        rest = behind;
    }
    all
}

/// Functions of the checker with their aliases, without methods and functions of the engines.
fn declared() -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for builtin in checker::builtins() {
        if !builtin.method && !builtin.name.contains('.') && !OF_ENGINES.contains(&builtin.name.as_str()) {
            all.entry(builtin.name.clone()).or_default().extend(builtin.aliases.iter().cloned());
        }
    }
    all
}

#[test]
fn every_promised_name_is_declared_with_its_aliases() {
    let (promised, mut declared) = (promised(), declared());
    for name in OF_THE_LANGUAGE {
        declared.insert((*name).to_string(), BTreeSet::new());
    }
    assert!(promised.len() > 160, "only {} names were read", promised.len());
    let missing: Vec<_> =
        promised.iter().filter(|(name, aliases)| declared.get(*name) != Some(aliases)).collect();
    assert!(missing.is_empty(), "missing, or with other aliases: {missing:?}");
}

/// With UPDATE_DOCS=1 the signatures of the page are written anew.
#[test]
fn every_builtin_has_a_section_with_its_signatures() {
    let mut expected = declared();
    for name in OF_THE_LANGUAGE {
        expected.insert((*name).to_string(), BTreeSet::new());
    }
    let mut wrong = Vec::new();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/builtins.md");
    let mut page = std::fs::read_to_string(&path).expect("the page is there");
    for section in checker::documented() {
        let mut names = section.names();
        let name = names.next().expect("a section has a name");
        let aliases: BTreeSet<String> = names.map(str::to_string).collect();
        if expected.remove(name).as_ref() != Some(&aliases) {
            wrong.push(format!("{name}: declared otherwise, with other aliases, or twice on the page"));
        }
        let forms: Vec<String> = match name {
            "ok" => vec!["ok(x: T) -> result[T, E]".into()],
            "err" => vec!["err(x: E) -> result[T, E]".into()],
            _ => checker::builtins().iter().filter(|b| b.name == name).map(|b| b.signature()).collect(),
        };
        let forms = forms.join("\n");
        if section.signatures() != forms {
            let heading = format!("### `{name}`");
            let at = page.find(&heading).expect("the section's heading");
            let open =
                at + page[at..].find("```lumen skip\n").expect("its signatures") + "```lumen skip\n".len();
            let close = open + page[open..].find("```").expect("their end");
            page.replace_range(open..close, &format!("{forms}\n"));
            wrong.push(format!("{name}: its signatures are\n{forms}"));
        }
        if section.text().is_empty() || section.example().is_empty() || section.output().is_empty() {
            wrong.push(format!("{name}: it lacks a text, an example or what that prints"));
        }
    }
    wrong.extend(expected.into_keys().map(|name| format!("{name}: it has no section")));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, page).expect("the page is written");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
