//! Matches that name each variant once are told apart from those that only look so. Expected by hand.

use checker::Program;
use syntax::FileId;
use syntax::ast::NodeIds;

/// Codes, with the text that each is about, of a match with these arms on a `Shape`.
fn found(arms: &[&str]) -> Vec<(String, String)> {
    let declared = "enum Shape\n  Round(Int)\n  Flat\n  Box(Int, Int)\nend\nenum Other\n  Far\nend\n";
    let arms: String = arms.iter().map(|arm| format!("    {arm} -> 1\n")).collect();
    let text = format!("{declared}cell f(s: Shape) -> Int\n  match s\n{arms}  end\nend\n");
    let mut ids = NodeIds::default();
    let parse = syntax::parse(FileId(0), &text, &mut ids);
    assert!(parse.diagnostics.is_empty(), "{:?}", parse.diagnostics);
    let modules = [parse.module];
    let checked = checker::check(&Program::new(&modules, ids.len()));
    let about = |span: syntax::Span| {
        text[span.start as usize..span.end as usize].lines().next().unwrap_or("").to_string()
    };
    checked.diagnostics.iter().map(|d| (d.code.to_string(), about(d.span))).collect()
}

fn is(code: &str, about: &str) -> (String, String) {
    (code.to_string(), about.to_string())
}

#[test]
fn each_variant_once_is_all_in_any_order() {
    assert!(found(&["Flat", "Box(_, _)", "Round(_)"]).is_empty());
    assert!(found(&["Round(_)", "Flat", "Box(1, _)", "Box(_, _)"]).is_empty());
}

#[test]
fn as_many_arms_as_variants_are_not_yet_all() {
    assert_eq!(found(&["Flat", "Flat", "Round(_)"]), [is("E0208", "match s"), is("W0208", "Flat")]);
    assert_eq!(found(&["Flat", "Box(1, _)", "Round(_)"]), [is("E0208", "match s")]);
    assert_eq!(found(&["Flat if 1 == 2", "Box(_, _)", "Round(_)"]), [is("E0208", "match s")]);
    assert_eq!(found(&["Flat", "_", "Round(_)"]), [is("W0208", "Round(_)")]);
}
