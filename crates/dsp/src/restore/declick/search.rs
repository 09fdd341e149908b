//! From scores to clicks: which matches are damage, and where it begins and ends.
//!
//! The trigger follows the recording. On a worn disc the surface noise holds the error's scale nearly constant; in a
//! clean recording it moves with the programme by a factor of ten and more (the *unrest*; [`Wear`] says which it is), and there
//! only what stands far out is damage. Where strong clicks are common, weak ones are likely too. Where a scratch's next tick is due, less will
//! do; the prior odds of a click within the tolerance against elsewhere are some hundred to one, which is worth
//! log(100)/5 = 0.9 standard deviations at a trigger of 5 (Bayes' rule for two normal variables).
//!
//! So it is in the first round, and in clean recordings; on a worn disc the last word is a learned one ([`super::judged`]).

use std::ops::Range;

use rayon::prelude::*;
use tonearm_audio::SampleRate;

use super::candidate::{Candidate, Surroundings, candidates};
use super::damage::{Damage, Known};
use super::kinship::{Kinship, REACH_PERIODS, ROW_REACH_PERIODS, is_row};
use super::wear::Wear;
use super::{DeclickSettings, Detection};
use crate::restore::pulse_bank::{BankScores, Match, PulseBank};
use crate::restore::ticks::TickPeriod;
use crate::restore::whitened::Whitened;

/// The windows in which energy is weighed, in seconds: 1, 4, 13 and 40 samples at 44.1 kHz.
const WINDOW_SECS: [f64; 4] = [0.000_02, 0.000_09, 0.000_3, 0.000_9];
/// Spans extend while scores stay above this.
pub(super) const EXTEND: f32 = 2.5;
/// Energy alone must show more than a match: it has no form to compare, and glottal pulses have energy too.
pub(super) const ENERGY_FACTOR: f32 = 1.7;
/// A click stands above the scores around it by this factor.
const LONELINESS: f32 = 1.5;
/// A candidate that recurs at a pitch period with this share of its score is the programme's.
const RECURRENCE: f32 = 0.5;
/// Scores that no noise reaches: they tell how common clicks are.
pub(super) const STRONG: f32 = 8.0;
/// Scores from which a click shapes the model of the frame it lies in.
const VIOLENT: f32 = 20.0;
/// What the trigger rises by where nothing strong is found, on a worn disc and in a clean recording, and how fast that goes with
/// strong ones per second.
const RARE_EXTRA: (f64, f64) = (0.45, 1.5);
const RARE_RATE: f64 = 3.0;
/// What the trigger rises by for each doubling of the unrest beyond what is allowed.
const QUIET_EXTRA: f32 = 5.0;
/// In a clean recording the trigger rises by its own height with each of so many seconds that a span lasts.
const DOUBT_SECS: f64 = 0.000_12;
/// Up to the first of these rates, a second, clicks are doubted in full; from the second on they are evident.
const DOUBT_RATES: (f64, f64) = (1.0, 3.0);
/// A recording counts as clean, for that, when its unrest lies so many doublings above what is allowed.
const DOUBT_OCTAVES: f32 = 0.5;
/// What the trigger rises by with each doubling of a form's length beyond `SHORT_SECS`: clicks are short (on a real disc half of
/// them stay below 90 µs and a quarter exceed 180 µs), the programme's onsets are not.
const LONG_EXTRA: f32 = 0.4;
const SHORT_SECS: f64 = 0.000_14;
/// What the trigger falls by where a tick is due, and rises by elsewhere once ticks are known.
const DUE_LESS: f32 = 0.9;
const NOT_DUE_MORE: f32 = 0.1;
/// How far a tick may come before or after its time, in seconds.
const DUE_SECS: f64 = 0.001_5;
/// A span may exceed the longest click by this factor, for its ends.
const ENDS_FACTOR: f64 = 1.3;
/// Reach within which a strong match explains weaker ones, in seconds: the order of the models.
const SHADOW_SECS: f64 = 0.000_75;
/// Shortest and longest pitch period in seconds, and the longest in a clean recording, where tubas and creaking voices are not drowned
/// by noise and a lone click is rare.
const PERIOD_SECS: (f64, f64) = (0.0018, 0.016);
const LOW_PERIOD_SECS: f64 = 0.025;
/// A recording was cut somewhere; what begins at its edge is no click. In seconds.
const EDGE_SECS: f64 = 0.005;
/// A click with what is needed to mend it.
#[derive(Clone, Debug)]
pub(super) struct Click {
    /// What is told of it.
    pub(super) detection: Detection,
    /// What is mended.
    pub(super) damage: Damage,
    /// The largest value of the form that it matched.
    pub(super) matched_at: Option<usize>,
}

