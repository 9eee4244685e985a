//! The logarithm of the gamma function, and its derivatives.

use std::f64::consts::PI;

use super::chebyshev;

/// lgamma(x) / ((x - 1) · (x - 2)) for x from 1 to 3, in t = x - 2.
const MIDDLE: [f64; 32] = [
    0.441_489_025_455_014_23,
    -0.111_195_803_217_525_23,
    0.019_510_448_260_688_84,
    -0.003_922_461_463_025_264,
    0.000_847_898_989_595_385_7,
    -0.000_191_538_553_413_655_93,
    4.454_470_184_975_607e-5,
    -1.057_287_437_359_43e-5,
    2.547_433_687_340_841_7e-6,
    -6.208_535_880_776_316e-7,
    1.526_867_739_907_154_6e-7,
    -3.782_637_660_291_326e-8,
    9.428_100_823_624_284e-9,
    -2.361_999_702_184_645e-9,
    5.943_541_905_817_546e-10,
    -1.501_312_977_072_867e-10,
    3.805_019_645_811_053_4e-11,
    -9.672_485_299_656_325e-12,
    2.465_348_198_355_661e-12,
    -6.298_868_140_791_711e-13,
    1.612_846_003_028_378_7e-13,
    -4.137_949_206_814_042e-14,
    1.063_570_122_775_789_8e-14,
    -2.738_242_078_665_282_6e-15,
    7.060_670_507_214_892e-16,
    -1.823_217_714_166_211_8e-16,
    4.714_169_006_756_272e-17,
    -1.220_410_731_963_985_6e-17,
    3.163_045_166_179_025_5e-18,
    -8.206_746_544_166_728e-19,
    2.131_442_862_563_842_5e-19,
    -5.540_983_814_922_317e-20,
];

/// The sine of π·x, whose sign and zeros are exact.
fn sin_pi(x: f64) -> f64 {
    let rest = x - 2.0 * (x / 2.0).round();
    // From -1 to 1.
    if rest.abs() == 1.0 {
        return 0.0;
    }
    let within = if rest.abs() > 0.5 { (1.0 - rest.abs()).copysign(rest) } else { rest };
    (PI * within).sin()
}

/// The logarithm of the magnitude of the gamma function: of whole numbers up to 0, infinity.
pub(crate) fn lgamma(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x.is_infinite() || (x <= 0.0 && x == x.floor()) {
        return f64::INFINITY;
    }
    if x < 0.5 {
        if x > -1e-17 && x < 1e-17 {
            return -x.abs().ln();
        }
        if x > 0.0 {
            return lgamma(x + 1.0) - x.ln();
        }
        return (PI / (x * sin_pi(x)).abs()).ln() - lgamma(-x);
    }
    if x < 1.0 {
        return lgamma(x + 1.0) - x.ln();
    }
    if x < 12.0 {
        let (mut rest, mut product) = (x, 1.0);
        while rest > 3.0 {
            rest -= 1.0;
            product *= rest;
        }
        return (rest - 1.0) * (rest - 2.0) * chebyshev(&MIDDLE, rest - 2.0) + f64::ln(product);
    }
    const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;
    // Stirling's series.
    let (inverse, log) = (1.0 / x, x.ln());
    let z = inverse * inverse;
    let series = [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0, 1.0 / 156.0];
    let rest = if x > 1e8 { 0.0 } else { series.iter().rev().fold(0.0, |sum, &term| sum * z + term) * inverse };
    if x > 1e300 { x * (log - 1.0) } else { (x - 0.5) * log - x + HALF_LN_TAU + rest }
}

/// The derivative of [`lgamma`]. It has poles at whole numbers up to 0: there it is NaN, but infinite at 0, as in PyTorch.
pub(crate) fn digamma(x: f64) -> f64 {
    if x == 0.0 {
        return f64::INFINITY.copysign(-x);
    }
    if x < 0.0 {
        if x == x.floor() || x.is_infinite() {
            return f64::NAN;
        }
        let rest = x - x.trunc();
        return digamma(1.0 - x) - PI / (PI * rest).tan();
    }
    if x.is_infinite() || x.is_nan() {
        return x;
    }
    let (mut x, mut sum) = (x, 0.0);
    while x < 12.0 {
        sum -= 1.0 / x;
        x += 1.0;
    }
    let z = 1.0 / (x * x);
    let series = [1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0, -691.0 / 32760.0, 1.0 / 12.0];
    sum + x.ln() - 0.5 / x - z * series.iter().rev().fold(0.0, |sum, &term| sum * z + term)
}

/// Hurwitz' zeta function: the sum of (q + k)⁻ˢ over k from 0, for s above 1.
fn zeta(s: f64, q: f64) -> f64 {
    if q <= 0.0 && q == q.floor() {
        return f64::INFINITY;
    }
    if q.is_infinite() {
        return if q > 0.0 { 0.0 } else { f64::NAN };
    }
    let (mut q, mut sum) = (q, 0.0);
    // The series of the rest falls once q is larger than s.
    while q < 12.0 + s {
        sum += q.powf(-s);
        q += 1.0;
    }
    // Euler and Maclaurin's formula for the rest, with Bernoulli's numbers over factorials.
    let power = q.powf(-s);
    sum += power * q / (s - 1.0) + power / 2.0;
    let coefficients = [
        1.0 / 12.0,
        -1.0 / 720.0,
        1.0 / 30_240.0,
        -1.0 / 1_209_600.0,
        1.0 / 47_900_160.0,
        -691.0 / 1_307_674_368_000.0,
        1.0 / 74_724_249_600.0,
    ];
    let (mut factor, mut n) = (s * power / q, s);
    for coefficient in coefficients {
        sum += coefficient * factor;
        factor *= (n + 1.0) * (n + 2.0) / (q * q);
        n += 2.0;
    }
    sum
}

/// The derivative of order `order` of [`digamma`].
pub(crate) fn polygamma(order: i64, x: f64) -> f64 {
    match order {
        0 => digamma(x),
        1 if x < 0.5 => {
            if x == x.floor() {
                return if x.is_infinite() { f64::NAN } else { f64::INFINITY };
            }
            // By the symmetry of its reflection: the series has no end there.
            let sine = sin_pi(x);
            PI * PI / (sine * sine) - polygamma(1, 1.0 - x)
        }
        1 => zeta(2.0, x),
        _ => {
            let size = lgamma(order as f64 + 1.0).exp() * zeta(order as f64 + 1.0, x);
            if order % 2 == 0 { -size } else { size }
        }
    }
}
