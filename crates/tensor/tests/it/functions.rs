//! Elementary and special functions in float64. What PyTorch 2.15's own kernels compute to all digits is expected as it
//! answers; of the special functions, where its errors reach 1e-7, the expected values are mpmath's with 40 digits, rounded.

use std::f64::consts::{LN_2, PI};

use tensor::{Arg, DType, Gelu, Result, Scalar, Tensor, operator};

/// Equal to within what the expansions leave.
fn near(found: f64, wanted: f64) -> bool {
    found == wanted
        || (found.is_nan() && wanted.is_nan())
        || (found - wanted).abs() <= 1e-15 + 1e-9 * wanted.abs()
}

fn check(name: &str, args: &[&[f64]], wanted: &[f64]) -> Result<()> {
    let tensors = args.iter().map(|v| Ok(Arg::Tensor(Tensor::from_vec(v.to_vec(), &[v.len()])?)));
    let found = operator(name)?.call(&tensors.collect::<Result<Vec<_>>>()?)?;
    for (k, (x, y)) in found[0].to_vec::<f64>()?.iter().zip(wanted).enumerate() {
        assert!(near(*x, *y), "{name} of argument {k}: {x}, expected {y}");
    }
    Ok(())
}

#[test]
#[rustfmt::skip]
fn functions_of_one_argument() -> Result<()> {
    let cases: &[(&str, &[f64], &[f64])] = &[
        ("erfinv", &[-0.9, 0.25, 0.999999], &[-1.163087153676674, 0.2253120550121781, 3.4589107372795]),
        ("lgamma", &[-1.5, 0.5, 30.25], &[0.860047015376481, 0.5723649429247001, 72.104204742008]),
        ("digamma", &[-1.5, 0.25, 40.0], &[0.7031566406452432, -4.2274535333762655, 3.676327374034843]),
        ("i0", &[-2.5, 0.5, 40.0], &[3.289839144050123, 1.0634833707413236, 1.48947747934199e+16]),
        ("special_i0e", &[-2.5, 0.5, 400.0], &[0.27004644161220276, 0.6450352704491501, 0.01995335628193999]),
        ("special_i1", &[-2.5, 0.5, 40.0], &[-2.5167162452886984, 0.2578943053908963, 1.4707396163259352e+16]),
        ("special_i1e", &[-2.5, 0.5, 400.0], &[-0.20658464953126657, 0.1564208031848717, 0.019928398958903543]),
        ("special_entr", &[-1.0, 0.0, 0.75], &[-f64::INFINITY, 0.0, 0.2157615543388357]),
        ("special_erfcx", &[-3.0, 0.5, 60.0], &[16205.988853999586, 0.6156903441929259, 0.009401854275176388]),
        ("special_ndtr", &[-8.0, 0.5, 2.0], &[6.220960574271784e-16, 0.6914624612740131, 0.9772498680518208]),
        ("special_ndtri", &[1e-12, 0.3, 0.999], &[-7.034483825301132, -0.5244005127080408, 3.0902323061678136]),
        ("special_log_ndtr", &[-30.0, -0.5, 2.0], &[-454.3212439563432, -1.1759117615936185, -0.02301290932896349]),
        ("special_bessel_j0", &[-7.5, 0.5, 12.0], &[0.2663396578803784, 0.9384698072408129, 0.047689310796833535]),
        ("special_bessel_j1", &[-7.5, 0.5, 12.0], &[-0.1352484275797055, 0.2422684576748739, -0.2234471044906276]),
        ("special_bessel_y0", &[0.5, 3.0, 12.0], &[-0.44451873350670656, 0.3768500100127904, -0.22523731263436145]),
        ("special_bessel_y1", &[0.5, 3.0, 12.0], &[-1.471472392670243, 0.3246744247918, -0.05709921826089652]),
        ("special_modified_bessel_k0", &[0.25, 3.0, 20.0], &[1.5415067512483027, 0.03473950438627925, 5.741237815336525e-10]),
        ("special_modified_bessel_k1", &[0.25, 3.0, 20.0], &[3.7470259744407115, 0.040156431128194184, 5.883057969557038e-10]),
        ("special_scaled_modified_bessel_k0", &[0.25, 3.0, 200.0], &[1.9793338485985688, 0.6977615980438517, 0.08856745833929666]),
        ("special_scaled_modified_bessel_k1", &[0.25, 3.0, 200.0], &[4.811276588171025, 0.8065634801287869, 0.08878860158500368]),
        ("special_spherical_bessel_j0", &[0.0, 0.001, 9.0], &[1.0, 0.9999998333333416, 0.04579094280463962]),
        ("special_airy_ai", &[-12.0, -1.5, 3.0], &[-0.06655517505437313, 0.4642565777488694, 0.006591139357460719]),
    ];
    cases.iter().try_for_each(|(name, x, wanted)| check(name, &[x], wanted))?;
    // Limits at the ends of the domain, as PyTorch gives them.
    let ends = [f64::NEG_INFINITY, 0.0, f64::INFINITY];
    check("special_modified_bessel_k0", &[&ends], &[f64::NAN, f64::INFINITY, 0.0])?;
    check("special_modified_bessel_k1", &[&ends], &[f64::NAN, f64::INFINITY, 0.0])?;
    check("special_i0e", &[&ends], &[0.0, 1.0, 0.0])?;
    check("special_ndtri", &[&[-0.5, 0.0, 1.0]], &[f64::NAN, f64::NEG_INFINITY, f64::INFINITY])
}

