//! Pulses that are no clicks by more than even odds, but may be: each is taken away in the share of its probability.
//!
//! Of everything that may be under a sample, the mean, each weighed with its probability, leaves the least error on average (Kay, *Fundamentals of
//! Statistical Signal Processing: Estimation Theory*, 1993, §10.3). With the probability p that a pulse h was added that is p·h taken away:
//! where nothing is taken, p·h² is left in the mean, and with p·h taken p·(1 − p)·h². A click of even odds and more is mended whole, and listed.
//! Where nearly all of those are clicks beyond doubt, the likeliest of what is taken here is listed too, as far as the whole list stays
//! [`LISTED_PRECISION`]; of the rest only the count is told. Only on worn discs: elsewhere no probability is known.

use super::Detection;
use super::evidence::Scenery;
use super::search::{Click, Search, Standing};

/// The logarithm of the least odds at which a pulse is softened: what is less likely than one in twenty is left, and costs no fit.
pub(super) const LEAST_LOG_ODDS: f32 = -3.0;

/// The share of what is listed that is expected to be clicks, from their probabilities, and the least probability of one that is listed.
const LISTED_PRECISION: f32 = 0.96;
const LEAST_LISTED: f32 = 0.25;

/// What may have been added, in the share of its probability.
#[derive(Clone, Debug)]
pub(super) struct Faint {
    /// What is told of it, where it is told.
    pub(super) detection: Detection,
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
    /// What is taken away of a match that is damage with the probability of its detection; none where no form matched.
    pub(super) fn faint(
        &self,
        standing: &Standing,
        detection: Detection,
        scenery: &Scenery,
    ) -> Option<Faint> {
        let fit = self.bank.fitted(scenery.whitened, standing.matched.as_ref()?, standing.candidate.peak);
        let values = fit.values.iter().map(|value| detection.confidence * value).collect();
        Some(Faint { detection, start: fit.start, values })
    }
}

/// What of the faint pulses no click covers, which is mended with it.
pub(super) fn beside(mut faint: Vec<Faint>, clicks: &[Click]) -> Vec<Faint> {
    faint.retain(|pulse| !pulse.touches(clicks));
    faint
}

/// `samples` without the faint pulses.
pub(super) fn softened(samples: &[f32], faint: &[Faint]) -> Vec<f32> {
    let mut softened = samples.to_vec();
    for pulse in faint {
        softened[pulse.start.min(samples.len())..].iter_mut().zip(&pulse.values).for_each(|(x, h)| *x -= h);
    }
    softened
}

/// What is listed, in any order: the clicks, and of the faint pulses the likeliest.
pub(super) fn listed(clicks: &[Click], faint: &[Faint]) -> Vec<Detection> {
    let mut listed: Vec<Detection> = clicks.iter().map(|click| click.detection).collect();
    let mut likely: Vec<Detection> = faint.iter().map(|pulse| pulse.detection).collect();
    likely.retain(|detection| detection.confidence >= LEAST_LISTED);
    likely.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(a.start.cmp(&b.start)));
    // How many clicks there are beyond those that the list must hold.
    let mut beyond: f32 = listed.iter().map(|detection| detection.confidence - LISTED_PRECISION).sum();
    for detection in likely {
        beyond += detection.confidence - LISTED_PRECISION;
        if beyond < 0.0 {
            break;
        }
        listed.push(detection);
    }
    listed
}

#[cfg(test)]
mod tests {
    use tonearm_audio::{SampleRate, Signal};
    use tonearm_testkit::click::{ClickPlan, plant};
    use tonearm_testkit::random::Random;

    use super::super::damage::{Damage, Known};
    use super::super::{Declick, DeclickSettings};
    use super::*;
    use crate::restore::Stage;

    #[test]
    fn what_touches_a_click_is_left_to_it() {
        let faint = [2, 8, 12, 17].map(|start| faint(start, 0.4)).to_vec();
        let beside = beside(faint, &[click(9, 11, 0.9), click(13, 15, 0.9)]);
        let mut wanted = [1.0; 18];
        (wanted[2], wanted[3], wanted[17]) = (0.75, 1.5, 0.75);
        assert_eq!((softened(&[1.0; 18], &beside).as_slice(), beside.len()), (&wanted[..], 2));
    }

    #[test]
    fn the_likeliest_are_listed_while_nearly_all_are_clicks() {
        let faint = [faint(30, 0.3), faint(10, 0.45), faint(20, 0.2)];
        let starts = |sure: usize, of: f32| {
            let clicks: Vec<Click> = (0..sure).map(|n| click(100 + 10 * n, 105 + 10 * n, of)).collect();
            let listed = listed(&clicks, &faint);
            assert!(listed.len() >= sure);
            listed.iter().map(|detection| detection.start).filter(|start| *start < 100).collect::<Vec<_>>()
        };
        // Each certain click allows for 0.04 that is none.
        assert!(starts(12, 1.0).is_empty());
        assert_eq!(starts(13, 1.0), [10]);
        assert_eq!(starts(30, 1.0), [10, 30]);
        assert_eq!(starts(400, 1.0), [10, 30]);
        assert!(starts(400, 0.95).is_empty());
    }

    fn click(start: usize, end: usize, confidence: f32) -> Click {
        Click {
            detection: Detection { start, end, score: 9.0, confidence },
            damage: Damage { span: start..end, known: Known::Trust(0.0) },
            matched_at: None,
        }
    }

    fn faint(start: usize, confidence: f32) -> Faint {
        let detection = Detection { start, end: start + 2, score: 5.0, confidence };
        Faint { detection, start, values: vec![0.25, -0.5] }
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
