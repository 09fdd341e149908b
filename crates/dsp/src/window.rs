//! Analysis windows, all periodic: the form that overlap-add needs.
//!
//! A symmetric window of `N` points repeats its end point when it is shifted by `N / 2`, so shifted copies do not add up
//! to a constant; the periodic form, the first `N` points of the symmetric one of `N + 1`, does.
//!
//! Source: F. J. Harris, "On the use of windows for harmonic analysis with the discrete Fourier transform",
//! Proc. IEEE 66(1), 1978, section V. Each is a sum of cosines, w(n) = Σ (−1)ᵏ aₖ cos(2πkn/N).

use std::f64::consts::TAU;

/// The shape of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// All ones.
    Rectangular,
    /// Raised cosine: side lobes fall by 18 dB per octave. Shifted by half or a quarter, copies add up to a constant.
    Hann,
    /// The square root of [`Window::Hann`], a half period of a sine: used before *and* after processing, the two multiply
    /// to a Hann window.
    SqrtHann,
    /// Raised cosine on a pedestal (0.54, 0.46): first side lobe at −43 dB.
    Hamming,
    /// Three terms (0.42, 0.5, 0.08): side lobes below −58 dB.
    Blackman,
    /// Four terms (0.35875, 0.48829, 0.14128, 0.01168): side lobes below −92 dB, for measuring hum beside speech.
    BlackmanHarris,
}

impl Window {
    /// The window at `len` points.
    pub fn coefficients(self, len: usize) -> Vec<f64> {
        (0..len).map(|n| self.at(n as f64 / len as f64)).collect()
    }

    /// The window at the share `position` (0 to 1) of its length.
    fn at(self, position: f64) -> f64 {
        let terms: &[f64] = match self {
            Self::Rectangular => &[1.0],
            Self::Hann => &[0.5, 0.5],
            Self::SqrtHann => return (TAU / 2.0 * position).sin(),
            Self::Hamming => &[0.54, 0.46],
            Self::Blackman => &[0.42, 0.5, 0.08],
            Self::BlackmanHarris => &[0.35875, 0.48829, 0.14128, 0.01168],
        };
        let mut sign = 1.0;
        let mut sum = 0.0;
        for (k, term) in terms.iter().enumerate() {
            sum += sign * term * (TAU * k as f64 * position).cos();
            sign = -sign;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Window; 6] = [
        Window::Rectangular,
        Window::Hann,
        Window::SqrtHann,
        Window::Hamming,
        Window::Blackman,
        Window::BlackmanHarris,
    ];

    #[test]
    fn windows_are_periodic_and_peak_at_one() {
        for window in ALL {
            for len in [8, 400, 2048] {
                let w = window.coefficients(len);
                assert!((w[len / 2] - 1.0).abs() < 1e-12, "{window:?} peaks at {}", w[len / 2]);
                for n in 1..len / 2 {
                    assert!((w[n] - w[len - n]).abs() < 1e-12, "{window:?} is not even about its centre");
                }
            }
        }
    }

    #[test]
    fn half_overlapped_hann_adds_up_to_one() {
        let w = Window::Hann.coefficients(512);
        for n in 0..256 {
            assert!((w[n] + w[n + 256] - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn sqrt_hann_squares_to_hann() {
        let root = Window::SqrtHann.coefficients(1_000);
        for (r, h) in root.iter().zip(Window::Hann.coefficients(1_000)) {
            assert!((r * r - h).abs() < 1e-12);
        }
    }
}
