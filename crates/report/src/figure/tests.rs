use super::*;
use proptest::prelude::*;

fn figure(ys: Vec<f64>) -> Figure {
    let xs = Xs::Categories((0..ys.len()).map(|i| format!("c{i} \"é\"")).collect());
    let series = vec![Series { name: "damage".into(), xs, ys }];
    Figure { series, ..Figure::new(Kind::Bar, "Damage by phase") }
}

proptest! {
    #[test]
    fn a_figure_comes_back_from_its_bytes(ys in prop::collection::vec(any::<f64>(), 0..20)) {
        let bytes = figure(ys.clone()).to_bytes();
        let back = Figure::from_bytes(&bytes).expect("canonical bytes");
        prop_assert_eq!(back.to_bytes(), bytes);
        for (a, b) in back.series[0].ys.iter().zip(&ys) {
            prop_assert!(a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan());
        }
    }
}

/// Source: hand.
#[test]
fn altered_bytes_are_refused() {
    let text = String::from_utf8(figure(vec![0.5, f64::NAN]).to_bytes()).expect("JSON");
    assert!(text.contains("\"ys\":\"0.5 NaN\""), "{text}");
    for (from, to, expected) in [
        ("\"version\":1", "\"version\":2", "a figure of version 1 is expected, found version 2"),
        ("0.5 NaN", "0.50 NaN", "not in canonical form"),
        ("0.5 NaN", "0.5", "series `damage` has 2 x values for 1 y values; expected 1"),
        ("\"kind\":\"bar\"", "\"kind\":\"pie\"", "unknown variant `pie`"),
        ("\"kind\":\"bar\"", "\"kind\":\"bar\",\"colour\":1", "unknown field `colour`"),
    ] {
        let altered = text.replace(from, to);
        assert_ne!(altered, text, "{from}");
        let error = Figure::from_bytes(altered.as_bytes()).expect_err(to).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// Source: oracle, numpy 2.4.6 `numpy.histogram(values, bins=bins)`.
#[test]
fn bins_are_numpys() {
    for (values, bins, edges, counts) in [
        (vec![1.0, 2.0, 2.0, 3.0, 4.0], 3, vec![1.0, 2.0, 3.0, 4.0], vec![1.0, 2.0, 2.0]),
        (vec![5.0, 5.0], 2, vec![4.5, 5.0, 5.5], vec![0.0, 2.0]),
        (vec![], 2, vec![0.0, 0.5, 1.0], vec![0.0, 0.0]),
        (
            vec![0.1, 0.2, 0.3, 0.4, 0.7],
            6,
            vec![0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
            vec![1.0, 1.0, 1.0, 1.0, 0.0, 1.0],
        ),
    ] {
        let (found_edges, found_counts) = histogram(&values, bins);
        assert_eq!(found_counts, counts, "{values:?}");
        assert_eq!(found_edges, edges, "{values:?}");
    }
    assert_eq!(histogram(&[f64::NAN, 1.0], 1), (vec![0.5, 1.5], vec![1.0]));
}
