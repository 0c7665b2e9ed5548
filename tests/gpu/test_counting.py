"""Shapes, counts, bounds and plan of the kernel measurements, against numbers worked by hand."""

from __future__ import annotations

import pytest
from kernelbench import counting, plan, shapes
from kernelbench.counting import AttentionCase, CopyCase, MatmulCase, Peaks
from kernelbench.shapes import AttentionShape, WeightShape

ARCHITECTURES = shapes.read_table("architectures")
ACCELERATORS = shapes.read_table("accelerators")
H100 = Peaks(
    "h100-sxm", 3.35e12, {"bf16": 989e12, "fp16": 989e12, "tf32": 494.5e12, "fp8": 1979e12}
)


def attention(name: str, tensor_parallel: int = 1, layer: int = 0) -> AttentionShape:
    return shapes.attention_shapes(ARCHITECTURES[name], tensor_parallel)[layer]


def weights(name: str, tensor_parallel: int = 1) -> dict[str, tuple[int, int]]:
    found = shapes.weight_shapes(ARCHITECTURES[name], tensor_parallel)
    return {weight.name: (weight.n, weight.k) for weight in found}


class TestShapes:
    @pytest.mark.parametrize(
        ("name", "tensor_parallel", "heads", "kv_heads", "key_dim", "value_dim"),
        [
            ("llama-3.1-8b", 1, 32, 8, 128, 128),
            ("llama-3.1-70b", 1, 64, 8, 128, 128),
            ("llama-3.1-70b", 8, 8, 1, 128, 128),
            ("llama-3.1-405b", 8, 16, 1, 128, 128),
            ("llama-3.1-405b", 16, 8, 1, 128, 128),
            ("deepseek-v3", 1, 128, 1, 576, 512),
            ("deepseek-v3", 8, 16, 1, 576, 512),
            ("gpt-oss-120b", 1, 64, 8, 64, 64),
        ],
    )
    def test_attention_is_what_the_models_publish(
        self,
        name: str,
        tensor_parallel: int,
        heads: int,
        kv_heads: int,
        key_dim: int,
        value_dim: int,
    ) -> None:
        shape = attention(name, tensor_parallel)
        found = (shape.query_heads, shape.kv_heads, shape.key_dim, shape.value_dim)
        assert found == (heads, kv_heads, key_dim, value_dim)
        assert shape.window_tokens == 0

    def test_window_layers_stand_next_to_full_ones(self) -> None:
        full, window = shapes.attention_shapes(ARCHITECTURES["gpt-oss-120b"])
        assert (full.layer, window.layer, window.window_tokens) == ("full", "window", 128)
        assert [s.layer for s in shapes.attention_shapes(ARCHITECTURES["mistral-7b"])] == ["window"]

    def test_latent_values_are_part_of_the_keys(self) -> None:
        assert attention("deepseek-v3").values_in_keys
        assert not attention("llama-3.1-8b").values_in_keys

    def test_weights_of_a_dense_model(self) -> None:
        # Meta, Llama 3.1 8B: 4096 wide, 32 + 2 x 8 heads of 128, MLP 14336.
        assert weights("llama-3.1-8b") == {
            "qkv": (6144, 4096),
            "attention-out": (4096, 4096),
            "mlp-up": (28672, 4096),
            "mlp-down": (4096, 14336),
        }

    def test_weights_of_deepseek_v3(self) -> None:
        # The products that DeepSeek prints its kernels for: n x k of 2112 x 7168, 24576 x 1536,
        # 7168 x 16384, 4096 x 7168 and 7168 x 2048.
        assert weights("deepseek-v3") == {
            "latent-down": (2112, 7168),
            "query-up": (24576, 1536),
            "attention-out": (7168, 16384),
            "mlp-up": (36864, 7168),
            "mlp-down": (7168, 18432),
            "expert-up": (4096, 7168),
            "expert-down": (7168, 2048),
        }

    def test_eighths_of_a_layer_add_up(self) -> None:
        whole, eighth = weights("llama-3.1-405b"), weights("llama-3.1-405b", 8)
        for name, (n, k) in whole.items():
            assert n * k == 8 * eighth[name][0] * eighth[name][1]

    def test_heads_that_do_not_divide_are_named(self) -> None:
        with pytest.raises(ValueError, match="32 query heads do not divide over 7 GPUs"):
            attention("llama-3.1-8b", 7)

    @pytest.mark.parametrize("name", sorted({name for name, _ in plan.WEIGHTS + plan.ATTENTION}))
    def test_agrees_with_the_library(self, name: str) -> None:
        datasets = pytest.importorskip("computebook.datasets")
        memory = pytest.importorskip("computebook.memory")
        model = datasets.architecture(name)
        layers = {
            "full": model.full_attention_layers,
            "latent": model.full_attention_layers,
            "window": model.sliding_window_layers,
        }
        tokens, elements = 400_000, 0
        for shape in shapes.attention_shapes(ARCHITECTURES[name]):
            case = AttentionCase(shape, tokens, 1)
            elements += int(layers[shape.layer]) * case.cache_bytes // 2
        expected = memory.kv_cache_bytes(model, tokens, 1, 16) / 2
        assert elements == pytest.approx(float(expected), rel=1e-12)


