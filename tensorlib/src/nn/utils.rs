//! Operations on all parameters of a model at once: PyTorch's `torch.nn.utils`.

use crate::autograd::no_grad;
use crate::create::scalar;
use crate::error::{fallible, shape_error, value_error};
use crate::shape::{IntoTensors, try_cat};
use crate::tensor::Tensor;

/// The gradients that parameters have.
fn gradients(parameters: &[Tensor]) -> Vec<Tensor> {
    parameters.iter().filter_map(|parameter| parameter.try_grad().ok()).collect()
}

fallible! {
    /// Makes the gradients smaller, all by the same factor, if their norm, taken together, is more than `max_norm`; gives the
    /// norm that they had. Pascanu, Mikolov and Bengio, *On the difficulty of training recurrent neural networks*, 2013.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let w = tensor![3.0, 4.0].requires_grad_(true);
    /// (&w * &w / 2).sum().backward();
    /// assert_eq!(nn::utils::clip_grad_norm_([&w], 1.0).item::<f32>(), 5.0);
    /// assert!(w.grad().allclose_within([0.6, 0.8], 1e-5, 0.0));
    /// ```
    pub fn clip_grad_norm_ | try_clip_grad_norm_(parameters: impl IntoTensors, max_norm: f64) -> Tensor {
        let op = "clip_grad_norm_";
        if max_norm < 0.0 || max_norm.is_nan() {
            return Err(value_error!("{op}: the norm must be 0 or more, not {max_norm}"));
        }
        let gradients = gradients(&parameters.into_tensors());
        no_grad(|| {
            let squares: f64 = gradients.iter().map(|gradient| gradient.norm().item::<f64>().powi(2)).sum();
            let norm = squares.sqrt();
            // The small number is PyTorch's.
            let factor = max_norm / (norm + 1e-6);
            if factor < 1.0 {
                for gradient in &gradients {
                    gradient.try_mul_(factor)?;
                }
            }
            Ok(scalar(norm).float())
        })
    }

    /// Brings each number of the gradients between `-limit` and `limit`.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let w = tensor![3.0, -0.5].requires_grad_(true);
    /// (&w * &w / 2).sum().backward();
    /// nn::utils::clip_grad_value_([&w], 1.0);
    /// assert_eq!(w.grad().to_vec::<f32>(), [1.0, -0.5]);
    /// ```
    pub fn clip_grad_value_ | try_clip_grad_value_(parameters: impl IntoTensors, limit: f64) -> () {
        if limit < 0.0 || limit.is_nan() {
            return Err(value_error!("clip_grad_value_: the limit must be 0 or more, not {limit}"));
        }
        no_grad(|| gradients(&parameters.into_tensors()).iter().try_for_each(|gradient| gradient.try_clamp_(-limit, limit).map(drop)))
    }

    /// The norm of all these tensors, taken together: of gradients, to see how large they are.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// assert_eq!(nn::utils::get_total_norm([tensor![3.0], tensor![4.0]]).item::<f32>(), 5.0);
    /// ```
    pub fn get_total_norm | try_get_total_norm(tensors: impl IntoTensors) -> Tensor {
        let squares: f64 = tensors.into_tensors().iter().map(|tensor| tensor.detach().norm().item::<f64>().powi(2)).sum();
        Ok(scalar(squares.sqrt()).float())
    }

    /// All parameters in one vector, one after the other.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let model = nn::Linear::new(3, 2);
    /// assert_eq!(nn::utils::parameters_to_vector(model.parameters()).size(), [8]);
    /// ```
    pub fn parameters_to_vector | try_parameters_to_vector(parameters: impl IntoTensors) -> Tensor {
        let lines: Vec<Tensor> = parameters.into_tensors().iter().map(Tensor::flatten).collect();
        try_cat(lines)
    }

    /// The reverse of [`parameters_to_vector`]: copies the numbers of a vector into parameters.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let (model, other) = (nn::Linear::new(3, 2), nn::Linear::new(3, 2));
    /// nn::utils::vector_to_parameters(&nn::utils::parameters_to_vector(model.parameters()), other.parameters());
    /// assert!(model.weight.equal(&other.weight));
    /// ```
    pub fn vector_to_parameters | try_vector_to_parameters(vector: &Tensor, parameters: impl IntoTensors) -> () {
        let parameters = parameters.into_tensors();
        let count: usize = parameters.iter().map(Tensor::numel).sum();
        if vector.ndim() != 1 || vector.numel() != count {
            return Err(shape_error!(
                "vector_to_parameters: {count} parameters need a vector of shape [{count}], not {}",
                vector.size()
            ));
        }
        no_grad(|| {
            let mut from = 0;
            for parameter in &parameters {
                let part = vector.try_narrow(0, from, parameter.numel())?;
                parameter.try_copy_(part.try_reshape(parameter.size())?)?;
                from += parameter.numel();
            }
            Ok(())
        })
    }
}
