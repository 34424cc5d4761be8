//! What `#[derive(ShmMessage)]` makes of a type.

mod derive;
