//! Random numbers of other distributions, in the order of PyTorch's generator: from the same seed come the same numbers, up
//! to the rounding of logarithms and similar functions.

use super::mt19937::Mt19937;
use super::random::generator;
use crate::autograd::record::{overwrite, records};
use crate::backend::cpu::normal::{self, GROUP};
use crate::backend::cpu::simd::{Loop, Widest, Width};
use crate::create::random::IntoBounds;
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::element::{Element, with_dtype, with_floating};
use crate::error::{Result, dtype_error, fallible, shape_error, value_error};
use crate::layout::{Layout, memory_order};
use crate::memory::allocator;
use crate::memory::buffer::AlignedBuf;
use crate::ops::assign;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

fn wide<T: Element>(value: T) -> f64 {
    value.to_scalar().to_f64()
}

/// Writes values over a tensor, in the order of its memory; gradients see that they are new.
fn write<T: Element>(op: &str, x: &Tensor, fill: impl FnOnce(&mut Mt19937, &mut [T])) -> Result<Tensor> {
    let order = memory_order(&[&x.layout]);
    let mut values = allocator::take::<T>(x.numel());
    fill(&mut generator(), &mut values);
    let values = Tensor::from_values(values, DimVec::from_slice(&[x.numel()]));
    let values = values.laid_out(Layout::ordered(&x.layout.shape, &order));
    if records(&[x]) {
        return overwrite(op, x, &values);
    }
    assign::copy(op, x, &values)?;
    Ok(x.alias())
}

/// Writes numbers that are made one by one.
fn each(op: &str, x: &Tensor, mut next: impl FnMut(&mut Mt19937) -> f64) -> Result<Tensor> {
    with_floating!(x.dtype(), T => write::<T>(op, x, |generator, values| {
        values.iter_mut().for_each(|value| *value = T::from_scalar(Scalar::Float(next(generator))));
    }), else Err(dtype_error!("{op}: needs floating-point numbers, not {}; convert with x.float()", x.dtype())))
}

fn probability(op: &str, p: f64) -> Result<()> {
    if !(0.0..=1.0).contains(&p) {
        return Err(value_error!("{op}: a probability must be from 0 to 1, not {p}"));
    }
    Ok(())
}

fn positive(op: &str, name: &str, value: f64) -> Result<()> {
    if value > 0.0 {
        return Ok(());
    }
    Err(value_error!("{op}: {name} must be greater than 0, not {value}"))
}

/// Numbers from the standard normal distribution, as PyTorch makes them of doubles.
fn normal_doubles(generator: &mut Mt19937, values: &mut [f64]) {
    let numel = values.len();
    if numel < GROUP {
        return values.iter_mut().for_each(|value| *value = generator.normal());
    }
    let pair_up = |group: &mut [f64]| {
        let (first, second) = group.split_at_mut(GROUP / 2);
        for (first, second) in first.iter_mut().zip(second) {
            let radius = (-2.0 * (1.0 - *first).ln()).sqrt();
            let turn = 2.0 * std::f64::consts::PI * *second;
            (*first, *second) = (radius * turn.cos(), radius * turn.sin());
        }
    };
    values.iter_mut().for_each(|value| *value = generator.uniform_f64());
    values.chunks_exact_mut(GROUP).for_each(pair_up);
    if !numel.is_multiple_of(GROUP) {
        let last = &mut values[numel - GROUP..];
        last.iter_mut().for_each(|value| *value = generator.uniform_f64());
        pair_up(last);
    }
}

fn normal_singles(generator: &mut Mt19937, values: &mut [f32]) {
    let numel = values.len();
    if numel < GROUP {
        return values.iter_mut().for_each(|value| *value = generator.normal() as f32);
    }
    values.iter_mut().for_each(|value| *value = generator.uniform_f32());
    normal::pair_up(&mut values[..numel / GROUP * GROUP]);
    if !numel.is_multiple_of(GROUP) {
        let last = &mut values[numel - GROUP..];
        last.iter_mut().for_each(|value| *value = generator.uniform_f32());
        normal::pair_up(last);
    }
}

fn normal_(x: &Tensor, mean: f64, std: f64) -> Result<Tensor> {
    let op = "normal_";
    if std.is_nan() || std < 0.0 {
        return Err(value_error!("{op}: the deviation must not be negative, and {std} is"));
    }
    let small = x.numel() < GROUP;
    match x.dtype() {
        DType::F64 => write::<f64>(op, x, |generator, values| {
            normal_doubles(generator, values);
            values.iter_mut().for_each(|value| *value = *value * std + mean);
        }),
        DType::F32 if small => each(op, x, |generator| generator.normal() * std + mean),
        DType::F32 => write::<f32>(op, x, |generator, values| {
            normal_singles(generator, values);
            let (mean, std) = (mean as f32, std as f32);
            values.iter_mut().for_each(|value| *value = value.mul_add(std, mean));
        }),
        other => Err(dtype_error!("{op}: needs floating-point numbers, not {other}; convert with x.float()")),
    }
}

