//! The book's pages "The registry" and "The ring, exactly", checked against real endpoints.
//!
//! These tests read files and memory with `pread` alone, at offsets from the tables in the book,
//! like a reader in another language. They use the SDK only to create the endpoints that they
//! inspect.

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
