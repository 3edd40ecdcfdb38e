package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.Energy;
import java.util.Objects;

/**
 * Microcanonical Langevin (MCLMC): velocities of length one, turned by the gradient and by noise.
 *
 * <p>A step of size ε turns u, drifts {@code x ← x + εu}, turns u again, and mixes in noise:
 * {@code u ← (u + νξ)/‖u + νξ‖}, {@code ν = √((e^{2ε/L} − 1)/d)}, {@code ξ ~ N(0, I)}. A turn with
 * {@code n = −∇E/‖∇E‖} and {@code δ = (ε/2)‖∇E‖/(d − 1)} is
 * {@code u ← (u + n·(sinh δ + (n·u)(cosh δ − 1)))/(cosh δ + (n·u)·sinh δ)}. It never rejects; its bias is governed by
 * the error of the energy {@code E(x') − E(x) + Σ (d − 1)·log(cosh δ + (n·u)·sinh δ)} that exact dynamics would keep,
 * and which {@link StepInfo#energyChange} gives: {@link #warmUp} chooses ε so that its variance is 5·10⁻⁴ a dimension.
 *
 * <p>Shapes: position {@code (chains, d…)} of at least two numbers a chain; energy {@code (chains)}.
 * <p>Units: energy in nats; ε and L in units of x.
 * <p>Randomness: the velocities, each of length one, start in directions drawn uniformly.
 * <p>Cost: one value-and-gradient of the target a step.
 * <p>Source: Robnik, De Luca, Silverstein and Seljak (2023), Microcanonical Hamiltonian Monte Carlo, JMLR 24; Robnik
 * and Seljak (2023), Fluctuation without dissipation. Differs: leapfrog instead of the minimal-norm integrator.
 *
 * @param stepSize ε at each iteration; every value must be finite and {@code > 0}
 * @param decoherence L, the length after which a velocity is forgotten; finite and {@code > 0}
 */
public record Microcanonical(Schedule stepSize, double decoherence) implements Tunable<KineticLangevin.State> {
    /** Checks the numbers. */
    public Microcanonical {
        Objects.requireNonNull(stepSize, "stepSize");
        Require.positive("decoherence", decoherence);
    }

    @Override
    public KineticLangevin.State init(Energy target, NDArray position, Rng rng) {
        Require.that(
                PerChain.width(position) >= 2,
                "numbers a chain",
                ">= 2 (else use another sampler)",
                PerChain.width(position));
        Langevin.State at = Langevin.State.at(target, position);
        NDArray direction =
                rng.fork("velocity").normal(position.getManager(), position.getShape(), position.getDataType());
        return new KineticLangevin.State(position, normalised(direction), at.energy(), at.gradient());
    }

    @Override
    public double[] settings(long iteration) {
        double epsilon = Require.positive("stepSize.at(" + iteration + ")", stepSize.at(iteration));
        return new double[] {epsilon, Math.sqrt(Math.expm1(2 * epsilon / decoherence))};
    }

    @Override
    public Transition<KineticLangevin.State> update(
            Energy target, KineticLangevin.State state, NDArray settings, Rng rng) {
        NDArray x = state.position();
        NDArray noise = rng.normal(x.getManager(), x.getShape(), x.getDataType());
        Moved moved = move(target, state, settings);
        NDArray nu = settings.get(1).div(Math.sqrt(PerChain.width(x)));
        KineticLangevin.State next = new KineticLangevin.State(
                moved.state().position(),
                normalised(moved.state().velocity().add(noise.mul(nu))),
                moved.state().energy(),
                moved.state().gradient());
        return new Transition<>(next, StepInfo.of(next.energy(), moved.energyChange()));
    }

    /** A step before its noise. */
    record Moved(KineticLangevin.State state, NDArray energyChange) {}

    static Moved move(Energy target, KineticLangevin.State state, NDArray settings) {
        NDArray epsilon = settings.get(0);
        NDArray half = epsilon.mul(0.5);
        Turned first = turned(state.velocity(), state.gradient(), half);
        Langevin.State at =
                Langevin.State.at(target, state.position().add(first.velocity().mul(epsilon)));
        Turned second = turned(first.velocity(), at.gradient(), half);
        NDArray kinetic = first.kineticChange().add(second.kineticChange());
        return new Moved(
                new KineticLangevin.State(at.position(), second.velocity(), at.energy(), at.gradient()),
                at.energy().sub(state.energy()).add(kinetic));
    }

    private record Turned(NDArray velocity, NDArray kineticChange) {}

    /** With {@code ζ = e^{−δ}}, so that nothing overflows: both sides of the quotient times 2ζ. */
    private static Turned turned(NDArray u, NDArray gradient, NDArray half) {
        long d = PerChain.width(u);
        NDArray length = PerChain.sum(gradient.square()).sqrt();
        NDArray n = gradient.div(PerChain.column(length.neg().minimum(-Float.MIN_NORMAL), gradient));
        NDArray along = PerChain.dot(n, u);
        NDArray delta = length.mul(half).div(d - 1);
        NDArray zeta = delta.neg().exp();
        NDArray lost = zeta.neg().add(1); // 1 − ζ
        NDArray push = lost.mul(zeta.add(1).add(along.mul(lost)));
        NDArray turned = n.mul(PerChain.column(push, n)).add(u.mul(PerChain.column(zeta.mul(2), u)));
        NDArray growth = along.add(1).add(along.neg().add(1).mul(zeta.square())).div(2); // ζ(cosh δ + (n·u)sinh δ)
        return new Turned(normalised(turned), growth.log().add(delta).mul(d - 1));
    }

    private static NDArray normalised(NDArray u) {
        return u.div(PerChain.column(PerChain.sum(u.square()).sqrt(), u));
    }

    @Override
    public KineticLangevin.State state(NDList arrays) {
        return KineticLangevin.State.of(arrays);
    }

    @Override
    public Tuned<KineticLangevin.State> warmUp(Energy target, NDArray start, WarmUp plan, Rng rng) {
        return new DecoherenceSearch(this, target, plan, rng).from(start);
    }
}
