//! Convolutions and their transposes.

use std::sync::Arc;

use super::{each, floating, ints};
use crate::autograd::is_grad_enabled;
use crate::autograd::record::{Saved, record, records};
use crate::backend::backend_of;
use crate::backend::geometry::{ConvGeometry, NormPlanes};
use crate::dim_vec::DimVec;
use crate::error::{Result, count, fallible, shape_error, value_error};
use crate::layout::Layout;
use crate::op::ConvolutionOp;
use crate::size::{IntoInts, Ints, checked_numel};
use crate::tensor::Tensor;

/// Zeros around what a convolution reads: lengths, or a name.
#[derive(Clone)]
pub enum Padding {
    /// The number of elements before the first and after the last, one number for all dimensions or one for each.
    Lengths(Ints),
    /// As many as make the result as long as the input; where that is odd, one more after the last.
    Same,
    /// A name of no padding.
    Unknown(String),
}

/// A value that can be given as padding: a number, one for each dimension, or `"same"` or `"valid"`.
pub trait IntoPadding {
    /// The padding.
    fn into_padding(self) -> Padding;
}

impl<T: IntoInts> IntoPadding for T {
    fn into_padding(self) -> Padding {
        Padding::Lengths(self.into_ints())
    }
}

impl IntoPadding for &str {
    fn into_padding(self) -> Padding {
        match self {
            "same" => Padding::Same,
            "valid" => Padding::Lengths(0.into_ints()),
            name => Padding::Unknown(name.to_string()),
        }
    }
}

impl IntoPadding for Padding {
    fn into_padding(self) -> Padding {
        self
    }
}

/// The options of [`conv1d_with`], [`conv2d_with`] and their transposes. Where a length can be given for each dimension,
/// one number stands for all.
///
/// ```
/// use tensorlib::functional::{self as F, Conv};
/// use tensorlib::prelude::*;
///
/// let options = Conv::new().stride(2).padding((1, 2)).groups(4);
/// assert_eq!(F::conv2d_with(&zeros([1, 8, 9, 9]), &zeros([4, 2, 3, 3]), options).size(), [1, 4, 5, 6]);
/// ```
#[derive(Clone)]
#[must_use = "options do nothing by themselves"]
pub struct Conv<'a> {
    bias: Option<&'a Tensor>,
    stride: Ints,
    padding: Padding,
    dilation: Ints,
    groups: usize,
    output_padding: Ints,
}

impl Default for Conv<'_> {
    fn default() -> Self {
        Conv {
            bias: None,
            stride: ints(1),
            padding: Padding::Lengths(ints(0)),
            dilation: ints(1),
            groups: 1,
            output_padding: ints(0),
        }
    }
}

impl<'a> Conv<'a> {
    /// No bias, stride 1, no padding, dilation 1, one group.
    pub fn new() -> Conv<'a> {
        Conv::default()
    }

    /// A number for each output channel, shape `[out]`, that is added.
    pub fn bias(mut self, bias: &'a Tensor) -> Self {
        self.bias = Some(bias);
        self
    }

    /// By how much the kernel moves from one output to the next; 1 by default.
    pub fn stride(mut self, stride: impl IntoInts) -> Self {
        self.stride = ints(stride);
        self
    }

    /// How many zeros stand on each side of the input; 0 by default. `"same"` makes the result as long as the input.
    pub fn padding(mut self, padding: impl IntoPadding) -> Self {
        self.padding = padding.into_padding();
        self
    }

    /// How far apart the elements are that the kernel takes; 1 by default.
    pub fn dilation(mut self, dilation: impl IntoInts) -> Self {
        self.dilation = ints(dilation);
        self
    }

    /// Into how many groups channels are divided, each of which has its own kernels; 1 by default.
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    /// Of a transposed convolution: how much longer the result is on one side, which the stride leaves open; 0 by default.
    pub fn output_padding(mut self, output_padding: impl IntoInts) -> Self {
        self.output_padding = ints(output_padding);
        self
    }
}

