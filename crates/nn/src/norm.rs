//! Normalisation by mean and variance.

use autograd::{DType, Error, Result, Saved, Scalar, Tensor, Variable, no_grad};

/// (x - mean) / √(var + eps) over the last dimensions, then scale and shift.
///
/// # Errors
/// `RuntimeError` if the last sizes differ.
pub fn layer_norm(
    input: &Variable,
    normalized_shape: &[i64],
    weight: Option<&Variable>,
    bias: Option<&Variable>,
    eps: f64,
) -> Result<Variable> {
    check_shape("layer_norm", input, normalized_shape)?;
    Ok(normalized(input, normalized_shape, [weight, bias], eps)?.0)
}

/// [`layer_norm`] with the means and the factors that scale. Its gradient is computed in PyTorch's order, because a
/// normalised row of one element leaves nothing but what rounding leaves.
pub(crate) fn normalized(
    input: &Variable,
    normalized_shape: &[i64],
    [weight, bias]: [Option<&Variable>; 2],
    eps: f64,
) -> Result<(Variable, Tensor, Tensor)> {
    let dims: Vec<i64> = (1..=normalized_shape.len() as i64).map(|d| -d).collect();
    let x = input.data();
    let [result, mean, scale] =
        x.normalize_rows(dims.len(), [weight, bias].map(|v| v.map(Variable::data)), eps)?;
    let count: i64 = normalized_shape.iter().product();
    let inputs: Vec<&Variable> = [Some(input), weight, bias].into_iter().flatten().collect();
    let (kept_mean, kept_scale, has_bias) = (mean.clone(), scale.clone(), bias.is_some());
    let (kept_input, kept_weight) = (Saved::of(input), weight.map(Saved::of));
    let backward = move |grads: &[Option<Tensor>]| -> Result<Vec<Option<Tensor>>> {
        let Some(Some(grad)) = grads.first() else { return Ok(vec![None; 1]) };
        let (mean, scale, x) = (&kept_mean, &kept_scale, kept_input.get()?);
        let gamma = kept_weight.as_ref().map(Saved::get).transpose()?;
        let through = |g: &Tensor| gamma.map_or(Ok(g.clone()), |gamma| g.mul(gamma));
        let along_x = through(&grad.mul(x)?)?.sum_dims(&dims, true, None)?;
        let total = through(grad)?.sum_dims(&dims, true, None)?;
        let part = 1.0 / count as f64;
        let slope = total.mul(mean)?.sub(&along_x)?.mul(scale)?.mul(scale)?.mul(scale)?.mul(part)?;
        let shift = slope.neg()?.mul(mean)?.sub(&total.mul(scale)?.mul(part)?)?;
        let mut found = vec![Some(through(&grad.mul(scale)?)?.add(&slope.mul(x)?)?.add(&shift)?)];
        if gamma.is_some() {
            // Fused: the product is exact before the mean is taken off.
            let wide = |t: &Tensor| t.to_dtype(DType::F64);
            let centred = wide(x)?.mul(&wide(scale)?)?.sub(&wide(&scale.mul(mean)?)?)?.to_dtype(x.dtype())?;
            found.push(Some(grad.mul(&centred)?));
        }
        if has_bias {
            found.push(Some(grad.clone()));
        }
        Ok(found)
    };
    let found = autograd::custom("NativeLayerNormBackward0", &inputs, vec![result], Box::new(backward));
    let result = found.into_iter().next().ok_or_else(|| Error::runtime("layer_norm", "no result"))?;
    Ok((result, mean, scale))
}

/// Refuses sizes that are not the input's last.
pub(crate) fn check_shape(operator: &'static str, input: &Variable, normalized_shape: &[i64]) -> Result<()> {
    if normalized_shape.is_empty() {
        return Err(Error::runtime(
            operator,
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got \
             normalized_shape = []",
        ));
    }
    let last: Vec<i64> =
        input.sizes().iter().rev().take(normalized_shape.len()).rev().map(|&s| s as i64).collect();
    if last != normalized_shape {
        let wanted: Vec<String> = normalized_shape.iter().map(i64::to_string).collect();
        return Err(Error::runtime(
            operator,
            format!(
                "Given normalized_shape={normalized_shape:?}, expected input with shape [*, {}], but got input of \
                 size{:?}",
                wanted.join(", "),
                input.sizes()
            ),
        )
        .shapes(&[input.sizes()]));
    }
    Ok(())
}

/// Python refuses a batch of one value for each channel.
pub(crate) fn refuse_single(x: &Variable) -> Result<()> {
    let [batch, _, plane @ ..] = x.sizes() else { return Ok(()) };
    if batch * plane.iter().product::<usize>() != 1 {
        return Ok(());
    }
    let text = format!(
        "Expected more than 1 value per channel when training, got input size torch.Size({:?})",
        x.sizes()
    );
    Err(Error::value("batch_norm", text).shapes(&[x.sizes()]))
}

/// Normalises each channel (dimension 1): by the batch while training, else by the running statistics, which
/// training updates in place (the running variance is the unbiased one).
pub(crate) fn batch_norm(
    input: &Variable,
    [weight, bias]: [Option<&Variable>; 2],
    running: Option<(&Tensor, &Tensor)>,
    training: bool,
    momentum: f64,
    eps: f64,
) -> Result<Variable> {
    if input.numel() == 0 && input.dim() > 0 {
        return input.mul(1i64);
    }
    if input.dim() < 2 {
        return Err(Error::index(
            "batch_norm",
            "Dimension out of range (expected to be in range of [-1, 0], but got 1)",
        )
        .shapes(&[input.sizes()]));
    }
    let channels = input.sizes()[1];
    let count = input.numel() / channels.max(1);
    if let Some((mean, _)) = running
        && mean.numel() != channels
    {
        let text = format!("running_mean should contain {channels} elements not {}", mean.numel());
        return Err(Error::runtime("batch_norm", text));
    }
    let mut shape = vec![1i64; input.dim()];
    shape[1] = channels as i64;
    let (mean, variance) = if training || running.is_none() {
        let dims: Vec<i64> = (0..input.dim() as i64).filter(|&d| d != 1).collect();
        let (mean, variance) = (input.mean_dims(&dims, false)?, input.var(&dims, 0, false)?);
        if let (Some((running_mean, running_var)), true) = (running, training) {
            no_grad(|| -> Result<()> {
                let unbiased = variance.data().mul(Scalar::Float(count as f64 / (count as f64 - 1.0)))?;
                for (kept, new) in [(running_mean, mean.data()), (running_var, &unbiased)] {
                    kept.copy_(&kept.mul(1.0 - momentum)?.add(&new.mul(momentum)?)?)?;
                }
                Ok(())
            })?;
        }
        (mean, variance)
    } else {
        let (mean, variance) =
            running.ok_or_else(|| Error::runtime("batch_norm", "running statistics are needed"))?;
        // Copies: the next training step writes the running statistics in place.
        (Variable::from(mean.copy()?), Variable::from(variance.copy()?))
    };
    // A factor and a shift for each channel, as PyTorch has them: two passes over the input.
    let mut scale = variance.add(eps)?.rsqrt()?;
    if let Some(w) = weight {
        scale = scale.mul(w)?;
    }
    let shift = mean.mul(&scale)?.neg()?;
    let shift = match bias {
        Some(b) => shift.add(b)?,
        None => shift,
    };
    input.mul(&scale.reshape(&shape)?)?.add(&shift.reshape(&shape)?)
}