/// One of two numbers, by halves of 64 random bits.
struct Chances<'a, T> {
    to: &'a mut [T],
    random: &'a [u32],
    p: f64,
    two: [T; 2],
}

impl<T: Element> Loop for Chances<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for (to, &[high, low]) in self.to.iter_mut().zip(self.random.as_chunks::<2>().0) {
            // As `uniform_f64` makes them.
            let bits = u64::from(high) << 32 | u64::from(low);
            let uniform = (bits & ((1 << 53) - 1)) as f64 * (1.0 / 9_007_199_254_740_992.0);
            *to = self.two[usize::from(uniform < self.p)];
        }
    }
}

/// The second of two numbers with a probability, else the first.
fn chances<T: Element>(generator: &mut Mt19937, values: &mut [T], p: f64, two: [T; 2]) {
    const TOGETHER: usize = 512;
    let mut random = [0; 2 * TOGETHER];
    for to in values.chunks_mut(TOGETHER) {
        let random = &mut random[..2 * to.len()];
        generator.fill(random);
        Widest::run(Chances { to, random, p, two });
    }
}

/// `value` with a probability, else 0, as floating-point numbers.
pub(crate) fn bernoulli_noise(dtype: DType, shape: DimVec<usize>, p: f64, value: f64) -> Tensor {
    with_floating!(dtype, T => {
        let two = [Scalar::Int(0), Scalar::Float(value)].map(T::from_scalar);
        let mut values = allocator::take::<T>(shape.iter().product());
        chances(&mut generator(), &mut values, p, two);
        Tensor::from_values(values, shape)
    }, else unreachable!("noise is floating-point"))
}

fn bernoulli(op: &str, p: &Tensor) -> Result<Tensor> {
    let outside = |p: f64| !(0.0..=1.0).contains(&p);
    with_floating!(p.dtype(), T => {
        let given = p.to_vec::<T>();
        if let Some(&p) = given.iter().find(|&&p| outside(wide(p))) {
            probability(op, wide(p))?;
        }
        let mut generator = generator();
        let double = T::DTYPE == DType::F64;
        let mut drawn = || if double { generator.uniform_f64() } else { f64::from(generator.uniform_f32()) };
        let values: Vec<T> =
            given.iter().map(|&p| T::from_scalar(Scalar::Bool(drawn() < wide(p)))).collect();
        Ok(Tensor::from_values(values, p.layout.shape.clone()))
    }, else Err(dtype_error!("{op}: probabilities are floating-point numbers, not {}", p.dtype())))
}

fn random_(x: &Tensor, bounds: Option<(i64, i64)>) -> Result<Tensor> {
    let op = "random_";
    let Some((low, high)) = bounds else {
        // Up to the largest number to which the type holds all whole numbers exactly.
        return match x.dtype() {
            DType::F64 => write::<f64>(op, x, |generator, values| {
                values.iter_mut().for_each(|value| *value = (generator.next_u64() % ((1 << 53) + 1)) as f64);
            }),
            DType::I64 => write::<i64>(op, x, |generator, values| {
                values.iter_mut().for_each(|value| *value = (generator.next_u64() & i64::MAX as u64) as i64);
            }),
            dtype => with_dtype!(dtype, T => {
                let most: u32 = match dtype {
                    DType::Bool => 2,
                    DType::U8 => 1 << 8,
                    DType::I32 => 1 << 31,
                    _ => (1 << 24) + 1,
                };
                write::<T>(op, x, |generator, values| {
                    values.iter_mut().for_each(|value| {
                        *value = T::from_scalar(Scalar::Int(i64::from(generator.next_u32() % most)));
                    });
                })
            }),
        };
    };
    if low >= high {
        return Err(value_error!("{op}: low is {low} and high is {high}; low must be smaller"));
    }
    let range = high.wrapping_sub(low) as u64;
    with_dtype!(x.dtype(), T => write::<T>(op, x, |generator, values| {
        values.iter_mut().for_each(|value| {
            let random = if range >= 1 << 32 { generator.next_u64() } else { u64::from(generator.next_u32()) };
            *value = T::from_scalar(Scalar::Int(low.wrapping_add((random % range) as i64)));
        });
    }))
}

