//! Named structures in regions, across processes.

mod arrays;
mod regions;
mod sequences;
