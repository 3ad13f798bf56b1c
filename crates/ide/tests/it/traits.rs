//! Traits: a method and what implements it are one name.

use super::*;

const TEXT: &str = "\
trait Shape
  cell area(self) -> Float
  cell twice(self) -> Float = 2.0 * self.area()
end
record Square(side: Float)
impl Shape for Square
  cell area(self) -> Float = self.side * self.side
end
cell total[T: Shape](x: T) -> Float = x.area() + Shape.area(x)
let size = Square(side: 1.0).area()
";

fn at(part: &str, number: usize) -> u32 {
    TEXT.match_indices(part).nth(number).expect("it stands there").0 as u32
}

#[test]
fn a_call_leads_to_the_traits_method() {
    let analysis = analysis(TEXT);
    assert!(analysis.diagnostics.is_empty(), "{:?}", analysis.diagnostics);
    let declared = at("area", 0);
    for number in 0..6 {
        let definition = analysis.definition(ROOT, at("area", number)).map(|span| span.start);
        assert_eq!(definition, Some(declared), "place {number}");
    }
    assert_eq!(analysis.references(ROOT, declared).len(), 6);
    let shape = analysis.definition(ROOT, at("Shape](", 0)).map(|span| span.start);
    assert_eq!(shape, Some(at("Shape", 0)));
}

#[test]
fn hover_shows_the_trait_and_its_methods() {
    let analysis = analysis(TEXT);
    let hover = |at| analysis.hover(ROOT, at).map(|found| found.text).unwrap_or_default();
    assert_eq!(hover(at("area()\n", 1)), "cell Shape.area(self: Self) -> Float");
    let shown =
        "trait Shape\n  cell Shape.area(self: Self) -> Float\n  cell Shape.twice(self: Self) -> Float\nend";
    assert_eq!(hover(at("Shape", 0)), shown);
}

#[test]
fn a_method_is_renamed_wherever_it_is_implemented() {
    let before = analysis(TEXT);
    let mut edits = before.rename(ROOT, at("area", 2), "surface").expect("a name of the program");
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    let mut text = TEXT.to_string();
    for edit in &edits {
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    assert_eq!(edits.len(), 6);
    assert!(!text.contains("area"));
    assert!(is_same_program(&before, &analysis(&text)));
}

#[test]
fn completion_knows_the_methods_of_bounds_and_impls() {
    let of_bound = labels(&TEXT.replace("x.area() +", "x.| +"));
    let of_value = labels(&TEXT.replace("1.0).area()", "1.0).|"));
    for found in [of_bound, of_value] {
        assert!(has(&found, CompletionKind::Cell, "area"), "{found:?}");
        assert!(has(&found, CompletionKind::Cell, "twice"), "{found:?}");
    }
}

#[test]
fn the_outline_names_what_is_implemented() {
    let outline = analysis(TEXT).outline(ROOT);
    let names: Vec<(&str, OutlineKind, usize)> =
        outline.iter().map(|found| (found.name.as_str(), found.kind, found.children.len())).collect();
    assert_eq!(names[0], ("Shape", OutlineKind::Trait, 2));
    assert_eq!(names[2], ("Shape for Square", OutlineKind::Impl, 1));
}

#[test]
fn the_stages_of_a_pipeline_are_names_of_cells() {
    let text = "\
pipeline Shout
  cell loud(s: String) -> String = upper(s)
  stages: loud -> marked
end
cell marked(s: String) -> String = s ++ \"!\"
";
    let before = analysis(text);
    assert!(before.diagnostics.is_empty(), "{:?}", before.diagnostics);
    for (name, new) in [("loud", "shouted"), ("marked", "ended")] {
        let place = text.find(&format!("cell {name}")).expect("it is declared") as u32 + 5;
        let edits = before.rename(ROOT, place, new).expect("a name of the program");
        assert_eq!(edits.len(), 2, "{name}");
    }
    // What is made from the stages has no name in the text.
    let stages = text.find("stages").expect("they are listed") as u32;
    assert!(before.rename(ROOT, stages, "steps").is_err());
}

fn implementations(text: &str, offset: u32) -> Vec<&str> {
    let found = analysis(text).implementations(ROOT, offset);
    found.iter().map(|span| &text[span.start as usize..span.end as usize]).collect()
}

#[test]
fn what_implements_a_trait_and_its_methods_is_found_from_any_use() {
    let text = format!(
        "{TEXT}record Dot(x: Int)\nimpl Shape for Dot\n  cell area(self) -> Float = 0.0\n  cell twice(self) -> Float = 0.0\nend\n"
    );
    let start =
        |part: &str, number: usize| text.match_indices(part).nth(number).expect("it stands there").0 as u32;
    for use_of_trait in [start("Shape", 0), start("Shape](", 0)] {
        assert_eq!(implementations(&text, use_of_trait), ["Shape for Square", "Shape for Dot"]);
    }
    let places =
        |offset| analysis(&text).implementations(ROOT, offset).iter().map(|it| it.start).collect::<Vec<_>>();
    let in_square = start("area(self)", 1);
    assert_eq!(places(start("area()\n", 1)), [in_square, start("area(self)", 2)]);
    assert_eq!(places(in_square), places(start("area", 0)));
    // What has no other implementation is its own.
    assert_eq!(places(start("total", 0)), [start("total", 0)]);
}

#[test]
fn what_handles_an_effect_is_found() {
    let text = "\
effect Log
  cell write(line: String) -> Null
end
handler Silent
  handle Log.write(line: String) -> Null
    resume(null)
  end
end
cell work() -> Null / {Log}
  perform Log.write(\"a\")
end
let done = handle
  work()
with
  Log.write(line) => resume(null)
end
effect Never
  cell ask() -> Int
end
";
    let start =
        |part: &str, number: usize| text.match_indices(part).nth(number).expect("it stands there").0 as u32;
    let places =
        |offset| analysis(text).implementations(ROOT, offset).iter().map(|it| it.start).collect::<Vec<_>>();
    assert_eq!(
        places(start("write(\"a\")", 0)),
        [start("write(line: String) -> Null\n    ", 0), start("write(line) =>", 0)]
    );
    assert_eq!(places(start("Log", 0)), [start("Silent", 0), start("handle\n", 0)]);
    assert_eq!(places(start("Never", 0)), [0u32; 0]);
}
