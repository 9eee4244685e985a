//! The ways through the modules of a model.
//!
//! The methods of [`Module`] are compiled for each type of model, also in a notebook's cells; what they do is here, compiled
//! once.

use super::module::{Module, Visitor};
use super::parameter::{Buffer, Parameter, Training};
use crate::device::Device;
use crate::error::Result;
use crate::io::StateDict;
use crate::tensor::Tensor;

/// Shows a visitor the fields of a module, whatever its type.
pub(super) type Visit<'a> = &'a dyn Fn(&mut dyn Visitor);

/// Which tensors are looked for.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Parameter,
    Buffer,
    /// Parameters, and the buffers that are kept.
    State,
}

/// The name of a field inside a module that has a name itself, or none.
pub(super) fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

struct Tensors {
    kind: Kind,
    path: String,
    found: Vec<(String, Tensor)>,
}

impl Visitor for Tensors {
    fn parameter(&mut self, name: &str, parameter: &Parameter) {
        if self.kind != Kind::Buffer {
            self.found.push((joined(&self.path, name), parameter.alias()));
        }
    }

    fn buffer(&mut self, name: &str, buffer: &Buffer) {
        let is_wanted = match self.kind {
            Kind::Parameter => false,
            Kind::Buffer => true,
            Kind::State => buffer.is_persistent(),
        };
        if is_wanted {
            self.found.push((joined(&self.path, name), buffer.alias()));
        }
    }

    fn module(&mut self, name: &str, module: &dyn Module) {
        let path = joined(&self.path, name);
        let outer = std::mem::replace(&mut self.path, path);
        module.visit(self);
        self.path = outer;
    }
}

/// All tensors of a kind, with their names.
pub(super) fn tensors(visit: Visit, kind: Kind) -> Vec<(String, Tensor)> {
    let mut tensors = Tensors { kind, path: String::new(), found: Vec::new() };
    visit(&mut tensors);
    tensors.found
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

struct SetTraining(bool);

impl Visitor for SetTraining {
    fn training(&mut self, training: &Training) {
        training.set(self.0);
    }

    fn module(&mut self, _name: &str, module: &dyn Module) {
        module.visit(self);
    }
}

pub(super) fn set_training(visit: Visit, is_trained: bool) {
    visit(&mut SetTraining(is_trained));
}

/// The flags that were found.
#[derive(Default)]
struct Modes(Vec<bool>);

impl Visitor for Modes {
    fn training(&mut self, training: &Training) {
        self.0.push(training.get());
    }

    fn module(&mut self, _name: &str, module: &dyn Module) {
        module.visit(self);
    }
}

pub(super) fn is_training(visit: Visit) -> bool {
    let mut modes = Modes::default();
    visit(&mut modes);
    modes.0.is_empty() || modes.0.contains(&true)
}
