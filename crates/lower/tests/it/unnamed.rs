//! Code that is only judged: it is made to find what is wrong with it, and kept only where some of it is computed.

use bytecode::Module;
use checker::Program;
use syntax::ast::NodeIds;
use syntax::{FileId, Source};

fn lowered(text: &str) -> (Module, Option<Module>) {
    let mut ids = NodeIds::default();
    let parse = syntax::parse(FileId(0), text, &mut ids);
    let modules = [parse.module];
    let program = Program::new(&modules, ids.len());
    let checked = checker::check(&program);
    assert!(checked.diagnostics.is_empty(), "{:?}", checked.diagnostics);
    let sources = [Source::new("a.lm", text)];
    let module = lower::lower(&program, &checked, &sources).unwrap();
    (module, lower::judge(&program, &checked, &sources).unwrap())
}

#[test]
fn code_that_nothing_computes_is_not_kept() {
    let text = "record P(x: Int, y: Int)\ncell f(p: P) -> Int = p.x + p.y\nlet a = f(P(1, 2))\nprint(a)\n";
    let (named, judged) = lowered(text);
    assert_eq!(judged, None);
    let functions: Vec<u32> = named.nodes.iter().map(|node| node.function).collect();
    let digests: Vec<_> = named.nodes.iter().map(|node| node.code_digest).collect();
    assert_eq!(digests, named.code_digests(&functions));
}

#[test]
fn code_that_is_computed_when_the_program_is_read_is_the_same_code_without_names() {
    let text = "const SIX = comptime 2 * 3 end\ncell f(n: Int) -> Int = n * SIX\nlet a = f(7)\nprint(a)\n";
    let (named, judged) = lowered(text);
    let judged = judged.expect("a module");
    assert_eq!(named.listing(), judged.listing());
    assert!(judged.nodes.len() == 2 && judged.nodes.iter().all(|node| node.code_digest == [0; 32]));
    bytecode::verify(judged).unwrap();
}

#[test]
fn what_is_too_large_is_found_without_keeping_it() {
    // One cell with more branches than a jump reaches over: the same error, whether the code is kept or not.
    let arms: String =
        (0..4000).map(|n| format!("  if n == {n}\n    print(n, n + 1, n + 2, n + 3)\n  end\n")).collect();
    let text = format!("cell f(n: Int) -> Null\n  for i in 0..n\n{arms}  end\nend\nf(3)\n");
    let mut ids = NodeIds::default();
    let parse = syntax::parse(FileId(0), &text, &mut ids);
    let modules = [parse.module];
    let program = Program::new(&modules, ids.len());
    let checked = checker::check(&program);
    let sources = [Source::new("a.lm", text.as_str())];
    let codes = |found: Vec<syntax::Diagnostic>| found.into_iter().map(|d| d.code).collect::<Vec<_>>();
    let kept = lower::lower(&program, &checked, &sources).map_err(codes);
    let judged = lower::judge(&program, &checked, &sources).map_err(codes);
    assert_eq!(kept.map(|_| ()), judged.map(|_| ()));
}
