//! Patches of images, and windows over a dimension.

use std::sync::Arc;

use super::options::options;
use super::{each, floating, ints};
use crate::autograd::record::{record_linear, records, unrecorded};
use crate::backend::geometry::Patches;
use crate::dim_vec::DimVec;
use crate::error::{Result, fallible, shape_error};
use crate::layout::{Layout, dimension};
use crate::op::Direction;
use crate::scalar::Scalar;
use crate::size::{IntoInts, Ints, Size};
use crate::tensor::Tensor;

options! {
    /// The options of [`unfold_with`] and [`fold_with`].
    pub struct Unfold<'a> {
        /// By how much the window moves; 1 by default.
        stride: Ints, ints(1), |stride: impl IntoInts| ints(stride);
        /// How many zeros stand on each side of an image; 0 by default.
        padding: Ints, ints(0), |padding: impl IntoInts| ints(padding);
        /// How far apart the elements are that a window takes; 1 by default.
        dilation: Ints, ints(1), |dilation: impl IntoInts| ints(dilation);
    }
}

/// The sizes of patches of images of `input` rows and columns.
fn sizes(op: &str, x: &Tensor, input: [usize; 2], kernel: &Ints, options: &Unfold) -> Result<Patches> {
    let kernel = each::<2>(op, "the window", kernel, 1)?;
    let stride = each::<2>(op, "stride", &options.stride, 1)?;
    let padding = each::<2>(op, "padding", &options.padding, 0)?;
    let dilation = each::<2>(op, "dilation", &options.dilation, 1)?;
    let mut output = [0; 2];
    for dim in 0..2 {
        let seen = (kernel[dim] - 1) * dilation[dim] + 1;
        output[dim] = 1 + (input[dim] + 2 * padding[dim]).checked_sub(seen).ok_or_else(|| {
            shape_error!(
                "{op}: windows of {kernel:?} with dilation {dilation:?} do not fit into images of {input:?} with padding {padding:?}, for an input of shape {}",
                x.size()
            )
        })? / stride[dim];
    }
    Ok(Patches { planes: 0, input, output, kernel, stride, padding, dilation })
}

/// Patches as columns, or columns added up: each the other's transpose.
fn moved(x: &Tensor, g: &Arc<Patches>, shapes: [&DimVec<usize>; 2], way: Direction) -> Tensor {
    let [images, columns] = shapes.map(DimVec::clone);
    let (shape, name) = match way {
        Direction::Forward => (&columns, "Im2ColBackward0"),
        Direction::Transposed => (&images, "Col2ImBackward0"),
    };
    let values = x.backend().patches(way, x.elements(), g);
    let result = Tensor::from_storage(values, Layout::contiguous(shape.clone()));
    if !records(&[x]) {
        return result;
    }
    let g = g.clone();
    record_linear(result, name, &[x], move |pass, gradient| {
        pass.give(0, || moved(&gradient, &g, [&images, &columns], way.back()));
        Ok(())
    })
}

fn unfolded(x: &Tensor, kernel: Ints, options: &Unfold) -> Result<Tensor> {
    let op = "unfold";
    floating(op, &[x])?;
    if x.ndim() == 3 {
        return unfolded(&x.unsqueeze(0), kernel, options)?.try_squeeze_dim(0);
    }
    let &[images, channels, height, width] = &x.layout.shape[..] else {
        return Err(shape_error!("{op}: needs images [batch, channels, height, width], not shape {}", x.size()));
    };
    let mut g = sizes(op, x, [height, width], &kernel, options)?;
    g.planes = images * channels;
    let shape = DimVec::from_slice(&[images, channels * g.kernel[0] * g.kernel[1], g.output[0] * g.output[1]]);
    Ok(moved(x, &Arc::new(g), [&x.layout.shape, &shape], Direction::Forward))
}

