//! Parameters that are treated alike.

use crate::shape::IntoTensors;
use crate::tensor::Tensor;

/// What an optimiser takes as parameters: a `Vec<Tensor>`, as [`parameters`](crate::nn::Module::parameters) gives it, or
/// tensors in an array, slice or tuple, as in `[&w, &b]`.
#[diagnostic::on_unimplemented(
    message = "an optimiser takes parameters, not `{Self}`",
    label = "no tensors",
    note = "of a model give `model.parameters()`, which leaves the model where it is; of single tensors `[&w, &b]`"
)]
pub trait IntoParameters {
    /// Handles on the parameters.
    fn into_parameters(self) -> Vec<Tensor>;
}

impl<T: IntoTensors> IntoParameters for T {
    fn into_parameters(self) -> Vec<Tensor> {
        self.into_tensors()
    }
}

/// Options that a group may set itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Own {
    pub weight_decay: Option<f64>,
    pub momentum: Option<f64>,
    pub betas: Option<(f64, f64)>,
    pub eps: Option<f64>,
}

/// Parameters that are treated alike; see [`group()`].
pub struct Group {
    pub(super) parameters: Vec<Tensor>,
    pub(super) lr: f64,
    pub(super) own: Own,
}

/// Parameters with a separate learning rate, for the optimisers' `with_groups`. Options that are not set here are those
/// of the optimiser.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let (features, head) = (nn::Linear::new(8, 4), nn::Linear::new(4, 2));
/// let optimizer = optim::Adam::with_groups([
///     optim::group(features.parameters(), 1e-4),
///     optim::group(head.parameters(), 1e-3).weight_decay(0.01),
/// ]);
/// assert_eq!(optimizer.lrs(), [1e-4, 1e-3]);
/// ```
pub fn group(parameters: impl IntoParameters, lr: f64) -> Group {
    Group { parameters: parameters.into_parameters(), lr, own: Own::default() }
}

impl Group {
    /// The decay of these parameters.
    #[must_use = "this gives the group"]
    pub fn weight_decay(mut self, weight_decay: f64) -> Group {
        self.own.weight_decay = Some(weight_decay);
        self
    }

    /// The momentum of these parameters.
    #[must_use = "this gives the group"]
    pub fn momentum(mut self, momentum: f64) -> Group {
        self.own.momentum = Some(momentum);
        self
    }

    /// The rates of these parameters at which means forget.
    #[must_use = "this gives the group"]
    pub fn betas(mut self, beta1: f64, beta2: f64) -> Group {
        self.own.betas = Some((beta1, beta2));
        self
    }

    /// The number added to the divisors of these parameters.
    #[must_use = "this gives the group"]
    pub fn eps(mut self, eps: f64) -> Group {
        self.own.eps = Some(eps);
        self
    }
}

/// A value that can be given as groups: an array or a vector of [`group()`]s.
pub trait IntoGroups {
    /// The groups.
    fn into_groups(self) -> Vec<Group>;
}

impl<const N: usize> IntoGroups for [Group; N] {
    fn into_groups(self) -> Vec<Group> {
        self.into()
    }
}

impl IntoGroups for Vec<Group> {
    fn into_groups(self) -> Vec<Group> {
        self
    }
}
