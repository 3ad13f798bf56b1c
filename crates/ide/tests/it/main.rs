//! What an editor is told, on programs whose places are marked by `|`.

mod processes;
mod traits;

use ide::{Analysis, CompletionKind, OutlineKind, RenameError, Role, is_same_program};
use syntax::ast::NodeIds;
use syntax::{FileId, Source};

const ROOT: FileId = FileId(0);

/// The analysis of one source, or of a document where it has front matter or fences.
fn analysis(text: &str) -> Analysis {
    let mut ids = NodeIds::default();
    let (module, document, mut diagnostics) = if text.contains("```") {
        let mut document = syntax::parse_document(ROOT, text, false, &mut ids);
        let module = document.module.clone();
        let diagnostics = std::mem::take(&mut document.diagnostics);
        (module, Some(document), diagnostics)
    } else {
        let parsed = syntax::parse(ROOT, text, &mut ids);
        (parsed.module, None, parsed.diagnostics)
    };
    let modules = vec![module];
    let bindings = document.as_ref().map_or(&[][..], |document| document.bindings.as_slice());
    let program = checker::Program { bindings, ..checker::Program::new(&modules, ids.len()) };
    let mut checked = checker::check(&program);
    diagnostics.append(&mut checked.diagnostics);
    Analysis::new(vec![Source::new("a.lm", text)], modules, document, checked, diagnostics)
}

/// The text without its mark, and where that stood.
fn marked(text: &str) -> (String, u32) {
    let at = text.find('|').expect("a mark");
    (text.replacen('|', "", 1), at as u32)
}

fn hover(text: &str) -> Option<String> {
    let (text, at) = marked(text);
    analysis(&text).hover(ROOT, at).map(|hover| hover.text)
}

fn labels(text: &str) -> Vec<(CompletionKind, String)> {
    let (text, at) = marked(text);
    analysis(&text).completions(ROOT, at).into_iter().map(|found| (found.kind, found.label)).collect()
}

fn has(found: &[(CompletionKind, String)], kind: CompletionKind, label: &str) -> bool {
    found.iter().any(|(k, l)| *k == kind && l == label)
}

const PROGRAM: &str = "\
record Point(x: Int, y: Int = 0)
enum Shape
  Circle(Float)
  Square(side: Float)
end
const LIMIT = 10
type Pair = (Int, Int)
cell area(shape: Shape, scale: Float = 1.0) -> Float
  match shape
    Circle(r) -> r * r * scale
    Square(side: s) -> s * s * scale
  end
end
let p = Point(x: 1)
let total = p.x + LIMIT
print(area(Circle(2.0), scale: 3.0), total)
";

/// The place of the n-th time that a part stands in the program.
fn place(part: &str, n: usize) -> u32 {
    PROGRAM.match_indices(part).nth(n).expect(part).0 as u32
}

#[test]
fn a_hover_says_what_stands_there_as_source() {
    let analysis = analysis(PROGRAM);
    let at = |part: &str, n: usize| analysis.hover(ROOT, place(part, n)).map(|hover| hover.text);
    assert_eq!(at("area", 1).unwrap(), "cell area(shape: Shape, scale: Float = …) -> Float");
    assert_eq!(at("Point", 1).unwrap(), "record Point(x: Int, y: Int)");
    assert_eq!(at("x + LIMIT", 0).unwrap(), "Point.x: Int");
    assert_eq!(at("LIMIT", 1).unwrap(), "const LIMIT: Int");
    assert_eq!(at("Circle", 1).unwrap(), "Shape.Circle(Float)");
    assert_eq!(at("Shape", 1).unwrap(), "enum Shape\n  Circle(Float)\n  Square(side: Float)\nend");
    assert_eq!(at("total", 1).unwrap(), "let total: Int");
    assert_eq!(at("print", 0).unwrap(), "print(...values: Any) -> Null");
    // Between names stands the expression around.
    assert_eq!(at(" + LIMIT", 0).unwrap(), "Point.x: Int", "a name's end belongs to it");
    assert_eq!(at("+ LIMIT", 0).unwrap(), "Int");
    assert_eq!(
        hover("let xs = [1, 2]\nlet ys = xs.ma|p(fn(x) => x + 1)\n").unwrap().split('(').next(),
        Some("map")
    );
    assert_eq!(hover("# no|thing\nlet a = 1\n"), None);
}

#[test]
fn a_hover_says_what_a_builtin_does() {
    let found = analysis("let n = len([1])\n").hover(ROOT, 9).unwrap();
    assert!(found.doc.unwrap().starts_with("How many: scalars of a text"));
}

#[test]
fn a_hover_says_what_a_test_made_of_a_type() {
    let text = "cell f(x: Int?) -> Int\n  if x != null\n    return |x + 1\n  end\n  0\nend\nprint(f(1))\n";
    assert_eq!(hover(text).unwrap(), "let x: Int?\n# here x: Int");
}

