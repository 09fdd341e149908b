//! The colours of the spectrogram: a sequential map, even to the eye.
//!
//! Anchors are given in OKLab's cylindrical form (lightness, chroma, hue) and interpolated there, so that equal steps of
//! level are equal steps of perceived lightness, in grey print and for colour-blind eyes too. The anchors (ours) run from
//! near black over plum and copper to pale cream.
//!
//! Source: B. Ottosson, "A perceptual color space for image processing", 2020 (OKLab; the two matrices below), and
//! IEC 61966-2-1 (sRGB's transfer curve).
//!
//! Known limit: colours between anchors that fall outside sRGB are clipped channel by channel; the test on lightness
//! bounds what that costs.

/// Lightness 0–1, chroma, hue in degrees; evenly spaced.
const ANCHORS: [(f64, f64, f64); 6] = [
    (0.13, 0.020, 285.0),
    (0.30, 0.105, 300.0),
    (0.47, 0.150, 352.0),
    (0.64, 0.150, 40.0),
    (0.81, 0.130, 75.0),
    (0.97, 0.050, 100.0),
];

/// `count` colours from dark to light, as red, green, blue of sRGB.
///
/// # Panics
/// Where `count` is below 2; that is the caller's bug.
pub fn colour_map(count: usize) -> Vec<[u8; 3]> {
    assert!(count >= 2, "a colour map runs from one colour to another");
    (0..count).map(|i| colour_at(i as f64 / (count - 1) as f64)).collect()
}

fn colour_at(position: f64) -> [u8; 3] {
    let place = position * (ANCHORS.len() - 1) as f64;
    let below = (place.floor() as usize).min(ANCHORS.len() - 2);
    let weight = place - below as f64;
    let lab = |(lightness, chroma, hue): (f64, f64, f64)| {
        let (sin, cos) = hue.to_radians().sin_cos();
        [lightness, chroma * cos, chroma * sin]
    };
    let (from, to) = (lab(ANCHORS[below]), lab(ANCHORS[below + 1]));
    srgb_from_oklab(std::array::from_fn(|i| from[i] + weight * (to[i] - from[i])))
}

fn srgb_from_oklab([lightness, a, b]: [f64; 3]) -> [u8; 3] {
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ]
    .map(|linear| {
        let linear = linear.clamp(0.0, 1.0);
        let encoded =
            if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 };
        (encoded * 255.0).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CIE lightness from the luminance of an sRGB colour: an oracle that knows nothing of OKLab.
    fn lightness([r, g, b]: [u8; 3]) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let y = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
        if y > 0.008_856 { 116.0 * y.cbrt() - 16.0 } else { 903.3 * y }
    }

    #[test]
    fn lightness_rises_evenly() {
        let map = colour_map(64);
        let steps: Vec<f64> = map.windows(2).map(|pair| lightness(pair[1]) - lightness(pair[0])).collect();
        let mean = steps.iter().sum::<f64>() / steps.len() as f64;
        assert!(lightness(map[0]) < 8.0 && lightness(map[63]) > 92.0);
        for (i, step) in steps.iter().enumerate() {
            assert!((0.4..1.8).contains(&(step / mean)), "step {i} is {step:.2}, the mean {mean:.2}");
        }
    }

    #[test]
    fn white_and_black_of_oklab_are_those_of_srgb() {
        assert_eq!(srgb_from_oklab([1.0, 0.0, 0.0]), [255, 255, 255]);
        assert_eq!(srgb_from_oklab([0.0, 0.0, 0.0]), [0, 0, 0]);
    }
}
