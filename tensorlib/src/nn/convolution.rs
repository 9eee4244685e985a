//! Convolutional layers.

use super::forward::forward;
use super::{Module, Parameter, init};
use crate::create::empty;
use crate::create::random::Draws;
use crate::error::{Result, or_raise, value_error};
use crate::functional::{self as F, Conv, IntoPadding, Padding};
use crate::size::{IntoInts, Ints};
use crate::tensor::Tensor;

/// The options of all convolutional layers.
#[derive(Clone)]
struct Options {
    in_channels: usize,
    out_channels: usize,
    kernel_size: Vec<usize>,
    stride: Ints,
    padding: Padding,
    dilation: Ints,
    groups: usize,
    output_padding: Ints,
    has_bias: bool,
}

impl Options {
    #[track_caller]
    fn new(dims: usize, channels: [usize; 2], kernel: impl IntoInts) -> Options {
        let kernel = kernel.into_ints();
        let one = |given: i64| match usize::try_from(given) {
            Ok(length) if length > 0 => length,
            _ => panic!("Conv{dims}d: kernel size {:?} must be 1 or more", &kernel[..]),
        };
        let kernel_size: Vec<usize> = match kernel[..] {
            [length] => vec![one(length); dims],
            _ if kernel.len() == dims => kernel.iter().map(|&length| one(length)).collect(),
            _ => panic!("Conv{dims}d: kernel size {:?} needs one number, or {dims}", &kernel[..]),
        };
        Options {
            in_channels: channels[0],
            out_channels: channels[1],
            kernel_size,
            stride: 1.into_ints(),
            padding: 0.into_padding(),
            dilation: 1.into_ints(),
            groups: 1,
            output_padding: 0.into_ints(),
            has_bias: true,
        }
    }

    fn check(&self, word: &str) -> Result<()> {
        let (inputs, outputs, groups) = (self.in_channels, self.out_channels, self.groups);
        if groups == 0 || !inputs.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
            return Err(value_error!(
                "{word}: {groups} groups must divide {inputs} input and {outputs} output channels"
            ));
        }
        Ok(())
    }

    fn drawn(&self, is_transposed: bool) -> (Parameter, Option<Parameter>) {
        let (inputs, outputs) = (self.in_channels, self.out_channels);
        let channels = if is_transposed { [inputs, outputs / self.groups] } else { [outputs, inputs / self.groups] };
        let shape: Vec<usize> = channels.into_iter().chain(self.kernel_size.iter().copied()).collect();
        let weight = Parameter::new(empty(&shape[..]));
        let bias = self.has_bias.then(|| Parameter::new(empty([outputs])));
        init::affine(&weight, bias.as_deref());
        (weight, bias)
    }

    fn text(&self, is_transposed: bool) -> String {
        let dims = self.kernel_size.len();
        let lengths = |given: &[i64]| match given {
            [one] => vec![one.to_string(); dims].join(", "),
            all => all.iter().map(i64::to_string).collect::<Vec<_>>().join(", "),
        };
        let tuple = |text: String| if dims == 1 { format!("({text},)") } else { format!("({text})") };
        let kernel: Vec<i64> = self.kernel_size.iter().map(|&length| length as i64).collect();
        let mut text = format!(
            "{}, {}, kernel_size={}, stride={}",
            self.in_channels,
            self.out_channels,
            tuple(lengths(&kernel)),
            tuple(lengths(&self.stride))
        );
        match &self.padding {
            Padding::Lengths(given) if given.iter().all(|&length| length == 0) => {}
            Padding::Lengths(given) => text += &format!(", padding={}", tuple(lengths(given))),
            Padding::Same => text += ", padding=same",
            Padding::Unknown(name) => text += &format!(", padding={name}"),
        }
        if self.dilation.iter().any(|&length| length != 1) {
            text += &format!(", dilation={}", tuple(lengths(&self.dilation)));
        }
        if is_transposed && self.output_padding.iter().any(|&length| length != 0) {
            text += &format!(", output_padding={}", tuple(lengths(&self.output_padding)));
        }
        if self.groups != 1 {
            text += &format!(", groups={}", self.groups);
        }
        if !self.has_bias {
            text += ", bias=false";
        }
        text
    }

    fn of_function<'a>(&self, bias: Option<&'a Tensor>, is_transposed: bool) -> Conv<'a> {
        let options = Conv::new()
            .stride(&self.stride[..])
            .padding(self.padding.clone())
            .dilation(&self.dilation[..])
            .groups(self.groups);
        let options = if is_transposed { options.output_padding(&self.output_padding[..]) } else { options };
        match bias {
            Some(bias) => options.bias(bias),
            None => options,
        }
    }
}

