//! What is done to pictures: what PIL and PyTorch make of the same ones (`pictures.py`).

use tensorlib::data::transforms::{
    ColorJitter, Grayscale, RandomCrop, RandomHorizontalFlip, RandomResizedCrop, RandomRotation, RandomVerticalFlip,
    Resize,
};
use tensorlib::prelude::*;

/// The rule that the script shares.
pub fn picture(channels: usize, height: usize, width: usize) -> Tensor {
    let value = |c: usize, y: usize, x: usize| ((x * 37 + y * 59 + c * 83 + x * y * 11) % 256) as u8;
    let places = (0..channels).flat_map(|c| (0..height).flat_map(move |y| (0..width).map(move |x| (c, y, x))));
    from_vec(places.map(|(c, y, x)| value(c, y, x)).collect::<Vec<u8>>()).view([channels, height, width])
}

/// Name, shape and values of each case.
pub fn cases() -> impl Iterator<Item = (&'static str, Vec<usize>, Vec<f64>)> {
    include_str!("pictures.txt").lines().map(|line| {
        let [name, shape, values] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("three columns in {line}") };
        let shape = shape.split('x').map(|length| length.parse().unwrap()).collect();
        (name, shape, values.split(',').map(|value| value.parse().unwrap()).collect())
    })
}

/// The largest difference that is allowed.
#[track_caller]
fn close(name: &str, x: &Tensor, shape: &[usize], values: &[f64], allowed: f64) {
    assert_eq!(x.size()[..], *shape, "{name}");
    for (place, (a, b)) in x.to_vec::<f64>().iter().zip(values).enumerate() {
        assert!((a - b).abs() <= allowed, "{name}: {a} and {b} at {place}");
    }
}

/// Runs the cases of some kinds; how many there were.
fn check(kinds: &[&str], change: impl Fn(&str, &[f64]) -> (Tensor, f64)) -> usize {
    let mut count = 0;
    for (name, shape, values) in cases() {
        let mut words = name.split(' ');
        let kind = words.next().unwrap();
        if kinds.contains(&kind) {
            let numbers: Vec<f64> = words.map(|word| word.parse().unwrap()).collect();
            let (x, allowed) = change(kind, &numbers);
            close(name, &x, &shape, &values, allowed);
            count += 1;
        }
    }
    count
}

fn of(numbers: &[f64]) -> Tensor {
    picture(numbers[0] as usize, numbers[1] as usize, numbers[2] as usize)
}

#[test]
fn sizes_are_changed_as_pil_and_pytorch_change_them() {
    let count = check(&["resize", "resize_float"], |kind, numbers| {
        let change = Resize::new([numbers[3] as usize, numbers[4] as usize]);
        match kind {
            "resize" => (change.apply(&of(numbers)), 0.0),
            _ => (change.apply(&of(numbers).float().div(255.0)), 2e-6),
        }
    });
    assert_eq!(count, 10);
}

#[test]
fn pictures_are_turned_as_pil_turns_them() {
    let count =
        check(&["rotate"], |_, numbers| (RandomRotation::between(numbers[3], numbers[3]).apply(&of(numbers)), 0.0));
    assert_eq!(count, 12);
}

#[test]
fn random_changes_are_those_of_the_same_seed_in_pytorch() {
    let x = picture(3, 12, 10);
    let jitter = ColorJitter::new().brightness(0.4).contrast(0.3).saturation(0.6).hue(0.2);
    let kinds = [
        "horizontal_flip",
        "vertical_flip",
        "random_crop",
        "padded_crop",
        "random_resized_crop",
        "rotation",
        "jitter",
        "jitter_float",
    ];
    let count = check(&kinds, |kind, numbers| {
        manual_seed(numbers[0] as u64);
        match kind {
            "horizontal_flip" => (RandomHorizontalFlip::new(0.5).apply(&x), 0.0),
            "vertical_flip" => (RandomVerticalFlip::new(0.5).apply(&x), 0.0),
            "random_crop" => (RandomCrop::new([4, 5]).apply(&x), 0.0),
            "padded_crop" => (RandomCrop::new([12, 10]).padding(2).apply(&x), 0.0),
            "random_resized_crop" => (RandomResizedCrop::new(4).apply(&x), 0.0),
            "rotation" => (RandomRotation::new(40.0).apply(&x), 0.0),
            // Bytes are cut off after each step: the last digit of a product may decide.
            "jitter" => (jitter.apply(&x), 2.0),
            _ => (jitter.apply(&x.float().div(255.0)), 1e-4),
        }
    });
    assert_eq!(count, 32);
    assert_eq!(check(&["gray"], |_, _| (Grayscale::new().apply(&x), 0.0)), 1);
}

#[test]
fn what_cannot_be_done_is_told_of() {
    let sentence = |change: data::transforms::Compose, x: &Tensor| change.try_apply(x).unwrap_err().to_string();
    let x = picture(3, 4, 5);
    assert_eq!(
        sentence(transforms![Normalize::new([0.5], [0.5])], &x),
        "Normalize: the picture holds u8; put ToTensor before it"
    );
    assert_eq!(
        sentence(transforms![ToTensor, Normalize::new([0.5, 0.5], [0.5, 0.5])], &x),
        "Normalize: the picture of shape [3, 4, 5] has 3 channels, and there are 2 means; give one, or one for each channel"
    );
    assert!(sentence(transforms![Resize::new(0)], &x).starts_with("Resize: a picture of 0 × 0 pixels has none"));
    assert!(
        sentence(transforms![Resize::new(4)], &scalar(1)).contains("a picture has shape [channels, height, width]")
    );
    assert!(sentence(transforms![ColorJitter::new().hue(0.7)], &x).contains("of the hue 0.5 at most"));
    assert!(sentence(transforms![Grayscale::new()], &picture(2, 3, 3)).contains("a picture has 1 or 3 channels"));
    assert!(sentence(transforms![ToTensor], &x.long()).contains("not i64"));
}
