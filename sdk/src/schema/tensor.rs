//! A ready-made header for arrays of numbers whose shape is known at run time only.
//!
//! A [`Tensor`] describes the payload that is published with it: element type, up to 8 dimensions,
//! strides. Publisher and subscriber see the payload through it as slices, after every number in the
//! header has been checked against the payload's length.
//!
//! | operation | fails with |
//! | --- | --- |
//! | [`Tensor::new`], [`Tensor::column_major`] | `TooManyDimensions`, `TooLarge` |
//! | [`Tensor::with_strides`] | these, and `Strides` |
//! | [`Tensor::dtype`], [`Tensor::shape`], [`Tensor::strides`] | `UnknownType`, `TooManyDimensions`: the header came from elsewhere |
//! | [`Tensor::view`] | all of these, and `OtherType`, `PayloadTooShort`, `Misaligned` |
//! | [`Tensor::slice`], [`Tensor::slice_mut`] | the same, and `NotContiguous` |

use std::fmt;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use slotcast_macros::ShmMessage;

/// The greatest number of dimensions.
pub const MAX_DIMENSIONS: usize = 8;

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
/// Its fields are read by the methods only: as it lies in shared memory it can hold anything.
#[derive(ShmMessage, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
#[shm(name = "slotcast.Tensor", version = 1)]
pub struct Tensor {
    /// The element type: see `DType`.
    dtype: u8,
    /// The number of dimensions, 0 to 8.
    ndim: u8,
    /// 0: the last dimension is dense (C); 1: the first is (Fortran); 2: strides decide.
    order: u8,
    _pad: [u8; 5],
    /// Elements in each dimension; unused ones are 0.
    shape: [u64; MAX_DIMENSIONS],
    /// Bytes from one element to the next in each dimension; unused ones are 0.
    #[shm(unit = "byte")]
    strides: [u64; MAX_DIMENSIONS],
}

/// The type of a tensor's elements. The numbers are those in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is the number type of that name")]
pub enum DType {
    U8 = 1,
    U16 = 2,
    U32 = 3,
    U64 = 4,
    I8 = 5,
    I16 = 6,
    I32 = 7,
    I64 = 8,
    F32 = 9,
    F64 = 10,
    /// IEEE 754 binary16, which has no Rust type: view it as `u16`.
    F16 = 11,
    /// The upper half of an `f32`, which has no Rust type: view it as `u16`.
    Bf16 = 12,
}

impl DType {
    const ALL: [DType; 12] = [
        DType::U8,
        DType::U16,
        DType::U32,
        DType::U64,
        DType::I8,
        DType::I16,
        DType::I32,
        DType::I64,
        DType::F32,
        DType::F64,
        DType::F16,
        DType::Bf16,
    ];

    /// Bytes of one element: 1, 2, 4 or 8.
    pub const fn size(self) -> u64 {
        match self {
            DType::U8 | DType::I8 => 1,
            DType::U16 | DType::I16 | DType::F16 | DType::Bf16 => 2,
            DType::U32 | DType::I32 | DType::F32 => 4,
            DType::U64 | DType::I64 | DType::F64 => 8,
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self:?}").to_lowercase())
    }
}

mod sealed {
    /// What a view needs to know of an element: any bytes are one.
    pub trait Plain: super::FromBytes + super::IntoBytes + super::Immutable + super::KnownLayout {}
}

/// A Rust type that a tensor's payload can be seen as a slice of: `u8` to `u64`, `i8` to `i64`, `f32`, `f64`.
pub trait Element: Copy + sealed::Plain + 'static {
    /// The element type of the same name.
    const DTYPE: DType;
}

macro_rules! elements {
    ($($type:ident $dtype:ident)*) => { $(
        impl sealed::Plain for $type {}

        impl Element for $type {
            const DTYPE: DType = DType::$dtype;
        }
    )* };
}

elements! { u8 U8  u16 U16  u32 U32  u64 U64  i8 I8  i16 I16  i32 I32  i64 I64  f32 F32  f64 F64 }

