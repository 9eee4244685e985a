//! Layers that leave something out while a model is trained.

use super::forward::forward;
use super::hints::is_trained;
use super::{Module, Training};
use crate::functional as F;

macro_rules! dropouts {
    ($($(#[$doc:meta])* $name:ident: $function:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Module)]
            #[module(extra_repr = Self::text)]
            pub struct $name {
                p: f64,
                training: Training,
            }

            impl $name {
                /// A layer that leaves out a share of `p`.
                ///
                /// # Panics
                /// If `p` is not from 0 to 1.
                #[track_caller]
                pub fn new(p: f64) -> $name {
                    let name = stringify!($name);
                    assert!((0.0..=1.0).contains(&p), "{name}: the share that is left out must be from 0 to 1, not {p}");
                    $name { p, training: Training::default() }
                }

                fn text(&self) -> String {
                    format!("p={}", self.p)
                }
            }

            impl Default for $name {
                /// Half is left out.
                fn default() -> $name {
                    $name::new(0.5)
                }
            }
        )*

        forward! { $($name: |layer, x| if is_trained(stringify!($name), &layer.training) { F::$function(x, layer.p) } else { Ok(x.alias()) };)* }
    };
}

dropouts! {
    /// In training each element is 0 with probability `p`, and the others are divided by `1 - p`; in evaluation nothing changes.
    /// Srivastava et al., *Dropout*, 2014.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let layer = nn::Dropout::new(0.2);
    /// assert!(layer.forward(&ones([100])).eq(0).any().item::<bool>());
    /// layer.eval();
    /// assert!(layer.forward(&ones([100])).equal(ones([100])));
    /// ```
    Dropout: try_dropout;

    /// [`Dropout`] of whole channels of sequences `[batch, channels, length]`.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::Dropout1d::new(0.5).forward(&ones([2, 3, 4])).size(), [2, 3, 4]);
    /// ```
    Dropout1d: try_dropout1d;

    /// [`Dropout`] of whole channels of images `[batch, channels, height, width]`. Tompson et al., 2015.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::Dropout2d::new(0.5).forward(&ones([2, 3, 4, 4])).size(), [2, 3, 4, 4]);
    /// ```
    Dropout2d: try_dropout2d;

    /// [`Dropout`] that keeps mean and variance, for networks of [`SELU`](super::SELU). Klambauer et al., 2017.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::AlphaDropout::new(0.1).forward(&randn([2, 3])).size(), [2, 3]);
    /// ```
    AlphaDropout: try_alpha_dropout;
}
