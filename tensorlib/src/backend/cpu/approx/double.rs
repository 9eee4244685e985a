//! `f64`. Unless a comment says otherwise, coefficients are those of FreeBSD's mathematical library (Sun, 1993).

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, LN_2, LOG2_E, LOG10_2, LOG10_E, PI};

use super::polynomial;

/// 1.5·2⁵²: adding it rounds to a whole number, which is then in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// The parts of ln 2 and π/2 beyond their constants.
const LN_2_REST: f64 = 2.319_046_813_846_299_6e-17;
const FRAC_PI_2_REST: f64 = 6.123_233_995_736_766e-17;

/// 2 to the power of a whole number that was rounded by adding [`ROUND`].
#[inline(always)]
fn power(rounded: f64) -> f64 {
    f64::from_bits(rounded.to_bits().wrapping_add(1023) << 52)
}

/// e to the power of r, minus one, for |r| up to ½ ln 2. Fitted; relative error 1e-17.
#[inline(always)]
fn exp_minus_one(r: f64) -> f64 {
    let q = polynomial!(r; 2.510_042_415_700_507e-8, 2.762_013_871_973_399_4e-7, 2.755_726_837_868_419e-6,
        2.480_152_119_021_773e-5, 1.984_126_986_310_587e-4, 1.388_888_891_728_179_4e-3, 8.333_333_333_330_051e-3,
        4.166_666_666_662_399e-2, 0.166_666_666_666_666_69, 0.5);
    q.mul_add(r * r, r)
}

/// x less the nearest multiple of ln 2, and that multiple rounded by adding [`ROUND`].
#[inline(always)]
fn reduced(x: f64) -> (f64, f64) {
    let rounded = x.mul_add(LOG2_E, ROUND);
    let n = rounded - ROUND;
    (n.mul_add(-LN_2_REST, n.mul_add(-LN_2, x)), rounded)
}

/// y·2ⁿ in two factors, since n may be beyond what one exponent holds.
#[inline(always)]
fn scaled(y: f64, rounded: f64) -> f64 {
    let half = (rounded - ROUND).mul_add(0.5, ROUND);
    y * power(half) * power(rounded - (half - ROUND))
}

/// e to the power of x, to 1 unit.
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    // Beyond these the result is infinite or zero. Written so that NaN passes.
    let x = if x > 710.0 { 710.0 } else { x };
    let x = if x < -746.0 { -746.0 } else { x };
    let (r, rounded) = reduced(x);
    scaled(exp_minus_one(r) + 1.0, rounded)
}

/// 2 to the power of x, to 1 unit.
#[inline(always)]
pub(crate) fn exp2(x: f64) -> f64 {
    let x = if x > 1025.0 { 1025.0 } else { x };
    let x = if x < -1077.0 { -1077.0 } else { x };
    let rounded = x + ROUND;
    let r = x - (rounded - ROUND);
    let r = r.mul_add(LN_2, r * LN_2_REST);
    scaled(exp_minus_one(r) + 1.0, rounded)
}

/// e to the power of x, minus one, to 2 units.
#[inline(always)]
pub(crate) fn expm1(x: f64) -> f64 {
    let clipped = if x > 709.8 { 709.8 } else { x };
    let clipped = if clipped < -50.0 { -50.0 } else { clipped };
    let (r, rounded) = reduced(clipped);
    // Half of it, since 2ⁿ alone may be too large.
    let half = power(rounded - 1.0);
    let result = 2.0 * exp_minus_one(r).mul_add(half, half - 0.5);
    let result = if x > 709.782_712_893_384 { f64::INFINITY } else { result };
    // The result for a small number is the number itself, so that -0 keeps its sign and the smallest subnormal its
    // value.
    if x.abs() < f64::EPSILON / 4.0 { x } else { result }
}

