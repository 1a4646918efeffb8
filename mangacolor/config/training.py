"""What a training run computes: losses, samples, phases, rates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from mangacolor.config.networks import DiscriminatorConfig, GeneratorConfig, SeparatorConfig
from mangacolor.errors import UsageError

AdversarialKind = Literal["hinge", "vanilla"]


@dataclass(frozen=True)
class LossConfig:
    """Weights of the generator's losses; 0 switches one off.

    Attributes:
        adversarial_kind: Which game the two networks play.
        adversarial: Weight of the generator's adversarial loss.
        adversarial_start: Share of the run after which the discriminator joins.
        feature_matching: Weight, within the adversarial term, of discriminator feature matching.
        oklab: Weight of the L1 in OKLab with chroma weighed up.
        rgb: Weight of the plain L1 in sRGB, as in the pix2pix paper.
        chroma_classes: Weight of the rebalanced cross-entropy over chroma bins.
        kept_colours: Weight of the divergence from the chances of colours that the run's teacher gives.
        labels: Weight of the cross-entropy of the generator's labels, where they are known.
        reduction: Pages are compared, and judged by the discriminator, at 1 to this of their size.
    """

    adversarial_kind: AdversarialKind = "hinge"
    adversarial: float = 0.2
    adversarial_start: float = 0.5
    feature_matching: float = 5.0
    oklab: float = 10.0
    rgb: float = 0.0
    chroma_classes: float = 2.0
    kept_colours: float = 0.0
    labels: float = 0.0
    reduction: int = 1


@dataclass(frozen=True)
class SynthesisConfig:
    """How a grey page is made from colour art, and how crops are taken.

    Attributes:
        crop_share: Smallest and largest share of a picture's short side that a crop shows.
        figures: Probability that a sample is a drawing of people, where the run is given some.
        animals: Probability that there are animals in such a drawing.
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
            sample afresh. Drawing costs more than training on small crops. In memory, 1.3 MB a page of 272 px.
        bank_uses: Samples made of a page of the bank before a new one takes its place; 0 keeps the first for the run.
        bank_px: Side of the pages in the bank, the largest crop of the phases.
    """

    crop_share: tuple[float, float] = (0.45, 1.0)
    figures: float = 0.3
    animals: float = 0.1
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
    bank_uses: int = 0
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
class LoopConfig:
    """What the training loop reads, whatever is learnt.

    Attributes:
        synthesis: How samples are made.
        phases: Crop size and batch size over the run.
        betas: Moment decays of the optimisers.
        weight_decay: Decoupled weight decay of the network.
        warmup_images: Images over which the learning rate rises from zero.
        final_learning_rate: Share of the peak at which the schedule ends.
        schedule: `cosine` falls from the start; `linear_tail` is constant for the first half (the pix2pix paper's).
        ema_half_life_images: Images after which a weight counts half in the averaged network.
        max_gradient_norm: Clipping of the network's gradient.
        accumulate: Batches whose gradients are added up before a step: as one batch of as many images, in less memory.
        snapshots: Checkpoints and validations over the run.
        patience: Validations without gain after which the run ends, with the best average so far; 0 goes on to the end.
        source_weights: Sampling weight per picture by glob on its path; the first match counts, no match is 1, and
            pictures of weight 0 are not even opened.
        validation_percent: Share of the series, in percent, kept for validation.
        seed: Seed of everything random.
    """

    synthesis: SynthesisConfig = field(default_factory=SynthesisConfig)
    phases: tuple[Phase, ...] = (Phase(0.4, 96, 16), Phase(0.85, 128, 16), Phase(1.0, 160, 12))
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.01
    warmup_images: int = 2_000
    final_learning_rate: float = 0.05
    schedule: Literal["cosine", "linear_tail"] = "cosine"
    ema_half_life_images: int = 10_000
    max_gradient_norm: float = 1.0
    accumulate: int = 1
    snapshots: int = 20
    patience: int = 0
    source_weights: dict[str, float] = field(default_factory=dict)
    validation_percent: int = 4
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.phases or self.phases[-1].until != 1.0:
            raise UsageError("The last training phase must end at 1.0.", advice="Set `until = 1.0` in the last phase.")
        if list(self.phases) != sorted(self.phases, key=lambda phase: phase.until):
            raise UsageError("Training phases are out of order.", advice="Sort them by `until`.")
        if min(self.accumulate, self.snapshots) < 1:
            raise UsageError("`accumulate` and `snapshots` must be 1 or more.")

    def phase_at(self, progress: float) -> Phase:
        """Return the phase that covers `progress`, a share of the run in [0, 1]."""
        return next((phase for phase in self.phases if progress < phase.until), self.phases[-1])


@dataclass(frozen=True)
class TrainConfig(LoopConfig):
    """Everything that decides what a run for a generator computes.

    Attributes:
        generator: Shape of the generator.
        discriminator: Shape of the discriminator, if it is asked for: `loss.adversarial`.
        loss: Weights of the losses.
        generator_learning_rate: Peak learning rate of the generator.
        semantics_learning_rate: That of its pretrained semantic features, where they learn.
        discriminator_learning_rate: Peak learning rate of the discriminator.
        learns: Beginnings of the names of the generator's weights that learn, the others staying as they are; empty for
            all.
        face_sources: Globs of the pictures whose faces are looked for before training, for labels of skin.
        people_sources: Globs of the pictures that show people and no animal: cartoons are easily taken for one.
    """

    generator: GeneratorConfig = field(default_factory=GeneratorConfig)
    discriminator: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    generator_learning_rate: float = 4e-4
    semantics_learning_rate: float = 1e-4
    discriminator_learning_rate: float = 2e-4
    learns: tuple[str, ...] = ()
    face_sources: tuple[str, ...] = ()
    people_sources: tuple[str, ...] = ()

    @property
    def network(self) -> GeneratorConfig:
        """Shape of the generator."""
        return self.generator

    @property
    def peaks(self) -> dict[str, float]:
        """Peak learning rate by the beginning of a parameter's name; the longest that fits counts."""
        return {"": self.generator_learning_rate, "semantics.": self.semantics_learning_rate}


@dataclass(frozen=True)
class SeparatorTrainConfig(LoopConfig):
    """Everything that decides what a run for the separator computes.

    Attributes:
        separator: Shape of the separator.
        learning_rate: Its peak learning rate.
    """

    separator: SeparatorConfig = field(default_factory=SeparatorConfig)
    learning_rate: float = 2e-3
    phases: tuple[Phase, ...] = (Phase(1.0, 128, 8),)
    weight_decay: float = 0.0
    warmup_images: int = 500
    final_learning_rate: float = 0.02
    ema_half_life_images: int = 2_000

    @property
    def network(self) -> SeparatorConfig:
        """Shape of the separator."""
        return self.separator

    @property
    def peaks(self) -> dict[str, float]:
        """Peak learning rate by the beginning of a parameter's name."""
        return {"": self.learning_rate}


Recipe = TrainConfig | SeparatorTrainConfig
"""What a run is told to compute."""
