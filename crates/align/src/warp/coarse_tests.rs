//! The blocked, windowed search against one that keeps everything; pins.

use ndarray::{Array2, Axis, Slice};

use super::*;
use crate::warp::models::SoundModels;

const SOUNDS: usize = 6;
const GAPS: GapScores = GapScores {
    word_entry: -2.0,
    sentence_entry: -0.5,
    filler_frame: -1.0,
    word_filler_frame: -2.0,
    filler_entry: -25.0,
    skipped_frame: -0.2,
    word_pause_frame: 0.0,
    steady_margin: 3.0,
};

/// Sounds on a circle, the pause in its middle.
fn scorer() -> Scorer {
    let angle = |class: usize| std::f32::consts::TAU * class as f32 / SOUNDS as f32;
    let mean = Array2::from_shape_fn((SOUNDS + 1, 2), |(class, d)| match (class, d) {
        (SOUNDS, _) => 0.0,
        (_, 0) => 4.0 * angle(class).cos(),
        _ => 4.0 * angle(class).sin(),
    });
    Scorer::new(&SoundModels { variance: Array2::ones(mean.dim()), mean }, 1.0)
}

/// Sentences of four words of three sounds; sound `i` has the class that `class_of` gives.
fn states(sentences: usize, class_of: impl Fn(usize) -> usize) -> Vec<State> {
    let mut states = vec![State::SentenceGap];
    for phone in 0..12 * sentences {
        if phone > 0 && phone % 3 == 0 {
            states.push(if phone % 12 == 0 { State::SentenceGap } else { State::WordGap });
        }
        states.push(State::Sound { phone, class: class_of(phone), unit: 0, frames: 4.0, skips_one: false });
    }
    states.push(State::SentenceGap);
    states
}

/// No two neighbours are alike: a boundary between them would be anywhere.
fn class_of(phone: usize) -> usize {
    (2 * phone + phone / 5) % SOUNDS
}

/// The sounds `phones` one after the other, four frames each, eight frames of pause before each sentence, and some noise.
fn recording(phones: &[usize], scorer_noise: f32) -> FeatureSequence {
    let mut rows: Vec<[f32; 2]> = Vec::new();
    let mut seed = 7u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        scorer_noise * ((seed >> 8) as f32 / 8_388_608.0 - 1.0)
    };
    for phone in phones {
        if phone % 12 == 0 {
            rows.extend((0..8).map(|_| [noise(), noise()]));
        }
        let angle = std::f32::consts::TAU * class_of(*phone) as f32 / SOUNDS as f32;
        rows.extend((0..4).map(|_| [4.0 * angle.cos() + noise(), 4.0 * angle.sin() + noise()]));
    }
    rows.extend((0..8).map(|_| [noise(), noise()]));
    Array2::from_shape_fn((rows.len(), 2), |(t, d)| rows[t][d])
}

/// Every move of every cell is kept.
fn dense(field: &Field) -> Vec<usize> {
    let lattice = Lattice::new(field.states, field.scorer.classes(), field.gaps);
    let (total, frames) = (field.states.len(), field.features.nrows());
    let emissions = lattice.emissions(field, 0..frames, &mut Vec::new());
    let mut score = vec![f32::NEG_INFINITY; total + PAD];
    lattice.open(0..total, &emissions[0], &mut score);
    let mut all = vec![vec![Move::Stay; total]];
    for row in &emissions[1..] {
        let (mut next, mut moves) = (vec![f32::NEG_INFINITY; total + PAD], vec![Move::Stay; total]);
        lattice.moves(0..total, &score, &mut moves);
        lattice.advance(0..total, &score, 0.0, row, &mut next);
        all.push(moves);
        score = next;
    }
    let mut s = if score[total - 2 + PAD] > score[total - 1 + PAD] { total - 2 } else { total - 1 };
    let mut path = vec![0; frames];
    for t in (0..frames).rev() {
        path[t] = s;
        s = lattice.before(s, all[t][s]);
    }
    path
}

