//! Formulas of several operations by the names that the cases give them; `operations.py` has the same for PyTorch.

use tensorlib::prelude::*;

/// Of one tensor: `x` stands several times, and what lies between is used up, so that its memory can be used again.
fn of_one(name: &str, x: &Tensor) -> Option<Tensor> {
    Some(match name {
        "square_by_mul" => x * x,
        "twice" => x + x,
        "nothing" => x.sub(x),
        "cube_by_mul" => x * x * x,
        "over_itself" => (x + 1) / (x * x + 1),
        "self_power" => x.pow(x),
        "gram" => x.matmul(x.t()),
        "squared_matrix" => x.matmul(x),
        "self_outer" => einsum("i,j->ij", [x, x]),
        "joined_with_itself" => cat([x, &(x * 2), x]),
        "stacked_with_itself" => stack_dim([x, x], 1),
        "chosen_from_itself" => where_cond(x.gt(0), x, x.exp() - 1),
        "limited_by_itself" => x.clamp(x * 0.5, x * 2),
        "symmetric" => x + x.t(),
        "diamond" => {
            let y = x.exp();
            y.sin() * &y + y
        }
        "lattice" => {
            let y = x * x;
            let z = &y + x;
            &z * y + &z
        }
        "unused_parts" => {
            let _largest = x.max_dim(0);
            x.unbind()[1].alias()
        }
        "chain" => -((x * 2 + 1).tanh() - 3) / 4,
        "exp_plus" => x.exp() + 1,
        "exp_times" => x.exp() * 2,
        "exp_by_sin" => x.exp() * x.sin(),
        "sigmoid_by_tanh" => x.sigmoid() / x.cosh(),
        "tanh_minus" => 1 - x.tanh(),
        "product_of_sums" => (x + 1) * (x - 2) * (x + 3),
        "number_over" => 1 / (1 + (-x).exp()),
        "remainder_of" => (x * 3) % 2,
        "power_of" => (x * x + 1).pow(1.5) * 2,
        "temporary_power" => (x.exp() + 1).pow(x.sin() + 2),
        "root_of_sum" => (x.square().sum_dim(1) + 1).sqrt(),
        "maximum_of" => (x * 2).maximum(x + 1) + 1,
        "cross_entropy" => -x.log_softmax(1).gather(1, [[1], [0], [3]]).mean(),
        "entropy" => -(x.softmax(1) * x.log_softmax(1)).sum_dim(1),
        "softmax_by_hand" => {
            let e = (x - x.max_keepdim(1).0.detach()).exp();
            &e / e.sum_keepdim(1)
        }
        "standardized" => (x - x.mean_dim(0)) / x.std_dim(0),
        "layer_norm" => (x - x.mean_keepdim(-1)) / (x.var_correction_keepdim(0, -1) + 0.125).sqrt(),
        "unit_rows" => x / x.norm_keepdim(1),
        "penalty" => x.abs().sum() + x.square().sum() / 2,
        "tanh_fifty_times" => (0..50).fold(x.alias(), |y, _| (y * 1.25).tanh()),
        "sum_of_rows" => x.unbind().into_iter().sum(),
        "geometric_mean" => x.abs().log().mean().exp(),
        "detached_factor" => x * x.detach(),
        "detached_view" => x.i(1..) * x.detach().i(..-1),
        "from_whole_numbers" => x * x.to(DType::I64),
        "from_places" => x.sum_dim(1) * x.argmax_dim(1),
        "comparison" => x * x.gt(0),
        "masked_then_softmax" => x.masked_fill(ones_like(x).tril().eq(0), f64::NEG_INFINITY).softmax(-1),
        "chain_in_place" => (x * 2).add_(1).sin_().mul_(3).neg_(),
        "sqrt_in_place" => (x * x + 1).sqrt_() * 2,
        "swapped_rows" => x.clone().index_put_([0, 1], x.i([1, 0])),
        "turned_in_place" => {
            let mut z = x * 2;
            z.t_();
            z.unsqueeze_(0);
            z * x.t()
        }
        "doubled_in_place" => {
            let z = x * 1;
            z.add_(&z) * x
        }
        "row_copied" => {
            let z = x * 1;
            z.i(0).copy_(z.i(1));
            z.cumprod(0)
        }
        "swapped_by_views" => {
            let z = x * 1;
            let first = z.i(0).clone();
            z.index_put_(0, z.i(1));
            z.index_put_(1, first);
            z.cumsum(0)
        }
        "upper_zeroed" => {
            let z = x.sin();
            z.i((0, 1..)).zero_();
            z + x.exp()
        }
        _ => return None,
    })
}

