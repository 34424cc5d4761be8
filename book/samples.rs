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
    messages: "src/messages.md",
    schemas: "src/schemas.md",
    compiler_refusals: "src/compiler-refusals.md",
    delivery: "src/delivery.md",
    large: "src/large.md",
    memory: "src/memory.md",
    waiting: "src/waiting.md",
    wait_sets: "src/wait-sets.md",
    membership: "src/membership.md",
    registry: "src/registry.md",
    ring: "src/ring.md",
    testing: "src/testing.md",
    what_can_go_wrong: "src/what-can-go-wrong.md",
    speed: "src/speed.md",
    real_time: "src/real-time.md",
    tools: "src/tools.md",
}

#[test]
fn every_page_is_compiled_and_listed() {
    let (compiled, listed) = (include_str!("samples.rs"), include_str!("src/SUMMARY.md"));
    for page in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap() {
        let page = page.unwrap().file_name().into_string().unwrap();
        if page.ends_with(".md") && page != "SUMMARY.md" {
            assert!(compiled.contains(&format!("\"src/{page}\"")), "add {page} to `samples!` in book/samples.rs");
            assert!(listed.contains(&format!("({page})")), "add {page} to book/src/SUMMARY.md");
        }
    }
}
