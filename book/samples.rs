//! Makes a doc test of every Rust block of the README and of the book. None of them may use the default domain when
//! it runs: one that makes endpoints is marked `no_run`.

macro_rules! samples {
    ($($name:ident: $file:literal,)*) => {$(
        #[cfg(doctest)]
        #[doc = include_str!($file)]
        pub mod $name {}
    )*};
}

samples! {
    readme: "../README.md",
    introduction: "src/introduction.md",
    quick_start: "src/quick-start.md",
}
