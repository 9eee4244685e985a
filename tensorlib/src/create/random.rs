//! Random tensors. One generator for the process, whose numbers do not depend on machine or thread count.

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher};
use std::ops::{Range, RangeInclusive};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use super::mt19937::Mt19937;
use crate::backend::normal::{self, GROUP};
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::element::{Element, with_dtype};
use crate::error::{Result, fallible, value_error};
use crate::memory::allocator;
use crate::scalar::Scalar;
use crate::size::{Int, IntoInts, lengths};
use crate::tensor::Tensor;

static GENERATOR: LazyLock<Mutex<Mt19937>> = LazyLock::new(|| {
    // The standard library's hasher is seeded by the system.
    let seed = std::collections::hash_map::RandomState::new().build_hasher().finish();
    Mutex::new(Mt19937::new(seed))
});

thread_local! {
    /// The generator that replaces the process's generator in this thread, if any.
    static OWN: Cell<Option<&'static Mutex<Mt19937>>> = const { Cell::new(None) };
}

/// Generators that no thread uses at the moment. They are never freed, and as many as threads ever had one at once.
static SPARE: Mutex<Vec<&'static Mutex<Mt19937>>> = Mutex::new(Vec::new());

pub(crate) fn generator() -> MutexGuard<'static, Mt19937> {
    OWN.get().unwrap_or(&GENERATOR).lock().unwrap_or_else(PoisonError::into_inner)
}

/// A number of 63 bits from the generator, PyTorch's `random_()` of an `int64`.
pub(crate) fn draw_seed() -> u64 {
    generator().next_u64() & (u64::MAX >> 1)
}

/// A generator of this thread's own, until it is dropped: what the thread draws neither depends on other threads nor changes
/// what they draw.
pub(crate) struct OwnGenerator {
    own: &'static Mutex<Mt19937>,
    before: Option<&'static Mutex<Mt19937>>,
}

impl OwnGenerator {
    pub fn new(seed: u64) -> OwnGenerator {
        let spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let own = spare.unwrap_or_else(|| Box::leak(Box::new(Mutex::new(Mt19937::new(seed)))));
        *own.lock().unwrap_or_else(PoisonError::into_inner) = Mt19937::new(seed);
        OwnGenerator { own, before: OWN.replace(Some(own)) }
    }
}

impl Drop for OwnGenerator {
    fn drop(&mut self) {
        OWN.set(self.before);
        SPARE.lock().unwrap_or_else(PoisonError::into_inner).push(self.own);
    }
}

/// Makes random tensors from here on the same in every run, on every machine. `rand`, `randn`, `randint` and `randperm`
/// give what PyTorch gives after `torch.manual_seed` with the same number.
///
/// ```
/// # use tensorlib::prelude::*;
/// manual_seed(42);
/// let x = rand([2]);
/// manual_seed(42);
/// assert!(x.equal(&rand([2])));
/// ```
#[doc(alias = "Generator")]
#[doc(alias = "RandomState")]
#[doc(alias = "default_rng")]
#[doc(alias = "seed")]
pub fn manual_seed(seed: u64) {
    *generator() = Mt19937::new(seed);
}

/// The random numbers from which a value was made, so that it can be made again from the same ones while no others were
/// drawn: options of a layer, which are given after it was made, decide what it draws.
#[derive(Clone)]
pub(crate) struct Draws {
    before: Arc<Mt19937>,
    after: (usize, [u32; 2], Option<u64>),
}

impl Draws {
    pub fn of<R>(draw: impl FnOnce() -> R) -> (R, Draws) {
        let before = Arc::new(generator().clone());
        let made = draw();
        (made, Draws { before, after: generator().mark() })
    }

    /// Draws again: from the same state if no numbers were drawn since, otherwise from the present state.
    pub fn again<R>(&mut self, draw: impl FnOnce() -> R) -> R {
        let mut current = generator();
        if current.mark() == self.after {
            *current = (*self.before).clone();
        } else {
            self.before = Arc::new(current.clone());
        }
        drop(current);
        let made = draw();
        self.after = generator().mark();
        made
    }
}

fn uniform(shape: DimVec<usize>) -> Tensor {
    let mut values = allocator::take::<f32>(shape.iter().product());
    let mut generator = generator();
    values.iter_mut().for_each(|value| *value = generator.uniform_f32());
    Tensor::from_values(values, shape)
}

fn normal(shape: DimVec<usize>) -> Tensor {
    let mut values = allocator::take::<f32>(shape.iter().product());
    let mut generator = generator();
    let numel = values.len();
    if numel < GROUP {
        values.iter_mut().for_each(|value| *value = generator.normal() as f32);
        return Tensor::from_values(values, shape);
    }
    values.iter_mut().for_each(|value| *value = generator.uniform_f32());
    normal::pair_up(&mut values[..numel / GROUP * GROUP]);
    if !numel.is_multiple_of(GROUP) {
        let last = &mut values[numel - GROUP..];
        last.iter_mut().for_each(|value| *value = generator.uniform_f32());
        normal::pair_up(last);
    }
    Tensor::from_values(values, shape)
}