#[test]
fn every_name_leads_to_its_declaration_and_back() {
    let analysis = analysis(PROGRAM);
    for (part, uses) in
        [("area", 1), ("Point", 1), ("LIMIT", 1), ("Circle", 2), ("Shape", 1), ("total", 1), ("scale", 3)]
    {
        let declared = place(part, 0);
        let references = analysis.references(ROOT, declared);
        assert_eq!(references.len(), uses + 1, "{part}: {references:?}");
        assert_eq!(references.iter().filter(|found| found.role == Role::Definition).count(), 1, "{part}");
        for found in references {
            let definition = analysis.definition(ROOT, found.span.start).unwrap();
            assert_eq!(definition.start, declared, "{part} at {}", found.span.start);
        }
    }
    // A field, by its use in an expression and by its name in a call.
    let field = place("x: Int", 0);
    let places: Vec<u32> = analysis.references(ROOT, field).iter().map(|found| found.span.start).collect();
    assert_eq!(places, [field, place("x: 1", 0), place("x + LIMIT", 0)]);
    assert_eq!(analysis.definition(ROOT, place("print", 0)), None);
}

#[test]
fn two_variables_of_one_name_are_two() {
    let text = "let a = 1\ncell f(a: Int) -> Int = a + 1\nprint(f(a))\n";
    let analysis = analysis(text);
    let starts = |at: u32| analysis.references(ROOT, at).iter().map(|f| f.span.start).collect::<Vec<_>>();
    assert_eq!(starts(4), [4, text.rfind('a').unwrap() as u32]);
    assert_eq!(starts(17), [17, text.find("a + 1").unwrap() as u32]);
}

#[test]
fn completions_know_the_type_before_a_dot() {
    let point = "record Point(x: Int, y: Int)\nlet p = Point(1, 2)\n";
    let found = labels(&format!("{point}let a = p.|x\n"));
    assert!(has(&found, CompletionKind::Field, "x") && has(&found, CompletionKind::Field, "y"), "{found:?}");
    assert!(!has(&found, CompletionKind::Keyword, "let"), "{found:?}");
    // Also where nothing follows yet.
    let found = labels(&format!("{point}let a = p.|\n"));
    assert!(has(&found, CompletionKind::Field, "x"), "{found:?}");
    let found = labels("let s = \"a\"\nprint(s.up|)\n");
    assert!(
        has(&found, CompletionKind::Builtin, "upper") && !has(&found, CompletionKind::Builtin, "mean"),
        "{found:?}"
    );
    let found = labels("enum Shape\n  Round\n  Flat\nend\nlet s = Shape.|Round\n");
    assert!(has(&found, CompletionKind::Variant, "Flat"), "{found:?}");
    let found = labels("let m = nn.|Linear(1, 2)\n");
    assert!(
        has(&found, CompletionKind::Builtin, "Linear") && has(&found, CompletionKind::Builtin, "ReLU"),
        "{found:?}"
    );
}

#[test]
fn completions_name_the_columns_of_a_frame() {
    let frame = "record Strike(species: String, speed: Float)\ngrant fs.read path [\"*\"]\nlet f = read_csv[Strike](\"a.csv\")\n";
    for rest in [
        "let s = f[\"|\"]\n",
        "let s = f.|speed\n",
        "let g = f.groupby(\"|\")\n",
        "let s = f[[\"speed\", \"|\"]]\n",
    ] {
        let found = labels(&format!("{frame}{rest}"));
        assert!(has(&found, CompletionKind::Column, "species"), "{rest}: {found:?}");
    }
    assert!(has(&labels(&format!("{frame}let m = f.|")), CompletionKind::Builtin, "groupby"));
}

#[test]
fn completions_know_what_is_in_scope() {
    let text = "cell f(a: Int) -> Int\n  let inner = 1\n  |inner + a\nend\nlet outer = 2\nprint(f(outer))\n";
    let found = labels(text);
    assert!(
        has(&found, CompletionKind::Variable, "inner") && has(&found, CompletionKind::Variable, "a"),
        "{found:?}"
    );
    assert!(
        has(&found, CompletionKind::Cell, "f") && has(&found, CompletionKind::Keyword, "let"),
        "{found:?}"
    );
    assert!(!has(&found, CompletionKind::Variable, "outer"), "it is declared below");
    let found = labels("cell f(a: Int) -> Int = a\nlet b = 1\nprint(|b)\n");
    assert!(!has(&found, CompletionKind::Variable, "a"), "a parameter ends with its cell: {found:?}");
    let found = labels("let ys = [|n * 2 for n in [1, 2]]\n");
    assert!(has(&found, CompletionKind::Variable, "n"), "{found:?}");
    let found = labels("cell f(left: Int, right: Int) -> Int = left\nprint(f(left: 1, |))\n");
    assert!(
        has(&found, CompletionKind::Argument, "right:") && !has(&found, CompletionKind::Argument, "left:"),
        "{found:?}"
    );
    assert_eq!(labels("let a = 12|\n"), []);
}

#[test]
fn prose_completes_nothing_and_code_in_it_does() {
    let document = "# Title\n\nSome pro|se.\n\n```lumen\nlet apples = 1\n```\n";
    assert_eq!(labels(document), []);
    let bound = "# Title\n\n```lumen\nlet apples = 1\n```\n\nThere are `{lumen} appl|` apples.\n";
    assert!(has(&labels(bound), CompletionKind::Variable, "apples"));
}