class TestCounts:
    def test_a_copy_reads_and_writes(self) -> None:
        case = CopyCase(1_000_000)
        assert (case.moved_bytes, case.flop) == (2_000_000, 0)

    @pytest.mark.parametrize(
        ("precision", "moved"),
        [
            # 2 x 3 inputs, 5 x 3 weights, 2 x 5 outputs.
            ("bf16", 2 * (6 + 15) + 2 * 10),
            ("fp16", 2 * (6 + 15) + 2 * 10),
            ("tf32", 4 * (6 + 15) + 4 * 10),
            ("fp8", 1 * (6 + 15) + 2 * 10),
        ],
    )
    def test_a_small_product(self, precision: str, moved: int) -> None:
        case = MatmulCase(WeightShape("x", 1, "w", n=5, k=3), precision, m=2)
        assert (case.moved_bytes, case.flop) == (moved, 60)

    def test_llama_8b_at_400k(self) -> None:
        # 4096 bytes a token and layer: 8 heads x (128 + 128) x 2 bytes.
        case = AttentionCase(attention("llama-3.1-8b"), 400_000, 1)
        assert case.cache_bytes == 1_638_400_000
        assert case.moved_bytes == 1_638_400_000 + 32 * 256 * 2
        assert case.flop == 2 * 32 * 400_000 * 256

    def test_a_latent_cache_is_read_once(self) -> None:
        # DeepSeek-V3 prints 70.272 KB a token over 61 layers: 1152 bytes each.
        case = AttentionCase(attention("deepseek-v3"), 400_000, 8)
        assert case.cache_bytes == 70_272 // 61 * 400_000 * 8
        assert case.flop == 2 * 8 * 128 * 400_000 * (576 + 512)

    @pytest.mark.parametrize(("context", "attended"), [(100, 100), (128, 128), (400_000, 128)])
    def test_a_window_bounds_what_is_read(self, context: int, attended: int) -> None:
        case = AttentionCase(attention("gpt-oss-120b", layer=1), context, 2)
        assert case.attended_tokens == attended
        assert case.cache_bytes == 2 * attended * 8 * (64 + 64) * 2

    @pytest.mark.parametrize(
        ("tokens", "streams", "wanted"),
        [(400_000, 8, 264), (272_000, 1, 264), (131_072, 256, 264), (128, 8, 264), (97, 1, 8)],
    )
    def test_splits_are_equal_parts(self, tokens: int, streams: int, wanted: int) -> None:
        parts = counting.splits(tokens, streams, wanted)
        assert tokens % parts == 0
        assert parts == 1 or tokens // parts >= 64
        assert tokens % 8 or (tokens // parts) % 8 == 0

    @pytest.mark.parametrize("tokens", plan.CONTEXTS)
    @pytest.mark.parametrize("streams", [1, 8, 32])
    def test_the_planned_contexts_fill_a_gpu(self, tokens: int, streams: int) -> None:
        at_once = streams * counting.splits(tokens, streams, 264)
        wanted = min(264, streams * (tokens // 64))
        assert 0.45 * wanted <= at_once <= 2 * wanted

    def test_buffers_outsize_the_cache_within_memory(self) -> None:
        assert counting.buffers(2_000_000, 50_000_000, 80 * 10**9) * 2_000_000 >= 8 * 50_000_000
        assert counting.buffers(10**9, 50_000_000, 10**9) == 1
        assert counting.buffers(10**6, 50_000_000, 10**8) == 60


class TestBounds:
    def test_peaks_come_from_the_data_sheet(self) -> None:
        assert counting.peaks("NVIDIA H100 80GB HBM3", ACCELERATORS) == H100

    def test_every_name_has_a_data_sheet(self) -> None:
        for gpu, accelerator in counting.DRIVER_NAMES.items():
            found = counting.peaks(gpu, ACCELERATORS)
            assert found is not None
            assert found.accelerator_id == accelerator

    @pytest.mark.parametrize(
        "gpu", ["NVIDIA H100 PCIe", "NVIDIA H100 80GB HBM3 MIG 1g.10gb", "NVIDIA H100 NVL", "cpu"]
    )
    def test_other_parts_are_unknown(self, gpu: str) -> None:
        assert counting.peaks(gpu, ACCELERATORS) is None

    def test_an_a100_has_no_fp8_peak(self) -> None:
        a100 = counting.peaks("NVIDIA A100-SXM4-80GB", ACCELERATORS)
        assert a100 is not None
        case = MatmulCase(WeightShape("x", 1, "w", 4096, 4096), "fp8", 1)
        assert counting.bound(case, a100) is None

    def test_one_row_is_bound_by_memory_and_many_by_compute(self) -> None:
        weight = WeightShape("x", 1, "w", 8192, 8192)
        few, many = (MatmulCase(weight, "bf16", m) for m in (1, 16_384))
        # 2 x (8192 + 8192^2 + 8192) bytes at 3.35 TB/s; 2 x 16384 x 8192^2 at 989 TFLOP/s.
        assert counting.bound(few, H100) == ("memory", pytest.approx(134_250_496 / 3.35e12))
        assert counting.bound(many, H100) == ("compute", pytest.approx(2_199_023_255_552 / 989e12))

    def test_rates_have_their_unit(self) -> None:
        case = MatmulCase(WeightShape("x", 1, "w", 1000, 1000), "bf16", 1000)
        assert counting.rate(case, 1e-5) == (pytest.approx(200.0), "TFLOP/s")
        assert counting.rate(CopyCase(10**9), 1e-3) == (pytest.approx(2.0), "TB/s")


class TestPlan:
    @pytest.mark.parametrize("kind", ["full", "quick", "rehearsal"])
    def test_no_case_comes_twice(self, kind: str) -> None:
        cases = plan.plan(kind, plan.METRICS, ARCHITECTURES)
        assert len({(case.metric, case.slug) for case in cases}) == len(cases)

    def test_the_whole_set_covers_what_the_report_asks(self) -> None:
        cases = plan.plan("full", plan.METRICS, ARCHITECTURES)
        products = [case for case in cases if isinstance(case, MatmulCase)]
        decode = [case for case in cases if isinstance(case, AttentionCase)]
        copies = [case.size_bytes for case in cases if isinstance(case, CopyCase)]
        assert (min(copies), max(copies)) == (10**6, 4_096 * 10**6)
        assert {case.precision for case in products} == {"bf16", "fp16", "tf32", "fp8"}
        assert (min(c.m for c in products), max(c.m for c in products)) == (1, 16_384)
        assert {case.context_tokens for case in decode} == set(plan.CONTEXTS)
        assert {case.shape.layer for case in decode} == {"full", "window", "latent"}

    def test_8_bit_products_have_the_sides_that_the_kernel_asks_for(self) -> None:
        for case in plan.plan("full", ("matmul",), ARCHITECTURES):
            assert isinstance(case, MatmulCase)
            assert case.weight.n % 16 == 0
            assert case.weight.k % 16 == 0

    def test_only_the_named_metrics(self) -> None:
        cases = plan.plan("quick", ("copy",), ARCHITECTURES)
        assert {case.metric for case in cases} == {"copy"}

    def test_a_rehearsal_is_small(self) -> None:
        cases = plan.plan("rehearsal", plan.METRICS, ARCHITECTURES)
        assert max(case.moved_bytes for case in cases) < 5_000_000
