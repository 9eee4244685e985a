//! The cross entropy of rows of scores, and its gradient, each in one pass.

use super::lanes;
use super::number::Floating;
use super::pool;
use super::simd::{Loop, Width};
use crate::backend::geometry::IGNORED;
use crate::memory::allocator;
use crate::scalar::Scalar;

/// The targets of the rows.
pub(crate) struct Labels<'a, T> {
    /// For each a class, or [`IGNORED`].
    pub of_rows: &'a [i64],
    pub weight: Option<&'a [T]>,
    /// How much of the whole is spread over all classes.
    pub smoothing: f64,
}

impl<T: Floating> Labels<'_, T> {
    #[inline(always)]
    fn weight(&self, class: usize) -> T {
        self.weight.map_or(T::ONE, |weight| weight[class])
    }

    /// The target probability of the label itself, and of each class.
    #[inline(always)]
    fn shares(&self, classes: usize) -> [T; 2] {
        [1.0 - self.smoothing, self.smoothing / classes as f64].map(|share| T::from_scalar(Scalar::Float(share)))
    }
}

struct Shared<T>(*mut T);
// SAFETY: pieces write disjoint elements of what it points to.
unsafe impl<T: Send> Sync for Shared<T> {}

struct Forward<'a, T> {
    losses: &'a mut [T],
    /// Room for probabilities: of all rows, or of one.
    room: &'a mut [T],
    keeps: bool,
    x: &'a [T],
    classes: usize,
    first: usize,
    labels: &'a Labels<'a, T>,
}

impl<T: Floating> Loop for Forward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let classes = self.classes;
        let [of_label, of_each] = self.labels.shares(classes);
        for (line, (loss, x)) in self.losses.iter_mut().zip(self.x.chunks_exact(classes)).enumerate() {
            let label = self.labels.of_rows[self.first + line];
            let start = if self.keeps { line * classes } else { 0 };
            let row = &mut self.room[start..start + classes];
            let largest = lanes::largest(x);
            for (to, &value) in row.iter_mut().zip(x) {
                *to = value.sub(largest).exp();
            }
            let sum = lanes::sum(row);
            if self.keeps {
                let factor = T::ONE.div(sum);
                row.iter_mut().for_each(|value| *value = value.mul(factor));
            }
            if label == IGNORED {
                *loss = T::ZERO;
                continue;
            }
            let label = label as usize;
            let rest = sum.exact_log();
            let of = |class: usize| rest.sub(x[class].sub(largest)).mul(self.labels.weight(class));
            *loss = of_label.mul(of(label));
            if self.labels.smoothing > 0.0 {
                let all = (0..classes).fold(T::ZERO, |sum, class| sum.add(of(class)));
                *loss = loss.add(of_each.mul(all));
            }
        }
    }
}

/// Rows that are worth a piece.
fn together(classes: usize) -> usize {
    (8192 / classes).max(1)
}

/// The cross entropy of each row of `classes` scores; and the probabilities, if there is room for them.
pub(crate) fn cross_entropy<T: Floating>(
    losses: &mut [T],
    probabilities: Option<&mut [T]>,
    x: &[T],
    classes: usize,
    labels: &Labels<T>,
) {
    let rows = together(classes);
    let kept = probabilities.map(|all| {
        assert!(all.len() == x.len());
        Shared(all.as_mut_ptr())
    });
    let kept = &kept;
    pool::for_pieces(losses, rows, |first, losses| {
        let part = first * classes..(first + losses.len()) * classes;
        let x = &x[part.clone()];
        let keeps = kept.is_some();
        match kept {
            Some(all) => {
                // SAFETY: rows of this piece, which no other piece writes; there are as many as of scores.
                let room = unsafe { std::slice::from_raw_parts_mut(all.0.add(part.start), part.len()) };
                T::Heavy::run(Forward { losses, room, keeps, x, classes, first, labels });
            }
            None => allocator::with_scratch(classes, |room| {
                T::Heavy::run(Forward { losses, room, keeps, x, classes, first, labels });
            }),
        }
    });
}

struct Backward<'a, T> {
    to: &'a mut [T],
    probabilities: &'a [T],
    classes: usize,
    first: usize,
    labels: &'a Labels<'a, T>,
    gradients: &'a [T],
}

impl<T: Floating> Loop for Backward<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let classes = self.classes;
        let [of_label, of_each] = self.labels.shares(classes);
        let smooth = self.labels.smoothing > 0.0;
        let all = match self.labels.weight {
            Some(weight) => of_each.mul(lanes::sum(weight)),
            None => T::from_scalar(Scalar::Float(self.labels.smoothing)),
        };
        for (line, (to, from)) in
            self.to.chunks_exact_mut(classes).zip(self.probabilities.chunks_exact(classes)).enumerate()
        {
            let label = self.labels.of_rows[self.first + line];
            if label == IGNORED {
                to.fill(T::ZERO);
                continue;
            }
            let label = label as usize;
            let gradient = match self.gradients {
                [one] => *one,
                each => each[self.first + line],
            };
            let own = of_label.mul(self.labels.weight(label));
            let factor = gradient.mul(if smooth { own.add(all) } else { own });
            for (to, &probability) in to.iter_mut().zip(from) {
                *to = probability.mul(factor);
            }
            if smooth {
                let each = gradient.mul(of_each);
                match self.labels.weight {
                    Some(weight) => {
                        to.iter_mut().zip(weight).for_each(|(to, &weight)| *to = to.sub(each.mul(weight)));
                    }
                    None => to.iter_mut().for_each(|to| *to = to.sub(each)),
                }
            }
            to[label] = to[label].sub(gradient.mul(own));
        }
    }
}

/// The gradient of the scores, from their probabilities and the gradients of the rows' losses: one each, or one for all.
pub(crate) fn cross_entropy_backward<T: Floating>(
    to: &mut [T],
    probabilities: &[T],
    classes: usize,
    labels: &Labels<T>,
    gradients: &[T],
) {
    pool::for_pieces(to, together(classes) * classes, |start, to| {
        let probabilities = &probabilities[start..start + to.len()];
        T::Width::run(Backward { to, probabilities, classes, first: start / classes, labels, gradients });
    });
}
