//! Modified Bessel functions of the first kind, of order 0 and 1.

/// The power series, whose terms are all positive, up to here; then the series for large numbers.
const LARGE: f64 = 25.0;

fn bessel(order: u32, x: f64) -> f64 {
    let size = x.abs();
    if size.is_nan() {
        return x;
    }
    let n = f64::from(order);
    if size <= LARGE {
        let quarter = size * size / 4.0;
        let mut term = if order == 0 { 1.0 } else { size / 2.0 };
        let mut sum = term;
        for k in 1..200 {
            let k = f64::from(k);
            term *= quarter / (k * (k + n));
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        return sum;
    }
    let (mut term, mut sum) = (1.0f64, 1.0);
    for k in 1..40 {
        let k = f64::from(k);
        let odd = 2.0 * k - 1.0;
        let next = term * (odd * odd - 4.0 * n * n) / (8.0 * k * size);
        if next.abs() >= term.abs() || next.abs() < 1e-17 {
            break;
        }
        term = next;
        sum += term;
    }
    size.exp() * (sum / (std::f64::consts::TAU * size).sqrt())
}

/// Of order 0: even, 1 at 0.
pub(crate) fn i0(x: f64) -> f64 {
    bessel(0, x)
}

/// Of order 1, the derivative of [`i0`]: odd.
pub(crate) fn i1(x: f64) -> f64 {
    bessel(1, x).copysign(x)
}
