//! Loops over elements. Kernels see slices and layouts, never tensors; they know nothing of dtypes chosen at run time,
//! promotion or errors. What is unsafe in this crate lives here, in [`pool`] (borrowed work on other threads),
//! [`simd`] (instructions that not every processor has), [`gemm`] (matrix products), [`values`] (memory for any type) and [`pages`] (advice to the system).

pub(crate) mod activation;
pub(crate) mod approx;
pub(crate) mod cast;
pub(crate) mod combine;
pub(crate) mod distance;
pub(crate) mod flip;
pub(crate) mod functions;
pub(crate) mod gemm;
pub(crate) mod loops;
pub(crate) mod map;
pub(crate) mod moments;
pub(crate) mod normal;
pub(crate) mod number;
pub(crate) mod pairs;
pub(crate) mod pool;
pub(crate) mod reader;
pub(crate) mod reduce;
pub(crate) mod rows;
pub(crate) mod running;
pub(crate) mod select;
pub(crate) mod simd;
pub(crate) mod softmax;
pub(crate) mod sort;
pub(crate) mod special;
