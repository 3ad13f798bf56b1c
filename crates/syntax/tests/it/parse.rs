//! What parses, what is reported, and that the tree keeps every byte.

use syntax::ast::{ExprKind, ItemKind, NodeIds, StmtKind};
use syntax::kind::SyntaxNode;
use syntax::{FileId, Source, parse, parse_lossless};

fn codes(text: &str) -> Vec<String> {
    let mut ids = NodeIds::default();
    let parse = parse(FileId(0), text, &mut ids);
    assert_eq!(SyntaxNode::new_root(parse_lossless(text)).text().to_string(), text, "the tree lost text");
    let source = Source::new("a.lm", text);
    parse
        .diagnostics
        .iter()
        .map(|d| {
            let (line, column) = source.line_column(d.span.start);
            format!("{}@{line}:{column} {}", d.code, d.message)
        })
        .collect()
}

fn clean(text: &str) {
    assert_eq!(codes(text), Vec::<String>::new(), "in\n{text}");
}

#[test]
fn a_program_of_the_everyday_parses_clean() {
    clean(
        r#"
record Strike
  species: String
  speed: Float?
  @column("Cost: Total $") cost: Int
  damaged: Bool = false where cost >= 0
end
record Point(x: Int, y: Int = 0)
enum Shape
  Circle(radius: Float)
  Square(Float)
  Empty
end
type Pair[T] = (T, T)
const LIMIT: Int = 10
import a.b: x, y as z
grant fs.read path ["data/*"] max_bytes 1000
pub cell area(s: Shape) -> Float
  match s
    Circle(r) -> 3.14 * r ** 2
    Square(side) if side > 0.0 ->
      let doubled = side * side
      doubled
    Empty | Square(_) -> 0.0
  end
end
cell twice[T: Ord + Eq](x: T, f: fn(T) -> T / {http}) -> T / http = f(f(x))
let a = if true then 1 else 2
let b = if a > 1
  10
elif a > 2 then
  20
else if a == 3
  30
else
  40
end
let xs = [x * 2 for x in 1..=10 if x % 2 == 0]
let m = {"a": 1, "b": 2}
let s = {1, 2}
let t = xs
  |> map(fn(x) => x + 1)
  .filter(fn(x) -> Bool x > 1 end)
for (i, x) in enumerate(xs) if x > 1
  print("{i}: {x:>5.1f} {m["a"]}")
end
let mut n = 0
while let y = next(n) n += 1 end
loop @outer
  break @outer n
end
let r = try f(1) else |e| 0
let q = parse_int("1")? + m?["x"] ?? 0
let top = strikes[strikes.damaged & (strikes.speed < 120.0)].assign(k: strikes.cost / 1000)
  .groupby("species", as_index: false).agg(n: ("k", "count"), cost: ("k", "sum"))
let f = read_csv[Strike](inputs.strikes_csv, extra: "drop")
let g = f.try(1)
xs.each() do |x| print(x) end
assert 1 < 2 and not false, "ok"
let v = x is not null
let w = when
  a > 1 -> "x"
  _ -> "y"
end
let text = """
  a
    b {a}
  """
let neg = -2 ** 2
let sl = xs[1..] ++ xs[..-1]
let state = 1
test "adds"
  assert 1 + 1 == 2
end
"#,
    );
}

#[test]
fn a_missing_end_costs_one_diagnostic() {
    let found = codes("cell a()\n  if x\n    y\n\ncell b()\n  1\nend\n\ncell c() = 2\n");
    assert_eq!(found, ["E0013@1:1 This `cell` has no `end`.", "E0013@2:3 This `if` has no `end`."],);
}

#[test]
fn independent_faults_are_all_reported() {
    let found = codes("let a = \nlet b = (1, 2\nlet c = 1 < 2 < 3\nlet 5x = 2\nlet s = \"open\nlet ok = 1\n");
    let codes: Vec<&str> = found.iter().map(|s| &s[..5]).collect();
    assert!(
        codes.contains(&"E0010")
            && codes.contains(&"E0012")
            && codes.contains(&"E0017")
            && codes.contains(&"E0002"),
        "{found:#?}"
    );
}

#[test]
fn deep_nesting_is_refused_not_overflowed() {
    for text in [
        "(".repeat(20_000),
        "-".repeat(20_000),
        "[{".repeat(9_000),
        "if a\n".repeat(9_000),
        "fn(x) => ".repeat(9_000),
        "f(\"{".repeat(3_000),
    ] {
        assert!(!codes(&text).is_empty());
    }
    let sum = vec!["1"; 20_000].join(" + ");
    assert!(codes(&sum)[0].starts_with("E0016"));
}