#[test]
fn a_signature_follows_the_place_in_the_call() {
    let shown = |text: &str| {
        let (text, at) = marked(text);
        let found = analysis(&text).signatures(ROOT, at);
        let first = found.first().unwrap_or_else(|| panic!("{text}"));
        let active =
            first.active.and_then(|at| first.params.get(at)).map(|(a, b)| first.label[*a..*b].to_string());
        (first.label.clone(), active)
    };
    let cell = "cell f(left: Int, right: Int = 2) -> Int = left\n";
    let label = "f(left: Int, right: Int = …) -> Int".to_string();
    assert_eq!(shown(&format!("{cell}let a = f(|1, 2)\n")), (label.clone(), Some("left: Int".to_string())));
    assert_eq!(
        shown(&format!("{cell}let a = f(1, |2)\n")),
        (label.clone(), Some("right: Int = …".to_string()))
    );
    assert_eq!(shown(&format!("{cell}let a = f(1, |\n")), (label, Some("right: Int = …".to_string())));
    assert_eq!(shown("let a = parse_int(|\"1\")\n").0, "parse_int(s: String) -> result[Int, String]");
}

#[test]
fn hints_say_what_the_source_does_not() {
    let analysis = analysis("let a = [1]\nlet b: Int = 2\nfor x in a\n  print(x, b)\nend\n");
    let hints: Vec<(u32, String)> =
        analysis.hints(ROOT).into_iter().map(|hint| (hint.offset, hint.text)).collect();
    assert_eq!(hints, [(5, ": list[Int]".to_string()), (32, ": Int".to_string())]);
}

#[test]
fn an_outline_holds_declarations_and_their_parts() {
    let outline = analysis(PROGRAM).outline(ROOT);
    let names: Vec<(&str, OutlineKind, usize)> =
        outline.iter().map(|found| (found.name.as_str(), found.kind, found.children.len())).collect();
    let expected = [
        ("Point", OutlineKind::Record, 2),
        ("Shape", OutlineKind::Enum, 2),
        ("LIMIT", OutlineKind::Constant, 0),
        ("Pair", OutlineKind::Type, 0),
        ("area", OutlineKind::Cell, 0),
        ("p", OutlineKind::Variable, 0),
        ("total", OutlineKind::Variable, 0),
    ];
    assert_eq!(names, expected);
    assert!(analysis(PROGRAM).folds(ROOT).iter().any(|fold| fold.start == place("cell area", 0)));
}

#[test]
fn a_rename_changes_every_place_and_nothing_else() {
    let before = analysis(PROGRAM);
    let renamed = |at: u32, name: &str| {
        let mut edits = before.rename(ROOT, at, name)?;
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
        let mut text = PROGRAM.to_string();
        for edit in &edits {
            text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        }
        Ok::<_, RenameError>((edits.len(), analysis(&text)))
    };
    for (part, name, places) in
        [("scale", "factor", 4), ("area", "surface", 2), ("Circle", "Disc", 3), ("x: Int", "left", 3)]
    {
        let (count, after) = renamed(place(part, 0), name).unwrap();
        assert_eq!(count, places, "{part}");
        assert!(is_same_program(&before, &after), "{part}: {:?}", after.diagnostics);
    }
    // A name that is taken changes what the program means.
    let (_, after) = renamed(place("total", 0), "p").unwrap();
    assert!(!is_same_program(&before, &after));
    let refused = |at, name| renamed(at, name).err().map(|why| why.to_string()).unwrap_or_default();
    assert!(refused(place("area", 0), "let").contains("keyword"));
    assert!(refused(place("area", 0), "1st").contains("begin with no digit"));
    assert!(refused(place("area", 0), "Area").contains("no capital"));
    assert!(refused(place("print", 0), "say").contains("no name that the sources declare"));
}

#[test]
fn a_durable_states_name_is_kept_outside() {
    let text = "grant state name [\"total\"]\nstate total: Int = 0\nprint(total)\n";
    let analysis = analysis(text);
    let at = text.find("total: Int").unwrap() as u32;
    assert_eq!(analysis.references(ROOT, at).len(), 2);
    let why = analysis.rename(ROOT, at, "sum").unwrap_err().to_string();
    assert!(why.contains("begins a new state"), "{why}");
}

#[test]
fn named_arguments_are_those_that_are_left() {
    let cell = "cell add(one: Int, two: Int, three: Int = 3) -> Int = one\n";
    let offered = |call: &str| {
        let found = labels(&format!("{cell}let a = {call}\n"));
        let all = found.into_iter().filter(|(kind, _)| *kind == CompletionKind::Argument);
        all.map(|(_, label)| label).collect::<Vec<_>>()
    };
    assert_eq!(offered("add(|)"), ["one:", "three:", "two:"]);
    assert_eq!(offered("add(1, |)"), ["three:", "two:"]);
    assert_eq!(offered("add(1, two: 2, |)"), ["three:"]);
}
