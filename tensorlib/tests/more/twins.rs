//! In-place twins write what the operations give, into the memory that is there, and gradients follow.

use tensorlib::prelude::*;

/// Compares operations with their twins on one tensor: `name name_ (arguments)`.
macro_rules! twins {
    ($x:expr; $($name:ident $name_:ident ($($arg:expr),*);)*) => { $({
        let expected = $x.$name($($arg),*);
        let target = $x.clone();
        let returned = target.$name_($($arg),*);
        let name = stringify!($name_);
        assert!(returned.shares_memory(&target), "{name} returns its target");
        let same = target.eq(expected.to(target.dtype())).logical_or(target.isnan().logical_and(expected.isnan()));
        assert!(same.all().item::<bool>(), "{name}: {target} is not {expected}");
    })* };
}

#[test]
fn twins_write_what_the_operation_gives() {
    let x = tensor![[0.25, -0.5, 0.75], [1.5, -2.5, 3.0]; f64];
    let y = tensor![[0.5, 1.5, -2.0], [1.0, -3.0, 0.125]; f64];
    let index = tensor![[0, 1, 1], [1, 0, 0]];
    let (a, b) = (x.clone(), y.t().contiguous().narrow(1, 0, 2));
    twins! { x;
        absolute absolute_ (); acosh acosh_ (); arccosh arccosh_ (); asinh asinh_ (); arcsinh arcsinh_ ();
        atanh atanh_ (); arctanh arctanh_ (); arccos arccos_ (); arcsin arcsin_ (); arctan arctan_ (); erf erf_ ();
        erfc erfc_ (); erfinv erfinv_ (); lgamma lgamma_ (); digamma digamma_ (); polygamma polygamma_ (1);
        mvlgamma mvlgamma_ (1); i0 i0_ (); sinc sinc_ (); frac frac_ (); fix fix_ (); deg2rad deg2rad_ (); rad2deg rad2deg_ ();
        logit logit_ (); logit_eps logit_eps_ (0.1); nan_to_num nan_to_num_ (); nan_to_num_with nan_to_num_with_ (0.0, 1.0, 2.0);
        negative negative_ (); sgn sgn_ (); conj_physical conj_physical_ (); leaky_relu leaky_relu_ ();
        leaky_relu_slope leaky_relu_slope_ (0.5); rrelu rrelu_ (); elu elu_ (); elu_alpha elu_alpha_ (0.5); selu selu_ ();
        celu celu_ (); celu_alpha celu_alpha_ (0.5); threshold threshold_ (0.3, 9.0); hardtanh hardtanh_ ();
        hardtanh_between hardtanh_between_ (-2.0, 2.0); atan2 atan2_ (&y); arctan2 arctan2_ (&y); hypot hypot_ (&y);
        copysign copysign_ (&y); nextafter nextafter_ (&y); xlogy xlogy_ (&y); fmod fmod_ (&y); heaviside heaviside_ (&y);
        ldexp ldexp_ (&y); float_power float_power_ (2); clamp_min clamp_min_ (0.5); clamp_max clamp_max_ (0.5);
        lerp lerp_ (&y, 0.25); addcmul addcmul_ (&y, &y); addcmul_scaled addcmul_scaled_ (&y, &y, 0.5);
        addcdiv addcdiv_ (&y, &y); addcdiv_scaled addcdiv_scaled_ (&y, &y, 0.5); subtract subtract_ (&y);
        multiply multiply_ (&y); divide divide_ (&y); true_divide true_divide_ (&y); not_equal not_equal_ (&y); less less_ (&y);
        less_equal less_equal_ (&y); greater greater_ (&y); greater_equal greater_equal_ (&y);
        scatter_add scatter_add_ (0, &index, &y); scatter_reduce scatter_reduce_ (0, &index, &y, "prod");
        scatter_reduce_alone scatter_reduce_alone_ (0, &index, &y, "amax"); index_add index_add_ (1, [2, 0, 2], &y);
        index_add_scaled index_add_scaled_ (1, [2, 0, 2], &y, 2); index_reduce index_reduce_ (1, [2, 0, 2], &y, "mean");
        index_reduce_alone index_reduce_alone_ (1, [2, 0, 2], &y, "amin"); index_fill index_fill_ (1, [0], 7.0);
        index_copy index_copy_ (0, [1, 0], &y); index_put index_put_ ((.., 1), 7.0);
        index_put_accumulate index_put_accumulate_ ([0, 0], &y); masked_scatter masked_scatter_ (x.gt(0.5), &y);
        put put_ ([3, 0], [8.0, 9.0]); put_accumulate put_accumulate_ ([3, 3], [8.0, 9.0]); renorm renorm_ (2, 0, 1.0);
        tril tril_ (); triu triu_ (); tril_diagonal tril_diagonal_ (1); triu_diagonal triu_diagonal_ (1);
        addmm addmm_ (a.i((.., ..2)), y.i((..2, ..))); addmm_scaled addmm_scaled_ (a.i((.., ..2)), y.i((..2, ..)), 2.0, 0.5);
        addr addr_ (a.i((.., 0)), y.i(0)); addr_scaled addr_scaled_ (a.i((.., 0)), y.i(0), 2.0, 0.5);
    }
    twins! { tensor![1.0, 2.0; f64];
        addmv addmv_ (&x, y.i(0)); addmv_scaled addmv_scaled_ (&x, y.i(0), 2.0, 0.5);
    }
    let (left, right) = (x.unsqueeze(0), b.unsqueeze(0));
    twins! { ones([1, 2, 2]).double();
        baddbmm baddbmm_ (&left, &right); baddbmm_scaled baddbmm_scaled_ (&left, &right, 2.0, 0.5);
    }
    twins! { ones([2, 2]).double();
        addbmm addbmm_ (&left, &right); addbmm_scaled addbmm_scaled_ (&left, &right, 2.0, 0.5);
    }
    twins! { tensor![6, -4, 9];
        bitwise_and bitwise_and_ (3); bitwise_or bitwise_or_ (3); bitwise_xor bitwise_xor_ (3); bitwise_not bitwise_not_ ();
        bitwise_left_shift bitwise_left_shift_ (2); bitwise_right_shift bitwise_right_shift_ (1); gcd gcd_ (4); lcm lcm_ (4);
    }
}

