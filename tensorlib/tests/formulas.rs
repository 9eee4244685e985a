//! A number on the left of an operator, in every position in which a formula can stand: the types must be found without
//! help. That this file compiles is most of the test.

use tensorlib::prelude::*;

fn x() -> Tensor {
    tensor![1.0, 2.0]
}

fn values(x: &Tensor) -> Vec<f32> {
    x.to_vec()
}

fn owned(x: Tensor) -> Vec<f32> {
    x.to_vec()
}

fn any(x: impl tensorlib::IntoOperand<'static>) -> Vec<f32> {
    zeros([2]).add(x).to_vec()
}

fn same<T>(value: T) -> T {
    value
}

#[test]
fn methods_follow_on_the_result() {
    let x = x();
    assert_eq!((2.0 * &x).sum().item::<f32>(), 6.0);
    assert_eq!((1 - &x).mean().item::<f32>(), -0.5);
    assert_eq!((6.0 / &x).max().item::<f32>(), 6.0);
    assert_eq!((5 % &x).sum_dim(0).item::<f32>(), 1.0);
    assert_eq!((3 + &x).pow(2).to_vec::<f32>(), [16.0, 25.0]);
    assert_eq!((2.0 * x.alias()).sqrt().square().round().to_vec::<f32>(), [2.0, 4.0]);
    assert_eq!((-2.0 * &x).abs().to_vec::<f32>(), [2.0, 4.0]);
    assert_eq!((-(2 * &x)).to_vec::<f32>(), [-2.0, -4.0]);
    assert_eq!((-2 * &x).sum().item::<f32>(), -6.0);
    assert_eq!((2 * (3.0 + (1 - &x))).i(0).item::<f32>(), 6.0);
    assert_eq!((2.0 * &x).size()[0], 2);
}

#[test]
fn every_operator_takes_whole_and_decimal_numbers_before_owned_and_borrowed_tensors() {
    let all = [
        1.5 + &x(),
        1.5 - &x(),
        1.5 * &x(),
        1.5 / &x(),
        1.5 % &x(),
        1.5 + x(),
        1.5 - x(),
        1.5 * x(),
        1.5 / x(),
        1.5 % x(),
        3 + &x(),
        3 - &x(),
        3 * &x(),
        3 / &x(),
        3 % &x(),
        3 + x(),
        3 - x(),
        3 * x(),
        3 / x(),
        3 % x(),
    ];
    let first: Vec<f32> = all.iter().map(|y| y.i(0).item()).collect();
    let decimal = [2.5, 0.5, 1.5, 1.5, 0.5];
    let whole = [4.0, 2.0, 3.0, 3.0, 0.0];
    assert_eq!(first, [decimal, decimal, whole, whole].concat());
}

#[test]
fn numbers_that_were_named_before() {
    let rate = 0.5;
    let steps = 3;
    let x = x();
    let y = rate * &x;
    assert_eq!(values(&y), [0.5, 1.0]);
    assert_eq!(values(&(steps * &x)), [3.0, 6.0]);
    assert_eq!((rate * steps as f64 * &x).sum().item::<f32>(), 4.5);
    assert_eq!(values(&(f64::from(0.5f32) * &x)), [0.5, 1.0]);
    assert_eq!(values(&(Scalar::from(2i64) * &x)), [2.0, 4.0]);
    let two: f32 = 2.0;
    assert_eq!(values(&(&x * two)), [2.0, 4.0]);
}

#[test]
fn arguments_returns_closures_and_fields() {
    struct Layer {
        weight: Tensor,
    }
    let x = x();
    assert_eq!(owned(3 * &x), [3.0, 6.0]);
    assert_eq!(values(&(2.0 * &x)), [2.0, 4.0]);
    assert_eq!(any(2.0 * &x), [2.0, 4.0]);
    assert_eq!(same(1.0 - &x).sum().item::<f32>(), -1.0);
    let shifted = |by: f64| by + &x;
    assert_eq!(shifted(1.0).to_vec::<f32>(), [2.0, 3.0]);
    let halved = |y: &Tensor| 0.5 * y;
    assert_eq!(halved(&x).sum().item::<f32>(), 1.5);
    let layer = Layer { weight: 2.0 * &x };
    assert_eq!((1.0 - &layer.weight).sum().item::<f32>(), -4.0);
    let pair = (1.0 + &x, 1 + &x);
    assert!(pair.0.equal(&pair.1));
    let sum: f32 = (2.0 * &x).to_vec::<f32>().iter().sum::<f32>();
    assert_eq!(sum, 6.0);
    assert_eq!([1.0 * &x, 2 * &x].into_iter().sum::<Tensor>().to_vec::<f32>(), [3.0, 6.0]);
    assert_eq!([&x, &x].into_iter().sum::<Tensor>().to_vec::<f32>(), [2.0, 4.0]);
    assert_eq!(Vec::<Tensor>::new().into_iter().sum::<Tensor>().item::<i64>(), 0);
    let boxed: Box<dyn Fn(&Tensor) -> Tensor> = Box::new(|y| 1.0 / (1.0 + (-y).exp()));
    assert!(boxed(&x).allclose(x.sigmoid()));
    let chosen = if x.len() > 1 { 2.0 * &x } else { 1 - &x };
    assert_eq!(chosen.i(1).item::<f32>(), 4.0);
    let mut z = 1.0 - &x;
    z += 2.0 * &x;
    z -= 1;
    z *= 3.0 + &x;
    assert_eq!(values(&z), [4.0, 10.0]);
}

