//! Views are what a naive model says they are: any sequence of slices, transpositions and reshapes of a tensor holds
//! the elements, and reaches the memory, that the same steps on plain lists of positions give.

use proptest::prelude::*;
use tensorlib::prelude::*;

/// A tensor as plain lists: its shape, and for each element in row-major order where it is in the first tensor.
#[derive(Clone, Debug)]
struct Model {
    shape: Vec<usize>,
    positions: Vec<usize>,
}

impl Model {
    /// The tensor whose element at an index is this one's at `source(index)`.
    fn rearranged(&self, shape: Vec<usize>, source: impl Fn(&[usize]) -> Vec<usize>) -> Model {
        let mut positions = Vec::new();
        for number in 0..shape.iter().product() {
            let mut left: usize = number;
            let mut index = vec![0; shape.len()];
            for dim in (0..shape.len()).rev() {
                index[dim] = left % shape[dim];
                left /= shape[dim];
            }
            let from = source(&index);
            let at = from.iter().zip(&self.shape).fold(0, |at, (i, length)| at * length + i);
            positions.push(self.positions[at]);
        }
        Model { shape, positions }
    }
}

/// One step; numbers are brought into range by the shape at hand.
#[derive(Clone, Debug)]
enum Move {
    Select(usize, usize),
    Slice(usize, usize, usize, usize),
    Transpose(usize, usize),
    Permute(usize),
    Unsqueeze(usize),
    Squeeze,
    Expand(usize),
    Reshape(usize),
    Flip(usize),
}

fn steps() -> impl Strategy<Value = Vec<Move>> {
    let n = 0usize..12;
    let step = prop_oneof![
        (n.clone(), n.clone()).prop_map(|(a, b)| Move::Select(a, b)),
        (n.clone(), n.clone(), n.clone(), 1usize..4).prop_map(|(a, b, c, d)| Move::Slice(a, b, c, d)),
        (n.clone(), n.clone()).prop_map(|(a, b)| Move::Transpose(a, b)),
        n.clone().prop_map(Move::Permute),
        n.clone().prop_map(Move::Unsqueeze),
        Just(Move::Squeeze),
        n.clone().prop_map(Move::Expand),
        n.clone().prop_map(Move::Reshape),
        n.prop_map(Move::Flip),
    ];
    prop::collection::vec(step, 0..7)
}

/// Applies one step to both; `None` when the shape at hand does not allow it.
fn apply(step: &Move, x: &Tensor, model: &Model) -> Option<(Tensor, Model)> {
    let shape = model.shape.clone();
    let rank = shape.len();
    match *step {
        Move::Select(dim, at) if rank > 0 && shape[dim % rank] > 0 => {
            let dim = dim % rank;
            let at = at % shape[dim];
            let mut left = shape;
            left.remove(dim);
            let made = model.rearranged(left, |index| {
                let mut index = index.to_vec();
                index.insert(dim, at);
                index
            });
            Some((x.select(dim as i64, at as i64), made))
        }
        Move::Slice(dim, start, length, step) if rank > 0 => {
            let dim = dim % rank;
            let start = start % (shape[dim] + 1);
            let stop = (start + length).min(shape[dim]);
            let mut cut = shape;
            cut[dim] = (stop - start).div_ceil(step);
            let made = model.rearranged(cut, |index| {
                let mut index = index.to_vec();
                index[dim] = start + index[dim] * step;
                index
            });
            let moved = x.movedim(dim as i64, 0).i((start..stop).step(step)).movedim(0, dim as i64);
            Some((moved, made))
        }
        Move::Transpose(a, b) if rank > 0 => {
            let (a, b) = (a % rank, b % rank);
            let mut swapped = shape;
            swapped.swap(a, b);
            let made = model.rearranged(swapped, |index| {
                let mut index = index.to_vec();
                index.swap(a, b);
                index
            });
            Some((x.transpose(a as i64, b as i64 - rank as i64), made))
        }
        Move::Permute(by) => {
            let order: Vec<usize> = (0..rank).map(|dim| (dim + by) % rank).collect();
            let made = model.rearranged(order.iter().map(|&dim| shape[dim]).collect(), |index| {
                let mut from = vec![0; rank];
                order.iter().zip(index).for_each(|(&dim, &i)| from[dim] = i);
                from
            });
            Some((x.permute(&order), made))
        }
        Move::Unsqueeze(at) if rank < 8 => {
            let at = at % (rank + 1);
            let mut longer = shape;
            longer.insert(at, 1);
            Some((x.unsqueeze(at as i64), Model { shape: longer, ..model.clone() }))
        }
        Move::Squeeze => {
            let shape = shape.into_iter().filter(|&length| length != 1).collect();
            Some((x.squeeze(), Model { shape, ..model.clone() }))
        }
        Move::Expand(times) if rank > 0 && shape[0] == 1 => {
            let mut wide = shape;
            wide[0] = times % 4;
            let made = model.rearranged(wide.clone(), |index| {
                let mut index = index.to_vec();
                index[0] = 0;
                index
            });
            Some((x.expand(&wide), made))
        }
        Move::Reshape(divisor) => {
            let numel: usize = shape.iter().product();
            let divisor = (1..=divisor + 1).rev().find(|d| numel.is_multiple_of(*d)).unwrap_or(1);
            let shape = vec![numel / divisor, divisor];
            Some((x.reshape(&shape), Model { shape, ..model.clone() }))
        }
        Move::Flip(dim) if rank > 0 => {
            let dim = dim % rank;
            let made = model.rearranged(shape.clone(), |index| {
                let mut index = index.to_vec();
                index[dim] = shape[dim] - 1 - index[dim];
                index
            });
            Some((x.flip(dim as i64), made))
        }
        _ => None,
    }
}

