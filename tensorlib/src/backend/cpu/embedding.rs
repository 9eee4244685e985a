//! Rows of a table by number: taking them, and adding to them.

use super::number::Number;
use super::pool;
use super::simd::{Loop, Width};

/// Elements that are worth a piece.
const PIECE: usize = 16 << 10;

/// The rows of a table, one after the other; zeros for one that is left out.
pub(crate) fn take<T: Number>(to: &mut [T], table: &[T], rows: &[i64], length: usize, left_out: Option<usize>) {
    if length == 0 {
        return;
    }
    let together = (PIECE / length).max(1);
    pool::for_pieces(to, together * length, |start, to| {
        for (to, &row) in to.chunks_exact_mut(length).zip(&rows[start / length..]) {
            let row = row as usize;
            if Some(row) == left_out {
                to.fill(T::ZERO);
            } else {
                to.copy_from_slice(&table[row * length..][..length]);
            }
        }
    });
}

struct Add<'a, T>(&'a mut [T], &'a [T]);

impl<T: Number> Loop for Add<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        self.0.iter_mut().zip(self.1).for_each(|(to, &value)| *to = to.add(value));
    }
}

/// Adds values to the rows of a table of zeros, in their order, except for one row.
pub(crate) fn add<T: Number>(to: &mut [T], values: &[T], rows: &[i64], length: usize, left_out: Option<usize>) {
    if length == 0 {
        return;
    }
    // A piece has some rows of the table, and looks through all numbers.
    let count = to.len() / length;
    let together = if values.len() < 2 * PIECE { count } else { count.div_ceil(8) }.max(1);
    pool::for_pieces(to, together * length, |start, to| {
        to.fill(T::ZERO);
        let first = start / length;
        let last = first + to.len() / length;
        for (&row, values) in rows.iter().zip(values.chunks_exact(length)) {
            let row = row as usize;
            if (first..last).contains(&row) && Some(row) != left_out {
                T::Width::run(Add(&mut to[(row - first) * length..][..length], values));
            }
        }
    });
}
