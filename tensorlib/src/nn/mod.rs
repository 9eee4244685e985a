//! Layers, losses and the models made of them: PyTorch's `torch.nn`.
//!
//! A [`Module`] has parameters; it is derived from the fields of a struct. What maps one tensor to one tensor also
//! implements [`Forward`], and can stand in [`sequential!`](crate::nn::sequential!). Options of layers and losses are methods:
//! `nn::Conv2d::new(1, 6, 5).padding(2)`.
//!
//! ```
//! use tensorlib::prelude::*;
//!
//! manual_seed(0);
//! let model = nn::sequential![nn::Linear::new(2, 16), nn::Tanh, nn::Linear::new(16, 1)];
//! let optimizer = optim::Adam::new(model.parameters(), 0.05);
//! let (x, y) = (tensor![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], tensor![[0.0], [1.0], [1.0], [0.0]]);
//! for _ in 0..100 {
//!     let loss = nn::BCEWithLogitsLoss::new().forward(&model.forward(&x), &y);
//!     optimizer.zero_grad();
//!     loss.backward();
//!     optimizer.step();
//! }
//! let answers = no_grad(|| model.forward(&x)).gt(0.0);
//! assert_eq!(answers.flatten().to_vec::<bool>(), [false, true, true, false]);
//! ```
//!
//! Layers draw their first values when they are made, and give them PyTorch's: after `manual_seed(0)`,
//! `nn::Linear::new(3, 2)` has the weights of PyTorch's `nn.Linear(3, 2)`. An option that changes what is drawn, such as
//! `bias(false)`, draws the layer anew from the same random numbers.

// Notebooks write down the types of variables by the path of their definition: these must be public.
#[doc(hidden)]
pub mod activation;
#[doc(hidden)]
pub mod attention;
#[doc(hidden)]
pub mod convolution;
#[doc(hidden)]
pub mod dropout;
#[doc(hidden)]
pub mod embedding;
mod field;
mod forward;
mod found;
mod hints;
pub mod init;
#[doc(hidden)]
pub mod linear;
#[doc(hidden)]
pub mod loss;
mod module;
#[doc(hidden)]
pub mod normalization;
#[doc(hidden)]
pub mod parameter;
pub(crate) mod parts;
#[doc(hidden)]
pub mod pooling;
#[doc(hidden)]
pub mod recurrent;
#[doc(hidden)]
pub mod sequential;
pub(crate) mod show;
#[doc(hidden)]
pub mod state;
#[doc(hidden)]
pub mod summary;
pub(crate) mod trace;
#[doc(hidden)]
pub mod transformer;
pub mod utils;

pub use activation::*;
pub use attention::{Attend, MultiheadAttention};
pub use convolution::*;
pub use dropout::*;
pub use embedding::*;
pub use field::Field;
pub use forward::{Forward, Layer};
pub use linear::*;
pub use loss::*;
pub use module::{Module, Visitor};
pub use normalization::*;
pub use parameter::{Buffer, Parameter, Training};
pub use pooling::*;
pub use recurrent::{GRU, GRUCell, LSTM, LSTMCell, RNN, RNNCell};
pub use sequential::{Lambda, ModuleDict, Sequential};
pub use show::{display, to_html, to_text};
pub use state::Loaded;
pub use summary::{Summary, summary, summary_with, try_summary};
pub use transformer::{FeedForward, TransformerEncoder, TransformerEncoderLayer};

pub use crate::__sequential as sequential;
pub use crate::functional;
pub use crate::functional::Reduction;
/// Derives [`Module`](trait@Module) from the fields of a struct or an enum.
pub use tensorlib_derive::Module;
