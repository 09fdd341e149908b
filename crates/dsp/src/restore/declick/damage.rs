//! What a click added to the samples: of several accounts of it the one that the samples around find likeliest.
//!
//! A weak click in noise is best taken away in the form it was recognised by, since what lies under it cannot be foretold as exactly. A strong
//! one, or one that only looks like a form of the bank (a burst of noise, a single sample, a swing of its own), is best replaced.
//! Nothing but the samples tells which it is: under an account, what was observed less the pulse is the
//! programme and a rest of a given size, and the model says how likely that is. The method is MacKay, "Bayesian interpolation", Neural
//! Computation 4 (1992), §2 and 4: hypotheses are ranked by their evidence, which counts how closely each fits and how much else it would
//! have fitted.
//!
//! | account | the pulse | the rest, standard deviation |
//! |---|---|---|
//! | a form | as recognised | a share of it, `FORM_SHARES`, sample by sample |
//! | no form | none | a share of the largest change, `FREE_SHARES`, throughout |
//! | a core of no form | none | the same in the core, next to nothing beside it |
//!
//! A long form also matches a short click, and the errors that a click disturbs reach beyond it: where a few samples of a span are damaged and
//! the others are as they were, the core's account says so. Its ends are sought in halving steps from the span's.

use std::ops::Range;

use super::Detection;
use super::search::{Click, Search, Standing};
use crate::autoregression::{ACCOUNTS, Accounts, ArModel, NormalEquations, Workspace};
use crate::restore::whitened::Whitened;

/// What may be left of a recognised form, as shares of it.
const FORM_SHARES: [f64; 3] = [0.05, 0.15, 0.5];
/// What may be left where a form is near zero, as a share of its largest value.
const BESIDE: f64 = 0.03;
/// What a click of no form may be, as shares of the largest difference from the estimate before.
const FREE_SHARES: [f64; 2] = [1.0, 0.3];
/// Shorter spans have no core.
const SHORTEST_CORED: usize = 6;
/// No rest counts as smaller than this share of the prediction error's variance.
const LEAST_REST: f64 = 1e-3;

/// A damaged span.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Damage {
    /// The samples.
    pub(crate) span: Range<usize>,
    /// What is known of the damage.
    pub(crate) known: Known,
}

/// What is known of damage.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Known {
    /// How far what was observed is believed throughout ([`ArModel::estimate`]).
    Trust(f64),
    /// What seems to have been added to each sample of the span; zeros where no form was recognised.
    Pulse(Vec<f32>),
}

/// One account of a span's damage.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Account {
    /// What was added to each sample.
    pub(super) pulse: Vec<f64>,
    /// How far the rest is believed.
    pub(super) trust: Vec<f64>,
}

impl Damage {
    /// The likeliest account where `model` holds, `samples` have estimates in damaged places, and `observed` what was
    /// heard there; the span begins at `first` of both.
    pub(super) fn likeliest(
        &self,
        model: &ArModel,
        samples: &mut [f64],
        observed: &[f32],
        first: usize,
    ) -> Account {
        let count = self.span.len();
        let pulse = match &self.known {
            Known::Trust(trust) => return Account { pulse: vec![0.0; count], trust: vec![*trust; count] },
            Known::Pulse(pulse) => pulse.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>(),
        };
        let variance = model.variance();
        let before: Vec<f64> = samples[first..first + count].to_vec();
        let observed = observed[first..first + count].iter().map(|&x| f64::from(x));
        let change = observed.clone().zip(&before).fold(0.0f64, |most, (o, x)| most.max((o - x).abs()));
        let mut best = Account { pulse: vec![0.0; count], trust: vec![0.0; count] };
        if variance <= 0.0 || change <= 0.0 {
            return best;
        }
        let places: Vec<usize> = (first..first + count).collect();
        samples[first..first + count].fill(0.0);
        let mut span = Span {
            equations: NormalEquations::new(model, samples, &places, 0),
            observed: observed.collect(),
            variance,
            rest: Vec::with_capacity(count),
            trust: Vec::with_capacity(count),
            workspace: Workspace::default(),
        };
        let mut least = f64::INFINITY;
        let mut consider = |account: Account, misfit: f64| {
            if misfit < least {
                (best, least) = (account, misfit);
            }
        };
        let free_ones = FREE_SHARES.map(|share| free(count, trust(share * change, variance)));
        let of_span = span.misfits_of(&free_ones);
        let of_form: Vec<Account> = of_form(&pulse, variance).collect();
        let misfits = span.misfits_of(&of_form);
        of_form.into_iter().zip(misfits).for_each(|(account, misfit)| consider(account, misfit));
        free_ones.into_iter().zip(of_span).for_each(|(account, misfit)| consider(account, misfit));
        if (SHORTEST_CORED..=model.order()).contains(&count) {
            // What a core was changed by is all that was changed.
            let (account, misfit) = span.cored(FREE_SHARES[0] * change, of_span[0]);
            consider(account, misfit);
        }
        samples[first..first + count].copy_from_slice(&before);
        best
    }
}

