"""Every setting of the networks, the losses, the data and the runs, with its default, unit and reason.

A preset is one `TrainConfig`. Configs are plain frozen dataclasses: they travel as JSON inside
weights and checkpoints, and as TOML in the recipes people write.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from mangacolor.errors import UsageError

Precision = Literal["auto", "fp32", "bf16", "fp16"]
Rarity = Literal["saturation", "measured"]
AdversarialKind = Literal["hinge", "vanilla"]

CONDITION_CHANNELS = 6
"""Ink, tone, hint red, hint green, hint blue, hint mask: the order of the channels of a condition."""


LABELS = ("skin", "hair", "garment", "eye", "ground")
"""What a generator can learn to tell of every cell besides its colour, in the order of a sample's planes."""


@dataclass(frozen=True)
class GeneratorConfig:
    """Shape of a generator, or of the separator, which uses the first four settings only.

    Attributes:
        kind: `unet` is ours, `pix2pix` the U-Net-256 of Isola et al. (2017), `separator` takes screentone off a page.
        stem_stride: Side of the cells of the input that become one place of the first features: 2 or 4.
        channels: Width at 1/stem_stride of the size of the input, at half that, a quarter, ...
        blocks: Residual blocks at each of those sizes but the smallest, on either side of the U.
        bottom_blocks: Residual blocks at the smallest size.
        attention_heads: Heads of the self-attention at the smallest size; 0 leaves it out.
        semantics: Add features of a pretrained EfficientNet-Lite0.
        trained_semantics: Let those of its blocks learn on that lie beyond stride 16; else all of it is frozen.
        chroma_head: Predict a distribution over chroma bins at half the size of the first features, and feed its mean
            to the last stage.
        chroma_temperature: Temperature of that annealed mean (Zhang et al. 2016, section 2.3).
        dropout: Probability of dropping a channel at the bottom: the noise z of pix2pix.
        panel_px: Side of a typical panel at the working size that suits it: about that of the panels trained on.
        labels: Those of `LABELS` that a head beside the classes tells of every cell how likely it shows, skin first.
    """

    kind: Literal["unet", "pix2pix", "separator"] = "unet"
    stem_stride: int = 2
    channels: tuple[int, ...] = (32, 64, 128, 256, 384)
    blocks: tuple[int, ...] = (1, 1, 2, 2)
    bottom_blocks: int = 3
    attention_heads: int = 6
    semantics: bool = True
    trained_semantics: bool = False
    chroma_head: bool = True
    chroma_temperature: float = 0.5
    dropout: float = 0.1
    panel_px: int = 280
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if unknown := [name for name in self.labels if name not in LABELS]:
            raise UsageError(
                f"Unknown label `{unknown[0]}` of a generator.", advice=f"Choose among {', '.join(LABELS)}."
            )

    @property
    def chroma_stride(self) -> int:
        """Side of the cells of the input that the chroma head tells the colour of."""
        return 2 * self.stem_stride


@dataclass(frozen=True)
class DiscriminatorConfig:
    """Shape of the conditional PatchGAN discriminator.

    Attributes:
        channels: Width of each layer; all but the last two halve the size. Four layers see 70 x 70 pixels.
        normalization: `spectral` for ours, `batch` for the paper's.
    """

    channels: tuple[int, ...] = (32, 64, 128, 192)
    normalization: Literal["spectral", "batch"] = "spectral"


@dataclass(frozen=True)
class LossConfig:
    """Weights of the losses; 0 switches one off.

    Attributes:
        adversarial_kind: Which game the two networks play.
        adversarial: Weight of the generator's adversarial loss.
        adversarial_start: Share of the run after which the discriminator joins.
        feature_matching: Weight, within the adversarial term, of discriminator feature matching.
        oklab: Weight of the L1 in OKLab with chroma weighed up.
        rgb: Weight of the plain L1 in sRGB, as in the pix2pix paper.
        chroma_classes: Weight of the rebalanced cross-entropy over chroma bins.
        rarity: What makes a chroma bin rare: its saturation, or its share in the training pictures.
        r1: Weight gamma of the R1 penalty on real pages.
        labels: Weight of the cross-entropy of the generator's labels, where they are known.
        separation: Weight of the separator's losses on ink, tone and screentone.
        reduction: Pages are compared, and judged by the discriminator, at 1 to this of their size.
    """

    adversarial_kind: AdversarialKind = "hinge"
    adversarial: float = 0.2
    adversarial_start: float = 0.5
    feature_matching: float = 5.0
    oklab: float = 10.0
    rgb: float = 0.0
    chroma_classes: float = 2.0
    rarity: Rarity = "saturation"
    r1: float = 0.0
    labels: float = 0.0
    separation: float = 0.0
    reduction: int = 1


