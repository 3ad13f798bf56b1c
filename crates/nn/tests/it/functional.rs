//! Single functions. The numbers are PyTorch 2.15's for the same call, unless a comment derives them.

use std::collections::BTreeSet;

use nn::{Arg, ErrorKind, Result};

use crate::{call, near, number, ramp, values};

#[test]
fn every_schema_is_well_formed_and_stands_once() -> Result<()> {
    let mut seen = BTreeSet::new();
    for composite in nn::composites() {
        composite.params()?;
        assert!(seen.insert(composite.name()), "{} stands twice", composite.name());
    }
    assert!(seen.len() > 100);
    Ok(())
}

#[test]
fn padding_reads_its_source() -> Result<()> {
    let x = ramp(&[1, 1, 3])?;
    for (mode, wanted) in [
        ("reflect", [2., 1., 0., 1., 2., 1.]),
        ("replicate", [0., 0., 0., 1., 2., 2.]),
        ("circular", [1., 2., 0., 1., 2., 0.]),
        ("constant", [0., 0., 0., 1., 2., 0.]),
    ] {
        let args = vec![(&x).into(), Arg::Ints(vec![2, 1]), mode.into()];
        near(&call("nn.functional.pad", args, &[])?, &wanted, mode)?;
    }
    let wide = vec![(&x).into(), Arg::Ints(vec![3, 0]), "reflect".into()];
    assert_eq!(call("nn.functional.pad", wide, &[]).map(drop).map_err(|e| e.kind()), Err(ErrorKind::Runtime));
    Ok(())
}

#[test]
fn pools_give_values_and_places() -> Result<()> {
    let x = ramp(&[1, 3, 3])?.sin()?;
    let found = nn::call(
        "nn.functional.max_pool2d",
        vec![(&x).into(), 2i64.into(), 1i64.into()],
        vec![("padding".to_string(), 1i64.into()), ("return_indices".to_string(), true.into())],
    )?;
    let [largest, places] = &found[..] else { panic!("{} results", found.len()) };
    let wanted = [
        0.0,
        0.841_470_96,
        0.909_297_4,
        0.909_297_4,
        0.141_120,
        0.841_470_96,
        0.909_297_4,
        0.909_297_4,
        0.141_120,
        0.656_986_6,
        0.989_358_25,
        0.989_358_25,
        -0.279_415_5,
        0.656_986_6,
        0.989_358_25,
        0.989_358_25,
    ];
    near(largest, &wanted, "largest")?;
    assert_eq!(places.data().to_vec::<i64>()?, [0, 1, 2, 2, 3, 1, 2, 2, 3, 7, 8, 8, 6, 7, 8, 8]);
    let args = vec![
        (&ramp(&[1, 3, 3])?).into(),
        Arg::Ints(vec![2, 2]),
        Arg::Ints(vec![2, 2]),
        Arg::Ints(vec![1, 1]),
        true.into(),
        false.into(),
    ];
    near(&call("avg_pool2d", args, &[])?, &[0., 1.5, 4.5, 6.], "mean")
}

#[test]
fn bags_of_rows_are_reduced() -> Result<()> {
    let table = ramp(&[3, 2])?;
    let long = |v: &[i64]| -> Result<nn::Variable> {
        Ok(nn::Variable::from(nn::Tensor::from_vec(v.to_vec(), &[v.len()])?))
    };
    let (indices, offsets) = (long(&[0, 1, 2, 2])?, long(&[0, 1, 1])?);
    for (mode, last) in [("mean", [10. / 3., 13. / 3.]), ("max", [4., 5.]), ("sum", [10., 13.])] {
        let args = vec![(&indices).into(), (&table).into(), (&offsets).into()];
        let found = call("nn.functional.embedding_bag", args, &[("mode", mode.into())])?;
        // The second bag is empty.
        near(&found, &[0., 1., 0., 0., last[0], last[1]], mode)?;
    }
    Ok(())
}

#[test]
fn attention_hides_what_comes_later() -> Result<()> {
    let x = ramp(&[1, 1, 4, 2])?.div(8i64)?;
    let args = vec![(&x).into(), (&x).into(), (&x).into()];
    let found = call("scaled_dot_product_attention", args, &[("is_causal", true.into())])?;
    let wanted = [0., 0.125, 0.131_898_33, 0.256_898_34, 0.282_929, 0.407_929, 0.462_734_67, 0.587_734_7];
    near(&found, &wanted, "causal")
}

