//! Numbers that are computed with in double precision.

use super::number::Floating;

/// A floating-point number by way of `f64`.
pub(crate) trait Double: Floating {
    fn double(self) -> f64;
    fn rounded(value: f64) -> Self;
    /// The next number on the way to another.
    fn toward(self, other: Self) -> Self;
    /// The root of the sum of squares, without overflow on the way.
    fn hypotenuse(self, other: Self) -> Self;
}

macro_rules! double {
    ($($ty:ident: |$a:ident, $b:ident| $hypotenuse:expr;)*) => { $(
        impl Double for $ty {
            #[inline(always)]
            fn double(self) -> f64 { self.into() }
            #[inline(always)]
            fn rounded(value: f64) -> $ty { value as $ty }
            fn toward(self, other: $ty) -> $ty {
                if self == other {
                    other
                } else if self < other {
                    self.next_up()
                } else if self > other {
                    self.next_down()
                } else {
                    $ty::NAN
                }
            }
            #[inline(always)]
            fn hypotenuse(self, other: $ty) -> $ty {
                let ($a, $b) = (self.abs(), other.abs());
                let length = $hypotenuse;
                if ($a == $ty::INFINITY) | ($b == $ty::INFINITY) { $ty::INFINITY } else { length }
            }
        }
    )* };
}
double! {
    f32: |a, b| {
        let (a, b) = (f64::from(a), f64::from(b));
        (a * a + b * b).sqrt() as f32
    };
    f64: |a, b| {
        // Squares of numbers near 1: scaled by a power of 2, which costs no digits.
        let larger = if a < b { b } else { a };
        let scale = f64::from_bits(larger.to_bits() & 0x7ff0_0000_0000_0000).clamp(f64::MIN_POSITIVE * 4.0, f64::MAX / 4.0);
        let (a, b) = (a / scale, b / scale);
        (a * a + b * b).sqrt() * scale
    };
}
