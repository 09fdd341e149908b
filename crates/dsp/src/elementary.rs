//! Logarithm and exponential in single precision that stay in vectors: for arrays of ratios, where a call for each would be most of the work.
//!
//! Both reduce to a short interval by the bits of the float and go on with a minimax polynomial, as S. L. Moshier, *Methods and Programs for
//! Mathematical Functions* (1989, Cephes: `logf`, `expf`) does, whose coefficients stand here. Within 2 units of the last place of the libraries'.
//!
//! **Assumptions.** Finite input; for the logarithm normal and above zero.

/// Bits of ½·√2 and of a float's fraction.
const HALF_ROOT_BITS: u32 = 0x3f35_04f3;
const FRACTION_BITS: u32 = 23;
/// ln 2 in two parts, the first exact in few bits.
const LN_2: (f32, f32) = (0.693_359_4, -2.121_944_4e-4);
/// Beyond these the exponential would leave the normal floats.
const EXPONENTS: (f32, f32) = (-87.0, 88.0);
/// 1.5·2²³: a number of less than 22 bits loses its fraction when this is added.
const TO_WHOLE: f32 = 12_582_912.0;

/// ln x.
#[inline(always)]
pub(crate) fn ln(x: f32) -> f32 {
    // x = m·2ᵉ with m from √½ to √2.
    let above = x.to_bits().wrapping_sub(HALF_ROOT_BITS);
    let exponent = (above as i32 >> FRACTION_BITS) as f32;
    let m = f32::from_bits((above & ((1 << FRACTION_BITS) - 1)) + HALF_ROOT_BITS) - 1.0;
    let square = m * m;
    let series = 7.037_683_6e-2;
    let series = series * m - 1.151_461e-1;
    let series = series * m + 1.167_699_9e-1;
    let series = series * m - 1.242_014_1e-1;
    let series = series * m + 1.424_932_3e-1;
    let series = series * m - 1.666_805_8e-1;
    let series = series * m + 2.000_071_5e-1;
    let series = series * m - 2.499_999_4e-1;
    let series = series * m + 3.333_333e-1;
    let rest = series * m * square + LN_2.1 * exponent - 0.5 * square;
    m + rest + LN_2.0 * exponent
}

/// log₁₀ x.
#[inline(always)]
pub(crate) fn log10(x: f32) -> f32 {
    ln(x) * std::f32::consts::LOG10_E
}

/// log₂ x.
#[inline(always)]
pub(crate) fn log2(x: f32) -> f32 {
    ln(x) * std::f32::consts::LOG2_E
}

/// eˣ; what is too small or too large for a float is the least or the greatest there is.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    let x = if x < EXPONENTS.0 { EXPONENTS.0 } else { x };
    let x = if x > EXPONENTS.1 { EXPONENTS.1 } else { x };
    // x = r + n·ln 2 with |r| ≤ ½ ln 2.
    let shifted = x * std::f32::consts::LOG2_E + TO_WHOLE;
    let whole = shifted - TO_WHOLE;
    let r = x - whole * LN_2.0 - whole * LN_2.1;
    let series = 1.987_569_1e-4;
    let series = series * r + 1.398_2e-3;
    let series = series * r + 8.333_452e-3;
    let series = series * r + 4.166_579_6e-2;
    let series = series * r + 1.666_666_5e-1;
    let series = series * r + 0.5;
    let power = series * r * r + r + 1.0;
    // The lowest bits of the shifted number are the whole one: 2ⁿ by its exponent.
    let scale = f32::from_bits(shifted.to_bits().wrapping_add(127) << FRACTION_BITS);
    power * scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_those_of_the_library() {
        for step in 0..200_000 {
            let x = 10f64.powf(-30.0 + 60.0 * f64::from(step) / 200_000.0) as f32;
            let exact = f64::from(x).ln();
            // Relative, and near 1 what the difference from it allows.
            assert!(
                (f64::from(ln(x)) - exact).abs() <= 1.5e-7 * exact.abs(),
                "ln {x}: {} for {exact}",
                ln(x)
            );
            assert!(
                (f64::from(log10(x)) - f64::from(x).log10()).abs() <= 2.5e-7 * f64::from(x).log10().abs()
            );
            assert!((f64::from(log2(x)) - f64::from(x).log2()).abs() <= 2.5e-7 * f64::from(x).log2().abs());
        }
        assert_eq!(ln(1.0).to_bits(), 0);
    }

    #[test]
    fn the_exponential_is_that_of_the_library() {
        for step in 0..200_000 {
            let x = -86.9 + 174.0 * (step as f32) / 200_000.0;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) / exact - 1.0).abs() < 2.5e-7, "exp {x}: {} for {exact}", exp(x));
        }
        assert!(exp(-1e9) > 0.0 && exp(-1e9) < 1e-37 && exp(1e9).is_finite());
    }
}
