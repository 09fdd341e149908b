//! From a candidate to the damage that it stands for: the pulse that is taken away, and how far the rest is still believed.

use super::Detection;
use super::repair::Damage;
use super::search::{Click, EXTEND, Search, Standing};
use crate::restore::pulse_fit::FittedPulse;
use crate::restore::whitened::{Whitened, trust_at};

/// What is left of a click when its fitted form is taken away, as a share of its envelope: at least, and times its score by being
/// unsure; and what the rest shows in mere noise. Chosen with `declick_bench --only clicks` on seed 1, where they matter little.
const LEAST_MISMATCH: f32 = 0.1;
const UNSURE: f32 = 3.0;
const IN_NOISE: f32 = 3.2;
/// What may lie beyond the form, as a share of its largest value.
const BEYOND: f32 = 0.05;

impl Search {
    /// The damage that a candidate stands for.
    pub(super) fn click(
        &self,
        standing: &Standing,
        detection: Detection,
        whitened: &Whitened,
        sharp: &[f32],
    ) -> Click {
        let Standing { candidate, matched } = standing;
        let span = detection.start..detection.end;
        let mut damage = Damage::shapeless(span.clone(), trust_at(candidate.score));
        if let Some(matched) = matched {
            let scale = whitened.scale(candidate.peak);
            let pulse = if self.fits {
                self.bank.fitted(whitened, matched, candidate.peak)
            } else {
                self.bank.unfitted(whitened, matched, candidate.peak)
            };
            let mismatch = mismatch(&pulse);
            let largest = pulse.values.iter().fold(0.0, |most: f32, x| most.max(x.abs()));
            for (i, n) in span.enumerate() {
                let within = n.checked_sub(pulse.start).filter(|k| *k < pulse.values.len());
                let deviation = match within {
                    Some(k) => {
                        damage.pulse[i] = pulse.values[k];
                        mismatch * envelope(&pulse.values, k)
                    }
                    None => BEYOND * largest,
                } / scale;
                let shown = if within.is_none() && sharp[n] >= EXTEND { sharp[n] } else { 0.0 };
                damage.trust[i] = 1.0 / f64::from(deviation.max(shown)).powi(2).max(1e-6);
            }
        }
        Click { detection, damage, matched_at: matched.map(|_| candidate.peak) }
    }
}

/// How far a pulse may be another than was fitted, as a share of its envelope: four parameters fitted in noise are off by some 2/score
/// together, a swing that no form has shows in what is left.
fn mismatch(pulse: &FittedPulse) -> f32 {
    let unexplained = (pulse.unexplained.powi(2) - IN_NOISE.powi(2)).max(0.0);
    (LEAST_MISMATCH.powi(2) + (UNSURE.powi(2) + unexplained) / pulse.score.powi(2)).sqrt()
}

/// The envelope of a form at `k`: what swings through zero is still uncertain there.
fn envelope(form: &[f32], k: usize) -> f32 {
    let largest = |part: &[f32]| part.iter().fold(0.0, |m: f32, x| m.max(x.abs()));
    largest(&form[k..]).min(largest(&form[..=k]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_form_explains_and_what_noise_hides_is_believed_less() {
        let pulse = |score, unexplained| FittedPulse { start: 0, values: vec![1.0], score, unexplained };
        assert!((mismatch(&pulse(1_000.0, 1.0)) - LEAST_MISMATCH).abs() < 1e-3);
        assert!(mismatch(&pulse(6.0, 3.0)) > 0.4);
        assert!(mismatch(&pulse(1_000.0, 500.0)) > 0.5);
    }
}
