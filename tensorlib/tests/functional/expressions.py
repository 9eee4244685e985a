"""The expressions by name; `expressions.rs` has the same."""
import torch
import torch.nn.functional as F
from torch import tensor

MASK = tensor([[True, False, True, True, False], [True] * 5, [False] * 5, [False, True, False, True, True]])
INF = float("inf")
MIXED = tensor([[1.0, -2.0, 0.0, -0.5, 3.0], [-1.0, -4.0, 0.5, 2.0, -3.0]])


def f64(values):
    return tensor(values, dtype=torch.float64)


def batch(x, w, b, **options):
    mean, var = f64([0.5, -0.5, 1.0]), f64([1.0, 2.0, 0.5])
    y = F.batch_norm(x, mean, var, w, b, **options)
    return y, mean, var


X1, X2, W1, W2 = "f64:2x3x9:c:1", "f64:2x3x6x5:c:1", "f64:4x3x3:c:2", "f64:4x3x3x2:c:2"
IMAGE, ROWS, CLASSES = "f64:2x2x7x6:c:3", "f64:4x5:c:1", "f64:4x5:c:2"
THIRD = "f64:4x5:c:3"
Q, K, V = "f64:2x3x4x6:c:1", "f64:2x3x5x6:c:2", "f64:2x3x5x3:c:3"