fn folded(x: &Tensor, output: Ints, kernel: Ints, options: &Unfold) -> Result<Tensor> {
    let op = "fold";
    floating(op, &[x])?;
    if x.ndim() == 2 {
        return folded(&x.unsqueeze(0), output, kernel, options)?.try_squeeze_dim(0);
    }
    let size = each::<2>(op, "the size of the result", &output, 1)?;
    let mut g = sizes(op, x, size, &kernel, options)?;
    let (taps, positions) = (g.kernel[0] * g.kernel[1], g.output[0] * g.output[1]);
    let fits = x.ndim() == 3 && x.layout.shape[1].is_multiple_of(taps) && x.layout.shape[2] == positions;
    if !fits {
        return Err(shape_error!(
            "{op}: patches of {:?} of images of {size:?} need shape [batch, channels * {taps}, {positions}], not {}",
            g.kernel,
            x.size()
        ));
    }
    let (images, channels) = (x.layout.shape[0], x.layout.shape[1] / taps);
    g.planes = images * channels;
    let shape = DimVec::from_slice(&[images, channels, size[0], size[1]]);
    Ok(moved(x, &Arc::new(g), [&shape, &x.layout.shape], Direction::Transposed))
}

/// The gradient of windows over a dimension: where windows overlap, their gradients add up.
fn windows_back(gradient: &Tensor, shape: &DimVec<usize>, dim: usize, size: usize, step: usize) -> Tensor {
    let result = crate::create::filled(shape.clone(), gradient.dtype(), Scalar::Int(0));
    unrecorded(|| {
        let count = gradient.layout.shape[dim];
        for at in 0..if count == 0 { 0 } else { size } {
            let mut layout = result.layout.clone();
            layout.offset += at * layout.strides[dim];
            layout.strides[dim] *= step;
            layout.shape[dim] = count;
            result.with_layout(layout).add_(gradient.select(-1, at as i64));
        }
    });
    if !records(&[gradient]) {
        return result;
    }
    record_linear(result, "UnfoldBackwardBackward0", &[gradient], move |pass, gradient| {
        pass.give(0, || gradient.unfold(dim as i64, size, step));
        Ok(())
    })
}

impl Tensor {
    fallible! {
        /// Windows of `size` elements along a dimension, each `step` after the one before: a view, with the windows along that
        /// dimension and their elements in a new last one. What a gradient says of an element in several windows adds up.
        ///
        /// ```
        /// # use tensorlib::prelude::*;
        /// let x = arange(5);
        /// assert_eq!(x.unfold(0, 3, 1).to_vec::<i64>(), [0, 1, 2, 1, 2, 3, 2, 3, 4]);
        /// assert_eq!(x.unfold(0, 2, 3).size(), [2, 2]);
        /// ```
        pub fn unfold | try_unfold(&self, dim: i64, size: usize, step: usize) -> Tensor {
            let op = "unfold";
            let dim = dimension(op, dim, self.ndim())?;
            if self.ndim() == 0 {
                return self.unsqueeze(0).try_unfold(0, size, step)?.try_squeeze_dim(0);
            }
            let length = self.layout.shape[dim];
            if size > length || step == 0 {
                return Err(shape_error!(
                    "{op}: windows of {size} with step {step} do not fit into dimension {dim} of shape {}; the step must be 1 or more",
                    self.size()
                ));
            }
            let mut layout = self.layout.clone();
            layout.shape[dim] = (length - size) / step + 1;
            layout.shape.push(size);
            layout.strides.push(layout.strides[dim]);
            layout.strides[dim] *= step;
            let shape = self.layout.shape.clone();
            Ok(self.view_of(layout, "UnfoldBackward0", move |gradient| windows_back(&gradient, &shape, dim, size, step)))
        }
    }
}