/// Rows of weights, checked.
fn weights<T: Element>(op: &str, x: &Tensor, count: usize) -> Result<(AlignedBuf<T>, usize, DimVec<usize>)> {
    if x.ndim() == 0 || x.ndim() > 2 {
        return Err(shape_error!("{op}: needs weights [categories] or [rows, categories], not shape {}", x.size()));
    }
    if count == 0 {
        return Err(value_error!("{op}: needs at least one sample to draw"));
    }
    let categories = x.layout.shape[x.ndim() - 1];
    let values: AlignedBuf<T> = x.to_vec::<T>().into();
    for row in values.chunks(categories.max(1)) {
        let sum: f64 = row.iter().map(|&weight| wide(weight)).sum();
        let bad = row.iter().any(|&weight| wide(weight) < 0.0) || !sum.is_finite() || sum <= 0.0;
        if bad {
            return Err(value_error!(
                "{op}: weights must not be negative or infinite, and each row needs one that is greater than 0"
            ));
        }
    }
    let mut shape = x.layout.shape.clone();
    let rank = shape.len();
    shape[rank - 1] = count;
    Ok((values, categories, shape))
}

/// The positions of the `count` largest weights, each divided by an exponential number (Efraimidis and Spirakis, 2006).
fn without_replacement(op: &str, x: &Tensor, count: usize) -> Result<Tensor> {
    with_floating!(x.dtype(), T => {
        let (values, categories, shape) = weights::<T>(op, x, count)?;
        if count > categories {
            return Err(value_error!("{op}: cannot draw {count} of {categories} categories without replacement"));
        }
        let mut drawn = allocator::take::<T>(values.len());
        {
            let mut generator = generator();
            drawn.iter_mut().for_each(|value| {
                *value = T::from_scalar(Scalar::Float(-(-generator.uniform_f64()).ln_1p()));
            });
        }
        let mut positions: Vec<i64> = Vec::with_capacity(shape.iter().product());
        for (values, drawn) in values.chunks_exact(categories).zip(drawn.chunks_exact(categories)) {
            if count > values.iter().filter(|&&weight| wide(weight) > 0.0).count() {
                return Err(value_error!("{op}: cannot draw {count} categories, for fewer have a weight greater than 0"));
            }
            let ratios: Vec<T> = values.iter().zip(drawn).map(|(&weight, &drawn)| weight / drawn).collect();
            let mut order: Vec<usize> = (0..categories).collect();
            order.sort_by(|&a, &b| ratios[b].total_cmp(&ratios[a]));
            positions.extend(order[..count].iter().map(|&place| place as i64));
        }
        Ok(Tensor::from_values(positions, shape))
    }, else Err(dtype_error!("{op}: weights are floating-point numbers, not {}; convert with x.float()", x.dtype())))
}

fn with_replacement(op: &str, x: &Tensor, count: usize) -> Result<Tensor> {
    if count == 1 {
        return without_replacement(op, x, count);
    }
    with_floating!(x.dtype(), T => {
        let (values, categories, shape) = weights::<T>(op, x, count)?;
        let mut generator = generator();
        let mut positions: Vec<i64> = Vec::with_capacity(shape.iter().product());
        for weights in values.chunks_exact(categories) {
            let mut sum = T::default();
            let mut sums: Vec<T> = weights.iter().map(|&weight| { sum += weight; sum }).collect();
            sums.iter_mut().for_each(|value| *value /= sum);
            for _ in 0..count {
                let drawn = generator.uniform_f64();
                let place = sums.partition_point(|&below| wide(below) < drawn).min(categories - 1);
                positions.push(place as i64);
            }
        }
        Ok(Tensor::from_values(positions, shape))
    }, else Err(dtype_error!("{op}: weights are floating-point numbers, not {}; convert with x.float()", x.dtype())))
}

