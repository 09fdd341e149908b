//! The evidence of several accounts of the same damage at once.
//!
//! Their equations differ on the diagonal and on the right alone, and the same is done to all of them: each lies in a lane of its own of a
//! vector, and they are factorised side by side. The rows of one matrix would be too short for vectors.
//!
//! Cholesky's factorisation row by row, Golub and Van Loan, *Matrix Computations*, 4th ed., §4.2.5 and 4.3.5. An account whose matrix is not
//! positive definite makes the numbers of its own lane NaN.

use super::interpolation::{Evidence, NormalEquations};
use crate::wide_vectors::in_wide_vectors;

/// How many accounts are weighed at once.
pub(crate) const ACCOUNTS: usize = 4;
/// One number of each account.
pub(crate) type Accounts = [f64; ACCOUNTS];
/// Sums of a row of products that are kept apart, since each addition waits for the one before it in its own sum.
const PARTS: usize = 4;
/// Products of pivots are in range up to this, and down to its inverse.
const GREATEST_PRODUCT: f64 = 1e100;

/// What [`NormalEquations::evidences`] computes in, kept from one call to the next.
#[derive(Default)]
pub(crate) struct Workspace {
    /// L of each A = L·Lᵀ row by row, of each row as many elements as the band has; that of the diagonal, the last, is not kept.
    rows: Vec<Accounts>,
    /// One over its diagonal.
    inverses: Vec<Accounts>,
    /// L⁻¹·b.
    solved: Vec<Accounts>,
}

impl NormalEquations {
    /// The evidence of [`estimate`](Self::estimate) for several accounts: of each sample what was `observed` less what each account takes away,
    /// and how far each trusts the rest. None for those without a stable solution.
    ///
    /// A = B + Λ and b = −z + Λ·`observed` give the energy bᵀ·A⁻¹·b without a solution.
    pub(crate) fn evidences(
        &self,
        observed: &[Accounts],
        trust: &[Accounts],
        workspace: &mut Workspace,
    ) -> [Option<Evidence>; ACCOUNTS] {
        let width = self.matrix.bandwidth() + 1;
        workspace.rows.resize(trust.len() * width, [0.0; ACCOUNTS]);
        workspace.inverses.resize(trust.len(), [0.0; ACCOUNTS]);
        workspace.solved.resize(trust.len(), [0.0; ACCOUNTS]);
        let Found { errors, spreads } = weigh(self, observed, trust, workspace);
        std::array::from_fn(|account| {
            let (error, spread) = (errors[account], spreads[account]);
            (error.is_finite() && spread.is_finite()).then_some(Evidence { error, spread })
        })
    }
}

/// The parts of the evidence of each account.
struct Found {
    errors: Accounts,
    spreads: Accounts,
}

in_wide_vectors! {
    fn weigh(equations: &NormalEquations, observed: &[Accounts], trust: &[Accounts], workspace: &mut Workspace) -> Found {
        let Workspace { rows, inverses, solved } = workspace;
        let (rows, inverses, solved) = (rows.as_mut_slice(), inverses.as_mut_slice(), solved.as_mut_slice());
        let width = equations.matrix.bandwidth() + 1;
        let count = trust.len();
        let (mut errors, mut spreads, mut product) = ([0.0; ACCOUNTS], [0.0; ACCOUNTS], [1.0; ACCOUNTS]);
        for (i, (trust, observed)) in trust.iter().zip(observed).enumerate() {
            let first = (i + 1).saturating_sub(width);
            let (above, row) = rows.split_at_mut(i * width);
            // Element (i, j) lies at j + width − 1 − i, so that rows end together.
            let row = &mut row[width - 1 - (i - first)..width];
            for (j, inverse) in (first..i).zip(&inverses[first..i]) {
                // Row j from `first` on.
                let other = &above[j * width..][..width];
                let taken = dot(&row[..j - first], &other[width - 1 - (j - first)..]);
                row[j - first] = times(minus([equations.matrix.element(i, j); ACCOUNTS], taken), *inverse);
            }
            let known = &row[..i - first];
            let diagonal = plus([equations.matrix.element(i, i); ACCOUNTS], *trust);
            let pivot = minus(diagonal, dot(known, known));
            let inverse = pivot.map(|pivot| 1.0 / pivot.sqrt());
            let believed = times(*trust, *observed);
            let asked = plus([equations.right[i]; ACCOUNTS], believed);
            let value = times(minus(asked, dot(known, &solved[first..i])), inverse);
            (inverses[i], solved[i]) = (inverse, value);
            errors = plus(errors, minus(times(believed, *observed), times(value, value)));
            product = times(product, std::array::from_fn(|lane| pivot[lane] / trust[lane]));
            // A logarithm takes as long as many products.
            let is_in_range = product.iter().all(|x| *x < GREATEST_PRODUCT && *x > 1.0 / GREATEST_PRODUCT);
            if !is_in_range || i + 1 == count {
                spreads = plus(spreads, product.map(f64::ln));
                product = [1.0; ACCOUNTS];
            }
        }
        Found { errors, spreads }
    }
}

