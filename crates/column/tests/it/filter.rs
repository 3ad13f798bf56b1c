//! Rows chosen by a mask. hand: taking the rows one by one is the judge.

use column::{Bitmap, Column, DType, Scalar, TimeUnit};
use proptest::prelude::*;

/// A column of each layout, with missing rows where the dtype has them.
fn columns(len: usize) -> Vec<Column> {
    let number = |row: usize| (row * 7_919 % 1_009) as i64 - 300;
    let text = |row: usize| match row % 11 {
        0 => None,
        1 => Some(String::new()),
        2 => Some("ß".repeat(row % 23)),
        _ => Some(format!("id{}", number(row))),
    };
    let texts: Column = (0..len).map(text).collect::<Vec<_>>().iter().map(Option::as_deref).collect();
    let gaps = Bitmap::from_fn(len, |row| row % 5 != 3);
    let floats: Vec<f64> = (0..len)
        .map(|row| match row % 7 {
            0 => f64::NAN,
            1 => -0.0,
            _ => number(row) as f64 / 3.0,
        })
        .collect();
    vec![
        (0..len).map(number).collect::<Vec<i64>>().into(),
        (0..len).map(|row| row as u8).collect::<Vec<u8>>().into(),
        floats.into(),
        (0..len).map(|row| row % 3 == 0).collect::<Vec<bool>>().into(),
        Column::nullable((0..len).map(number).collect::<Vec<i64>>(), gaps.clone()),
        Column::boolean(Bitmap::from_fn(len, |row| row % 2 == 0 && gaps.get(row)), gaps),
        Column::datetime(
            (0..len).map(|row| if row % 4 == 1 { i64::MIN } else { number(row) }).collect(),
            TimeUnit::Nano,
        ),
        texts.cast(DType::String).expect("texts"),
        texts.categorize(false).expect("texts have an order"),
        Column::object((0..len).map(|row| Scalar::str(format!("{}", number(row)))).collect()),
        texts,
    ]
}

fn check(len: usize, mask: &Bitmap) {
    let rows: Vec<usize> = mask.ones().take_while(|&row| row < len).collect();
    for column in columns(len) {
        let (found, wanted) = (column.filter(mask), column.take(&rows).expect("inside"));
        assert_eq!(found, wanted, "{} of {len} rows", column.dtype());
        assert_eq!(found.validity(), wanted.validity(), "{}", column.dtype());
        // A part of a column has offsets and bits that do not start at zero.
        let (start, end) = (len / 3, len - len / 5);
        let part = column.slice(start, end);
        let here: Vec<usize> = mask.ones().take_while(|&row| row < end - start).collect();
        assert_eq!(part.filter(mask), part.take(&here).expect("inside"), "a part of {}", column.dtype());
    }
}

#[test]
fn a_mask_chooses_the_rows_of_its_set_bits() {
    for len in [0usize, 1, 3, 63, 64, 65, 1_000, 100_000] {
        check(len, &Bitmap::filled(true, len));
        check(len, &Bitmap::filled(false, len));
        check(len, &Bitmap::from_fn(len, |row| row * row % 7 < 3));
        check(len, &Bitmap::from_fn(len, |row| row / 200 % 2 == 0));
        check(len, &Bitmap::filled(true, len + 100));
        check(len, &Bitmap::filled(true, len / 2));
    }
}

proptest! {
    #[test]
    fn any_mask_chooses_its_rows(bits in prop::collection::vec(any::<bool>(), 0..400), len in 0usize..400, cut in 0usize..70) {
        let mask: Bitmap = bits.into_iter().collect();
        check(len, &mask.slice(cut..mask.len()));
    }
}

/// hand: the cells one by one are the judge.
#[test]
fn missing_positions_give_missing_rows_in_every_layout() {
    for len in [1usize, 3, 64, 1_000] {
        for column in columns(len) {
            let positions: Vec<i64> =
                (0..2 * len as i64).map(|place| (place * 17 + 3) % (len as i64 + 1) - 1).collect();
            let found = column.reindex(&positions).expect("inside");
            assert_eq!(found.dtype(), column.dtype().with_missing());
            for (place, &position) in positions.iter().enumerate() {
                let wanted = usize::try_from(position).ok().and_then(|row| column.get(row));
                let wanted = wanted.filter(|value| !value.is_missing());
                let got = found.get(place).filter(|value| !value.is_missing());
                assert_eq!(
                    got.map(|value| value.key()),
                    wanted.map(|value| value.key()),
                    "{}",
                    column.dtype()
                );
            }
            if column.dtype() == DType::Category {
                continue;
            }
            // The bytes of missing slots are fixed: rows of the column and one missing row are the judge.
            let target = column.dtype().with_missing();
            let spare =
                Column::concat(&[&column.cast(target).expect("holds it"), &Column::missing(target, 1)]);
            let rows: Vec<usize> = positions.iter().map(|&at| usize::try_from(at).unwrap_or(len)).collect();
            let wanted = spare.and_then(|spare| spare.take(&rows)).expect("inside");
            assert_eq!(found.digest(), wanted.digest(), "{}", column.dtype());
        }
    }
}