#[test]
fn operators_bind_as_the_table_says() {
    fn shape(e: &syntax::ast::Expr) -> String {
        match &e.kind {
            ExprKind::Int(i) => i.to_string(),
            ExprKind::Name(n) => n.clone(),
            ExprKind::Unary { op, operand } => format!("({op:?} {})", shape(operand)),
            ExprKind::Binary { op, left, right, .. } => {
                format!("({} {} {})", shape(left), op.symbol(), shape(right))
            }
            ExprKind::Index { base, index, .. } => format!("{}[{}]", shape(base), shape(index)),
            ExprKind::Range { start, end, .. } => format!("({}..{})", shape(start), shape(end)),
            other => format!("{other:?}"),
        }
    }
    for (text, expected) in [
        ("a + b * c", "(a + (b * c))"),
        ("-a ** b", "(Neg (a ** b))"),
        ("a ** -b ** c", "(a ** (Neg (b ** c)))"),
        ("a & b < c", "((a & b) < c)"),
        ("not a == b and c", "((Not (a == b)) and c)"),
        ("a ?? b or c", "(a ?? (b or c))"),
        ("a ?? b ?? c", "(a ?? (b ?? c))"),
        ("a - b - c", "((a - b) - c)"),
        ("1 + 2..n * 2", "((1 + 2)..(n * 2))"),
        ("a | b ^ c & d << 1", "(a | (b ^ (c & (d << 1))))"),
        ("x[a ?? b ?? c]", "x[(a ?? (b ?? c))]"),
        ("x[a & b < c or d]", "x[(((a & b) < c) or d)]"),
        ("a |> f |> g", "((a |> f) |> g)"),
        ("-9223372036854775808", "-9223372036854775808"),
    ] {
        let mut ids = NodeIds::default();
        let parse = parse(FileId(0), text, &mut ids);
        assert!(parse.diagnostics.is_empty(), "{text}: {:?}", parse.diagnostics);
        let ItemKind::Stmt(stmt) = &parse.module.items[0].kind else { panic!("{text}") };
        let StmtKind::Expr(expr) = &stmt.kind else { panic!("{text}") };
        assert_eq!(shape(expr), expected, "{text}");
    }
}

#[test]
fn comparisons_and_ranges_do_not_chain() {
    assert_eq!(codes("a < b == c"), ["E0017@1:7 Comparisons do not chain: `<` is followed by `==`."]);
    assert_eq!(codes("x[a < b == c]")[0][..5], *"E0017");
    assert_eq!(codes("1..2..=3"), ["E0017@1:5 Ranges do not chain: `..` is followed by `..=`."]);
}

#[test]
fn a_brace_before_a_quote_is_text() {
    assert_eq!(codes(r#"print("{("hi"):*^6} {x + "{f("a:b")}":>3} {")"#), [""; 0]);
    let parse = parse(FileId(0), r#"let a = "{"hi":*^6}""#, &mut NodeIds::default());
    let help = parse.diagnostics[0].help.as_deref().unwrap_or_default();
    assert!(help.contains(r#"{("text")}"#), "{:#?}", parse.diagnostics);
}

#[test]
fn any_bytes_keep_their_text() {
    for text in [
        "\u{feff}let",
        "let \0 x",
        "é = 1",
        "\"\\u{zz}\"",
        "r\"x",
        "b\"4\"",
        "``` a",
        "@",
        "cell",
        "record X",
        "match",
        "match x\n 1",
        "{a: }",
        "x[",
        "x[1..",
        "\\",
        "\"{a",
        "\"\"\"",
        "\"\"\"\n  {",
        "end end",
        "else",
        ") ]",
    ] {
        codes(text);
    }
}

#[test]
fn safe_fixes_make_a_malformed_file_parse() {
    let text = "cell f(a Int) -> Int\n  let b = (a + 1\n  if b > 1\n    b\n  else\n    0\n  end\n\nfor i, j in [(1, 2)]\n  print(i)\nend\n";
    let mut now = text.to_string();
    for _ in 0..3 {
        let parse = parse(FileId(0), &now, &mut NodeIds::default());
        now = syntax::render::apply_safe_fixes(FileId(0), &now, &parse.diagnostics).0;
    }
    assert!(codes(text).len() >= 3, "{:#?}", codes(text));
    clean(&now);
}