/// A span under a model.
struct Span {
    equations: NormalEquations,
    observed: Vec<f64>,
    /// That of the prediction error.
    variance: f64,
    /// What accounts leave of what was observed and how far they trust it, and what else their misfits are computed in.
    rest: Vec<Accounts>,
    trust: Vec<Accounts>,
    workspace: Workspace,
}

impl Span {
    /// How badly each account explains what was observed; there are no more than [`ACCOUNTS`].
    fn misfits_of(&mut self, accounts: &[Account]) -> Accounts {
        if accounts.is_empty() {
            return [f64::INFINITY; ACCOUNTS];
        }
        // The last one lies in what is left of the lanes too.
        let account = |lane: usize| &accounts[lane.min(accounts.len() - 1)];
        self.misfits(|n, lane| (account(lane).pulse[n], account(lane).trust[n]))
    }

    /// The same where `of` says what the account of a lane takes away from a sample, and how far it trusts the rest.
    fn misfits(&mut self, of: impl Fn(usize, usize) -> (f64, f64)) -> Accounts {
        self.rest.clear();
        self.trust.clear();
        for (n, observed) in self.observed.iter().enumerate() {
            let accounts: [(f64, f64); ACCOUNTS] = std::array::from_fn(|lane| of(n, lane));
            self.rest.push(accounts.map(|(pulse, _)| observed - pulse));
            self.trust.push(accounts.map(|(_, trust)| trust));
        }
        let evidences = self.equations.evidences(&self.rest, &self.trust, &mut self.workspace);
        evidences.map(|found| found.map_or(f64::INFINITY, |evidence| evidence.misfit(self.variance)))
    }

    /// The account that a core was changed by so much and nothing beside it, and its misfit, which no move of an end makes less; the whole span's
    /// `misfit` is known.
    fn cored(&mut self, deviation: f64, misfit: f64) -> (Account, f64) {
        let count = self.observed.len();
        let (inside, beside) = (trust(deviation, self.variance), trust(0.0, self.variance));
        let (mut core, mut least) = (0..count, misfit);
        let mut step = count / 2;
        while step > 0 {
            let next = moved(&core, step, count);
            let trust = |n: usize, core: &Range<usize>| if core.contains(&n) { inside } else { beside };
            let misfits = self.misfits(|n, lane| (0.0, trust(n, &next[lane])));
            let better =
                next.into_iter().zip(misfits).find(|(next, misfit)| *next != core && *misfit < least);
            match better {
                Some(found) => (core, least) = found,
                None => step /= 2,
            }
        }
        let mut account = free(count, beside);
        account.trust[core].fill(inside);
        (account, least)
    }
}

/// A core with either end moved by `step` samples inwards or outwards, within `count`; as it is where nothing would be left.
fn moved(core: &Range<usize>, step: usize, count: usize) -> [Range<usize>; ACCOUNTS] {
    let Range { start, end } = *core;
    let inwards = step.min(core.len() - 1);
    [
        start + inwards..end,
        start..end - inwards,
        start.saturating_sub(step)..end,
        start..(end + step).min(count),
    ]
}

/// How far a rest of this standard deviation lets what was observed be believed, where the prediction error has this variance.
fn trust(deviation: f64, variance: f64) -> f64 {
    variance / (deviation * deviation).max(LEAST_REST * variance)
}

/// The accounts of damage that seems to have added `pulse`, where the prediction error has this variance.
fn of_form(pulse: &[f64], variance: f64) -> impl Iterator<Item = Account> {
    let largest = pulse.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    FORM_SHARES.iter().filter(move |_| largest > 0.0).map(move |share| Account {
        trust: pulse.iter().map(|x| trust(share * (x.abs() + BESIDE * largest), variance)).collect(),
        pulse: pulse.to_vec(),
    })
}

/// The account of damage of no form, all of it believed as far as `trust`.
fn free(count: usize, trust: f64) -> Account {
    Account { pulse: vec![0.0; count], trust: vec![trust; count] }
}

impl Search {
    /// The click that a candidate stands for.
    pub(super) fn click(&self, standing: &Standing, detection: Detection, whitened: &Whitened) -> Click {
        let Standing { candidate, matched } = standing;
        let span = detection.start..detection.end;
        let mut pulse = vec![0.0; span.len()];
        if let Some(matched) = matched {
            let fit = if self.fits {
                self.bank.fitted(whitened, matched, candidate.peak)
            } else {
                self.bank.unfitted(whitened, matched, candidate.peak)
            };
            for (x, n) in pulse.iter_mut().zip(span.clone()) {
                *x = n.checked_sub(fit.start).and_then(|k| fit.values.get(k)).copied().unwrap_or(0.0);
            }
        }
        let damage = Damage { span, known: Known::Pulse(pulse) };
        Click { detection, damage, matched_at: matched.map(|_| candidate.peak) }
    }
}
