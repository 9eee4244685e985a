//! Positions of triangles, grids of coordinates, products and choices of elements.

use crate::dim_vec::DimVec;
use crate::error::{Result, fallible, shape_error};
use crate::scalar::Scalar;
use crate::shape::IntoTensors;
use crate::size::{Int, checked_numel};
use crate::tensor::Tensor;

/// The rows and columns of the positions that `keeps` says, in row-major order.
fn triangle(op: &str, rows: usize, columns: usize, keeps: impl Fn(i64, i64) -> bool) -> Result<Tensor> {
    checked_numel(op, &[rows, columns])?;
    let all = (0..rows as i64).flat_map(|row| (0..columns as i64).map(move |column| (row, column)));
    let (first, second): (Vec<i64>, Vec<i64>) = all.filter(|&(row, column)| keeps(row, column)).unzip();
    let count = first.len();
    Ok(Tensor::from_values([first, second].concat(), DimVec::from_slice(&[2, count])))
}

fn side(op: &str, length: i64) -> Result<usize> {
    usize::try_from(length).map_err(|_| shape_error!("{op}: lengths are 0 or more, not {length}"))
}

/// Vectors of one element type, those of rank 0 too.
fn vectors(op: &str, tensors: Vec<Tensor>) -> Result<Vec<Tensor>> {
    if tensors.is_empty() {
        return Err(shape_error!("{op}: give at least one tensor"));
    }
    if let Some(wrong) = tensors.iter().find(|x| x.ndim() > 1) {
        return Err(shape_error!("{op}: needs vectors, not shape {}", wrong.size()));
    }
    Ok(tensors.iter().map(|x| x.ravel()).collect())
}

/// Each vector along its own dimension, spread over all others.
fn grid_of(op: &str, tensors: impl IntoTensors) -> Result<Vec<Tensor>> {
    let vectors = vectors(op, tensors.into_tensors())?;
    let shape: Vec<usize> = vectors.iter().map(Tensor::numel).collect();
    let spread = |(dim, x): (usize, &Tensor)| {
        let mut own = vec![1; shape.len()];
        own[dim] = shape[dim];
        x.try_view(own)?.try_expand(&shape)
    };
    vectors.iter().enumerate().map(spread).collect()
}

/// The positions of all choices of `r` out of `n`, in order.
fn choices(n: usize, r: usize, with_replacement: bool) -> Vec<i64> {
    let mut all = Vec::new();
    let mut choice: Vec<usize> = (0..r).map(|place| if with_replacement { 0 } else { place }).collect();
    if (r > n && !with_replacement) || (n == 0 && r > 0) {
        return all;
    }
    loop {
        all.extend(choice.iter().map(|&at| at as i64));
        // The last place that can move on; those after it start again.
        let most = |place: usize| if with_replacement { n - 1 } else { n - r + place };
        let Some(place) = (0..r).rev().find(|&place| choice[place] < most(place)) else { return all };
        let next = choice[place] + 1;
        for (behind, at) in choice[place..].iter_mut().enumerate() {
            *at = if with_replacement { next } else { next + behind };
        }
    }
}

fn chosen(op: &str, x: &Tensor, r: usize, with_replacement: bool) -> Result<Tensor> {
    if x.ndim() != 1 || r == 0 {
        return Err(shape_error!("{op}: chooses one or more elements of a vector, not {r} of shape {}", x.size()));
    }
    let positions = choices(x.numel(), r, with_replacement);
    let rows = positions.len() / r;
    let positions = Tensor::from_values(positions, DimVec::from_slice(&[rows * r]));
    x.try_index_select(0, positions)?.try_reshape([rows, r])
}

fn powers(op: &str, start: f64, end: f64, steps: usize, base: f64) -> Result<Tensor> {
    let count = checked_numel(op, &[steps])?;
    let step = if count > 1 { (end - start) / (count - 1) as f64 } else { 0.0 };
    // From both ends towards the middle, so that both are met exactly.
    let exponent = |at: usize| {
        if at < count / 2 || count == 1 { start + step * at as f64 } else { end - step * (count - 1 - at) as f64 }
    };
    let values: Vec<f32> = (0..count).map(|at| base.powf(exponent(at)) as f32).collect();
    Ok(Tensor::from_values(values, DimVec::from_slice(&[count])))
}