impl Tensor {
    fallible! {
        /// In place: numbers that are alike everywhere from `from` up to, not including, `to`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// manual_seed(0);
        /// let x = zeros([100]).uniform_(-2.0, 3.0);
        /// assert!(x.ge(-2).logical_and(x.lt(3)).all().item::<bool>());
        /// ```
        #[doc(alias = "uniform")]
        pub fn uniform_ | try_uniform_(&self, from: f64, to: f64) -> Tensor {
            if from.is_nan() || to.is_nan() || from > to {
                return Err(value_error!("uniform_: from is {from} and to is {to}; from must not be larger"));
            }
            match self.dtype() {
                DType::F32 => {
                    let (from, to) = (from as f32, to as f32);
                    each("uniform_", self, |generator| f64::from(generator.uniform_f32() * (to - from) + from))
                }
                _ => each("uniform_", self, |generator| generator.uniform_f64() * (to - from) + from),
            }
        }

        /// In place: numbers from the normal distribution.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// manual_seed(0);
        /// let x = zeros([1000]).normal_(5.0, 0.1);
        /// assert!((x.mean().item::<f32>() - 5.0).abs() < 0.02);
        /// ```
        #[doc(alias = "normal")]
        pub fn normal_ | try_normal_(&self, mean: f64, std: f64) -> Tensor {
            normal_(self, mean, std)
        }

        /// In place: 1 with the probability `p`, else 0.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([3]).bernoulli_(1.0).to_vec::<f32>(), [1.0; 3]);
        /// ```
        pub fn bernoulli_ | try_bernoulli_(&self, p: f64) -> Tensor {
            probability("bernoulli_", p)?;
            with_dtype!(self.dtype(), T => {
                let two = [0, 1].map(|value| T::from_scalar(Scalar::Int(value)));
                write::<T>("bernoulli_", self, |generator, values| chances(generator, values, p, two))
            })
        }

        /// 1 with the probabilities that the elements are, else 0: a new tensor, to which no gradient leads.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![0.0, 1.0].bernoulli().to_vec::<f32>(), [0.0, 1.0]);
        /// ```
        pub fn bernoulli | try_bernoulli(&self) -> Tensor {
            bernoulli("bernoulli", self)
        }

        /// In place: numbers from the exponential distribution with a rate.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(zeros([10]).exponential_(2.0).ge(0).all().item::<bool>());
        /// ```
        #[doc(alias = "exponential")]
        pub fn exponential_ | try_exponential_(&self, rate: f64) -> Tensor {
            positive("exponential_", "the rate", rate)?;
            each("exponential_", self, |generator| -1.0 / rate * (-generator.uniform_f64()).ln_1p())
        }

        /// In place: e to the power of numbers from a normal distribution.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(zeros([10]).log_normal_(1.0, 2.0).gt(0).all().item::<bool>());
        /// ```
        #[doc(alias = "lognormal")]
        pub fn log_normal_ | try_log_normal_(&self, mean: f64, std: f64) -> Tensor {
            positive("log_normal_", "the deviation", std)?;
            each("log_normal_", self, |generator| (generator.normal() * std + mean).exp())
        }

        /// In place: numbers from the distribution of Cauchy.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(zeros([10]).cauchy_(0.0, 1.0).size(), [10]);
        /// ```
        #[doc(alias = "standard_cauchy")]
        pub fn cauchy_ | try_cauchy_(&self, median: f64, sigma: f64) -> Tensor {
            positive("cauchy_", "sigma", sigma)?;
            each("cauchy_", self, |generator| {
                median + sigma * (std::f64::consts::PI * (generator.uniform_f64() - 0.5)).tan()
            })
        }

        /// In place: how many trials it takes until one succeeds whose probability is `p`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(zeros([10]).geometric_(0.5).ge(1).all().item::<bool>());
        /// ```
        #[doc(alias = "geometric")]
        pub fn geometric_ | try_geometric_(&self, p: f64) -> Tensor {
            if !(p > 0.0 && p < 1.0) {
                return Err(value_error!("geometric_: the probability must lie between 0 and 1, not be {p}"));
            }
            each("geometric_", self, |generator| (generator.uniform_f64().ln() / (-p).ln_1p()).ceil())
        }

        /// In place: whole numbers up to, not including, an end, from 0 or from a start; see [`randint`](crate::randint).
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(zeros([10]).random_(6).lt(6).all().item::<bool>());
        /// assert_eq!(zeros([2]).random_(3..4).to_vec::<f32>(), [3.0, 3.0]);
        /// ```
        pub fn random_ | try_random_(&self, bounds: impl IntoBounds) -> Tensor {
            random_(self, Some(bounds.into_bounds()))
        }

        /// In place: whole numbers from 0 to the largest that the type holds with all that are smaller: PyTorch's `random_()`.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert!(zeros([10]).random_all_().ge(0).all().item::<bool>());
        /// ```
        pub fn random_all_ | try_random_all_(&self) -> Tensor {
            random_(self, None)
        }

        /// The numbers of `count` categories that are drawn by their weights, each at most once. Weights need not add up to 1.
        ///
        /// | | shape |
        /// |---|---|
        /// | weights | `[categories]`, or `[rows, categories]` |
        /// | result | `[count]`, or `[rows, count]`, as `i64` |
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![0.0, 2.0, 0.0].multinomial(1).item::<i64>(), 1);
        /// ```
        #[doc(alias = "choice")]
        pub fn multinomial | try_multinomial(&self, count: usize) -> Tensor {
            without_replacement("multinomial", self, count)
        }

        /// [`multinomial`](Tensor::multinomial) in which a category can be drawn several times.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// assert_eq!(tensor![0.0, 2.0].multinomial_with_replacement(3).to_vec::<i64>(), [1, 1, 1]);
        /// ```
        #[doc(alias = "choices")]
        pub fn multinomial_with_replacement | try_multinomial_with_replacement(&self, count: usize) -> Tensor {
            with_replacement("multinomial_with_replacement", self, count)
        }
    }
}