@dataclass(frozen=True)
class SynthesisConfig:
    """How a grey page is made from colour art, and how crops are taken.

    Attributes:
        crop_share: Smallest and largest share of a picture's short side that a crop shows.
        figures: Probability that a sample is a drawing of people, where the run is given some.
        panels: Probability that a sample is a window of a composed page, with gutters, balloons and lettering.
        page_windows: Smallest and largest short side of that page, in sides of the window.
        panel_windows: Smallest and largest share of a panel that the separator sees at a time.
        page_short_px: Smallest and largest short side of the pages that the separator learns from, in pixels.
        scan_strength: How far pages are worn by print and scan, from 0.
        plain_gray: Probability that the grey side is the picture's own luma.
        line_art: Probability that the grey side has lines only.
        drawn_edges: Probability that edges are drawn where the picture has no outline.
        strokes: Probability that the separator sees areas shaded with strokes of the pen; above 0 it sees coarser dots
            and moiré, too. Without them it takes all that is even for screentone, and hatching with it.
        hints: Probability that a sample carries colour hints.
        free_tones: Share of toned drawings whose tones are chosen by hand, skin being paper, and say nothing of
            lightness; those of the others follow the picture's own greys.
        hatched: Share of those whose shadows are drawn with strokes of the pen.
        saturation: Smallest and largest factor on the chroma of the target.
        graded_chroma: The same in OKLab and within the gamut, on top: towards the palette of coloured manga.
        graded_lightness: Smallest and largest exponent on the OKLab lightness of the target; below 1 is lighter.
        bank: Pages that are drawn before the first comes round again, mirrored, hinted and sized anew; 0 draws every
            sample afresh. Drawing costs more than training on small crops.
        bank_px: Side of the pages in the bank, the largest crop of the phases.
    """

    crop_share: tuple[float, float] = (0.45, 1.0)
    figures: float = 0.3
    panels: float = 0.45
    page_windows: tuple[float, float] = (1.2, 3.5)
    panel_windows: tuple[float, float] = (0.15, 0.7)
    page_short_px: tuple[int, int] = (640, 1800)
    scan_strength: float = 1.0
    plain_gray: float = 0.2
    line_art: float = 0.12
    drawn_edges: float = 0.6
    strokes: float = 0.0
    hints: float = 0.3
    free_tones: float = 0.0
    hatched: float = 0.0
    saturation: tuple[float, float] = (1.0, 1.25)
    graded_chroma: tuple[float, float] = (1.0, 1.0)
    graded_lightness: tuple[float, float] = (1.0, 1.0)
    bank: int = 0
    bank_px: int = 256