EXPRESSIONS = {
    "linear": (["f64:3x4:c:1", "f64:2x4:c:2", "f64:2:c:3"], F.linear),
    "linear_plain": (["f64:3x4:c:1", "f64:2x4:c:2"], F.linear),
    "linear_one": (["f64:5:c:1", "f64:3x5:c:2", "f64:3:c:3"], F.linear),
    "linear_row": (["f64:1x40:c:1", "f64:35x40:c:2!", "f64:35:c:3"], F.linear),
    "linear_stack": (["f64:2x3x4:c:1", "f64:5x4:c:2", "f64:5:c:3"], F.linear),
    "linear_stack_plain": (["f64:2x1x2x4:t:1", "f64:3x4:c:2"], F.linear),
    "linear_turned": (["f64:9x4:t:1", "f64:6x4:t:2", "f64:6:s:3"], F.linear),
    "linear_edges": (["f64:9x7:c:1", "f64:19x7:c:2", "f64:19:c:3"], F.linear),
    "linear_fixed": (["f64:3x4:c:1!", "f64:2x4:c:2", "f64:2:c:3"], F.linear),
    "linear_bias_alone": (["f64:3x4:c:1!", "f64:2x4:c:2!", "f64:2:c:3"], F.linear),
    "linear_vector": (["f64:2x3x4:c:1", "f64:4:c:2", "f64::c:3"], F.linear),
    "linear_no_rows": (["f64:0x4:c:1", "f64:2x4:c:2", "f64:2:c:3"], F.linear),
    "linear_no_inputs": (["f64:3x0:c:1", "f64:2x0:c:2", "f64:2:c:3"], F.linear),

    "conv1d": ([X1, W1], F.conv1d),
    "conv1d_options": ([X1, W1, "f64:4:c:3"], lambda x, w, b: F.conv1d(x, w, b, stride=2, padding=3, dilation=2)),
    "conv1d_same": (["f64:3x9:c:1", "f64:2x3x4:c:2"], lambda x, w: F.conv1d(x, w, padding="same")),
    "conv1d_groups": (["f64:2x4x8:t:1", "f64:6x2x3:c:2"], lambda x, w: F.conv1d(x, w, groups=2)),
    "conv2d": ([X2, W2], F.conv2d),
    "conv2d_bias": ([X2, W2, "f64:4:c:3"], lambda x, w, b: F.conv2d(x, w, b, padding=1)),
    "conv2d_stride": ([X2, W2], lambda x, w: F.conv2d(x, w, stride=(2, 1), padding=(1, 2))),
    "conv2d_dilation": ([X2, W2], lambda x, w: F.conv2d(x, w, stride=2, padding=2, dilation=(2, 3))),
    "conv2d_same": ([X2, W2], lambda x, w: F.conv2d(x, w, padding="same", dilation=(1, 2))),
    "conv2d_groups": (["f64:2x4x5x5:c:1", "f64:4x2x3x3:c:2", "f64:4:c:3"],
                      lambda x, w, b: F.conv2d(x, w, b, groups=2, padding=1)),
    "conv2d_depthwise": (["f64:1x3x6x6:c:1", "f64:6x1x3x3:c:2"], lambda x, w: F.conv2d(x, w, groups=3, stride=2)),
    "conv2d_one": (["f64:2x3x4x4:t:1", "f64:5x3x1x1:c:2"], F.conv2d),
    "conv2d_unbatched": (["f64:3x5x5:c:1", "f64:2x3x2x2:c:2"], F.conv2d),
    "conv_transpose1d": (["f64:2x3x5:c:1", "f64:3x2x3:c:2"], F.conv_transpose1d),
    "conv_transpose1d_options": (["f64:2x4x5:c:1", "f64:4x3x3:c:2", "f64:6:c:3"], lambda x, w, b: F.conv_transpose1d(
        x, w, b, stride=3, padding=2, output_padding=1, groups=2, dilation=2)),
    "conv_transpose2d": (["f64:2x3x4x3:c:1", "f64:3x2x3x2:c:2"], F.conv_transpose2d),
    "conv_transpose2d_options": (["f64:2x2x4x3:c:1", "f64:2x3x3x3:c:2", "f64:3:c:3"], lambda x, w, b: F.conv_transpose2d(
        x, w, b, stride=2, padding=1, output_padding=(1, 0))),
    "conv_transpose2d_dilation": (["f64:1x4x3x3:c:1", "f64:4x1x2x3:c:2"], lambda x, w: F.conv_transpose2d(
        x, w, stride=(1, 2), padding=(0, 2), groups=2, dilation=(3, 2))),

    "max_pool1d": (["f64:2x3x9:c:1"], lambda x: F.max_pool1d(x, 2)),
    "max_pool1d_options": (["f64:3x9:c:1"], lambda x: F.max_pool1d(x, 3, stride=2, padding=1, ceil_mode=True)),
    "max_pool2d": ([IMAGE], lambda x: F.max_pool2d(x, 2)),
    "max_pool2d_strided": (["f64:2x2x7x6:t:3"], lambda x: F.max_pool2d(x, 2)),
    "max_pool2d_options": ([IMAGE], lambda x: F.max_pool2d(x, (3, 2), stride=(2, 1), padding=1, dilation=(2, 1))),
    "max_pool2d_ceil": ([IMAGE], lambda x: F.max_pool2d(x, 3, stride=2, ceil_mode=True, padding=1)),
    "max_pool2d_nan": (["f64:1x1x4x4:n:3"], lambda x: F.max_pool2d(x, 2, return_indices=True)),
    "max_pool2d_nan_wide": (["f64:1x1x5x5:n:3"], lambda x: F.max_pool2d(x, 3, stride=1, return_indices=True)),
    "max_pool2d_infinite": (["f64:1x1x4x4:c:3"], lambda x: F.max_pool2d(x * INF, 3, stride=1, padding=1, return_indices=True)),
    "max_pool2d_nothing": (["f64:1x1x4x4:p:3!"], lambda x: F.max_pool2d(x * -INF, 3, stride=2, padding=1, return_indices=True)),
    "max_pool2d_indices": ([IMAGE], lambda x: F.max_pool2d(x, 3, stride=2, return_indices=True)),
    "avg_pool1d": (["f64:2x3x9:c:1"], lambda x: F.avg_pool1d(x, 4, stride=3, padding=2)),
    "avg_pool2d": ([IMAGE], lambda x: F.avg_pool2d(x, 2)),
    "avg_pool2d_ceil": ([IMAGE], lambda x: F.avg_pool2d(x, 3, stride=2, padding=1, ceil_mode=True)),
    "avg_pool2d_without_padding": ([IMAGE], lambda x: F.avg_pool2d(
        x, 3, stride=2, padding=1, ceil_mode=True, count_include_pad=False)),
    "avg_pool2d_divisor": ([IMAGE], lambda x: F.avg_pool2d(x, (2, 3), divisor_override=5)),
    "adaptive_avg_pool1d": (["f64:2x3x9:c:1"], lambda x: F.adaptive_avg_pool1d(x, 4)),
    "adaptive_avg_pool2d": ([IMAGE], lambda x: F.adaptive_avg_pool2d(x, (3, 4))),
    "adaptive_avg_pool2d_whole": ([IMAGE], lambda x: F.adaptive_avg_pool2d(x, 1)),
    "adaptive_max_pool1d": (["f64:2x3x9:c:1"], lambda x: F.adaptive_max_pool1d(x, 4)),
    "adaptive_max_pool2d": ([IMAGE], lambda x: F.adaptive_max_pool2d(x, (3, 4))),

    "pad": (["f64:2x3:c:1"], lambda x: F.pad(x, (1, 2))),
    "pad_two": (["f64:2x3x4:c:1"], lambda x: F.pad(x, (1, 0, 2, 1))),
    "pad_negative": (["f64:4x5:c:1"], lambda x: F.pad(x, (-1, 2, 1, -2))),
    "pad_value": (["f64:2x3:t:1"], lambda x: F.pad(x, (0, 1, 1, 0), value=2.5)),
    "pad_reflect": (["f64:1x2x4x3:c:1"], lambda x: F.pad(x, (2, 1, 1, 3), mode="reflect")),
    "pad_replicate": (["f64:1x2x4x3:c:1"], lambda x: F.pad(x, (2, 4, 1, 3), mode="replicate")),
    "pad_circular": (["f64:1x2x4x3:c:1"], lambda x: F.pad(x, (2, 1, 3, 0), mode="circular")),
    "windows": (["f64:3x7:c:1"], lambda x: x.unfold(1, 3, 2)),
    "windows_overlapping": (["f64:5x3:c:1"], lambda x: x.unfold(0, 4, 1) * x.sum()),
    "unfold": (["f64:2x3x4x5:c:1"], lambda x: F.unfold(x, (2, 3))),
    "unfold_options": (["f64:2x2x5x6:c:1"], lambda x: F.unfold(x, 2, dilation=(2, 3), padding=(1, 2), stride=(2, 3))),
    "fold": (["f64:2x12x6:c:1"], lambda x: F.fold(x, (3, 4), 2)),
    "fold_options": (["f64:2x8x9:c:1"], lambda x: F.fold(x, (5, 6), 2, dilation=2, padding=1, stride=2)),
    "pixel_shuffle": (["f64:2x8x2x3:c:1"], lambda x: F.pixel_shuffle(x, 2)),
    "pixel_unshuffle": (["f64:3x4x6:c:1"], lambda x: F.pixel_unshuffle(x, 2)),

    "embedding": (["f64:6x3:c:1"], lambda w: F.embedding(tensor([[1, 5], [0, 1], [1, 4]]), w)),
    "embedding_padding": (["f64:6x3:c:1"], lambda w: F.embedding(tensor([1, 5, 0, 1, 5]), w, padding_idx=-1)),
    "one_hot": ([], lambda: F.one_hot(tensor([[2, 0], [1, 1]]), 4)),
    "one_hot_open": ([], lambda: F.one_hot(tensor([2, 0])),),

    "attention": ([Q, K, V], F.scaled_dot_product_attention),
    "attention_causal": (["f64:2x3x7x6:c:1", "f64:2x3x7x6:c:2", "f64:2x3x7x4:c:3"],
                         lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True)),
    "attention_causal_wide": ([Q, K, V], lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True)),
    "attention_mask": ([Q, K, V], lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=MASK)),
    "attention_numbers": ([Q, K, V, "f64:3x4x5:c:4!"],
                          lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, attn_mask=m, scale=0.25)),
    "attention_learned": ([Q, K, V, "f64:3x1x5:c:4"],
                          lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, attn_mask=m)),
    "attention_turned": (["f64:2x4x3x6:c:1", "f64:2x5x3x6:c:2", "f64:2x5x3x3:c:3"],
                         lambda q, k, v: F.scaled_dot_product_attention(*(x.transpose(1, 2) for x in (q, k, v)))),
    "attention_long": (["f64:30x4:c:1", "f64:270x4:c:2", "f64:270x3:c:3"],
                       lambda q, k, v: F.scaled_dot_product_attention(q / 4, k / 4, v)),
    "attention_long_causal": (["f64:270x3:c:1", "f64:270x3:c:2", "f64:270x2:c:3"],
                              lambda q, k, v: F.scaled_dot_product_attention(q / 4, k / 4, v, is_causal=True)),
    "attention_one_key": (["f64:2x4x6:c:1", "f64:2x1x6:c:2", "f64:2x1x3:c:3"], F.scaled_dot_product_attention),

    "layer_norm": (["f64:3x7:c:1"], lambda x: F.layer_norm(x, [7])),
    "layer_norm_options": (["f64:2x3x20:c:1", "f64:20:c:2", "f64:20:c:3"], lambda x, w, b: F.layer_norm(x, [20], w, b, 0.125)),
    "layer_norm_two": (["f64:4x2x3:t:1", "f64:2x3:c:2", "f64:2x3:c:3"], lambda x, w, b: F.layer_norm(x, [2, 3], w, b)),
    "layer_norm_weight": (["f64:3x7:c:1", "f64:7:c:2"], lambda x, w: F.layer_norm(x, [7], w)),
    "layer_norm_bias": (["f64:3x7:c:1", "f64:7:c:2"], lambda x, b: F.layer_norm(x, [7], None, b)),
    "rms_norm": (["f64:3x7:c:1"], lambda x: F.rms_norm(x, [7])),
    "rms_norm_options": (["f64:2x3x4:c:1", "f64:3x4:c:2"], lambda x, w: F.rms_norm(x, [3, 4], w, 0.5)),
    "group_norm": (["f64:2x6x5:c:1", "f64:6:c:2", "f64:6:c:3"], lambda x, w, b: F.group_norm(x, 3, w, b)),
    "group_norm_flat": (["f64:3x6:c:1", "f64:6:c:2"], lambda x, w: F.group_norm(x, 2, w)),
    "group_norm_plain": (["f64:2x4x3x3:t:1"], lambda x: F.group_norm(x, 1)),
    "instance_norm": (["f64:2x3x4x5:c:1", "f64:3:c:2", "f64:3:c:3"], lambda x, w, b: F.instance_norm(x, weight=w, bias=b)),
    "batch_norm": (["f64:4x3x5:c:1", "f64:3:c:2", "f64:3:c:3"], lambda x, w, b: batch(x, w, b)),
    "batch_norm_training": (["f64:4x3x2x5:c:1", "f64:3:c:2", "f64:3:c:3"], lambda x, w, b: batch(x, w, b, training=True)),
    "batch_norm_flat": (["f64:7x3:c:1", "f64:3:c:2", "f64:3:c:3"], lambda x, w, b: batch(
        x, w, b, training=True, momentum=0.3, eps=0.01)),
    "batch_norm_alone": (["f64:4x3x6:t:1"], lambda x: F.batch_norm(x, None, None, training=True)),
    "batch_norm_flat_evaluation": (["f64:7x3:c:1"], lambda x: batch(x, None, None)),

    "cross_entropy": ([ROWS], lambda x: F.cross_entropy(x, tensor([0, 4, 2, 2]))),
    "cross_entropy_weight": ([ROWS, "f64:5:p:2!"], lambda x, w: F.cross_entropy(x, tensor([0, 4, 2, 2]), w)),
    "cross_entropy_ignored": ([ROWS, "f64:5:p:2!"], lambda x, w: F.cross_entropy(x, tensor([0, -100, 2, -100]), w)),
    "cross_entropy_smooth": ([ROWS], lambda x: F.cross_entropy(x, tensor([0, 1, 2, 1]), ignore_index=1, label_smoothing=0.25)),
    "cross_entropy_smooth_weight": ([ROWS, "f64:5:p:2!"], lambda x, w: F.cross_entropy(
        x, tensor([0, 1, 2, 3]), w, ignore_index=2, label_smoothing=0.25)),
    "cross_entropy_none": ([ROWS], lambda x: F.cross_entropy(x, tensor([0, -100, 2, 3]), reduction="none", label_smoothing=0.1)),
    "cross_entropy_sum": ([ROWS], lambda x: F.cross_entropy(x, tensor([0, 4, 2, 3]), reduction="sum")),
    "cross_entropy_one": (["f64:5:c:1"], lambda x: F.cross_entropy(x, tensor(3))),
    "cross_entropy_images": (["f64:2x4x2x3:c:1"], lambda x: F.cross_entropy(
        x, tensor([[[0, 1, 2], [3, 0, 1]], [[2, 3, 0], [1, -100, 3]]]), reduction="none")),
    "cross_entropy_images_mean": (["f64:2x4x2x3:c:1", "f64:4:p:2!"], lambda x, w: F.cross_entropy(
        x, tensor([[[0, 1, 2], [3, 0, 1]], [[2, 3, 0], [1, -100, 3]]]), w, label_smoothing=0.1)),
    "cross_entropy_probabilities": ([ROWS, CLASSES], lambda x, p: F.cross_entropy(x, p.softmax(1))),
    "cross_entropy_probabilities_options": ([ROWS, CLASSES, "f64:5:p:2!"], lambda x, p, w: F.cross_entropy(
        x, p.softmax(1), w, label_smoothing=0.2)),
    "cross_entropy_probabilities_images": (["f64:2x4x3:c:1", "f64:2x4x3:c:2"], lambda x, p: F.cross_entropy(
        x, p.softmax(1), reduction="none")),
    "cross_entropy_large": ([ROWS], lambda x: F.cross_entropy(x * 1000, tensor([0, 4, 2, 3]))),
    "cross_entropy_all_ignored": ([ROWS], lambda x: F.cross_entropy(x, tensor([-100] * 4))),
    "nll_loss": ([ROWS], lambda x: F.nll_loss(x.log_softmax(1), tensor([0, 4, 2, 2]))),
    "nll_loss_options": ([ROWS, "f64:5:p:2!"], lambda x, w: F.nll_loss(x, tensor([0, 1, 2, 2]), w, ignore_index=1)),
    "nll_loss_ignored": ([ROWS], lambda x: F.nll_loss(x, tensor([0, 1, 2, 2]), ignore_index=2)),
    "nll_loss_images": (["f64:2x3x4:c:1"], lambda x: F.nll_loss(
        x, tensor([[0, 1, 2, 0], [2, 1, 0, 1]]), reduction="none", ignore_index=1)),
    "mse_loss": ([ROWS, CLASSES], F.mse_loss),
    "mse_loss_sum": ([ROWS, CLASSES], lambda x, y: F.mse_loss(x, y, reduction="sum")),
    "mse_loss_none": ([ROWS, CLASSES], lambda x, y: F.mse_loss(x, y, reduction="none")),
    "l1_loss": ([ROWS, CLASSES], F.l1_loss),
    "smooth_l1_loss": ([ROWS, CLASSES], F.smooth_l1_loss),
    "smooth_l1_loss_options": ([ROWS, CLASSES], lambda x, y: F.smooth_l1_loss(x, y, beta=2.0, reduction="none")),
    "smooth_l1_loss_zero": ([ROWS, CLASSES], lambda x, y: F.smooth_l1_loss(x, y, beta=0.0)),
    "huber_loss": ([ROWS, CLASSES], lambda x, y: F.huber_loss(x, y, delta=1.5)),
    "binary_cross_entropy": ([ROWS, CLASSES], lambda x, y: F.binary_cross_entropy(x.sigmoid(), y.sigmoid())),
    "binary_cross_entropy_weight": ([ROWS, CLASSES, "f64:5:p:3!"], lambda x, y, w: F.binary_cross_entropy(
        x.sigmoid(), y.sigmoid(), w, reduction="none")),
    "binary_cross_entropy_edges": (["f64:3x3:c:1"], lambda x: F.binary_cross_entropy(
        (x > 0).double() + 0 * x, (f64([[0.0, 1.0, 0.5]])).expand(3, 3), reduction="none")),
    "binary_cross_entropy_with_logits": ([ROWS, CLASSES], lambda x, y: F.binary_cross_entropy_with_logits(x * 20, y.sigmoid())),
    "binary_cross_entropy_with_logits_options": ([ROWS, CLASSES, "f64:5:p:3!", "f64:5:p:4!"], lambda x, y, w, p:
        F.binary_cross_entropy_with_logits(x, y.sigmoid(), w, pos_weight=p, reduction="sum")),
    "kl_div": ([ROWS, CLASSES], lambda x, y: F.kl_div(x.log_softmax(1), y.softmax(1))),
    "kl_div_batch": ([ROWS, CLASSES], lambda x, y: F.kl_div(
        x.log_softmax(1), y.log_softmax(1), reduction="batchmean", log_target=True)),
    "kl_div_zero": ([ROWS], lambda x: F.kl_div(x, f64([0.0, 0.5, 0.0, 0.25, 0.25]), reduction="none")),
    "cosine_similarity": ([ROWS, CLASSES], F.cosine_similarity),
    "cosine_similarity_options": (["f64:4x1x3:c:1", "f64:2x3:c:2"], lambda x, y: F.cosine_similarity(x, y, dim=0, eps=0.5)),
    "cosine_embedding_loss": ([ROWS, CLASSES], lambda x, y: F.cosine_embedding_loss(x, y, tensor([1, -1, 1, -1]), margin=-0.5)),
    "hinge_embedding_loss": ([ROWS], lambda x: F.hinge_embedding_loss(x, tensor([1, -1, 1, -1, 1]), margin=2.0)),
    "margin_ranking_loss": ([ROWS, CLASSES], lambda x, y: F.margin_ranking_loss(
        x, y, tensor([[1, -1, 1, -1, 1]]), margin=0.75)),
    "triplet_margin_loss": ([ROWS, CLASSES, THIRD], F.triplet_margin_loss),
    "triplet_margin_loss_options": ([ROWS, CLASSES, THIRD], lambda a, p, n: F.triplet_margin_loss(
        a, p, n, margin=2.5, p=1, eps=0.25, swap=True, reduction="none")),
    "triplet_margin_loss_one": (["f64:5:c:1", "f64:5:c:2", "f64:5:c:3"], F.triplet_margin_loss),
    "multi_margin_loss": ([ROWS], lambda x: F.multi_margin_loss(x, tensor([0, 4, 2, 2]))),
    "multi_margin_loss_options": ([ROWS, "f64:5:p:2!"], lambda x, w: F.multi_margin_loss(
        x, tensor([1, 4, 0, 2]), p=2, margin=0.5, weight=w, reduction="none")),
    "multi_margin_loss_one": (["f64:5:c:1"], lambda x: F.multi_margin_loss(x, tensor(3), reduction="sum")),
    "poisson_nll_loss": ([ROWS, "f64:4x5:p:2"], F.poisson_nll_loss),
    "poisson_nll_loss_rates": (["f64:4x5:p:1", "f64:4x5:p:2!"], lambda x, y: F.poisson_nll_loss(
        x, y, log_input=False, full=True, eps=0.125, reduction="sum")),
    "poisson_nll_loss_full": ([ROWS, "f64:4x5:p:2!"], lambda x, y: F.poisson_nll_loss(x, y - 1, full=True, reduction="none")),
    "gaussian_nll_loss": ([ROWS, CLASSES, "f64:4x5:p:3"], F.gaussian_nll_loss),
    "gaussian_nll_loss_rows": ([ROWS, CLASSES, "f64:4:p:3"], lambda x, y, v: F.gaussian_nll_loss(
        x, y, v, full=True, reduction="none")),
    "gaussian_nll_loss_kept": ([ROWS, CLASSES, "f64:4x1:p:3"], lambda x, y, v: F.gaussian_nll_loss(
        x, y, v, eps=3.0, reduction="sum")),
    "soft_margin_loss": ([ROWS, "f64:4x5:c:2!"], lambda x, y: F.soft_margin_loss(x, y.sign())),

    "softmin": ([ROWS], lambda x: F.softmin(x, 1)),
    "normalize": ([ROWS], F.normalize),
    "normalize_options": ([ROWS], lambda x: F.normalize(x, p=3, dim=0, eps=5.0)),
    "pairwise_distance": ([ROWS, CLASSES], F.pairwise_distance),
    "pairwise_distance_one": ([ROWS, CLASSES], lambda x, y: F.pairwise_distance(x, y, p=1)),
    "rrelu": ([ROWS], lambda x: F.rrelu(x, 0.25, 0.75)),
}

