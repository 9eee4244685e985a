//! The modules of a model in a list, for pictures.

use super::found::joined;
use super::module::{Module, Visitor};
use super::parameter::Parameter;
use super::trace;
use crate::tensor::Tensor;

/// A module of a model, or the model itself.
pub(crate) struct Part {
    /// The fields that lead to it; the model itself has no name.
    pub name: String,
    /// The word by which it is printed, and what stands in its parentheses.
    pub word: String,
    pub options: String,
    pub address: Option<usize>,
    /// Its own parameters, without those of the modules in it.
    pub own: Vec<(String, Tensor)>,
    /// The number of all its parameters.
    pub parameters: usize,
    /// Whether there are modules in it.
    pub is_outer: bool,
}

impl Part {
    fn of(name: String, module: &dyn Module) -> Part {
        Part {
            name,
            word: module.name().to_owned(),
            options: module.extra_repr(),
            address: trace::address(module),
            own: Vec::new(),
            parameters: module.num_parameters(),
            is_outer: false,
        }
    }

    /// Whether this module is inside another one.
    pub fn is_in(&self, outer: &Part) -> bool {
        let rest = self.name.strip_prefix(&outer.name);
        outer.name.is_empty() || rest.is_some_and(|rest| rest.starts_with('.'))
    }

    /// The parameter of this name, without those of parts.
    pub fn parameter(&self, name: &str) -> Option<&Tensor> {
        self.own.iter().find(|(other, _)| other == name).map(|(_, parameter)| parameter)
    }
}

struct Parts {
    all: Vec<Part>,
    /// The number of the part whose fields are shown.
    at: usize,
}

impl Visitor for Parts {
    fn parameter(&mut self, name: &str, parameter: &Parameter) {
        self.all[self.at].own.push((name.to_owned(), parameter.alias()));
    }

    fn module(&mut self, name: &str, module: &dyn Module) {
        self.all[self.at].is_outer = true;
        let path = joined(&self.all[self.at].name, name);
        let outer = std::mem::replace(&mut self.at, self.all.len());
        self.all.push(Part::of(path, module));
        module.visit(self);
        self.at = outer;
    }
}

/// A model and all modules in it, each before those in it, in the order of the fields.
pub(crate) fn parts(model: &(impl Module + ?Sized)) -> Vec<Part> {
    let root = Part {
        name: String::new(),
        word: model.name().to_owned(),
        options: model.extra_repr(),
        address: None,
        own: Vec::new(),
        parameters: model.num_parameters(),
        is_outer: false,
    };
    let mut parts = Parts { all: vec![root], at: 0 };
    model.visit(&mut parts);
    parts.all
}