fallible! {
    /// Random numbers from 0 up to, not including, 1, as `f32`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let x = rand([3, 2]);
    /// assert!(x.to_vec::<f32>().iter().all(|v| (0.0..1.0).contains(v)));
    /// ```
    #[doc(alias = "random")]
    #[doc(alias = "random_sample")]
    #[doc(alias = "ranf")]
    #[doc(alias = "sample")]
    pub fn rand | try_rand(shape: impl IntoInts) -> Tensor {
        Ok(uniform(lengths("rand", &shape.into_ints())?))
    }

    /// Random numbers from the standard normal distribution, as `f32`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(randn([3, 2]).size(), [3, 2]);
    /// ```
    #[doc(alias = "standard_normal")]
    pub fn randn | try_randn(shape: impl IntoInts) -> Tensor {
        Ok(normal(lengths("randn", &shape.into_ints())?))
    }

    /// The whole numbers from 0 up to, not including, `n` in random order, as `i64`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let mut order = randperm(5).to_vec::<i64>();
    /// order.sort();
    /// assert_eq!(order, [0, 1, 2, 3, 4]);
    /// ```
    #[doc(alias = "permutation")]
    pub fn randperm | try_randperm(n: impl IntoInts) -> Tensor {
        let shape = lengths("randperm", &n.into_ints())?;
        let n: usize = shape.iter().product();
        let mut values: Vec<i64> = (0..n as i64).collect();
        let mut generator = generator();
        for i in 0..n.saturating_sub(1) {
            let other = generator.next_u32() as usize % (n - i);
            values.swap(i, i + other);
        }
        Ok(Tensor::from_values(values, DimVec::from_slice(&[n])))
    }
}

fn whole(op: &str, (low, high): (i64, i64), shape: DimVec<usize>, dtype: DType) -> Result<Tensor> {
    if low >= high {
        return Err(value_error!("{op}: low is {low} and high is {high}; low must be smaller"));
    }
    let range = high.wrapping_sub(low) as u64;
    let mut generator = generator();
    with_dtype!(dtype, T => {
        let mut values = allocator::take::<T>(shape.iter().product());
        values.iter_mut().for_each(|value| {
            let random = if range >= 1 << 32 { generator.next_u64() } else { u64::from(generator.next_u32()) };
            *value = T::from_scalar(Scalar::Int(low.wrapping_add((random % range) as i64)));
        });
        Ok(Tensor::from_values(values, shape))
    })
}

/// The limits of random whole numbers: an end, with 0 as the start, a range, or a tuple of start and end.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not limit random whole numbers",
    note = "write `randint(6, [3])`, `randint(1..7, [3])` or `randint((1, 7), [3])`"
)]
pub trait IntoBounds {
    /// The start, and the end, which is not included.
    fn into_bounds(self) -> (i64, i64);
}

impl<T: Int> IntoBounds for T {
    fn into_bounds(self) -> (i64, i64) {
        (0, self.as_i64())
    }
}

impl<T: Int> IntoBounds for Range<T> {
    fn into_bounds(self) -> (i64, i64) {
        (self.start.as_i64(), self.end.as_i64())
    }
}

impl<T: Int> IntoBounds for RangeInclusive<T> {
    fn into_bounds(self) -> (i64, i64) {
        (self.start().as_i64(), self.end().as_i64().saturating_add(1))
    }
}

impl<A: Int, B: Int> IntoBounds for (A, B) {
    fn into_bounds(self) -> (i64, i64) {
        (self.0.as_i64(), self.1.as_i64())
    }
}

fallible! {
    /// Random whole numbers up to, not including, an end, from 0 or from a start, as `i64`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let dice = randint(1..7, [100]);
    /// assert!(dice.to_vec::<i64>().iter().all(|v| (1..=6).contains(v)));
    /// assert!(randint(2, [100]).lt(2).all().item::<bool>());
    /// assert_eq!(randint((7, 8), [1]).item::<i64>(), 7);
    /// ```
    #[doc(alias = "random_integers")]
    pub fn randint | try_randint(bounds: impl IntoBounds, shape: impl IntoInts) -> Tensor {
        whole("randint", bounds.into_bounds(), lengths("randint", &shape.into_ints())?, DType::I64)
    }

    /// Random whole numbers, as of [`randint`], with the shape and element type of `x`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(randint_like(&zeros([3]), 7..8).to_vec::<f32>(), [7.0, 7.0, 7.0]);
    /// ```
    pub fn randint_like | try_randint_like(x: &Tensor, bounds: impl IntoBounds) -> Tensor {
        whole("randint_like", bounds.into_bounds(), x.layout.shape.clone(), x.dtype())
    }
}

/// [`rand`] with the shape and element type of `x`.
///
/// ```
/// # use tensorlib::prelude::*;
/// assert_eq!(rand_like(&zeros([2, 3])).size(), [2, 3]);
/// ```
pub fn rand_like(x: &Tensor) -> Tensor {
    uniform(x.layout.shape.clone()).to(x)
}

/// [`randn`] with the shape and element type of `x`.
///
/// ```
/// # use tensorlib::prelude::*;
/// assert_eq!(randn_like(&zeros([2]).double()).dtype(), DType::F64);
/// ```
pub fn randn_like(x: &Tensor) -> Tensor {
    normal(x.layout.shape.clone()).to(x)
}
