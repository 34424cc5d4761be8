//! The book's pages "The registry" and "The ring, exactly", checked against real endpoints.
//!
//! What is here reads files and memory with `pread` alone, at offsets that it takes from the tables in the book, as a
//! reader in another language would. It uses the SDK only to make the endpoints that it looks at.

mod book;
mod control;
mod dump;
mod entry;
mod grants;
mod locks;
mod pool;
mod python;
mod ring;
mod topic;
