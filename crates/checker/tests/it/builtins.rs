use syntax::FileId;
use syntax::ast::NodeIds;

#[test]
fn the_builtins_text_parses() {
    let text = include_str!("../../src/builtins.lm");
    let parse = syntax::parse(FileId(0), text, &mut NodeIds::default());
    let shown: Vec<String> = parse
        .diagnostics
        .iter()
        .map(|d| format!("line {}: {}", text[..d.span.start as usize].lines().count(), d.message))
        .collect();
    assert!(shown.is_empty(), "{shown:#?}");
}

#[test]
fn every_signature_is_read_with_known_types() {
    let all = checker::builtins();
    assert!(all.len() > 300, "only {} signatures were read", all.len());
    for builtin in &all {
        assert_ne!(builtin.ret, checker::Type::Error, "the result of `{}`", builtin.name);
        for param in &builtin.params {
            assert_ne!(param.ty, checker::Type::Error, "`{}` of `{}`", param.name, builtin.name);
        }
    }
}
