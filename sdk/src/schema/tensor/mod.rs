//! A ready-made header for arrays of numbers whose shape is known only at run time.
//!
//! A [`Tensor`] describes the payload that is published with it: element type, up to 8 dimensions,
//! and strides. Publisher and subscriber see the payload as slices or by index, after every number
//! in the header was checked against the payload's length.
//!
//! | operation | fails with |
//! | --- | --- |
//! | [`Tensor::new`], [`Tensor::column_major`] | `TooManyDimensions`, `TooLarge` |
//! | [`Tensor::with_strides`] | these, `StrideCount` and `Stride` |
//! | [`Tensor::dtype`], [`Tensor::shape`], [`Tensor::strides`] | `UnknownType`, `TooManyDimensions` |
//! | | (only of a header that came from elsewhere) |
//! | [`Tensor::view`] | all of these, `OtherType`, `PayloadTooShort` and `Misaligned` |
//! | [`Tensor::slice`], [`Tensor::slice_mut`] | the same, and `NotContiguous` |

mod dtype;
mod error;
mod view;

pub use dtype::{DType, Element};
pub use error::TensorError;
pub use view::{MAX_DIMENSIONS, View};

use std::fmt;

use zerocopy::FromBytes;

use slotcast_macros::ShmMessage;

use super::Pad;

/// Element type, shape and strides of a payload that is an array of numbers.
///
/// ```
/// use slotcast::tensor::{DType, Tensor};
///
/// let header = Tensor::new(DType::F32, &[2, 3])?;
/// assert_eq!(header.byte_len()?, 24);
///
/// # #[repr(align(8))] struct Payload([u8; 24]);
/// # let mut payload = Payload([0; 24]);
/// # let payload = &mut payload.0[..];
/// header.slice_mut::<f32>(payload)?[4] = 1.5;
/// assert_eq!(header.view::<f32>(payload)?.get(&[1, 1]), Some(&1.5));
/// # Ok::<(), slotcast::tensor::TensorError>(())
/// ```
///
/// Its fields are private because those in shared memory can have any value. The methods check
/// them.
#[derive(ShmMessage, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
#[shm(name = "slotcast.Tensor", version = 1)]
pub struct Tensor {
    /// The element type: see `DType`.
    dtype: u8,
    /// The number of dimensions, 0 to 8.
    ndim: u8,
    /// 0: the last dimension is dense (C). 1: the first is dense (Fortran). 2: strides decide.
    order: u8,
    _pad: Pad<5>,
    /// Elements in each dimension; 0 for unused dimensions.
    shape: [u64; MAX_DIMENSIONS],
    /// Bytes from one element to the next in each dimension; 0 for unused dimensions.
    #[shm(unit = "byte")]
    strides: [u64; MAX_DIMENSIONS],
}

impl Tensor {
    /// Creates a tensor whose last dimension is dense, as in C and NumPy. Without dimensions it has
    /// a single element.
    ///
    /// # Errors
    ///
    /// `TooManyDimensions` if there are more than 8; `TooLarge` if its size overflows 64 bits.
    pub fn new(dtype: DType, shape: &[u64]) -> Result<Tensor, TensorError> {
        let mut header = Tensor::empty(dtype, shape)?;
        let dense = dense_strides(dtype, shape, (0..shape.len()).rev())?;
        header.strides = dense;
        Ok(header)
    }

    /// Creates a tensor whose first dimension is dense, as in Fortran.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Tensor::new).
    pub fn column_major(dtype: DType, shape: &[u64]) -> Result<Tensor, TensorError> {
        let mut header = Tensor::empty(dtype, shape)?;
        header.strides = dense_strides(dtype, shape, 0..shape.len())?;
        header.order = 1;
        Ok(header)
    }

    /// Creates a tensor with any distances between elements, in bytes. A stride of 0 repeats a
    /// dimension.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Tensor::new); `StrideCount` if there are not as many strides as dimensions;
    /// `Stride` if a stride is not a multiple of the element size.
    pub fn with_strides(dtype: DType, shape: &[u64], strides: &[u64]) -> Result<Tensor, TensorError> {
        let mut header = Tensor::empty(dtype, shape)?;
        if strides.len() != shape.len() {
            return Err(TensorError::StrideCount { strides: strides.len(), dimensions: shape.len() });
        }
        header.strides[..strides.len()].copy_from_slice(strides);
        header.order = 2;
        header.byte_len()?;
        Ok(header)
    }

