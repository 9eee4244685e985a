//! Looking for an element.

use super::rows::Rows;
use super::simd::{Loop, Width};
use crate::element::Element;
use crate::layout::Layout;

/// Elements that are looked at before it is asked whether one was found.
const LOOK: usize = 4096;

struct AnyZero<'a, T>(&'a [T]);

impl<T: Element> Loop for AnyZero<'_, T> {
    type Output = bool;
    #[inline(always)]
    fn run(self) -> bool {
        let mut any = false;
        for &value in self.0 {
            any |= value == T::default();
        }
        any
    }
}

fn in_slice<T: Element>(from: &[T]) -> bool {
    from.chunks(LOOK).any(|part| T::Width::run(AnyZero(part)))
}

/// Whether one of the elements of a layout is zero.
pub(crate) fn has_zero<T: Element>(from: &[T], layout: &Layout) -> bool {
    let rows = Rows::new([layout]);
    let [step] = rows.steps;
    let mut found = false;
    rows.walk(0..rows.numel, |[start], _, count| {
        found = found
            || match step {
                0 => from[start] == T::default(),
                1 => in_slice(&from[start..start + count]),
                _ => from[start..].iter().step_by(step).take(count).any(|&value| value == T::default()),
            };
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dim_vec::DimVec;

    fn layout(shape: &[usize], strides: &[usize], offset: usize) -> Layout {
        Layout { shape: DimVec::from_slice(shape), strides: DimVec::from_slice(strides), offset }
    }

    #[test]
    fn a_zero_is_found_where_the_layout_has_one_and_nowhere_else() {
        let mut values = vec![1i64; 10_000];
        let (all, even) = (layout(&[10_000], &[1], 0), layout(&[5_000], &[2], 0));
        assert!(!has_zero(&values, &all));
        values[7_777] = 0;
        assert!(has_zero(&values, &all));
        assert!(!has_zero(&values, &even));
        assert!(has_zero(&values, &layout(&[100, 50], &[1, 100], 5_000)));
        assert!(!has_zero(&values, &layout(&[3, 0], &[1, 1], 7_777)));
        assert!(has_zero(&values, &layout(&[4], &[0], 7_777)));
        assert!(has_zero(&[1.0f32, -0.0], &layout(&[2], &[1], 0)));
    }
}
