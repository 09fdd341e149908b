//! Every segmentation of a short signal, written out, against the recursion.

use ndarray::Array2;

use super::*;
use crate::warp::models::SoundModels;
use crate::warp::windows::{let_gaps_take, let_neighbours_take, windows_around};

struct Case {
    features: Array2<f32>,
    nodes: Vec<Node>,
    scorer: Scorer,
    gaps: Gaps,
}

fn case(seed: usize) -> Case {
    case_of(seed, 12)
}

fn case_of(seed: usize, frames: usize) -> Case {
    let noise = |i: usize| (((i + 31 * seed) * 2_654_435_761) % 1_000) as f32 / 500.0 - 1.0;
    let features = Array2::from_shape_fn((frames, 2), |(t, d)| noise(2 * t + d));
    let mean = Array2::from_shape_fn((4, 2), |(k, d)| noise(100 + 2 * k + d));
    let scorer = Scorer::new(&SoundModels { mean, variance: Array2::from_elem((4, 2), 0.5) }, 1.0);
    let mut cumulative = vec![0.0];
    for t in 0..frames {
        let pause = f64::from(scorer.score(3, features.row(t).as_slice().unwrap()));
        cumulative.push(cumulative[t] + pause);
    }
    let sound = |class| Node::Sound { phone: class, class, log_frames: 0.7 };
    let gap = Node::Gap { kind: 0 };
    let nodes = vec![gap, sound(0), sound(1), gap, sound(2), gap];
    Case {
        features,
        nodes,
        scorer,
        gaps: Gaps {
            cumulative: vec![cumulative],
            entry: vec![-0.7],
            stray: None,
            fits: Vec::new(),
            baseline: vec![0.0; frames],
        },
    }
}

fn chain(case: &Case) -> Chain<'_> {
    let mut windows = vec![0..13; 7];
    windows[0] = 0..1;
    windows[6] = 12..13;
    Chain {
        features: &case.features,
        nodes: &case.nodes,
        windows,
        scorer: &case.scorer,
        gaps: &case.gaps,
        durations: Durations { sigma: 0.6, weight: 1.0 },
        heard: None,
    }
}

/// All boundaries with their scores.
fn every_path(case: &Case) -> Vec<(Vec<usize>, f64)> {
    let durations = chain(case).duration_scores(0.7);
    let mut paths = vec![(vec![0usize], 0f64)];
    for node in &case.nodes {
        let mut longer = Vec::new();
        for (path, score) in &paths {
            let start = *path.last().unwrap();
            for end in start..=12 {
                let added = match node {
                    Node::Gap { .. } if end == start => 0.0,
                    Node::Gap { .. } => {
                        case.gaps.cumulative[0][end] - case.gaps.cumulative[0][start]
                            + f64::from(case.gaps.entry[0])
                    }
                    Node::Sound { class, .. } => {
                        let Some(duration) = (end - start).checked_sub(1).and_then(|d| durations.get(d))
                        else {
                            continue;
                        };
                        let frames = (start..end)
                            .map(|t| case.scorer.score(*class, case.features.row(t).as_slice().unwrap()));
                        f64::from(*duration) + f64::from(frames.sum::<f32>())
                    }
                };
                let mut path = path.clone();
                path.push(end);
                longer.push((path, score + added));
            }
        }
        paths = longer;
    }
    paths.retain(|(path, _)| *path.last().unwrap() == 12);
    paths
}

#[test]
fn the_best_of_all_segmentations_is_found() {
    for seed in 0..8 {
        let case = case(seed);
        let paths = every_path(&case);
        let best = paths.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        let found = chain(&case).best_boundaries().unwrap();
        let score = paths.iter().find(|(path, _)| *path == found).unwrap().1;
        assert!((score - best.1).abs() < 1e-3, "{found:?} {score} against {best:?}");
    }
}

#[test]
fn posteriors_are_shares_of_all_segmentations() {
    for seed in 0..8 {
        let case = case(seed);
        let paths = every_path(&case);
        let best = paths.iter().map(|p| p.1).fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = paths.iter().map(|p| (p.1 - best).exp()).sum();
        let chain = chain(&case);
        let posteriors = chain.posteriors();
        for (boundary, posterior) in posteriors.iter().enumerate() {
            for (i, found) in posterior.iter().enumerate() {
                let place = chain.windows[boundary].start + i;
                let expected: f64 =
                    paths.iter().filter(|p| p.0[boundary] == place).map(|p| (p.1 - best).exp()).sum::<f64>()
                        / total;
                assert!(
                    (f64::from(*found) - expected).abs() < 1e-3,
                    "{boundary} {place}: {found} {expected}"
                );
            }
        }
    }
}

#[test]
fn a_sound_found_far_too_long_gives_way_to_a_gap() {
    let case = case_of(3, 80);
    // The second sound was laid over sixty frames that are no sound of the text.
    let boundaries = [0, 3, 6, 66, 68, 74, 80];
    let fitted = |windows: Vec<Range<usize>>| Chain { windows, ..chain(&case) }.best_boundaries();
    let bound = |mut windows: Vec<Range<usize>>| {
        windows[0] = 0..1;
        windows[6] = 80..81;
        windows
    };
    let mut windows = windows_around(&boundaries, 4, 80);
    assert_eq!(fitted(bound(windows.clone())), None);
    let_gaps_take(&mut windows, &case.nodes, &boundaries, chain(&case).durations, 4);
    assert_eq!(windows[5..], windows_around(&boundaries, 4, 80)[5..]);
    let found = fitted(bound(windows)).unwrap();
    assert!(found[3] - found[1] <= 24, "{found:?}");
}

#[test]
fn leaving_a_word_out_gains_what_the_text_without_it_scores_more() {
    for seed in 0..8 {
        let whole = case(seed);
        let score = |case: &Case| {
            let scores: Vec<f64> = every_path(case).into_iter().map(|path| path.1).collect();
            let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            best + scores.iter().map(|score| (score - best).exp()).sum::<f64>().ln()
        };
        let omissions = chain(&whole).omissions();
        for (before, after, left) in [(0, 3, 2), (3, 5, 1), (0, 5, 0)] {
            let omission = omissions.iter().find(|o| (o.before, o.after) == (before, after)).unwrap();
            assert_eq!(omission.words, 2 - left.min(1));
            let mut nodes = whole.nodes.clone();
            nodes.drain(before..after);
            let without = Case { nodes, ..case(seed) };
            let expected = score(&without) - score(&whole);
            assert!((f64::from(omission.gain) - expected).abs() < 1e-2, "{omission:?} {expected}");
        }
    }
}

#[test]
fn words_beside_a_squeezed_one_may_take_its_time() {
    let case = case_of(3, 80);
    // Two frames for two sounds, where four are expected.
    let boundaries = [0, 30, 31, 32, 32, 50, 80];
    let mut windows = windows_around(&boundaries, 4, 80);
    let durations = Durations { sigma: 0.4, weight: 1.0 };
    let_neighbours_take(&mut windows, &case.nodes, &boundaries, durations, 4);
    assert!(windows[1..=4].iter().all(|window| window.start <= 26 && window.end >= 37), "{windows:?}");
    assert!(windows.windows(2).all(|pair| pair[0].start <= pair[1].start && pair[0].end <= pair[1].end));
}
