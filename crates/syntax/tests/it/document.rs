//! Documents: front matter, fences, bound and unbound numbers.

use syntax::ast::{ExprKind, ItemKind, NodeIds, PatternKind, Stmt, StmtKind};
use syntax::document::{Block, FenceKind, Inline, InputValue};
use syntax::{Document, FileId, Source, parse_document};

const TEXT: &str = r#"---
title: Bird strikes
inputs: {strikes_csv: {file: data/birdstrikes.csv.gz}, limit: 200}
grants: ['fs.read path "data/*" max_bytes 1000']
seed: 7
---

# Bird strikes

```lumen load
let rate = 0.1
```

Damage in `{lumen} rate | percent(1)` of all; 17 more, [42]{.given source="FAA"} given.

| a | b |
|---|--:|
| x | `{lumen} rate * 2.0 \| fixed(2)` |

- one
- two `code`

```lumen hidden
rate +
```
```output
0.1
```
"#;

fn read(text: &str) -> Document {
    parse_document(FileId(0), text, false, &mut NodeIds::default())
}

#[test]
fn a_document_is_read_whole() {
    let doc = read(TEXT);
    assert_eq!(doc.front_matter.title.as_deref(), Some("Bird strikes"));
    assert_eq!(doc.front_matter.seed, Some(7));
    assert_eq!(doc.front_matter.grants.len(), 1);
    let inputs: Vec<_> = doc.front_matter.inputs.iter().map(|i| (i.name.as_str(), &i.value)).collect();
    assert_eq!(
        inputs,
        [
            ("strikes_csv", &InputValue::File("data/birdstrikes.csv.gz".into())),
            ("limit", &InputValue::Int(200))
        ]
    );
    assert_eq!(doc.fences.len(), 2);
    assert_eq!(doc.fences[0].name.as_deref(), Some("load"));
    assert!(doc.fences[1].hidden && doc.fences[1].output.is_some());
    assert_eq!(doc.bindings.len(), 2);
    assert_eq!(doc.bindings[0].format.as_deref(), Some("percent(1)"));
    assert_eq!(doc.bindings[1].format.as_deref(), Some("fixed(2)"));
    assert_eq!(doc.given, [("42".to_string(), "FAA".to_string())]);
    assert!(
        doc.blocks.iter().any(|b| matches!(b, Block::Table { rows, .. } if rows[0][1] == [Inline::Bound(1)]))
    );
}

#[test]
fn places_count_in_the_document() {
    let doc = read(TEXT);
    let source = Source::new("a.lm.md", TEXT);
    let found: Vec<_> = doc
        .diagnostics
        .iter()
        .map(|d| (d.code, source.line_column(d.span.start).0, source.slice(d.span)))
        .collect();
    assert_eq!(found, [("W0601", 14, "17"), ("E0010", 24, "")]);
}

#[test]
fn faulty_front_matter_says_what_is_wrong() {
    let cases = [
        ("---\ntitel: x\n---\n", "E0604", "Did you mean `title`?"),
        ("---\nseed: -1\n---\n", "E0604", ""),
        ("---\ninputs: {A-b: 1}\n---\n", "E0604", "Names are lower-case"),
        ("---\n: : [\n---\n", "E0604", "YAML"),
        ("---\ntitle: x\n", "E0604", "three dashes"),
        ("---\ngrants: ['5']\n---\n", "E0604", "A grant is"),
    ];
    for (text, code, help) in cases {
        let doc = read(text);
        let d = &doc.diagnostics[0];
        assert_eq!(d.code, code, "{text}");
        assert!(d.help.as_deref().unwrap_or("").contains(help), "{text}: {d:?}");
    }
}

#[test]
fn what_front_matter_lists_stands_where_it_is_listed() {
    let text = "---\ntitle: not deterministic, and no clock\nlumen: [doc_mode, deterministic, deterministics]\n\
                grants:\n  - clock max_calls 5\n  - clock\n---\n";
    let doc = read(text);
    let line = |span: syntax::Span| Source::new("a.lm.md", text).line_column(span.start);
    let directives: Vec<_> = doc.front_matter.directives.iter().map(|it| line(it.name.span)).collect();
    assert_eq!(directives, [(3, 9), (3, 19)]);
    let unknown: Vec<_> = doc.diagnostics.iter().map(|it| line(it.span)).collect();
    assert_eq!(unknown, [(3, 34)]);
    let grants: Vec<_> = doc.front_matter.grants.iter().map(|it| line(it.target.span)).collect();
    assert_eq!(grants, [(5, 5), (6, 5)]);
}

#[test]
fn a_python_cell_is_a_let_of_its_outputs() {
    let text = "```python prelude\none = 1\n```\n\n```python  fit inputs=a,inputs.b outputs=x:Table,m:map[String, Int] hidden\n  x = a\n```\n\n\
                ```python\nshown = 1\n```\n\n```python none\nprint(1)\n```\n";
    let document = read(text);
    assert_eq!(document.diagnostics, []);
    let kinds: Vec<&FenceKind> = document.fences.iter().map(|fence| &fence.kind).collect();
    assert_eq!(kinds, [&FenceKind::Prelude, &FenceKind::Python, &FenceKind::Python]);
    assert!(document.fences[1].hidden && document.fences[1].name.as_deref() == Some("fit"));
    let [fit, none] = document.module.items.as_slice() else { panic!("two cells") };
    let ItemKind::Stmt(Stmt { kind: StmtKind::Let { pattern, value, .. }, .. }) = &fit.kind else {
        panic!("a let")
    };
    assert!(matches!(&pattern.kind, PatternKind::Tuple(parts) if parts.len() == 2));
    let ExprKind::Python(cell) = &value.kind else { panic!("a Python cell") };
    assert_eq!((cell.code.as_str(), cell.preludes.as_slice()), ("  x = a\n", &["one = 1\n".to_string()][..]));
    let slice = |span: syntax::Span| &text[span.start as usize..span.end as usize];
    let inputs: Vec<(&str, &str)> =
        cell.inputs.iter().map(|(name, expr)| (name.text.as_str(), slice(expr.span))).collect();
    assert_eq!(inputs, [("a", "a"), ("b", "inputs.b")]);
    let outputs: Vec<(&str, &str)> =
        cell.outputs.iter().map(|(name, ty)| (slice(name.span), slice(*ty))).collect();
    assert_eq!(outputs, [("x", "Table"), ("m", "map[String, Int]")]);
    assert!(matches!(&none.kind, ItemKind::Stmt(Stmt { kind: StmtKind::Expr(_), .. })));
    assert_eq!(slice(fit.span), "  x = a\n");
}

#[test]
fn each_fault_of_a_python_cells_line_stands_where_it_is() {
    for (line, wrong) in [
        ("fit input=a", "input=a"),
        ("fit inputs=a,1 outputs=x:Int", "1"),
        ("fit outputs=x", "x"),
        ("fit more", "more"),
        ("fit inputs=a,a", "a"),
        ("outputs=x:Int", " outputs=x:Int"),
    ] {
        let text = format!("```python {line}\nx = 1\n```\n");
        let document = read(&text);
        let [found] = document.diagnostics.as_slice() else { panic!("{line}: {:?}", document.diagnostics) };
        assert_eq!(found.code, "E0609", "{line}");
        assert_eq!(&text[found.span.start as usize..found.span.end as usize], wrong, "{line}");
    }
}
