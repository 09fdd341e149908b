//! Clicks on a worn disc: candidates weaker than any trigger would take, each judged by all that is known of it.
//!
//! What is more likely damage than not is a click; that likelihood is its confidence. What is less likely is softened by as much ([`super::faint`]).

use rayon::prelude::*;

use super::Detection;
use super::evidence::{Looked, Scenery};
use super::faint::{Faint, LEAST_LOG_ODDS};
use super::learned::Decision;
use super::search::{Click, STRONG, Scored, Search, Standing, more_telling};
use crate::restore::ticks::TickPeriod;

/// The trigger for which scores are as they are.
const USUAL_TRIGGER: f32 = 5.0;
/// The weakest match that is counted, and the weakest that is looked at: of those below, not half turned out to be damage.
const LEAST: f32 = 4.5;
const LEAST_LOOKED_AT: f32 = 4.8;
/// What the log-odds rise by where a tick is due, and fall by elsewhere once ticks are known: the prior odds of [`super::search`].
const DUE_MORE: f32 = 4.5;
const NOT_DUE_LESS: f32 = 0.5;
/// What the log-odds fall by for a pulse of a row at a pitch: the network sees no further than two periods.
const OF_A_ROW_LESS: f32 = 3.0;

/// What became of the candidates of a channel.
#[derive(Default)]
pub(super) struct Judged {
    /// The clicks, ascending and apart.
    pub(super) clicks: Vec<Click>,
    /// What may be damage, ascending.
    pub(super) faint: Vec<Faint>,
    /// Everything that was looked at.
    pub(super) looked: Vec<Looked>,
}

/// What a candidate is.
enum Verdict {
    Click(Click),
    Faint(Faint),
    Nothing,
}

impl Search {
    /// The clicks, what may be one, and everything that was looked at.
    pub(super) fn judged(&self, scored: &Scored, ticks: Option<&TickPeriod>, decision: &Decision) -> Judged {
        let unit = self.trigger / USUAL_TRIGGER;
        let Scored { whitened, sharp, matched: in_bank, energies, scaled } = scored;
        let scores = &in_bank.values;
        let matched = self.within(self.standing(whitened, in_bank, LEAST * unit), scores.len());
        let energetic = self.within(self.energetic(energies, sharp), scores.len());

        let secs = (scores.len() as f32 / self.rate.as_f64() as f32).max(1e-9);
        let strong = matched.iter().filter(|s| s.candidate.score > STRONG * unit).count();
        let mut all: Vec<(usize, f32)> =
            matched.iter().map(|s| (s.candidate.peak, s.candidate.score)).collect();
        all.sort_unstable_by_key(|(peak, _)| *peak);
        let scenery = |scores| Scenery {
            whitened,
            scores,
            sharp,
            energies: scaled,
            unit,
            strong_per_second: strong as f32 / secs,
            per_second: all.len() as f32 / secs,
            usual_scale: whitened.usual_scale(),
            all: &all,
        };
        let (of_matches, of_energies) = (scenery(scores), scenery(scaled));
        let standing: Vec<(Standing, &Scenery)> = matched
            .into_iter()
            .map(|standing| (standing, &of_matches))
            .chain(energetic.into_iter().map(|standing| (standing, &of_energies)))
            .collect();
        let mut verdicts: Vec<(Verdict, Looked)> = standing
            .into_par_iter()
            .filter(|(standing, _)| standing.candidate.score >= LEAST_LOOKED_AT * unit)
            .filter_map(|(standing, scenery)| self.judge(&standing, scenery, ticks, decision))
            .collect();
        verdicts.sort_by_key(|(_, (span, _))| span.start);
        let mut judged = Judged::default();
        for (verdict, looked) in verdicts {
            judged.looked.push(looked);
            match verdict {
                Verdict::Click(click) => judged.clicks.push(click),
                Verdict::Faint(faint) => judged.faint.push(faint),
                Verdict::Nothing => {}
            }
        }
        judged.clicks = more_telling(judged.clicks);
        judged
    }

    /// What a candidate is, and what was seen of it; none where it goes on beyond the longest click.
    fn judge(
        &self,
        standing: &Standing,
        scenery: &Scenery,
        ticks: Option<&TickPeriod>,
        decision: &Decision,
    ) -> Option<(Verdict, Looked)> {
        let span = self.extended(&standing.candidate.span, scenery.sharp)?;
        let looks = scenery.looks(self, standing);
        let due = ticks.map_or(0.0, |ticks| {
            if self.is_due(ticks, standing.candidate.peak) { DUE_MORE } else { -NOT_DUE_LESS }
        });
        let mut log_odds = decision.log_odds(&looks) + due;
        if log_odds >= LEAST_LOG_ODDS && self.is_of_a_row(standing, scenery.scores.len(), scenery.whitened) {
            log_odds -= OF_A_ROW_LESS;
        }
        let probability = 1.0 / (1.0 + (-log_odds).exp());
        let (start, end) = (span.start, span.end);
        let detection = Detection { start, end, score: standing.candidate.score, confidence: probability };
        let verdict = if log_odds >= 0.0 {
            Verdict::Click(self.click(standing, detection, scenery.whitened))
        } else if log_odds >= LEAST_LOG_ODDS {
            self.faint(standing, detection, scenery).map_or(Verdict::Nothing, Verdict::Faint)
        } else {
            Verdict::Nothing
        };
        Some((verdict, (span, looks)))
    }
}
