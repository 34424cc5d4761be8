//! Elements found by their indices.

/// The largest number of dimensions.
pub const MAX_DIMENSIONS: usize = 8;

/// A payload seen through a [`Tensor`](super::Tensor). Everything has been checked.
///
/// ```
/// use slotcast::tensor::{DType, Tensor};
///
/// // Two rows of three, of which every other element of a row is used.
/// let header = Tensor::with_strides(DType::U8, &[2, 2], &[3, 2])?;
/// let view = header.view::<u8>(&[0, 1, 2, 10, 11, 12])?;
/// assert_eq!(view.shape(), [2, 2]);
/// assert_eq!(view.get(&[1, 1]), Some(&12));
/// assert_eq!(view.get(&[2, 0]), None);
/// # Ok::<(), slotcast::tensor::TensorError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct View<'a, T> {
    pub(super) elements: &'a [T],
    pub(super) shape: [usize; MAX_DIMENSIONS],
    /// In elements.
    pub(super) strides: [usize; MAX_DIMENSIONS],
    pub(super) ndim: usize,
}

impl<'a, T> View<'a, T> {
    /// Returns the number of elements in each dimension.
    pub fn shape(&self) -> &[usize] {
        &self.shape[..self.ndim]
    }

    /// Returns the element at `index`, which has one number per dimension; `None` if it is out of
    /// range.
    pub fn get(&self, index: &[usize]) -> Option<&'a T> {
        if index.len() != self.ndim || index.iter().zip(self.shape()).any(|(i, n)| i >= n) {
            return None;
        }
        let offset = index
            .iter()
            .zip(&self.strides)
            .try_fold(0_usize, |offset, (i, stride)| i.checked_mul(*stride).and_then(|step| offset.checked_add(step)));
        self.elements.get(offset?)
    }
}
