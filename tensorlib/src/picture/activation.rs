//! The activation functions that a drawn neuron can have.

/// What a neuron does with its weighted sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activation {
    /// `1 / (1 + e⁻ᶻ)`, between 0 and 1.
    #[default]
    Sigmoid,
    /// The hyperbolic tangent, between −1 and 1.
    Tanh,
    /// The positive part: `max(z, 0)`.
    Relu,
    /// 0 below zero and 1 from zero on: the perceptron's function.
    Step,
    /// The sum itself, as in linear regression.
    Identity,
}

impl Activation {
    /// The function's value.
    ///
    /// ```
    /// use tensorlib::picture::Activation;
    /// assert_eq!(Activation::Sigmoid.apply(0.0), 0.5);
    /// assert_eq!(Activation::Relu.apply(-3.0), 0.0);
    /// ```
    #[must_use]
    pub fn apply(self, z: f64) -> f64 {
        match self {
            Activation::Sigmoid => 1.0 / (1.0 + (-z).exp()),
            Activation::Tanh => z.tanh(),
            // `f64::max` would turn not-a-number into 0.
            Activation::Relu => {
                if z < 0.0 {
                    0.0
                } else {
                    z
                }
            }
            Activation::Step => {
                if z.is_nan() {
                    z
                } else {
                    f64::from(u8::from(z >= 0.0))
                }
            }
            Activation::Identity => z,
        }
    }

    /// The function's usual name, as below its graph.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Activation::Sigmoid => "sigmoid",
            Activation::Tanh => "tanh",
            Activation::Relu => "relu",
            Activation::Step => "step",
            Activation::Identity => "identity",
        }
    }

    /// The function's symbol in a formula.
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Activation::Sigmoid => "σ",
            Activation::Tanh => "tanh",
            Activation::Relu => "relu",
            Activation::Step => "step",
            Activation::Identity => "",
        }
    }

    /// The values that its small graph shows.
    pub(super) fn range(self) -> (f64, f64) {
        match self {
            Activation::Sigmoid | Activation::Step => (-0.1, 1.1),
            Activation::Tanh => (-1.15, 1.15),
            Activation::Relu => (-0.6, 4.0),
            Activation::Identity => (-4.0, 4.0),
        }
    }
}
