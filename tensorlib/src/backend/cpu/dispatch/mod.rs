//! From operations on elements of any type to kernels: types become Rust's, storages are locked, and results get memory.

mod attention;
mod elementwise;
mod indexing;
mod learning;
mod losses;
mod matrices;
mod memory;
mod normalization;
mod products;
mod recurrent;
mod reductions;
mod windows;

use std::sync::Arc;

use super::Cpu;
use super::cast::{self, InLine};
use crate::backend::geometry::{
    AttentionCall, ChannelNorm, ClassLabels, ConvGeometry, Lookup, NormPlanes, NormRows, PadMaps, Patches, Places,
    Windows,
};
use crate::backend::{Backend, Elements, Layers, Reach, RecurrentSlopes, Source};
use crate::dtype::DType;
use crate::element::Element;
use crate::layout::Layout;
use crate::op::{
    Activation, BinaryOp, CompareOp, ConvolutionOp, CumulativeOp, Direction, ExtremeOp, Failure, GradientOp, LogicOp,
    MatrixOp, PairOp, PutOp, RankOp, Recurrence, ReduceOp, SoftmaxOp, SortOp, Special, SpreadOp, StepOp, Triangle,
    TriangleOp, UnaryOp,
};
use crate::scalar::Scalar;
use crate::storage::{self, Buffer, Storage};

/// Reads operands of one type, in row-major order.
fn read<T: Element, R, const N: usize>(operands: [Elements; N], body: impl FnOnce([&[T]; N]) -> R) -> R {
    storage::read_all(operands.map(|x| x.storage), |buffers| {
        let lines: [InLine<T>; N] = std::array::from_fn(|at| cast::in_line(T::of(buffers[at]), operands[at].layout));
        body(std::array::from_fn(|at| &*lines[at]))
    })
}

/// [`read`] for operands of which the first is there, and others may be missing.
fn read_given<T: Element, R, const N: usize>(
    operands: [Option<Elements>; N],
    body: impl FnOnce([Option<&[T]>; N]) -> R,
) -> R {
    let first = operands[0].expect("the first operand is there");
    storage::read_all(operands.map(|x| x.unwrap_or(first).storage), |buffers| {
        let lines: [Option<InLine<T>>; N] =
            std::array::from_fn(|at| operands[at].map(|x| cast::in_line(T::of(buffers[at]), x.layout)));
        body(std::array::from_fn(|at| lines[at].as_deref()))
    })
}

/// Forwards each method to the function of its name.
macro_rules! forward {
    ($trait:ident: $($module:ident { $(fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)?;)* })*) => {
        impl $trait for Cpu { $($(
            fn $name(&self, $($arg: $ty),*) $(-> $ret)? {
                $module::$name($($arg),*)
            }
        )*)* }
    };
}

forward! {
    Backend:
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
        fn cumulate_extreme(op: ExtremeOp, x: Elements, dim: usize) -> Arc<Storage>;
        fn rank(op: RankOp, x: Elements, dim: usize) -> Arc<Storage>;
        fn softmax(op: SoftmaxOp, x: Elements, dim: usize) -> Arc<Storage>;
        fn softmax_gradient(op: SoftmaxOp, g: Elements, y: Elements, dim: usize) -> Arc<Storage>;
        fn sort(op: SortOp, x: Elements, dim: usize, count: usize) -> (Arc<Storage>, Arc<Storage>);
    }
    learning {
        fn step_(op: &StepOp, parameter: Elements, gradient: Elements, memory: Option<Elements>);
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

forward! {
    Layers:
    windows {
        fn convolution(
            op: ConvolutionOp,
            a: Elements,
            b: Elements,
            bias: Option<Elements>,
            g: &ConvGeometry,
        ) -> Arc<Storage>;
        fn max_pool(x: Elements, windows: &Windows) -> (Arc<Storage>, Arc<Storage>);
        fn at_places(way: Direction, x: Elements, places: &Places) -> Arc<Storage>;
        fn mean_pool(way: Direction, x: Elements, windows: &Windows) -> Arc<Storage>;
        fn patches(way: Direction, x: Elements, g: &Patches) -> Arc<Storage>;
        fn pad(way: Direction, x: Elements, maps: &PadMaps, fill: f64) -> Arc<Storage>;
        fn embedding(way: Direction, x: Elements, rows: &Lookup, left_out: Option<usize>) -> Arc<Storage>;
    }
    normalization {
        fn normalize_rows(
            x: Elements,
            weight: Option<Elements>,
            bias: Option<Elements>,
            g: NormRows,
        ) -> (Arc<Storage>, Arc<Storage>);
        fn normalize_rows_gradient(
            wants_x: bool,
            gradient: Elements,
            x: Elements,
            weight: Option<Elements>,
            kept: Elements,
            g: NormRows,
        ) -> (Option<Arc<Storage>>, Arc<Storage>);
        fn channel_sums(x: Elements, g: NormPlanes) -> Arc<Storage>;
        fn channel_moments(x: Elements, g: NormPlanes) -> (Arc<Storage>, Arc<Storage>);
        fn normalize_channels(x: Elements, bias: Option<Elements>, norm: &ChannelNorm) -> Arc<Storage>;
        fn normalize_channels_gradient(
            wants_x: bool,
            gradient: Elements,
            x: Elements,
            norm: &ChannelNorm,
        ) -> (Option<Arc<Storage>>, Arc<Storage>);
    }
    attention {
        fn attention(call: &AttentionCall, to: &Layout) -> (Arc<Storage>, Arc<Storage>);
        fn attention_gradient(
            call: &AttentionCall,
            result: Elements,
            logs: &Arc<Storage>,
            gradient: Elements,
        ) -> [Arc<Storage>; 3];
    }
    recurrent {
        fn recur_(
            r: &Recurrence,
            gates: Elements,
            states: [Option<Elements>; 2],
            weight: Elements,
            bias: Option<Elements>,
        ) -> [Arc<Storage>; 2];
        fn recur_gradient(
            r: &Recurrence,
            made: [Elements; 3],
            states: [Option<Elements>; 2],
            weight: Elements,
            gradients: [Option<Elements>; 3],
        ) -> RecurrentSlopes;
    }
    losses {
        fn cross_entropy(
            x: Elements,
            labels: &ClassLabels,
            wants_probabilities: bool,
        ) -> (Arc<Storage>, Option<Arc<Storage>>);
        fn cross_entropy_gradient(gradient: Elements, probabilities: Elements, labels: &ClassLabels) -> Arc<Storage>;
    }
}
