//! Tables of the book that repeat what the code says, compared with the code and with real errors.

mod book;
mod code;
mod points;
mod real;
