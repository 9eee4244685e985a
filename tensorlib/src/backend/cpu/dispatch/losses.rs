//! Losses of scores.

use std::sync::Arc;

use crate::backend::Elements;
use crate::backend::cpu::cast;
use crate::backend::cpu::loss::{self, Labels};
use crate::backend::cpu::reduce;
use crate::backend::geometry::ClassLabels;
use crate::element::{Element, Stored, with_floating};
use crate::memory::allocator;
use crate::scalar::Scalar;
use crate::storage::{self, Buffer, Storage};

/// Reads scores, or probabilities, and what they should be.
fn read<T: Element, R>(x: Elements, labels: &ClassLabels, body: impl FnOnce(&[T], &Labels<T>) -> R) -> R {
    let weight = labels.weight.unwrap_or(x);
    storage::read_all([x.storage, labels.of_rows, weight.storage], |[from, of_rows, weight]: [&Buffer; 3]| {
        let weight = labels.weight.map(|given| cast::in_line(T::of(weight), given.layout));
        let labels = Labels { of_rows: i64::of(of_rows), weight: weight.as_deref(), smoothing: labels.smoothing };
        body(&cast::in_line(T::of(from), x.layout), &labels)
    })
}

pub(super) fn cross_entropy(
    x: Elements,
    labels: &ClassLabels,
    wants_probabilities: bool,
) -> (Arc<Storage>, Option<Arc<Storage>>) {
    let (rows, classes) = (x.layout.shape[0], x.layout.shape[1]);
    with_floating!(x.dtype(), T => {
        let mut losses = allocator::take::<T>(rows);
        let mut probabilities = wants_probabilities.then(|| allocator::take::<T>(x.numel()));
        read::<T, _>(x, labels, |x, labels| {
            loss::cross_entropy(&mut losses, probabilities.as_deref_mut(), x, classes, labels);
        });
        let result = match labels.share {
            None => Storage::new(losses),
            Some(share) => {
                let sum = reduce::row::<T, reduce::Sum>(&losses).to_scalar().to_f64();
                Storage::new(vec![T::from_scalar(Scalar::Float(sum * share))].into())
            }
        };
        (result, probabilities.map(Storage::new))
    }, else unreachable!("scores are floating-point"))
}

pub(super) fn cross_entropy_gradient(
    gradient: Elements,
    probabilities: Elements,
    labels: &ClassLabels,
) -> Arc<Storage> {
    let classes = probabilities.layout.shape[1];
    with_floating!(probabilities.dtype(), T => {
        // By reading it first, only one storage is locked at a time.
        let share = |value: &T| match labels.share {
            Some(share) => T::from_scalar(Scalar::Float(value.to_scalar().to_f64() * share)),
            None => *value,
        };
        let gradients: Vec<T> = {
            let buffer = gradient.storage.read();
            cast::in_line(T::of(&buffer), gradient.layout).iter().map(share).collect()
        };
        let mut values = allocator::take::<T>(probabilities.numel());
        read::<T, _>(probabilities, labels, |probabilities, labels| {
            loss::cross_entropy_backward(&mut values, probabilities, classes, labels, &gradients);
        });
        Storage::new(values)
    }, else unreachable!("scores are floating-point"))
}
