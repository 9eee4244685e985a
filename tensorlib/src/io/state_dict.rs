//! The parameters of a model by name.

use std::collections::HashMap;
use std::fmt;
use std::ops::Index;

use crate::error::{Result, index_error, or_raise};
use crate::render;
use crate::tensor::Tensor;

/// Tensors by name, in order: what a model has learned, to save, load, compare and look at. PyTorch's `state_dict`.
///
/// The tensors share the memory of those that were inserted, and take no part in gradients. A
/// [`clone`](StateDict#impl-Clone-for-StateDict) has new memory: it keeps the values of a moment.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let mut state = StateDict::new();
/// state.insert("0.weight", ones([2, 3]));
/// state.insert("0.bias", zeros([2]));
/// assert_eq!(state["0.weight"].size(), [2, 3]);
/// assert_eq!(state.keys().collect::<Vec<_>>(), ["0.weight", "0.bias"]);
/// for (name, tensor) in &state {
///     println!("{name}: {}", tensor.size());
/// }
/// ```
#[doc(alias = "OrderedDict")]
#[derive(Clone, Default)]
pub struct StateDict {
    entries: Vec<(String, Tensor)>,
    places: HashMap<String, usize>,
}

impl StateDict {
    /// A state dict without tensors.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(StateDict::new().is_empty());
    /// ```
    pub fn new() -> StateDict {
        StateDict::default()
    }

    /// Adds a tensor, without its gradients. Under a name that is there already it takes the place of the one before, which
    /// is returned.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let w = ones([2]).requires_grad_(true);
    /// let mut state = StateDict::new();
    /// assert!(state.insert("w", w.alias()).is_none());
    /// assert!(!state["w"].requires_grad() && state["w"].shares_memory(&w));
    /// assert!(state.insert("w", zeros([2])).is_some());
    /// ```
    pub fn insert(&mut self, name: impl Into<String>, tensor: Tensor) -> Option<Tensor> {
        let (name, tensor) = (name.into(), tensor.detach());
        if let Some(&place) = self.places.get(&name) {
            return Some(std::mem::replace(&mut self.entries[place].1, tensor));
        }
        self.places.insert(name.clone(), self.entries.len());
        self.entries.push((name, tensor));
        None
    }

    /// The tensor of a name, if there is one. `state["name"]` is the tensor itself.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let state = StateDict::from([("w", ones([2]))]);
    /// assert!(state.get("w").is_some() && state.get("b").is_none());
    /// ```
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.places.get(name).map(|&place| &self.entries[place].1)
    }

    /// `state["name"]` with the error as a value, which names what is there.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let state = StateDict::from([("0.weight", ones([2])), ("0.bias", ones([2]))]);
    /// assert_eq!(
    ///     state.try_index("0.wieght").unwrap_err().to_string(),
    ///     "StateDict: no tensor is called \"0.wieght\"; the nearest name is \"0.weight\""
    /// );
    /// ```
    pub fn try_index(&self, name: &str) -> Result<&Tensor> {
        self.get(name).ok_or_else(|| index_error!("StateDict: {}", self.missing(name)))
    }

    /// Why a name leads nowhere.
    fn missing(&self, name: &str) -> String {
        if self.is_empty() {
            return format!("no tensor is called {name:?}; there are no tensors");
        }
        match &nearest(name, self.keys())[..] {
            [] => {
                let (some, rest) = (self.keys().take(3), self.len().saturating_sub(3));
                let some: Vec<String> = some.map(|key| format!("{key:?}")).collect();
                let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
                format!("no tensor is called {name:?}; there are {}{rest}", some.join(", "))
            }
            [one] => format!("no tensor is called {name:?}; the nearest name is {one:?}"),
            [first, second, ..] => {
                format!("no tensor is called {name:?}; the nearest names are {first:?} and {second:?}")
            }
        }
    }

    /// Whether there is a tensor of this name.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(StateDict::from([("w", ones([2]))]).contains_key("w"));
    /// ```
    pub fn contains_key(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// The names, in order.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let state = StateDict::from([("w", ones([2])), ("b", ones([1]))]);
    /// assert_eq!(state.keys().collect::<Vec<_>>(), ["w", "b"]);
    /// ```
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.entries.iter().map(|(name, _)| name.as_str())
    }

    /// The tensors, in order.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let state = StateDict::from([("w", ones([2])), ("b", ones([1]))]);
    /// assert_eq!(state.values().map(|tensor| tensor.numel()).sum::<usize>(), 3);
    /// ```
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Tensor> {
        self.entries.iter().map(|(_, tensor)| tensor)
    }

    /// Names and tensors, in order.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let state = StateDict::from([("w", ones([2])), ("b", ones([1]))]);
    /// assert!(state.iter().all(|(name, tensor)| name.len() == 1 && tensor.ndim() == 1));
    /// ```
    #[doc(alias = "items")]
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.entries.iter())
    }

    /// The number of tensors.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert_eq!(StateDict::from([("w", ones([2]))]).len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no tensors.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(!StateDict::from([("w", ones([2]))]).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The tensors whose names begin with `prefix` and a dot, under the rest of their names: a layer's own, or the model's
    /// of a checkpoint that has more.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let checkpoint = StateDict::from([("model.w", ones([2])), ("model.b", ones([1])), ("epoch", scalar(3))]);
    /// assert_eq!(checkpoint.section("model").keys().collect::<Vec<_>>(), ["w", "b"]);
    /// ```
    pub fn section(&self, prefix: &str) -> StateDict {
        let rest = |name: &str| name.strip_prefix(prefix)?.strip_prefix('.').map(str::to_string);
        self.iter().filter_map(|(name, tensor)| Some((rest(name)?, tensor.alias()))).collect()
    }

    /// Takes a tensor out; the others keep their order.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// let mut state = StateDict::from([("w", ones([2])), ("b", ones([1]))]);
    /// assert_eq!(state.remove("w").unwrap().size(), [2]);
    /// assert!(state.remove("w").is_none() && state.len() == 1 && state.contains_key("b"));
    /// ```
    #[doc(alias = "pop")]
    pub fn remove(&mut self, name: &str) -> Option<Tensor> {
        let place = self.places.remove(name)?;
        self.places.values_mut().filter(|other| **other > place).for_each(|other| *other -= 1);
        Some(self.entries.remove(place).1)
    }
}