fn begin(shape: &[usize]) -> (Tensor, Model) {
    let numel = shape.iter().product::<usize>();
    (arange(numel).reshape(shape), Model { shape: shape.to_vec(), positions: (0..numel).collect() })
}

fn same(x: &Tensor, model: &Model) -> Result<(), TestCaseError> {
    prop_assert_eq!(x.size().to_vec(), model.shape.clone());
    let values: Vec<usize> = x.to_vec::<i64>().into_iter().map(|value| value as usize).collect();
    prop_assert_eq!(values, model.positions.clone());
    Ok(())
}

proptest! {
    #[test]
    fn any_sequence_of_views_holds_what_the_model_says(shape in prop::collection::vec(0usize..5, 0..5), steps in steps()) {
        let (mut x, mut model) = begin(&shape);
        for step in &steps {
            if let Some(next) = apply(step, &x, &model) {
                (x, model) = next;
                same(&x, &model)?;
                same(&x.clone(), &model)?;
                same(&x.contiguous(), &model)?;
            }
        }
    }

    #[test]
    fn writing_through_a_view_reaches_the_elements_that_the_model_names(shape in prop::collection::vec(1usize..5, 1..5), steps in steps()) {
        let (base, mut model) = begin(&shape);
        let mut x = base.alias();
        for step in &steps {
            if let Some(next) = apply(step, &x, &model) {
                (x, model) = next;
            }
        }
        let mut expected: Vec<i64> = (0..base.numel() as i64).collect();
        let shares = x.shares_memory(&base);
        let mut reached = model.positions.clone();
        reached.sort_unstable();
        let overlaps = reached.windows(2).any(|pair| pair[0] == pair[1]);
        let written = x.try_fill_(-1);
        if shares && overlaps {
            prop_assert!(written.is_err());
        } else {
            prop_assert!(written.is_ok() || overlaps);
        }
        if shares && !overlaps {
            model.positions.iter().for_each(|&at| expected[at] = -1);
        }
        prop_assert_eq!(base.to_vec::<i64>(), expected);
    }

    #[test]
    fn sums_and_sums_of_views_agree(shape in prop::collection::vec(0usize..5, 0..5), steps in steps()) {
        let (mut x, mut model) = begin(&shape);
        for step in &steps {
            if let Some(next) = apply(step, &x, &model) {
                (x, model) = next;
            }
        }
        prop_assert_eq!(x.sum().item::<i64>(), model.positions.iter().sum::<usize>() as i64);
        for dim in 0..x.ndim() {
            let mut left = model.shape.clone();
            left.remove(dim);
            let mut sums = vec![0i64; left.iter().product()];
            let (inner, count): (usize, usize) = (model.shape[dim + 1..].iter().product(), model.shape[dim]);
            for (number, position) in model.positions.iter().enumerate() {
                sums[number / (inner * count) * inner + number % inner] += *position as i64;
            }
            prop_assert_eq!(x.sum_dim(dim).to_vec::<i64>(), sums);
        }
        // An operation between a view and its copy, whatever their layouts.
        let doubled = &x + x.contiguous();
        prop_assert_eq!(doubled.to_vec::<i64>(), model.positions.iter().map(|&p| 2 * p as i64).collect::<Vec<_>>());
    }
}
