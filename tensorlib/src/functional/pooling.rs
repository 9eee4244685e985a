//! The largest element, or the mean, of windows.

use std::sync::Arc;

use super::{each, floating, ints};
use crate::autograd::record::{record_linear, records};
use crate::backend::geometry::{Places, Span, Windows};
use crate::dim_vec::DimVec;
use crate::dtype::DType;
use crate::error::{Result, fallible, shape_error, value_error};
use crate::layout::Layout;
use crate::op::Direction;
use crate::size::{IntoInts, Ints};
use crate::tensor::Tensor;

/// How options are kept that are a number for each dimension, or not given.
type Lengths = Option<Ints>;

/// The options of [`max_pool1d_with`], [`max_pool2d_with`] and [`max_pool2d_with_indices`].
#[derive(Clone)]
#[must_use = "options do nothing by themselves"]
pub struct MaxPool {
    stride: Lengths,
    padding: Ints,
    dilation: Ints,
    ceil_mode: bool,
}

impl Default for MaxPool {
    fn default() -> Self {
        MaxPool { stride: None, padding: ints(0), dilation: ints(1), ceil_mode: false }
    }
}

impl MaxPool {
    /// A stride as long as the window, no padding, dilation 1.
    pub fn new() -> MaxPool {
        MaxPool::default()
    }

    /// By how many positions the window moves; by default its length.
    pub fn stride(mut self, stride: impl IntoInts) -> MaxPool {
        self.stride = Some(ints(stride));
        self
    }

    /// How many elements less than all others stand on each side; 0 by default, at most half the window.
    pub fn padding(mut self, padding: impl IntoInts) -> MaxPool {
        self.padding = ints(padding);
        self
    }

    /// How far apart the elements are that a window takes; 1 by default.
    pub fn dilation(mut self, dilation: impl IntoInts) -> MaxPool {
        self.dilation = ints(dilation);
        self
    }

    /// Whether a last window may reach beyond the end; `false` by default.
    pub fn ceil_mode(mut self, ceil_mode: bool) -> MaxPool {
        self.ceil_mode = ceil_mode;
        self
    }
}

/// The options of [`avg_pool1d_with`] and [`avg_pool2d_with`].
#[derive(Clone)]
#[must_use = "options do nothing by themselves"]
pub struct AvgPool {
    stride: Lengths,
    padding: Ints,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: Option<f64>,
}

impl Default for AvgPool {
    fn default() -> Self {
        AvgPool { stride: None, padding: ints(0), ceil_mode: false, count_include_pad: true, divisor_override: None }
    }
}

impl AvgPool {
    /// A stride as long as the window, no padding.
    pub fn new() -> AvgPool {
        AvgPool::default()
    }

    /// By how many positions the window moves; by default its length.
    pub fn stride(mut self, stride: impl IntoInts) -> AvgPool {
        self.stride = Some(ints(stride));
        self
    }

    /// How many zeros stand on each side; 0 by default, at most half the window.
    pub fn padding(mut self, padding: impl IntoInts) -> AvgPool {
        self.padding = ints(padding);
        self
    }

    /// Whether a last window may reach beyond the end; `false` by default.
    pub fn ceil_mode(mut self, ceil_mode: bool) -> AvgPool {
        self.ceil_mode = ceil_mode;
        self
    }

    /// Whether padding counts as elements; `true` by default.
    pub fn count_include_pad(mut self, count: bool) -> AvgPool {
        self.count_include_pad = count;
        self
    }

    /// The divisor of a window's sum, instead of the number of its elements.
    pub fn divisor_override(mut self, divisor: impl Into<f64>) -> AvgPool {
        self.divisor_override = Some(divisor.into());
        self
    }
}

/// Windows along one dimension.
struct Dimension {
    kernel: usize,
    stride: usize,
    padding: usize,
    dilation: usize,
    ceil: bool,
    /// Whether padding counts.
    with_padding: bool,
}

