//! One pass over a parameter, its gradient and what is remembered of earlier ones.

use super::number::Floating;
use super::pool;
use super::simd::{Loop, Widest, Width};
use crate::element::Element;
use crate::op::{StepOp, StepRule};
use crate::scalar::Scalar;

/// How many numbers of a parameter a thread takes at once.
const PIECE: usize = 16 * 1024;

fn number<T: Element>(value: f64) -> T {
    T::from_scalar(Scalar::Float(value))
}

pub(super) fn step<T: Floating>(op: &StepOp, parameter: &mut [T], gradient: &[T], memory: &mut [T]) {
    if parameter.is_empty() {
        return;
    }
    let mut slots = memory.chunks_exact_mut(parameter.len());
    let mut slot = || slots.next().unwrap_or_default();
    let targets = [parameter, slot(), slot(), slot()];
    pool::for_pieces_of(targets, PIECE, |start, [parameter, a, b, c]| {
        let gradient = &gradient[start..start + parameter.len()];
        Widest::run(Step { op, parameter, gradient, a, b, c });
    });
}

/// A piece of a parameter, and up to three numbers of state for each of its elements.
struct Step<'a, T> {
    op: &'a StepOp,
    parameter: &'a mut [T],
    gradient: &'a [T],
    a: &'a mut [T],
    b: &'a mut [T],
    c: &'a mut [T],
}

impl<T: Floating> Loop for Step<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        match self.op.rule {
            StepRule::Sgd { momentum, dampening, nesterov, is_first } => {
                self.sgd(momentum, dampening, nesterov, is_first);
            }
            StepRule::Adam { betas, eps, step, amsgrad, decoupled } => self.adam(betas, eps, step, amsgrad, decoupled),
            StepRule::RmsProp { alpha, eps, momentum, centered } => self.rms_prop(alpha, eps, momentum, centered),
            StepRule::Adagrad { eps } => self.adagrad(eps),
        }
    }
}

impl<T: Floating> Step<'_, T> {
    /// The gradient as the rule sees it: turned around, and with the decay.
    #[inline(always)]
    fn slope(&self, decay: f64) -> impl Fn(T, T) -> T + use<T> {
        let sign = number::<T>(if self.op.maximize { -1.0 } else { 1.0 });
        let (decays, decay) = (decay != 0.0, number::<T>(decay));
        move |gradient: T, parameter: T| {
            let slope = gradient.mul(sign);
            if decays { parameter.mul_add(decay, slope) } else { slope }
        }
    }

    #[inline(always)]
    fn sgd(self, momentum: f64, dampening: f64, nesterov: bool, is_first: bool) {
        let slope = self.slope(self.op.weight_decay);
        let rate = number::<T>(-self.op.lr);
        if momentum == 0.0 {
            for (p, &g) in self.parameter.iter_mut().zip(self.gradient) {
                *p = slope(g, *p).mul_add(rate, *p);
            }
            return;
        }
        let (share, rest) = (number::<T>(momentum), number::<T>(1.0 - dampening));
        for ((p, &g), sum) in self.parameter.iter_mut().zip(self.gradient).zip(self.a) {
            let g = slope(g, *p);
            *sum = if is_first { g } else { sum.mul_add(share, g.mul(rest)) };
            let step = if nesterov { sum.mul_add(share, g) } else { *sum };
            *p = step.mul_add(rate, *p);
        }
    }

    #[inline(always)]
    fn adam(self, (beta1, beta2): (f64, f64), eps: f64, step: u64, amsgrad: bool, decoupled: bool) {
        let (lr, weight_decay) = (self.op.lr, self.op.weight_decay);
        let slope = self.slope(if decoupled { 0.0 } else { weight_decay });
        let kept = number::<T>(if decoupled { 1.0 - lr * weight_decay } else { 1.0 });
        let correction = |beta: f64| 1.0 - beta.powi(i32::try_from(step).unwrap_or(i32::MAX));
        let rate = number::<T>(-lr / correction(beta1));
        let root = number::<T>(1.0 / correction(beta2).sqrt());
        let (to_mean, to_square) = (number::<T>(1.0 - beta1), number::<T>(1.0 - beta2));
        let (beta2, eps) = (number::<T>(beta2), number::<T>(eps));
        let numbers = self.parameter.iter_mut().zip(self.gradient).zip(self.a.iter_mut().zip(self.b.iter_mut()));
        if !amsgrad {
            for ((p, &g), (mean, square)) in numbers {
                let before = p.mul(kept);
                let g = slope(g, *p);
                *mean = g.sub(*mean).mul_add(to_mean, *mean);
                *square = square.mul(beta2).add(g.mul(g).mul(to_square));
                *p = mean.div(square.sqrt().mul_add(root, eps)).mul_add(rate, before);
            }
            return;
        }
        for (((p, &g), (mean, square)), largest) in numbers.zip(self.c) {
            let before = p.mul(kept);
            let g = slope(g, *p);
            *mean = g.sub(*mean).mul_add(to_mean, *mean);
            *square = square.mul(beta2).add(g.mul(g).mul(to_square));
            *largest = largest.maximum(*square);
            *p = mean.div(largest.sqrt().mul_add(root, eps)).mul_add(rate, before);
        }
    }

    #[inline(always)]
    fn rms_prop(self, alpha: f64, eps: f64, momentum: f64, centered: bool) {
        let slope = self.slope(self.op.weight_decay);
        let has_momentum = momentum != 0.0;
        let rate = number::<T>(-self.op.lr);
        let (alpha, rest, eps, momentum) =
            (number::<T>(alpha), number::<T>(1.0 - alpha), number::<T>(eps), number::<T>(momentum));
        // In the order of the slots: squares, then what is there of steps and means.
        let (mut sums, mut means) = match (has_momentum, centered) {
            (true, true) => (Some(self.b), Some(self.c)),
            (true, false) => (Some(self.b), None),
            (false, true) => (None, Some(self.b)),
            (false, false) => (None, None),
        };
        for (at, ((p, &g), square)) in self.parameter.iter_mut().zip(self.gradient).zip(self.a).enumerate() {
            let g = slope(g, *p);
            *square = square.mul(alpha).add(g.mul(g).mul(rest));
            let spread = match &mut means {
                Some(means) => {
                    let mean = &mut means[at];
                    *mean = g.sub(*mean).mul_add(rest, *mean);
                    square.sub(mean.mul(*mean))
                }
                None => *square,
            };
            let step = g.div(spread.sqrt().add(eps));
            *p = match &mut sums {
                Some(sums) => {
                    sums[at] = sums[at].mul_add(momentum, step);
                    sums[at].mul_add(rate, *p)
                }
                None => step.mul_add(rate, *p),
            };
        }
    }

    #[inline(always)]
    fn adagrad(self, eps: f64) {
        let slope = self.slope(self.op.weight_decay);
        let (rate, eps) = (number::<T>(-self.op.lr), number::<T>(eps));
        for ((p, &g), sum) in self.parameter.iter_mut().zip(self.gradient).zip(self.a) {
            let g = slope(g, *p);
            *sum = g.mul_add(g, *sum);
            *p = g.div(sum.sqrt().add(eps)).mul_add(rate, *p);
        }
    }
}
