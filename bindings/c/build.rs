//! Names the shared library: before 1.0, versions are compatible whose first two numbers are equal.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let part = |name| std::env::var(name).unwrap_or_default();
    let series = format!("{}.{}", part("CARGO_PKG_VERSION_MAJOR"), part("CARGO_PKG_VERSION_MINOR"));
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libslotcast.so.{series}");
}