/// Declares the four layers.
macro_rules! convolutions {
    ($($(#[$doc:meta])* $name:ident: $dims:literal, $transposed:literal, $function:ident, $($output_padding:ident)?;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Module)]
        #[module(extra_repr = Self::text)]
        pub struct $name {
            /// The kernels.
            pub weight: Parameter,
            /// A number for each output channel, if there are such.
            pub bias: Option<Parameter>,
            #[module(skip)]
            options: Options,
            #[module(skip)]
            draws: Draws,
        }

        impl $name {
            /// A layer with stride 1, no padding, dilation 1, one group and a bias.
            ///
            /// # Panics
            /// If the kernel's size is not one number or one for each dimension, or less than 1.
            #[track_caller]
            pub fn new(in_channels: usize, out_channels: usize, kernel_size: impl IntoInts) -> $name {
                let options = Options::new($dims, [in_channels, out_channels], kernel_size);
                let ((weight, bias), draws) = Draws::of(|| options.drawn($transposed));
                $name { weight, bias, options, draws }
            }

            /// By how much the kernel moves, one number or one for each dimension.
            #[must_use = "this gives the layer"]
            pub fn stride(mut self, stride: impl IntoInts) -> $name {
                self.options.stride = stride.into_ints();
                self
            }

            /// How many zeros stand on each side of the input: numbers, or `"same"` for a result as long as the input.
            #[must_use = "this gives the layer"]
            pub fn padding(mut self, padding: impl IntoPadding) -> $name {
                self.options.padding = padding.into_padding();
                self
            }

            /// How far apart the elements are that the kernel reads.
            #[must_use = "this gives the layer"]
            pub fn dilation(mut self, dilation: impl IntoInts) -> $name {
                self.options.dilation = dilation.into_ints();
                self
            }

            /// The number of groups into which the channels are divided. Each has its own kernels, so that the weight
            /// is smaller.
            ///
            /// # Panics
            /// If the groups do not divide the channels.
            #[must_use = "this gives the layer"]
            #[track_caller]
            pub fn groups(mut self, groups: usize) -> $name {
                self.options.groups = groups;
                or_raise(self.options.check(stringify!($name)));
                self.again()
            }

            /// With or without a bias. The layer's weights are drawn again.
            #[must_use = "this gives the layer"]
            pub fn bias(mut self, has_bias: bool) -> $name {
                self.options.has_bias = has_bias;
                self.again()
            }

            fn again(mut self) -> $name {
                (self.weight, self.bias) = self.draws.again(|| self.options.drawn($transposed));
                self
            }

            $(
                /// How much longer the result is on one side, which the stride leaves open.
                #[must_use = "this gives the layer"]
                pub fn $output_padding(mut self, output_padding: impl IntoInts) -> $name {
                    self.options.output_padding = output_padding.into_ints();
                    self
                }
            )?

            fn text(&self) -> String {
                self.options.text($transposed)
            }
        }

        forward! {
            $name: |layer, x| F::$function(x, &layer.weight, layer.options.of_function(layer.bias.as_deref(), $transposed));
        }
    )* };
}

convolutions! {
    /// Filters that slide over sequences.
    ///
    /// | | shape |
    /// |---|---|
    /// | input | `[batch, in_channels, length]` |
    /// | `weight` | `[out_channels, in_channels / groups, kernel_size]` |
    /// | `bias` | `[out_channels]` |
    /// | result | `[batch, out_channels, …]` |
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let layer = nn::Conv1d::new(4, 8, 3).padding(1);
    /// assert_eq!(layer.forward(&zeros([2, 4, 10])).size(), [2, 8, 10]);
    /// ```
    Conv1d: 1, false, try_conv1d_with,;

    /// Filters that slide over images. LeCun et al., *Gradient-based learning applied to document recognition*, 1998.
    ///
    /// | | shape |
    /// |---|---|
    /// | input | `[batch, in_channels, height, width]` |
    /// | `weight` | `[out_channels, in_channels / groups, kernel height, kernel width]` |
    /// | `bias` | `[out_channels]` |
    /// | result | `[batch, out_channels, …, …]` |
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let layer = nn::Conv2d::new(1, 6, 5).padding(2);
    /// assert_eq!(layer.forward(&zeros([8, 1, 28, 28])).size(), [8, 6, 28, 28]);
    /// assert_eq!(layer.to_string(), "Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))");
    /// ```
    Conv2d: 2, false, try_conv2d_with,;

    /// The computation that a [`Conv1d`] applies to gradients, as a layer: it makes sequences longer.
    ///
    /// | | shape |
    /// |---|---|
    /// | input | `[batch, in_channels, length]` |
    /// | `weight` | `[in_channels, out_channels / groups, kernel_size]` |
    /// | `bias` | `[out_channels]` |
    /// | result | `[batch, out_channels, …]` |
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let layer = nn::ConvTranspose1d::new(4, 2, 2).stride(2);
    /// assert_eq!(layer.forward(&zeros([1, 4, 5])).size(), [1, 2, 10]);
    /// ```
    ConvTranspose1d: 1, true, try_conv_transpose1d_with, output_padding;

    /// The computation that a [`Conv2d`] applies to gradients, as a layer: it makes images larger. Zeiler et al.,
    /// *Deconvolutional networks*, 2010.
    ///
    /// | | shape |
    /// |---|---|
    /// | input | `[batch, in_channels, height, width]` |
    /// | `weight` | `[in_channels, out_channels / groups, kernel height, kernel width]` |
    /// | `bias` | `[out_channels]` |
    /// | result | `[batch, out_channels, …, …]` |
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let layer = nn::ConvTranspose2d::new(6, 1, 2).stride(2);
    /// assert_eq!(layer.forward(&zeros([1, 6, 14, 14])).size(), [1, 1, 28, 28]);
    /// ```
    ConvTranspose2d: 2, true, try_conv_transpose2d_with, output_padding;
}
