//! `f32`.

use std::f32::consts::{FRAC_2_PI, LN_2, LOG2_E, LOG10_E};

use super::polynomial;

/// 1.5·2²³: adding it rounds to a whole number, which is then in the low bits.
const ROUND: f32 = 12_582_912.0;
/// The part of ln 2 beyond [`LN_2`].
const LN_2_REST: f32 = -1.904_654_2e-9;

/// e to the power of r, minus one, for |r| up to ½ ln 2. Fitted; relative error 1e-8.
#[inline(always)]
fn exp_minus_one(r: f32) -> f32 {
    polynomial!(r; 1.392_621_3e-3, 8.363_203e-3, 4.166_655_6e-2, 0.166_665_76, 0.5).mul_add(r * r, r)
}

/// y·2ⁿ, n having been rounded by adding [`ROUND`]; in two factors, since n may be beyond what one exponent holds.
#[inline(always)]
fn scaled(y: f32, rounded: f32) -> f32 {
    let n = (rounded.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let half = n >> 1;
    let power = |n: i32| f32::from_bits((n.wrapping_add(127) as u32) << 23);
    y * power(half) * power(n.wrapping_sub(half))
}

/// e to the power of x, to 1 unit.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Beyond these the result is infinite or zero. Written so that NaN passes.
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < -104.0 { -104.0 } else { x };
    let rounded = x.mul_add(LOG2_E, ROUND);
    let n = rounded - ROUND;
    let r = n.mul_add(-LN_2_REST, n.mul_add(-LN_2, x));
    scaled(exp_minus_one(r) + 1.0, rounded)
}

/// 2 to the power of x, to 1 unit.
#[inline(always)]
pub(crate) fn exp2(x: f32) -> f32 {
    let x = if x > 129.0 { 129.0 } else { x };
    let x = if x < -151.0 { -151.0 } else { x };
    let rounded = x + ROUND;
    let r = (x - (rounded - ROUND)) * LN_2;
    scaled(exp_minus_one(r) + 1.0, rounded)
}

/// The exponent of a positive normal number, and the logarithm of its fraction between √½ and √2. The coefficients are
/// those of Cephes (Moshier, 1992).
#[inline(always)]
fn split_log(x: f32) -> (f32, f32) {
    let exponent = (x.to_bits() as i32).wrapping_sub(0x3f35_04f3) >> 23;
    let f = f32::from_bits(x.to_bits().wrapping_sub((exponent as u32) << 23)) - 1.0;
    let p = polynomial!(f; 7.037_683_6e-2, -1.151_461e-1, 1.167_699_9e-1, -1.242_014_1e-1, 1.424_932_3e-1, -1.666_805_7e-1,
        2.000_071_5e-1, -2.499_999_4e-1, 0.333_333_3);
    let z = f * f;
    (exponent as f32, z.mul_add(-0.5, (f * z) * p) + f)
}

/// Whether a number is positive, normal and finite: the logarithms below are for those.
#[inline(always)]
pub(crate) fn has_simple_log(x: f32) -> bool {
    const SMALLEST: u32 = 0x0080_0000;
    x.to_bits().wrapping_sub(SMALLEST) < 0x7f80_0000 - SMALLEST
}

/// The natural logarithm, to 1 unit.
#[inline(always)]
pub(crate) fn log(x: f32) -> f32 {
    let (exponent, rest) = split_log(x);
    exponent.mul_add(LN_2, exponent.mul_add(LN_2_REST, rest))
}

/// The logarithm to base 2, to 2 units; exact for powers of 2.
#[inline(always)]
pub(crate) fn log2(x: f32) -> f32 {
    let (exponent, rest) = split_log(x);
    rest.mul_add(LOG2_E, exponent)
}

/// The logarithm to base 10, to 2 units.
#[inline(always)]
pub(crate) fn log10(x: f32) -> f32 {
    let (exponent, rest) = split_log(x);
    // log10 2 in two parts.
    exponent.mul_add(0.301_029_98, rest.mul_add(LOG10_E, exponent * 1.432_098_9e-8))
}

/// The hyperbolic tangent, to 2 units.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let z = x * x;
    let p = polynomial!(z; -5.704_988_7e-3, 2.063_909e-2, -5.373_971_6e-2, 1.333_144_2e-1, -0.333_332_8);
    let small = (p * z).mul_add(x, x);
    let large = 1.0 - 2.0 / (exp(2.0 * x.abs()) + 1.0);
    // Also of -0, whose sign the sum loses.
    if x.abs() < 0.625 { small } else { large }.copysign(x)
}

/// Angles beyond this lose digits in [`sin`] and [`cos`].
pub(crate) const LARGE_ANGLE: f32 = 10_000.0;

/// The sine and the cosine within an eighth of a turn, and the number of quarters.
#[inline(always)]
fn quarters(x: f32) -> (f32, f32, i32) {
    let rounded = x.mul_add(FRAC_2_PI, ROUND);
    let n = rounded - ROUND;
    // π/2 in three parts.
    let r = n.mul_add(-1.570_796_4, x);
    let r = n.mul_add(4.371_139e-8, r);
    let r = n.mul_add(1.715_124_5e-15, r);
    let z = r * r;
    let sin = (polynomial!(z; 2.724_962e-6, -1.984_008_4e-4, 8.333_332e-3, -0.166_666_67) * z).mul_add(r, r);
    let cos = polynomial!(z; 2.454_769e-5, -1.388_830_1e-3, 4.166_666_4e-2, -0.5).mul_add(z, 1.0);
    (sin, cos, rounded.to_bits() as i32)
}

/// The sine, to 2 units; within [`LARGE_ANGLE`].
#[inline(always)]
pub(crate) fn sin(x: f32) -> f32 {
    let (sin, cos, n) = quarters(x);
    let value = if n & 1 == 0 { sin } else { cos };
    let value = f32::from_bits(value.to_bits() ^ ((n & 2) << 30) as u32);
    // Sums lose the sign of -0.
    if x == 0.0 { x } else { value }
}

/// The cosine, to 2 units; within [`LARGE_ANGLE`].
#[inline(always)]
pub(crate) fn cos(x: f32) -> f32 {
    let (sin, cos, n) = quarters(x);
    let value = if n & 1 == 0 { cos } else { sin };
    f32::from_bits(value.to_bits() ^ ((n.wrapping_add(1) & 2) << 30) as u32)
}

/// The error function, to 2 units. Coefficients by Juffa.
#[inline(always)]
pub(crate) fn erf(x: f32) -> f32 {
    let t = x.abs();
    let z = x * x;
    let small =
        polynomial!(z; -5.967_617e-4, 4.991_194e-3, -2.676_813_5e-2, 1.128_199_2e-1, -3.761_253_4e-1, 1.283_791_7e-1);
    let high = polynomial!(t; -1.728_534_7e-5, 3.831_972e-4);
    let low = polynomial!(t; -3.883_964_4e-3, 2.425_462_2e-2);
    let p = polynomial!(t; high.mul_add(z, low), -1.067_778_8e-1, -6.348_468_7e-1, -1.287_174_8e-1);
    let large = (1.0 - exp(p.mul_add(t, -t))).copysign(x);
    if t > 0.927_734_4 { large } else { small.mul_add(x, x) }
}
