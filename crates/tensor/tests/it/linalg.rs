//! Decompositions multiplied together again, and determinants by expansion along a row.

use tensor::{ErrorKind, Result, Tensor, Triangle};

/// Matrices that are not singular, with their diagonals weighed up by `diagonal`.
fn matrices(sizes: &[usize], diagonal: f64) -> Tensor {
    let columns = sizes.last().copied().unwrap_or(1);
    let rows = sizes.iter().rev().nth(1).copied().unwrap_or(1);
    let count: usize = sizes.iter().product();
    let values = (0..count).map(|at| {
        let on = (at / columns) % rows == at % columns;
        ((at * 29 + 7) % 23) as f64 / 11.0 - 1.0 + if on { diagonal } else { 0.0 }
    });
    Tensor::from_vec(values.collect::<Vec<f64>>(), sizes).expect("a tensor")
}

fn symmetric(sizes: &[usize]) -> Tensor {
    let a = matrices(sizes, 4.0);
    a.add(&a.transpose(-2, -1).expect("a matrix")).and_then(|sum| sum.mul(0.5)).expect("a tensor")
}

#[track_caller]
fn close(found: &Tensor, expected: &Tensor) {
    assert_eq!(found.sizes(), expected.sizes());
    let (a, b) = (found.to_vec::<f64>().expect("f64"), expected.to_vec::<f64>().expect("f64"));
    for (k, (a, b)) in a.iter().zip(&b).enumerate() {
        assert!((a - b).abs() <= 1e-10 * b.abs().max(1.0), "element {k}: {a} is not {b}");
    }
}

fn turned(t: &Tensor) -> Tensor {
    t.transpose(-2, -1).expect("a matrix")
}

fn identity(like: &Tensor, n: usize) -> Tensor {
    let batch = &like.sizes()[..like.dim() - 2];
    let sizes: Vec<i64> = batch.iter().chain(&[n, n]).map(|&s| s as i64).collect();
    Tensor::eye(n as i64, n as i64, like.dtype()).and_then(|eye| eye.expand(&sizes)).expect("an identity")
}

const SHAPES: [&[usize]; 6] = [&[4, 4], &[2, 5, 3], &[3, 5], &[2, 2, 1, 1], &[0, 3, 3], &[2, 0, 0]];

#[test]
fn lu_factors_multiply_to_the_matrix_with_its_rows_exchanged() -> Result<()> {
    for shape in SHAPES {
        let a = matrices(shape, 0.0);
        let [lu, pivots, info] = a.lu_factor(true)?;
        assert!(info.to_vec::<i32>()?.iter().all(|info| *info == 0));
        let (m, n) = (a.size(-2)?, a.size(-1)?);
        let k = m.min(n) as i64;
        let l = lu.narrow(-1, 0, k)?.tril(-1)?.add(&Tensor::eye(m as i64, k, a.dtype())?)?;
        let product = l.matmul(&lu.narrow(-2, 0, k)?.triu(0)?)?;
        // The exchanges one after another, on each matrix.
        let mut rows = a.contiguous()?.to_vec::<f64>()?;
        let steps = pivots.to_vec::<i32>()?;
        for (matrix, steps) in rows.chunks_mut((m * n).max(1)).zip(steps.chunks((k as usize).max(1))) {
            for (i, pivot) in steps.iter().enumerate() {
                for j in 0..n {
                    matrix.swap(i * n + j, (*pivot as usize - 1) * n + j);
                }
            }
        }
        close(&product, &Tensor::from_vec(rows, shape)?);
    }
    Ok(())
}

/// The determinant by expansion along the first row.
fn expanded(a: &[f64], n: usize) -> f64 {
    if n == 0 {
        return 1.0;
    }
    let minor =
        |column: usize| -> Vec<f64> { (n..n * n).filter(|at| at % n != column).map(|at| a[at]).collect() };
    (0..n).map(|j| if j % 2 == 0 { 1.0 } else { -1.0 } * a[j] * expanded(&minor(j), n - 1)).sum()
}