SHAPE, LONG = (3, 4), 40


def single(count=11):
    return torch.empty(count)


def double(count=11):
    return torch.empty(count, dtype=torch.float64)


def several(*calls):
    return torch.cat([call().double().flatten() for call in calls])


RANDOM = {
    "uniform": lambda: single().uniform_(-2, 3),
    "uniform_double": lambda: double().uniform_(-2, 3),
    "normal_small": lambda: single().normal_(1, 2),
    "normal_large": lambda: single(LONG + 3).normal_(1, 2),
    "normal_small_double": lambda: double().normal_(1, 2),
    "normal_large_double": lambda: double(LONG + 3).normal_(1, 2),
    "bernoulli": lambda: single(LONG).bernoulli_(0.3),
    "bernoulli_double": lambda: double(LONG).bernoulli_(0.3),
    "bernoulli_whole": lambda: torch.zeros(LONG, dtype=torch.int64).bernoulli_(0.3),
    "bernoulli_of": lambda: torch.full((LONG,), 0.3).bernoulli(),
    "bernoulli_of_double": lambda: torch.full((LONG,), 0.3, dtype=torch.float64).bernoulli(),
    "exponential": lambda: single().exponential_(1.5),
    "exponential_double": lambda: double(LONG).exponential_(1.5),
    "log_normal": lambda: double().log_normal_(0.5, 0.25),
    "cauchy": lambda: double().cauchy_(1, 2),
    "geometric": lambda: single().geometric_(0.3),
    "random": lambda: single().random_(),
    "random_double": lambda: double().random_(),
    "random_long": lambda: torch.zeros(11, dtype=torch.int64).random_(),
    "random_int": lambda: torch.zeros(11, dtype=torch.int32).random_(),
    "random_byte": lambda: torch.zeros(11, dtype=torch.uint8).random_(),
    "random_bounds": lambda: single().random_(3, 20),
    "random_to": lambda: torch.zeros(11, dtype=torch.int64).random_(6),
    "random_wide": lambda: torch.zeros(11, dtype=torch.int64).random_(-2**40, 2**40),
    "multinomial": lambda: torch.multinomial(tensor([0.1, 2.0, 0.7, 0.5, 1.0]), 3),
    "multinomial_one": lambda: torch.multinomial(tensor([[0.1, 2.0, 0.7], [1.0, 1.0, 0.0]]), 1),
    "multinomial_rows": lambda: torch.multinomial(f64([[0.1, 2.0, 0.7], [1.0, 1.0, 3.0]]), 2),
    "multinomial_again": lambda: torch.multinomial(tensor([0.1, 2.0, 0.7, 0.5]), 20, replacement=True),
    "multinomial_again_rows": lambda: torch.multinomial(f64([[0.1, 2.0, 0.7], [1.0, 0.0, 3.0]]), 9, replacement=True),
    "multinomial_again_once": lambda: torch.multinomial(tensor([0.1, 2.0, 0.7, 0.5]), 1, replacement=True),
    "turned": lambda: torch.empty(4, 3).t().uniform_(),
    "dropout": lambda: F.dropout(torch.ones(LONG), 0.3),
    "dropout_double": lambda: F.dropout(torch.ones(LONG, dtype=torch.float64), 0.3),
    "dropout2d": lambda: F.dropout2d(torch.ones(2, 5, 2, 2), 0.4),
    "dropout1d": lambda: F.dropout1d(torch.ones(2, 5, 2), 0.4),
    "alpha_dropout": lambda: F.alpha_dropout(torch.ones(LONG), 0.3, training=True),
    "rrelu": lambda: F.rrelu(MIXED, training=True),
    "rrelu_double": lambda: F.rrelu(MIXED.double(), 0.25, 0.5, training=True),
    "gumbel_softmax": lambda: F.gumbel_softmax(MIXED),
    "gumbel_softmax_options": lambda: F.gumbel_softmax(MIXED.double(), tau=0.5, dim=0),
    "gumbel_softmax_hard": lambda: F.gumbel_softmax(MIXED, hard=True),
    "one_after_the_other": lambda: several(
        lambda: torch.rand(3), lambda: single(5).normal_(), lambda: single(3).bernoulli_(0.5), lambda: single(2).normal_(),
        lambda: torch.randn(20), lambda: single(2).log_normal_(), lambda: torch.randperm(4)),
}
