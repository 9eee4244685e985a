//! Values written to positions that may repeat: each is combined with what is there.

use super::number::Number;
use super::rows::Rows;
use crate::layout::Layout;

/// For each element of a layout (in which the dimension that is indexed has stride 0), the one `index · stride` further is
/// combined with a value, in their order.
pub(crate) fn along<T: Number>(
    to: &mut [T],
    from: &[T],
    layout: &Layout,
    index: &[i64],
    stride: usize,
    f: impl Fn(T, T) -> T,
) {
    let rows = Rows::new([layout]);
    let [step] = rows.steps;
    rows.walk(0..rows.numel, |[start], at, count| {
        for (i, (&value, &index)) in from[at..at + count].iter().zip(&index[at..at + count]).enumerate() {
            let place = &mut to[start + i * step + index as usize * stride];
            *place = f(*place, value);
        }
    });
}

/// Where the elements of a layout lie, in row-major order.
fn offsets(layout: &Layout) -> Vec<usize> {
    let rows = Rows::new([layout]);
    let mut all = Vec::with_capacity(rows.numel);
    rows.walk(0..rows.numel, |[start], _, count| all.extend((0..count).map(|i| start + i * rows.steps[0])));
    all
}

/// Adds rows to positions of a dimension: `to[o, index[i], …] += from[o, i, …]`, with the layouts of what is before the
/// dimension and behind it.
pub(crate) fn add_rows<T: Number>(
    to: &mut [T],
    from: &[T],
    index: &[i64],
    stride: usize,
    outer: &Layout,
    inner: &Layout,
) {
    let (inner_at, length) = (offsets(inner), inner.numel());
    let side_by_side = inner.is_contiguous();
    let mut rows = from.chunks_exact(length.max(1));
    for start in offsets(outer) {
        for &index in index {
            let Some(row) = rows.next() else { return };
            let start = start + index as usize * stride;
            if side_by_side {
                let to = &mut to[start + inner.offset..start + inner.offset + length];
                to.iter_mut().zip(row).for_each(|(to, &value)| *to = to.add(value));
            } else {
                for (&at, &value) in inner_at.iter().zip(row) {
                    to[start + at] = to[start + at].add(value);
                }
            }
        }
    }
}