/// Everything that the search needs and that does not change.
pub(super) struct Search {
    pub(super) bank: PulseBank,
    pub(super) rate: SampleRate,
    pub(super) lengths: [usize; 4],
    eager: f32,
    pub(super) trigger: f32,
    longest: usize,
    guard: usize,
    shadow: usize,
    pub(super) surroundings: Surroundings,
    pub(super) wear: Wear,
    /// Pulses are fitted, and not only matched: what is mended for the models alone needs no more.
    pub(super) fits: bool,
}

/// How far everything in a recording stands out, in standard deviations, sample by sample.
pub(super) struct Scored {
    pub(super) whitened: Whitened,
    /// In the two shortest windows.
    pub(super) sharp: Vec<f32>,
    /// As the bank's forms.
    pub(super) matched: BankScores,
    /// In windows of all lengths; and over [`ENERGY_FACTOR`], so that a trigger for forms is one for them.
    pub(super) energies: Vec<f32>,
    pub(super) scaled: Vec<f32>,
}

/// A match that stands for its neighbours, with the shape that it matched.
pub(super) struct Standing {
    pub(super) candidate: Candidate,
    pub(super) matched: Option<Match>,
}

impl Search {
    /// For signals of `rate`.
    pub(super) fn new(settings: &DeclickSettings, rate: SampleRate) -> Self {
        let eager = 2f64.powf(1.0 - 2.0 * settings.sensitivity) as f32;
        Self {
            bank: PulseBank::clicks(rate.as_f64()),
            rate,
            lengths: WINDOW_SECS.map(|secs| rate.samples_in(secs).max(1)),
            eager,
            trigger: settings.trigger as f32 * eager,
            // A form's rounded ends, and what a strong click leaves beyond them.
            longest: rate.samples_in(settings.longest_ms * 1e-3 * ENDS_FACTOR),
            // The guard is meant at 44.1 kHz.
            guard: (settings.guard_samples as f64 * (rate.as_f64() / 44_100.0).max(1.0)).round() as usize,
            shadow: rate.samples_in(SHADOW_SECS).max(8),
            surroundings: Surroundings {
                guard: rate.samples_in(SHADOW_SECS).max(8),
                slack: rate.samples_in(0.0004).max(2),
                cell: rate.samples_in(0.001).max(4),
                cells: 9,
                periods: (rate.samples_in(PERIOD_SECS.0), rate.samples_in(PERIOD_SECS.1)),
            },
            wear: Wear::default(),
            fits: false,
        }
    }

    /// How far a click may reach around its largest value, in samples.
    pub(super) fn reach(&self) -> usize {
        self.bank.reach()
    }

    /// Hears whether surface noise lies on the recording, whose programme has the level `programme`.
    pub(super) fn judge_wear(&mut self, whitened: &Whitened, programme: f32) {
        self.wear = Wear::of(whitened, self.rate, programme);
        let longest = if self.wear.is_worn() { PERIOD_SECS.1 } else { LOW_PERIOD_SECS };
        self.surroundings.periods.1 = self.rate.samples_in(longest);
    }

    /// Surface noise lies on the recording.
    pub(super) fn is_worn(&self) -> bool {
        self.wear.is_worn()
    }

    /// Sets the bank's forms to the band that strong clicks show; on a worn surface only, since elsewhere what stands out may be
    /// the programme's.
    pub(super) fn take_band_of(&mut self, found: &[Click], whitened: &Whitened) {
        if !self.wear.is_worn() {
            return;
        }
        let strong = found.iter().filter(|click| click.detection.score > STRONG * self.eager);
        let peaks: Vec<usize> = strong.filter_map(|click| click.matched_at).collect();
        if let Some(bank) = PulseBank::clicks_in_band_of(&peaks, whitened, self.rate.as_f64()) {
            self.bank = bank;
        }
    }

