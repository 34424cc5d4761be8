#!/usr/bin/env bash
# Compiles everything with the oldest Rust that `Cargo.toml` names, and the SDK for another
# architecture. rustup needs both toolchains: `rustup toolchain install 1.88.0; rustup target add
# aarch64-unknown-linux-gnu`.
set -euo pipefail
cd "$(dirname "$0")/.."
oldest=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml).0
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/oldest"
cargo "+$oldest" check --quiet --workspace --all-targets --all-features
echo "compiles with Rust $oldest"
cargo check --quiet -p slotcast --all-features --target aarch64-unknown-linux-gnu
echo "the SDK compiles for aarch64"
