//! Layers that make images and sequences smaller.

use super::Module;
use super::forward::forward;
use crate::functional::{self as F, AvgPool, MaxPool};
use crate::size::{IntoInts, Ints};

fn text(given: &Ints) -> String {
    match given[..] {
        [one] => one.to_string(),
        _ => format!("{:?}", &given[..]),
    }
}

/// Declares layers with a window and options of a function.
macro_rules! windows {
    ($($(#[$doc:meta])* $name:ident: $options:ident, $function:ident { $($(#[$option_doc:meta])* $option:ident: $($ty:ty)? $(=> $into:ident)?),* };)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Module)]
            #[module(extra_repr = Self::text)]
            pub struct $name {
                #[module(skip)]
                kernel_size: Ints,
                #[module(skip)]
                options: $options,
                #[module(skip)]
                words: String,
            }

            impl $name {
                /// Windows of this size, one number or one for each dimension, which lie side by side.
                pub fn new(kernel_size: impl IntoInts) -> $name {
                    $name { kernel_size: kernel_size.into_ints(), options: $options::new(), words: String::new() }
                }

                $(windows! { @option $(#[$option_doc])* $name $option $($ty)? $(=> $into)? })*

                fn text(&self) -> String {
                    format!("kernel_size={}{}", text(&self.kernel_size), self.words)
                }
            }
        )*

        forward! { $($name: |layer, x| F::$function(x, &layer.kernel_size[..], layer.options.clone());)* }
    };
    (@option $(#[$doc:meta])* $name:ident $option:ident => ints) => {
        $(#[$doc])*
        #[must_use = "this gives the layer"]
        pub fn $option(mut self, $option: impl IntoInts) -> $name {
            let given = $option.into_ints();
            self.words += &format!(", {}={}", stringify!($option), text(&given));
            self.options = self.options.$option(&given[..]);
            self
        }
    };
    (@option $(#[$doc:meta])* $name:ident $option:ident $ty:ty) => {
        $(#[$doc])*
        #[must_use = "this gives the layer"]
        pub fn $option(mut self, $option: $ty) -> $name {
            self.words += &format!(", {}={}", stringify!($option), $option);
            self.options = self.options.$option($option);
            self
        }
    };
}

windows! {
    /// The largest element of each window of a sequence.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::MaxPool1d::new(2).forward(&zeros([1, 4, 10])).size(), [1, 4, 5]);
    /// ```
    MaxPool1d: MaxPool, try_max_pool1d_with {
        /// How far apart windows are; by default their size.
        stride: => ints,
        /// How many places stand on each side that are never the largest.
        padding: => ints,
        /// How far apart the elements of a window are.
        dilation: => ints,
        /// Whether a last window that reaches beyond the end counts.
        ceil_mode: bool
    };

    /// The largest element of each window of an image.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::MaxPool2d::new(2).forward(&zeros([8, 6, 28, 28])).size(), [8, 6, 14, 14]);
    /// ```
    MaxPool2d: MaxPool, try_max_pool2d_with {
        /// How far apart windows are; by default their size.
        stride: => ints,
        /// How many places stand on each side that are never the largest.
        padding: => ints,
        /// How far apart the elements of a window are.
        dilation: => ints,
        /// Whether a last window that reaches beyond the end counts.
        ceil_mode: bool
    };

    /// The mean of each window of a sequence.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::AvgPool1d::new(2).forward(&tensor![[[1.0, 3.0]]]).item::<f32>(), 2.0);
    /// ```
    AvgPool1d: AvgPool, try_avg_pool1d_with {
        /// How far apart windows are; by default their size.
        stride: => ints,
        /// How many zeros stand on each side.
        padding: => ints,
        /// Whether a last window that reaches beyond the end counts.
        ceil_mode: bool,
        /// Whether the zeros of the padding count in the mean; they do by default.
        count_include_pad: bool
    };

    /// The mean of each window of an image.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::AvgPool2d::new(7).forward(&zeros([8, 64, 7, 7])).size(), [8, 64, 1, 1]);
    /// ```
    AvgPool2d: AvgPool, try_avg_pool2d_with {
        /// How far apart windows are; by default their size.
        stride: => ints,
        /// How many zeros stand on each side.
        padding: => ints,
        /// Whether a last window that reaches beyond the end counts.
        ceil_mode: bool,
        /// Whether the zeros of the padding count in the mean; they do by default.
        count_include_pad: bool
    };
}

/// Declares layers whose windows follow from the size of the result.
macro_rules! adaptive {
    ($($(#[$doc:meta])* $name:ident: $function:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Module)]
            #[module(extra_repr = Self::text)]
            pub struct $name {
                #[module(skip)]
                output_size: Ints,
            }

            impl $name {
                /// A result of this size, one number or one for each dimension.
                pub fn new(output_size: impl IntoInts) -> $name {
                    $name { output_size: output_size.into_ints() }
                }

                fn text(&self) -> String {
                    format!("output_size={}", text(&self.output_size))
                }
            }
        )*

        forward! { $($name: |layer, x| F::$function(x, &layer.output_size[..]);)* }
    };
}

adaptive! {
    /// Means of a sequence, as many as are asked for, however long it is.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::AdaptiveAvgPool1d::new(4).forward(&zeros([1, 3, 10])).size(), [1, 3, 4]);
    /// ```
    AdaptiveAvgPool1d: try_adaptive_avg_pool1d;

    /// Means of an image, as many as are asked for, however large it is. With 1, the mean of each channel.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::AdaptiveAvgPool2d::new(1).forward(&zeros([8, 64, 9, 7])).size(), [8, 64, 1, 1]);
    /// ```
    AdaptiveAvgPool2d: try_adaptive_avg_pool2d;

    /// Largest elements of a sequence, as many as are asked for, however long it is.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::AdaptiveMaxPool1d::new(4).forward(&zeros([1, 3, 10])).size(), [1, 3, 4]);
    /// ```
    AdaptiveMaxPool1d: try_adaptive_max_pool1d;

    /// Largest elements of an image, as many as are asked for, however large it is.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::AdaptiveMaxPool2d::new((2, 3)).forward(&zeros([8, 4, 9, 7])).size(), [8, 4, 2, 3]);
    /// ```
    AdaptiveMaxPool2d: try_adaptive_max_pool2d;
}
