//! How options change what is printed. One test: the options hold for all threads.

use tensorlib::prelude::*;

fn printed(x: &Tensor, options: PrintOptions) -> String {
    set_printoptions(options);
    let text = x.to_string();
    set_printoptions(PrintOptions::default());
    text
}

#[test]
fn options_of_printing_are_those_of_pytorch() {
    let options = PrintOptions::default;
    let x = tensor![[0.12345, 123.456], [1e-5, -7.0]];
    assert_eq!(printed(&x, options().sci_mode(false)), "tensor([[  0.1235, 123.4560],\n        [  0.0000,  -7.0000]])");
    let scientific = "tensor([[ 1.23e-01,  1.23e+02],\n        [ 1.00e-05, -7.00e+00]])";
    assert_eq!(printed(&x, options().sci_mode(true).precision(2)), scientific);
    assert_eq!(printed(&x, options().precision(2)), scientific);
    assert_eq!(printed(&tensor![1.0, 2.0], options().sci_mode(true)), "tensor([1.0000e+00, 2.0000e+00])");
    assert_eq!(
        printed(&arange(1000.0).reshape([10, 100]), options().threshold(100).edgeitems(1)),
        "tensor([[  0.,  ...,  99.],\n        ...,\n        [900.,  ..., 999.]])"
    );
    assert_eq!(printed(&(arange(12) / 8.0), options().linewidth(30)).lines().next(), Some("tensor([0.0000, 0.1250,"));
    assert_eq!(printed(&tensor![1.0, 2e10], options().sci_mode(false)), "tensor([          1., 20000000000.])");
}
