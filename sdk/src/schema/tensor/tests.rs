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

#[test]
fn padding_is_no_field() {
    use crate::schema::ShmMessage as _;

    let shown = Tensor::SCHEMA.to_string();
    assert!(shown.contains("strides") && !shown.contains("pad"), "{shown}");
}
