//! The operands of a recurrent layer.

use crate::op::Recurrence;
use crate::tensor::Tensor;

/// The operands of an operation, in order: input, weights, biases, states.
pub(super) struct Given {
    pub tensors: Vec<Tensor>,
    pub has_biases: bool,
    pub states: usize,
}

impl Given {
    pub fn x(&self) -> &Tensor {
        &self.tensors[0]
    }

    /// The input as a matrix.
    pub fn rows(&self, r: &Recurrence) -> Tensor {
        self.x().reshape([r.rows(), self.x().layout.shape[2]])
    }

    pub fn weights(&self) -> [&Tensor; 2] {
        [&self.tensors[1], &self.tensors[2]]
    }

    pub fn biases(&self) -> Option<[&Tensor; 2]> {
        self.has_biases.then(|| [&self.tensors[3], &self.tensors[4]])
    }

    /// Where the first state is among the operands.
    pub fn first_state(&self) -> usize {
        if self.has_biases { 5 } else { 3 }
    }

    pub fn states(&self) -> [Option<&Tensor>; 2] {
        std::array::from_fn(|state| (state < self.states).then(|| &self.tensors[self.first_state() + state]))
    }

    /// The same with other tensors.
    pub fn with(&self, tensors: Vec<Tensor>) -> Given {
        Given { tensors, ..*self }
    }
}
