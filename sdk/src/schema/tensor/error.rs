//! Errors of tensors.

use super::dtype::DType;
use super::view::MAX_DIMENSIONS;

/// What is wrong with a tensor's header, or between it and its payload.
///
/// ```
/// use slotcast::tensor::{DType, Tensor};
///
/// let header = Tensor::new(DType::F32, &[2, 3])?;
/// let error = header.slice::<f32>(&[0; 20]).unwrap_err();
/// assert_eq!(error.to_string(), "the tensor needs 24 bytes, and the payload has 20");
/// # Ok::<(), slotcast::tensor::TensorError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the texts explain the fields")]
pub enum TensorError {
    #[error("element type {code} is unknown: this version of slotcast knows 1 to {}", DType::ALL.len())]
    UnknownType { code: u8 },
    #[error("a tensor has at most {MAX_DIMENSIONS} dimensions, not {ndim}")]
    TooManyDimensions { ndim: usize },
    #[error("the size of the tensor in bytes overflows 64 bits")]
    TooLarge,
    #[error("there are {strides} strides for {dimensions} dimensions: give one stride per dimension")]
    StrideCount { strides: usize, dimensions: usize },
    #[error("the stride of dimension {dimension} is {stride} bytes, not a multiple of the element size, {size}")]
    Stride { dimension: usize, stride: u64, size: u64 },
    #[error("the tensor holds {header} elements, and cannot be viewed as {wanted}")]
    OtherType { header: DType, wanted: DType },
    #[error("the tensor needs {needed} bytes, and the payload has {actual}")]
    PayloadTooShort { needed: u64, actual: u64 },
    #[error("the payload is not aligned to {align} bytes, as its elements require")]
    Misaligned { align: u64 },
    #[error("the elements are not contiguous: use `view` instead of `slice`")]
    NotContiguous,
}