/// Of two or three.
fn of_several(name: &str, x: &[Tensor]) -> Option<Tensor> {
    let [x, y, rest @ ..] = x else { return None };
    Some(match name {
        "logistic_loss" => (x.softplus() - x * y.sigmoid()).mean(),
        "mean_squared" => (x - y).square().mean(),
        "attention" => (x.matmul(y.transpose(-2, -1)) / 2).softmax(-1).matmul(&rest[0]),
        "linear" => x.matmul(y.t()) + &rest[0],
        "network" => (x.matmul(y) + &rest[0]).relu(),
        "gelu_network" => (x.matmul(y) + &rest[0]).gelu(),
        "distances" => (x.i((.., NewAxis)) - y).square().sum_dim(-1).sqrt(),
        "polynomial" => (0..4).map(|k| y.i(k) * x.pow(k)).sum(),
        "without_gradient" => {
            let factor = no_grad(|| x * y);
            x * factor + y
        }
        "recurrent" => {
            let mut state = zeros_like(&x.i(0));
            let mut states = Vec::new();
            for row in x.unbind() {
                state = (row + state.matmul(y)).tanh();
                states.push(state.alias());
            }
            stack(states)
        }
        "accumulated" => {
            let mut total = zeros([4]).to(x.dtype());
            for row in x.unbind() {
                total += row * y;
            }
            total
        }
        "relay" => {
            let z = x.clone();
            z.i(0).mul_(y);
            z.i(1).add_(z.i(0));
            z.i((.., 2)).sub_(z.i((.., 0)));
            z
        }
        "rows_written" => {
            let z = zeros([2, 4]).to(x.dtype());
            z.index_put_(0, x * y);
            z.i(1).copy_(x.exp());
            z
        }
        "view_before_gradient" => {
            let z = zeros([3, 4]).to(x.dtype());
            let before = z.i(1);
            z.add_(x);
            before * y
        }
        "changed_without_gradient" => {
            let z = x * 1;
            no_grad(|| z.mul_(2));
            z * y
        }
        "changed_under_detach" => {
            let z = x * 1;
            z.detach().mul_(2);
            z * y
        }
        "contiguous_in_place" => {
            let z = x * 1;
            z.contiguous().mul_(y);
            z
        }
        "reshaped_in_place" => {
            let z = (x * 1).contiguous();
            z.reshape([4, 3]).add_(y.i(1..));
            z
        }
        "same_type_in_place" => {
            let z = x * 1;
            z.to(x.dtype()).mul_(y);
            z
        }
        "twice_in_place" => (x * 1).mul_(y).mul_(y).div_(y + 3),
        "mixed_in_place" => {
            let z = x.abs() + 1;
            z.mul_(y).div_(y + 3);
            z.i(1..).mul_(y);
            z.sub_(y).div_(z.detach() + 3)
        }
        "written_to_parts" => {
            let z = x * 1;
            z.i(1..).masked_fill_([true, false, false, true], -1);
            z.t().index_put_([0, 2], y.i(..3));
            z.i(0).clamp_(-0.5, 0.5);
            z.i(2).cumsum_(0);
            z.i(..2).scatter_(1, [[1], [3]], y.i(..2).unsqueeze(1));
            z
        }
        "no_rows_in_place" => {
            let z = x * 1;
            z.i(2..2).mul_(y);
            z
        }
        "copy_in_place" => {
            let z = x * 1;
            z.i([0, 2]).mul_(y);
            z + x.i([0, 2, 1]).mul_(y)
        }
        "plus_assigned" => {
            let mut z = x * 2;
            z += y;
            z
        }
        "assigned_part" => {
            let z = x.sin();
            let mut part = z.i(1..);
            part *= y;
            z
        }
        "copied_over" => x.sin().copy_(y) * y,
        "filled_then_added" => zeros_like(y).add_(x).mul_(y),
        "written_where_positive" => {
            let z = x * 1;
            z.index_put_(z.gt(0), y)
        }
        _ => return None,
    })
}

/// Of two, with several results: views made before and after a change in place.
fn views(name: &str, x: &[Tensor]) -> Option<Vec<Tensor>> {
    let [x, y] = x else { return None };
    Some(match name {
        "before_and_after" => {
            let z = x * 1;
            let before = z.i(1);
            z.mul_(y);
            let product = &before * z.i(0);
            vec![before, z.i(1), product]
        }
        "sibling_views" => {
            let z = zeros([3, 4]).to(x.dtype());
            let row = z.i(1);
            row.add_(y);
            let column = z.i((.., 1));
            z.add_(x);
            column.mul_(2);
            vec![row, column, z]
        }
        "views_of_views" => {
            let z = x * 1;
            let a = z.t();
            let b = a.i(1..);
            b.mul_(y);
            vec![z, a, b]
        }
        "two_views" => {
            let z = x * 1;
            let (a, b) = (z.i(0), z.i((.., 0)));
            a.mul_(y);
            b.add_(1);
            a.add_(b.sum());
            vec![z, b]
        }
        _ => return None,
    })
}

/// What a formula gives for its inputs.
pub fn result(name: &str, x: &[Tensor]) -> Vec<Tensor> {
    let one = if let [x] = x { of_one(name, x) } else { of_several(name, x) };
    one.map(|one| vec![one]).or_else(|| views(name, x)).unwrap_or_else(|| panic!("expression {name}"))
}
