//! Conversions of the tensors that were found in a model.
//!
//! The methods of [`Module`](super::Module) are compiled for each type of model, also in a notebook's cells; what they do is
//! here, compiled once.

use crate::device::Device;
use crate::error::Result;
use crate::io::StateDict;
use crate::tensor::Tensor;

/// The name of a field inside a module that has a name itself, or none.
pub(super) fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Each tensor once, with the first of its names: modules may share parameters.
pub(super) fn once(tensors: Vec<(String, Tensor)>) -> Vec<(String, Tensor)> {
    let mut seen = std::collections::HashSet::new();
    tensors.into_iter().filter(|(_, tensor)| seen.insert(std::sync::Arc::as_ptr(&tensor.storage))).collect()
}

pub(super) fn without_names(tensors: Vec<(String, Tensor)>) -> Vec<Tensor> {
    tensors.into_iter().map(|(_, tensor)| tensor).collect()
}

pub(super) fn named(tensors: Vec<(String, Tensor)>, name: &str) -> Option<Tensor> {
    tensors.into_iter().find(|(other, _)| other == name).map(|(_, tensor)| tensor)
}

pub(super) fn numel(tensors: &[Tensor]) -> usize {
    tensors.iter().map(Tensor::numel).sum()
}

pub(super) fn zero_grad(parameters: &[Tensor]) {
    parameters.iter().for_each(Tensor::zero_grad);
}

pub(super) fn requires_grad_(parameters: &[Tensor], required: bool) {
    for parameter in parameters {
        parameter.requires_grad_(required);
    }
}

pub(super) fn state(tensors: Vec<(String, Tensor)>) -> StateDict {
    tensors.into_iter().collect()
}

/// Whether modules can be on a device. The processor is the only one there is, and everything is there already: what remains
/// is to refuse others.
pub(super) fn reaches(device: Device) -> Result<()> {
    crate::create::zeros([0]).try_to(device).map(drop)
}