fallible! {
    /// The patches that a window of `kernel` rows and columns sees of images, each as a column.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[batch, channels, height, width]`, or `[channels, height, width]` |
    /// | result | `[batch, channels * rows * columns, number of patches]` |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let x = arange(6).float().view([1, 1, 2, 3]);
    /// assert_eq!(F::unfold(&x, (2, 2)).to_vec::<f32>(), [0.0, 1.0, 1.0, 2.0, 3.0, 4.0, 4.0, 5.0]);
    /// ```
    pub fn unfold | try_unfold(x: &Tensor, kernel: impl IntoInts) -> Tensor {
        unfolded(x, ints(kernel), &Unfold::new())
    }

    /// [`unfold`] with options.
    ///
    /// ```
    /// # use tensorlib::{functional::{self as F, Unfold}, prelude::*};
    /// assert_eq!(F::unfold_with(&zeros([2, 3, 8, 8]), 3, Unfold::new().padding(1)).size(), [2, 27, 64]);
    /// ```
    pub fn unfold_with | try_unfold_with(x: &Tensor, kernel: impl IntoInts, options: Unfold<'_>) -> Tensor {
        unfolded(x, ints(kernel), &options)
    }

    /// The transpose of [`unfold`]: columns become patches of images of a size, and add up where they overlap.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[batch, channels * rows * columns, number of patches]`, or without batch |
    /// | result | `[batch, channels, height, width]` |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let often = F::fold(&F::unfold(&ones([1, 1, 2, 3]), 2), (2, 3), 2);
    /// assert_eq!(often.to_vec::<f32>(), [1.0, 2.0, 1.0, 1.0, 2.0, 1.0]);
    /// ```
    pub fn fold | try_fold(x: &Tensor, output: impl IntoInts, kernel: impl IntoInts) -> Tensor {
        folded(x, ints(output), ints(kernel), &Unfold::new())
    }

    /// [`fold`] with options.
    pub fn fold_with | try_fold_with(x: &Tensor, output: impl IntoInts, kernel: impl IntoInts, options: Unfold<'_>) -> Tensor {
        folded(x, ints(output), ints(kernel), &options)
    }

    /// Channels as pixels: each becomes one of a square of `factor` times `factor`. Shi et al., *Real-Time Single Image and Video
    /// Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network*, 2016.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[…, channels * factor², height, width]` |
    /// | result | `[…, channels, height * factor, width * factor]` |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let x = arange(4).view([4, 1, 1]);
    /// assert_eq!(F::pixel_shuffle(&x, 2).to_vec::<i64>(), [0, 1, 2, 3]);
    /// ```
    pub fn pixel_shuffle | try_pixel_shuffle(x: &Tensor, factor: usize) -> Tensor {
        let (front, [channels, height, width]) = image("pixel_shuffle", x)?;
        if factor == 0 || !channels.is_multiple_of(factor * factor) {
            return Err(shape_error!(
                "pixel_shuffle: {} channels of shape {} do not make squares of {factor} times {factor}",
                channels,
                x.size()
            ));
        }
        let channels = channels / (factor * factor);
        let apart = x.try_reshape(joined(&front, &[channels, factor, factor, height, width]))?;
        let first = front.len() as i64;
        let order = (0..first).chain([0, 3, 1, 4, 2].map(|dim| first + dim)).collect::<Vec<i64>>();
        apart.try_permute(order)?.try_reshape(joined(&front, &[channels, height * factor, width * factor]))
    }

    /// The reverse of [`pixel_shuffle`]: each square of pixels becomes channels.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let x = randn([2, 8, 3, 3]);
    /// assert!(F::pixel_unshuffle(&F::pixel_shuffle(&x, 2), 2).equal(&x));
    /// ```
    pub fn pixel_unshuffle | try_pixel_unshuffle(x: &Tensor, factor: usize) -> Tensor {
        let (front, [channels, height, width]) = image("pixel_unshuffle", x)?;
        if factor == 0 || !height.is_multiple_of(factor) || !width.is_multiple_of(factor) {
            return Err(shape_error!(
                "pixel_unshuffle: images of shape {} are not made of squares of {factor} times {factor}",
                x.size()
            ));
        }
        let (rows, columns) = (height / factor, width / factor);
        let apart = x.try_reshape(joined(&front, &[channels, rows, factor, columns, factor]))?;
        let first = front.len() as i64;
        let order = (0..first).chain([0, 2, 4, 1, 3].map(|dim| first + dim)).collect::<Vec<i64>>();
        apart.try_permute(order)?.try_reshape(joined(&front, &[channels * factor * factor, rows, columns]))
    }
}

/// The last three lengths, and those in front.
fn image(op: &str, x: &Tensor) -> Result<(Size, [usize; 3])> {
    let shape = &x.layout.shape;
    match shape[..] {
        [ref front @ .., channels, height, width] => Ok((Size::from(front), [channels, height, width])),
        _ => Err(shape_error!("{op}: needs images […, channels, height, width], not shape {}", x.size())),
    }
}

fn joined(front: &Size, rest: &[usize]) -> Vec<usize> {
    front.iter().chain(rest).copied().collect()
}
