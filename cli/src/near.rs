//! What was probably meant by a name that does not exist.

/// How similar a name must be, from 0 to 1, to be worth a suggestion.
const SIMILAR: f64 = 0.6;
/// How much worse than the best a suggestion may be.
const WORSE: f64 = 0.15;
/// How many are suggested.
const SUGGESTED: usize = 3;

/// Returns the names that are most similar to `name`, the best first; none if all are very
/// different. Those that contain it, or that it contains, count as similar.
pub(crate) fn nearest<'a>(name: &str, existing: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let lower = name.to_lowercase();
    let mut scored: Vec<(f64, &str)> = existing
        .into_iter()
        .filter(|candidate| !candidate.is_empty())
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            let contained = !lower.is_empty() && (other.contains(&lower) || lower.contains(&other));
            let score = strsim::normalized_damerau_levenshtein(&lower, &other);
            (contained || score >= SIMILAR).then_some((if contained { score.max(SIMILAR) } else { score }, candidate))
        })
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let best = scored.first().map_or(0.0, |best| best.0);
    scored.into_iter().take_while(|scored| scored.0 >= best - WORSE).map(|scored| scored.1).take(SUGGESTED).collect()
}

/// Returns "`a`, `b` or `c`".
pub(crate) fn alternatives(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first() {
        let topics = ["robot/imu", "robot/lidar", "robot/left/imu", "host/load"];
        assert_eq!(nearest("robot/imv", topics), ["robot/imu"]);
        assert_eq!(nearest("imu", topics), ["robot/imu", "robot/left/imu"]);
        assert!(nearest("zzz", topics).is_empty());
        assert_eq!(alternatives(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