impl Dimension {
    fn spans(&self, op: &str, x: &Tensor, length: usize) -> Result<Vec<Span>> {
        let &Dimension { kernel, stride, padding, dilation, .. } = self;
        if 2 * padding > kernel {
            return Err(value_error!("{op}: a padding of {padding} is more than half the window's length of {kernel}"));
        }
        let seen = (kernel - 1) * dilation + 1;
        let room = (length + 2 * padding).checked_sub(seen).filter(|_| length > 0).ok_or_else(|| {
            shape_error!(
                "{op}: windows that span {seen} do not fit into an input of shape {} with padding {padding}",
                x.size()
            )
        })?;
        let mut count = if self.ceil { room.div_ceil(stride) } else { room / stride } + 1;
        // The last window begins inside.
        if self.ceil && (count - 1) * stride >= length + padding {
            count -= 1;
        }
        let span = |number: usize| {
            let begin = number * stride;
            // With the padding, which precedes the first element.
            let whole = (begin + seen).min(length + 2 * padding) - begin;
            let mut start = begin;
            while start < padding {
                start += dilation;
            }
            let (start, end) = (start - padding, (begin + seen).min(length + padding) - padding);
            let counted = if self.with_padding { whole } else { end - start };
            Span { start, end, step: dilation, counted }
        };
        Ok((0..count).map(span).collect())
    }
}

/// Windows that divide a dimension into `count` parts.
fn adaptive(length: usize, count: usize) -> Vec<Span> {
    let span = |number: usize| {
        let (start, end) = (number * length / count, ((number + 1) * length).div_ceil(count));
        Span { start, end, step: 1, counted: end - start }
    };
    (0..count).map(span).collect()
}

/// The input as images, checked; the last `N` lengths.
fn images<const N: usize>(op: &str, x: &Tensor) -> Result<[usize; N]> {
    floating(op, &[x])?;
    if x.ndim() != N + 1 && x.ndim() != N + 2 {
        let axes = if N == 1 { "length" } else { "height, width" };
        return Err(shape_error!("{op}: needs an input [batch, channels, {axes}], not shape {}", x.size()));
    }
    let lengths: [usize; N] = std::array::from_fn(|dim| x.layout.shape[x.ndim() - N + dim]);
    if lengths.contains(&0) {
        return Err(shape_error!("{op}: an input of shape {} has no elements to take", x.size()));
    }
    Ok(lengths)
}

/// Windows of two dimensions; of one, images have one row.
fn windows<const N: usize>(lengths: [usize; N], mut spans: [Vec<Span>; N], divisor: Option<f64>) -> Windows {
    let columns = std::mem::take(&mut spans[N - 1]);
    let whole = Span { start: 0, end: 1, step: 1, counted: 1 };
    let rows = if N == 1 { vec![whole] } else { std::mem::take(&mut spans[0]) };
    Windows { height: if N == 1 { 1 } else { lengths[0] }, width: lengths[N - 1], rows, columns, divisor }
}

/// The shape of the result: that of `x` with other lengths at the end.
fn pooled<const N: usize>(x: &Tensor, windows: &Windows) -> DimVec<usize> {
    let mut shape = x.layout.shape.clone();
    let rank = shape.len();
    shape[rank - 1] = windows.columns.len();
    if N == 2 {
        shape[rank - 2] = windows.rows.len();
    }
    shape
}

/// The positions at which a maximum found its elements.
struct Found {
    places: Places,
    input: DimVec<usize>,
    output: DimVec<usize>,
    name: &'static str,
}

/// Values taken from where the largest were, or added there: each the other's transpose.
fn moved(x: &Tensor, found: &Arc<Found>, way: Direction) -> Tensor {
    let shape = match way {
        Direction::Forward => &found.output,
        Direction::Transposed => &found.input,
    };
    let values = x.backend().at_places(way, x.elements(), &found.places);
    let result = Tensor::from_storage(values, Layout::contiguous(shape.clone()));
    if !records(&[x]) {
        return result;
    }
    let kept = found.clone();
    record_linear(result, found.name, &[x], move |pass, gradient| {
        pass.give(0, || moved(&gradient, &kept, way.back()));
        Ok(())
    })
}

fn largest<const N: usize>(x: &Tensor, windows: &Windows, name: &'static str) -> (Tensor, Arc<Found>) {
    let shape = pooled::<N>(x, windows);
    let (values, of_outputs) = x.backend().max_pool(x.elements(), windows);
    let result = Tensor::from_storage(values, Layout::contiguous(shape.clone()));
    let places = Places { of_outputs, area: windows.area(), outputs: windows.outputs() };
    let found = Arc::new(Found { places, input: x.layout.shape.clone(), output: shape, name });
    if !records(&[x]) {
        return (result, found);
    }
    let kept = found.clone();
    let result = record_linear(result, name, &[x], move |pass, gradient| {
        pass.give(0, || moved(&gradient, &kept, Direction::Transposed));
        Ok(())
    });
    (result, found)
}

