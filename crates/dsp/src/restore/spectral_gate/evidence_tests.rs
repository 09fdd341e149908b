use ndarray::Array3;

use super::*;

fn map(frames: usize, bands: usize) -> Array2<f32> {
    Array2::from_shape_fn((frames, bands), |(f, b)| ((f * 31 + b * 17) % 23) as f32 + 0.5)
}

/// The looks from some bands of a frame.
fn seen<const N: usize>(evidence: &Evidence, frame: usize, first_band: usize) -> [[f32; N]; FEATURES] {
    let mut looks = [[f32::NAN; N]; FEATURES];
    evidence.looks(frame).write(first_band, &mut looks.iter_mut());
    looks
}

#[test]
fn running_means_are_the_plain_ones() {
    let values = map(9, 7);
    let (frames, bands) = (over_frames(&values, 3), over_bands(&values, 2));
    let clamped = |i: isize, len: usize| i.clamp(0, len as isize - 1) as usize;
    for f in 0..9isize {
        for b in 0..7isize {
            let at = [f as usize, b as usize];
            let over_f = (-3..=3).map(|d| values[[clamped(f + d, 9), b as usize]]).sum::<f32>() / 7.0;
            let over_b = (-2..=2).map(|d| values[[f as usize, clamped(b + d, 7)]]).sum::<f32>() / 5.0;
            assert!((frames[at] - over_f).abs() < 1e-4 && (bands[at] - over_b).abs() < 1e-4);
        }
    }
}

#[test]
fn the_level_of_the_recording_does_not_matter() {
    let power = map(20, 150);
    let noise = vec![2.0; 150];
    let side = vec![3.0; 150];
    let louder = |v: &[f32]| v.iter().map(|x| x * 4096.0).collect::<Vec<f32>>();
    let looks = |evidence: Evidence| seen::<150>(&evidence, 7, 0);
    let quiet = looks(Evidence::new(&power, &noise, &side));
    let loud = looks(Evidence::new(&(&power * 4096.0), &louder(&noise), &louder(&side)));
    assert_eq!(quiet, loud);
}

#[test]
fn looks_beyond_the_ends_see_the_ends() {
    let power = map(9, 150);
    let evidence = Evidence::new(&power, &[2.0; 150], &[3.0; 150]);
    let mut maps = Array3::zeros((MAPS, 9, 150));
    evidence.write_maps(maps.view_mut());
    let check = |frame: usize, first_band: usize, looks: &[&[f32]]| {
        for ((map, later, higher), look) in LOOKS.iter().zip(looks) {
            let map_at = maps.index_axis(Axis(0), *map as usize);
            let row = map_at.row(frame.saturating_add_signed(*later).min(8));
            let bands = first_band..first_band + look.len();
            let expected = bands.map(|band| row[band.saturating_add_signed(*higher).min(149)]);
            assert!(look.iter().copied().eq(expected), "{map:?} {later} {higher}");
        }
    };
    for frame in [0, 4, 8] {
        check(frame, 0, &seen::<150>(&evidence, frame, 0).each_ref().map(|look| look.as_slice()));
        for first_band in [0, 8, 136, 144] {
            let looks = seen::<8>(&evidence, frame, first_band);
            check(frame, first_band, &looks.each_ref().map(|look| look.as_slice()));
        }
    }
}

#[test]
fn partials_ten_bands_apart_are_a_pitch() {
    let here = Array2::from_shape_fn((5, 150), |(_, band)| if band % 10 == 0 { 2.0 } else { -0.5 });
    let (comb, pitch) = comb(&here);
    assert!(pitch[2] > 0.5, "{}", pitch[2]);
    assert!((comb[[2, 50]] - 2.0).abs() < 1e-6 && comb[[2, 55]] < 0.0);
}
