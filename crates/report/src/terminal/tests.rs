use proptest::prelude::*;

use super::{plot, table};
use crate::{
    figure::{Figure, Kind, Series, Xs, histogram},
    table::{Column, Row, TableCell, TableView},
};

fn strikes(rows: usize) -> TableView {
    let names = ["Approach", "Take-off run", "Landing roll", "En route 巡航", "Climb\x1b[31m\n"];
    let row = |i: usize| Row {
        labels: vec![i.to_string()],
        cells: vec![
            names[i % names.len()].into(),
            format!("{}", 1000 * i + 7).into(),
            if i == 2 { TableCell::missing("NaN") } else { format!("0.{i}25").into() },
        ],
    };
    TableView {
        index: vec![String::new()],
        columns: vec![
            Column::new("phase", "str"),
            Column::new("strikes", "int64"),
            Column::new("rate", "float64"),
        ],
        rows: (0..rows).map(row).collect(),
        row_count: rows as u64,
        gap_after: None,
    }
}

fn widest(text: &str) -> usize {
    text.lines().map(super::text::width).max().unwrap_or(0)
}

/// Source: hand.
#[test]
fn a_table_shows_dtypes_and_lines_up_its_numbers() {
    let mut view = strikes(5);
    (view.row_count, view.gap_after) = (2836, Some(3));
    assert_eq!(
        table(&view, 60, false),
        "   phase            strikes     rate
   str                int64  float64
─  ───────────────  ───────  ───────
0  Approach               7    0.025
1  Take-off run        1007    0.125
2  Landing roll        2007      NaN
…  …                      …        …
3  En route 巡航       3007    0.325
4  Climb\\x1b[31m\\n     4007    0.425
5 of 2,836 rows × 3 columns
"
    );
}

/// Source: hand.
#[test]
fn a_wide_table_keeps_its_first_and_last_columns() {
    let columns = (0..30).map(|i| Column::new(format!("column_{i}"), "float64")).collect();
    let row = |i: usize| Row {
        labels: vec![i.to_string()],
        cells: (0..30).map(|c| format!("{c}.5").into()).collect(),
    };
    let view = TableView {
        index: vec!["id".into()],
        columns,
        rows: (0..2).map(row).collect(),
        row_count: 2,
        gap_after: None,
    };
    let text = table(&view, 60, false);
    assert_eq!(
        text.lines().next(),
        Some("id  column_0  column_1  column_2  …  column_28  column_29"),
        "{text}"
    );
    assert!(text.ends_with("2 rows × 30 columns, 25 left out\n"), "{text}");
    for width in [60, 80, 120] {
        assert!(widest(&table(&view, width, false)) <= width);
    }
}

fn bars() -> Figure {
    let xs = ["Approach", "Climb", "En route", "Landing roll"].map(String::from).to_vec();
    let ys = vec![0.114, 0.08, f64::NAN, 0.05];
    let series = vec![Series { name: String::new(), xs: Xs::Categories(xs), ys }];
    Figure { series, ..Figure::new(Kind::Bar, "Damage rate by phase of flight") }
}

/// Source: hand; 0.08 of 0.114 fills 29.5 of 42 cells.
#[test]
fn bars_lie_beside_their_labels() {
    assert_eq!(
        plot(&bars(), 64, false),
        "Damage rate by phase of flight
Approach     ██████████████████████████████████████████ 0.114
Climb        █████████████████████████████▌ 0.0800
En route      no value
Landing roll ██████████████████▍ 0.0500
"
    );
}

#[test]
fn bars_below_zero_hang_from_the_same_line() {
    let mut figure = bars();
    figure.series[0].ys = vec![-2.0, 2.0, -1.0, 0.0];
    assert_eq!(
        plot(&figure, 36, false),
        "Damage rate by phase of flight
Approach     ██████████ -2
Climb                  ██████████ 2
En route          █████ -1
Landing roll            0
"
    );
}

fn all_kinds() -> Vec<Figure> {
    let wave: Vec<f64> = (0..200).map(|i| f64::from(i % 40 - 20) * f64::from(i)).collect();
    let xs = Xs::Numbers((0..200).map(f64::from).collect());
    let line = |name: &str, scale: f64| Series {
        name: name.into(),
        xs: xs.clone(),
        ys: wave.iter().map(|y| y * scale).collect(),
    };
    let (edges, counts) = histogram(&wave, 20);
    let hist = Series { name: "wave".into(), xs: Xs::Numbers(edges), ys: counts };
    let mut figures = vec![bars()];
    for kind in [Kind::Line, Kind::Scatter] {
        for series in [vec![line("one", 1.0)], vec![line("one", 1.0), line("two", 0.5)]] {
            let labels = Figure {
                x_label: "day".into(),
                y_label: "speed, knots".into(),
                ..Figure::new(kind, "Waves")
            };
            figures.push(Figure { series, ..labels });
        }
    }
    for series in [vec![hist.clone()], vec![hist.clone(), hist]] {
        figures.push(Figure { series, ..Figure::new(Kind::Hist, "How high the waves are") });
    }
    figures
}

#[test]
fn no_plot_leaves_its_width() {
    for figure in all_kinds() {
        for width in [60, 80, 120] {
            let text = plot(&figure, width, false);
            assert!(widest(&text) <= width, "{width}\n{text}");
            assert!(text.lines().count() > 4, "{text}");
            let coloured = plot(&figure, width, true);
            let stripped =
                coloured.split('\x1b').map(|part| part.split_once('m').map_or(part, |(_, rest)| rest));
            assert!(widest(&stripped.collect::<String>().replace('[', "")) <= width + 1, "{coloured}");
        }
    }
}

#[test]
fn nothing_to_draw_says_so() {
    assert_eq!(plot(&Figure::new(Kind::Line, "Waves"), 60, false), "Waves\n(no data)\n");
    let mut figure = bars();
    figure.series[0].ys = vec![f64::NAN; 4];
    assert!(plot(&figure, 60, false).ends_with("(no data)\n"));
}

proptest! {
    #[test]
    fn any_values_are_drawn_within_the_width(
        ys in prop::collection::vec(any::<f64>(), 0..30),
        xs in prop::collection::vec(any::<f64>(), 0..30),
        kind in prop::sample::select(vec![Kind::Bar, Kind::Line, Kind::Scatter, Kind::Hist]),
        width in 40usize..130,
    ) {
        let series = vec![Series { name: "s".into(), xs: Xs::Numbers(xs), ys }];
        let figure = Figure { series, ..Figure::new(kind, "any") };
        let text = plot(&figure, width, false);
        prop_assert!(widest(&text) <= width, "{text}");
    }

    #[test]
    fn any_text_stays_on_its_line(text in any::<String>(), width in 40usize..130) {
        let row = Row { labels: vec![text.clone()], cells: vec![text.as_str().into()] };
        let view = TableView {
            index: vec![text.clone()],
            columns: vec![Column::new(text.clone(), text)],
            rows: vec![row],
            row_count: 1,
            gap_after: None,
        };
        let drawn = table(&view, width, false);
        prop_assert_eq!(drawn.lines().count(), 5);
        prop_assert!(widest(&drawn) <= width, "{}", drawn);
        prop_assert!(!drawn.chars().any(|c| c.is_control() && c != '\n'));
    }
}
