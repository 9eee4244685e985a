//! The error function's kin: erfc and the inverse of erf. No branches, so that many can be done at once.

use std::f64::consts::PI;

use super::super::approx::double::{exp, log};
use super::super::approx::polynomial;

/// exp(x²) · erfc(x), for x from 0 to 30. Fitted in t, which is from -1 to 1; relative error 1e-18.
#[inline(always)]
fn scaled(x: f64) -> f64 {
    const CENTRE: f64 = 3.75;
    let t = (x - CENTRE) / (x + CENTRE);
    let curve = polynomial!(t;
        -1.325_383_500_275_067e-11, -7.012_342_502_870_825e-11, 1.378_575_773_296_514_2e-10,
        8.787_389_642_554_083e-10, -7.878_383_461_353_093e-10, -6.574_060_661_632_119e-9,
        4.003_836_509_838_092e-9, 4.212_531_253_619_038e-8, -2.759_847_581_632_229_8e-8,
        -2.653_266_741_979_513e-7, 2.801_576_419_583_111_7e-7, 1.656_912_080_119_259e-6,
        -3.289_475_685_663_343_5e-6, -8.904_237_924_637_221e-6, 3.747_167_890_953_876e-5,
        1.059_405_589_617_533_8e-5, -0.000_348_646_840_150_979_2, 0.000_794_823_089_995_229_2,
        0.000_986_338_077_257_094_4, -0.012_535_880_040_196_916, 0.049_118_778_615_462,
        -0.131_955_401_178_578_07, 0.279_062_049_033_777_35, -0.490_470_291_207_677_4, 0.736_318_925_221_751_7,
        -0.958_741_576_652_909_6, 1.091_922_909_562_789_1,
    );
    curve / (x + CENTRE)
}

/// 1 - erf(x), to 8 units.
#[inline(always)]
pub(crate) fn erfc(x: f64) -> f64 {
    let size = x.abs();
    // Beyond it is 0. Written so that NaN passes.
    let size = if size > 30.0 { 30.0 } else { size };
    let square = size * size;
    // With the part of the square that rounding loses.
    let bell = exp(-square) * (1.0 - size.mul_add(size, -square));
    let tail = bell * scaled(size);
    if x < 0.0 { 2.0 - tail } else { tail }
}

/// The number whose erf is y, to 4 units: infinite for ±1, NaN beyond.
#[inline(always)]
pub(crate) fn erfinv(y: f64) -> f64 {
    let size = y.abs();
    let within = if size < 1.0 { size } else { 0.0 };
    // erfinv(y) / y is a smooth function of this; in the tail, of its root. Fitted; relative errors below 2e-17.
    let w = -log((1.0 - within) * (1.0 + within));
    let root = w.sqrt();
    let middle = polynomial!(w / 3.125 - 1.0;
        -2.546_615_799_889_266_7e-10, 7.680_990_475_576_525e-10, 1.446_105_050_767_602_3e-9,
        -8.557_984_074_479_201e-9, 5.039_596_477_958_063e-9, 3.914_267_100_133_108_5e-8,
        -9.905_042_307_855_316e-8, -1.016_788_152_284_389_9e-8, 5.397_895_417_173_957e-7,
        -1.059_336_931_327_948e-6, -6.839_448_584_111_029e-7, 7.130_066_374_076_711_5e-6,
        -1.125_722_374_228_96e-5, -1.502_771_392_660_767_3e-5, 9.336_736_525_855_553e-5,
        -0.000_116_888_839_063_683_98, -0.000_264_393_663_764_502_75, 0.001_232_485_568_550_093,
        -0.001_271_692_268_923_054, -0.004_137_314_377_403_391, 0.017_808_361_818_321_756,
        -0.022_604_447_453_450_232, -0.058_922_567_103_778_39, 0.750_494_320_079_963_5, 1.653_654_562_683_102_7,
    );
    let tail = polynomial!((root - 3.25) / 0.75;
        -6.466_960_514_925_277e-11, 3.864_597_530_875_862e-12, 9.889_115_389_827_977e-10,
        -2.719_293_048_874_255_3e-9, -3.686_244_821_266_672_6e-10, 2.670_345_089_321_486e-8,
        -9.468_994_570_246_937e-8, 9.267_697_270_993_584e-8, 5.264_624_728_714_587e-7,
        -2.664_698_628_136_375e-6, 5.127_316_664_497_41e-6, 2.405_839_302_031_157e-6, -4.739_182_728_807_125e-5,
        0.000_169_665_025_898_873_1, -0.000_400_635_698_357_098_86, 0.000_788_307_851_000_196_6,
        -0.001_582_541_089_407_110_2, 0.003_021_139_436_383_993, 0.753_944_225_770_624, 3.083_885_610_492_220_8,
    );
    let far = polynomial!((root - 5.125) / 1.125;
        3.498_970_790_553_611_6e-11, -8.468_958_444_609_447e-11, -5.768_715_994_028_715_5e-11,
        5.139_976_670_831_104e-10, -1.455_901_418_017_038_2e-9, 3.713_219_157_947_722e-9,
        -8.166_833_852_942_363e-9, 1.507_084_967_176_456_3e-8, -2.548_216_938_561_410_2e-8,
        4.698_065_967_492_352_5e-8, -1.199_481_346_173_875e-7, 4.345_389_316_064_489e-7,
        -1.815_980_570_508_917e-6, 7.597_412_407_950_07e-6, -2.989_552_985_075_230_8e-5,
        0.000_103_622_085_509_328_13, -0.000_256_202_312_329_102_66, -0.000_269_071_246_873_341_17,
        1.136_538_310_487_245_5, 4.976_191_390_016_3,
    );
    let factor = if w < 6.25 { middle } else { tail };
    let factor = if root < 4.0 { factor } else { far };
    let result = factor * y;
    let edge = if size == 1.0 { f64::INFINITY.copysign(y) } else { f64::NAN };
    if size < 1.0 { result } else { edge }
}

/// The angle of the point (x, y), from -π to π, to 3 units.
#[inline(always)]
pub(crate) fn atan2(y: f64, x: f64) -> f64 {
    let quotient = y / x;
    // Of two infinities the quotient is a diagonal's.
    let diagonal = 1f64.copysign(y) * 1f64.copysign(x);
    let quotient = if (y.abs() == f64::INFINITY) & (x.abs() == f64::INFINITY) { diagonal } else { quotient };
    let angle = super::super::approx::double::atan(quotient);
    let turned = angle + PI.copysign(y);
    // A minus sign is seen in the inverse of -0, too.
    let right = if x.is_sign_negative() { turned } else { angle };
    let straight = if x.is_sign_negative() { PI.copysign(y) } else { 0f64.copysign(y) };
    if y == 0.0 { if x.is_nan() { x } else { straight } } else { right }
}