#[test]
fn twins_that_change_the_handle_change_it() {
    let mut x = arange(6).reshape([2, 3]);
    x.swapaxes_(0, 1);
    assert_eq!(x.size(), [3, 2]);
    x.swapdims_(0, 1);
    assert_eq!(x.size(), [2, 3]);
}

#[test]
fn gradients_follow_changes_in_place() {
    let w = tensor![0.5, -1.5; f64].requires_grad_(true);
    let x = &w * 2.0;
    x.erf_();
    x.lerp_(tensor![1.0, 1.0; f64], 0.25);
    x.scatter_add_(0, [0], w.narrow(0, 1, 1));
    x.sum().backward();
    let of =
        |w: &Tensor| (w * 2.0).erf().lerp(tensor![1.0, 1.0; f64], 0.25).scatter_add(0, [0], w.narrow(0, 1, 1)).sum();
    let expected = autograd::grad(&of(&w), &[&w]);
    assert!(w.grad().allclose(&expected[0]), "{} {}", w.grad(), expected[0]);
}

#[test]
fn a_target_may_be_its_own_operand() {
    let x = tensor![1.0, 2.0, 3.0];
    x.index_add_(0, [2, 1, 0], &x);
    assert_eq!(x.to_vec::<f32>(), [4.0, 4.0, 4.0]);
    let x = tensor![1.0, 2.0, 3.0];
    x.scatter_add_(0, [2, 2, 2], &x);
    assert_eq!(x.to_vec::<f32>(), [1.0, 2.0, 9.0]);
    let x = tensor![[1.0, 2.0], [3.0, 4.0]];
    x.addmm_(&x, x.t());
    assert_eq!(x.to_vec::<f32>(), [6.0, 13.0, 14.0, 29.0]);
}
