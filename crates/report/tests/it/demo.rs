//! A page with one of everything, shaped like a document about bird strikes. The numbers are made up.

use report::{
    figure::{Figure, Kind, Options, Series, Xs, histogram},
    format::Format,
    page::{
        Align, Block, Cell, Content, Digest, Inline, Input, LogEntry, Page, Provenance, RunFacts, Shown,
        Status,
    },
    table::{Column, Row, TableCell, TableView},
};

const SHA: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

pub fn page() -> Page {
    let heading = |level, text: &str| Block::Heading { level, text: vec![Inline::text(text)] };
    Page {
        title: "Bird strikes: where aircraft get hurt".into(),
        subtitle: Some("Ten thousand wildlife strikes reported to the FAA, and what decides whether one leaves damage".into()),
        facts: RunFacts {
            run: "3f2a9c41-7".into(),
            document: "examples/birdstrikes/birdstrikes.lm.md".into(),
            engine: "lumen 0.1.0".into(),
            digests: vec![
                Digest { label: "Trace hash".into(), hex: SHA.into() },
                Digest { label: "State hash".into(), hex: SHA.chars().rev().collect() },
            ],
            verify_command: Some("lumen verify 3f2a9c41-7".into()),
        },
        blocks: vec![
            heading(1, "Bird strikes: where aircraft get hurt"),
            Block::Paragraph(vec![
                Inline::text("An aircraft was damaged in "),
                Inline::number("rate", "10.6%"),
                Inline::text(" of "),
                Inline::number("strikes", "10,000"),
                Inline::text(" reported strikes. The report names a species in most of them, a speed in "),
                Inline::number("speeds", "7,164"),
                Inline::text(", and a cost in few; the gaps are "),
                Inline::Emph(vec![Inline::text("not")]),
                Inline::text(" filled in here, and every rate below is over the rows that carry the value."),
            ]),
            cell("load", LOAD, Status::Recorded, vec![Shown {
                id: Some("strikes_table".into()),
                name: "strikes".into(),
                content: Content::Table(strikes()),
            }]),
            heading(2, "Phase of flight"),
            Block::Paragraph(vec![
                Inline::text("Most strikes happen on approach. The rate of damage is highest in "),
                Inline::Strong(vec![Inline::text("climb")]),
                Inline::text(": there "),
                Inline::number("climb", "14.8%"),
                Inline::text(" of strikes leave damage, against "),
                Inline::number("rate", "10.6%"),
                Inline::text(" overall. The FAA describes the phases in its "),
                Inline::Link {
                    url: "https://wildlife.faa.gov/".into(),
                    text: vec![Inline::text("wildlife database")],
                },
                Inline::text("."),
            ]),
            figures(vec![phase()]),
            heading(2, "Through the year"),
            Block::Paragraph(vec![Inline::text(
                "Strikes follow the migration of birds. The months of autumn bring the most of them, and young birds, \
                 which have not yet learned what an aircraft is, are over-represented in summer.",
            )]),
            figures(vec![monthly(), daily()]),
            heading(2, "Speed and size"),
            Block::List {
                start: None,
                items: vec![
                    vec![Block::Paragraph(vec![
                        Inline::text("Below 100 knots a strike rarely matters: "),
                        Inline::number("slow", "4.1%"),
                        Inline::text("."),
                    ])],
                    vec![Block::Paragraph(vec![
                        Inline::text("A "),
                        Inline::Code("Large".into()),
                        Inline::text(" animal damages the aircraft in every third case."),
                    ])],
                ],
            },
            Block::Table {
                head: vec![vec![Inline::text("Size")], vec![Inline::text("Strikes")], vec![Inline::text("Damage")]],
                align: vec![None, Some(Align::End), Some(Align::End)],
                rows: [("Small", "6,612", "4.0%"), ("Medium", "2,641", "19.4%"), ("Large", "747", "38.2%")]
                    .map(|(size, n, rate)| {
                        let id = format!("size {size}");
                        vec![vec![Inline::text(size)], vec![Inline::number(&id, n)], vec![Inline::number(&id, rate)]]
                    })
                    .to_vec(),
            },
            figures(vec![speeds(), scatter(), sizes()]),
            heading(3, "What the reports leave out"),
            Block::Quote(vec![Block::Paragraph(vec![Inline::text(
                "Reporting is voluntary. A strike without damage is reported less often than one with it, so the rate \
                 of damage among reported strikes is an upper bound.",
            )])]),
            heading(2, "A classifier, and how far it can be trusted"),
            Block::Cell(Cell {
                name: "train".into(),
                language: "lumen".into(),
                source: Some("let net = nn.Sequential([nn.Linear(12, 8), nn.ReLU(), nn.Linear(8, 2)])\nlet auc = roc_auc(net(x_test), y_test)".into()),
                status: Status::Ran,
                ms: Some(1_312),
                shown: vec![
                    Shown { id: Some("auc".into()), name: "auc".into(), content: Content::Text("0.7413\n".into()) },
                    Shown {
                        id: None,
                        name: String::new(),
                        content: Content::Error("E0405: the shapes (64, 12) and (8, 2) do not fit in `matmul`".into()),
                    },
                ],
            }),
            Block::Paragraph(vec![
                Inline::text("On strikes it has not seen the classifier reaches an area under the curve of "),
                Inline::number("auc", "0.741"),
                Inline::text(". Always answering \u{201c}no damage\u{201d} would be right in "),
                Inline::number("untraced", "89.4%"),
                Inline::text(" of cases."),
            ]),
            Block::Code { language: "sh".into(), text: "lumen why damage_rate\n".into() },
        ],
        provenance: provenance(),
    }
}

