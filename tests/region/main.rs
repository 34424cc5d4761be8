//! Named structures in regions, across processes.

mod arrays;
mod foreign;
mod primitives;
mod regions;
mod sequences;
