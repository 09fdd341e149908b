use super::blocks::median_of_magnitudes;
use super::*;

const FLOOR: f32 = 1e-6;

fn hiss(seed: u64, len: usize) -> Vec<f32> {
    let mut random = tonearm_testkit::random::Random::new(seed);
    (0..len).map(|_| (0.01 * random.normal()) as f32).collect()
}

#[test]
fn scores_of_noise_are_those_of_a_normal_variable() {
    let noise = hiss(1, 441_000);
    let whitened = Whitened::of(&noise, &noise, 44_100.0, 0, FLOOR);
    for length in [1, 4, 16, 64] {
        let scores = whitened.scores(&[length]);
        // One side of the normal distribution beyond 3 holds 0.00135; both directions together see less.
        let beyond = scores.iter().filter(|&&s| s > 3.0).count() as f64 / scores.len() as f64;
        assert!(beyond < 0.0027, "{beyond} at {length}");
        assert!(scores.iter().all(|&s| s < 6.5));
    }
}

#[test]
fn the_inverse_scales_of_a_stretch_are_those_of_its_samples() {
    let mut noise = hiss(3, 10_300);
    noise[3_000..6_000].iter_mut().for_each(|x| *x *= 7.0);
    let whitened = Whitened::of(&noise, &noise, 44_100.0, 0, FLOOR);
    for (first, end) in [(0, whitened.hop()), (2 * whitened.hop() + 5, 3 * whitened.hop()), (10_290, 10_300)]
    {
        let mut inverse = vec![0.0; end - first];
        whitened.inverse_scales(first, &mut inverse);
        for (n, inverse) in (first..).zip(inverse) {
            assert_eq!(inverse.to_bits(), (1.0 / whitened.scale(n)).to_bits(), "sample {n}");
        }
    }
}

#[test]
fn wilson_and_hilferty_invert() {
    for length in [1, 7, 50] {
        for score in [0.5, 3.0, 12.0] {
            assert!((normal_equivalent(energy_at(score, length), length) - score).abs() < 1e-3);
        }
    }
}

#[test]
fn a_weak_long_pulse_shows_in_a_long_window_alone() {
    let clean = hiss(4, 44_100);
    let mut damaged = clean.clone();
    // An oscillation of 3σ over 48 samples: no single sample stands far out.
    for i in 0..48 {
        damaged[20_000 + i] += 0.03 * (1.1 * i as f32).sin();
    }
    let whitened = Whitened::of(&damaged, &clean, 44_100.0, 0, FLOOR);
    let single = whitened.scores(&[1])[20_000..20_048].iter().copied().fold(0.0, f32::max);
    let long = whitened.scores(&[48])[20_024];
    assert!(long > 6.0 && long > 1.3 * single, "{long} against {single}");
}

#[test]
fn a_click_stands_out_and_a_glottal_pulse_train_does_not() {
    let mut random = tonearm_testkit::random::Random::new(2);
    let mut x = vec![0.0f64; 44_100];
    for i in 2..x.len() {
        let pulse = if i % 400 == 0 { 0.3 } else { 0.0 };
        x[i] = pulse + 0.001 * random.normal() + 1.9 * x[i - 1] - 0.93 * x[i - 2];
    }
    let voiced: Vec<f32> = x.iter().map(|&v| 0.2 * v as f32).collect();
    let mut clicked = voiced.clone();
    clicked[20_123] += 0.1;
    let scores = Whitened::of(&clicked, &voiced, 44_100.0, 0, FLOOR).scores(&[1]);
    let other =
        Whitened::of(&voiced, &voiced, 44_100.0, 0, FLOOR).scores(&[1]).into_iter().fold(0.0, f32::max);
    assert!(scores[20_123] > 1.5 * other, "{} against {other}", scores[20_123]);
}

/// Noise that falls by 18 dB an octave towards the treble, of unit deviation.
fn dull(seed: u64, len: usize) -> Vec<f32> {
    let mut noise: Vec<f64> = hiss(seed, len).into_iter().map(f64::from).collect();
    for _ in 0..3 {
        (1..len).for_each(|n| noise[n] += 0.9 * noise[n - 1]);
    }
    let level = (noise.iter().map(|x| x * x).sum::<f64>() / len as f64).sqrt();
    noise.into_iter().map(|x| (x / level) as f32).collect()
}

