//! A directory above some domains, so that a test decides what is beside a domain.

use slotcast::Domain;
use slotcast::testing::TempDomain;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;

pub(crate) struct Root(TempDomain);

impl Root {
    pub(crate) fn new() -> Self {
        let root = TempDomain::new();
        DirBuilder::new().mode(0o700).create(root.path()).unwrap();
        Self(root)
    }

    pub(crate) fn domain(&self, name: &str) -> Domain {
        Domain::at(self.0.path().join(name))
    }
}