fn cell(name: &str, source: &str, status: Status, shown: Vec<Shown>) -> Block {
    let source = Some(source.to_owned());
    Block::Cell(Cell { name: name.into(), language: "lumen".into(), source, status, ms: None, shown })
}

const LOAD: &str = r#"record Strike
  @column("Aircraft: Airline/Operator") operator: String
  @column("Wildlife: Species") species: String
  @column("Speed IAS in knots") speed: Float?
  damage: Damage
end

let strikes = read_csv[Strike](inputs.strikes, extra: "drop")
let damage_rate = strikes.damaged.mean()
"#;

fn figures(figures: Vec<Figure>) -> Block {
    let shown = figures.into_iter().enumerate().map(|(i, figure)| Shown {
        id: (i == 0).then(|| "chart".into()),
        name: "chart".into(),
        content: Content::Figure(figure),
    });
    cell("plots", "plot.bar(by_phase, x: \"phase\", y: \"rate\")", Status::Ran, shown.collect())
}

fn strikes() -> TableView {
    let row = |i: usize, date: &str, species: &str, speed: Option<&str>, cost: &str| Row {
        labels: vec![i.to_string()],
        cells: vec![
            date.into(),
            "Approach".into(),
            species.into(),
            speed.map_or(TableCell::missing("NaN"), TableCell::from),
            cost.into(),
            "False".into(),
        ],
    };
    TableView {
        index: vec![String::new()],
        columns: vec![
            Column::new("date", "datetime64[us]"),
            Column::new("phase", "str"),
            Column::new("species", "str"),
            Column::new("speed", "float64"),
            Column::new("cost", "int64"),
            Column::new("damaged", "bool"),
        ],
        rows: vec![
            row(0, "1990-01-08", "Rock pigeon", Some("300.0"), "0"),
            row(1, "1990-01-09", "European starling", Some("200.0"), "30,736"),
            row(2, "1990-01-11", "<script>alert(\"gull\")</script>", None, "0"),
            row(9998, "2002-12-29", "Unknown bird or bat", Some("130.0"), "1,481,711"),
            row(9999, "2002-12-31", "アオサギ (grey heron)", None, "0"),
        ],
        row_count: 10_000,
        gap_after: Some(3),
    }
}

fn categories(names: &[&str]) -> Xs {
    Xs::Categories(names.iter().map(|n| n.to_string()).collect())
}

pub fn phase() -> Figure {
    let phases =
        ["Approach", "Landing roll", "Take-off run", "Climb", "En route", "Descent", "Taxi", "Parked"];
    let ys = vec![0.0923, 0.0612, 0.0874, 0.1482, 0.1391, 0.1275, 0.018, f64::NAN];
    Figure {
        y_label: "share of strikes with damage".into(),
        series: vec![Series { name: String::new(), xs: categories(&phases), ys }],
        options: Options { y_format: Some(Format::Percent(1)), ..Options::default() },
        ..Figure::new(Kind::Bar, "Rate of damage by phase of flight")
    }
}

pub fn monthly() -> Figure {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let series =
        |name: &str, ys: [f64; 12]| Series { name: name.into(), xs: categories(&months), ys: ys.into() };
    Figure {
        x_label: "month".into(),
        y_label: "strikes".into(),
        series: vec![
            series("no damage", [402., 380., 560., 690., 870., 760., 1150., 1290., 1320., 1110., 640., 418.]),
            series("damage", [74., 69., 88., 91., 99., 65., 77., 96., 141., 146., 95., 79.]),
        ],
        ..Figure::new(Kind::Bar, "Strikes by month")
    }
}