/// The exponent of a positive normal number, and the logarithm of its fraction between √½ and √2.
#[inline(always)]
fn split_log(x: f64) -> (f64, f64) {
    const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    const ONE: u64 = 0x3ff0_0000_0000_0000;
    const WHOLE: u64 = 0x4330_0000_0000_0000; // 2⁵², whose low bits are a whole number.
    let biased = x.to_bits().wrapping_add(ONE - SQRT_HALF);
    let exponent = f64::from_bits((biased >> 52) | WHOLE) - (4_503_599_627_370_496.0 + 1023.0);
    let fraction = f64::from_bits((biased & 0x000f_ffff_ffff_ffff).wrapping_add(SQRT_HALF));
    let f = fraction - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let r = z * polynomial!(z; 1.479_819_860_511_658_6e-1, 1.531_383_769_920_937_3e-1, 1.818_357_216_161_805e-1,
        2.222_219_843_214_978_4e-1, 2.857_142_874_366_239e-1, 3.999_999_999_940_942e-1, 6.666_666_666_666_735e-1);
    let half = 0.5 * f * f;
    (exponent, f - (half - s * (half + r)))
}

/// Whether a number is positive, normal and finite: [`log`], [`log2`] and [`log10`] are for those.
#[inline(always)]
pub(crate) fn has_simple_log(x: f64) -> bool {
    const SMALLEST: u64 = 0x0010_0000_0000_0000;
    x.to_bits().wrapping_sub(SMALLEST) < 0x7ff0_0000_0000_0000 - SMALLEST
}

/// The natural logarithm, to 2 units.
#[inline(always)]
pub(crate) fn log(x: f64) -> f64 {
    let (exponent, rest) = split_log(x);
    exponent.mul_add(LN_2, exponent.mul_add(LN_2_REST, rest))
}

/// The logarithm to base 2, to 2 units; exact for powers of 2.
#[inline(always)]
pub(crate) fn log2(x: f64) -> f64 {
    let (exponent, rest) = split_log(x);
    rest.mul_add(LOG2_E, exponent)
}

/// The logarithm to base 10, to 2 units.
#[inline(always)]
pub(crate) fn log10(x: f64) -> f64 {
    const LOG10_2_REST: f64 = -2.803_728_127_785_170_4e-18;
    const LOG10_E_REST: f64 = 1.098_319_650_216_765e-17;
    let (exponent, rest) = split_log(x);
    let rest = rest.mul_add(LOG10_E, rest.mul_add(LOG10_E_REST, exponent * LOG10_2_REST));
    exponent.mul_add(LOG10_2, rest)
}

/// The natural logarithm of 1 + x, to 2 units.
#[inline(always)]
pub(crate) fn log1p(x: f64) -> f64 {
    let sum = 1.0 + x;
    // The part that rounding took from the sum.
    let lost = x - (sum - 1.0);
    let (exponent, rest) = split_log(sum);
    let rest = rest + lost / sum;
    let result = exponent.mul_add(LN_2, exponent.mul_add(LN_2_REST, rest));
    let result = if sum == f64::INFINITY { sum } else { result };
    let result = if sum == 0.0 { f64::NEG_INFINITY } else { result };
    let result = if sum >= 0.0 { result } else { f64::NAN };
    if x == 0.0 { x } else { result }
}

/// Angles beyond this lose digits in [`sin`], [`cos`] and [`tan`].
pub(crate) const LARGE_ANGLE: f64 = 1e6;

/// The sine and the cosine within an eighth of a turn, and the number of quarters.
#[inline(always)]
fn quarters(x: f64) -> (f64, f64, u64) {
    let rounded = x.mul_add(FRAC_2_PI, ROUND);
    let n = rounded - ROUND;
    let r = n.mul_add(-FRAC_PI_2, x);
    let r = n.mul_add(-FRAC_PI_2_REST, r);
    let r = n.mul_add(1.497_384_904_859_169_8e-33, r);
    let z = r * r;
    let s = polynomial!(z; 1.589_690_995_211_55e-10, -2.505_076_025_340_686_3e-8, 2.755_731_370_707_007e-6,
        -1.984_126_982_985_795e-4, 8.333_333_333_322_49e-3, -1.666_666_666_666_663_2e-1);
    let c = polynomial!(z; -1.135_964_755_778_819_5e-11, 2.087_572_321_298_175e-9, -2.755_731_435_139_066e-7,
        2.480_158_728_947_673e-5, -1.388_888_888_887_411e-3, 4.166_666_666_666_66e-2);
    let half = 0.5 * z;
    let one = 1.0 - half;
    let cos = one + (c * z).mul_add(z, (1.0 - one) - half);
    ((s * z).mul_add(r, r), cos, rounded.to_bits())
}

