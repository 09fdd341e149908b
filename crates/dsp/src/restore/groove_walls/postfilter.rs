//! The noise that is left in the sum of the walls, lowered where the programme does not cover it.
//!
//! The sum of both walls by inverse variance is the best that leaves the programme as it is; of two equal, independent noises it
//! takes 3.0 dB, of unequal ones less. The best estimate of the programme goes one step further: it multiplies that sum by the
//! programme's share of its power (the multi-channel Wiener filter is the minimum-variance combination followed by that gain:
//! Simmer, Bitzer and Marro, "Post-filtering techniques", in Brandstein and Ward (eds.), *Microphone Arrays* (2001), §3.2). What the programme
//! has is known without guessing at the noise: it is what both walls share (Zelinski, "A microphone array with adaptive
//! post-filtering for noise reduction in reverberant rooms", Proc. ICASSP (1988), eqs. 4–6).
//!
//! Powers are means over the band and the seconds in which the weights are found, so that the gain moves too slowly to
//! twitter, and it never falls below a floor.
//!
//! | symbol | here |
//! |---|---|
//! | Φ_ss | [`Powers::shared`], Re E\[L·R*\] |
//! | Φ_yy | power of the sum, from all three powers |
//! | Φ_ss / Φ_yy | [`gain`] |

/// Powers of both matched walls in one band of one frame, or their sums over time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Powers {
    /// Of the left wall.
    pub(super) left: f64,
    /// Of the right wall.
    pub(super) right: f64,
    /// The real part of their cross-power.
    pub(super) shared: f64,
}

impl Powers {
    pub(super) fn times(self, factor: f64) -> Self {
        Self { left: factor * self.left, right: factor * self.right, shared: factor * self.shared }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            left: self.left + other.left,
            right: self.right + other.right,
            shared: self.shared + other.shared,
        }
    }
}

/// The programme's share of the power of the walls' sum, in which the left wall has the share `weight`; at least `least`.
pub(super) fn gain(powers: Powers, weight: f64, least: f64) -> f64 {
    let rest = 1.0 - weight;
    let sum =
        weight * weight * powers.left + rest * rest * powers.right + 2.0 * weight * rest * powers.shared;
    if sum <= 0.0 {
        return 1.0;
    }
    (powers.shared / sum).clamp(least, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Programme of power 4 with noise of powers 1 and 2: Wiener's 4 / (4 + ⅔) after the weights of inverse variance.
    #[test]
    fn the_gain_is_wieners() {
        let powers = Powers { left: 5.0, right: 6.0, shared: 4.0 };
        assert!((gain(powers, 2.0 / 3.0, 0.0) - 4.0 / (4.0 + 2.0 / 3.0)).abs() < 1e-12);
    }

    #[test]
    fn nothing_shared_falls_to_the_floor_and_silence_stays() {
        let powers = Powers { left: 5.0, right: 6.0, shared: -0.1 };
        assert!((gain(powers, 0.5, 0.25) - 0.25).abs() < 1e-12);
        assert!((gain(Powers::default(), 0.5, 0.25) - 1.0).abs() < 1e-12);
        let alike = Powers { left: 3.0, right: 3.0, shared: 3.0 };
        assert!((gain(alike, 0.5, 0.25) - 1.0).abs() < 1e-12);
    }
}
