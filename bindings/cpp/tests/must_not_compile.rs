//! Programs that must not compile, and the sentences that the compiler prints for them. After changing
//! one run `UPDATE=1 cargo test -p slotcast-cpp --test must_not_compile`, and read the differences.

use slotcast_cpp::mistakes::Mistakes;
use slotcast_cpp::{compilers, root};

#[test]
fn each_mistake_is_reported_as_expected() {
    let folder = root().join("cpp/tests/must_not_compile");
    let mistakes = Mistakes { folder: &folder, extension: "cpp", command: |compiler| compiler.command(17) };
    mistakes.check(&compilers());
    mistakes.check_files(40);
}
