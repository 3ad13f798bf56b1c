//! Factors of a matrix, whose signs are arbitrary: compared by what they multiply to.

use super::{Category, Comparison, Factors, Level, Tolerance};
use crate::value::{Cell, Tensor, Value};

/// A dense matrix of a batch.
struct Matrix {
    rows: usize,
    columns: usize,
    elements: Vec<f64>,
}

impl Matrix {
    fn at(&self, row: usize, column: usize) -> f64 {
        self.elements.get(row * self.columns + column).copied().unwrap_or(f64::NAN)
    }

    fn times(&self, other: &Matrix) -> Matrix {
        let product = |row: usize, column: usize| -> f64 {
            (0..self.columns.min(other.rows)).map(|inner| self.at(row, inner) * other.at(inner, column)).sum()
        };
        let elements = (0..self.rows * other.columns).map(|n| product(n / other.columns, n % other.columns));
        Matrix { rows: self.rows, columns: other.columns, elements: elements.collect() }
    }

    fn transposed(&self) -> Matrix {
        let elements = (0..self.rows * self.columns).map(|n| self.at(n % self.rows, n / self.rows));
        Matrix { rows: self.columns, columns: self.rows, elements: elements.collect() }
    }

    fn diagonal(values: &[f64]) -> Matrix {
        let size = values.len();
        let mut elements = vec![0.0; size * size];
        for (position, value) in values.iter().enumerate() {
            elements[position * (size + 1)] = *value;
        }
        Matrix { rows: size, columns: size, elements }
    }
}

/// The matrices of a batch, the last two dimensions being those of each.
fn matrices(tensor: &Tensor) -> Option<Vec<Matrix>> {
    let [.., rows, columns] = *tensor.shape() else { return None };
    let numbers = numbers(tensor)?;
    let size = rows * columns;
    let batch = numbers.len().checked_div(size).unwrap_or(0);
    let part = |n: usize| Matrix { rows, columns, elements: numbers[n * size..(n + 1) * size].to_vec() };
    Some((0..batch).map(part).collect())
}

fn numbers(tensor: &Tensor) -> Option<Vec<f64>> {
    let number = |cell: &Cell| if let Cell::Float(value) = cell { Some(*value) } else { None };
    tensor.elements().map(number).collect()
}

/// What must agree: the product, and for each orthonormal factor its Gram matrix, for twice U and half of Vh
/// multiply to the same.
fn invariants(factors: Factors, parts: &[&Tensor]) -> Option<Vec<(&'static str, Vec<Matrix>)>> {
    let gram = |matrices: &[Matrix]| matrices.iter().map(|m| m.transposed().times(m)).collect::<Vec<_>>();
    match (factors, parts) {
        (Factors::Svd, [u, s, vh]) => {
            let (u, vh) = (matrices(u)?, matrices(vh)?);
            let s = diagonals(s)?;
            let product = u.iter().zip(&s).zip(&vh).map(|((u, s), vh)| scaled(u, s).times(vh)).collect();
            let rows: Vec<Matrix> = vh.iter().map(Matrix::transposed).collect();
            Some(vec![("U·S·Vh", product), ("Uᵀ·U", gram(&u)), ("Vh·Vhᵀ", gram(&rows))])
        }
        (Factors::Qr, [q, r]) => {
            let (q, r) = (matrices(q)?, matrices(r)?);
            let product = q.iter().zip(&r).map(|(q, r)| q.times(r)).collect();
            Some(vec![("Q·R", product), ("Qᵀ·Q", gram(&q))])
        }
        (Factors::Eigh, [l, q]) => {
            let q = matrices(q)?;
            let product =
                q.iter().zip(&diagonals(l)?).map(|(q, l)| scaled(q, l).times(&q.transposed())).collect();
            Some(vec![("Q·L·Qᵀ", product), ("Qᵀ·Q", gram(&q))])
        }
        _ => None,
    }
}

/// The last dimension of a batch as diagonal matrices.
fn diagonals(tensor: &Tensor) -> Option<Vec<Matrix>> {
    let size = *tensor.shape().last()?;
    let numbers = numbers(tensor)?;
    Some(if size == 0 { Vec::new() } else { numbers.chunks(size).map(Matrix::diagonal).collect() })
}

/// A matrix times a diagonal one, of which a full factor has more columns.
fn scaled(matrix: &Matrix, diagonal: &Matrix) -> Matrix {
    let thin = matrix.columns.min(diagonal.rows);
    let elements =
        (0..matrix.rows * thin).map(|n| matrix.at(n / thin, n % thin) * diagonal.at(n % thin, n % thin));
    Matrix { rows: matrix.rows, columns: thin, elements: elements.collect() }
}

impl Comparison<'_> {
    pub(super) fn reconstruction(
        &mut self,
        at: &str,
        expected: &[Value],
        found: &[Value],
        factors: Factors,
        tolerances: &[(&str, Tolerance)],
    ) {
        let (Some(a), Some(b)) = (tensors(expected), tensors(found)) else {
            return self.critical(Category::Shape, at, "tensors to multiply", "other values");
        };
        let mut fits = true;
        for (position, (a, b)) in a.iter().zip(&b).enumerate() {
            fits &= self.tensor_forms(&format!("{at}[{position}]"), a, b);
        }
        // The singular values and eigenvalues have no sign to choose.
        let plain = match factors {
            Factors::Svd => Some(1),
            Factors::Eigh => Some(0),
            Factors::Qr => None,
        };
        if let Some((position, (a, b))) =
            plain.and_then(|p| Some((p, (a.get(p)?, b.get(p)?)))).filter(|_| fits)
        {
            self.tensors(&format!("{at}[{position}]"), a, b);
        }
        if !fits {
            return;
        }
        let (Some(a_parts), Some(b_parts)) = (invariants(factors, &a), invariants(factors, &b)) else {
            return self.critical(
                Category::Shape,
                at,
                format!("the factors {factors:?}"),
                "no such matrices",
            );
        };
        let dtype = a.first().map_or("", |tensor| tensor.dtype());
        let exact = Tolerance { rtol: 0.0, atol: 0.0 };
        let tolerance = tolerances.iter().find(|(name, _)| *name == dtype).map_or(exact, |(_, pair)| *pair);
        for ((name, a), (_, b)) in a_parts.iter().zip(&b_parts) {
            for (batch, (a, b)) in a.iter().zip(b).enumerate() {
                for (position, (x, y)) in a.elements.iter().zip(&b.elements).enumerate() {
                    let level = match () {
                        () if tolerance.holds(*x, *y, 1.0) => continue,
                        () if tolerance.holds(*x, *y, 10.0) => Level::Minor,
                        () => Level::Critical,
                    };
                    let (row, column) = (position / a.columns, position % a.columns);
                    let location = format!("{at} {name} [{batch}, {row}, {column}] ({dtype})");
                    self.drift(Category::Value, level, &location, x.to_string(), y.to_string());
                }
            }
        }
    }
}

fn tensors(values: &[Value]) -> Option<Vec<&Tensor>> {
    values.iter().map(|value| if let Value::Tensor(tensor) = value { Some(tensor) } else { None }).collect()
}