/// A query that may see no key: zeros, as PyTorch gives, not NaN.
#[test]
fn attention_to_nothing_is_zero() -> Result<()> {
    let x = ramp(&[1, 1, 2, 2])?;
    let mask = nn::Variable::from(nn::Tensor::from_vec(vec![false, false, true, true], &[2, 2])?);
    let args = vec![(&x).into(), (&x).into(), (&x).into(), (&mask).into()];
    let found = call("scaled_dot_product_attention", args, &[])?.data().to_vec::<f32>()?;
    assert_eq!(found[..2], [0.0, 0.0]);
    Ok(())
}

#[test]
fn groups_and_neighbours_are_normalised() -> Result<()> {
    let x = ramp(&[1, 4, 2])?;
    let found = call("group_norm", vec![(&x).into(), 2i64.into()], &[])?;
    let row = [-1.341_635_5, -0.447_211_8, 0.447_211_8, 1.341_635_5];
    near(&found, &[row, row].concat(), "group_norm")?;
    let x = ramp(&[1, 4, 1])?;
    let found = call("nn.functional.local_response_norm", vec![(&x).into(), 2i64.into()], &[])?;
    near(&found, &[0., 0.999_962_57, 1.999_625_1, 2.998_538_3], "local_response_norm")
}

#[test]
fn margins_are_counted_per_class() -> Result<()> {
    let scores = values(&[0.1, 0.2, 0.4, 0.3, 0.3, 0.1], &[2, 3])?;
    let classes = nn::Variable::from(nn::Tensor::from_vec(vec![2i64, 0], &[2])?);
    let found = call("nn.functional.multi_margin_loss", vec![(&scores).into(), (&classes).into()], &[])?;
    near(&found, &[0.55], "multi_margin_loss")?;
    // The labels end at -1: PyTorch's own example.
    let scores = values(&[0.1, 0.2, 0.4, 0.8], &[1, 4])?;
    let labels = nn::Variable::from(nn::Tensor::from_vec(vec![3i64, 0, -1, 1], &[1, 4])?);
    let found = call("nn.functional.multilabel_margin_loss", vec![(&scores).into(), (&labels).into()], &[])?;
    near(&found, &[0.85], "multilabel_margin_loss")
}

#[test]
fn images_change_their_size() -> Result<()> {
    let x = ramp(&[1, 1, 2, 3])?;
    let named =
        [("size", Arg::Ints(vec![3, 4])), ("mode", "bilinear".into()), ("align_corners", true.into())];
    let found = call("nn.functional.interpolate", vec![(&x).into()], &named)?;
    let third = 1.0 / 3.0;
    let row = [0., 2. * third, 4. * third, 2.];
    let wanted: Vec<f32> = [0., 1.5, 3.].into_iter().flat_map(|down| row.map(|x| x + down)).collect();
    near(&found, &wanted, "bilinear")?;
    let both = [("size", Arg::Ints(vec![3, 4])), ("scale_factor", number(2.0))];
    let found = call("nn.functional.interpolate", vec![(&x).into()], &both);
    assert_eq!(found.map(drop).map_err(|e| e.kind()), Err(ErrorKind::Value));
    let found = call("pixel_shuffle", vec![(&ramp(&[1, 4, 1, 2])?).into(), 2i64.into()], &[])?;
    near(&found, &[0., 2., 1., 3., 4., 6., 5., 7.], "pixel_shuffle")?;
    let theta = values(&[1., 0., 0.5, 0., 2., 0.], &[1, 2, 3])?;
    let args = vec![(&theta).into(), Arg::Ints(vec![1, 1, 2, 2])];
    near(&call("nn.functional.affine_grid", args, &[])?, &[0., -1., 1., -1., 0., 1., 1., 1.], "affine_grid")
}

/// PyTorch 2.15 says the same of `x.add_(1)` between `layer_norm` and `backward`.
#[test]
fn a_normalised_input_that_was_written_to_has_no_gradient() -> Result<()> {
    let leaf = nn::Variable::parameter(ramp(&[2, 3])?.into_data())?;
    let x = leaf.mul(2i64)?;
    let found = call("layer_norm", vec![(&x).into(), nn::Arg::Ints(vec![3])], &[])?;
    autograd::no_grad(|| x.data().copy_(&x.data().add(1i64)?))?;
    let refused = found.sum()?.backward().expect_err("the input has changed");
    assert!(
        refused.message().contains("which is output 0 of Mul, is at version 1; expected version 0"),
        "{refused}"
    );
    Ok(())
}