/// A function, its two arguments, and the values.
type Case<'a> = (&'a str, &'a [f64], &'a [f64], &'a [f64]);

#[test]
#[rustfmt::skip]
fn functions_of_two_arguments() -> Result<()> {
    let cases: &[Case] = &[
        ("atan2", &[0.0, -1.0, 2.0], &[-1.0, -2.0, 0.5], &[PI, -2.677945044588987, 1.3258176636680326]),
        ("hypot", &[3e+200, -5.0, 0.0], &[4e+200, 12.0, -0.0], &[4.9999999999999995e+200, 13.0, 0.0]),
        ("logaddexp", &[1000.0, -1e+308, 0.5], &[1000.0, 3.0, -0.25], &[1000.6931471805599, 3.0, 0.8868710061148999]),
        ("logaddexp2", &[1000.0, -2.0, 0.5], &[1000.0, 3.0, -0.25], &[1001.0, 3.0443941193584534, 1.173197792818954]),
        ("igamma", &[0.5, 4.0, 40.0], &[0.25, 2.0, 50.0], &[0.5204998778130465, 0.14287653950145296, 0.935429631078867]),
        ("igammac", &[0.5, 4.0, 40.0], &[0.25, 2.0, 50.0], &[0.4795001221869535, 0.857123460498547, 0.06457036892113298]),
        ("xlogy.Tensor", &[0.0, 2.0, -1.0], &[0.0, 3.0, 0.5], &[0.0, 2.1972245773362196, LN_2]),
        ("special_xlog1py", &[0.0, 2.0, -1.0], &[-1.0, 1e-09, 0.5], &[0.0, 1.999999999e-09, -0.4054651081081644]),
        ("special_zeta", &[2.0, 3.5, 1.5], &[1.0, 0.25, 30.0], &[1.6449340668482264, 128.54695896428436, 0.3682166281870004]),
        ("nextafter", &[1.0, 0.0], &[2.0, -1.0], &[1.0000000000000002, -5e-324]),
        ("heaviside", &[-1.5, 0.0, 2.0], &[0.5, 0.5, 0.5], &[0.0, 0.5, 1.0]),
        ("fmax", &[f64::NAN, 1.0, 2.0], &[0.5, f64::NAN, -3.0], &[0.5, 1.0, 2.0]),
        ("fmin", &[f64::NAN, 1.0, 2.0], &[0.5, f64::NAN, -3.0], &[0.5, 1.0, -3.0]),
        ("copysign.Tensor", &[1.5, -2.0, 0.0], &[-0.0, 3.0, -1.0], &[-1.5, 2.0, -0.0]),
        ("special_chebyshev_polynomial_t", &[0.3, -0.75, 1.5], &[3.0, 12.0, 5.0], &[-0.792, -0.7303466796875018, 61.5]),
        ("special_chebyshev_polynomial_u", &[0.3, -0.75, 1.5], &[3.0, 12.0, 5.0], &[-0.984, 0.044189453124999396, 144.0]),
        ("special_chebyshev_polynomial_v", &[0.3, -0.75, 1.5], &[3.0, 12.0, 5.0], &[-0.344, 1.0769042968750007, 89.0]),
        ("special_chebyshev_polynomial_w", &[0.3, -0.75, 1.5], &[3.0, 12.0, 5.0], &[-1.624, -0.9885253906249999, 199.0]),
        ("special_hermite_polynomial_h", &[0.3, -0.75, 1.5], &[3.0, 12.0, 5.0], &[-3.384, -733623.8356933594, -117.0]),
        ("special_hermite_polynomial_he", &[0.3, -0.75, 1.5], &[3.0, 12.0, 5.0], &[-0.873, -10564.709719598293, -3.65625]),
        ("special_laguerre_polynomial_l", &[0.3, -0.75, 1.5], &[3.0, 12.0, 5.0], &[0.23050000000000007, 52.373997267517886, 0.11640625]),
        ("special_legendre_polynomial_p", &[0.3, -0.75, 1.5], &[3.0, 12.0, 5.0], &[-0.3825, -0.10374477185541764, 33.08203125]),
        ("special_shifted_chebyshev_polynomial_t", &[0.3, -0.75, 1.5], &[3.0, 12.0, 5.0], &[0.944, 73180801.0, 362.0]),
    ];
    cases.iter().try_for_each(|(name, x, y, wanted)| check(name, &[x, y], wanted))
}

