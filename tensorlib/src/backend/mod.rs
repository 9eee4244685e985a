//! Devices: what happens to elements below the rules of the operations.
//!
//! An operation is a rule: it chooses types and shapes, refuses what cannot be done, and decides in which order the
//! elements of its result lie. Then one method of a [`Backend`] does the work, on elements that the rule describes by
//! their memory and a layout. Rules lock no memory and see no elements; backends know neither tensors nor errors.
//!
//! Methods that end in `_` write over elements. What they read must be in other memory.

pub(crate) mod cpu;
pub(crate) mod geometry;
mod layers;

use std::sync::Arc;

/// Random numbers are made by the processor whatever the device, so that a seed means the same numbers everywhere.
pub(crate) use self::cpu::normal;
pub(crate) use self::layers::{Layers, RecurrentSlopes};
use crate::device::Device;
use crate::dtype::DType;
use crate::error::{Error, Result, device_error};
use crate::layout::Layout;
use crate::op::{
    Activation, BinaryOp, CompareOp, CumulativeOp, ExtremeOp, Failure, GradientOp, LogicOp, MatrixOp, PairOp, PutOp,
    RankOp, ReduceOp, SoftmaxOp, SortOp, Special, SpreadOp, StepOp, Triangle, TriangleOp, UnaryOp,
};
use crate::scalar::Scalar;
use crate::storage::{Buffer, Storage};
use crate::tensor::Tensor;

/// Some elements of a storage, in the order of a layout.
#[derive(Clone, Copy)]
pub(crate) struct Elements<'a> {
    pub storage: &'a Arc<Storage>,
    pub layout: &'a Layout,
}

/// An operand: elements, or the same number everywhere.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Elements(Elements<'a>),
    Number(Scalar),
}

/// Positions chosen along a dimension: `i64`, checked by [`Backend::positions`].
pub(crate) struct Positions<'a> {
    pub positions: &'a Arc<Storage>,
    pub layout: Layout,
    /// How far apart in memory the positions of the dimension are.
    pub stride: usize,
}

/// What an index made of tensors reaches: for each element of `outer`, for each place of the positions, all of which have
/// one shape, the elements of `row`. Offsets count in `outer` only.
pub(crate) struct Reach<'a> {
    pub outer: Layout,
    pub chosen: Vec<Positions<'a>>,
    pub row: Layout,
}

/// A device that carries out operations.
///
/// Unless a method says otherwise: operands of one operation have the same shape and element type, results are new memory
/// in the row-major order of the operands' layouts, and rules have converted what an operation is not defined for.
///
/// [`Layers`] has the further operations that layers and losses need.
pub(crate) trait Backend: Layers + Sync {
    // Memory.

    /// Takes over elements of the processor's memory.
    fn upload(&self, values: Buffer) -> Arc<Storage>;
    /// Writes elements to the processor's memory, in the type that `to` has; it has room for all of them.
    fn read(&self, x: Elements, to: &mut Buffer);
    /// The elements at some places of a storage.
    fn pick(&self, x: &Arc<Storage>, places: &[usize]) -> Vec<Scalar>;
    /// The element at one of them.
    fn pick_one(&self, x: &Arc<Storage>, place: usize) -> Scalar;
    /// Makes room for `numel` elements; new ones are zero.
    fn grow_(&self, x: &Arc<Storage>, numel: usize);
    /// The same value everywhere.
    fn full(&self, dtype: DType, numel: usize, value: Scalar) -> Arc<Storage>;
    /// A copy, in another element type if it is another.
    fn copy(&self, x: Elements, dtype: DType) -> Arc<Storage>;
    /// The parts one after the other along a dimension, as a tensor of the given shape. They have any lengths there.
    fn cat(&self, dtype: DType, parts: &[Elements], dim: usize, shape: &[usize]) -> Arc<Storage>;
    /// A copy with dimensions reversed.
    fn flip(&self, x: Elements, dims: &[usize]) -> Arc<Storage>;
    /// A copy with zeros outside a triangle of the last two dimensions.
    fn triangle(&self, op: TriangleOp, x: Elements) -> Arc<Storage>;

    // Element by element.