/// The sine, to 2 units; within [`LARGE_ANGLE`].
#[inline(always)]
pub(crate) fn sin(x: f64) -> f64 {
    let (sin, cos, n) = quarters(x);
    let value = if n & 1 == 0 { sin } else { cos };
    let value = f64::from_bits(value.to_bits() ^ ((n & 2) << 62));
    // Sums lose the sign of -0.
    if x == 0.0 { x } else { value }
}

/// The cosine, to 2 units; within [`LARGE_ANGLE`].
#[inline(always)]
pub(crate) fn cos(x: f64) -> f64 {
    let (sin, cos, n) = quarters(x);
    let value = if n & 1 == 0 { cos } else { sin };
    f64::from_bits(value.to_bits() ^ ((n.wrapping_add(1) & 2) << 62))
}

/// The tangent, to 3 units; within [`LARGE_ANGLE`].
#[inline(always)]
pub(crate) fn tan(x: f64) -> f64 {
    let (sin, cos, n) = quarters(x);
    let odd = n & 1 == 1;
    let (above, below) = if odd { (-cos, sin) } else { (sin, cos) };
    let quotient = above / below;
    if x == 0.0 { x } else { quotient }
}

/// The rational function of which arc sine and arc cosine are made: (asin(√z)/√z - 1), for z up to ¼.
#[inline(always)]
fn asin_rest(z: f64) -> f64 {
    let p = polynomial!(z; 3.479_331_075_960_212e-5, 7.915_349_942_898_145e-4, -4.005_553_450_067_941e-2,
        2.012_125_321_348_629_3e-1, -3.255_658_186_224_009e-1, 1.666_666_666_666_666_6e-1);
    let q = polynomial!(z; 7.703_815_055_590_194e-2, -6.882_839_716_054_533e-1, 2.020_945_760_233_505_7,
        -2.403_394_911_734_414, 1.0);
    z * p / q
}

/// The angle whose sine is x, to 3 units.
#[inline(always)]
pub(crate) fn asin(x: f64) -> f64 {
    let t = x.abs();
    let far = t > 0.5;
    let z = if far { (1.0 - t) * 0.5 } else { t * t };
    // Computed for all: a root that is taken only sometimes would be a branch.
    let root = z.sqrt();
    let root = if far { root } else { t };
    let angle = asin_rest(z).mul_add(root, root);
    let angle = if far { FRAC_PI_2 - (2.0 * angle - FRAC_PI_2_REST) } else { angle };
    angle.copysign(x)
}

/// The angle whose cosine is x, to 3 units.
#[inline(always)]
pub(crate) fn acos(x: f64) -> f64 {
    let t = x.abs();
    let far = t > 0.5;
    let z = if far { (1.0 - t) * 0.5 } else { t * t };
    let root = z.sqrt();
    let root = if far { root } else { x };
    let angle = asin_rest(z).mul_add(root, root);
    let near = FRAC_PI_2 - (angle - FRAC_PI_2_REST);
    let far_angle = if x < 0.0 { PI - (2.0 * angle - 2.0 * FRAC_PI_2_REST) } else { 2.0 * angle };
    if far { far_angle } else { near }
}

