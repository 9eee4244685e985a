//! A short list of numbers kept in place: shapes and strides must not cost an allocation.

use std::ops::{Deref, DerefMut};

/// Ranks up to this are stored without allocating: a batch of pictures has 4 dimensions. More places would be copied with
/// every tensor.
const IN_PLACE: usize = 4;

/// A list that allocates only beyond [`IN_PLACE`] entries.
#[derive(Clone)]
pub(crate) enum DimVec<T> {
    Inline(u8, [T; IN_PLACE]),
    Heap(Vec<T>),
}

impl<T: Copy + Default> DimVec<T> {
    #[inline]
    pub fn new() -> DimVec<T> {
        DimVec::Inline(0, [T::default(); IN_PLACE])
    }

    #[inline]
    pub fn from_slice(items: &[T]) -> DimVec<T> {
        if items.len() <= IN_PLACE {
            let mut inline = [T::default(); IN_PLACE];
            inline[..items.len()].copy_from_slice(items);
            DimVec::Inline(items.len() as u8, inline)
        } else {
            DimVec::Heap(items.to_vec())
        }
    }

    #[inline]
    pub fn filled(value: T, len: usize) -> DimVec<T> {
        if len <= IN_PLACE { DimVec::Inline(len as u8, [value; IN_PLACE]) } else { DimVec::Heap(vec![value; len]) }
    }

    pub fn push(&mut self, item: T) {
        self.insert(self.len(), item);
    }

    pub fn insert(&mut self, at: usize, item: T) {
        match self {
            DimVec::Inline(len, items) if (*len as usize) < IN_PLACE => {
                items.copy_within(at..*len as usize, at + 1);
                items[at] = item;
                *len += 1;
            }
            DimVec::Inline(len, items) => {
                let mut heap = items[..*len as usize].to_vec();
                heap.insert(at, item);
                *self = DimVec::Heap(heap);
            }
            DimVec::Heap(items) => items.insert(at, item),
        }
    }

    pub fn remove(&mut self, at: usize) -> T {
        match self {
            DimVec::Inline(len, items) => {
                let item = items[..*len as usize][at];
                items.copy_within(at + 1..*len as usize, at);
                *len -= 1;
                item
            }
            DimVec::Heap(items) => items.remove(at),
        }
    }
}

impl<T> Deref for DimVec<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            DimVec::Inline(len, items) => &items[..*len as usize],
            DimVec::Heap(items) => items,
        }
    }
}

impl<T> DerefMut for DimVec<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            DimVec::Inline(len, items) => &mut items[..*len as usize],
            DimVec::Heap(items) => items,
        }
    }
}

impl<T: Copy + Default> FromIterator<T> for DimVec<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> DimVec<T> {
        let mut list = DimVec::new();
        for item in items {
            list.push(item);
        }
        list
    }
}

impl<T: PartialEq> PartialEq for DimVec<T> {
    #[inline]
    fn eq(&self, other: &DimVec<T>) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for DimVec<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_outgrows_its_place_keeps_its_items() {
        let mut list: DimVec<usize> = (0..IN_PLACE).collect();
        list.insert(3, 10);
        assert_eq!(*list, [0, 1, 2, 10, 3]);
        assert_eq!(list.remove(3), 10);
        assert_eq!(*list, [0, 1, 2, 3]);
    }
}