/// One of the products, recorded. `shape` is that of the result.
fn product(
    op: ConvolutionOp,
    a: &Tensor,
    b: &Tensor,
    bias: Option<&Tensor>,
    g: &Arc<ConvGeometry>,
    shape: DimVec<usize>,
) -> Result<Tensor> {
    let backend = backend_of("convolution", &[a, b, bias.unwrap_or(b)])?;
    let values = backend.convolution(op, a.elements(), b.elements(), bias.map(Tensor::elements), g);
    let result = Tensor::from_storage(values, Layout::contiguous(shape));
    let operands = [a, b, bias.unwrap_or(b)];
    let operands = &operands[..if bias.is_some() { 3 } else { 2 }];
    if !records(operands) {
        return Ok(result);
    }
    let saved = [Saved::operand(a), Saved::operand(b)];
    let shapes = [a.layout.shape.clone(), b.layout.shape.clone()];
    let g = g.clone();
    Ok(record(result, "ConvolutionBackward0", operands, move |pass, gradient| {
        let [first, second] = shapes.clone();
        let product = |op, a: &Tensor, b: &Tensor, shape| product(op, a, b, None, &g, shape);
        if pass.wants(0) {
            let b = pass.get(&saved[1])?;
            let by_a = match op {
                ConvolutionOp::Values => product(ConvolutionOp::Transposed, &gradient, &b, first),
                ConvolutionOp::Transposed => product(ConvolutionOp::Values, &gradient, &b, first),
                ConvolutionOp::Weights => product(ConvolutionOp::Transposed, &b, &gradient, first),
            }?;
            pass.give(0, || by_a);
        }
        if pass.wants(1) {
            let a = pass.get(&saved[0])?;
            let by_b = match op {
                ConvolutionOp::Values => product(ConvolutionOp::Weights, &a, &gradient, second),
                ConvolutionOp::Transposed => product(ConvolutionOp::Weights, &gradient, &a, second),
                ConvolutionOp::Weights => product(ConvolutionOp::Values, &a, &gradient, second),
            }?;
            pass.give(1, || by_b);
        }
        pass.give(2, || if is_grad_enabled() { gradient.sum_dim([0, 2, 3]) } else { of_channels(&gradient) });
        Ok(())
    }))
}

/// The sum of each channel, which is the gradient of its bias.
fn of_channels(gradient: &Tensor) -> Tensor {
    let shape = &gradient.layout.shape;
    let g = NormPlanes { images: shape[0], channels: shape[1], inner: shape[2] * shape[3] };
    let values = gradient.backend().channel_sums(gradient.elements(), g);
    Tensor::from_storage(values, Layout::contiguous(DimVec::from_slice(&[g.channels])))
}

fn sizes(x: &[usize]) -> [usize; 2] {
    [x[x.len() - 2], x[x.len() - 1]]
}