/// The angle whose tangent is x, to 2 units. Fitted.
#[inline(always)]
pub(crate) fn atan(x: f64) -> f64 {
    let t = x.abs();
    let far = t > 1.0;
    let inverse = 1.0 / t;
    let t = if far { inverse } else { t };
    let z = t * t;
    let p = polynomial!(z; 7.767_624_330_289_919e-6, -9.371_186_345_052_626e-5, 5.376_839_297_396_244e-4,
        -1.961_255_427_168_532_6e-3, 5.140_912_856_746_939e-3, -1.041_215_326_035_924_1e-2, 1.718_398_172_211_335e-2,
        -2.419_134_581_014_071_8e-2, 3.033_071_926_579_070_9e-2, -3.527_133_106_687_129_6e-2, 3.938_687_540_798_632e-2,
        -4.330_653_843_067_066e-2, 4.758_080_083_637_821e-2, -5.262_492_229_025_675e-2, 5.882_264_416_776_449e-2,
        -6.666_657_934_573_768e-2, 7.692_307_078_827_029e-2, -9.090_909_061_935_28e-2, 0.111_111_111_102_682_97,
        -0.142_857_142_857_012_34, 0.199_999_999_999_999_2, -0.333_333_333_333_333_3);
    let angle = (p * z).mul_add(t, t);
    let angle = if far { FRAC_PI_2 - (angle - FRAC_PI_2_REST) } else { angle };
    angle.copysign(x)
}

/// Arguments beyond this make [`sinh`] and [`cosh`] overflow on the way.
pub(crate) const LARGE_HYPERBOLIC: f64 = 700.0;

/// The hyperbolic sine, to 3 units; within [`LARGE_HYPERBOLIC`].
#[inline(always)]
pub(crate) fn sinh(x: f64) -> f64 {
    let e = expm1(x.abs());
    (0.5 * (e + e / (e + 1.0))).copysign(x)
}

/// The hyperbolic cosine, to 2 units; within [`LARGE_HYPERBOLIC`].
#[inline(always)]
pub(crate) fn cosh(x: f64) -> f64 {
    let e = exp(x.abs());
    0.5f64.mul_add(e, 0.5 / e)
}

/// The hyperbolic tangent, to 3 units.
#[inline(always)]
pub(crate) fn tanh(x: f64) -> f64 {
    let t = x.abs();
    let e = expm1(2.0 * if t > 22.0 { 22.0 } else { t });
    (e / (e + 2.0)).copysign(x)
}

/// The error function, to 2 units. Fitted.
#[inline(always)]
pub(crate) fn erf(x: f64) -> f64 {
    let t = x.abs();
    let t = if t > 6.0 { 6.0 } else { t };
    let z = t * t;
    let small = polynomial!(z; -4.230_945_824_295_338e-12, 8.709_045_129_053_106e-11, -1.216_456_005_728_345e-9,
        1.479_240_120_940_481_3e-8, -1.636_464_215_816_761_6e-7, 1.646_204_544_146_841_8e-6, -1.492_564_756_751_933_2e-5,
        1.205_533_290_288_873_6e-4, -8.548_327_021_934_83e-4, 5.223_977_625_423_298e-3, -2.686_617_064_512_984e-2,
        1.128_379_167_095_512e-1, -3.761_263_890_318_375_4e-1, 1.283_791_670_955_126e-1);
    // The logarithm of 1 - erf(t), from 0.95 to 6.
    let large = polynomial!(t; -2.166_020_971_622_653e-20, 2.489_772_151_468_315_6e-18, -1.337_535_446_076_558_2e-16,
        4.494_562_244_644_172e-15, -1.064_832_531_961_466_7e-13, 1.898_433_392_402_768_5e-12, -2.652_381_500_978_07e-11,
        2.983_833_261_850_982e-10, -2.754_014_330_048_65e-9, 2.112_823_324_185_767e-8, -1.358_823_789_091_135_2e-7,
        7.358_402_059_668_182e-7, -3.354_829_775_358_389_5e-6, 1.279_520_784_863_120_9e-5, -4.012_617_733_549_401e-5,
        9.930_335_855_544_268e-5, -1.729_337_812_391_943_3e-4, 1.139_084_498_238_745e-4, 4.414_933_205_208_682e-4,
        -1.567_058_129_660_944_6e-3, 1.189_589_330_208_041_5e-4, 1.917_789_581_679_67e-2, -1.027_930_562_545_845_6e-1,
        -6.366_137_745_667_269e-1, -1.128_380_277_308_423_5, 9.742_222_962_160_961e-8);
    let (small, large) = (small.mul_add(t, t), 1.0 - exp(large));
    if t < 1.0 { small } else { large }.copysign(x)
}