#[test]
fn determinants_agree_with_the_expansion_along_a_row() -> Result<()> {
    for n in 0..5 {
        let a = matrices(&[3, n, n], 0.3);
        let [det, ..] = a.det()?;
        let [sign, log, ..] = a.slogdet()?;
        let values = a.to_vec::<f64>()?;
        let naive: Vec<f64> = (0..3).map(|k| expanded(&values[k * n * n..(k + 1) * n * n], n)).collect();
        close(&det, &Tensor::from_vec(naive, &[3])?);
        close(&sign.mul(&log.exp()?)?, &det);
    }
    // Two equal rows.
    let singular = Tensor::from_vec(vec![1.0, 2.0, 1.0, 2.0], &[2, 2])?;
    assert_eq!(singular.det()?[0].item()?.to_f64(), 0.0);
    assert_eq!(singular.slogdet()?[0].item()?.to_f64(), 0.0);
    assert_eq!(singular.slogdet()?[1].item()?.to_f64(), f64::NEG_INFINITY);
    Ok(())
}

#[test]
fn inverses_and_solutions_multiply_back() -> Result<()> {
    for shape in [&[4, 4][..], &[2, 3, 3], &[2, 0, 0], &[0, 2, 2]] {
        let a = matrices(shape, 2.0);
        let n = a.size(-1)?;
        close(&a.matmul(&a.inverse(true)?[0])?, &identity(&a, n));
        let mut sizes = shape.to_vec();
        *sizes.last_mut().expect("two dimensions") = 2;
        let b = matrices(&sizes, 0.0);
        close(&a.matmul(&a.solve(&b, true, true)?[0])?, &b);
        let b = turned(&b);
        close(&a.solve(&b, false, true)?[0].matmul(&a)?, &b);
        for (upper, left, unitriangular) in
            [(true, true, false), (false, true, true), (true, false, true), (false, false, false)]
        {
            let mut read = if upper { a.triu(0)? } else { a.tril(0)? };
            if unitriangular {
                let off = if upper { a.triu(1)? } else { a.tril(-1)? };
                read = off.add(&identity(&a, n))?;
            }
            let b = if left { turned(&b) } else { b.clone() };
            let x = a.solve_triangular(&b, Triangle { upper, left, unitriangular })?;
            close(&if left { read.matmul(&x)? } else { x.matmul(&read)? }, &b);
        }
    }
    // One vector for each of two matrices.
    let (a, b) = (matrices(&[2, 3, 3], 2.0), matrices(&[2, 3], 0.0));
    let x = a.solve(&b, true, true)?[0].unsqueeze(-1)?;
    close(&a.matmul(&x)?.squeeze_dims(&[-1])?, &b);
    Ok(())
}

#[test]
fn positive_matrices_are_products_of_their_factor() -> Result<()> {
    for shape in [&[4, 4][..], &[2, 3, 3], &[2, 0, 0]] {
        let a = matrices(shape, 3.0);
        let a = a.matmul(&turned(&a))?;
        let [l, _] = a.cholesky(false, true)?;
        close(&l, &l.tril(0)?);
        close(&l.matmul(&turned(&l))?, &a);
        let [u, _] = a.cholesky(true, true)?;
        close(&u, &turned(&l));
        close(&a.matmul(&l.cholesky_inverse(false)?)?, &identity(&a, a.size(-1)?));
        close(&a.matmul(&a.cholesky_solve(&u, true)?)?, &a);
        let root = a.matrix_sqrth()?;
        close(&root.matmul(&root)?, &a);
    }
    Ok(())
}

#[test]
fn orthonormal_columns_times_a_triangle_give_the_matrix() -> Result<()> {
    for shape in SHAPES {
        let a = matrices(shape, 0.0);
        for mode in ["reduced", "complete"] {
            let [q, r] = a.qr(mode)?;
            close(&q.matmul(&r)?, &a);
            close(&turned(&q).matmul(&q)?, &identity(&a, q.size(-1)?));
            close(&r, &r.triu(0)?);
        }
        close(&a.qr("r")?[1], &a.qr("reduced")?[1]);
    }
    Ok(())
}

