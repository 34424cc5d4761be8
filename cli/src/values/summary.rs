//! One line about what nobody reads number by number: lists, tensors, images.

use slotcast::dynamic::Value;
use slotcast::tensor::{DType, Tensor};
use std::sync::Arc;

/// How many elements of a tensor are looked at.
const SAMPLED: usize = 1 << 16;

/// Describes a list.
pub(super) fn of_list(values: &[Value]) -> Value {
    let of = match values.first() {
        Some(Value::F32(_)) => "f32",
        Some(Value::F64(_)) => "f64",
        Some(Value::Int(_) | Value::U128(_)) => "integers",
        _ => "elements",
    };
    Value::Str(format!("<list of {} {of}>", values.len()))
}

/// Describes a list of bytes.
pub(super) fn of_bytes(bytes: &[u8]) -> Value {
    Value::Str(format!("<list of {} bytes>", bytes.len()))
}

/// Describes a tensor: a message of variable size whose header is a [`Tensor`], or has one among
/// its fields, which are kept. Returns `None` for anything else.
pub(super) fn of_tensor(fields: &[(Arc<str>, Value)]) -> Option<Value> {
    let [(header_name, header), (elements_name, Value::Bytes(payload))] = fields else { return None };
    if (&**header_name, &**elements_name) != ("header", "elements") {
        return None;
    }
    if let Some(text) = tensor_text(header, payload) {
        return Some(Value::Str(text));
    }
    let Value::Struct(parts) = header else { return None };
    let text = parts.iter().find_map(|part| tensor_text(&part.1, payload))?;
    Some(Value::Struct(vec![(header_name.clone(), header.clone()), (elements_name.clone(), text.into())]))
}

fn tensor_text(header: &Value, payload: &[u8]) -> Option<String> {
    let tensor = tensor(header)?;
    let dtype = tensor.dtype().ok()?;
    let shape: Vec<_> = tensor.shape().ok()?.iter().map(u64::to_string).collect();
    let text = format!("{dtype} tensor, {}", shape.join(" × "));
    match tensor.byte_len() {
        Ok(bytes) if bytes <= payload.len() as u64 => Some(format!("<{text}{}>", range(dtype, payload))),
        Ok(bytes) => Some(format!("<{text}, of which {} of {bytes} bytes are there>", payload.len())),
        Err(error) => Some(format!("<{text}: {error}>")),
    }
}

/// Returns the tensor that a header describes. Returns `None` if it is another header.
fn tensor(header: &Value) -> Option<Tensor> {
    let Value::Struct(fields) = header else { return None };
    let names = ["dtype", "ndim", "order", "shape", "strides"];
    if !fields.iter().map(|field| &*field.0).eq(names) {
        return None;
    }
    let code = header.get("dtype")?.as_int()?;
    let dtype = DType::ALL.into_iter().find(|dtype| i128::from(*dtype as u8) == code)?;
    let dimensions = usize::try_from(header.get("ndim")?.as_int()?).ok()?;
    let numbers = |name: &str| {
        let Some(Value::List(values)) = header.get(name) else { return None };
        let number = |value: &Value| value.as_int().and_then(|value| u64::try_from(value).ok());
        values.get(..dimensions)?.iter().map(number).collect::<Option<Vec<u64>>>()
    };
    Tensor::with_strides(dtype, &numbers("shape")?, &numbers("strides")?).ok()
}

/// Returns the least and the greatest of the elements, in words.
fn range(dtype: DType, payload: &[u8]) -> String {
    macro_rules! range {
        ($type:ty) => {{
            let numbers = payload.chunks_exact(size_of::<$type>()).take(SAMPLED).map(|bytes| {
                let mut number = [0; size_of::<$type>()];
                number.copy_from_slice(bytes);
                <$type>::from_le_bytes(number)
            });
            let mut range: Option<($type, $type)> = None;
            for number in numbers.filter(|number| number == number) {
                range = Some(range.map_or((number, number), |(least, greatest)| {
                    (if number < least { number } else { least }, if number > greatest { number } else { greatest })
                }));
            }
            let of = if payload.len() / size_of::<$type>() > SAMPLED { " in the first part" } else { "" };
            range.map_or_else(String::new, |(least, greatest)| format!(", from {least:?} to {greatest:?}{of}"))
        }};
    }
    match dtype {
        DType::U8 => range!(u8),
        DType::U16 => range!(u16),
        DType::U32 => range!(u32),
        DType::U64 => range!(u64),
        DType::I8 => range!(i8),
        DType::I16 => range!(i16),
        DType::I32 => range!(i32),
        DType::I64 => range!(i64),
        DType::F32 => range!(f32),
        DType::F64 => range!(f64),
        _ => String::new(), // Rust has no type for these
    }
}