/// The places as a tensor.
fn indices(found: &Found) -> Tensor {
    let places = Tensor::from_storage(found.places.of_outputs.clone(), Layout::contiguous(found.output.clone()));
    places.to(DType::I64)
}

/// Means of windows, or values spread over windows: each the other's transpose.
fn averaged(
    x: &Tensor,
    windows: &Arc<Windows>,
    shapes: [&DimVec<usize>; 2],
    name: &'static str,
    way: Direction,
) -> Tensor {
    let [input, output] = shapes.map(DimVec::clone);
    let shape = match way {
        Direction::Forward => &output,
        Direction::Transposed => &input,
    };
    let values = x.backend().mean_pool(way, x.elements(), windows);
    let result = Tensor::from_storage(values, Layout::contiguous(shape.clone()));
    if !records(&[x]) {
        return result;
    }
    let windows = windows.clone();
    record_linear(result, name, &[x], move |pass, gradient| {
        pass.give(0, || averaged(&gradient, &windows, [&input, &output], name, way.back()));
        Ok(())
    })
}

fn mean<const N: usize>(x: &Tensor, windows: Windows, name: &'static str) -> Tensor {
    let shape = pooled::<N>(x, &windows);
    averaged(x, &Arc::new(windows), [&x.layout.shape, &shape], name, Direction::Forward)
}

fn max_windows<const N: usize>(op: &str, x: &Tensor, kernel: Ints, options: &MaxPool) -> Result<Windows> {
    let lengths = images::<N>(op, x)?;
    let kernel = each::<N>(op, "the window", &kernel, 1)?;
    let stride =
        options.stride.as_ref().map(|stride| each::<N>(op, "stride", stride, 1)).transpose()?.unwrap_or(kernel);
    let padding = each::<N>(op, "padding", &options.padding, 0)?;
    let dilation = each::<N>(op, "dilation", &options.dilation, 1)?;
    let mut spans = [const { Vec::new() }; N];
    for dim in 0..N {
        let dimension = Dimension {
            kernel: kernel[dim],
            stride: stride[dim],
            padding: padding[dim],
            dilation: dilation[dim],
            ceil: options.ceil_mode,
            with_padding: true,
        };
        spans[dim] = dimension.spans(op, x, lengths[dim])?;
    }
    Ok(windows(lengths, spans, None))
}

fn max_pool<const N: usize>(op: &str, x: &Tensor, kernel: Ints, options: &MaxPool) -> Result<(Tensor, Arc<Found>)> {
    let windows = max_windows::<N>(op, x, kernel, options)?;
    let name = if N == 1 { "MaxPool1DWithIndicesBackward0" } else { "MaxPool2DWithIndicesBackward0" };
    Ok(largest::<N>(x, &windows, name))
}

fn avg_pool<const N: usize>(op: &str, x: &Tensor, kernel: Ints, options: &AvgPool) -> Result<Tensor> {
    let lengths = images::<N>(op, x)?;
    let kernel = each::<N>(op, "the window", &kernel, 1)?;
    let stride =
        options.stride.as_ref().map(|stride| each::<N>(op, "stride", stride, 1)).transpose()?.unwrap_or(kernel);
    let padding = each::<N>(op, "padding", &options.padding, 0)?;
    if options.divisor_override == Some(0.0) {
        return Err(value_error!("{op}: divisor_override must not be 0"));
    }
    let mut spans = [const { Vec::new() }; N];
    for dim in 0..N {
        let dimension = Dimension {
            kernel: kernel[dim],
            stride: stride[dim],
            padding: padding[dim],
            dilation: 1,
            ceil: options.ceil_mode,
            with_padding: options.count_include_pad,
        };
        spans[dim] = dimension.spans(op, x, lengths[dim])?;
    }
    let name = if N == 1 { "AvgPool1DBackward0" } else { "AvgPool2DBackward0" };
    Ok(mean::<N>(x, windows(lengths, spans, options.divisor_override), name))
}

fn adaptive_windows<const N: usize>(op: &str, x: &Tensor, output: Ints) -> Result<Windows> {
    let lengths = images::<N>(op, x)?;
    let output = each::<N>(op, "the size of the result", &output, 1)?;
    Ok(windows(lengths, std::array::from_fn(|dim| adaptive(lengths[dim], output[dim])), None))
}