#[test]
fn symmetric_matrices_are_made_of_their_spectrum() -> Result<()> {
    for shape in [&[4, 4][..], &[2, 3, 3], &[2, 0, 0], &[1, 1]] {
        let a = symmetric(shape);
        let [values, vectors] = a.eigh("L")?;
        close(&vectors.mul(&values.unsqueeze(-2)?)?.matmul(&turned(&vectors))?, &a);
        close(&turned(&vectors).matmul(&vectors)?, &identity(&a, a.size(-1)?));
        let found = values.to_vec::<f64>()?;
        assert!(found.chunks(a.size(-1)?.max(1)).all(|row| row.is_sorted()), "{found:?}");
        // The other triangle holds the same.
        close(&a.triu(0)?.eigh("U")?[0], &values);
    }
    Ok(())
}

#[test]
fn matrices_are_made_of_their_singular_values() -> Result<()> {
    for shape in SHAPES {
        let a = matrices(shape, 0.0);
        for full in [false, true] {
            let [u, s, vh] = a.svd(full)?;
            let k = s.size(-1)? as i64;
            let left = u.narrow(-1, 0, k)?.mul(&s.unsqueeze(-2)?)?;
            close(&left.matmul(&vh.narrow(-2, 0, k)?)?, &a);
            close(&turned(&u).matmul(&u)?, &identity(&a, u.size(-1)?));
            close(&vh.matmul(&turned(&vh))?, &identity(&a, vh.size(-2)?));
        }
    }
    // Of rank 1, so that vectors must be made up.
    let a = Tensor::from_vec(vec![1.0, 2.0, 2.0, 4.0, 3.0, 6.0], &[3, 2])?;
    let [u, s, _] = a.svd(true)?;
    close(&s, &Tensor::from_vec(vec![70f64.sqrt(), 0.0], &[2])?);
    close(&turned(&u).matmul(&u)?, &identity(&a, 3));
    Ok(())
}

/// Penrose's four equations.
#[test]
fn pseudo_inverses_satisfy_penrose() -> Result<()> {
    for a in [
        matrices(&[4, 4], 0.0),
        matrices(&[2, 5, 3], 0.0),
        Tensor::from_vec(vec![1.0, 2.0, 2.0, 4.0], &[2, 2])?,
    ] {
        let p = a.pinv(None, None, false)?;
        close(&a.matmul(&p)?.matmul(&a)?, &a);
        close(&p.matmul(&a)?.matmul(&p)?, &p);
        close(&turned(&a.matmul(&p)?), &a.matmul(&p)?);
        close(&turned(&p.matmul(&a)?), &p.matmul(&a)?);
    }
    Ok(())
}

#[test]
fn matrices_without_an_inverse_or_a_factor_are_refused() -> Result<()> {
    let singular = Tensor::from_vec(vec![1.0, 2.0, 1.0, 2.0], &[2, 2])?;
    let error = singular.inverse(true).expect_err("singular");
    assert_eq!(error.kind(), ErrorKind::LinAlg);
    assert!(error.message().contains("The diagonal element 2 is zero"), "{error}");
    assert_eq!(singular.inverse(false)?[1].item()?.to_f64(), 2.0);
    let negative = Tensor::from_vec(vec![-1.0], &[1, 1, 1])?;
    let error = negative.cholesky(false, true).expect_err("negative");
    assert!(error.message().contains("(Batch element 0)"), "{error}");
    assert_eq!(matrices(&[2, 3], 0.0).det().expect_err("not square").kind(), ErrorKind::Runtime);
    assert_eq!(matrices(&[2], 0.0).svd(false).expect_err("a vector").kind(), ErrorKind::Runtime);
    Ok(())
}

/// By hand: a diagonal matrix has its elements as eigenvalues, whatever their size.
#[test]
fn eigenvalues_of_very_small_and_very_large_matrices_are_their_diagonals() -> Result<()> {
    for size in [1e-170, 1.0, 1e160] {
        let a = Tensor::from_vec(vec![size, 0.0, 0.0, 2.0 * size], &[2, 2])?;
        let [values, vectors] = a.eigh("L")?;
        assert_eq!(values.to_vec::<f64>()?, [size, 2.0 * size]);
        assert_eq!(vectors.abs()?.to_vec::<f64>()?, [1.0, 0.0, 0.0, 1.0]);
    }
    Ok(())
}