    /// How far everything stands out.
    pub(super) fn scored(&self, whitened: Whitened) -> Scored {
        let sharp = whitened.scores(&self.lengths[..2]);
        let matched = self.bank.scores(&whitened, sharp.len());
        let mut energies = whitened.scores(&self.lengths[2..]);
        energies.iter_mut().zip(&sharp).for_each(|(energy, sharp)| *energy = energy.max(*sharp));
        let scaled = energies.iter().map(|energy| energy / ENERGY_FACTOR).collect();
        Scored { whitened, sharp, matched, energies, scaled }
    }

    /// The clicks, ascending and apart.
    pub(super) fn clicks(&self, scored: &Scored, ticks: Option<&TickPeriod>) -> Vec<Click> {
        let Scored { whitened, sharp, matched, energies, scaled } = scored;
        let scores = &matched.values;
        let least = self.trigger - ticks.map_or(0.0, |_| DUE_LESS * self.eager);
        let mut alone = self.lonely(self.standing(whitened, matched, least), scores, whitened);
        alone.extend(self.lonely(self.energetic(energies, sharp), scaled, whitened));

        let trigger = self.trigger_of(&alone, scores.len());
        let mut clicks: Vec<Click> = alone
            .into_iter()
            .filter_map(|standing| {
                let shift = ticks.map_or(0.0, |ticks| self.shift(ticks, standing.candidate.peak));
                let trigger = trigger + (shift + self.long(standing.matched.as_ref())) * self.eager;
                if standing.candidate.score < trigger {
                    return None;
                }
                let span = self.extended(&standing.candidate.span, sharp)?;
                let detection = Detection {
                    start: span.start,
                    end: span.end,
                    score: standing.candidate.score,
                    confidence: confidence(standing.candidate.score, trigger),
                };
                Some(self.click(&standing, detection, whitened))
            })
            .collect();
        clicks = more_telling(clicks);
        let doubt = self.doubt_per_sample(&clicks, scores.len());
        clicks.retain(|Click { detection, .. }| {
            detection.score >= trigger * (1.0 + doubt * (detection.end - detection.start) as f32)
        });
        clicks
    }

    /// What to leave out where models are fitted again: of a violent click the whole length that a click may have. What it
    /// swings after its front would otherwise be taken for a resonance of the programme, and foretold. In a recording whose
    /// unrest shows no worn surface, what follows a violent front may be a plosive's, and stays.
    pub(super) fn unfit_for_models(&self, found: &[Click], len: usize) -> Vec<Damage> {
        let mut damage: Vec<Damage> = found.iter().map(|click| click.damage.clone()).collect();
        if !self.wear.is_worn() {
            return damage;
        }
        for (i, click) in found.iter().enumerate().filter(|(_, c)| c.detection.score > VIOLENT * self.eager) {
            let free = found.get(i + 1).map_or(usize::MAX, |next| next.detection.start);
            let end = (click.detection.start + self.longest).min(free).min(len);
            if end > click.detection.end {
                damage[i].span.end = end;
                damage[i].known = Known::Trust(0.0);
            }
        }
        damage
    }

    /// Matches from `least` up that no stronger one near them explains, strongest first.
    pub(super) fn standing(&self, whitened: &Whitened, matched: &BankScores, least: f32) -> Vec<Standing> {
        let scores = &matched.values;
        let mut order: Vec<usize> = (0..scores.len()).filter(|&n| scores[n] >= least).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        let mut shadowed = vec![false; scores.len()];
        let mut standing = Vec::new();
        for peak in order {
            if shadowed[peak] {
                continue;
            }
            let best = self.bank.best_at(whitened, matched, peak);
            let form = self.bank.form(&best);
            let start = peak.saturating_sub(form.lead());
            let end = (start + form.values.len()).min(scores.len());
            shadowed[start.saturating_sub(self.shadow)..(end + self.shadow).min(scores.len())].fill(true);
            let candidate = Candidate { span: start..end, peak, score: best.score };
            standing.push(Standing { candidate, matched: Some(best) });
        }
        standing
    }

    /// What shows in `energies` of windows, whatever its form; `sharp` are those of the short ones.
    pub(super) fn energetic(&self, energies: &[f32], sharp: &[f32]) -> Vec<Standing> {
        let bridge = self.rate.samples_in(0.0001).max(2);
        let mut found = candidates(energies, self.trigger * ENERGY_FACTOR, EXTEND, bridge);
        for candidate in &mut found {
            candidate.narrow(sharp, EXTEND, self.lengths[2]);
            candidate.score /= ENERGY_FACTOR;
        }
        found.into_iter().map(|candidate| Standing { candidate, matched: None }).collect()
    }