#[test]
fn a_click_in_dull_noise_does_not_hide_itself() {
    for seed in 1..5 {
        let clean = dull(seed, 88_200);
        let mut clicked = clean.clone();
        let places: Vec<usize> = (6_000..84_000).step_by(6_371).collect();
        for place in &places {
            clicked[*place..*place + 4].iter_mut().zip([8.0, -5.0, 3.0, -1.0]).for_each(|(x, h)| *x += h);
        }
        let scores = Whitened::of(&clicked, &clicked, 44_100.0, 0, FLOOR).scores(&[1, 4]);
        let known = Whitened::of(&clicked, &clean, 44_100.0, 0, FLOOR).scores(&[1, 4]);
        for place in places {
            let most = |scores: &[f32]| scores[place..place + 4].iter().copied().fold(0.0, f32::max);
            // Under the blocks' own models some 15, a fiftieth of what they are where the clicks are known.
            assert!(most(&scores) > 0.5 * most(&known), "{} of {} at {place}", most(&scores), most(&known));
        }
    }
}

#[test]
fn what_sets_in_and_stays_is_measured_by_its_own_model() {
    let mut samples = hiss(6, 88_200);
    // From the middle of a block on, a hundred times as loud, and of another spectrum.
    let loud = dull(7, 44_100);
    samples[44_100..].iter_mut().zip(loud).for_each(|(x, loud)| *x += loud);
    let scores = Whitened::of(&samples, &samples, 44_100.0, 0, FLOOR).scores(&[1, 4]);
    let most = scores[44_000..46_500].iter().copied().fold(0.0, f32::max);
    assert!(most < 60.0, "{most}");
}

#[test]
fn the_median_is_the_sorted_middle() {
    assert_eq!(median(&mut [3.0, 1.0, 2.0]).to_bits(), 2f32.to_bits());
    assert_eq!(median(&mut []).to_bits(), 0f32.to_bits());
    let mut bits = [3.0f32, 1.0, 2.0, 1e-40].map(f32::to_bits);
    assert_eq!(median_of_magnitudes(&mut bits).to_bits(), 2f32.to_bits());
    assert_eq!(median_of_magnitudes(&mut []).to_bits(), 0f32.to_bits());
}

#[test]
fn silence_scores_nothing() {
    let silence = vec![0.0; 5_000];
    assert!(
        Whitened::of(&silence, &silence, 44_100.0, 0, FLOOR).scores(&[1, 8]).iter().all(|s| s.to_bits() == 0)
    );
    assert!(Whitened::of(&[], &[], 44_100.0, 0, FLOOR).scores(&[1]).is_empty());
}

#[test]
fn loud_bursts_make_no_unrest_where_there_is_programme() {
    let mut random = tonearm_testkit::random::Random::new(5);
    // Noise that falls towards the treble, and a tone that comes and goes.
    let mut noise = 0.0;
    let mut samples: Vec<f32> = (0..176_400)
        .map(|n| {
            noise = 0.95 * noise + 0.001 * random.normal();
            let swell = (f64::from(n) * std::f64::consts::TAU / 44_100.0).sin().max(0.0);
            (noise + 0.1 * swell * (0.03 * f64::from(n)).sin()) as f32
        })
        .collect();
    let unrest = |samples: &[f32]| Whitened::of(samples, samples, 44_100.0, 0, FLOOR).unrest();
    let steady = unrest(&samples);
    for start in (3_000..170_000).step_by(7_350) {
        samples[start..start + 44].iter_mut().for_each(|x| *x += (0.5 * random.normal()) as f32);
    }
    let struck = unrest(&samples);
    assert!(struck < 1.2 * steady, "{struck} where it was {steady}");
}

#[test]
fn a_lifted_needle_is_no_unrest_and_pauses_are() {
    let unrest = |samples: &[f32]| Whitened::of(samples, samples, 44_100.0, 0, FLOOR).unrest();
    let at = |level: f32, seed: u64, len: usize| hiss(seed, len).into_iter().map(move |x| level * x);
    let side: Vec<f32> = at(1.0, 1, 176_400).collect();
    let transfer: Vec<f32> = at(0.02, 2, 88_200).chain(side).chain(at(0.02, 3, 44_100)).collect();
    assert!(unrest(&transfer) < 1.3, "{}", unrest(&transfer));
    let paused: Vec<f32> =
        (0..6).flat_map(|k| at(if k % 2 == 0 { 0.02 } else { 1.0 }, k + 4, 44_100)).collect();
    assert!(unrest(&paused) > 10.0, "{}", unrest(&paused));
}