@dataclass(frozen=True)
class Phase:
    """A stretch of training at one crop size.

    Attributes:
        until: Share of the run at which the phase ends; the last one's is 1.
        crop_px: Side of the square crops, in pixels.
        batch_size: Images a step.
    """

    until: float
    crop_px: int
    batch_size: int


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides what a training run computes.

    Attributes:
        generator: Shape of the generator.
        discriminator: Shape of the discriminator.
        loss: Weights of the losses.
        synthesis: How samples are made.
        phases: Crop size and batch size over the run.
        generator_learning_rate: Peak learning rate of the generator.
        semantics_learning_rate: That of its pretrained semantic features, where they learn.
        discriminator_learning_rate: Peak learning rate of the discriminator.
        betas: Moment decays of both optimisers.
        weight_decay: Decoupled weight decay of the generator.
        warmup_images: Images over which the learning rate rises from zero.
        final_learning_rate: Share of the peak at which the schedule ends.
        schedule: `cosine` falls from the start; `linear_tail` is constant for the first half (the pix2pix paper's).
        ema_half_life_images: Images after which a weight counts half in the averaged generator.
        max_gradient_norm: Clipping of the generator's gradient.
        face_sources: Globs of the pictures whose faces are looked for before training, for labels of skin.
        source_weights: Sampling weight per picture by glob on its path; the first match counts, no match is 1, and
            pictures of weight 0 are not even opened.
        validation_percent: Share of the series, in percent, kept for validation.
        seed: Seed of everything random.
    """

    generator: GeneratorConfig = field(default_factory=GeneratorConfig)
    discriminator: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    synthesis: SynthesisConfig = field(default_factory=SynthesisConfig)
    phases: tuple[Phase, ...] = (Phase(0.4, 96, 16), Phase(0.85, 128, 16), Phase(1.0, 160, 12))
    generator_learning_rate: float = 4e-4
    semantics_learning_rate: float = 1e-4
    discriminator_learning_rate: float = 2e-4
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.01
    warmup_images: int = 2_000
    final_learning_rate: float = 0.05
    schedule: Literal["cosine", "linear_tail"] = "cosine"
    ema_half_life_images: int = 10_000
    max_gradient_norm: float = 1.0
    face_sources: tuple[str, ...] = ()
    source_weights: dict[str, float] = field(default_factory=dict)
    validation_percent: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.phases or self.phases[-1].until != 1.0:
            raise UsageError("The last training phase must end at 1.0.", advice="Set `until = 1.0` in the last phase.")
        if list(self.phases) != sorted(self.phases, key=lambda phase: phase.until):
            raise UsageError("Training phases are out of order.", advice="Sort them by `until`.")

    def phase_at(self, progress: float) -> Phase:
        """Return the phase that covers `progress`, a share of the run in [0, 1]."""
        return next((phase for phase in self.phases if progress < phase.until), self.phases[-1])


PRESETS: dict[str, TrainConfig] = {
    "default": TrainConfig(
        generator=GeneratorConfig(
            stem_stride=4, channels=(48, 96, 192, 384), blocks=(1, 1, 2), trained_semantics=True, panel_px=400,
        ),
        loss=LossConfig(reduction=2),
        phases=(Phase(0.35, 160, 16), Phase(0.75, 192, 16), Phase(1.0, 256, 12)),
    ),
    "pix2pix": TrainConfig(
        generator=GeneratorConfig(
            kind="pix2pix",
            channels=(64, 128, 256, 512, 512, 512, 512, 512),
            blocks=(),
            bottom_blocks=0,
            attention_heads=0,
            semantics=False,
            chroma_head=False,
            dropout=0.5,
        ),
        discriminator=DiscriminatorConfig(channels=(64, 128, 256, 512), normalization="batch"),
        loss=LossConfig(
            adversarial_kind="vanilla",
            adversarial=1.0,
            adversarial_start=0.0,
            feature_matching=0.0,
            oklab=0.0,
            rgb=100.0,
            chroma_classes=0.0,
        ),
        phases=(Phase(1.0, 256, 4),),
        generator_learning_rate=2e-4,
        betas=(0.5, 0.999),
        weight_decay=0.0,
        warmup_images=0,
        final_learning_rate=0.0,
        schedule="linear_tail",
        max_gradient_norm=float("inf"),
    ),
    "separator": TrainConfig(
        generator=GeneratorConfig(
            kind="separator", channels=(16, 32, 64, 96), blocks=(1, 1, 1), bottom_blocks=2,
            attention_heads=0, semantics=False, chroma_head=False, dropout=0.0,
        ),
        loss=LossConfig(adversarial=0.0, oklab=0.0, chroma_classes=0.0, separation=1.0),
        phases=(Phase(1.0, 128, 8),),
        generator_learning_rate=2e-3,
        weight_decay=0.0,
        warmup_images=500,
        final_learning_rate=0.02,
        ema_half_life_images=2_000,
    ),
    "tiny": TrainConfig(
        generator=GeneratorConfig(
            channels=(8, 12, 16, 24, 32), blocks=(1, 1, 1, 1), bottom_blocks=1, attention_heads=2,
            semantics=False,
        ),
        discriminator=DiscriminatorConfig(channels=(8, 12, 16, 16)),
        phases=(Phase(1.0, 64, 4),),
        warmup_images=40,
        ema_half_life_images=100,
    ),
}  # fmt: skip
"""Named training configs: `default` is ours, `pix2pix` the paper's, `separator` takes screentone off
pages, `tiny` trains in seconds for tests and lessons."""
