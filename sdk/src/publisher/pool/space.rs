//! Which parts of the pool are no slots.

/// Free parts of the pool that are no slots.
#[derive(Debug)]
pub(super) struct Space {
    /// Offset and size, sorted by offset; no two touch.
    spans: Vec<(usize, usize)>,
}

impl Space {
    pub(super) fn new(bytes: usize) -> Self {
        Self { spans: vec![(0, bytes)] }
    }

    /// Takes `bytes` bytes at the lowest offset that has them, so that memory that was used before
    /// is used first. Returns `None` if no part is that large.
    pub(super) fn take(&mut self, bytes: usize) -> Option<usize> {
        let index = self.spans.iter().position(|span| span.1 >= bytes)?;
        let (offset, size) = self.spans[index];
        if size == bytes {
            self.spans.remove(index);
        } else {
            self.spans[index] = (offset + bytes, size - bytes);
        }
        Some(offset)
    }

    /// Gives a part back.
    pub(super) fn give(&mut self, offset: usize, bytes: usize) {
        let index = self.spans.partition_point(|span| span.0 < offset);
        self.spans.insert(index, (offset, bytes));
        for left in [index, index.saturating_sub(1)] {
            if let Some(&(next, size)) = self.spans.get(left + 1)
                && self.spans[left].0 + self.spans[left].1 == next
            {
                self.spans[left].1 += size;
                self.spans.remove(left + 1);
            }
        }
    }

    /// Gives many parts back at once, each an offset and a size, in the time that it takes to sort
    /// them.
    pub(super) fn give_all(&mut self, parts: impl Iterator<Item = (usize, usize)>) {
        self.spans.extend(parts);
        self.spans.sort_unstable();
        self.spans.dedup_by(|next, span| {
            let touches = span.0 + span.1 == next.0;
            if touches {
                span.1 += next.1;
            }
            touches
        });
    }

    /// How many bytes are free.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.spans.iter().map(|span| span.1).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_touches_is_one() {
        let mut space = Space::new(640);
        let parts: Vec<_> = (0..10).map(|_| space.take(64).unwrap()).collect();
        assert_eq!(space.take(1), None);
        for index in [1, 3, 2, 0, 9, 5, 7, 6, 8, 4] {
            space.give(parts[index], 64);
        }
        assert_eq!(space.spans, [(0, 640)]);
    }

    #[test]
    fn many_are_given_at_once() {
        let mut space = Space::new(640);
        let parts: Vec<_> = (0..10).map(|_| (space.take(64).unwrap(), 64)).collect();
        space.give_all([3, 1, 2, 9, 0, 5].into_iter().map(|index: usize| parts[index]));
        assert_eq!(space.spans, [(0, 256), (320, 64), (576, 64)]);
        space.give_all(parts[6..9].iter().copied());
        space.give_all([parts[4]].into_iter());
        assert_eq!(space.spans, [(0, 640)]);
        // None touches another until all are there; one by one that would take minutes.
        let mut space = Space::new(400_000);
        while space.take(1).is_some() {}
        for first in [0, 1] {
            space.give_all((first..400_000).step_by(2).rev().map(|offset| (offset, 1)));
        }
        assert_eq!(space.spans, [(0, 400_000)]);
    }

    proptest! {
        #[test]
        fn nothing_is_given_twice_or_lost(
            steps in prop::collection::vec((any::<bool>(), 1..40_usize, any::<usize>()), 1..200),
        ) {
            let mut space = Space::new(1000);
            let mut taken: Vec<(usize, usize)> = Vec::new();
            for (take, size, which) in steps {
                if take {
                    if let Some(offset) = space.take(size) {
                        prop_assert!(offset + size <= 1000);
                        prop_assert!(taken.iter().all(|other| offset + size <= other.0 || other.0 + other.1 <= offset));
                        taken.push((offset, size));
                    }
                } else if !taken.is_empty() {
                    let (offset, size) = taken.swap_remove(which % taken.len());
                    space.give(offset, size);
                }
                let used: usize = taken.iter().map(|part| part.1).sum();
                prop_assert_eq!(space.bytes() + used, 1000);
            }
            for (offset, size) in taken {
                space.give(offset, size);
            }
            prop_assert_eq!(space.spans, [(0, 1000)]);
        }
    }
}