    fn empty(dtype: DType, dimensions: &[u64]) -> Result<Tensor, TensorError> {
        let ndim = dimensions.len();
        let too_many = TensorError::TooManyDimensions { ndim };
        let mut shape = [0; MAX_DIMENSIONS];
        shape.get_mut(..ndim).ok_or(too_many)?.copy_from_slice(dimensions);
        let ndim = u8::try_from(ndim).map_err(|_| too_many)?;
        Ok(Tensor { dtype: dtype as u8, ndim, order: 0, _pad: Pad::ZERO, shape, strides: [0; MAX_DIMENSIONS] })
    }

    /// Returns the type of the elements.
    ///
    /// # Errors
    ///
    /// `UnknownType` if this version does not know it.
    pub fn dtype(&self) -> Result<DType, TensorError> {
        let known = DType::ALL.into_iter().find(|dtype| *dtype as u8 == self.dtype);
        known.ok_or(TensorError::UnknownType { code: self.dtype })
    }

    /// Returns the number of elements in each dimension.
    ///
    /// # Errors
    ///
    /// `TooManyDimensions` if the header claims more than 8.
    pub fn shape(&self) -> Result<&[u64], TensorError> {
        self.dimensions(&self.shape)
    }

    /// Returns the number of bytes from one element to the next in each dimension.
    ///
    /// # Errors
    ///
    /// `TooManyDimensions` if the header claims more than 8.
    pub fn strides(&self) -> Result<&[u64], TensorError> {
        self.dimensions(&self.strides)
    }

