//! A table of vectors.

use super::forward::forward;
use super::{Module, Parameter, init};
use crate::autograd::no_grad;
use crate::create::empty;
use crate::functional as F;
use crate::operand::IntoOperand;

/// A learned vector for each symbol: whole numbers become rows of a table.
///
/// | | shape |
/// |---|---|
/// | input | whole numbers of any shape |
/// | `weight` | `[num_embeddings, embedding_dim]` |
/// | result | that of the input, and `embedding_dim` |
///
/// ```
/// use tensorlib::prelude::*;
///
/// let layer = nn::Embedding::new(28, 32);
/// assert_eq!(layer.forward(&tensor![[1, 5, 27]]).size(), [1, 3, 32]);
/// ```
#[derive(Clone, Module)]
#[module(extra_repr = Self::text)]
pub struct Embedding {
    /// The table, from the standard normal distribution at first.
    pub weight: Parameter,
    padding_idx: Option<i64>,
}

impl Embedding {
    /// A table of `num_embeddings` rows of `embedding_dim` numbers.
    pub fn new(num_embeddings: usize, embedding_dim: usize) -> Embedding {
        let weight = Parameter::new(init::normal_(&empty([num_embeddings, embedding_dim]), 0.0, 1.0));
        Embedding { weight, padding_idx: None }
    }

    /// A table with these rows, which are frozen unless `requires_grad_(true)` is said: PyTorch's `from_pretrained`.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let layer = nn::Embedding::from_pretrained([[0.0, 0.5], [1.0, 1.5]]);
    /// assert_eq!(layer.forward(&tensor![1]).to_vec::<f32>(), [1.0, 1.5]);
    /// ```
    ///
    /// # Panics
    /// If the rows are no matrix of floating-point numbers.
    #[track_caller]
    pub fn from_pretrained<'a>(rows: impl IntoOperand<'a>) -> Embedding {
        let weight = Parameter::new(rows);
        assert!(weight.ndim() == 2, "Embedding: a table needs shape [rows, features], not {}", weight.size());
        weight.requires_grad_(false);
        Embedding { weight, padding_idx: None }
    }

    /// A row that stands for nothing: it is zero at first and gets no gradient. Negative numbers count from the end.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use = "this gives the layer"]
    #[track_caller]
    pub fn padding_idx(mut self, row: i64) -> Embedding {
        let count = self.weight.layout.shape[0] as i64;
        assert!((-count..count).contains(&row), "Embedding: padding_idx {row} is no row of a table of {count}");
        no_grad(|| self.weight.i(row).fill_(0));
        self.padding_idx = Some(row);
        self
    }

    fn text(&self) -> String {
        let shape = self.weight.size();
        let padding = self.padding_idx.map_or(String::new(), |row| format!(", padding_idx={row}"));
        format!("{}, {}{padding}", shape[0], shape[1])
    }
}

forward! {
    Embedding: |layer, x| match layer.padding_idx {
        Some(row) => F::try_embedding_with(x, &layer.weight, F::Embedding::new().padding_idx(row)),
        None => F::try_embedding(x, &layer.weight),
    };
}
