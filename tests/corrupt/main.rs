//! What other processes write is checked before it is used: entries, segments and rings that no
//! publisher would write.

mod entries;
mod handles;
mod observed;
mod random;
mod scene;
mod segments;
mod sizes;
mod stamps;
