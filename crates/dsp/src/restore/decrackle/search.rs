//! Where pulses match, and which of them a block may hold.

use tonearm_audio::SampleRate;

use super::density::CELL_SECS;
use super::{Damage, Decrackle, Pulse};
use crate::restore::crackle_pitch::without_pitch;
use crate::restore::pulse_bank::PulseBank;
use crate::restore::whitened::Whitened;

impl Decrackle {
    /// Matches that reach the trigger and that no stronger one overlaps, ascending.
    pub(super) fn pulses(
        &self,
        bank: &PulseBank,
        whitened: &Whitened,
        len: usize,
        trigger: f32,
        rate: SampleRate,
    ) -> Vec<Pulse> {
        let longest = rate.samples_in(self.settings.longest_us * 1e-6).max(1);
        let matched = bank.scores(whitened, len);
        let scores = &matched.values;
        let mut order: Vec<usize> = (0..len).filter(|&n| scores[n] >= trigger).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
        let mut taken = vec![false; len];
        let mut found = Vec::new();
        for peak in order {
            // A sample that is taken lies in the span of whatever form matches there.
            if taken[peak] {
                continue;
            }
            let best = bank.best_at(whitened, &matched, peak);
            let form = bank.form(&best);
            let start = peak.saturating_sub(form.lead());
            let span = start..(start + form.values.len()).min(len);
            if span.len() > longest || taken[span.clone()].contains(&true) {
                continue;
            }
            taken[span.clone()].fill(true);
            let deviation = best.height * form.largest();
            found.push(Pulse {
                span,
                peak,
                positive: deviation > 0.0,
                score: best.score,
                damage: Damage::default(),
                height: deviation.abs() * whitened.scale(peak),
            });
        }
        found.sort_by_key(|pulse| pulse.peak);
        without_pitch(found, CELL_SECS, rate)
    }

    /// Keeps the strongest pulses of each block, as many as the share allows; `found` ascends by their starts.
    pub(super) fn bounded(&self, found: Vec<Pulse>, block: usize) -> Vec<Pulse> {
        let allowed = (self.settings.greatest_share * block as f64) as usize;
        let mut kept: Vec<Pulse> = Vec::with_capacity(found.len());
        for group in found.chunk_by(|a, b| a.span.start / block == b.span.start / block) {
            let mut strongest: Vec<&Pulse> = group.iter().collect();
            strongest.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.span.start.cmp(&b.span.start)));
            let mut used = 0;
            let mut chosen: Vec<Pulse> = strongest
                .into_iter()
                .take_while(|pulse| {
                    used += pulse.span.len();
                    used <= allowed
                })
                .cloned()
                .collect();
            chosen.sort_by_key(|pulse| pulse.span.start);
            kept.extend(chosen);
        }
        kept
    }
}
