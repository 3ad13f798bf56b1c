//! Arrangements, windows and diagonals against loops over every index, on strided inputs.

use tensor::{DType, MemoryFormat, Result, Tensor};

/// 0, 1, 2, … with the last two dimensions swapped in memory.
fn strided(sizes: &[usize]) -> Result<Tensor> {
    let count: usize = sizes.iter().product();
    let mut swapped = sizes.to_vec();
    let last = swapped.len() - 1;
    swapped.swap(last - 1, last);
    Tensor::from_vec((0..count as i64).collect(), &swapped)?.transpose(-2, -1)
}

/// A tensor of the sizes whose elements a function of the index gives.
fn made(sizes: &[usize], f: impl Fn(&[usize]) -> i64) -> Vec<i64> {
    let count: usize = sizes.iter().product();
    (0..count)
        .map(|at| {
            let mut rest = at;
            let mut index = vec![0; sizes.len()];
            for (slot, &size) in index.iter_mut().zip(sizes).rev() {
                *slot = rest % size;
                rest /= size;
            }
            f(&index)
        })
        .collect()
}

fn at(t: &Tensor, index: &[usize]) -> i64 {
    let mut t = t.clone();
    for &i in index {
        t = t.select(0, i as i64).expect("an index inside");
    }
    t.item().expect("one element").to_i64()
}

#[test]
fn entries_move_where_the_index_says() -> Result<()> {
    let x = strided(&[3, 4])?;
    let flipped = x.flip(&[1])?;
    assert_eq!(flipped.to_vec::<i64>()?, made(&[3, 4], |i| at(&x, &[i[0], 3 - i[1]])));
    // The memory order of the input stays.
    assert_eq!(flipped.strides(), x.strides());
    let rolled = x.roll(&[1, -6], &[0, 1])?;
    assert_eq!(rolled.to_vec::<i64>()?, made(&[3, 4], |i| at(&x, &[(i[0] + 2) % 3, (i[1] + 6) % 4])));
    let flat = x.roll(&[5], &[])?;
    assert_eq!(
        flat.to_vec::<i64>()?,
        made(&[3, 4], |i| {
            let from = (i[0] * 4 + i[1] + 12 - 5) % 12;
            at(&x, &[from / 4, from % 4])
        })
    );
    let repeated = x.repeat(&[2, 1, 3])?;
    assert_eq!(repeated.to_vec::<i64>()?, made(&[2, 3, 12], |i| at(&x, &[i[1], i[2] % 4])));
    Ok(())
}

#[test]
fn counts_repeat_positions() -> Result<()> {
    let counts = Tensor::from_vec(vec![2i64, 0, 3], &[3])?;
    assert_eq!(counts.repeat_interleave(None)?.to_vec::<i64>()?, [0, 0, 2, 2, 2]);
    assert!(counts.repeat_interleave(Some(4)).is_err());
    assert!(counts.neg()?.repeat_interleave(None).is_err());
    Ok(())
}

#[test]
fn windows_and_diagonals_are_views() -> Result<()> {
    let x = strided(&[5, 4])?;
    let windows = x.unfold(0, 3, 2)?;
    assert_eq!(windows.sizes(), [2, 4, 3]);
    assert_eq!(windows.to_vec::<i64>()?, made(&[2, 4, 3], |i| at(&x, &[2 * i[0] + i[2], i[1]])));
    let below = x.diagonal(-2, 0, 1)?;
    assert_eq!(below.to_vec::<i64>()?, made(&[3], |i| at(&x, &[i[0] + 2, i[0]])));
    assert!(windows.shares_storage(&x) && below.shares_storage(&x));
    assert_eq!(x.diagonal(7, 0, 1)?.sizes(), [0]);
    let back = below.diag_embed(-2, 0, 1)?;
    assert_eq!(back.to_vec::<i64>()?, made(&[5, 5], |i| if i[0] == i[1] + 2 { at(&x, i) } else { 0 }));
    Ok(())
}

#[test]
fn triangles_keep_their_side_of_a_diagonal() -> Result<()> {
    let x = strided(&[2, 3, 4])?;
    for k in -3i64..=4 {
        let (low, high) = (x.tril(k)?.to_vec::<i64>()?, x.triu(k)?.to_vec::<i64>()?);
        let above = |i: &[usize]| i[2] as i64 - i[1] as i64;
        assert_eq!(low, made(&[2, 3, 4], |i| if above(i) <= k { at(&x, i) } else { 0 }), "{k}");
        assert_eq!(high, made(&[2, 3, 4], |i| if above(i) >= k { at(&x, i) } else { 0 }), "{k}");
        let places = Tensor::tril_indices(3, 4, k, DType::I64)?;
        assert_eq!(places.sizes()[1], (0..12).filter(|at| at % 4 - at / 4 <= k).count());
    }
    Ok(())
}

/// Strides that PyTorch gives these tensors.
#[test]
fn formats_order_the_dimensions() -> Result<()> {
    let x = Tensor::zeros(&[2, 3, 4, 5], DType::F32)?;
    let images = x.contiguous_in(MemoryFormat::ChannelsLast)?;
    assert_eq!(images.strides(), [60, 1, 15, 3]);
    assert_eq!(Tensor::cat(&[images.clone(), images.clone()], 1)?.strides(), [120, 1, 30, 6]);
    assert_eq!(Tensor::cat(&[images.clone(), x.clone()], 1)?.strides(), [120, 20, 5, 1]);
    assert_eq!(images.copy_in(MemoryFormat::Preserve)?.strides(), [60, 1, 15, 3]);
    let permuted = x.permute(&[3, 1, 0, 2])?;
    assert_eq!(permuted.filled_like(1i64.into(), None, None)?.strides(), [1, 20, 60, 5]);
    assert!(x.select(0, 0)?.contiguous_in(MemoryFormat::ChannelsLast).is_err());
    Ok(())
}
