use super::*;

fn line() -> Vec<Word> {
    (0..WORDS).map(|_| Word::new(0)).collect()
}

#[test]
fn a_message_grows_and_ends() {
    let words = line();
    let (line, view) = (Line::new(&words), LineView::new(sync::read_only(&words)));
    assert_eq!((line.is_in_use(), view.current()), (false, None));
    let ends = [(0, End::Finished, PartialState::Finished), (1, End::Abandoned, PartialState::Abandoned(7))];
    for (number, end, state) in ends {
        assert_eq!(line.begin([64, number, 3]), number);
        assert!(line.is_in_use() && view.still_shows(number));
        assert_eq!(view.current(), Some((number, [64, number, 3])));
        assert_eq!(view.state(number), PartialState::Growing(0));
        line.advance(7);
        assert_eq!(view.state(number), PartialState::Growing(7));
        line.end(number, end);
        assert_eq!((line.is_in_use(), view.current(), view.still_shows(number)), (false, None, false));
        assert_eq!(view.state(number), state);
    }
}

#[test]
fn the_ends_of_the_last_messages_are_known() {
    let words = line();
    let (line, view) = (Line::new(&words), LineView::new(sync::read_only(&words)));
    let was_finished = |number: u64| number.is_multiple_of(3) || number.is_multiple_of(7);
    for number in 0..200 {
        line.begin([0; 3]);
        for earlier in 0..number {
            let known = number - earlier <= REMEMBERED;
            let expected = if known && was_finished(earlier) { PartialState::Finished } else { PartialState::Ended };
            assert_eq!(view.state(earlier), expected, "of {earlier} at {number}");
        }
        line.end(number, if was_finished(number) { End::Finished } else { End::Abandoned });
    }
}

#[test]
fn a_corrupt_line_tells_nothing() {
    let words = line();
    let view = LineView::new(sync::read_only(&words));
    for stamp in [0, 1, 3, 5, 4 * 9 + 1, 4 * 9, u64::MAX, u64::MAX - 1] {
        words[STAMP].store_relaxed(stamp);
        for number in [0, 9, 10, u64::MAX / 4, u64::MAX] {
            let _ = (view.current(), view.still_shows(number), view.state(number));
        }
    }
    words[STAMP].store_relaxed(4 * 9 + GROWING);
    assert_eq!(view.state(10), PartialState::Unknown);
    words[STAMP].store_relaxed(4 * 11 + BEGINNING);
    assert_eq!(view.state(10), PartialState::Unknown);
}
