//! Values that were kept, back into a model.

use crate::autograd::no_grad;
use crate::error::{Result, shape_error, value_error};
use crate::io::StateDict;
use crate::tensor::Tensor;

/// How many names a sentence lists; a model may have hundreds.
const MOST_NAMES: usize = 6;

/// The names that [`load_state_dict_partly`](super::Module::load_state_dict_partly) left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Names of the model that the state does not have: their values are what they were.
    pub missing_keys: Vec<String>,
    /// Names of the state that the model does not have.
    pub unexpected_keys: Vec<String>,
}

type Named = [(String, Tensor)];

fn compared(model: &Named, state: &StateDict) -> Loaded {
    let known: std::collections::HashSet<&str> = model.iter().map(|(name, _)| name.as_str()).collect();
    Loaded {
        missing_keys: model
            .iter()
            .filter(|(name, _)| !state.contains_key(name))
            .map(|(name, _)| name.clone())
            .collect(),
        unexpected_keys: state.keys().filter(|name| !known.contains(name)).map(str::to_owned).collect(),
    }
}

pub(super) fn load_whole(model: &Named, state: &StateDict) -> Result<()> {
    let compared = compared(model, state);
    let sentences: Vec<String> =
        [("the state lacks", &compared.missing_keys), ("the model has no", &compared.unexpected_keys)]
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(what, names)| format!("{what} {}", listed(names.iter().map(|name| format!("{name:?}")))))
            .collect();
    if !sentences.is_empty() {
        return Err(value_error!(
            "load_state_dict: {}; build the model as it was when it was saved, or load what both have with load_state_dict_partly",
            sentences.join(", and ")
        ));
    }
    copy(model, state)
}

pub(super) fn load_partly(model: &Named, state: &StateDict) -> Result<Loaded> {
    copy(model, state)?;
    Ok(compared(model, state))
}

/// Copies what both have. Everything is checked before anything is changed.
fn copy(model: &Named, state: &StateDict) -> Result<()> {
    let pairs: Vec<_> = model.iter().filter_map(|(name, to)| Some((name, to, state.get(name)?))).collect();
    let mut others = pairs.iter().filter(|(_, to, from)| to.layout.shape != from.layout.shape).peekable();
    if others.peek().is_some() {
        let words = others.enumerate().map(|(number, (name, to, from))| match number {
            0 => format!("{name:?} has shape {} in the state and {} in the model", from.size(), to.size()),
            _ => format!("{name:?} {} and {}", from.size(), to.size()),
        });
        return Err(shape_error!(
            "load_state_dict: {}; build the model with the sizes it was saved with",
            listed(words)
        ));
    }
    no_grad(|| pairs.into_iter().try_for_each(|(_, to, from)| to.try_copy_(from).map(drop)))
}

fn listed(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    let more = words.len().saturating_sub(MOST_NAMES);
    let shown = words[..words.len() - more].join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}
