//! Positions of elements as whole numbers.

use super::select;

/// Counts negative positions from the start; or gives the first that is outside `-length..length`.
pub(crate) fn count_from_start(positions: &mut [i64], length: usize) -> Result<(), i64> {
    let limit = length as i64;
    let outside = |value: i64| (value < -limit) | (value >= limit);
    // Without a branch for each: only when one is outside it is looked for.
    if positions.iter().fold(false, |any, &value| any | outside(value))
        && let Some(&first) = positions.iter().find(|&&value| outside(value))
    {
        return Err(first);
    }
    if positions.iter().fold(false, |any, &value| any | (value < 0)) {
        positions.iter_mut().for_each(|value| *value += if *value < 0 { limit } else { 0 });
    }
    Ok(())
}

/// For each dimension, one after the other, the positions of what is true, in row-major order; and how many there are.
pub(crate) fn nonzero(mask: &[bool], shape: &[usize]) -> (Vec<i64>, usize) {
    let Some((&last, outer)) = shape.split_last() else { return (Vec::new(), select::count(mask)) };
    let flat = select::compress(0..mask.len() as i64, mask);
    let count = flat.len();
    if outer.is_empty() {
        return (flat, count);
    }
    let mut positions = vec![0; count * shape.len()];
    // Positions ascend: the other indices are computed again only where a row of the last dimension begins.
    let last = last as i64;
    let (mut begins, mut ends) = (0, 0);
    let mut index = vec![0; outer.len()];
    for (number, at) in flat.into_iter().enumerate() {
        if at >= ends {
            begins = at / last * last;
            ends = begins + last;
            let mut left = at / last;
            for dim in (0..outer.len()).rev() {
                index[dim] = left % outer[dim] as i64;
                left /= outer[dim] as i64;
            }
        }
        index.iter().enumerate().for_each(|(dim, &index)| positions[dim * count + number] = index);
        positions[outer.len() * count + number] = at - begins;
    }
    (positions, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_from_the_start_or_are_named() {
        let mut positions = [0, -1, 2, -3];
        assert_eq!(count_from_start(&mut positions, 3), Ok(()));
        assert_eq!(positions, [0, 2, 2, 0]);
        assert_eq!(count_from_start(&mut [0, 3, -4], 3), Err(3));
        assert_eq!(count_from_start(&mut [], 0), Ok(()));
    }

    #[test]
    fn what_is_true_is_found_by_dimension() {
        let mask = [false, true, false, true, true, false];
        assert_eq!(nonzero(&mask, &[6]), (vec![1, 3, 4], 3));
        assert_eq!(nonzero(&mask, &[2, 3]), (vec![0, 1, 1, 1, 0, 1], 3));
        assert_eq!(nonzero(&mask, &[1, 3, 2]), (vec![0, 0, 0, 0, 1, 2, 1, 1, 0], 3));
        assert_eq!(nonzero(&[true], &[]), (vec![], 1));
    }
}
