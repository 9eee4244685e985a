//! From operations on elements of any type to kernels: types become Rust's, storages are locked, and results get memory.

mod elementwise;
mod indexing;
mod matrices;
mod memory;
mod products;
mod reductions;

use std::sync::Arc;

use super::Cpu;
use crate::backend::{Backend, Elements, Reach, Source};
use crate::dtype::DType;
use crate::op::{
    Activation, BinaryOp, CompareOp, CumulativeOp, ExtremeOp, Failure, GradientOp, LogicOp, MatrixOp, PairOp, PutOp,
    RankOp, ReduceOp, SoftmaxOp, SortOp, Special, SpreadOp, Triangle, TriangleOp, UnaryOp,
};
use crate::scalar::Scalar;
use crate::storage::{Buffer, Storage};

/// Forwards each method to the function of its name.
macro_rules! forward {
    ($($module:ident { $(fn $name:ident($($arg:ident: $ty:ty),*) $(-> $ret:ty)?;)* })*) => {
        impl Backend for Cpu { $($(
            fn $name(&self, $($arg: $ty),*) $(-> $ret)? {
                $module::$name($($arg),*)
            }
        )*)* }
    };
}

forward! {
    memory {
        fn upload(values: Buffer) -> Arc<Storage>;
        fn read(x: Elements, to: &mut Buffer);
        fn pick(x: &Arc<Storage>, places: &[usize]) -> Vec<Scalar>;
        fn pick_one(x: &Arc<Storage>, place: usize) -> Scalar;
        fn grow_(x: &Arc<Storage>, numel: usize);
        fn full(dtype: DType, numel: usize, value: Scalar) -> Arc<Storage>;
        fn copy(x: Elements, dtype: DType) -> Arc<Storage>;
        fn cat(dtype: DType, parts: &[Elements], dim: usize, shape: &[usize]) -> Arc<Storage>;
        fn flip(x: Elements, dims: &[usize]) -> Arc<Storage>;
        fn triangle(op: TriangleOp, x: Elements) -> Arc<Storage>;
    }
    elementwise {
        fn unary(op: UnaryOp, x: Elements) -> Arc<Storage>;
        fn unary_(op: UnaryOp, x: Elements);
        fn binary(op: BinaryOp, dtype: DType, numel: usize, a: Source, b: Source) -> Arc<Storage>;
        fn binary_(op: BinaryOp, to: Elements, b: Source);
        fn special(op: Special, x: Elements) -> Arc<Storage>;
        fn activation(op: Activation, x: Elements) -> Arc<Storage>;
        fn pair(op: PairOp, a: Elements, b: Elements) -> Arc<Storage>;
        fn gradient(op: GradientOp, g: Elements, other: Elements) -> Arc<Storage>;
        fn compare(op: CompareOp, dtype: DType, numel: usize, a: Source, b: Source) -> Arc<Storage>;
        fn logic(op: LogicOp, numel: usize, a: Source, b: Source) -> Arc<Storage>;
        fn choose(condition: Elements, a: Elements, b: Elements) -> Arc<Storage>;
        fn clamp(x: Elements, low: Scalar, high: Scalar) -> Arc<Storage>;
        fn fill_(to: Elements, value: Scalar);
        fn fill_where_(to: Elements, mask: Elements, value: Scalar);
        fn copy_(to: Elements, from: Elements);
        fn equal(a: Elements, b: Elements) -> bool;
        fn has_zero(x: Elements) -> bool;
    }
    reductions {
        fn reduce(op: ReduceOp, x: Elements, dims: &[usize]) -> Arc<Storage>;
        fn extreme(op: ExtremeOp, x: Elements, dims: &[usize]) -> (Arc<Storage>, Arc<Storage>);
        fn spread(op: SpreadOp, x: Elements, dims: &[usize], divisor: f64) -> Arc<Storage>;
        fn cumulate(op: CumulativeOp, x: Elements, dim: usize) -> Arc<Storage>;
        fn cumulate_extreme(op: ExtremeOp, x: Elements, dim: usize) -> (Arc<Storage>, Arc<Storage>);
        fn rank(op: RankOp, x: Elements, dim: usize) -> Arc<Storage>;
        fn softmax(op: SoftmaxOp, x: Elements, dim: usize) -> Arc<Storage>;
        fn softmax_gradient(op: SoftmaxOp, g: Elements, y: Elements, dim: usize) -> Arc<Storage>;
        fn sort(op: SortOp, x: Elements, dim: usize, count: usize) -> (Arc<Storage>, Arc<Storage>);
    }
    products {
        fn matmul(a: Elements, b: Elements) -> Arc<Storage>;
        fn linear(x: Elements, weight: Elements, bias: Option<Elements>) -> Arc<Storage>;
        fn dot(a: Elements, b: Elements) -> Arc<Storage>;
        fn distances(p: f64, a: Elements, b: Elements) -> Arc<Storage>;
    }
    matrices {
        fn decompose(op: MatrixOp, x: Elements) -> Result<Vec<Arc<Storage>>, (usize, Failure)>;
        fn exchanged(exchanges: Elements, rows: usize) -> Result<Arc<Storage>, i64>;
        fn solve_triangle(triangle: Triangle, a: Elements, b: Elements) -> Arc<Storage>;
    }
    indexing {
        fn positions(x: Elements, length: usize) -> Result<Arc<Storage>, i64>;
        fn nonzero(x: Elements) -> (Arc<Storage>, usize);
        fn compress(x: Elements, mask: Elements) -> (Arc<Storage>, usize);
        fn take(x: &Arc<Storage>, reach: &Reach) -> Arc<Storage>;
        fn put_(op: PutOp, to: &Arc<Storage>, reach: &Reach, from: Elements);
        fn take_along(x: Elements, index: Elements, stride: usize) -> Arc<Storage>;
        fn put_along_(op: PutOp, to: Elements, index: Elements, stride: usize, from: Elements);
    }
}