    /// Those that are no longer than a click and do not lie at the ends of the recording, which has `len` samples.
    pub(super) fn within(&self, mut standing: Vec<Standing>, len: usize) -> Vec<Standing> {
        let edge = self.rate.samples_in(EDGE_SECS);
        standing.retain(|Standing { candidate: Candidate { span, .. }, .. }| {
            span.len() <= self.longest && span.start >= edge && span.end + edge <= len
        });
        standing
    }

    /// Those that neither go on like a plosive nor recur at a pitch.
    fn lonely(&self, standing: Vec<Standing>, scores: &[f32], whitened: &Whitened) -> Vec<Standing> {
        self.within(standing, scores.len())
            .into_par_iter()
            .filter(|standing| self.is_lonely(standing, scores, whitened))
            .collect()
    }

    /// Whether a candidate stands alone.
    fn is_lonely(&self, standing: &Standing, scores: &[f32], whitened: &Whitened) -> bool {
        let candidate = &standing.candidate;
        candidate.score > LONELINESS * self.surroundings.side_level(scores, candidate)
            && !self.recurs(standing, scores, whitened)
    }

    /// Whether a candidate is one of a row at a pitch.
    fn recurs(&self, standing: &Standing, scores: &[f32], whitened: &Whitened) -> bool {
        let beats = || {
            let recurrence = self.surroundings.recurrence(scores, &standing.candidate);
            recurrence >= RECURRENCE && recurrence * standing.candidate.score >= 0.9 * self.trigger
        };
        let Some(kinship) = self.kinship(standing, scores.len(), whitened) else { return beats() };
        // On a worn surface something stands at every distance, whatever its form.
        let by_noise = self.wear.is_worn() && kinship.is_absent();
        kinship.is_plain() || (!by_noise && beats())
    }

    /// What stands at a pitch from a match, in a recording of `len` samples; none where no form matched.
    pub(super) fn kinship(&self, standing: &Standing, len: usize, whitened: &Whitened) -> Option<Kinship> {
        let (statistics, centre) = self.statistics(standing, REACH_PERIODS, len, whitened)?;
        Some(Kinship::of(&statistics, centre, standing.candidate.score, self.surroundings.periods))
    }

    /// Whether a match is one of a long row at a pitch, in a recording of `len` samples.
    pub(super) fn is_of_a_row(&self, standing: &Standing, len: usize, whitened: &Whitened) -> bool {
        let statistics = self.statistics(standing, ROW_REACH_PERIODS, len, whitened);
        statistics.is_some_and(|(statistics, centre)| {
            is_row(&statistics, centre, standing.candidate.score, self.surroundings.periods)
        })
    }

    /// The statistic of a match's form up to so many of the longest periods from it, and the match's place in that; none where
    /// no form matched.
    fn statistics(
        &self,
        Standing { candidate, matched }: &Standing,
        reach_periods: usize,
        len: usize,
        whitened: &Whitened,
    ) -> Option<(Vec<f32>, usize)> {
        let reach = reach_periods * self.surroundings.periods.1;
        let first = candidate.peak.saturating_sub(reach);
        let last = (candidate.peak + reach).min(len);
        Some((self.bank.signed(whitened, matched.as_ref()?, first..last), candidate.peak - first))
    }

    /// What is rare must be plain, what is common may be weak; and where there is no surface noise, there is no wear.
    fn trigger_of(&self, alone: &[Standing], len: usize) -> f32 {
        let secs = len as f64 / self.rate.as_f64();
        let plain = alone.iter().filter(|s| s.candidate.score > STRONG * self.eager).count();
        let (worn, clean) = RARE_EXTRA;
        let extra = if self.wear.is_worn() { worn } else { clean };
        let rare = (extra / (1.0 + RARE_RATE * plain as f64 / secs.max(1e-9))) as f32;
        let quiet = QUIET_EXTRA * self.wear.octaves().max(0.0);
        self.trigger + (rare + quiet) * self.eager
    }

