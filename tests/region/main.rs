//! Named structures in regions, across processes.

mod arrays;
mod corrupt;
mod crashes;
mod foreign;
mod oracles;
mod primitives;
mod regions;
mod sequences;
mod streams;
mod surroundings;
