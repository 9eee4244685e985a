//! The error function's kin: erfc and the inverse of erf.

use std::f64::consts::{FRAC_2_SQRT_PI, PI};

use super::super::approx::double::erf;
use super::chebyshev;

/// (x + C) · exp(x²) · erfc(x) for x from 0 on, in t = (x - C) / (x + C).
const SCALED: [f64; 27] = [
    1.580_271_975_408_901_6,
    -1.415_529_163_606_2,
    0.531_016_812_658_458_9,
    -0.167_705_115_730_964_67,
    0.044_234_890_018_353,
    -0.009_506_139_167_741_073,
    0.001_569_622_429_674_266_6,
    -0.000_167_866_126_216_874_6,
    1.971_677_029_425_334e-6,
    3.086_971_620_657_423e-6,
    -4.936_920_694_378_021e-7,
    -9.534_731_466_596_99e-9,
    1.355_826_598_349_273e-8,
    -1.083_042_338_681_893_8e-9,
    -2.904_018_410_517_302_4e-10,
    5.307_787_477_918_412e-11,
    5.780_745_301_094_449e-12,
    -1.993_785_314_415_682e-12,
    -1.172_482_815_662_657_4e-13,
    7.242_772_425_819_852e-14,
    2.880_729_232_871_307_7e-15,
    -2.704_740_368_320_276e-15,
    -1.096_303_013_090_008_7e-16,
    1.050_156_492_772_058_6e-16,
    6.164_032_198_401_936e-18,
    -4.179_681_839_269_891_5e-18,
    -3.949_950_636_252_960_4e-19,
];
/// Where t is 0.
const CENTRE: f64 = 3.75;

/// exp(x²) · erfc(x), for x from 0 on.
fn scaled(x: f64) -> f64 {
    chebyshev(&SCALED, (x - CENTRE) / (x + CENTRE)) / (x + CENTRE)
}

/// exp(-x²), with what the square loses when it is rounded.
fn bell(x: f64) -> f64 {
    let square = x * x;
    if square > 800.0 {
        return 0.0;
    }
    (-square).exp() * (1.0 - x.mul_add(x, -square))
}

/// 1 - erf(x), to 4 units.
pub(crate) fn erfc(x: f64) -> f64 {
    if x.is_nan() {
        x
    } else if x < 0.0 {
        2.0 - erfc(-x)
    } else if x > 30.0 {
        0.0
    } else if x < 0.25 {
        1.0 - erf(x)
    } else {
        bell(x) * scaled(x)
    }
}

/// The number whose erf is y: infinite for ±1, NaN beyond.
pub(crate) fn erfinv(y: f64) -> f64 {
    let size = y.abs();
    if size >= 1.0 || y.is_nan() || y == 0.0 {
        return if size == 1.0 {
            f64::INFINITY.copysign(y)
        } else if y == 0.0 {
            y
        } else {
            f64::NAN
        };
    }
    // Winitzki's formula is right to two digits; Halley's method triples them in each step.
    let tail = 1.0 - size;
    let log = tail.ln() + size.ln_1p();
    let half = 2.0 / (PI * 0.147) + log / 2.0;
    let mut x = ((half * half - log / 0.147).sqrt() - half).sqrt();
    for _ in 0..4 {
        let off = if size < 0.5 { erf(x) - size } else { tail - erfc(x) };
        let slope = FRAC_2_SQRT_PI * bell(x);
        if slope == 0.0 {
            break;
        }
        let newton = off / slope;
        x -= newton / (1.0 + x * newton);
    }
    x.copysign(y)
}