    /// What a form's length adds to the trigger.
    fn long(&self, matched: Option<&Match>) -> f32 {
        let short = SHORT_SECS * self.rate.as_f64();
        let doublings =
            matched.map_or(0.0, |matched| (self.bank.form(matched).length / short).log2().max(0.0));
        LONG_EXTRA * doublings as f32
    }

    /// What each sample of a span adds to its trigger, as a share of it. Where there is no surface noise and hardly a click, the
    /// few that stand out are castanets, stops and strings that snap: they last, and a click that lasts is far larger.
    fn doubt_per_sample(&self, clicks: &[Click], len: usize) -> f32 {
        let secs = len as f64 / self.rate.as_f64();
        let per_second = clicks.len() as f64 / secs.max(1e-9);
        let (few, many) = DOUBT_RATES;
        let rare = ((many - per_second) / (many - few)).clamp(0.0, 1.0) as f32;
        rare * cleanness(self.wear.octaves()) / (DOUBT_SECS * self.rate.as_f64()) as f32
    }

    /// What the scratch's period adds to the trigger at sample `peak`.
    fn shift(&self, ticks: &TickPeriod, peak: usize) -> f32 {
        if self.is_due(ticks, peak) { -DUE_LESS } else { NOT_DUE_MORE }
    }

    /// Whether the scratch's next tick is due at sample `peak`.
    pub(super) fn is_due(&self, ticks: &TickPeriod, peak: usize) -> bool {
        let turns = (peak as f64 / self.rate.as_f64() - ticks.phase_secs) / ticks.period_secs;
        (turns - turns.round()).abs() * ticks.period_secs <= DUE_SECS
    }

    /// The span with its neighbours that stand out too, and the guard; none where they go on beyond the longest click, as a
    /// plosive does.
    pub(super) fn extended(&self, span: &Range<usize>, sharp: &[f32]) -> Option<Range<usize>> {
        let bridge = self.lengths[1];
        let (mut start, mut end) = (span.start, span.end);
        let out = |range: Range<usize>| sharp[range].iter().any(|&score| score >= EXTEND);
        while start > 0 && end - start < self.longest && out(start.saturating_sub(bridge)..start) {
            start -= 1;
        }
        while end < sharp.len() && end - start < self.longest && out(end..(end + bridge).min(sharp.len())) {
            end += 1;
        }
        let goes_on = end - start >= self.longest
            && (out(start.saturating_sub(bridge)..start) || out(end..(end + bridge).min(sharp.len())));
        (!goes_on).then(|| start.saturating_sub(self.guard)..(end + self.guard).min(sharp.len()))
    }
}

/// The clicks in ascending order, the more telling of two that touch: matches come before energies of the same score.
pub(super) fn more_telling(mut clicks: Vec<Click>) -> Vec<Click> {
    clicks.sort_by_key(|click| click.detection.start);
    clicks.into_iter().fold(Vec::new(), |mut kept: Vec<Click>, next| {
        match kept.last_mut() {
            Some(last) if next.detection.start < last.detection.end => {
                if next.detection.score > last.detection.score {
                    *last = next;
                }
            }
            _ => kept.push(next),
        }
        kept
    })
}

/// From 0 on a worn disc to 1 in a recording without surface noise.
fn cleanness(octaves: f32) -> f32 {
    (octaves / DOUBT_OCTAVES).clamp(0.0, 1.0)
}

/// A probability from how far a score exceeds its trigger: ½ at 0.8 of the trigger, 0.9 at 1.15.
fn confidence(score: f32, trigger: f32) -> f32 {
    1.0 / (1.0 + (-6.3 * (score / trigger - 0.8)).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_forms_must_show_more() {
        let search = Search::new(&DeclickSettings::default(), SampleRate::new(44_100).unwrap());
        let extra = |form: u16| search.long(Some(&Match { form, ..Match::default() }));
        let length = |form: u16| search.bank.form(&Match { form, ..Match::default() }).length;
        let forms = 0..search.bank.len() as u16;
        let (shortest, longest) = (forms.start, forms.end - 1);
        assert_eq!((search.long(None), extra(shortest)), (0.0, 0.0));
        // 110 samples are 4.15 doublings of 140 µs.
        assert!(length(longest) > 100.0 && extra(longest) > 4.0 * LONG_EXTRA && extra(longest) > 1.2);
        assert!(forms.map(extra).is_sorted());
    }
}
