//! A short list of numbers kept in place: shapes and strides must not cost an allocation.

use std::ops::{Deref, DerefMut};

/// Ranks up to this are stored without allocating: a batch of pictures has 4 dimensions. More places would be copied with
/// every tensor.
const IN_PLACE: usize = 4;

/// A list that allocates only beyond [`IN_PLACE`] entries.
#[derive(Clone)]
pub(crate) enum List<T> {
    Inline(u8, [T; IN_PLACE]),
    Heap(Vec<T>),
}

impl<T: Copy + Default> List<T> {
    #[inline]
    pub fn new() -> List<T> {
        List::Inline(0, [T::default(); IN_PLACE])
    }

    #[inline]
    pub fn from_slice(items: &[T]) -> List<T> {
        if items.len() <= IN_PLACE {
            let mut inline = [T::default(); IN_PLACE];
            inline[..items.len()].copy_from_slice(items);
            List::Inline(items.len() as u8, inline)
        } else {
            List::Heap(items.to_vec())
        }
    }

    #[inline]
    pub fn filled(value: T, len: usize) -> List<T> {
        if len <= IN_PLACE { List::Inline(len as u8, [value; IN_PLACE]) } else { List::Heap(vec![value; len]) }
    }

    pub fn push(&mut self, item: T) {
        self.insert(self.len(), item);
    }

    pub fn insert(&mut self, at: usize, item: T) {
        match self {
            List::Inline(len, items) if (*len as usize) < IN_PLACE => {
                items.copy_within(at..*len as usize, at + 1);
                items[at] = item;
                *len += 1;
            }
            List::Inline(len, items) => {
                let mut heap = items[..*len as usize].to_vec();
                heap.insert(at, item);
                *self = List::Heap(heap);
            }
            List::Heap(items) => items.insert(at, item),
        }
    }

    pub fn remove(&mut self, at: usize) -> T {
        match self {
            List::Inline(len, items) => {
                let item = items[..*len as usize][at];
                items.copy_within(at + 1..*len as usize, at);
                *len -= 1;
                item
            }
            List::Heap(items) => items.remove(at),
        }
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            List::Inline(len, items) => &items[..*len as usize],
            List::Heap(items) => items,
        }
    }
}

impl<T> DerefMut for List<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            List::Inline(len, items) => &mut items[..*len as usize],
            List::Heap(items) => items,
        }
    }
}

impl<T: Copy + Default> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> List<T> {
        let mut list = List::new();
        for item in items {
            list.push(item);
        }
        list
    }
}

impl<T: PartialEq> PartialEq for List<T> {
    #[inline]
    fn eq(&self, other: &List<T>) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for List<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_outgrows_its_place_keeps_its_items() {
        let mut list: List<usize> = (0..IN_PLACE).collect();
        list.insert(3, 10);
        assert_eq!(*list, [0, 1, 2, 10, 3]);
        assert_eq!(list.remove(3), 10);
        assert_eq!(*list, [0, 1, 2, 3]);
    }
}