    /// A function of floating-point numbers, or of whole ones that [stay such](UnaryOp::keeps_whole_numbers) and are
    /// changed by it.
    fn unary(&self, op: UnaryOp, x: Elements) -> Arc<Storage>;
    /// The same, written over floating-point numbers that lie side by side in some order.
    fn unary_(&self, op: UnaryOp, x: Elements);
    /// A function of two numbers of type `dtype`, which is not `bool`.
    fn binary(&self, op: BinaryOp, dtype: DType, numel: usize, a: Source, b: Source) -> Arc<Storage>;
    /// The same, written over the first operand.
    fn binary_(&self, op: BinaryOp, to: Elements, b: Source);
    /// A function of floating-point numbers, one at a time.
    fn special(&self, op: Special, x: Elements) -> Arc<Storage>;
    /// A function of floating-point numbers, with parameters.
    fn activation(&self, op: Activation, x: Elements) -> Arc<Storage>;
    /// A function of two numbers of a type that it is for.
    fn pair(&self, op: PairOp, a: Elements, b: Elements) -> Arc<Storage>;
    /// A gradient of a function of one number, of floating-point numbers.
    fn gradient(&self, op: GradientOp, g: Elements, other: Elements) -> Arc<Storage>;
    /// A truth value of two elements of type `dtype`.
    fn compare(&self, op: CompareOp, dtype: DType, numel: usize, a: Source, b: Source) -> Arc<Storage>;
    /// A truth value of two.
    fn logic(&self, op: LogicOp, numel: usize, a: Source, b: Source) -> Arc<Storage>;
    /// `a` where the condition, of booleans, is true, and `b` elsewhere.
    fn choose(&self, condition: Elements, a: Elements, b: Elements) -> Arc<Storage>;
    /// Numbers between two limits, which the element type can hold.
    fn clamp(&self, x: Elements, low: Scalar, high: Scalar) -> Arc<Storage>;
    /// Every element becomes `value`.
    fn fill_(&self, to: Elements, value: Scalar);
    /// Elements become `value` where the mask is true.
    fn fill_where_(&self, to: Elements, mask: Elements, value: Scalar);
    /// Elements become those of another tensor.
    fn copy_(&self, to: Elements, from: Elements);
    /// Whether all elements are equal.
    fn equal(&self, a: Elements, b: Elements) -> bool;
    /// Whether an element is zero.
    fn has_zero(&self, x: Elements) -> bool;

    // Few values of many, and along a dimension.

    /// Numbers over dimensions, which go.
    fn reduce(&self, op: ReduceOp, x: Elements, dims: &[usize]) -> Arc<Storage>;
    /// The largest or smallest numbers over dimensions, which go, and where they are among those, as `i64`: of equals the
    /// first.
    fn extreme(&self, op: ExtremeOp, x: Elements, dims: &[usize]) -> (Arc<Storage>, Arc<Storage>);
    /// The sums of squared distances from the mean over dimensions, which go, divided by `divisor`; or the roots of that.
    fn spread(&self, op: SpreadOp, x: Elements, dims: &[usize], divisor: f64) -> Arc<Storage>;
    /// Running values of numbers along a dimension.
    fn cumulate(&self, op: CumulativeOp, x: Elements, dim: usize) -> Arc<Storage>;
    /// For each element, the position along a dimension of the largest or smallest up to it: of equals the last. Once NaN,
    /// always NaN.
    fn cumulate_extreme(&self, op: ExtremeOp, x: Elements, dim: usize) -> Arc<Storage>;
    /// The position along a dimension, which stays with length 1, of an element that is chosen by its rank. There are
    /// elements.
    fn rank(&self, op: RankOp, x: Elements, dim: usize) -> Arc<Storage>;
    /// Softmax of floating-point numbers along a dimension. There are elements.
    fn softmax(&self, op: SoftmaxOp, x: Elements, dim: usize) -> Arc<Storage>;
    /// The gradient of softmax `y` along a dimension, given that of the result.
    fn softmax_gradient(&self, op: SoftmaxOp, g: Elements, y: Elements, dim: usize) -> Arc<Storage>;
    /// The first `count` elements along a dimension in order, and their positions as `i64`. NaN is the largest.
    fn sort(&self, op: SortOp, x: Elements, dim: usize, count: usize) -> (Arc<Storage>, Arc<Storage>);

    // Products of numbers.

    /// `[…, m, k]` times `[…, k, n]`; the leading dimensions are the same in both.
    fn matmul(&self, a: Elements, b: Elements) -> Arc<Storage>;
    /// `[rows, in]` times the transpose of `[out, in]`, plus `[out]` in each row.
    fn linear(&self, x: Elements, weight: Elements, bias: Option<Elements>) -> Arc<Storage>;
    /// The sum of the products of two vectors, as one element.
    fn dot(&self, a: Elements, b: Elements) -> Arc<Storage>;
    /// The `p`-norms of the differences of all rows of a matrix of floating-point numbers and all rows of another.
    fn distances(&self, p: f64, a: Elements, b: Elements) -> Arc<Storage>;

    // Learning.

    /// One step of an optimiser: changes a parameter by its gradient, and what is remembered of earlier ones, which is
    /// [`slots`](crate::op::StepRule::slots) times as many elements. All lie in row-major order without gaps.
    fn step_(&self, op: &StepOp, parameter: Elements, gradient: Elements, memory: Option<Elements>);

