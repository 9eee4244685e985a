//! Matrices as they lie in memory.

/// A matrix inside a slice.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a, T> {
    pub elements: &'a [T],
    pub offset: usize,
    pub rows: usize,
    pub columns: usize,
    pub row_stride: usize,
    pub column_stride: usize,
}

impl<T: Copy> Matrix<'_, T> {
    pub(super) fn is_inside(&self) -> bool {
        self.rows == 0
            || self.columns == 0
            || self.offset + (self.rows - 1) * self.row_stride + (self.columns - 1) * self.column_stride
                < self.elements.len()
    }

    pub(super) fn row(&self, row: usize) -> usize {
        self.offset + row * self.row_stride
    }

    /// Some of its rows and columns.
    pub(in crate::backend::cpu) fn part(&self, row: usize, rows: usize, column: usize, columns: usize) -> Self {
        let offset = self.row(row) + column * self.column_stride;
        Matrix { offset, rows, columns, ..*self }
    }
}

/// Where threads write a product.
pub(super) struct Shared<T>(pub *mut T);
// SAFETY: threads write disjoint blocks of what it points to.
unsafe impl<T: Send> Sync for Shared<T> {}