/// Over `N` dimensions, of operands that may be those of one image, or of one dimension less than the kernels take.
fn convolution<const N: usize>(
    op: &str,
    x: &Tensor,
    weight: &Tensor,
    options: &Conv,
    is_transposed: bool,
) -> Result<Tensor> {
    let mut operands = vec![x, weight];
    operands.extend(options.bias);
    floating(op, &operands)?;
    let axes = if N == 1 { "length" } else { "height, width" };
    let kernel = if N == 1 { "size" } else { "size, size" };
    if weight.ndim() != N + 2 || (x.ndim() != N + 2 && x.ndim() != N + 1) {
        let (first, second) = if is_transposed { ("in", "out / groups") } else { ("out", "in / groups") };
        return Err(shape_error!(
            "{op}: needs an input [batch, in, {axes}] and a weight [{first}, {second}, {kernel}], not shapes {} and {}",
            x.size(),
            weight.size()
        ));
    }
    // Beside a batch of one, and with a first dimension of length 1.
    if x.ndim() == N + 1 {
        return convolution::<N>(op, &x.unsqueeze(0), weight, options, is_transposed)?.try_squeeze_dim(0);
    }
    let stride = each::<N>(op, "stride", &options.stride, 1)?;
    let dilation = each::<N>(op, "dilation", &options.dilation, 1)?;
    let after = each::<N>(op, "output_padding", &options.output_padding, 0)?;
    let (groups, channels) = (options.groups, x.layout.shape[1]);
    let per_group = weight.layout.shape[1];
    let filters = weight.layout.shape[0];
    let (inputs, outputs) = if is_transposed { (filters, groups * per_group) } else { (groups * per_group, filters) };
    if groups == 0 || channels != inputs || !filters.is_multiple_of(groups) || weight.layout.shape.contains(&0) {
        return Err(shape_error!(
            "{op}: an input of shape {} has {}, but a weight of shape {} with {} {}",
            x.size(),
            count(channels, "channel"),
            weight.size(),
            count(groups, "group"),
            match groups {
                0 => "takes none: groups must be 1 or more".to_string(),
                _ if weight.layout.shape.contains(&0) => "has no elements".to_string(),
                _ if channels != inputs => format!("takes {inputs}"),
                _ => format!("has {filters} filters, which {groups} does not divide"),
            }
        ));
    }
    if let Some(bias) = options.bias
        && bias.layout.shape[..] != [outputs]
    {
        return Err(shape_error!("{op}: the bias needs shape [{outputs}], not {}", bias.size()));
    }
    let size: [usize; N] = std::array::from_fn(|dim| weight.layout.shape[2 + dim]);
    let length: [usize; N] = std::array::from_fn(|dim| x.layout.shape[2 + dim]);
    let seen: [usize; N] = std::array::from_fn(|dim| (size[dim] - 1) * dilation[dim]);
    // Before the first and after the last.
    let padding: [(usize, usize); N] = match &options.padding {
        Padding::Lengths(lengths) => each::<N>(op, "padding", lengths, 0)?.map(|length| (length, length)),
        Padding::Same if is_transposed => {
            return Err(value_error!(
                "{op}: padding \"same\" is not defined for transposed convolutions; give a number"
            ));
        }
        Padding::Same if stride != [1; N] => {
            return Err(value_error!("{op}: padding \"same\" needs a stride of 1, not {stride:?}"));
        }
        Padding::Same => seen.map(|seen| (seen / 2, seen - seen / 2)),
        Padding::Unknown(name) => {
            return Err(value_error!("{op}: padding {name:?} is unknown; give \"same\", \"valid\" or numbers"));
        }
    };
    let mut result = [0; N];
    for dim in 0..N {
        let (before, behind) = padding[dim];
        if is_transposed {
            if after[dim] >= stride[dim].max(dilation[dim]) {
                return Err(value_error!(
                    "{op}: output_padding {after:?} must be less than the stride {stride:?} or the dilation {dilation:?}"
                ));
            }
            let whole = length[dim].saturating_sub(1) * stride[dim] + seen[dim] + 1 + after[dim];
            result[dim] = whole.checked_sub(before + behind).filter(|&length| length > 0).ok_or_else(|| {
                shape_error!(
                    "{op}: nothing is left of an input of shape {} and a weight of shape {} without a padding of {before}",
                    x.size(),
                    weight.size()
                )
            })?;
            continue;
        }
        if after[dim] != 0 {
            return Err(value_error!("{op}: output_padding is an option of transposed convolutions"));
        }
        let padded = length[dim] + before + behind;
        result[dim] = 1 + padded.checked_sub(seen[dim] + 1).ok_or_else(|| {
            shape_error!(
                "{op}: a kernel that spans {} does not fit into dimension {} of an input of shape {}, {padded} with padding",
                seen[dim] + 1,
                2 + dim,
                x.size()
            )
        })? / stride[dim];
    }
    // Kernels know two dimensions.
    let two = |lengths: [usize; N], missing: usize| if N == 1 { [missing, lengths[0]] } else { sizes(&lengths) };
    let (long, short) = (two(length, 1), two(result, 1));
    let geometry = ConvGeometry {
        images: x.layout.shape[0],
        groups,
        channels: if is_transposed { per_group } else { channels / groups },
        filters: filters / groups,
        input: if is_transposed { short } else { long },
        output: if is_transposed { long } else { short },
        kernel: two(size, 1),
        stride: two(stride, 1),
        padding: two(padding.map(|(before, _)| before), 0),
        dilation: two(dilation, 1),
    };
    let shape = DimVec::from_slice(&[x.layout.shape[0], outputs, short[0], short[1]]);
    checked_numel(op, &shape)?;
    let with_rows = |x: &Tensor| if N == 1 { x.unsqueeze(2) } else { x.alias() };
    let kind = if is_transposed { ConvolutionOp::Transposed } else { ConvolutionOp::Values };
    let made = product(kind, &with_rows(x), &with_rows(weight), options.bias, &Arc::new(geometry), shape)?;
    if N == 1 { made.try_squeeze_dim(2) } else { Ok(made) }
}

