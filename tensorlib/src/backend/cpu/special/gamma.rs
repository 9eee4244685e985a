//! The logarithm of the gamma function, and its derivatives.

use std::f64::consts::PI;

/// lgamma(x) / ((x - 1) · (x - 2)) for x from 1 to 3, in t = x - 2, the highest power first. Fitted; relative error 3e-20.
const MIDDLE: [f64; 32] = [
    -5.949_586_068_189_167e-11,
    1.144_309_673_500_540_8e-10,
    2.407_947_451_986_785e-10,
    -4.336_955_193_594_743_6e-10,
    -8.356_672_299_780_578e-10,
    1.506_589_344_423_833_7e-9,
    6.503_899_924_558_798e-10,
    -8.830_688_749_377_03e-10,
    -3.652_736_749_767_226_6e-9,
    6.950_364_235_408_589e-9,
    -8.856_739_831_565_76e-9,
    1.912_259_234_720_811_7e-8,
    -4.417_937_653_643_152e-8,
    9.216_002_892_648_523e-8,
    -1.913_538_354_816_465_4e-7,
    4.033_299_153_431_353e-7,
    -8.530_588_921_679_552e-7,
    1.808_220_996_084_771_3e-6,
    -3.847_299_775_488_993e-6,
    8.222_164_230_016_273e-6,
    -1.766_168_035_172_593e-5,
    3.816_889_305_732_298e-5,
    -8.309_512_587_656_37e-5,
    0.000_182_552_638_721_167_5,
    -0.000_405_707_397_537_325_97,
    0.000_915_376_922_271_708_7,
    -0.002_108_130_833_954_658,
    0.004_998_641_164_696_715,
    -0.012_384_192_193_371_299,
    0.032_965_000_621_155_836,
    -0.100_317_301_674_353_92,
    0.422_784_335_098_467_13,
];

/// A polynomial of [`MIDDLE`]'s length: even and odd powers by themselves, since neither waits for the other.
fn polynomial(coefficients: &[f64; 32], t: f64) -> f64 {
    let square = t * t;
    let (mut odd, mut even) = (0.0, 0.0);
    for pair in coefficients.chunks_exact(2) {
        (odd, even) = (odd * square + pair[0], even * square + pair[1]);
    }
    odd * t + even
}

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
        return (rest - 1.0) * (rest - 2.0) * polynomial(&MIDDLE, rest - 2.0) + f64::ln(product);
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