    fn dimensions<'a>(&self, all: &'a [u64; MAX_DIMENSIONS]) -> Result<&'a [u64], TensorError> {
        let ndim = usize::from(self.ndim);
        all.get(..ndim).ok_or(TensorError::TooManyDimensions { ndim })
    }

    /// Returns whether the strides make the last dimension dense (C).
    pub fn is_row_major(&self) -> bool {
        self.has_strides(|dtype, shape| dense_strides(dtype, shape, (0..shape.len()).rev()))
    }

    /// Returns whether the strides make the first dimension dense (Fortran).
    pub fn is_column_major(&self) -> bool {
        self.has_strides(|dtype, shape| dense_strides(dtype, shape, 0..shape.len()))
    }

    fn has_strides(&self, dense: impl Fn(DType, &[u64]) -> Result<[u64; MAX_DIMENSIONS], TensorError>) -> bool {
        let (Ok(dtype), Ok(shape), Ok(strides)) = (self.dtype(), self.shape(), self.strides()) else {
            return false;
        };
        dense(dtype, shape).is_ok_and(|dense| dense[..strides.len()] == *strides)
    }

    /// Returns the number of elements.
    ///
    /// # Errors
    ///
    /// Any error of the header.
    pub fn element_count(&self) -> Result<u64, TensorError> {
        let product = |product: u64, n: &u64| product.checked_mul(*n);
        self.shape()?.iter().try_fold(1, product).ok_or(TensorError::TooLarge)
    }

    /// Returns the number of bytes that a payload needs to hold all elements: the end of the last
    /// one.
    ///
    /// # Errors
    ///
    /// Any error of the header.
    pub fn byte_len(&self) -> Result<u64, TensorError> {
        let size = self.dtype()?.size();
        if self.element_count()? == 0 {
            return Ok(0);
        }
        let mut end = size;
        for (dimension, (n, &stride)) in self.shape()?.iter().zip(self.strides()?).enumerate() {
            if stride % size != 0 {
                return Err(TensorError::Stride { dimension, stride, size });
            }
            let reach = (n - 1).checked_mul(stride).ok_or(TensorError::TooLarge)?;
            end = end.checked_add(reach).ok_or(TensorError::TooLarge)?;
        }
        Ok(end)
    }

    /// Returns a view of the payload whose elements are found by index.
    ///
    /// # Errors
    ///
    /// Any error of the header; `OtherType` if `T` is not its element type (a 16-bit float counts
    /// as `u16`); `PayloadTooShort` or `Misaligned` if the payload cannot hold what the header
    /// claims.
    pub fn view<'a, T: Element>(&self, payload: &'a [u8]) -> Result<View<'a, T>, TensorError> {
        let needed = self.payload_prefix::<T>(payload.len())?;
        let elements = <[T]>::ref_from_bytes(&payload[..needed]);
        let elements = elements.map_err(|_| misaligned::<T>())?;
        let mut shape = [0; MAX_DIMENSIONS];
        let mut strides = [0; MAX_DIMENSIONS];
        for (dimension, (&n, &stride)) in self.shape()?.iter().zip(self.strides()?).enumerate() {
            // A tensor without elements may have any stride.
            shape[dimension] = usize::try_from(n).map_err(|_| TensorError::TooLarge)?;
            strides[dimension] = usize::try_from(stride / T::DTYPE.size()).unwrap_or(usize::MAX);
        }
        Ok(View { elements, shape, strides, ndim: self.shape()?.len() })
    }

    /// Returns the payload as one slice, in memory order.
    ///
    /// # Errors
    ///
    /// Those of [`view`](Tensor::view); `NotContiguous` if the tensor is dense in neither order.
    pub fn slice<'a, T: Element>(&self, payload: &'a [u8]) -> Result<&'a [T], TensorError> {
        let needed = self.dense_prefix::<T>(payload.len())?;
        <[T]>::ref_from_bytes(&payload[..needed]).map_err(|_| misaligned::<T>())
    }

    /// Returns the payload as one slice to fill, in memory order.
    ///
    /// # Errors
    ///
    /// Those of [`slice`](Tensor::slice).
    pub fn slice_mut<'a, T: Element>(&self, payload: &'a mut [u8]) -> Result<&'a mut [T], TensorError> {
        let needed = self.dense_prefix::<T>(payload.len())?;
        <[T]>::mut_from_bytes(&mut payload[..needed]).map_err(|_| misaligned::<T>())
    }

    fn dense_prefix<T: Element>(&self, available: usize) -> Result<usize, TensorError> {
        let needed = self.payload_prefix::<T>(available)?;
        if self.is_row_major() || self.is_column_major() { Ok(needed) } else { Err(TensorError::NotContiguous) }
    }

    /// Returns how many bytes of the payload the elements need, if it has enough.
    fn payload_prefix<T: Element>(&self, available: usize) -> Result<usize, TensorError> {
        let (header, wanted) = (self.dtype()?, T::DTYPE);
        if !header.can_be_viewed_as(wanted) {
            return Err(TensorError::OtherType { header, wanted });
        }
        let needed = self.byte_len()?;
        match usize::try_from(needed) {
            Ok(needed) if needed <= available => Ok(needed),
            _ => Err(TensorError::PayloadTooShort { needed, actual: available as u64 }),
        }
    }
}

fn misaligned<T>() -> TensorError {
    TensorError::Misaligned { align: align_of::<T>() as u64 }
}

/// Returns the strides of a tensor without gaps. `dimensions` begins with the densest one.
fn dense_strides(
    dtype: DType,
    shape: &[u64],
    dimensions: impl Iterator<Item = usize>,
) -> Result<[u64; MAX_DIMENSIONS], TensorError> {
    let mut strides = [0; MAX_DIMENSIONS];
    let mut stride = dtype.size();
    for dimension in dimensions {
        strides[dimension] = stride;
        stride = stride.checked_mul(shape[dimension].max(1)).ok_or(TensorError::TooLarge)?;
    }
    Ok(strides)
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.dtype(), self.shape(), self.strides()) {
            (Ok(dtype), Ok(shape), Ok(strides)) => {
                write!(f, "Tensor({dtype} {shape:?}, strides {strides:?})")
            }
            _ => write!(f, "Tensor(invalid: type {}, {} dimensions)", self.dtype, self.ndim),
        }
    }
}

#[cfg(test)]
mod tests;
