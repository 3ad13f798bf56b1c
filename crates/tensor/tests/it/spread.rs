//! Large results come out in pieces that threads share, with the bits of one piece on one thread.

use std::num::NonZeroUsize;

use tensor::{DType, Float, Result, Scalar, Tensor, UpdateRule, update};
use threads::Setting;

fn setting(threads: usize, rows_a_piece: usize) -> Setting {
    let count = |n| NonZeroUsize::new(n).expect("not zero");
    Setting { threads: count(threads), rows_a_piece: count(rows_a_piece) }
}

fn uneven(sizes: &[usize]) -> Result<Tensor> {
    let len = sizes.iter().product::<usize>();
    let value = |i: usize| (i as f32 * 0.7).sin() * 10f32.powi((i % 7) as i32);
    Tensor::from_vec((0..len).map(value).collect(), sizes)
}

struct Decay;

impl UpdateRule<1, 1> for Decay {
    fn apply<T: Float>(&self, [target]: [&mut [T]; 1], [source]: [&[T]; 1]) {
        target.iter_mut().zip(source).for_each(|(t, s)| *t = T::of(t.wide() * 0.9 + s.wide()));
    }
}

#[derive(PartialEq)]
struct Found {
    name: &'static str,
    sizes: Vec<usize>,
    bits: Vec<u32>,
}

/// Every shape of loop: dense, strided and broadcast walks, rows and columns of reductions, rows that map to rows,
/// updates in place.
fn results() -> Result<Vec<Found>> {
    let (a, b) = (uneven(&[37, 1, 29])?, uneven(&[29, 41])?);
    let (long, wide) = (uneven(&[9_001])?, uneven(&[7, 2_500])?);
    let tall = uneven(&[9_000, 3])?;
    let updated = long.copy()?;
    update("decay", [&updated], [&long], &Decay)?;
    let found = [
        ("dense", long.exp()?),
        ("strided", b.t()?.sin()?),
        ("stepped", wide.slice(1, Some(3), None, 2)?.square()?),
        ("pairs", long.add(&long.cos()?)?),
        ("broadcast", a.mul(&b.t()?.sum_dims(&[0], true, None)?.transpose(0, 1)?)?),
        ("outer", uneven(&[53, 1])?.sub(&uneven(&[1, 61])?)?),
        ("dtype", wide.to_dtype(DType::F64)?.to_dtype(DType::F32)?),
        ("where", Tensor::where_(&long.gt(0.0)?, &long, &long.mul(2.0)?)?),
        ("sum", long.sum(None)?),
        ("sum rows", wide.sum_dims(&[1], false, None)?),
        ("sum columns", wide.sum_dims(&[0], false, None)?),
        ("sum blocks of columns", tall.sum_dims(&[0], false, None)?),
        ("std", tall.std(&[0], 1.0, false)?),
        ("prod", b.prod_dim(0, false, None)?),
        ("max", wide.amax(&[1], false)?),
        ("softmax", wide.softmax(1, None)?),
        ("cumsum", b.cumsum(0, None)?),
        ("sort", wide.sort(1, false)?.0),
        ("update", updated),
        ("empty", uneven(&[0, 5])?.exp()?),
        ("scalar", Tensor::scalar(Scalar::Float(0.5), DType::F32).exp()?),
    ];
    let bits = |t: &Tensor| Ok(t.to_vec::<f32>()?.into_iter().map(f32::to_bits).collect());
    found
        .into_iter()
        .map(|(name, t)| Ok(Found { name, sizes: t.sizes().to_vec(), bits: bits(&t)? }))
        .collect()
}

#[test]
fn results_do_not_depend_on_threads_or_pieces() -> Result<()> {
    let whole = threads::with(setting(1, 1 << 30), results)?;
    assert!(whole.iter().any(|found| found.bits.len() > 1));
    for (threads, rows) in [(1, 1), (2, 1), (4, 1), (4, 50), (2, 1_100)] {
        let found = threads::with(setting(threads, rows), results)?;
        for (found, wanted) in found.iter().zip(&whole) {
            assert!(found == wanted, "{} with {threads} threads on pieces of {rows} rows", wanted.name);
        }
    }
    Ok(())
}
