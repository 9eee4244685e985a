//! From what a pickle tells and the storages beside it to tensors by name.

use std::collections::HashMap;

use super::pickle::{Id, Node, Pickle, Strided};
use super::stored::Stored;
use crate::create::scalar;
use crate::dim_vec::DimVec;
use crate::io::bytes::FileType;
use crate::io::state_dict::StateDict;
use crate::layout::Layout;
use crate::size::checked_numel;
use crate::tensor::Tensor;

/// Dictionaries inside dictionaries, at most. What refers to itself has no end.
const DEEPEST: usize = 32;

/// Storages by key, each once however many tensors are on it.
#[derive(Default)]
pub(super) struct Storages(HashMap<String, (FileType, Tensor)>);

impl Storages {
    pub fn add(&mut self, stored: Stored, content: &[u8]) -> Result<(), String> {
        let key = stored.key;
        match self.0.get(key) {
            Some((element, values)) if *element == stored.element && values.numel() == stored.numel => return Ok(()),
            Some(_) => return Err(format!("the storage {key} is described in two ways")),
            None => {}
        }
        let size = stored.bytes()?;
        if content.len() != size {
            return Err(format!("the storage {key} has {} bytes, not {size}", content.len()));
        }
        let values = stored.element.decode(&[stored.numel], content);
        self.0.insert(key.to_string(), (stored.element, values));
        Ok(())
    }

    /// A tensor on a storage.
    fn tensor(&self, stored: &Stored, strided: &Strided) -> Result<Tensor, String> {
        let (_, values) = self.0.get(stored.key).ok_or_else(|| format!("the storage {} is missing", stored.key))?;
        let Strided { offset, sizes, strides, .. } = strided;
        if sizes.len() != strides.len() {
            return Err("a tensor has not as many strides as dimensions".into());
        }
        let numel = checked_numel("shape", sizes).map_err(|error| error.to_string())?;
        if numel == 0 {
            return Ok(Tensor::from_storage(values.storage.clone(), Layout::contiguous(DimVec::from_slice(sizes))));
        }
        let last = sizes
            .iter()
            .zip(strides)
            .try_fold(*offset, |last, (size, stride)| last.checked_add((size - 1).checked_mul(*stride)?));
        if last.is_none_or(|last| last >= values.numel()) {
            return Err(format!(
                "a tensor lies outside its storage: shape {sizes:?} with strides {strides:?} from element {offset} of {}",
                values.numel()
            ));
        }
        let layout = Layout { shape: DimVec::from_slice(sizes), strides: DimVec::from_slice(strides), offset: *offset };
        Ok(Tensor::from_storage(values.storage.clone(), layout))
    }
}

/// The tensors of a pickle by name.
pub(super) fn state_dict(pickle: &Pickle, storages: &Storages) -> Result<StateDict, String> {
    let root = pickle.root();
    let held = match pickle.node(root) {
        Node::Dict(_) => {
            // Each thing is there once as a rule; its name may begin with that of what holds it.
            let room = pickle.length.saturating_mul(64).saturating_add(1 << 16);
            let mut walk = Walk { pickle, storages, state: StateDict::new(), things: pickle.length, letters: room };
            walk.visit(root, "", 0)?;
            return Ok(walk.state);
        }
        Node::Tensor(_) => "a tensor",
        Node::List(_) | Node::Tuple(_) => "a list",
        Node::Int(_) | Node::Float(_) | Node::Flag(_) => "a number",
        Node::Text(_) => "text",
        _ => "something else",
    };
    Err(format!("the file holds {held}, not a state dict; save model.state_dict() in PyTorch"))
}

/// The way through dictionaries and lists.
struct Walk<'a> {
    pickle: &'a Pickle<'a>,
    storages: &'a Storages,
    state: StateDict,
    /// How much may still be visited, and how many letters the names of that may have. What a pickle holds in several
    /// places is visited in each, which could be any number of times.
    things: usize,
    letters: usize,
}

impl Walk<'_> {
    fn visit(&mut self, id: Id, name: &str, depth: usize) -> Result<(), String> {
        if depth > DEEPEST {
            return Err("dictionaries or lists are nested too deep".into());
        }
        let spent = (self.things.checked_sub(1), self.letters.checked_sub(name.len()));
        let (Some(things), Some(letters)) = spent else { return Err("the pickle repeats itself too often".into()) };
        (self.things, self.letters) = (things, letters);
        let pickle = self.pickle;
        match pickle.node(id) {
            Node::Dict(entries) => entries.iter().try_for_each(|&(key, value)| match pickle.node(key) {
                Node::Text(key) => self.entry(value, name, key, depth),
                Node::Int(key) => self.entry(value, name, &key.to_string(), depth),
                _ => Ok(()),
            }),
            Node::List(items) | Node::Tuple(items) => items.iter().enumerate().try_for_each(|(place, &item)| {
                // Thousands of numbers in lists are options of optimisers and similar data.
                match pickle.node(item) {
                    Node::Int(_) | Node::Float(_) | Node::Flag(_) => Ok(()),
                    _ => self.entry(item, name, &place.to_string(), depth),
                }
            }),
            Node::Tensor(strided) => {
                let Node::Storage(stored) = pickle.node(strided.storage) else {
                    return Err(format!("{name} has no storage"));
                };
                let tensor = self.storages.tensor(stored, strided).map_err(|why| format!("{name}: {why}"))?;
                self.insert(name, tensor)
            }
            Node::Int(number) => self.insert(name, scalar(*number)),
            Node::Float(number) => self.insert(name, Tensor::from_values(vec![*number], DimVec::new())),
            Node::Flag(flag) => self.insert(name, scalar(*flag)),
            _ => Ok(()),
        }
    }

    fn entry(&mut self, id: Id, within: &str, key: &str, depth: usize) -> Result<(), String> {
        if within.is_empty() {
            return self.visit(id, key, depth + 1);
        }
        self.visit(id, &format!("{within}.{key}"), depth + 1)
    }

    fn insert(&mut self, name: &str, tensor: Tensor) -> Result<(), String> {
        match self.state.insert(name, tensor) {
            Some(_) => Err(format!("two tensors are called {name}")),
            None => Ok(()),
        }
    }
}