fallible! {
    /// The rows and columns of the positions on and above the diagonal of a matrix.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(triu_indices(2, 2).to_vec::<i64>(), [0, 0, 1, 0, 1, 1]);
    /// ```
    pub fn triu_indices | try_triu_indices(rows: impl Int, columns: impl Int) -> Tensor {
        let (rows, columns) = (side("triu_indices", rows.as_i64())?, side("triu_indices", columns.as_i64())?);
        triangle("triu_indices", rows, columns, |row, column| column >= row)
    }

    /// [`triu_indices`] of another diagonal, above the main one or, with a negative offset, below.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(triu_indices_offset(2, 2, 1).to_vec::<i64>(), [0, 1]);
    /// ```
    pub fn triu_indices_offset | try_triu_indices_offset(rows: impl Int, columns: impl Int, offset: i64) -> Tensor {
        let (rows, columns) = (side("triu_indices", rows.as_i64())?, side("triu_indices", columns.as_i64())?);
        triangle("triu_indices_offset", rows, columns, |row, column| column >= row.saturating_add(offset))
    }

    /// The rows and columns of the positions on and below the diagonal of a matrix.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tril_indices(2, 2).to_vec::<i64>(), [0, 1, 1, 0, 0, 1]);
    /// ```
    pub fn tril_indices | try_tril_indices(rows: impl Int, columns: impl Int) -> Tensor {
        let (rows, columns) = (side("tril_indices", rows.as_i64())?, side("tril_indices", columns.as_i64())?);
        triangle("tril_indices", rows, columns, |row, column| column <= row)
    }

    /// [`tril_indices`] of another diagonal.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(tril_indices_offset(2, 2, -1).to_vec::<i64>(), [1, 0]);
    /// ```
    pub fn tril_indices_offset | try_tril_indices_offset(rows: impl Int, columns: impl Int, offset: i64) -> Tensor {
        let (rows, columns) = (side("tril_indices", rows.as_i64())?, side("tril_indices", columns.as_i64())?);
        triangle("tril_indices_offset", rows, columns, |row, column| column <= row.saturating_add(offset))
    }

    /// `steps` powers of 10, whose exponents go from `start` to `end` in equal steps, as `f32`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(logspace(0, 2, 3).to_vec::<f32>(), [1.0, 10.0, 100.0]);
    /// ```
    pub fn logspace | try_logspace(start: impl Into<Scalar>, end: impl Into<Scalar>, steps: usize) -> Tensor {
        powers("logspace", start.into().to_f64(), end.into().to_f64(), steps, 10.0)
    }

    /// [`logspace`] of another base.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(logspace_base(0, 3, 4, 2).to_vec::<f32>(), [1.0, 2.0, 4.0, 8.0]);
    /// ```
    pub fn logspace_base | try_logspace_base(start: impl Into<Scalar>, end: impl Into<Scalar>, steps: usize, base: impl Into<Scalar>) -> Tensor {
        powers("logspace_base", start.into().to_f64(), end.into().to_f64(), steps, base.into().to_f64())
    }

    /// The coordinates of a grid: each vector along its own dimension, repeated over the others, as views.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let grid = meshgrid([tensor![1, 2], tensor![3, 4]]);
    /// assert_eq!(grid[0].to_vec::<i64>(), [1, 1, 2, 2]);
    /// assert_eq!(grid[1].to_vec::<i64>(), [3, 4, 3, 4]);
    /// ```
    pub fn meshgrid | try_meshgrid(tensors: impl IntoTensors) -> Vec<Tensor> {
        grid_of("meshgrid", tensors)
    }

    /// [`meshgrid`] with the first two dimensions swapped, as NumPy has it: PyTorch's `indexing="xy"`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(meshgrid_xy([tensor![1, 2, 3], tensor![4, 5]])[0].to_vec::<i64>(), [1, 2, 3, 1, 2, 3]);
    /// ```
    pub fn meshgrid_xy | try_meshgrid_xy(tensors: impl IntoTensors) -> Vec<Tensor> {
        let mut tensors = tensors.into_tensors();
        let swaps = tensors.len() > 1;
        if swaps {
            tensors.swap(0, 1);
        }
        let mut grid = grid_of("meshgrid_xy", tensors)?;
        if swaps {
            grid.swap(0, 1);
        }
        Ok(grid)
    }

    /// All tuples with one element of each vector, as rows.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(cartesian_prod([tensor![1, 2], tensor![3, 4]]).to_vec::<i64>(), [1, 3, 1, 4, 2, 3, 2, 4]);
    /// ```
    pub fn cartesian_prod | try_cartesian_prod(tensors: impl IntoTensors) -> Tensor {
        let grid = grid_of("cartesian_prod", tensors)?;
        let columns: Vec<Tensor> = grid.iter().map(Tensor::ravel).collect();
        if let [alone] = &columns[..] { Ok(alone.clone()) } else { crate::shape::try_stack_dim(columns, 1) }
    }

    /// All choices of `r` different elements of a vector, in order, as rows.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(combinations(&tensor![1, 2, 3], 2).to_vec::<i64>(), [1, 2, 1, 3, 2, 3]);
    /// ```
    pub fn combinations | try_combinations(x: &Tensor, r: usize) -> Tensor {
        chosen("combinations", x, r, false)
    }

    /// [`combinations`] in which an element may come again.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(combinations_with_replacement(&tensor![1, 2], 2).to_vec::<i64>(), [1, 1, 1, 2, 2, 2]);
    /// ```
    pub fn combinations_with_replacement | try_combinations_with_replacement(x: &Tensor, r: usize) -> Tensor {
        chosen("combinations_with_replacement", x, r, true)
    }
}
