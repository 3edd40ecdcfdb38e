package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.Energy;
import java.util.Arrays;
import java.util.Collections;
import java.util.Objects;

/**
 * Parallel tempering: chains at several inverse temperatures that exchange their positions.
 *
 * <p>For each chain there are K replicas, number k on {@code E_k = (1 − β_k)·R + β_k·E} with a reference R that is easy
 * to cross: 0 gives the tempered target {@code β_k·E}; {@code −log prior} on the latent energy of a GEBM gives the
 * model at inverse temperature {@code β_k}. A step is {@code stepsPerSwap} steps of the inner sampler in every
 * replica, and an attempt to exchange neighbours, of even and odd number by turns, which is accepted with probability
 * {@code min(1, exp((β_k − β_{k+1})·(D_k − D_{k+1})))}, {@code D = E − R}. The positions are those of the replica with
 * {@code β = 1}; with an exact inner sampler they are exact.
 *
 * <p>Shapes: position {@code (chains, d…)}; energy {@code (chains)}; acceptance, of the exchanges, {@code (chains)}.
 * <p>Units: energy in nats.
 * <p>Cost: K·({@code stepsPerSwap} steps of the inner sampler, one start of it, and one energy).
 * <p>Source: Geyer (1991); Swendsen and Wang (1986).
 *
 * @param inner what moves each replica; its settings are the same for all
 * @param reference R
 * @param inverseTemperatures β, from 1 downwards to at least 0, at least two
 * @param stepsPerSwap inner steps between exchanges
 */
