//! Makes a doc test of every Rust block of the README and of the book. None of them may use the
//! default domain when it runs: one that makes endpoints is marked `no_run`.

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
    services: "src/services.md",
    membership: "src/membership.md",
    events: "src/events.md",
    recording: "src/recording.md",
    values: "src/values.md",
    counters: "src/counters.md",
    clock: "src/clock.md",
    registry: "src/registry.md",
    regions: "src/regions.md",
    ring: "src/ring.md",
    testing: "src/testing.md",
    what_can_go_wrong: "src/what-can-go-wrong.md",
    speed: "src/speed.md",
    versus: "src/versus.md",
    real_time: "src/real-time.md",
    c: "src/c.md",
    cpp: "src/cpp.md",
    python: "src/python.md",
    tools: "src/tools.md",
    seeing: "src/seeing.md",
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

#[test]
fn files_that_the_architecture_names_exist() {
    let repository = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let page = std::fs::read_to_string(repository.join("ARCHITECTURE.md")).unwrap();
    let names: Vec<_> = page.split('`').filter(|name| name.contains('/') && name.ends_with(".rs")).collect();
    assert!(names.len() > 20, "only {} names of files were seen: is this test blind?", names.len());
    for name in names {
        let homes = [repository.to_owned(), repository.join("sdk/src")];
        assert!(homes.iter().any(|home| home.join(name).is_file()), "ARCHITECTURE.md names {name}");
    }
}

/// A listing is shown in full, as sites that render Markdown do not follow `{{#include}}`, and is
/// that of the file. After `<!-- listing: path -->`, or `path:region` for what stands between
/// `ANCHOR: region` and `ANCHOR_END: region`.
#[test]
fn listings_are_those_of_the_examples() {
    let book = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut listings = 0;
    for page in std::fs::read_dir(book.join("src")).unwrap().map(|page| page.unwrap().path()) {
        if page.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let text = std::fs::read_to_string(&page).unwrap();
        for after in text.split("<!-- listing: ").skip(1) {
            let (name, after) = after.split_once(" -->\n```").expect("a listing is followed by its code");
            let (language, after) = after.split_once('\n').expect("code has lines");
            let file = name.split(':').next().map(std::path::Path::new);
            let expected = match file.and_then(|file| file.extension()).and_then(|extension| extension.to_str()) {
                Some("rs") => "rust,ignore",
                Some("py") => "python",
                _ => "cpp",
            };
            assert_eq!(language, expected, "{name}");
            let listed = after.split_once("\n```\n").expect("an end of the code").0;
            let (path, region) = name.split_once(':').map_or((name, None), |(path, region)| (path, Some(region)));
            let file = std::fs::read_to_string(book.parent().unwrap().join(path)).expect(path);
            let code = region.map_or_else(|| file.trim_end().to_owned(), |region| lines_of(&file, region));
            assert_eq!(listed, code, "{} lists {name}, which is", page.display());
            listings += 1;
        }
    }
    assert!(listings >= 7, "only {listings} listings were seen: is this test blind?");
}

/// The lines of a region of a file, without the indentation of its first line.
#[cfg(test)]
fn lines_of(file: &str, region: &str) -> String {
    let (begin, end) = (format!("// ANCHOR: {region}"), format!("// ANCHOR_END: {region}"));
    let lines = file.lines().skip_while(|line| line.trim() != begin).skip(1).take_while(|line| line.trim() != end);
    let lines: Vec<_> = lines.collect();
    let indentation = lines.first().map_or(0, |line| line.len() - line.trim_start().len());
    let lines: Vec<_> = lines.iter().map(|line| line.get(indentation..).unwrap_or_default()).collect();
    lines.join("\n")
}
