//! Named structures in regions, across processes.

mod arrays;
mod foreign;
mod regions;
mod sequences;
