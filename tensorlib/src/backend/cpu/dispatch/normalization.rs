//! Normalisation of rows and of channels.

use std::sync::Arc;

use super::{read, read_given};
use crate::backend::Elements;
use crate::backend::cpu::cast;
use crate::backend::cpu::norm;
use crate::backend::cpu::number::Floating;
use crate::backend::geometry::{ChannelNorm, NormPlanes, NormRows};
use crate::element::{Element, Stored, with_floating};
use crate::memory::allocator;
use crate::scalar::Scalar;
use crate::storage::Storage;

pub(super) fn normalize_rows(
    x: Elements,
    weight: Option<Elements>,
    bias: Option<Elements>,
    g: NormRows,
) -> (Arc<Storage>, Arc<Storage>) {
    with_floating!(x.dtype(), T => {
        let mut values = allocator::take::<T>(x.numel());
        let mut moments = allocator::take::<T>(2 * g.rows);
        read_given::<T, _, 3>([Some(x), weight, bias], |[x, weight, bias]| {
            norm::rows(&mut values, &mut moments, x.unwrap_or_default(), weight, bias, g);
        });
        (Storage::new(values), Storage::new(moments))
    }, else unreachable!("only floating-point numbers are normalised"))
}

pub(super) fn normalize_rows_gradient(
    wants_x: bool,
    gradient: Elements,
    x: Elements,
    weight: Option<Elements>,
    kept: Elements,
    g: NormRows,
) -> (Option<Arc<Storage>>, Arc<Storage>) {
    with_floating!(x.dtype(), T => {
        let mut values = wants_x.then(|| allocator::take::<T>(x.numel()));
        let mut sums = allocator::take::<T>(2 * g.groups * g.channels);
        read_given::<T, _, 4>([Some(x), Some(gradient), Some(kept), weight], |[x, gradient, moments, weight]| {
            let [x, gradient, moments] = [x, gradient, moments].map(Option::unwrap_or_default);
            norm::rows_backward(values.as_deref_mut(), &mut sums, moments, x, gradient, weight, g);
        });
        (values.map(Storage::new), Storage::new(sums))
    }, else unreachable!("only floating-point numbers are normalised"))
}

pub(super) fn channel_sums(x: Elements, g: NormPlanes) -> Arc<Storage> {
    with_floating!(x.dtype(), T => {
        let mut values = allocator::take::<T>(g.channels);
        read::<T, _, 1>([x], |[x]| norm::channel_totals(&mut values, x, &g));
        Storage::new(values)
    }, else unreachable!("images are floating-point"))
}

pub(super) fn channel_moments(x: Elements, g: NormPlanes) -> (Arc<Storage>, Arc<Storage>) {
    let mut moments = vec![0.0; 2 * g.channels];
    with_floating!(x.dtype(), T => read::<T, _, 1>([x], |[x]| norm::channel_moments(&mut moments, x, &g)),
        else unreachable!("only floating-point numbers are normalised"));
    let part = |first: usize| Storage::new(moments.iter().skip(first).step_by(2).copied().collect::<Vec<f64>>().into());
    (part(0), part(1))
}

/// Numbers of channels, of which there are few.
fn doubles(x: Elements) -> Vec<f64> {
    with_floating!(x.dtype(), T => {
        let buffer = x.storage.read();
        cast::in_line(T::of(&buffer), x.layout).iter().map(|value| value.to_scalar().to_f64()).collect()
    }, else unreachable!("only floating-point numbers are normalised"))
}

/// The values of each channel that the formulas need.
struct Channels {
    means: Vec<f64>,
    /// The reciprocals of the deviations.
    rates: Vec<f64>,
    factors: Vec<f64>,
}

impl Channels {
    fn of(norm: &ChannelNorm) -> Channels {
        let rates = doubles(norm.variance).iter().map(|variance| 1.0 / (variance + norm.eps).sqrt()).collect();
        let factors = norm.weight.map_or_else(|| vec![1.0; norm.planes.channels], doubles);
        Channels { means: doubles(norm.mean), rates, factors }
    }
}

fn number<T: Floating>(value: f64) -> T {
    T::from_scalar(Scalar::Float(value))
}

pub(super) fn normalize_channels(x: Elements, bias: Option<Elements>, norm: &ChannelNorm) -> Arc<Storage> {
    let g = norm.planes;
    let of = Channels::of(norm);
    let summands = bias.map_or_else(|| vec![0.0; g.channels], doubles);
    with_floating!(x.dtype(), T => {
        let by: Vec<[T; 3]> = (0..g.channels)
            .map(|at| [of.means[at], of.rates[at] * of.factors[at], summands[at]].map(number))
            .collect();
        let mut values = allocator::take::<T>(x.numel());
        read::<T, _, 1>([x], |[x]| norm::channels(&mut values, x, &by, &g));
        Storage::new(values)
    }, else unreachable!("only floating-point numbers are normalised"))
}

pub(super) fn normalize_channels_gradient(
    wants_x: bool,
    gradient: Elements,
    x: Elements,
    norm: &ChannelNorm,
) -> (Option<Arc<Storage>>, Arc<Storage>) {
    let g = norm.planes;
    let of = Channels::of(norm);
    // The sums of the gradient, and of its product with the distance from the mean.
    let mut sums = vec![0.0; 2 * g.channels];
    let share = if norm.of_operand { 1.0 / g.count() as f64 } else { 0.0 };
    let of_x = with_floating!(x.dtype(), T => read::<T, _, 2>([x, gradient], |[x, gradient]| {
        norm::channel_sums(&mut sums, x, gradient, &of.means, &g);
        wants_x.then(|| {
            let by: Vec<[T; 4]> = (0..g.channels)
                .map(|at| {
                    let (rate, sum, product) = (of.rates[at], sums[2 * at], sums[2 * at + 1]);
                    [rate * of.factors[at], sum * share, product * share * rate * rate, of.means[at]].map(number)
                })
                .collect();
            let mut values = allocator::take::<T>(x.len());
            norm::channels_backward(&mut values, gradient, x, &by, &g);
            Storage::new(values)
        })
    }), else unreachable!("only floating-point numbers are normalised"));
    let of_weight = (0..g.channels).map(|at| sums[2 * at + 1] * of.rates[at]);
    let of_bias = (0..g.channels).map(|at| sums[2 * at]);
    (of_x, Storage::new(of_weight.chain(of_bias).collect::<Vec<f64>>().into()))
}