/// By a text of any kind: `state["0.weight"]`, `state[&format!("{number}.weight")]`.
impl<S: AsRef<str> + ?Sized> Index<&S> for StateDict {
    type Output = Tensor;

    #[track_caller]
    fn index(&self, name: &S) -> &Tensor {
        or_raise(self.try_index(name.as_ref()))
    }
}

/// Names that differ from `name` in a few letters, the nearest first.
fn nearest<'a>(name: &str, keys: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    /// Beyond this a comparison, whose time grows with the square, is of no use.
    const LONGEST: usize = 200;
    let letters: Vec<char> = name.chars().take(LONGEST).collect();
    let mut near: Vec<(usize, &str)> = keys
        .map(|key| (distance(&letters, &key.chars().take(LONGEST).collect::<Vec<_>>()), key))
        .filter(|(distance, _)| *distance <= letters.len().div_ceil(3).max(1))
        .collect();
    // Of a stable sort's equals the first stays first.
    near.sort_by_key(|(distance, _)| *distance);
    let best = near.first().map_or(0, |(distance, _)| *distance);
    near.into_iter().filter(|(distance, _)| *distance == best).map(|(_, key)| key).collect()
}

/// Letters to add, drop or change until one name is the other (Levenshtein, 1966).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// Names and tensors of a [`StateDict`], in order.
pub struct Iter<'a>(std::slice::Iter<'a, (String, Tensor)>);

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, &'a Tensor);

    fn next(&mut self) -> Option<(&'a str, &'a Tensor)> {
        self.0.next().map(|(name, tensor)| (name.as_str(), tensor))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'a> IntoIterator for &'a StateDict {
    type Item = (&'a str, &'a Tensor);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl IntoIterator for StateDict {
    type Item = (String, Tensor);
    type IntoIter = std::vec::IntoIter<(String, Tensor)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<N: Into<String>> Extend<(N, Tensor)> for StateDict {
    fn extend<I: IntoIterator<Item = (N, Tensor)>>(&mut self, tensors: I) {
        for (name, tensor) in tensors {
            self.insert(name, tensor);
        }
    }
}

impl<N: Into<String>> FromIterator<(N, Tensor)> for StateDict {
    fn from_iter<I: IntoIterator<Item = (N, Tensor)>>(tensors: I) -> StateDict {
        let mut state = StateDict::new();
        state.extend(tensors);
        state
    }
}

impl<N: Into<String>, const COUNT: usize> From<[(N, Tensor); COUNT]> for StateDict {
    fn from(tensors: [(N, Tensor); COUNT]) -> StateDict {
        tensors.into_iter().collect()
    }
}

impl fmt::Display for StateDict {
    /// A table of names, shapes and element types.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(render::state_dict(self).text())
    }
}

impl fmt::Debug for StateDict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
