//! Tables of the book that repeat what the code says, checked against the code and against real errors.

mod book;
mod code;
mod points;
mod real;
