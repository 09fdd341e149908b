//! The highest of many statistics at every place: the loop in which each form of a [`PulseBank`](super::pulse_bank::PulseBank) is
//! compared with those before it.

use std::ops::Range;

use super::pulse_bank::{LEAST_SCORE, Match};

/// Places compared side by side.
const LANES: usize = 8;

/// The best match of each place so far, column by column, so that places are compared in vectors.
pub(super) struct BestMatches {
    scores: Vec<f32>,
    heights: Vec<f32>,
    forms: Vec<u32>,
}

impl BestMatches {
    /// Nothing known of so many places.
    pub(super) fn new(places: usize) -> Self {
        Self { scores: vec![LEAST_SCORE; places], heights: vec![0.0; places], forms: vec![0; places] }
    }

    /// Notes the form `index` at every `step`th of `places` where its value is higher than what is known.
    pub(super) fn raise(
        &mut self,
        places: Range<usize>,
        step: usize,
        values: &[f32],
        index: u16,
        inverse: f32,
    ) {
        let index = u32::from(index);
        let scores = &mut self.scores[places.clone()];
        let heights = &mut self.heights[places.clone()];
        let forms = &mut self.forms[places];
        let mut vectors = 0;
        if step == 1 {
            let (values, scores) = (values.as_chunks::<LANES>().0, scores.as_chunks_mut::<LANES>().0);
            let (heights, forms) = (heights.as_chunks_mut::<LANES>().0, forms.as_chunks_mut::<LANES>().0);
            vectors = values.len() * LANES;
            for (((value, score), height), form) in values.iter().zip(scores).zip(heights).zip(forms) {
                // No branches: hardly any place can be foretold, and so the lanes stay together.
                let higher: [bool; LANES] = std::array::from_fn(|lane| value[lane].abs() > score[lane]);
                for lane in 0..LANES {
                    score[lane] = if higher[lane] { value[lane].abs() } else { score[lane] };
                    height[lane] = if higher[lane] { value[lane] * inverse } else { height[lane] };
                    form[lane] = if higher[lane] { index } else { form[lane] };
                }
            }
        }
        for place in (vectors..values.len()).step_by(step) {
            let value = values[place];
            if value.abs() > scores[place] {
                (scores[place], heights[place], forms[place]) = (value.abs(), value * inverse, index);
            }
        }
    }

    /// Writes those that were found.
    pub(super) fn write(&self, matches: &mut [Match]) {
        let found = self.scores.iter().zip(&self.heights).zip(&self.forms);
        for (best, ((&score, &height), &form)) in matches.iter_mut().zip(found) {
            if score > LEAST_SCORE {
                *best = Match { score, height, form: form as u16 };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tonearm_testkit::random::Random;

    use super::*;

    /// Forms at every place and at steps, one of them over places that vectors do not divide.
    #[test]
    fn the_best_is_that_of_one_place_after_the_other() {
        let mut random = Random::new(4);
        let (mut best, mut plain) = (BestMatches::new(100), vec![Match::default(); 100]);
        for (index, (places, step)) in
            [(0..100, 1), (3..98, 1), (2..99, 3), (0..0, 1), (5..12, 1)].into_iter().enumerate()
        {
            let values: Vec<f32> = places.clone().map(|_| 3.0 * random.normal() as f32).collect();
            best.raise(places.clone(), step, &values, index as u16, 0.5);
            for (place, value) in places.zip(values).step_by(step) {
                if value.abs() > plain[place].score.max(LEAST_SCORE) {
                    plain[place] = Match { score: value.abs(), height: 0.5 * value, form: index as u16 };
                }
            }
        }
        let mut found = vec![Match::default(); 100];
        best.write(&mut found);
        assert_eq!(found, plain);
    }
}
