use serde::Serialize;

/// Values of which quantiles are wanted, each with the number of messages for which it stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Distribution {
    values: Vec<(u64, u64)>,
}

/// The quantiles of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Quantiles {
    /// How many values they are taken over.
    pub(crate) count: u64,
    /// Half of the values are at most this.
    pub(crate) p50: u64,
    /// 99 of 100 values are at most this.
    pub(crate) p99: u64,
    /// The largest value.
    pub(crate) max: u64,
}

impl Distribution {
    /// Adds a value that stands for a number of messages.
    pub(crate) fn add(&mut self, value: u64, messages: u64) {
        match self.values.last_mut() {
            Some((last, count)) if *last == value => *count = count.saturating_add(messages),
            _ => self.values.push((value, messages)),
        }
    }

    /// Adds all values of another one.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.values.extend_from_slice(&other.values);
    }

    /// Returns the quantiles, each one of the values. Returns `None` if there are no values.
    pub(crate) fn quantiles(&self) -> Option<Quantiles> {
        let mut sorted = self.values.clone();
        sorted.sort_unstable();
        let count: u128 = sorted.iter().map(|&(_, messages)| u128::from(messages)).sum();
        let &(max, _) = sorted.last()?;
        let at = |percent: u128| {
            // The smallest value that at least so many are not above.
            let wanted = (count * percent).div_ceil(100);
            let mut below = 0_u128;
            let mut values = sorted.iter();
            let found = values.find(|&&(_, messages)| {
                below += u128::from(messages);
                below >= wanted
            });
            found.map_or(max, |&(value, _)| value)
        };
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        Some(Quantiles { count, p50: at(50), p99: at(99), max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_and_count_messages() {
        assert_eq!(Distribution::default().quantiles(), None);
        let mut one_to_hundred = Distribution::default();
        (1..=100).rev().for_each(|value| one_to_hundred.add(value, 1));
        let quantiles = one_to_hundred.quantiles().unwrap();
        assert_eq!(quantiles, Quantiles { count: 100, p50: 50, p99: 99, max: 100 });
        let mut heavy = Distribution::default();
        heavy.add(7, 1_000_000);
        heavy.add(7, 1_000_000);
        heavy.add(9, 1);
        assert_eq!(heavy.values.len(), 2);
        assert_eq!(heavy.quantiles().unwrap(), Quantiles { count: 2_000_001, p50: 7, p99: 7, max: 9 });
        heavy.extend(&one_to_hundred);
        assert_eq!(heavy.quantiles().unwrap().max, 100);
    }
}
