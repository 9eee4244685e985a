//! Running sums and products along the middle of `[outer, count, inner]`.

use super::number::Number;
use super::pool;

/// Elements a thread takes at a time.
const PIECE: usize = 32 << 10;

/// `to[o, i, …]` is the sum (or product) of `from[o, ..=i, …]`.
pub(crate) fn run<T: Number, const PRODUCT: bool>(to: &mut [T], from: &[T], count: usize, inner: usize) {
    let step = |so_far: T::Wide, value: T| {
        if PRODUCT { so_far.mul(value.widened()) } else { so_far.add(value.widened()) }
    };
    let block = count * inner;
    let blocks = (PIECE / block.max(1)).max(1);
    pool::for_pieces(to, blocks * block, |first, part| {
        for (to, from) in part.chunks_exact_mut(block).zip(from[first..].chunks_exact(block)) {
            to[..inner].copy_from_slice(&from[..inner]);
            if inner == 1 {
                let mut so_far = from[0].widened();
                for (to, &value) in to.iter_mut().zip(from).skip(1) {
                    so_far = step(so_far, value);
                    *to = T::narrowed(so_far);
                }
                continue;
            }
            let mut so_far: Vec<T::Wide> = from[..inner].iter().map(|value| value.widened()).collect();
            for (to, from) in to.chunks_exact_mut(inner).zip(from.chunks_exact(inner)).skip(1) {
                for ((to, &value), so_far) in to.iter_mut().zip(from).zip(&mut so_far) {
                    *so_far = step(*so_far, value);
                    *to = T::narrowed(*so_far);
                }
            }
        }
    });
}
