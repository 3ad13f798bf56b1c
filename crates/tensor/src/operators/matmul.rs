//! Matrix products.

use super::one;
use crate::operator::{Args, Row};
use crate::{DType, Error, Result, Scalar, Seen, Tensor};

pub(super) const ROWS: &[Row] = &[
    Row("matmul(Tensor self, Tensor other) -> Tensor", |a| one(a.tensor(0)?.matmul(a.tensor(1)?))),
    Row("mm(Tensor self, Tensor mat2) -> Tensor", |a| one(a.tensor(0)?.mm(a.tensor(1)?))),
    Row("bmm(Tensor self, Tensor mat2) -> Tensor", |a| one(a.tensor(0)?.bmm(a.tensor(1)?))),
    Row("addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor", |a| {
        one(a.tensor(0)?.addmm(a.tensor(1)?, a.tensor(2)?, a.scalar(3)?, a.scalar(4)?))
    }),
    Row("linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor", |a| {
        one(a.tensor(0)?.linear(a.tensor(1)?, a.tensor_or_none(2)?))
    }),
    Row("dot(Tensor self, Tensor tensor) -> Tensor", |a| one(a.tensor(0)?.dot(a.tensor(1)?))),
    Row("mv(Tensor self, Tensor vec) -> Tensor", |a| one(a.tensor(0)?.mv(a.tensor(1)?))),
    Row(
        "_scaled_dot_product_flash_attention_for_cpu(Tensor query, Tensor key, Tensor value, float dropout_p=0., bool \
         is_causal=False, *, Tensor? attn_mask=None, float? scale=None) -> (Tensor output, Tensor logsumexp)",
        |a| {
            if a.float(3)? != 0.0 {
                let text = "Currently do not support dropout > 0";
                return Err(Error::runtime("scaled_dot_product_flash_attention", text));
            }
            let query = a.tensor(0)?;
            let (result, sums) = query.attend(a.tensor(1)?, a.tensor(2)?, &seen_keys(a, |t| t)?)?;
            // As the kernel lays the sums out: the heads of a query side by side.
            let sums = match query.dim() {
                4.. => sums.transpose(-2, -1)?.packed()?.transpose(-2, -1)?,
                _ => sums,
            };
            Ok(vec![result, sums])
        },
    ),
];

/// Which keys the queries of an attention see, by its operator's arguments.
///
/// # Errors
/// `RuntimeError` for a mask beside `is_causal`, or one of another dtype than bool or the queries'.
pub fn seen_keys<'a, T>(a: &Args<'a, T>, tensor: impl Fn(&'a T) -> &'a Tensor) -> Result<Seen> {
    const OP: &str = "scaled_dot_product_attention";
    let query = tensor(a.tensor(0)?);
    let (mask, causal) = (a.tensor_or_none(5)?.map(tensor), a.bool(4)?);
    if mask.is_some() && causal {
        let text = "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True";
        return Err(Error::runtime(OP, text));
    }
    if let Some(mask) = mask
        && mask.dtype() != DType::Bool
        && mask.dtype() != query.dtype()
    {
        let text = format!(
            "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: {} and \
             query.dtype: {}",
            mask.dtype().cpp_name(),
            query.dtype().cpp_name()
        );
        return Err(Error::runtime(OP, text).dtypes(&[mask.dtype(), query.dtype()]));
    }
    let width = query.sizes().last().copied().unwrap_or(1);
    let scale = a.scalar_or_none(6)?.map_or(1.0 / (width as f64).sqrt(), Scalar::to_f64);
    let bias = mask.map(|mask| Seen::bias_of(mask, query.dtype())).transpose()?;
    Ok(Seen { bias, causal, scale })
}