pub fn daily() -> Figure {
    let day = 86_400_000_000;
    let xs: Vec<i64> = (0..1461).map(|i| (15_340 + i) * day).collect();
    // A deterministic wobble around a yearly swing.
    let wave = |i: i64, lift: f64| {
        let t = (i % 365) as f64 / 365.0;
        lift + 40.0 * t * (1.0 - t) + ((i * 7919 % 101) as f64 - 50.0) / 14.0
    };
    let ys = |lift: f64| {
        (0..1461).map(|i| if (500..560).contains(&i) { f64::NAN } else { wave(i, lift) }).collect()
    };
    let series = |name: &str, lift| Series { name: name.into(), xs: Xs::Times(xs.clone()), ys: ys(lift) };
    Figure {
        y_label: "temperature, °C".into(),
        series: vec![series("highest", 12.0), series("lowest", 4.0)],
        ..Figure::new(Kind::Line, "Temperature by day; the station was silent in summer 2013")
    }
}

pub fn speeds() -> Figure {
    let values: Vec<f64> =
        (0..3000).map(|i| f64::from(i * 7919 % 173) + f64::from(i * 104_729 % 191)).collect();
    let (edges, counts) = histogram(&values, 24);
    Figure {
        x_label: "speed, knots".into(),
        y_label: "strikes".into(),
        series: vec![Series { name: String::new(), xs: Xs::Numbers(edges), ys: counts }],
        ..Figure::new(Kind::Hist, "How fast the aircraft flew")
    }
}

pub fn scatter() -> Figure {
    let points = |seed: i64, name: &str| {
        let n = 600;
        let noise = |i: i64, k: i64| ((i * k + seed) % 997) as f64 / 997.0;
        let xs: Vec<f64> = (0..n).map(|i| 380.0 * noise(i, 7919) * noise(i, 104_729)).collect();
        let ys = xs.iter().zip(0..).map(|(x, i)| x * 25.0 + 9000.0 * noise(i, 31_337)).collect();
        Series { name: name.into(), xs: Xs::Numbers(xs), ys }
    };
    Figure {
        x_label: "speed, knots".into(),
        y_label: "height, feet".into(),
        series: vec![points(11, "no damage"), points(500, "damage")],
        ..Figure::new(Kind::Scatter, "Speed and height of each strike")
    }
}

pub fn sizes() -> Figure {
    let ys = vec![12.0, 30.0, 45.0, 38.0, 22.0, 9.0];
    let numbers = Xs::Numbers(vec![0.5, 1.0, 2.0, 4.0, 8.0, 16.0]);
    Figure {
        x_label: "mass, kg".into(),
        y_label: "strikes, thousand".into(),
        series: vec![Series { name: String::new(), xs: numbers, ys }],
        ..Figure::new(Kind::Line, "Heavier birds are rarer")
    }
}

fn provenance() -> Vec<Provenance> {
    let entry = |id: &str, title: &str, expression: Option<&str>, result: &str, seq| Provenance {
        id: id.into(),
        title: title.into(),
        expression: expression.map(String::from),
        result: result.into(),
        cell: "load".into(),
        code: "let damage_rate = strikes.damaged.mean()".into(),
        log: Some(LogEntry { seq, effect: SHA.chars().take(32).collect() }),
        intent: Some("read data/birdstrikes.csv.gz for `strikes`".into()),
        inputs: vec![Input {
            path: "data/birdstrikes.csv.gz".into(),
            sha256: SHA.into(),
            rows: Some(10_000),
        }],
        value_hash: Some(SHA.into()),
        operations: vec!["frame.read_csv".into(), "series.mean".into()],
    };
    vec![
        entry("rate", "10.6%", Some("damage_rate | percent(1)"), "damage_rate", 41),
        entry("strikes", "10,000", Some("len(strikes) | thousands"), "strikes", 12),
        entry("strikes_table", "strikes", None, "strikes", 12),
        entry("speeds", "7,164", Some("strikes.speed.count() | thousands"), "strikes", 12),
        entry("climb", "14.8%", Some("by_phase.rate[\"Climb\"] | percent(1)"), "by_phase", 48),
        entry("chart", "Rate of damage by phase of flight", None, "chart", 52),
        entry("slow", "4.1%", Some("slow_rate | percent(1)"), "slow_rate", 55),
        entry("size Small", "Small", None, "by_size", 57),
        entry("size Medium", "Medium", None, "by_size", 57),
        entry("size Large", "Large", None, "by_size", 57),
        entry("auc", "0.741", Some("auc | fixed(3)"), "auc", 93),
    ]
}
