//! `slotcast.h` is generated from the source of the library, and this fails if it was not since the
//! source has changed. To renew it, run `UPDATE=1 cargo test -p slotcast-c --test header`, and read
//! the differences.
//!
//! cbindgen translates each section by itself, so that what belongs together stays together. The
//! documentation of a type or function is that of the source. How C spells it is in `cbindgen.toml`.

use std::fs;
use std::path::{Path, PathBuf};

/// A part of the header.
struct Section {
    /// What is above it; nothing for the first one.
    title: &'static str,
    /// Types that C knows as pointers only, and that are not types of this library, with their
    /// documentation.
    handles: &'static [(&'static str, &'static str)],
    /// Files of `src`, in the order of the header.
    sources: &'static [&'static str],
}

const SECTIONS: &[Section] = &[
    Section { title: "Codes and errors", handles: &[], sources: &["failure"] },
    Section {
        title: "Schemas: what messages contain. slotcast_schema.h describes structs",
        handles: &[],
        sources: &["describe", "schemas"],
    },
    Section { title: "Options", handles: &[], sources: &["options"] },
    Section { title: "Messages and loans: structs that you hold", handles: &[], sources: &["messages"] },
    Section {
        title: "Publishing",
        handles: &[("sc_publisher", "Sends the messages of a topic.")],
        sources: &["publisher"],
    },
    Section {
        title: "Receiving",
        handles: &[("sc_closer", "Ends each wait of a subscriber, from any thread.")],
        sources: &["subscriber"],
    },
    Section {
        title: "Messages while they are written",
        handles: &[
            ("sc_partial_loan", "A message that is published while it is written."),
            ("sc_partial", "A message that is received while its publisher writes it."),
        ],
        sources: &["partial"],
    },
    Section { title: "The state of peers", handles: &[], sources: &["status"] },
    Section { title: "Observing unnoticed, and cleaning", handles: &[], sources: &["observer"] },
    Section {
        title: "Events",
        handles: &[("sc_notifier", "Tells listeners that something has happened.")],
        sources: &["events"],
    },
    Section {
        title: "Latest values",
        handles: &[("sc_value_writer", "Sets a value, as its only writer.")],
        sources: &["values"],
    },
    Section { title: "Calls", handles: &[], sources: &["client"] },
    Section { title: "Serving calls", handles: &[], sources: &["server"] },
    Section {
        title: "Counters and errors, for people and monitoring to see",
        handles: &[
            ("sc_counters", "A set of counters, and of errors that have happened."),
            ("sc_counter", "A number that others see."),
        ],
        sources: &["counters"],
    },
    Section {
        title: "Waiting for several things",
        handles: &[("sc_trigger", "Wakes a wait set, from any thread.")],
        sources: &["wait_set"],
    },
    Section {
        title: "Membership",
        handles: &[("sc_membership", "Reports which peers join, leave, die and fall silent.")],
        sources: &["membership"],
    },
];

const BEGIN: &str = r#"/* Slotcast for C: publish and receive structs through shared memory.
 *
 * Each call that can fail returns an sc_code. For the codes from SC_ERROR on, sc_last_error returns the text. Handles
 * are used by one thread at a time. Names are UTF-8. Times are in nanoseconds.
 *
 * Generated from the library's source, as tests/header.rs there describes. Change that instead. */
#ifndef SLOTCAST_H
#define SLOTCAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slotcast_schema.h"

#ifdef __cplusplus
extern "C" {
#endif
"#;

const END: &str = r#"
#ifdef __cplusplus
}
#endif

#include "slotcast_defaults.h"

#endif
"#;

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn source(name: &str) -> PathBuf {
    folder().join("src").join(name).with_extension("rs")
}

fn section(section: &Section) -> String {
    let rule = "-".repeat(112_usize.saturating_sub(section.title.len()));
    let mut text = format!("\n/* {} {rule} */\n\n", section.title);
    for (name, documentation) in section.handles {
        text += &format!("// {documentation}\ntypedef struct {name} {name};\n\n");
    }
    let config = cbindgen::Config::from_file(folder().join("cbindgen.toml")).unwrap();
    let mut builder = cbindgen::Builder::new().with_config(config);
    for name in section.sources {
        builder = builder.with_src(source(name));
    }
    let mut generated = Vec::new();
    builder.generate().unwrap().write(&mut generated);
    text + tidy(&String::from_utf8(generated).unwrap()).trim() + "\n"
}

/// Removes the word `struct` where the name alone is enough, and empty lines that annotations leave at
/// the beginning of a comment.
fn tidy(generated: &str) -> String {
    let mut text = String::new();
    for line in generated.lines() {
        let is_in_comment = text.lines().last().is_some_and(|last| last.trim_start().starts_with("//"));
        if line.trim() == "//" && !is_in_comment {
            continue;
        }
        match line.starts_with("typedef ") {
            true => text += line,
            false => text += &line.replace("struct sc_", "sc_"),
        }
        text.push('\n');
    }
    text
}

#[test]
fn the_header_is_that_of_the_source() {
    let generated = BEGIN.to_owned() + &SECTIONS.iter().map(section).collect::<String>() + END;
    let path = folder().join("include/slotcast.h");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap();
    let differs = generated.lines().zip(committed.lines()).find(|(new, old)| new != old);
    assert!(
        generated == committed,
        "include/slotcast.h is not that of the source: run `UPDATE=1 cargo test -p slotcast-c --test header`, and read \
         the differences. The first is (source, header): {differs:#?}"
    );
}

/// A function in a file that no section names would not be in the header.
#[test]
fn each_function_is_in_a_section() {
    for file in fs::read_dir(folder().join("src")).unwrap() {
        let path = file.unwrap().path();
        let exports = fs::read_to_string(&path).unwrap().contains("#[unsafe(no_mangle)]");
        let name = path.file_stem().unwrap().to_str().unwrap();
        let sections = SECTIONS.iter().filter(|section| section.sources.contains(&name)).count();
        assert!(sections <= 1 && (sections == 1 || !exports), "src/{name}.rs: add it to SECTIONS, once");
    }
}