#[test]
fn formulas_of_textbooks() {
    let x = x();
    assert!((1.0 / (1.0 + (-&x).exp())).allclose(x.sigmoid()));
    assert!((2.0 / (1.0 + (-2.0 * &x).exp()) - 1.0).allclose_within(x.tanh(), 1e-4, 1e-6));
    let (y, p) = (tensor![1.0, 0.0], tensor![0.9, 0.2]);
    let loss = -(&y * p.log() + (1.0 - &y) * (1.0 - &p).log()).mean();
    assert!((loss.item::<f32>() - 0.164_252_04).abs() < 1e-6);
    let (w, gradient, rate) = (ones([2]), tensor![1.0, -1.0], 0.1);
    let next = &w - rate * &gradient;
    assert!(next.allclose([0.9, 1.1]));
    let normal = 1.0 / (2.0 * std::f64::consts::PI).sqrt() * (-0.5 * x.square()).exp();
    assert!(normal.allclose([0.241_970_72, 0.053_990_97]));
}

#[test]
fn lists_stand_on_the_right() {
    let x = x();
    assert_eq!(values(&(&x + [1.0, 2.0])), [2.0, 4.0]);
    assert_eq!(values(&(x.alias() * vec![2, 3])), [2.0, 6.0]);
    assert_eq!(values(&(&x - &vec![1.0f32, 1.0])), [0.0, 1.0]);
    assert_eq!(values(&(&x + (0..2))), [1.0, 3.0]);
    assert_eq!(x.add([[1.0], [2.0]]).size(), [2, 2]);
    assert_eq!(x.gt([1.0, 1.0]).to_vec::<bool>(), [false, true]);
    assert_eq!(x.matmul([1.0, 1.0]).item::<f32>(), 3.0);
    assert_eq!(x.maximum(&[1.5, 1.5][..]).to_vec::<f32>(), [1.5, 2.0]);
    assert_eq!((&x + ndarray::array![1.0f32, 1.0]).to_vec::<f32>(), [2.0, 3.0]);
}

#[test]
fn the_opposite_of_booleans_and_of_bits() {
    let mask = x().gt(1.5);
    assert_eq!((!&mask).to_vec::<bool>(), [true, false]);
    assert_eq!((!!mask).to_vec::<bool>(), [false, true]);
    // PyTorch: ~torch.tensor([0, 5, -1]), ~torch.tensor([0, 255, 1], dtype=torch.uint8)
    assert_eq!((!tensor![0, 5, -1]).to_vec::<i64>(), [-1, -6, 0]);
    assert_eq!((!tensor![0, 255, 1; u8]).to_vec::<u8>(), [255, 0, 254]);
    let message = std::panic::catch_unwind(|| !x()).unwrap_err();
    assert!(message.downcast_ref::<String>().unwrap().contains("not: not defined for f32"));
}

#[test]
fn masks_are_joined_by_operators() {
    let x = tensor![0.0, 1.0, 2.0, 3.0];
    assert_eq!((x.gt(0) & x.lt(3)).to_vec::<bool>(), [false, true, true, false]);
    let (low, high) = (x.lt(1), x.ge(3));
    assert_eq!((&low | &high).to_vec::<bool>(), [true, false, false, true]);
    assert_eq!((!(&low | high) & low).to_vec::<bool>(), [false; 4]);
    let message = std::panic::catch_unwind(|| x.gt(0) & tensor![1, 2, 3, 4]).unwrap_err();
    assert!(message.downcast_ref::<String>().unwrap().contains("bitand: not defined for bool and i64"));
}