/// Σ a·b of each account over the shorter of the two.
#[inline(always)]
fn dot(a: &[Accounts], b: &[Accounts]) -> Accounts {
    let len = a.len().min(b.len());
    let ((a, a_rest), (b, b_rest)) = (a[..len].as_chunks::<PARTS>(), b[..len].as_chunks::<PARTS>());
    // Each by its own name: what is indexed by a variable does not stay in registers.
    let [mut s0, mut s1, mut s2, mut s3] = [[0.0; ACCOUNTS]; PARTS];
    for (a, b) in a.iter().zip(b) {
        s0 = plus(s0, times(a[0], b[0]));
        s1 = plus(s1, times(a[1], b[1]));
        s2 = plus(s2, times(a[2], b[2]));
        s3 = plus(s3, times(a[3], b[3]));
    }
    for (a, b) in a_rest.iter().zip(b_rest) {
        s0 = plus(s0, times(*a, *b));
    }
    plus(plus(s0, s1), plus(s2, s3))
}

#[inline(always)]
fn plus(a: Accounts, b: Accounts) -> Accounts {
    std::array::from_fn(|account| a[account] + b[account])
}

#[inline(always)]
fn minus(a: Accounts, b: Accounts) -> Accounts {
    std::array::from_fn(|account| a[account] - b[account])
}

#[inline(always)]
fn times(a: Accounts, b: Accounts) -> Accounts {
    std::array::from_fn(|account| a[account] * b[account])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autoregression::ArModel;

    #[test]
    fn evidence_is_that_of_the_estimate() {
        let samples: Vec<f64> =
            (0..120).map(|n| (0.1 * f64::from(n)).sin() + 0.5 * (0.37 * f64::from(n)).cos()).collect();
        let model = ArModel::fit_burg(&samples, 9);
        let mut workspace = Workspace::default();
        for suspect in [vec![50], (40..47).collect::<Vec<usize>>(), (30..60).collect(), vec![3, 4, 90, 93]] {
            let mut known = samples.clone();
            suspect.iter().for_each(|&t| known[t] = 0.0);
            let observed: Vec<Accounts> = suspect
                .iter()
                .map(|&t| [0.0, 0.3, -0.2, 1.0].map(|height| samples[t] + height * (t as f64).sin()))
                .collect();
            let trust: Vec<Accounts> = suspect
                .iter()
                .map(|&t| [1e-3, 0.01, 20.0, 1e-9].map(|least| least + 10.0 * f64::from(t % 3 == 0)))
                .collect();
            let equations = NormalEquations::new(&model, &known, &suspect, 0);
            let found = equations.evidences(&observed, &trust, &mut workspace);
            for (account, found) in found.into_iter().enumerate() {
                let of = |numbers: &[Accounts]| numbers.iter().map(|x| x[account]).collect::<Vec<f64>>();
                let one = equations.estimate(&of(&observed), &of(&trust)).unwrap().evidence;
                let found = found.unwrap();
                for (found, one) in [(found.error, one.error), (found.spread, one.spread)] {
                    assert!((found - one).abs() < 1e-8 * one.abs().max(1.0), "{found} for {one}");
                }
            }
        }
    }

    #[test]
    fn an_account_without_a_solution_spoils_no_other() {
        let model = ArModel::new(vec![0.5, -0.2], 1.0);
        let equations = NormalEquations::new(&model, &[0.0; 9], &[3, 4, 5], 0);
        let trust = [[1.0, -9.0, 1.0, f64::NAN]; 3];
        let found = equations.evidences(&[[0.5; ACCOUNTS]; 3], &trust, &mut Workspace::default());
        assert_eq!(found.map(|found| found.is_some()), [true, false, true, false]);
    }
}