/// The naive reference of the running reductions: each prefix reduced anew.
#[test]
fn running_reductions_are_reductions_of_prefixes() -> Result<()> {
    let t = Tensor::from_vec(vec![1.5f64, -2.0, f64::NAN, 4.0, 4.0, -1.0, 3.0, 0.5], &[2, 4])?;
    let (largest, _) = t.cummax(1)?;
    let (smallest, _) = t.cummin(1)?;
    let (products, logs) = (t.cumprod(1, None)?, t.logcumsumexp(1)?);
    for end in 1..=4 {
        let prefix = t.narrow(1, 0, end)?;
        let column = |of: &Tensor| of.select(1, end - 1)?.to_vec::<f64>();
        let pairs = [
            (column(&largest)?, prefix.amax(&[1], false)?.to_vec::<f64>()?),
            (column(&smallest)?, prefix.amin(&[1], false)?.to_vec::<f64>()?),
            (column(&products)?, prefix.prod_dim(1, false, None)?.to_vec::<f64>()?),
            (column(&logs)?, prefix.logsumexp(&[1], false)?.to_vec::<f64>()?),
        ];
        for (found, wanted) in pairs {
            assert!(found.iter().zip(&wanted).all(|(x, y)| near(*x, *y)), "{found:?} {wanted:?}");
        }
    }
    Ok(())
}

/// PyTorch's positions: the last of equal elements, and from the first NaN on the last NaN.
#[test]
fn running_extremes_name_the_last_position() -> Result<()> {
    let t = Tensor::from_vec(vec![2.0f32, 2.0, 1.0, f32::NAN, 5.0, f32::NAN], &[6])?;
    assert_eq!(t.cummax(0)?.1.to_vec::<i64>()?, [0, 1, 1, 3, 3, 5]);
    assert_eq!(t.cummin(0)?.1.to_vec::<i64>()?, [0, 1, 2, 3, 3, 5]);
    Ok(())
}

