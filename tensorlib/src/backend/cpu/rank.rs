//! One element of each row, chosen by its rank.

use super::map::PIECE;
use super::pool;
use super::sort::{self, Item};
use crate::element::Element;
use crate::op::RankOp;

/// For each row of some length, the position of what is chosen.
pub(crate) fn places<T: Element>(op: RankOp, places: &mut [i64], from: &[T], length: usize) {
    pool::for_pieces(places, (PIECE / length).max(1), |first, part| {
        let mut items = Vec::new();
        for (place, row) in part.iter_mut().zip(from[first * length..].chunks_exact(length)) {
            *place = chosen(op, row, &mut items) as i64;
        }
    });
}

fn chosen<T: Element>(op: RankOp, row: &[T], items: &mut Vec<Item>) -> usize {
    match op {
        RankOp::Median => match row.iter().position(|value| is_nan(*value)) {
            Some(at) => at,
            None => at_rank(row, (row.len() - 1) / 2, items),
        },
        RankOp::Nanmedian => {
            let numbers = row.iter().filter(|value| !is_nan(**value)).count();
            at_rank(row, numbers.saturating_sub(1) / 2, items)
        }
        RankOp::At(rank) => at_rank(row, rank, items),
        RankOp::Mode => most_frequent(row, items),
    }
}

/// Only NaN differs from itself.
#[allow(clippy::eq_op)]
fn is_nan<T: Element>(value: T) -> bool {
    value != value
}

fn fill<T: Element>(row: &[T], items: &mut Vec<Item>) {
    items.clear();
    items.extend(row.iter().zip(0..).map(|(&value, at)| (sort::key(value, false), at)));
}

/// The position of the element that comes there in order; of equals the first come first.
fn at_rank<T: Element>(row: &[T], rank: usize, items: &mut Vec<Item>) -> usize {
    fill(row, items);
    items.select_nth_unstable(rank).1.1 as usize
}

/// The last position of the most frequent element.
fn most_frequent<T: Element>(row: &[T], items: &mut Vec<Item>) -> usize {
    fill(row, items);
    sort::sort(items, &mut Vec::new());
    let (mut best, mut most, mut count) = (0, 0, 0);
    for (number, &(_, at)) in items.iter().enumerate() {
        count += 1;
        let is_last = items.get(number + 1).is_none_or(|&(_, next)| row[next as usize] != row[at as usize]);
        if is_last {
            if count > most {
                (best, most) = (at as usize, count);
            }
            count = 0;
        }
    }
    best
}