    // Matrices, one by one of a stack, of floating-point numbers.

    /// The results for each matrix: one stack after the other. Or the number of the first matrix for which there is no
    /// result, and why.
    fn decompose(&self, op: MatrixOp, x: Elements) -> Result<Vec<Arc<Storage>>, (usize, Failure)>;
    /// The order of `rows` rows after exchanges, which are as [`MatrixOp::Lu`] gives them; or one that names no row.
    fn exchanged(&self, exchanges: Elements, rows: usize) -> Result<Arc<Storage>, i64>;
    /// The solutions of `a x = b`. A zero on the diagonal makes infinities and NaN.
    fn solve_triangle(&self, triangle: Triangle, a: Elements, b: Elements) -> Arc<Storage>;

    // By position.

    /// Whole numbers as positions, counted from the start; or the first that is outside `-length..length`.
    fn positions(&self, x: Elements, length: usize) -> Result<Arc<Storage>, i64>;
    /// For each dimension, one after the other, the positions of the elements that are not zero; and how many these are.
    fn nonzero(&self, x: Elements) -> (Arc<Storage>, usize);
    /// The elements whose mask, of booleans, is true; and how many these are.
    fn compress(&self, x: Elements, mask: Elements) -> (Arc<Storage>, usize);
    /// The elements of a storage that an index reaches.
    fn take(&self, x: &Arc<Storage>, reach: &Reach) -> Arc<Storage>;
    /// Writes elements to places that an index reaches, in their order.
    fn put_(&self, op: PutOp, to: &Arc<Storage>, reach: &Reach, from: Elements);
    /// For each element of `x` the one `index · stride` further; the indices are positions.
    fn take_along(&self, x: Elements, index: Elements, stride: usize) -> Arc<Storage>;
    /// The reverse: writes each element of `from`, which may be in the same memory, so much further.
    fn put_along_(&self, op: PutOp, to: Elements, index: Elements, stride: usize, from: Elements);
}

/// The backend of a device.
#[inline]
pub(crate) fn on(device: Device) -> &'static dyn Backend {
    match device {
        Device::Cpu => &cpu::Cpu,
        Device::Gpu(_) => unreachable!("nothing gets to a device that is not there"),
    }
}

/// The backend for these operands. They must be on one device.
#[inline]
pub(crate) fn backend_of(op: &str, operands: &[&Tensor]) -> Result<&'static dyn Backend> {
    let device = operands.first().map_or(Device::Cpu, |first| first.device());
    match operands.iter().find(|operand| operand.device() != device) {
        None => Ok(on(device)),
        Some(other) => Err(two_devices(op, device, other.device())),
    }
}

#[cold]
fn two_devices(op: &str, a: Device, b: Device) -> Error {
    device_error!("{op}: operands are on {a} and on {b}; bring them together with to()")
}

impl Tensor {
    /// The backend for this tensor.
    #[inline]
    pub(crate) fn backend(&self) -> &'static dyn Backend {
        on(self.device())
    }

    /// The elements in the order of their indices.
    #[inline]
    pub(crate) fn elements(&self) -> Elements<'_> {
        Elements { storage: &self.storage, layout: &self.layout }
    }

    /// The elements of a layout on the same memory.
    #[inline]
    pub(crate) fn elements_as<'a>(&'a self, layout: &'a Layout) -> Elements<'a> {
        Elements { storage: &self.storage, layout }
    }
}

impl Elements<'_> {
    #[inline]
    pub fn dtype(&self) -> DType {
        self.storage.dtype()
    }

    #[inline]
    pub fn numel(&self) -> usize {
        self.layout.numel()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    #[test]
    fn operands_on_two_devices_are_refused_in_one_sentence() {
        let x = ones([2, 2]);
        let mut y = ones([2, 2]);
        Arc::get_mut(&mut y.storage).expect("nobody else holds it").pretend(Device::Gpu(1));
        let refused = |result: Result<Tensor>, op: &str| {
            let sentence = format!("{op}: operands are on cpu and on gpu:1; bring them together with to()");
            assert_eq!(result.err().map(|error| error.to_string()), Some(sentence));
        };
        refused(x.try_add(&y), "add");
        refused(x.try_mul_(&y), "mul_");
        refused(x.try_lt(&y), "lt");
        refused(x.try_copy_(&y), "copy_");
        refused(x.try_matmul(&y), "matmul");
        refused(try_cat([&x, &y]), "cat");
        refused(try_where_cond(x.gt(0), &x, &y), "where");
        assert!(matches!(x.try_equal(&y), Err(Error::Device(_))));
        assert_eq!(
            y.try_to(Device::Gpu(2)).unwrap_err().to_string(),
            "to: gpu:2 is not available; check with gpu_is_available(), or use Device::Cpu"
        );
    }
}
