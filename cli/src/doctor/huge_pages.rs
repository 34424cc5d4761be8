//! Whether publishers can have huge pages.

use super::check::{Check, Severity};
use procfs::{Current, Meminfo};
use std::fs;

const TRANSPARENT: &str = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";

pub(super) fn check() -> Vec<Check> {
    let mut checks: Vec<Check> = Meminfo::current().ok().map(|memory| reserved(&memory)).into_iter().collect();
    checks.extend(transparent());
    checks
}

fn reserved(memory: &Meminfo) -> Check {
    let kind = "huge_pages";
    let (total, free) = (memory.hugepages_total.unwrap_or(0), memory.hugepages_free.unwrap_or(0));
    let text = format!("huge pages: {free} of {total} are free");
    if free > 0 {
        return Check::ok(kind, text);
    }
    Check::found(
        kind,
        Severity::Note,
        text,
        "Publishers with `huge_pages(true)` take other pages.",
        "For these reserve some: `sysctl vm.nr_hugepages=128`.",
    )
}

fn transparent() -> Option<Check> {
    let kind = "transparent_huge_pages";
    let setting = fs::read_to_string(TRANSPARENT).ok()?;
    let chosen = setting.split('[').nth(1)?.split(']').next()?.to_owned();
    let text = format!("transparent huge pages of shared memory: {chosen}");
    if !["never", "deny"].contains(&chosen.as_str()) {
        return Some(Check::ok(kind, text));
    }
    Some(Check::found(
        kind,
        Severity::Note,
        text,
        "Publishers with `huge_pages(true)` get normal pages unless huge ones are reserved.",
        format!("For large messages: `echo advise > {TRANSPARENT}`."),
    ))
}
