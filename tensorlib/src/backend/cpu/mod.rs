//! The processor: kernels, and what calls them for elements whose type is known at run time only.
//!
//! Kernels are loops over elements. They see slices and layouts, never tensors; they know nothing of dtypes chosen at run time,
//! promotion or errors. What is unsafe in them is in [`pool`] (borrowed work on other threads), [`simd`] (instructions that not every
//! processor has), [`gemm`] (matrix products), and what is built on its kernels or writes several results at once: [`conv`],
//! [`attention`], [`recurrent`], [`vectors`], [`norm`], [`loss`], [`pooling`].

pub(crate) mod activation;
pub(crate) mod approx;
mod arrange;
pub(crate) mod attention;
pub(crate) mod cast;
pub(crate) mod conv;
mod decompose;
mod dispatch;
pub(crate) mod distance;
mod double;
pub(crate) mod embedding;
pub(crate) mod flip;
pub(crate) mod functions;
pub(crate) mod gemm;
pub(crate) mod lanes;
pub(crate) mod loops;
pub(crate) mod loss;
pub(crate) mod map;
pub(crate) mod moments;
pub(crate) mod norm;
pub(crate) mod normal;
pub(crate) mod number;
mod optimizer;
pub(crate) mod padding;
pub(crate) mod pairs;
pub(crate) mod pool;
pub(crate) mod pooling;
mod positions;
mod rank;
pub(crate) mod reader;
mod recurrent;
pub(crate) mod reduce;
pub(crate) mod rows;
pub(crate) mod running;
mod search;
pub(crate) mod select;
pub(crate) mod simd;
pub(crate) mod softmax;
pub(crate) mod sort;
pub(crate) mod special;
/// The processor as a device.
pub(crate) struct Cpu;
pub(crate) mod vectors;