/// What is wrong with a tensor's header, or between it and its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the texts say what the fields are")]
pub enum TensorError {
    #[error("element type {code} is unknown; this version knows 1 to {}", DType::ALL.len())]
    UnknownType { code: u8 },
    #[error("{ndim} dimensions; at most {MAX_DIMENSIONS} are possible")]
    TooManyDimensions { ndim: usize },
    #[error("the tensor's extent overflows 64 bits")]
    TooLarge,
    #[error("{strides} strides for {dimensions} dimensions")]
    StrideCount { strides: usize, dimensions: usize },
    #[error("the stride of dimension {dimension} is {stride} bytes, no multiple of the element's {size}")]
    Stride { dimension: usize, stride: u64, size: u64 },
    #[error("the tensor holds {header}, and is to be seen as {wanted}")]
    OtherType { header: DType, wanted: DType },
    #[error("the tensor needs {needed} bytes, and the payload has {actual}")]
    PayloadTooShort { needed: u64, actual: u64 },
    #[error("the payload is not aligned to the element's {align} bytes")]
    Misaligned { align: u64 },
    #[error("the elements do not lie one after the other: use `view` instead of `slice`")]
    NotContiguous,
}

impl Tensor {
    /// A tensor whose last dimension is dense, as in C and NumPy. No dimensions make a single element.
    ///
    /// # Errors
    ///
    /// `TooManyDimensions` beyond 8, `TooLarge` if its bytes do not fit into 64 bits.
    pub fn new(dtype: DType, shape: &[u64]) -> Result<Tensor, TensorError> {
        let mut header = Tensor::empty(dtype, shape)?;
        let dense = dense_strides(dtype, shape, (0..shape.len()).rev())?;
        header.strides = dense;
        Ok(header)
    }

    /// A tensor whose first dimension is dense, as in Fortran.
    ///
    /// # Errors
    ///
    /// As [`new`](Tensor::new).
    pub fn column_major(dtype: DType, shape: &[u64]) -> Result<Tensor, TensorError> {
        let mut header = Tensor::empty(dtype, shape)?;
        header.strides = dense_strides(dtype, shape, 0..shape.len())?;
        header.order = 1;
        Ok(header)
    }

