//! Against the standard library: many ordinary numbers, all magnitudes, and the edges.

use super::{double, single};

/// Distance in units in the last place.
fn ulps(a: f64, b: f64) -> u64 {
    if a == b || (a.is_nan() && b.is_nan()) { 0 } else { (a.to_bits() as i64).abs_diff(b.to_bits() as i64) }
}

fn ulps32(a: f32, b: f32) -> u32 {
    if a == b || (a.is_nan() && b.is_nan()) { 0 } else { (a.to_bits() as i32).abs_diff(b.to_bits() as i32) }
}

/// Numbers of ordinary size, numbers of every magnitude (subnormal ones too), and the edges.
fn arguments() -> impl Iterator<Item = f64> {
    let ordinary = (-100_000..100_000).map(|i| f64::from(i) * 3.7e-4);
    let magnitudes = (0..4000).flat_map(|i| {
        let x = f64::from_bits((i << 51) + i * 0x0001_2345_6789);
        [x, -x]
    });
    let edges =
        [0.0, -0.0, 1.0, -1.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MIN_POSITIVE, 5e-324, 709.78, 709.8];
    ordinary.chain(magnitudes).chain(edges)
}

fn check(name: &str, limit: u64, approximate: fn(f64) -> f64, exact: fn(f64) -> f64, within: f64) {
    let worst = arguments().filter(|x| x.is_nan() || x.abs() <= within).map(|x| (ulps(approximate(x), exact(x)), x));
    let (error, x) = worst.max_by_key(|&(error, _)| error).unwrap();
    assert!(error <= limit, "{name}({x:e}) is {:e}, not {:e}: {error} units", approximate(x), exact(x));
}

fn check32(name: &str, limit: u32, approximate: fn(f32) -> f32, exact: fn(f64) -> f64, within: f64) {
    let worst = arguments().map(|x| x as f32).filter(|x| x.is_nan() || f64::from(x.abs()) <= within);
    let worst = worst.map(|x| (ulps32(approximate(x), exact(f64::from(x)) as f32), x));
    let (error, x) = worst.max_by_key(|&(error, _)| error).unwrap();
    assert!(error <= limit, "{name}({x:e}) is {:e}, not {:e}: {error} units", approximate(x), exact(f64::from(x)));
}

/// A logarithm as the loops use it: of what is no simple number the library's.
macro_rules! with_edges {
    ($module:ident $name:ident, $ty:ident $library:ident) => {
        |x: $ty| if $module::has_simple_log(x) { $module::$name(x) } else { x.$library() }
    };
}

const ALL: f64 = f64::INFINITY;

#[test]
fn doubles_are_within_their_stated_errors() {
    // The standard library's own error, up to 1 unit, adds to what is stated.
    check("exp", 2, double::exp, f64::exp, ALL);
    check("exp2", 2, double::exp2, f64::exp2, ALL);
    check("expm1", 3, double::expm1, f64::exp_m1, ALL);
    check("log", 3, with_edges!(double log, f64 ln), f64::ln, ALL);
    check("log2", 3, with_edges!(double log2, f64 log2), f64::log2, ALL);
    check("log10", 3, with_edges!(double log10, f64 log10), f64::log10, ALL);
    check("log1p", 3, double::log1p, f64::ln_1p, ALL);
    check("sin", 3, double::sin, f64::sin, double::LARGE_ANGLE);
    check("cos", 3, double::cos, f64::cos, double::LARGE_ANGLE);
    check("tan", 4, double::tan, f64::tan, double::LARGE_ANGLE);
    check("asin", 4, double::asin, f64::asin, ALL);
    check("acos", 4, double::acos, f64::acos, ALL);
    check("atan", 3, double::atan, f64::atan, ALL);
    check("sinh", 4, double::sinh, f64::sinh, double::LARGE_HYPERBOLIC);
    check("cosh", 3, double::cosh, f64::cosh, double::LARGE_HYPERBOLIC);
    check("tanh", 4, double::tanh, f64::tanh, ALL);
}

#[test]
fn singles_are_within_their_stated_errors() {
    check32("exp", 1, single::exp, f64::exp, ALL);
    check32("exp2", 1, single::exp2, f64::exp2, ALL);
    check32("log", 1, with_edges!(single log, f32 ln), f64::ln, ALL);
    check32("log2", 2, with_edges!(single log2, f32 log2), f64::log2, ALL);
    check32("log10", 2, with_edges!(single log10, f32 log10), f64::log10, ALL);
    check32("tanh", 2, single::tanh, f64::tanh, ALL);
    check32("sin", 2, single::sin, f64::sin, f64::from(single::LARGE_ANGLE));
    check32("cos", 2, single::cos, f64::cos, f64::from(single::LARGE_ANGLE));
    check32("erf", 2, single::erf, double::erf, ALL);
}

#[test]
fn roots_of_periodic_functions_keep_their_digits() {
    for n in 1..200_000 {
        let x = f64::from(n) * std::f64::consts::PI;
        assert!(ulps(double::sin(x), x.sin()) <= 3, "sin {x}");
        assert!(ulps(double::cos(x + 0.5), (x + 0.5).cos()) <= 3, "cos {x}");
        let y = (f64::from(n % 3000) * std::f64::consts::PI) as f32;
        assert!(ulps32(single::sin(y), f64::from(y).sin() as f32) <= 2, "sin {y}");
    }
}

#[test]
fn logarithms_of_powers_are_whole() {
    for n in -1070..1024 {
        let power = f64::from(n).exp2();
        assert!(!double::has_simple_log(power) || double::log2(power) == f64::from(n), "{n}");
    }
    for n in 0..23 {
        assert_eq!(double::log10(10f64.powi(n)), f64::from(n));
    }
}

#[test]
fn the_error_function_has_known_values() {
    for (x, y) in [
        (0.0, 0.0),
        (1e-300, 1.128_379_167_095_512_6e-300),
        (0.5, 0.520_499_877_813_046_5),
        (0.999, 0.842_285_270_206_496_9),
        (1.0, 0.842_700_792_949_714_9),
        (1.5, 0.966_105_146_475_310_7),
        (-3.0, -0.999_977_909_503_001_4),
        (6.5, 1.0),
        (f64::NEG_INFINITY, -1.0),
    ] {
        assert!(ulps(double::erf(x), y) <= 2, "erf {x} is {}", double::erf(x));
    }
    assert!(double::erf(f64::NAN).is_nan() && single::erf(f32::NAN).is_nan());
}
