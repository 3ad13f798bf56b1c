//! Orthogonal polynomials by their three-term recurrences (DLMF 18.9), in the precision of the element: PyTorch rounds
//! at every step too, and the recurrences amplify that.

use crate::element::Float;

/// A family of orthogonal polynomials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polynomial {
    /// Chebyshev's polynomials of the first kind.
    ChebyshevT,
    /// Chebyshev's polynomials of the second kind.
    ChebyshevU,
    /// Chebyshev's polynomials of the third kind.
    ChebyshevV,
    /// Chebyshev's polynomials of the fourth kind.
    ChebyshevW,
    /// Hermite's polynomials of the physicists.
    HermiteH,
    /// Hermite's polynomials of the probabilists.
    HermiteHe,
    /// Laguerre's polynomials.
    LaguerreL,
    /// Legendre's polynomials.
    LegendreP,
}

impl Polynomial {
    /// The polynomial of degree `n` at `x`; 0 for a negative degree.
    pub fn at<T: Float>(self, x: T, n: i64) -> T {
        if n < 0 {
            return T::ZERO;
        }
        if let Some(value) = self.special(x, n) {
            return value;
        }
        let one = T::ONE;
        let double = x.plus(x);
        let (mut before, mut last) = (
            one,
            match self {
                Polynomial::ChebyshevT | Polynomial::HermiteHe | Polynomial::LegendreP => x,
                Polynomial::ChebyshevU | Polynomial::HermiteH => double,
                Polynomial::ChebyshevV => double.minus(one),
                Polynomial::ChebyshevW => double.plus(one),
                Polynomial::LaguerreL => one.minus(x),
            },
        );
        if n == 0 {
            return before;
        }
        for k in 1..n {
            if last.is_nan() {
                break;
            }
            let degree = T::of(k as f64);
            let next = match self {
                Polynomial::HermiteH => double.times(last).minus(T::of(2.0 * k as f64).times(before)),
                // PyTorch's build contracts this one.
                Polynomial::HermiteHe => x.multiply_add(last, degree.times(before).negate()),
                Polynomial::LaguerreL => degree
                    .plus(degree)
                    .plus(one.minus(x))
                    .times(last)
                    .minus(degree.times(before))
                    .over(degree.plus(one)),
                Polynomial::LegendreP => degree
                    .plus(degree)
                    .plus(one)
                    .times(x)
                    .times(last)
                    .minus(degree.times(before))
                    .over(degree.plus(one)),
                _ => double.times(last).minus(before),
            };
            (before, last) = (last, next);
        }
        last
    }

    /// Ends of the interval, high degrees inside it, and degrees that PyTorch refuses with NaN.
    fn special<T: Float>(self, x: T, n: i64) -> Option<T> {
        let (wide, degree) = (x.wide(), n as f64);
        let (at_end, inside) = (wide.abs() == 1.0, wide.abs() < 1.0);
        let sign = if wide > 0.0 || n % 2 == 0 { 1.0 } else { -1.0 };
        let rounded = |f: fn(f64) -> f64, x: f64| T::of(f(x)).wide();
        let angle = |n: f64| T::of(n).times(T::of(libm::acos(wide))).wide();
        let half_angle = |n: f64| T::of(n).times(T::of(libm::acos(wide)).over(T::of(2.0))).wide();
        let ratio = |f: fn(f64) -> f64, top: f64, bottom: f64| {
            let below = rounded(f, half_angle(bottom));
            T::of(rounded(f, half_angle(top))).over(T::of(below))
        };
        Some(match self {
            Polynomial::ChebyshevT if at_end => T::of(sign),
            Polynomial::ChebyshevU if at_end => T::of(sign * (degree + 1.0)),
            Polynomial::ChebyshevV if at_end && wide > 0.0 => T::ONE,
            Polynomial::ChebyshevV if at_end => T::of(sign * (2.0 * degree + 1.0)),
            Polynomial::ChebyshevW if at_end && wide > 0.0 => T::of(2.0 * degree + 1.0),
            Polynomial::ChebyshevW if at_end => T::of(sign),
            Polynomial::LegendreP if at_end => T::of(sign),
            Polynomial::LaguerreL if wide == 0.0 => T::ONE,
            Polynomial::ChebyshevT if n > 6 && inside => T::of(libm::cos(angle(degree))),
            Polynomial::ChebyshevU if n > 8 && inside => {
                let below = rounded(libm::sin, angle(1.0));
                T::of(libm::sin(angle(degree + 1.0))).over(T::of(below))
            }
            Polynomial::ChebyshevV if n > 8 && inside => ratio(libm::cos, 2.0 * degree + 1.0, 1.0),
            Polynomial::ChebyshevW if n > 8 && inside => ratio(libm::sin, 2.0 * degree + 1.0, 1.0),
            Polynomial::HermiteH | Polynomial::HermiteHe
                if n > if std::mem::size_of::<T>() == 4 { 128 } else { 512 } =>
            {
                T::of(f64::NAN)
            }
            _ => return None,
        })
    }
}