    /// A tensor with any distances between elements, in bytes: 0 repeats a dimension.
    ///
    /// # Errors
    ///
    /// As [`new`](Tensor::new), `StrideCount` if there are not as many strides as dimensions, and `Stride` for
    /// one that is no multiple of the element's size.
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
        Ok(Tensor { dtype: dtype as u8, ndim, order: 0, _pad: [0; 5], shape, strides: [0; MAX_DIMENSIONS] })
    }

    /// The type of the elements.
    ///
    /// # Errors
    ///
    /// `UnknownType` if it is none that this version knows.
    pub fn dtype(&self) -> Result<DType, TensorError> {
        let known = DType::ALL.into_iter().find(|dtype| *dtype as u8 == self.dtype);
        known.ok_or(TensorError::UnknownType { code: self.dtype })
    }

    /// The number of elements in each dimension.
    ///
    /// # Errors
    ///
    /// `TooManyDimensions` if the header claims more than 8.
    pub fn shape(&self) -> Result<&[u64], TensorError> {
        self.dimensions(&self.shape)
    }

    /// The bytes from one element to the next in each dimension.
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

    /// Whether the last dimension is dense (C), judged by the strides.
    pub fn is_row_major(&self) -> bool {
        self.has_strides(|dtype, shape| dense_strides(dtype, shape, (0..shape.len()).rev()))
    }

    /// Whether the first dimension is dense (Fortran), judged by the strides.
    pub fn is_column_major(&self) -> bool {
        self.has_strides(|dtype, shape| dense_strides(dtype, shape, 0..shape.len()))
    }

    fn has_strides(&self, dense: impl Fn(DType, &[u64]) -> Result<[u64; MAX_DIMENSIONS], TensorError>) -> bool {
        let (Ok(dtype), Ok(shape), Ok(strides)) = (self.dtype(), self.shape(), self.strides()) else {
            return false;
        };
        dense(dtype, shape).is_ok_and(|dense| dense[..strides.len()] == *strides)
    }

    /// How many elements there are.
    ///
    /// # Errors
    ///
    /// What is wrong with the header.
    pub fn element_count(&self) -> Result<u64, TensorError> {
        let product = |product: u64, n: &u64| product.checked_mul(*n);
        self.shape()?.iter().try_fold(1, product).ok_or(TensorError::TooLarge)
    }

    /// How many bytes a payload needs to hold all elements: the last element's end.
    ///
    /// # Errors
    ///
    /// What is wrong with the header.
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

    /// The payload as elements that are found by their indices.
    ///
    /// # Errors
    ///
    /// What is wrong with the header; `OtherType` if `T` is not its element type (a 16-bit float counts as
    /// `u16`); `PayloadTooShort` and `Misaligned` if the payload cannot hold what the header claims.
    pub fn view<'a, T: Element>(&self, payload: &'a [u8]) -> Result<View<'a, T>, TensorError> {
        let needed = self.payload_prefix::<T>(payload.len())?;
        let elements = <[T]>::ref_from_bytes(&payload[..needed]);
        let elements = elements.map_err(|_| misaligned::<T>())?;
        let mut shape = [0; MAX_DIMENSIONS];
        let mut strides = [0; MAX_DIMENSIONS];
        for (dimension, (&n, &stride)) in self.shape()?.iter().zip(self.strides()?).enumerate() {
            // A tensor without elements may claim any stride.
            shape[dimension] = usize::try_from(n).map_err(|_| TensorError::TooLarge)?;
            strides[dimension] = usize::try_from(stride / T::DTYPE.size()).unwrap_or(usize::MAX);
        }
        Ok(View { elements, shape, strides, ndim: self.shape()?.len() })
    }

    /// The payload as one slice, in memory order.
    ///
    /// # Errors
    ///
    /// As [`view`](Tensor::view), and `NotContiguous` unless the tensor is dense, of either order.
    pub fn slice<'a, T: Element>(&self, payload: &'a [u8]) -> Result<&'a [T], TensorError> {
        let needed = self.dense_prefix::<T>(payload.len())?;
        <[T]>::ref_from_bytes(&payload[..needed]).map_err(|_| misaligned::<T>())
    }

    /// The payload as one slice to fill, in memory order.
    ///
    /// # Errors
    ///
    /// As [`slice`](Tensor::slice).
    pub fn slice_mut<'a, T: Element>(&self, payload: &'a mut [u8]) -> Result<&'a mut [T], TensorError> {
        let needed = self.dense_prefix::<T>(payload.len())?;
        <[T]>::mut_from_bytes(&mut payload[..needed]).map_err(|_| misaligned::<T>())
    }

    fn dense_prefix<T: Element>(&self, available: usize) -> Result<usize, TensorError> {
        let needed = self.payload_prefix::<T>(available)?;
        if self.is_row_major() || self.is_column_major() { Ok(needed) } else { Err(TensorError::NotContiguous) }
    }

    /// The bytes that are needed, of which there are enough.
    fn payload_prefix<T: Element>(&self, available: usize) -> Result<usize, TensorError> {
        let (header, wanted) = (self.dtype()?, T::DTYPE);
        let half = matches!(header, DType::F16 | DType::Bf16) && wanted == DType::U16;
        if header != wanted && !half {
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

/// Strides of a tensor without gaps, the dimensions given from the densest on.
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

/// A payload seen through a [`Tensor`]; everything has been checked.
#[derive(Clone, Copy, Debug)]
pub struct View<'a, T> {
    elements: &'a [T],
    shape: [usize; MAX_DIMENSIONS],
    /// In elements.
    strides: [usize; MAX_DIMENSIONS],
    ndim: usize,
}

impl<'a, T> View<'a, T> {
    /// The number of elements in each dimension.
    pub fn shape(&self) -> &[usize] {
        &self.shape[..self.ndim]
    }

    /// The element at `index`, one number for each dimension; `None` if any is outside.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(align(8))]
    struct Payload([u8; 48]);

    fn payload() -> Payload {
        let mut bytes = [0; 48];
        for (index, word) in bytes.chunks_exact_mut(4).enumerate() {
            word.copy_from_slice(&u32::try_from(index).unwrap().to_le_bytes());
        }
        Payload(bytes)
    }

    #[test]
    fn both_orders() {
        let Payload(bytes) = &payload();
        let rows = Tensor::new(DType::U32, &[3, 4]).unwrap();
        let columns = Tensor::column_major(DType::U32, &[3, 4]).unwrap();
        assert_eq!(rows.strides(), Ok(&[16, 4][..]));
        assert_eq!(columns.strides(), Ok(&[4, 12][..]));
        assert_eq!(rows.view::<u32>(bytes).unwrap().get(&[1, 2]), Some(&6));
        assert_eq!(columns.view::<u32>(bytes).unwrap().get(&[1, 2]), Some(&7));
        assert_eq!(rows.view::<u32>(bytes).unwrap().get(&[3, 0]), None);
        assert_eq!(rows.view::<u32>(bytes).unwrap().get(&[1]), None);
        assert_eq!(rows.slice::<u32>(bytes).unwrap().len(), 12);
        assert_eq!(columns.slice::<u32>(bytes).unwrap()[11], 11);
    }

    #[test]
    fn strides_of_all_kinds() {
        let Payload(bytes) = &payload();
        let every_other = Tensor::with_strides(DType::U32, &[2, 2], &[16, 8]).unwrap();
        assert_eq!(every_other.view::<u32>(bytes).unwrap().get(&[1, 1]), Some(&6));
        assert_eq!(every_other.slice::<u32>(bytes), Err(TensorError::NotContiguous));
        let repeated = Tensor::with_strides(DType::U32, &[1 << 40, 2], &[0, 4]).unwrap();
        assert_eq!(repeated.byte_len(), Ok(8));
        assert_eq!(repeated.view::<u32>(bytes).unwrap().get(&[1 << 39, 1]), Some(&1));
        let error = Tensor::with_strides(DType::U32, &[2], &[6]);
        assert_eq!(error, Err(TensorError::Stride { dimension: 0, stride: 6, size: 4 }));
    }

    #[test]
    fn sizes_at_the_edges() {
        let Payload(bytes) = &payload();
        assert_eq!(Tensor::new(DType::F64, &[]).unwrap().byte_len(), Ok(8));
        let none = Tensor::new(DType::U32, &[0, u64::MAX]);
        assert_eq!(none.map(|none| none.byte_len()), Err(TensorError::TooLarge));
        let none = Tensor::new(DType::U32, &[4, 0]).unwrap();
        assert_eq!(none.slice::<u32>(bytes), Ok(&[][..]));
        assert_eq!(none.view::<u32>(bytes).unwrap().get(&[0, 0]), None);
        assert_eq!(Tensor::new(DType::U8, &[u64::MAX, 2]), Err(TensorError::TooLarge));
        assert_eq!(Tensor::new(DType::U8, &[1; 9]), Err(TensorError::TooManyDimensions { ndim: 9 }));
        let large = Tensor::new(DType::U32, &[4, 4]).unwrap();
        let error = TensorError::PayloadTooShort { needed: 64, actual: 48 };
        assert_eq!(large.slice::<u32>(bytes), Err(error));
        let error = TensorError::OtherType { header: DType::U32, wanted: DType::F32 };
        assert_eq!(large.slice::<f32>(bytes), Err(error));
        let small = Tensor::new(DType::U32, &[2]).unwrap();
        assert_eq!(small.slice::<u32>(&bytes[1..]), Err(TensorError::Misaligned { align: 4 }));
    }

    #[test]
    fn rubbish_in_the_header() {
        let Payload(bytes) = &payload();
        let mut header = Tensor::new(DType::U8, &[2]).unwrap();
        header.ndim = 9;
        assert_eq!(header.shape(), Err(TensorError::TooManyDimensions { ndim: 9 }));
        assert!(header.view::<u8>(bytes).is_err());
        header.ndim = 8;
        header.shape = [u64::MAX; 8];
        header.strides = [u64::MAX; 8];
        assert_eq!(header.view::<u8>(bytes).unwrap_err(), TensorError::TooLarge);
        header.dtype = 200;
        assert_eq!(header.view::<u8>(bytes).unwrap_err(), TensorError::UnknownType { code: 200 });
        assert_eq!(format!("{header:?}"), "Tensor(invalid: type 200, 8 dimensions)");
    }
}