/// Answers of PyTorch: integers promote as with Python's operators, and counts beyond the width shift everything out.
#[test]
fn integer_functions_wrap_and_promote() -> Result<()> {
    let (a, b) = (Tensor::from_vec(vec![12i32, -18, 0], &[3])?, Tensor::from_vec(vec![18i8, 12, 5], &[3])?);
    assert_eq!(a.gcd(&b)?.dtype(), DType::I32);
    assert_eq!(a.gcd(&b)?.to_vec::<i32>()?, [6, 6, 5]);
    assert_eq!(a.lcm(&b)?.to_vec::<i32>()?, [36, 36, 0]);
    assert_eq!(a.bitwise_and(&b)?.to_vec::<i32>()?, [0, 12, 0]);
    assert_eq!(a.bitwise_not()?.to_vec::<i32>()?, [-13, 17, -1]);
    let one = Tensor::from_vec(vec![1u8, 1, 255], &[3])?;
    assert_eq!(one.bitwise_left_shift(Scalar::Int(7))?.to_vec::<u8>()?, [128, 128, 128]);
    assert!(a.gcd(1.5).is_err(), "floats have no divisor");
    assert!(a.logit(None)?.dtype() == DType::F32);
    Ok(())
}

/// Functions of f32 that loop by vectors, beside `libm` in f64: where they are evaluated in f64 and rounded once,
/// half an ulp and what the polynomials miss. The Gaussian unit takes some in its factors.
#[test]
fn functions_by_vectors_are_within_an_ulp_of_libm() -> Result<()> {
    // A number of every exponent and sign, and all the ends.
    let ends = [
        0.0,
        -0.0,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        f32::MIN_POSITIVE,
        f32::MAX,
        f32::MIN,
        1.0,
        -1.0,
    ];
    let values: Vec<f32> =
        ends.into_iter().chain((0..u32::MAX / 8191).map(|n| f32::from_bits(n * 8191))).collect();
    let x = Tensor::from_vec(values.clone(), &[values.len()])?;
    let cdf = |x: f64| 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
    type Wide = fn(f64) -> f64;
    let cases: [(&str, Tensor, Wide, f64); 12] = [
        ("exp", x.exp()?, libm::exp, 1.0),
        ("log", x.log()?, libm::log, 0.51),
        ("log2", x.log2()?, libm::log2, 0.51),
        ("log10", x.log10()?, libm::log10, 0.51),
        ("tanh", x.tanh()?, libm::tanh, 0.51),
        ("erf", x.erf()?, libm::erf, 1.0),
        ("sin", x.sin()?, libm::sin, 0.51),
        ("cos", x.cos()?, libm::cos, 0.51),
        ("pow 2.5", x.pow(2.5)?, |x| libm::pow(x, 2.5), 0.51),
        ("pow -0.3", x.pow(-0.3)?, |x| libm::pow(x, f64::from(-0.3f32)), 0.51),
        ("pow 5", x.pow(5.0)?, |x| libm::pow(x, 5.0), 0.51),
        ("round", x.round()?, f64::round_ties_even, 0.51),
    ];
    let miss = |name: &str, x: f32, found: f32, wanted: f64, most: f64| {
        let rounded = wanted as f32;
        if found.to_bits() == rounded.to_bits() || (found.is_nan() && rounded.is_nan()) {
            return;
        }
        // The distance in units of the last place of what is wanted, subnormal ones too.
        let unit = f64::from(f32::from_bits(rounded.abs().to_bits() + 1)) - f64::from(rounded.abs());
        let ulps = (f64::from(found) - wanted).abs() / unit;
        assert!(ulps < most, "{name}({x:e}) is {found:e}, not {wanted:e}: {ulps} ulps");
    };
    for (name, found, wide, most) in cases {
        for (&x, found) in values.iter().zip(found.to_vec::<f32>()?) {
            miss(name, x, found, wide(f64::from(x)), most);
        }
    }
    // IEEE 754 keeps the sign of a zero.
    let zero = Tensor::from_vec(vec![-0.0f32], &[1])?;
    assert_eq!(zero.sin()?.to_vec::<f32>()?[0].to_bits(), (-0.0f32).to_bits());
    // Where Φ underflows the product is 0; an infinity times it is NaN, as in PyTorch.
    for (&x, found) in values.iter().zip(x.gelu(Gelu::Exact)?.to_vec::<f32>()?) {
        match x {
            f32::NEG_INFINITY => assert!(found.is_nan()),
            x => miss("gelu", x, found, f64::from(x) * cdf(f64::from(x)), 8.0),
        }
    }
    Ok(())
}
