//! Code that is only judged: what lowering gives without the names of the results.

use checker::Program;
use syntax::ast::NodeIds;
use syntax::{FileId, Source};

#[test]
fn code_without_names_is_the_same_code() {
    let text = "record P(x: Int, y: Int)\ncell f(p: P) -> Int = p.x + p.y\nlet a = f(P(1, 2))\nprint(a)\n";
    let mut ids = NodeIds::default();
    let parse = syntax::parse(FileId(0), text, &mut ids);
    let modules = [parse.module];
    let program = Program::new(&modules, ids.len());
    let checked = checker::check(&program);
    assert!(checked.diagnostics.is_empty(), "{:?}", checked.diagnostics);
    let sources = [Source::new("a.lm", text)];
    let named = lower::lower(&program, &checked, &sources).unwrap();
    let unnamed = lower::lower_unnamed(&program, &checked, &sources).unwrap();
    assert_eq!(named.listing(), unnamed.listing());
    let functions: Vec<u32> = named.nodes.iter().map(|node| node.function).collect();
    let digests: Vec<_> = named.nodes.iter().map(|node| node.code_digest).collect();
    assert_eq!(digests, named.code_digests(&functions));
    assert!(digests.len() == 2 && unnamed.nodes.iter().all(|node| node.code_digest == [0; 32]));
    bytecode::verify(unnamed).unwrap();
}
