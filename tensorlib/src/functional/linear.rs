//! The linear layer.

use crate::autograd::record::{Saved, record, records, unrecorded};
use crate::backend::backend_of;
use crate::dim_vec::DimVec;
use crate::error::{Result, fallible, shape_error};
use crate::layout::Layout;
use crate::linalg::same_type;
use crate::size::checked_numel;
use crate::tensor::Tensor;

/// Refuses operands that do not fit. The weight has two dimensions.
fn fit(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<()> {
    let op = "linear";
    same_type(op, x, weight)?;
    let (outputs, inputs) = (weight.layout.shape[0], weight.layout.shape[1]);
    match x.layout.shape.last() {
        None => {
            return Err(shape_error!("{op}: needs an input […, {inputs}], not one number; use * for numbers"));
        }
        Some(&last) if last != inputs => return Err(does_not_take(x, weight, last, inputs)),
        Some(_) => {}
    }
    let Some(bias) = bias else { return Ok(()) };
    same_type(op, x, bias)?;
    match bias.layout.shape[..] == [outputs] {
        true => Ok(()),
        false => Err(shape_error!("{op}: the bias needs shape [{outputs}], not {}", bias.size())),
    }
}

/// Says what the weight takes, and how an image, or a batch of images, becomes that.
fn does_not_take(x: &Tensor, weight: &Tensor, last: usize, inputs: usize) -> crate::Error {
    let shape = &x.layout.shape[..];
    let hint = if shape.len() > 2 && shape[1..].iter().product::<usize>() == inputs {
        "; an image needs flatten_dims(1, -1) first"
    } else if shape.len() > 1 && x.numel() == inputs {
        "; an image needs flatten() first"
    } else if weight.layout.shape[0] == last {
        "; the weight has shape [out, in]"
    } else {
        ""
    };
    shape_error!(
        "linear: the input's last dimension is {last}, but the weight of shape {} takes {inputs}{hint}",
        weight.size()
    )
}

/// The same elements as a matrix, whose rows are the last dimension.
fn as_rows(x: &Tensor) -> Tensor {
    let last = x.layout.shape[x.ndim() - 1];
    // Of no elements, a length of -1 would say nothing.
    let rows: usize = x.layout.shape[..x.ndim() - 1].iter().product();
    if x.ndim() == 2 { x.alias() } else { x.reshape([rows, last]) }
}

/// Of a weight that has two dimensions, and operands that fit.
fn product(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let op = "linear";
    let mut shape = x.layout.shape.clone();
    let last = shape.len() - 1;
    shape[last] = weight.layout.shape[0];
    checked_numel(op, &shape)?;
    let operands = [x, weight, bias.unwrap_or(weight)];
    let rows = unrecorded(|| as_rows(x));
    let bias = bias.map(Tensor::elements);
    let values = backend_of(op, &operands)?.linear(rows.elements(), weight.elements(), bias);
    Ok(Tensor::from_storage(values, Layout::contiguous(shape)))
}

/// The name of the node: PyTorch's, where PyTorch has one node as well.
fn name(x: &Tensor, bias: Option<&Tensor>) -> &'static str {
    match (x.ndim(), bias) {
        (2, Some(_)) => "AddmmBackward0",
        (2, None) => "MmBackward0",
        _ => "LinearBackward0",
    }
}

fn recorded(result: Tensor, x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
    // Each of the two is needed for the gradient of the other.
    let kept_x = weight.has_history().then(|| Saved::operand(x));
    let kept_weight = x.has_history().then(|| Saved::operand(weight));
    let shape: DimVec<usize> = x.layout.shape.clone();
    let operands = [x, weight, bias.unwrap_or(weight)];
    let operands = &operands[..if bias.is_some() { 3 } else { 2 }];
    record(result, name(x, bias), operands, move |pass, gradient| {
        let gradient = as_rows(&gradient);
        if let Some(weight) = &kept_weight {
            let weight = pass.get(weight)?;
            pass.give(0, || {
                let by_x = gradient.matmul(&weight);
                if shape.len() == 2 { by_x } else { by_x.view(&shape[..]) }
            });
        }
        if let Some(x) = &kept_x {
            let x = pass.get(x)?;
            pass.give(1, || gradient.t().matmul(as_rows(&x)));
        }
        pass.give(2, || gradient.sum_dim(0));
        Ok(())
    })
}

fn transformed(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    match weight.ndim() {
        2 => {}
        1 => {
            let bias = bias.map(|bias| if bias.ndim() == 0 { bias.unsqueeze(0) } else { bias.alias() });
            return transformed(x, &weight.unsqueeze(0), bias.as_ref())?.try_squeeze_dim(-1);
        }
        _ => return Err(shape_error!("linear: needs a weight [out, in], not shape {}", weight.size())),
    }
    fit(x, weight, bias)?;
    let result = product(x, weight, bias)?;
    let is_recorded = records(&[x, weight]) || bias.is_some_and(|bias| records(&[bias]));
    Ok(if is_recorded { recorded(result, x, weight, bias) } else { result })
}

fallible! {
    /// A linear layer: the product with the transpose of a weight, plus a bias for each output.
    ///
    /// | | shape |
    /// |---|---|
    /// | `x` | `[…, in]` |
    /// | `weight` | `[out, in]`, or `[in]` for one output |
    /// | `bias` | `[out]`, or `None` |
    /// | result | `[…, out]` |
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let (x, weight, bias) = (tensor![[1.0, 2.0], [3.0, 4.0]], tensor![[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]], tensor![0.0, 0.5, 1.0]);
    /// assert_eq!(F::linear(&x, &weight, &bias).to_vec::<f32>(), [1.0, 3.5, 5.0, 3.0, 7.5, 9.0]);
    /// assert_eq!(F::linear(&x, &weight, None).to_vec::<f32>(), [1.0, 3.0, 4.0, 3.0, 7.0, 8.0]);
    /// assert_eq!(
    ///     F::try_linear(&zeros([64, 1, 28, 28]), &zeros([128, 784]), None).unwrap_err().to_string(),
    ///     "linear: the input's last dimension is 28, but the weight of shape [128, 784] takes 784; an image needs \
    ///      flatten_dims(1, -1) first"
    /// );
    /// ```
    ///
    /// The bias may be that of a field `Option<Tensor>`, too: `F::linear(&x, &self.weight, &self.bias)`.
    pub fn linear | try_linear<'a>(x: &Tensor, weight: &Tensor, bias: impl Into<Option<&'a Tensor>>) -> Tensor {
        transformed(x, weight, bias.into())
    }
}