fallible! {
    /// Cross-correlation along one dimension: a kernel that moves along the input, for each output channel.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[batch, in, length]`, or `[in, length]` |
    /// | `weight` | `[out, in, size]` |
    /// | result | `[batch, out, length - size + 1]` |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let x = tensor![[[1.0, 2.0, 4.0, 8.0]]];
    /// assert_eq!(F::conv1d(&x, &tensor![[[-1.0, 1.0]]]).to_vec::<f32>(), [1.0, 2.0, 4.0]);
    /// ```
    pub fn conv1d | try_conv1d(x: &Tensor, weight: &Tensor) -> Tensor {
        convolution::<1>("conv1d", x, weight, &Conv::new(), false)
    }

    /// [`conv1d`] with options; with groups, the weight is `[out, in / groups, size]`.
    ///
    /// ```
    /// # use tensorlib::{functional::{self as F, Conv}, prelude::*};
    /// let x = tensor![[[1.0, 2.0, 4.0, 8.0]]];
    /// let y = F::conv1d_with(&x, &tensor![[[-1.0, 1.0]]], Conv::new().padding("same").bias(&tensor![10.0]));
    /// assert_eq!(y.to_vec::<f32>(), [11.0, 12.0, 14.0, 2.0]);
    /// ```
    pub fn conv1d_with | try_conv1d_with(x: &Tensor, weight: &Tensor, options: Conv<'_>) -> Tensor {
        convolution::<1>("conv1d", x, weight, &options, false)
    }

    /// Cross-correlation of images: a kernel that moves over each image, for each output channel.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[batch, in, height, width]`, or `[in, height, width]` |
    /// | `weight` | `[out, in, rows, columns]` |
    /// | result | `[batch, out, height - rows + 1, width - columns + 1]` |
    ///
    /// LeCun et al., *Gradient-Based Learning Applied to Document Recognition*, 1998.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let x = arange(9).float().view([1, 1, 3, 3]);
    /// assert_eq!(F::conv2d(&x, &ones([1, 1, 2, 2])).to_vec::<f32>(), [8.0, 12.0, 20.0, 24.0]);
    /// assert_eq!(
    ///     F::try_conv2d(&x, &ones([1, 3, 2, 2])).unwrap_err().to_string(),
    ///     "conv2d: an input of shape [1, 1, 3, 3] has 1 channel, but a weight of shape [1, 3, 2, 2] with 1 group takes 3"
    /// );
    /// ```
    pub fn conv2d | try_conv2d(x: &Tensor, weight: &Tensor) -> Tensor {
        convolution::<2>("conv2d", x, weight, &Conv::new(), false)
    }

    /// [`conv2d`] with options; with groups, the weight is `[out, in / groups, rows, columns]`.
    ///
    /// ```
    /// # use tensorlib::{functional::{self as F, Conv}, prelude::*};
    /// let x = zeros([4, 3, 32, 32]);
    /// let y = F::conv2d_with(&x, &zeros([8, 3, 3, 3]), Conv::new().bias(&ones([8])).stride(2).padding(1));
    /// assert_eq!(y.size(), [4, 8, 16, 16]);
    /// ```
    pub fn conv2d_with | try_conv2d_with(x: &Tensor, weight: &Tensor, options: Conv<'_>) -> Tensor {
        convolution::<2>("conv2d", x, weight, &options, false)
    }

    /// The transpose of [`conv1d`] as a function of its input: each element is spread over the kernel's length.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[batch, in, length]`, or `[in, length]` |
    /// | `weight` | `[in, out, size]` |
    /// | result | `[batch, out, length + size - 1]` |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let x = tensor![[[1.0, 2.0]]];
    /// assert_eq!(F::conv_transpose1d(&x, &tensor![[[1.0, 10.0]]]).to_vec::<f32>(), [1.0, 12.0, 20.0]);
    /// ```
    pub fn conv_transpose1d | try_conv_transpose1d(x: &Tensor, weight: &Tensor) -> Tensor {
        convolution::<1>("conv_transpose1d", x, weight, &Conv::new(), true)
    }

    /// [`conv_transpose1d`] with options; with groups, the weight is `[in, out / groups, size]`.
    ///
    /// ```
    /// # use tensorlib::{functional::{self as F, Conv}, prelude::*};
    /// let y = F::conv_transpose1d_with(&ones([1, 1, 3]), &ones([1, 1, 2]), Conv::new().stride(2).output_padding(1));
    /// assert_eq!(y.to_vec::<f32>(), [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
    /// ```
    pub fn conv_transpose1d_with | try_conv_transpose1d_with(x: &Tensor, weight: &Tensor, options: Conv<'_>) -> Tensor {
        convolution::<1>("conv_transpose1d", x, weight, &options, true)
    }

    /// The transpose of [`conv2d`] as a function of its input: each element is spread over the kernel's size.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[batch, in, height, width]`, or `[in, height, width]` |
    /// | `weight` | `[in, out, rows, columns]` |
    /// | result | `[batch, out, height + rows - 1, width + columns - 1]` |
    ///
    /// Zeiler et al., *Deconvolutional Networks*, 2010.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let x = tensor![[[[1.0, 2.0]]]];
    /// assert_eq!(F::conv_transpose2d(&x, &tensor![[[[1.0], [10.0]]]]).to_vec::<f32>(), [1.0, 2.0, 10.0, 20.0]);
    /// ```
    pub fn conv_transpose2d | try_conv_transpose2d(x: &Tensor, weight: &Tensor) -> Tensor {
        convolution::<2>("conv_transpose2d", x, weight, &Conv::new(), true)
    }

    /// [`conv_transpose2d`] with options; with groups, the weight is `[in, out / groups, rows, columns]`.
    ///
    /// ```
    /// # use tensorlib::{functional::{self as F, Conv}, prelude::*};
    /// let x = zeros([4, 8, 16, 16]);
    /// let options = Conv::new().stride(2).padding(1).output_padding(1);
    /// assert_eq!(F::conv_transpose2d_with(&x, &zeros([8, 3, 3, 3]), options).size(), [4, 3, 32, 32]);
    /// ```
    pub fn conv_transpose2d_with | try_conv_transpose2d_with(x: &Tensor, weight: &Tensor, options: Conv<'_>) -> Tensor {
        convolution::<2>("conv_transpose2d", x, weight, &options, true)
    }
}
