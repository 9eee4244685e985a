use super::*;
use crate::backend::cpu::vectors::Vectorised;

/// Small whole numbers, whose sums are exact in any order.
fn numbers(count: usize, seed: usize) -> Vec<f64> {
    (0..count).map(|i| ((i * i + i / 7 + seed * 13) % 7) as f64 - 3.0).collect()
}

/// Calls `with(output, input or none, weight)` for each product of a convolution.
fn each(g: &ConvGeometry, mut with: impl FnMut(usize, usize, usize)) {
    let [rows, columns] = g.output;
    for image in 0..g.images {
        for group in 0..g.groups {
            for filter in 0..g.filters {
                for row in 0..rows {
                    for column in 0..columns {
                        for channel in 0..g.channels {
                            for i in 0..g.kernel[0] {
                                for j in 0..g.kernel[1] {
                                    let y = (row * g.stride[0] + i * g.dilation[0]).wrapping_sub(g.padding[0]);
                                    let x = (column * g.stride[1] + j * g.dilation[1]).wrapping_sub(g.padding[1]);
                                    if y >= g.input[0] || x >= g.input[1] {
                                        continue;
                                    }
                                    let filter = group * g.filters + filter;
                                    let out = ((image * g.groups * g.filters + filter) * rows + row) * columns + column;
                                    let plane = image * g.groups * g.channels + group * g.channels + channel;
                                    let from = (plane * g.input[0] + y) * g.input[1] + x;
                                    let tap = ((filter * g.channels + channel) * g.kernel[0] + i) * g.kernel[1] + j;
                                    with(out, from, tap);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn geometry(images: usize, groups: usize, channels: usize, filters: usize, input: [usize; 2]) -> ConvGeometry {
    ConvGeometry {
        images,
        groups,
        channels,
        filters,
        input,
        output: [0; 2],
        kernel: [3, 2],
        stride: [1, 1],
        padding: [0, 0],
        dilation: [1, 1],
    }
}

fn agrees(mut g: ConvGeometry) {
    for dim in 0..2 {
        let seen = (g.kernel[dim] - 1) * g.dilation[dim] + 1;
        g.output[dim] = (g.input[dim] + 2 * g.padding[dim] - seen) / g.stride[dim] + 1;
    }
    let x = numbers(g.images * g.groups * g.channels * g.pixels(), 1);
    let w = numbers(g.groups * g.filters * g.taps(), 2);
    let y = numbers(g.images * g.groups * g.filters * g.positions(), 3);
    let bias = numbers(g.groups * g.filters, 4);
    let (mut values, mut back, mut of_w) = (vec![0.0; y.len()], vec![0.0; x.len()], vec![0.0; w.len()]);
    each(&g, |out, from, tap| {
        values[out] += x[from] * w[tap];
        back[from] += y[out] * w[tap];
        of_w[tap] += y[out] * x[from];
    });
    for (at, value) in values.iter_mut().enumerate() {
        *value += bias[at / g.positions() % bias.len()];
    }
    fn check<T: Vectorised>(g: &ConvGeometry, from: [&[f64]; 4], to: [&[f64]; 3]) {
        let of = |values: &[f64]| values.iter().map(|&v| T::from_scalar(v.into())).collect::<Vec<T>>();
        let [x, w, y, bias] = from.map(of);
        let [values, back, of_w] = to.map(of);
        let room = |like: &[T]| vec![T::ONE; like.len()];
        let mut made = room(&values);
        forward(&mut made, &x, &w, Some(&bias), g);
        assert!(made == values, "forward");
        let mut made = room(&back);
        transposed(&mut made, &y, &w, None, g);
        assert!(made == back, "transposed");
        let mut made = room(&of_w);
        weights(&mut made, &x, &y, g);
        assert!(made == of_w, "weights");
    }
    check::<f32>(&g, [&x, &w, &y, &bias], [&values, &back, &of_w]);
    check::<f64>(&g, [&x, &w, &y, &bias], [&values, &back, &of_w]);
}

#[test]
fn convolutions_are_sums_of_products_whatever_their_sizes() {
    agrees(geometry(1, 1, 1, 1, [5, 4]));
    agrees(geometry(9, 1, 2, 3, [7, 6]));
    agrees(ConvGeometry { kernel: [5, 5], padding: [2, 2], ..geometry(5, 1, 1, 6, [28, 28]) });
    agrees(ConvGeometry { kernel: [5, 5], ..geometry(17, 1, 6, 16, [14, 14]) });
    agrees(ConvGeometry { kernel: [3, 3], padding: [1, 1], ..geometry(2, 1, 40, 33, [9, 8]) });
    agrees(ConvGeometry { kernel: [3, 3], padding: [1, 1], stride: [2, 2], ..geometry(3, 2, 4, 5, [9, 12]) });
    agrees(ConvGeometry {
        kernel: [2, 3],
        padding: [0, 3],
        stride: [1, 3],
        dilation: [3, 2],
        ..geometry(2, 3, 2, 2, [8, 9])
    });
    agrees(ConvGeometry { kernel: [1, 1], ..geometry(2, 1, 300, 70, [6, 6]) });
    agrees(ConvGeometry { kernel: [1, 17], padding: [0, 8], ..geometry(2, 1, 3, 4, [1, 50]) });
    agrees(ConvGeometry { kernel: [3, 3], padding: [1, 1], ..geometry(1, 1, 3, 8, [64, 64]) });
    agrees(ConvGeometry { kernel: [3, 3], padding: [1, 1], ..geometry(1, 8, 1, 1, [20, 20]) });
}
