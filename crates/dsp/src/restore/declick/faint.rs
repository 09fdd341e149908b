//! Pulses that are no clicks by more than even odds, but may be: each is taken away in the share of its probability.
//!
//! Of everything that may be under a sample, the mean, each weighed with its probability, leaves the least error on average (Kay, *Fundamentals of
//! Statistical Signal Processing: Estimation Theory*, 1993, §10.3). With the probability p that a pulse h was added that is p·h taken away:
//! where nothing is taken, p·h² is left in the mean, and with p·h taken p·(1 − p)·h². A click of even odds and more is mended whole, and listed;
//! of what is taken here only the count is told. Only on worn discs: elsewhere no probability is known.

use super::evidence::Scenery;
use super::search::{Click, Search, Standing};

/// The logarithm of the least odds at which a pulse is softened: what is less likely than one in twenty is left, and costs no fit.
pub(super) const LEAST_LOG_ODDS: f32 = -3.0;

/// What may have been added, in the share of its probability.
#[derive(Clone, Debug)]
pub(super) struct Faint {
    start: usize,
    values: Vec<f32>,
}

impl Faint {
    fn end(&self) -> usize {
        self.start + self.values.len()
    }

    /// Whether it reaches into a click; both ascend.
    fn touches(&self, clicks: &[Click]) -> bool {
        let next = clicks.partition_point(|click| click.detection.end <= self.start);
        clicks.get(next).is_some_and(|click| click.detection.start < self.end())
    }
}

impl Search {
    /// What is taken away of a match that is damage with this probability; none where no form matched.
    pub(super) fn faint(&self, standing: &Standing, probability: f32, scenery: &Scenery) -> Option<Faint> {
        let fit = self.bank.fitted(scenery.whitened, standing.matched.as_ref()?, standing.candidate.peak);
        let values = fit.values.iter().map(|value| probability * value).collect();
        Some(Faint { start: fit.start, values })
    }
}

/// `samples` without the faint pulses, and how many of them there were. What lies in a click is mended with it.
pub(super) fn softened(samples: &[f32], faint: &[Faint], clicks: &[Click]) -> (Vec<f32>, usize) {
    let mut softened = samples.to_vec();
    let mut count = 0;
    for pulse in faint.iter().filter(|pulse| !pulse.touches(clicks)) {
        softened[pulse.start.min(samples.len())..].iter_mut().zip(&pulse.values).for_each(|(x, h)| *x -= h);
        count += 1;
    }
    (softened, count)
}

#[cfg(test)]
mod tests {
    use tonearm_audio::{SampleRate, Signal};
    use tonearm_testkit::click::{ClickPlan, plant};
    use tonearm_testkit::random::Random;

    use super::super::damage::{Damage, Known};
    use super::super::{Declick, DeclickSettings, Detection};
    use super::*;
    use crate::restore::Stage;

    #[test]
    fn what_touches_a_click_is_left_to_it() {
        let click = |start: usize, end: usize| Click {
            detection: Detection { start, end, score: 9.0, confidence: 0.9 },
            damage: Damage { span: start..end, known: Known::Trust(0.0) },
            matched_at: None,
        };
        let faint = [2, 8, 12, 17].map(|start| Faint { start, values: vec![0.25, -0.5] });
        let (softened, count) = softened(&[1.0; 18], &faint, &[click(9, 11), click(13, 15)]);
        let mut wanted = [1.0; 18];
        (wanted[2], wanted[3], wanted[17]) = (0.75, 1.5, 0.75);
        assert_eq!((softened.as_slice(), count), (&wanted[..], 2));
    }

    #[test]
    fn clicks_that_may_be_noise_are_softened() {
        let rate = SampleRate::new(44_100).unwrap();
        let (mut had, mut left) = (0.0, 0.0);
        for seed in 1..4 {
            let mut random = Random::new(seed);
            let clean: Vec<f32> = (0..220_500).map(|_| (0.01 * random.normal()) as f32).collect();
            let mut damaged = clean.clone();
            let plan =
                ClickPlan { per_second: 20.0, least_peak: 0.02, greatest_peak: 0.06, ..ClickPlan::default() };
            let planted = plant(seed, &mut damaged, &plan);
            let signal = Signal::mono(rate, damaged.clone()).unwrap();
            let (output, report) =
                Declick::new(DeclickSettings::default()).unwrap().process(&signal).unwrap();
            assert!(report.finding("softened").unwrap() >= 3.0, "{:?}", report.finding("softened"));
            let listed =
                |n: usize| report.repairs.iter().any(|repair| (repair.start..repair.end).contains(&n));
            for n in planted.iter().flat_map(|click| click.start..click.end).filter(|n| !listed(*n)) {
                had += f64::from(damaged[n] - clean[n]).powi(2);
                left += f64::from(output.channel(0)[n] - clean[n]).powi(2);
            }
        }
        assert!(left < 0.96 * had, "{left} of {had}");
    }
}
