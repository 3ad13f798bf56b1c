//! Decompositions of matrices.

use crate::operator::Row;
use crate::{Error, Triangle};

pub(super) const ROWS: &[Row] = &[
    Row("linalg_inv_ex(Tensor A, *, bool check_errors=False) -> (Tensor inverse, Tensor info)", |a| {
        Ok(a.tensor(0)?.inverse(a.bool(1)?)?.into())
    }),
    Row("_linalg_det(Tensor A) -> (Tensor result, Tensor LU, Tensor pivots)", |a| {
        Ok(a.tensor(0)?.det()?.into())
    }),
    Row("_linalg_slogdet(Tensor A) -> (Tensor sign, Tensor logabsdet, Tensor LU, Tensor pivots)", |a| {
        Ok(a.tensor(0)?.slogdet()?.into())
    }),
    Row(
        "linalg_lu_factor_ex(Tensor A, *, bool pivot=True, bool check_errors=False) -> (Tensor LU, Tensor pivots, Tensor info)",
        |a| {
            if !a.bool(1)? {
                let text = "linalg.lu_factor: LU without pivoting is not implemented on the CPU";
                return Err(Error::runtime("linalg_lu_factor_ex", text));
            }
            Ok(a.tensor(0)?.lu_factor(a.bool(2)?)?.into())
        },
    ),
    Row(
        "_linalg_solve_ex(Tensor A, Tensor B, *, bool left=True, bool check_errors=False) -> (Tensor result, Tensor LU, \
         Tensor pivots, Tensor info)",
        |a| Ok(a.tensor(0)?.solve(a.tensor(1)?, a.bool(2)?, a.bool(3)?)?.into()),
    ),
    Row(
        "linalg_solve_triangular(Tensor self, Tensor B, *, bool upper, bool left=True, bool unitriangular=False) -> Tensor",
        |a| {
            let triangle = Triangle { upper: a.bool(2)?, left: a.bool(3)?, unitriangular: a.bool(4)? };
            Ok(vec![a.tensor(0)?.solve_triangular(a.tensor(1)?, triangle)?])
        },
    ),
    Row(
        "linalg_cholesky_ex(Tensor self, *, bool upper=False, bool check_errors=False) -> (Tensor L, Tensor info)",
        |a| Ok(a.tensor(0)?.cholesky(a.bool(1)?, a.bool(2)?)?.into()),
    ),
    Row("cholesky_inverse(Tensor self, bool upper=False) -> Tensor", |a| {
        Ok(vec![a.tensor(0)?.cholesky_inverse(a.bool(1)?)?])
    }),
    Row("cholesky_solve(Tensor self, Tensor input2, bool upper=False) -> Tensor", |a| {
        Ok(vec![a.tensor(0)?.cholesky_solve(a.tensor(1)?, a.bool(2)?)?])
    }),
    Row("linalg_matrix_sqrth(Tensor self) -> Tensor", |a| Ok(vec![a.tensor(0)?.matrix_sqrth()?])),
    Row("linalg_qr(Tensor A, str mode=\"reduced\") -> (Tensor Q, Tensor R)", |a| {
        Ok(a.tensor(0)?.qr(a.text(1)?.unwrap_or("reduced"))?.into())
    }),
    Row(
        "linalg_pinv.atol_rtol_tensor(Tensor self, *, Tensor? atol=None, Tensor? rtol=None, bool hermitian=False) -> Tensor",
        |a| Ok(vec![a.tensor(0)?.pinv(a.tensor_or_none(1)?, a.tensor_or_none(2)?, a.bool(3)?)?]),
    ),
    Row("geqrf(Tensor self) -> (Tensor a, Tensor tau)", |a| Ok(a.tensor(0)?.geqrf()?.into())),
    Row(
        "_linalg_eigh(Tensor A, str UPLO=\"L\", bool compute_v=True) -> (Tensor eigenvalues, Tensor eigenvectors)",
        |a| Ok(a.tensor(0)?.eigh(a.text(1)?.unwrap_or("L"))?.into()),
    ),
    Row(
        "_linalg_svd(Tensor A, bool full_matrices=False, bool compute_uv=True, *, str? driver=None) -> (Tensor U, Tensor S, \
         Tensor Vh)",
        |a| Ok(a.tensor(0)?.svd(a.bool(1)?)?.into()),
    ),
];
