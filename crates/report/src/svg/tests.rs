use proptest::prelude::*;

use super::{svg, text};
use crate::figure::{Figure, Kind, Series, Xs};

fn bars(names: &[&str], ys: &[f64]) -> Figure {
    let xs = Xs::Categories(names.iter().map(|n| n.to_string()).collect());
    Figure {
        series: vec![Series { name: String::new(), xs, ys: ys.to_vec() }],
        ..Figure::new(Kind::Bar, "Bars")
    }
}

/// One text as drawn.
#[derive(Debug)]
struct Label {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    text: String,
}

/// The texts of a drawing, with the room they take at most.
fn labels(svg: &str) -> Vec<Label> {
    let number = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        rest.split_once('"')?.0.parse::<f64>().ok()
    };
    let texts = svg.split("<text").skip(1).filter_map(|rest| rest.split_once('>'));
    texts
        .filter_map(|(tag, rest)| {
            let text = rest
                .split("</text>")
                .next()?
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"");
            let (x, y, size) = (number(tag, "x")?, number(tag, "y")?, number(tag, "font-size")?);
            let width = text::width(&text.replace("&amp;", "&"), size);
            let left = if tag.contains("\"middle\"") {
                x - width / 2.0
            } else if tag.contains("\"end\"") {
                x - width
            } else {
                x
            };
            Some(Label { left, right: left + width, top: y - size * 0.75, bottom: y + size * 0.2, text })
        })
        .collect()
}

/// Labels that leave the drawing or lie on one another.
fn faults(svg: &str, width: f64) -> Vec<String> {
    let labels = labels(svg);
    let mut faults = Vec::new();
    for (i, a) in labels.iter().enumerate() {
        if a.left < -0.2 || a.right > width + 0.2 {
            faults.push(format!("{a:?} is clipped"));
        }
        for b in labels.iter().skip(i + 1) {
            if a.left < b.right - 0.2
                && b.left < a.right - 0.2
                && a.top < b.bottom - 0.2
                && b.top < a.bottom - 0.2
            {
                faults.push(format!("{a:?} lies on {b:?}"));
            }
        }
    }
    faults
}

/// Source: hand, read beside the picture.
#[test]
fn the_bytes_of_a_drawing_are_stable() {
    let figure = bars(&["a", "b"], &[1.0, f64::NAN]);
    let drawn = svg(&figure);
    assert_eq!(drawn, svg(&Figure::from_bytes(&figure.to_bytes()).expect("its own bytes")));
    let parts: Vec<&str> =
        drawn.split_inclusive('>').filter(|part| part.contains("rect") || part.contains("viewBox")).collect();
    assert_eq!(
        parts,
        [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 680 322\" width=\"680\" height=\"322\" role=\"img\" \
         aria-label=\"Bar chart: Bars. 1 value.\" font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, \
         'Helvetica Neue', 'Noto Sans', sans-serif\">",
            "<rect x=\"69.5\" y=\"42\" width=\"238.2\" height=\"255\" rx=\"1\" class=\"s0\" fill=\"#2f6299\">",
            "</rect>",
        ]
    );
}

#[test]
fn bars_lie_down_when_their_names_need_the_room() {
    let short = svg(&bars(&["Jan", "Feb", "Mar"], &[1.0, 2.0, 3.0]));
    let long = svg(&bars(&["Mourning dove or pigeon, unidentified"; 1].repeat(9), &[1.0; 9]));
    assert!(labels(&short).iter().any(|l| l.text == "Feb" && l.top > 200.0), "{short}");
    assert!(labels(&long).iter().all(|l| l.text.len() < 6 || l.left < 300.0), "{long}");
    let names: Vec<String> = (0..9).map(|i| format!("Unidentified medium-sized bird number {i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let drawn = svg(&bars(&names, &[1.0; 9]));
    let names: Vec<_> = labels(&drawn).into_iter().filter(|l| l.text.starts_with("Unidentified")).collect();
    assert!(names.len() == 9 && names.iter().all(|l| l.left >= -0.2 && l.right < 260.0), "{names:#?}");
}

#[test]
fn a_line_breaks_at_what_is_missing() {
    let xs = Xs::Numbers(vec![0.0, 1.0, 2.0, 3.0, 4.0]);
    let ys = vec![1.0, f64::NAN, 2.0, 3.0, f64::NAN];
    let figure =
        Figure { series: vec![Series { name: String::new(), xs, ys }], ..Figure::new(Kind::Line, "") };
    let drawn = svg(&figure);
    let path =
        drawn.split("class=\"l0\"").next().and_then(|before| before.rsplit("d=\"").next()).expect("a path");
    // A point alone is a dot; two points are a line.
    assert_eq!(path.matches('M').count(), 2, "{path}");
    assert_eq!(path.matches('L').count(), 1, "{path}");
    assert_eq!(path.matches("h0").count(), 1, "{path}");
}

#[test]
fn nothing_to_draw_says_so() {
    for kind in [Kind::Bar, Kind::Line, Kind::Scatter, Kind::Hist] {
        assert!(svg(&Figure::new(kind, "Empty")).contains("No data to draw"));
    }
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[A-Z][a-z]{2,9}( [a-z]{3,12}){0,4}", "[a-z]{1,3}"]
}

fn any_figure() -> impl Strategy<Value = Figure> {
    let kind = prop::sample::select(vec![Kind::Bar, Kind::Line, Kind::Scatter, Kind::Hist]);
    let value = prop_oneof![-1e4..1e4, any::<f64>(), 0.0..1.0];
    let values = prop::collection::vec(value.clone(), 0..14);
    let xs = prop_oneof![
        prop::collection::vec(any_name(), 0..14).prop_map(Xs::Categories),
        prop::collection::vec(value, 0..14).prop_map(Xs::Numbers),
        prop::collection::vec(any::<i64>(), 0..14).prop_map(Xs::Times),
        prop::collection::vec(0i64..2_000_000_000_000_000, 0..14).prop_map(Xs::Times),
    ];
    let series = (any_name(), xs, values).prop_map(|(name, xs, ys)| Series { name, xs, ys });
    (kind, any_name(), any_name(), any_name(), prop::collection::vec(series, 0..4), any::<Option<bool>>())
        .prop_map(|(kind, title, x_label, y_label, series, horizontal)| {
            let mut figure = Figure { x_label, y_label, series, ..Figure::new(kind, title) };
            figure.options.horizontal = horizontal;
            figure
        })
}

proptest! {
    #[test]
    fn no_label_is_clipped_or_covered(figure in any_figure(), width in prop::sample::select(vec![344u32, 680])) {
        let drawn = super::draw(&figure, width, true);
        let faults = faults(&drawn, f64::from(width));
        prop_assert!(faults.is_empty(), "{:#?}", faults);
    }

    #[test]
    fn every_drawing_is_well_formed(figure in any_figure()) {
        let drawn = svg(&figure);
        prop_assert!(!drawn.contains("NaN\"") && !drawn.contains("inf\""));
        let mut open = Vec::new();
        for tag in drawn.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag) {
            match (tag.strip_prefix('/'), tag.ends_with('/')) {
                (Some(name), _) => prop_assert_eq!(open.pop(), Some(name)),
                (None, true) => {}
                (None, false) => open.push(tag.split(' ').next().unwrap_or(tag)),
            }
        }
        prop_assert!(open.is_empty());
    }
}
