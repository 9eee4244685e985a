//! Exponential, logarithm and hyperbolic tangent of `f32`, written so that the compiler can do many at once.
//!
//! No branches, no library calls, no fused multiply-add (which not every machine has: results must be the same on all).
//! The coefficients are those of Cephes (Moshier, 1992). Errors stay within 2 units in the last place.

/// 1.5·2²³: adding it rounds to a whole number, which is then in the low bits.
const ROUND: f32 = 12_582_912.0;

#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Beyond these the result is infinite or zero. Written so that NaN passes.
    let x = if x > 89.0 { 89.0 } else { x };
    let x = if x < -104.0 { -104.0 } else { x };
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    // ln 2 in two parts, the first of which has few enough digits for an exact product.
    let r = (x - n * 0.693_359_4) - n * -2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    p = p * r + 1.398_199_9e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    let y = p * (r * r) + r + 1.0;
    // 2ⁿ in two factors, since n may be beyond what one exponent holds.
    let n = (rounded.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let half = n >> 1;
    let power = |n: i32| f32::from_bits((n.wrapping_add(127) as u32) << 23);
    y * power(half) * power(n.wrapping_sub(half))
}

#[inline(always)]
pub(crate) fn log(x: f32) -> f32 {
    let tiny = x < f32::MIN_POSITIVE;
    let scaled = if tiny { x * 8_388_608.0 } else { x };
    // The exponent that leaves a fraction between √½ and √2.
    let exponent = (scaled.to_bits() as i32).wrapping_sub(0x3f35_04f3) >> 23;
    let f = f32::from_bits(scaled.to_bits().wrapping_sub((exponent as u32) << 23)) - 1.0;
    let e = exponent as f32 - if tiny { 23.0 } else { 0.0 };
    let z = f * f;
    let mut p = 7.037_683_6e-2;
    p = p * f - 1.151_461e-1;
    p = p * f + 1.167_699_9e-1;
    p = p * f - 1.242_014_1e-1;
    p = p * f + 1.424_932_3e-1;
    p = p * f - 1.666_805_7e-1;
    p = p * f + 2.000_071_5e-1;
    p = p * f - 2.499_999_4e-1;
    p = p * f + 0.333_333_3;
    let y = f * z * p + e * -2.121_944_4e-4 - 0.5 * z;
    let result = f + y + e * 0.693_359_4;
    let result = if x == f32::INFINITY { x } else { result };
    let result = if x == 0.0 { f32::NEG_INFINITY } else { result };
    if x >= 0.0 { result } else { f32::NAN }
}

#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let z = x * x;
    let mut p = -5.704_988_7e-3;
    p = p * z + 2.063_909e-2;
    p = p * z - 5.373_971_6e-2;
    p = p * z + 1.333_144_2e-1;
    p = p * z - 0.333_332_8;
    let small = p * z * x + x;
    let large = (1.0 - 2.0 / (exp(2.0 * x.abs()) + 1.0)).copysign(x);
    if x.abs() < 0.625 { small } else { large }
}

#[cfg(test)]
mod tests {
    /// Distance in units in the last place.
    fn ulps(a: f32, b: f32) -> u32 {
        if a == b || (a.is_nan() && b.is_nan()) { 0 } else { (a.to_bits() as i32).abs_diff(b.to_bits() as i32) }
    }

    #[test]
    fn results_are_within_two_units_of_the_true_ones() {
        for i in 0..400_000 {
            let x = (i as f32 - 200_000.0) * 5e-4;
            assert!(ulps(super::exp(x), f64::from(x).exp() as f32) <= 2, "exp {x}");
            assert!(ulps(super::tanh(x), f64::from(x).tanh() as f32) <= 2, "tanh {x}");
            let y = x.exp();
            assert!(ulps(super::log(y), f64::from(y).ln() as f32) <= 2, "log {y}");
        }
    }

    #[test]
    fn edges_are_those_of_the_standard_library() {
        for x in [0.0, -0.0, 1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX, f32::MIN, 1e-40, 88.8, -90.0] {
            assert!(ulps(super::exp(x), x.exp()) <= 2, "exp {x}: {}", super::exp(x));
            assert!(ulps(super::log(x), x.ln()) <= 2, "log {x}: {}", super::log(x));
            assert!(ulps(super::tanh(x), x.tanh()) <= 2, "tanh {x}: {}", super::tanh(x));
        }
    }
}
