//! A host's values among objects. Expected values: oracle, pandas 3.1.1 with `decimal.Decimal`.

use std::any::Any;
use std::cmp::Ordering;

use column::{Arithmetic, Column, Comparison, ErrorKind, Foreign, Opaque, Operator, Scalar};

/// Stands for Python's `Decimal`.
#[derive(Debug)]
struct Decimal(i64);

fn number(scalar: &Scalar) -> Option<i64> {
    match scalar {
        Scalar::Int(value) => Some(*value),
        Scalar::Opaque(value) => value.get().as_any().downcast_ref::<Decimal>().map(|decimal| decimal.0),
        _ => None,
    }
}

impl Foreign for Decimal {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_same(&self, other: &dyn Foreign) -> bool {
        std::ptr::addr_eq(self, other)
    }

    fn equals(&self, other: &Scalar) -> column::Result<bool> {
        Ok(number(other) == Some(self.0))
    }

    fn order(&self, other: &Scalar) -> Option<Ordering> {
        number(other).map(|other| self.0.cmp(&other))
    }

    fn hash(&self) -> Option<u64> {
        Some(self.0 as u64)
    }

    fn repr(&self) -> String {
        format!("Decimal('{}')", self.0)
    }

    fn text(&self) -> String {
        self.0.to_string()
    }

    fn type_name(&self) -> &'static str {
        "decimal.Decimal"
    }

    fn float(&self) -> column::Result<f64> {
        Ok(self.0 as f64)
    }

    fn operate(&self, op: Operator, other: &Scalar, _reflected: bool) -> column::Result<Scalar> {
        match (op, number(other)) {
            (Operator::Arithmetic(Arithmetic::Add), Some(other)) => Ok(decimal(self.0 + other)),
            _ => Err(column::Error::foreign("broken", std::sync::Arc::new(self.0))),
        }
    }
}

fn decimal(value: i64) -> Scalar {
    Scalar::Opaque(Opaque::new(Decimal(value)))
}

#[test]
fn the_host_answers_for_its_values() {
    let column = Column::object(vec![decimal(3), decimal(1), Scalar::Int(2)]);
    assert_eq!(column.sum(true, 0), Ok(decimal(6)));
    assert_eq!(column.min(true), Ok(decimal(1)));
    assert_eq!(column.cast("float64".parse().expect("a dtype")), Ok(Column::from(vec![3.0, 1.0, 2.0])));
    assert_eq!(
        Column::compare(Comparison::Equal, &column, &Scalar::Int(3)),
        Ok(Column::from(vec![true, false, false]))
    );
    assert_eq!(
        Column::compare(Comparison::Less, &column, &decimal(2)),
        Ok(Column::from(vec![false, true, false]))
    );
    assert_eq!(
        Column::arithmetic(Arithmetic::Add, &column, &decimal(1)),
        Ok(Column::object(vec![decimal(4), decimal(2), decimal(3)]))
    );
    let repeated = Column::object(vec![decimal(3), decimal(1), decimal(3)]);
    assert_eq!(repeated.nunique(true), 2);
    assert_eq!(Scalar::Tuple([decimal(3)].into()).to_string(), "(Decimal('3'),)");
}

#[test]
fn a_hosts_exception_comes_back_whole() {
    let column = Column::object(vec![decimal(3)]);
    let error = Column::arithmetic(Arithmetic::Multiply, &column, &Scalar::Int(2)).expect_err("broken");
    assert_eq!((error.kind(), error.position()), (ErrorKind::Foreign, Some(0)));
    assert_eq!(error.payload().and_then(|payload| payload.downcast_ref::<i64>()), Some(&3));
}

#[test]
fn a_hosts_value_has_no_bytes() {
    let error = Column::object(vec![Scalar::None, decimal(3)]).digest().expect_err("no bytes");
    assert_eq!(error.message(), "lumen.pandas: bytes of a Python object of class 'decimal.Decimal'");
    assert_eq!(error.position(), Some(1));
}
