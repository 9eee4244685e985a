//! Distances between all pairs of rows.

use super::map::PIECE;
use super::number::Number;
use super::pool;

/// `to[i, j]` is the `p`-norm of `a[i] - b[j]`, of rows of `width` elements.
pub(crate) fn pairs<T: Number<Wide = f64>>(to: &mut [T], a: &[T], b: &[T], columns: usize, width: usize, p: f64) {
    let piece = (PIECE / width.max(1)).max(1);
    pool::for_pieces(to, piece, |first, part| {
        for (number, to) in part.iter_mut().enumerate() {
            let (i, j) = ((first + number) / columns, (first + number) % columns);
            let (a, b) = (&a[i * width..(i + 1) * width], &b[j * width..(j + 1) * width]);
            let distances = a.iter().zip(b).map(|(&a, &b)| (a.widened() - b.widened()).abs());
            let norm = match p {
                0.0 => distances.filter(|&distance| distance != 0.0).count() as f64,
                1.0 => distances.sum(),
                2.0 => distances.map(|distance| distance * distance).sum::<f64>().sqrt(),
                p if p.is_infinite() => distances.fold(0.0, |so_far: f64, distance| Number::maximum(so_far, distance)),
                p => distances.map(|distance| distance.powf(p)).sum::<f64>().powf(1.0 / p),
            };
            *to = T::narrowed(norm);
        }
    });
}