public record ParallelTempering<S extends ChainState>(
        Sampler<S> inner, Energy reference, double[] inverseTemperatures, int stepsPerSwap)
        implements Sampler<ParallelTempering.State<S>> {
    /** Checks and copies the numbers. */
    public ParallelTempering {
        Objects.requireNonNull(inner, "inner");
        Objects.requireNonNull(reference, "reference");
        Require.positive("stepsPerSwap", stepsPerSwap);
        inverseTemperatures = inverseTemperatures.clone();
        int k = inverseTemperatures.length;
        Require.that(k >= 2, "inverseTemperatures", "at least two", k);
        Require.that(inverseTemperatures[0] == 1, "inverseTemperatures[0]", "1", inverseTemperatures[0]);
        Require.notNegative("inverseTemperatures[" + (k - 1) + "]", inverseTemperatures[k - 1]);
        for (int i = 1; i < k; i++) {
            Require.that(
                    inverseTemperatures[i] < inverseTemperatures[i - 1],
                    "inverseTemperatures[" + i + "]",
                    "below the one before it, " + inverseTemperatures[i - 1],
                    inverseTemperatures[i]);
        }
    }

    /** Tempering of the target itself, {@code β·E}, with K inverse temperatures in a geometric row from 1. */
    public static <S extends ChainState> ParallelTempering<S> of(Sampler<S> inner, int k, double smallest) {
        Require.that(k >= 2, "k", ">= 2", k);
        Require.that(smallest > 0 && smallest < 1, "smallest", "between 0 and 1", smallest);
        double[] betas = new double[k];
        Arrays.setAll(betas, i -> Math.pow(smallest, (double) i / (k - 1)));
        return new ParallelTempering<>(inner, x -> PerChain.sum(x.zerosLike()), betas, 5);
    }

    @Override
    public double[] inverseTemperatures() {
        return inverseTemperatures.clone();
    }

    /**
     * The positions at {@code β = 1}, and all replicas.
     *
     * @param position {@code (chains, d…)}
     * @param replicas the inner state of {@code K·chains} rows, β by β
     */
    public record State<S extends ChainState>(NDArray position, S replicas) implements ChainState {
        @Override
        public NDList arrays() {
            NDList all = new NDList(position);
            all.addAll(replicas.arrays());
            return all;
        }
    }

    @Override
    public State<S> init(Energy target, NDArray position, Rng rng) {
        NDList copies = new NDList(Collections.nCopies(inverseTemperatures.length, position));
        return new State<>(position, inner.init(tempered(target), NDArrays.concat(copies, 0), rng));
    }

    private Energy tempered(Energy target) {
        return x -> {
            int k = inverseTemperatures.length;
            NDArray beta = x.getManager()
                    .create(inverseTemperatures)
                    .toType(x.getDataType(), false)
                    .reshape(k, 1)
                    .broadcast(new Shape(k, x.getShape().get(0) / k))
                    .reshape(-1);
            return target.at(x).mul(beta).add(reference.at(x).mul(beta.neg().add(1)));
        };
    }

    /** The inner sampler's settings, then one for each pair of neighbours that may exchange and else zero. */
    @Override
    public double[] settings(long iteration) {
        double[] own = inner.settings(iteration);
        int pairs = inverseTemperatures.length - 1;
        double[] all = Arrays.copyOf(own, own.length + pairs);
        for (int k = 0; k < pairs; k++) {
            all[own.length + k] = pairs == 1 || k % 2 == iteration % 2 ? 1 : 0;
        }
        return all;
    }

    @Override
    public Transition<State<S>> update(Energy target, State<S> state, NDArray settings, Rng rng) {
        Energy tempered = tempered(target);
        int pairs = inverseTemperatures.length - 1;
        long own = settings.getShape().get(0) - pairs;
        NDArray inners = settings.get(new NDIndex("0:" + own)).reshape(1, own).broadcast(new Shape(stepsPerSwap, own));
        NDArray active = settings.get(new NDIndex(own + ":"));
        NDArray x = inner.advance(tempered, state.replicas(), inners, rng.fork("inner"), info -> {})
                .position();
        NDArray energy = target.at(x);
        NDArray excess = energy.sub(reference.at(x)).reshape(pairs + 1, -1);
        NDArray probability = exchange(excess);
        NDArray uniform = rng.fork("swap").uniform(x.getManager(), probability.getShape(), probability.getDataType());
        NDArray mask = active.toType(x.getDataType(), false).reshape(pairs, 1);
        NDArray accepted = uniform.lt(probability.mul(mask)).toType(x.getDataType(), false);
        NDArray exchanged = exchanged(accepted, x);
        NDArray energies = exchanged(accepted, energy);
        long chains = state.position().getShape().get(0);
        NDIndex cold = new NDIndex("0:" + chains);
        S next = inner.init(tempered, exchanged, rng.fork("init"));
        NDArray acceptance = probability.mul(mask).sum(new int[] {0}).div(mask.sum());
        StepInfo info =
                new StepInfo(energies.get(cold), acceptance, x.getManager().zeros(new Shape(0), x.getDataType()));
        return new Transition<>(new State<>(exchanged.get(cold), next), info);
    }

    /** The probabilities with which neighbours exchange, {@code (K − 1, chains)}, from D, {@code (K, chains)}. */
    NDArray exchange(NDArray excess) {
        int pairs = inverseTemperatures.length - 1;
        double[] gaps = new double[pairs];
        Arrays.setAll(gaps, k -> inverseTemperatures[k] - inverseTemperatures[k + 1]);
        NDArray gap = excess.getManager()
                .create(gaps)
                .toType(excess.getDataType(), false)
                .reshape(pairs, 1);
        NDArray difference = excess.get(new NDIndex("0:" + pairs)).sub(excess.get(new NDIndex("1:")));
        return Metropolis.acceptance(difference.mul(gap).neg());
    }

    /** The rows of x, {@code (K·chains, …)}, with those of accepted neighbours exchanged. */
    private NDArray exchanged(NDArray accepted, NDArray x) {
        int k = inverseTemperatures.length;
        long chains = x.getShape().get(0) / k;
        NDArray none = accepted.getManager().zeros(new Shape(1, chains), accepted.getDataType());
        NDArray withNext = accepted.concat(none, 0).reshape(-1).gt(0);
        NDArray withLast = none.concat(accepted, 0).reshape(-1).gt(0);
        long rows = k * chains;
        NDIndex head = new NDIndex("0:" + chains);
        NDIndex tail = new NDIndex(rows - chains + ":");
        NDArray next = x.get(new NDIndex(chains + ":")).concat(x.get(tail), 0);
        NDArray last = x.get(head).concat(x.get(new NDIndex("0:" + (rows - chains))), 0);
        NDArray down = NDArrays.where(PerChain.column(withLast, x), last, x);
        return NDArrays.where(PerChain.column(withNext, x), next, down);
    }

    @Override
    public State<S> state(NDList arrays) {
        return new State<>(arrays.get(0), inner.state(arrays.subNDList(1)));
    }
}
