//! Messages of ROS's own packages that have the layout of a struct: viewers know them by name.

use slotcast::schema::{Kind, Primitive, Schema};

/// A package, a message, and its fields with their types.
type Standard = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const STANDARD: &[Standard] = &[
    ("builtin_interfaces", "Time", &[("sec", "i32"), ("nanosec", "u32")]),
    ("builtin_interfaces", "Duration", &[("sec", "i32"), ("nanosec", "u32")]),
    ("geometry_msgs", "Point", &[("x", "f64"), ("y", "f64"), ("z", "f64")]),
    ("geometry_msgs", "Point32", &[("x", "f32"), ("y", "f32"), ("z", "f32")]),
    ("geometry_msgs", "Vector3", &[("x", "f64"), ("y", "f64"), ("z", "f64")]),
    ("geometry_msgs", "Quaternion", &[("x", "f64"), ("y", "f64"), ("z", "f64"), ("w", "f64")]),
    ("geometry_msgs", "Pose", &[("position", "Point"), ("orientation", "Quaternion")]),
    ("geometry_msgs", "Pose2D", &[("x", "f64"), ("y", "f64"), ("theta", "f64")]),
    ("geometry_msgs", "Transform", &[("translation", "Vector3"), ("rotation", "Quaternion")]),
    ("geometry_msgs", "Twist", &[("linear", "Vector3"), ("angular", "Vector3")]),
    ("geometry_msgs", "Accel", &[("linear", "Vector3"), ("angular", "Vector3")]),
    ("geometry_msgs", "Wrench", &[("force", "Vector3"), ("torque", "Vector3")]),
    ("std_msgs", "ColorRGBA", &[("r", "f32"), ("g", "f32"), ("b", "f32"), ("a", "f32")]),
];

/// Returns the package that has a message of this name with these fields.
pub(super) fn package(schema: &Schema) -> Option<&'static str> {
    let Kind::Struct { fields } = &schema.kind else { return None };
    let agrees = |expected: &[(&str, &str)]| {
        fields.len() == expected.len()
            && fields.iter().zip(expected).all(|(field, (name, ty))| field.name == *name && is(field.schema.get(), ty))
    };
    let found = STANDARD.iter().find(|(_, name, expected)| schema.name == *name && agrees(expected));
    found.map(|(package, ..)| *package)
}

fn is(schema: &Schema, ty: &str) -> bool {
    match &schema.kind {
        Kind::Primitive(primitive) => match ty {
            "i32" => *primitive == Primitive::I32,
            "u32" => *primitive == Primitive::U32,
            "f32" => *primitive == Primitive::F32,
            "f64" => *primitive == Primitive::F64,
            _ => false,
        },
        _ => schema.name == ty && package(schema).is_some(),
    }
}
