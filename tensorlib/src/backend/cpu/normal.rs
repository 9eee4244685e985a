//! Normally distributed numbers, by the method of Box and Muller.

use super::approx::double;
use super::pool;
use super::simd::{Loop, Widest, Width};

/// Numbers are made in groups of this many when there are at least as many, as in PyTorch: the first half of a group goes
/// with the second.
pub(crate) const GROUP: usize = 16;

struct Groups<'a>(&'a mut [f32]);

impl Loop for Groups<'_> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for group in self.0.chunks_exact_mut(GROUP) {
            let (first, second) = group.split_at_mut(GROUP / 2);
            for i in 0..GROUP / 2 {
                // Never 0: uniform numbers are less than 1.
                let radius = (-2.0 * double::log(f64::from(1.0 - first[i]))).sqrt();
                let turn = 2.0 * std::f64::consts::PI * f64::from(second[i]);
                let (sin, cos) = (double::sin(turn), double::cos(turn));
                (first[i], second[i]) = ((radius * cos) as f32, (radius * sin) as f32);
            }
        }
    }
}

/// Turns uniform numbers from 0 up to 1 into normal ones; whole groups.
pub(crate) fn pair_up(values: &mut [f32]) {
    pool::for_pieces(values, 512 * GROUP, |_, part| Widest::run(Groups(part)));
}