fallible! {
    /// The largest element of each window of `kernel` elements, which moves by its own length.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[batch, channels, length]`, or `[channels, length]` |
    /// | result | `[batch, channels, length / kernel]` |
    ///
    /// NaN wins; elements that fill no window are left out.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert_eq!(F::max_pool1d(&tensor![[1.0, 3.0, 2.0, 0.0]], 2).to_vec::<f32>(), [3.0, 2.0]);
    /// ```
    pub fn max_pool1d | try_max_pool1d(x: &Tensor, kernel: impl IntoInts) -> Tensor {
        Ok(max_pool::<1>("max_pool1d", x, ints(kernel), &MaxPool::new())?.0)
    }

    /// [`max_pool1d`] with options.
    pub fn max_pool1d_with | try_max_pool1d_with(x: &Tensor, kernel: impl IntoInts, options: MaxPool) -> Tensor {
        Ok(max_pool::<1>("max_pool1d", x, ints(kernel), &options)?.0)
    }

    /// [`max_pool1d`] with options, and where in its row each element was found, as `i64`.
    pub fn max_pool1d_with_indices | try_max_pool1d_with_indices(x: &Tensor, kernel: impl IntoInts, options: MaxPool) -> (Tensor, Tensor) {
        let (values, places) = max_pool::<1>("max_pool1d", x, ints(kernel), &options)?;
        Ok((values, indices(&places)))
    }

    /// The largest element of each window of `kernel` rows and columns, which moves by its own length.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[batch, channels, height, width]`, or `[channels, height, width]` |
    /// | result | `[batch, channels, height / kernel, width / kernel]` |
    ///
    /// NaN wins; elements that fill no window are left out.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let x = arange(16).float().view([1, 4, 4]);
    /// assert_eq!(F::max_pool2d(&x, 2).to_vec::<f32>(), [5.0, 7.0, 13.0, 15.0]);
    /// assert_eq!(
    ///     F::try_max_pool2d(&x, 5).unwrap_err().to_string(),
    ///     "max_pool2d: windows that span 5 do not fit into an input of shape [1, 4, 4] with padding 0"
    /// );
    /// ```
    pub fn max_pool2d | try_max_pool2d(x: &Tensor, kernel: impl IntoInts) -> Tensor {
        Ok(max_pool::<2>("max_pool2d", x, ints(kernel), &MaxPool::new())?.0)
    }

    /// [`max_pool2d`] with options.
    ///
    /// ```
    /// # use tensorlib::{functional::{self as F, MaxPool}, prelude::*};
    /// let x = arange(16).float().view([1, 4, 4]);
    /// assert_eq!(F::max_pool2d_with(&x, 3, MaxPool::new().stride(2).padding(1)).to_vec::<f32>(), [5.0, 7.0, 13.0, 15.0]);
    /// ```
    pub fn max_pool2d_with | try_max_pool2d_with(x: &Tensor, kernel: impl IntoInts, options: MaxPool) -> Tensor {
        Ok(max_pool::<2>("max_pool2d", x, ints(kernel), &options)?.0)
    }

    /// [`max_pool2d`] with options, and where in its image each element was found, row by row, as `i64`.
    ///
    /// ```
    /// # use tensorlib::{functional::{self as F, MaxPool}, prelude::*};
    /// let (values, places) = F::max_pool2d_with_indices(&tensor![[[1.0, 3.0], [2.0, 0.0]]], 2, MaxPool::new());
    /// assert_eq!((values.item::<f32>(), places.item::<i64>()), (3.0, 1));
    /// ```
    pub fn max_pool2d_with_indices | try_max_pool2d_with_indices(x: &Tensor, kernel: impl IntoInts, options: MaxPool) -> (Tensor, Tensor) {
        let (values, places) = max_pool::<2>("max_pool2d", x, ints(kernel), &options)?;
        Ok((values, indices(&places)))
    }

    /// The mean of each window of `kernel` elements, which moves by its own length.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[batch, channels, length]`, or `[channels, length]` |
    /// | result | `[batch, channels, length / kernel]` |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert_eq!(F::avg_pool1d(&tensor![[1.0, 3.0, 2.0, 0.0]], 2).to_vec::<f32>(), [2.0, 1.0]);
    /// ```
    pub fn avg_pool1d | try_avg_pool1d(x: &Tensor, kernel: impl IntoInts) -> Tensor {
        avg_pool::<1>("avg_pool1d", x, ints(kernel), &AvgPool::new())
    }

    /// [`avg_pool1d`] with options.
    pub fn avg_pool1d_with | try_avg_pool1d_with(x: &Tensor, kernel: impl IntoInts, options: AvgPool) -> Tensor {
        avg_pool::<1>("avg_pool1d", x, ints(kernel), &options)
    }

    /// The mean of each window of `kernel` rows and columns, which moves by its own length.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[batch, channels, height, width]`, or `[channels, height, width]` |
    /// | result | `[batch, channels, height / kernel, width / kernel]` |
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// let x = arange(16).float().view([1, 4, 4]);
    /// assert_eq!(F::avg_pool2d(&x, 2).to_vec::<f32>(), [2.5, 4.5, 10.5, 12.5]);
    /// ```
    pub fn avg_pool2d | try_avg_pool2d(x: &Tensor, kernel: impl IntoInts) -> Tensor {
        avg_pool::<2>("avg_pool2d", x, ints(kernel), &AvgPool::new())
    }

    /// [`avg_pool2d`] with options.
    ///
    /// ```
    /// # use tensorlib::{functional::{self as F, AvgPool}, prelude::*};
    /// let options = AvgPool::new().stride(2).padding(1).count_include_pad(false);
    /// assert_eq!(F::avg_pool2d_with(&ones([1, 4, 4]), 3, options).to_vec::<f32>(), [1.0; 4]);
    /// ```
    pub fn avg_pool2d_with | try_avg_pool2d_with(x: &Tensor, kernel: impl IntoInts, options: AvgPool) -> Tensor {
        avg_pool::<2>("avg_pool2d", x, ints(kernel), &options)
    }

    /// The means of windows, whose number is the length of the result.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert_eq!(F::adaptive_avg_pool1d(&tensor![[1.0, 3.0, 2.0]], 2).to_vec::<f32>(), [2.0, 2.5]);
    /// ```
    pub fn adaptive_avg_pool1d | try_adaptive_avg_pool1d(x: &Tensor, output: impl IntoInts) -> Tensor {
        Ok(mean::<1>(x, adaptive_windows::<1>("adaptive_avg_pool1d", x, ints(output))?, "AdaptiveAvgPool1DBackward0"))
    }

    /// The means of windows, whose numbers are the rows and columns of the result: inputs of any size give a result of
    /// one size.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert_eq!(F::adaptive_avg_pool2d(&rand([2, 8, 7, 9]), 1).size(), [2, 8, 1, 1]);
    /// ```
    pub fn adaptive_avg_pool2d | try_adaptive_avg_pool2d(x: &Tensor, output: impl IntoInts) -> Tensor {
        Ok(mean::<2>(x, adaptive_windows::<2>("adaptive_avg_pool2d", x, ints(output))?, "AdaptiveAvgPool2DBackward0"))
    }

    /// The largest elements of windows, whose number is the length of the result.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert_eq!(F::adaptive_max_pool1d(&tensor![[1.0, 3.0, 2.0]], 2).to_vec::<f32>(), [3.0, 3.0]);
    /// ```
    pub fn adaptive_max_pool1d | try_adaptive_max_pool1d(x: &Tensor, output: impl IntoInts) -> Tensor {
        let windows = adaptive_windows::<1>("adaptive_max_pool1d", x, ints(output))?;
        Ok(largest::<1>(x, &windows, "AdaptiveMaxPool1DBackward0").0)
    }

    /// The largest elements of windows, whose numbers are the rows and columns of the result.
    ///
    /// ```
    /// # use tensorlib::{functional as F, prelude::*};
    /// assert_eq!(F::adaptive_max_pool2d(&rand([2, 8, 7, 9]), (3, 2)).size(), [2, 8, 3, 2]);
    /// ```
    pub fn adaptive_max_pool2d | try_adaptive_max_pool2d(x: &Tensor, output: impl IntoInts) -> Tensor {
        let windows = adaptive_windows::<2>("adaptive_max_pool2d", x, ints(output))?;
        Ok(largest::<2>(x, &windows, "AdaptiveMaxPool2DBackward0").0)
    }
}
