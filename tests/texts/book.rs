//! Tables of a page of the book, between `<!-- name -->` and `<!-- end -->`.

const ERRORS: &str = include_str!("../../book/src/what-can-go-wrong.md");
const TESTING: &str = include_str!("../../book/src/testing.md");

/// Returns the code in the first column of all tables of this name.
pub(crate) fn column(name: &str) -> Vec<String> {
    let marker = format!("<!-- {name} -->\n");
    let mut texts = Vec::new();
    for part in [ERRORS, TESTING].iter().flat_map(|page| page.split(&marker).skip(1)) {
        let table = part.split_once("<!-- end -->").expect("an end").0;
        for line in table.lines().filter(|line| line.starts_with('|')).skip(2) {
            texts.push(line[1..].split('|').next().map(code).expect("a column"));
        }
    }
    assert!(!texts.is_empty(), "no {marker}");
    texts
}

/// Returns the content of a code span, which is delimited by more backticks if it contains some.
fn code(cell: &str) -> String {
    let cell = cell.trim();
    let ticks = if cell.starts_with("``") { "``" } else { "`" };
    let inner = cell.strip_prefix(ticks).and_then(|cell| cell.strip_suffix(ticks));
    let inner = inner.unwrap_or_else(|| panic!("no code: {cell}"));
    let inner = if ticks == "``" && inner.ends_with("` ") { inner.trim_end() } else { inner };
    let inner = if ticks == "``" && inner.starts_with(" `") { inner.trim_start() } else { inner };
    inner.into()
}

/// Returns whether a text contains a pattern, in which each `…` stands for anything.
pub(crate) fn is_in(pattern: &str, text: &str) -> bool {
    let mut rest = text;
    pattern.split('…').all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}
