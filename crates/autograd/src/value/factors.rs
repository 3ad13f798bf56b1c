//! Solvers and decompositions.

use tensor::{Result, Triangle};

use super::Value;

impl Value {
    pub fn solve_triangular(&self, b: &Value, triangle: Triangle) -> Result<Value> {
        match (self, b) {
            (Value::Plain(a), Value::Plain(b)) => a.solve_triangular(b, triangle).map(Value::Plain),
            _ => Value::called(
                "linalg_solve_triangular",
                vec![
                    self.arg(),
                    b.arg(),
                    triangle.upper.into(),
                    triangle.left.into(),
                    triangle.unitriangular.into(),
                ],
            ),
        }
    }
    /// X of `A X = B`, or of `X A = B`.
    pub fn solve(&self, b: &Value, left: bool) -> Result<Value> {
        if let (Value::Plain(a), Value::Plain(b)) = (self, b) {
            let [x, ..] = a.solve(b, left, false)?;
            return Ok(Value::Plain(x));
        }
        let mut found =
            crate::dispatch::call("_linalg_solve_ex", vec![self.arg(), b.arg(), left.into(), false.into()])?;
        Ok(Value::from(found.swap_remove(0)))
    }
    pub fn cholesky_solve(&self, factor: &Value, upper: bool) -> Result<Value> {
        match (self, factor) {
            (Value::Plain(b), Value::Plain(factor)) => b.cholesky_solve(factor, upper).map(Value::Plain),
            _ => Value::called("cholesky_solve", vec![self.arg(), factor.arg(), upper.into()]),
        }
    }
    /// Eigenvalues and eigenvectors of a symmetric matrix, from its lower triangle.
    pub fn eigh(&self) -> Result<[Value; 2]> {
        match self {
            Value::Plain(t) => t.eigh("L").map(|found| found.map(Value::Plain)),
            Value::Recorded(_) => {
                let mut found =
                    crate::dispatch::call("_linalg_eigh", vec![self.arg(), "L".into(), true.into()])?;
                let vectors = found.swap_remove(1);
                Ok([Value::from(found.swap_remove(0)), Value::from(vectors)])
            }
        }
    }
}