#[test]
fn blocks_and_windows_find_what_the_whole_lattice_holds() {
    let (scorer, pins) = (scorer(), Pins::new());
    let phones: Vec<usize> = (0..12 * 30).collect();
    let features = recording(&phones, 2.5);
    assert!(features.nrows() > 3 * BLOCK);
    let states = states(30, class_of);
    let steady = &Steadiness::of(&features, &scorer, COARSE);
    let field = Field {
        features: &features,
        states: &states,
        scorer: &scorer,
        steady,
        gaps: GAPS,
        pins: &pins,
        heard: None,
    };
    let expected = dense(&field);
    let lattice = Lattice::new(&states, scorer.classes(), GAPS);
    let mut gap_rows = Vec::new();
    let mut traced = |centres: &[usize], half: usize| {
        let guide = Guide { centres: centres.to_vec(), half };
        let search = Search::forward(&field, &lattice, &guide, &mut gap_rows);
        search.backtrack(&field, &lattice, &mut gap_rows)
    };
    assert_eq!(traced(&expected, states.len()).unwrap().path, expected);
    // What is known of the gaps by now serves once more.
    assert_eq!(traced(&expected, 60).unwrap().path, expected);
    // A window that follows a wrong path says so.
    let late: Vec<usize> = expected.iter().map(|s| (s + 55).min(states.len() - 1)).collect();
    assert!(traced(&late, 60).is_none_or(|trace| trace.near_edge));
}

#[test]
fn a_pin_holds() {
    let scorer = scorer();
    let phones: Vec<usize> = (0..12 * 4).collect();
    let features = recording(&phones, 1.0);
    let states = states(4, class_of);
    let phone = 20;
    let at = states.iter().position(|s| matches!(s, State::Sound { phone: p, .. } if *p == phone)).unwrap();
    let free = 4 * phone + 16;
    for frame in [free - 9, free + 9] {
        let pins = vec![(frame, at)];
        let field = Field {
            features: &features,
            states: &states,
            scorer: &scorer,
            steady: &Steadiness::of(&features, &scorer, COARSE),
            gaps: GAPS,
            pins: &pins,
            heard: None,
        };
        let Found { path, .. } = coarse_path(&field, phones.len(), None).unwrap();
        assert_eq!(path[phone].unwrap().0, frame);
        assert!(path[phone - 1].unwrap().1 <= frame);
    }
}

/// Scores of a gap between words and of one between sentences in each frame.
fn gap_rows(features: &FeatureSequence, doubt: &[Range<usize>], gaps: GapScores) -> Vec<[f32; 2]> {
    let scorer = scorer();
    let (states, pins) = (states(1, class_of), Pins::new());
    let lattice = Lattice::new(&states, scorer.classes(), gaps);
    let steady = &Steadiness::of(features, &scorer, COARSE).doubting(doubt, COARSE);
    let field = Field { features, states: &states, scorer: &scorer, steady, gaps, pins: &pins, heard: None };
    let rows = lattice.emissions(&field, 0..features.nrows(), &mut Vec::new());
    rows.iter().map(|row| [row[row.len() - 2], row[row.len() - 1]]).collect()
}

#[test]
fn each_frame_of_a_pause_is_worth_less_between_words() {
    let gaps = GapScores { word_pause_frame: -0.4, ..GAPS };
    let features = recording(&[0, 1, 2], 0.5);
    let [word, sentence] = gap_rows(&features, &[], gaps)[3];
    assert!((sentence - word - 0.4).abs() < 1e-5, "{word} {sentence}");
}

#[test]
fn in_doubtful_frames_a_gap_explains_nearly_what_the_likeliest_sound_does() {
    let features = recording(&(0..12).collect::<Vec<usize>>(), 0.5);
    let doubt = 12 * COARSE..20 * COARSE;
    let (known, doubted) = (gap_rows(&features, &[], GAPS), gap_rows(&features, &[doubt], GAPS));
    let scorer = scorer();
    for (t, (known, doubted)) in known.iter().zip(&doubted).enumerate() {
        if !(12..20).contains(&t) {
            assert_eq!(known.map(f32::to_bits), doubted.map(f32::to_bits));
            continue;
        }
        let best =
            scorer.frame_scores(&features.slice_axis(Axis(0), Slice::from(t..t + 1)).to_owned())[0].best;
        assert!(
            (best - 1.0 - doubted[1]).abs() < 1e-4 && doubted[1] > known[1],
            "{t}: {known:?} {doubted:?}"
        );
    }
}