/// Replaces the pixels of an image by a summary: bytes beside a width and a height of which they
/// are a multiple. The bytes may be those of the message, and width and height those of its header.
pub(super) fn replace_pixels(fields: &mut [(Arc<str>, Value)]) {
    let size = |fields: &[(Arc<str>, Value)]| {
        let number = |name: &str| {
            let found = fields.iter().find(|field| &*field.0 == name)?;
            u64::try_from(found.1.as_int()?).ok().filter(|&number| number > 0)
        };
        Some((number("width")?, number("height")?))
    };
    let header = |fields: &[(Arc<str>, Value)]| match fields.first() {
        Some((name, Value::Struct(header))) if &**name == "header" => size(header),
        _ => None,
    };
    let Some((width, height)) = size(fields).or_else(|| header(fields)) else { return };
    let Some(pixels) = width.checked_mul(height) else { return };
    for (_, value) in fields {
        if let Value::Bytes(bytes) = value {
            let bytes = bytes.len() as u64;
            if bytes >= pixels && bytes.is_multiple_of(pixels) {
                let each = bytes / pixels;
                let each = if each == 1 { "1 byte".to_owned() } else { format!("{each} bytes") };
                *value = Value::Str(format!("<image, {width} × {height}, {each} a pixel>"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slotcast::dynamic::Layout;

    #[test]
    fn tensors_are_summarized() {
        let layout = Layout::of::<Tensor>().unwrap();
        let mut header = vec![0; layout.size()];
        header[0] = DType::I16 as u8;
        header[1] = 2;
        for (at, number) in [(8, 2_u64), (16, 3), (72, 6), (80, 2)] {
            header[at..at + 8].copy_from_slice(&number.to_le_bytes());
        }
        let header = layout.decode(&header).unwrap();
        let payload: Vec<u8> = [1_i16, -7, 3, 4, 5, 6].iter().flat_map(|number| number.to_le_bytes()).collect();
        let fields = |header: Value, payload: &[u8]| {
            vec![("header".into(), header), ("elements".into(), Value::Bytes(payload.to_owned()))]
        };
        let text = of_tensor(&fields(header.clone(), &payload)).unwrap().to_string();
        assert_eq!(text, "\"<i16 tensor, 2 × 3, from -7 to 6>\"");
        let text = of_tensor(&fields(header.clone(), &payload[2..])).unwrap().to_string();
        assert_eq!(text, "\"<i16 tensor, 2 × 3, of which 10 of 12 bytes are there>\"");
        let inside = Value::from([("stamp", 5_u64.into()), ("tensor", header)]);
        let text = of_tensor(&fields(inside, &payload)).unwrap().to_string();
        assert!(text.starts_with("{header: {stamp: 5, tensor: {dtype: 6"), "{text}");
        assert!(of_tensor(&fields(Value::Int(1), &payload)).is_none());
    }

    #[test]
    fn images_are_summarized() {
        let mut fields: Vec<(Arc<str>, Value)> = vec![
            ("width".into(), 2_u32.into()),
            ("height".into(), 2_u32.into()),
            ("data".into(), Value::Bytes(vec![0; 12])),
            ("other".into(), Value::Bytes(vec![0; 3])),
        ];
        replace_pixels(&mut fields);
        let text = Value::Struct(fields).to_string();
        assert_eq!(text, "{width: 2, height: 2, data: \"<image, 2 × 2, 3 bytes a pixel>\", other: [0, 0, 0]}");
    }
}
