package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.convolutional.Conv2dTranspose;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import com.sun.management.OperatingSystemMXBean;
import gebm.core.Progress;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.core.Trainable;
import gebm.data.DataSource;
import gebm.flow.Flow;
import gebm.model.DensityBase;
import gebm.model.DensityEnergy;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.nn.Mlp;
import gebm.objective.Batch;
import gebm.objective.Kale;
import gebm.objective.Loss;
import gebm.objective.MaximumLikelihood;
import gebm.objective.Objective;
import gebm.objective.Penalties;
import gebm.sampler.Langevin;
import gebm.sampler.SamplingPlan;
import gebm.trace.Gradients.ParameterGradients;
import gebm.train.Adam;
import gebm.train.Phase;
import gebm.train.Trainer;
import gebm.train.TrainingPlan;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * The library's side of {@code src/jmh/peers/compare.py}: the peers' workloads through the public API, on command.
 *
 * <p>Its argument is a folder with {@code WORKLOAD.npz}, weights and points. A line {@code check WORKLOAD} writes
 * {@code WORKLOAD-gebm.npz}, values and gradients; {@code time WORKLOAD n} runs 1 + n units of work and answers with the
 * nanoseconds that passed in the last n, those that the process computed, and those before: recording and first unit.
 */
public final class PeerWorkloads {
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private PeerWorkloads() {}

    /** What is checked and timed. */
    private interface Workload {
        /** Numbers that the peer computes too. */
        NDList check(NDManager scope);

        /** {@code n} units of work, the first reported by itself; {@code seed} makes each run another. */
        void run(NDManager scope, int n, long seed, Progress progress);
    }

    /** Starts when the first unit of work is reported. */
    private static final class Clock implements Progress {
        private final long asked = System.nanoTime();
        private long wall;
        private long cpu;

        @Override
        public void report(long done, long total, String text) {
            if (done == 1) {
                cpu = SYSTEM.getProcessCpuTime();
                wall = System.nanoTime();
            }
        }

        String read() {
            return (System.nanoTime() - wall) + " " + (SYSTEM.getProcessCpuTime() - cpu) + " " + (wall - asked);
        }
    }

    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        Map<String, Workload> workloads = new TreeMap<>();
        NDManager root = NDManager.newBaseManager();
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        long seed = 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split(" ");
            Workload workload = workloads.computeIfAbsent(words[1], name -> workload(root, folder, name));
            try (NDManager scope = NDManager.newBaseManager()) {
                if (words[0].equals("check")) {
                    try (OutputStream out = Files.newOutputStream(folder.resolve(words[1] + "-gebm.npz"))) {
                        workload.check(scope).encode(out, NDList.Encoding.NPZ);
                    }
                    System.out.println("ok");
                } else {
                    Clock clock = new Clock();
                    workload.run(scope, 1 + Integer.parseInt(words[2]), seed++, clock);
                    System.out.println(clock.read());
                }
            }
        }
    }

    private static Workload workload(NDManager root, Path folder, String name) {
        NDList given;
        try (InputStream in = Files.newInputStream(folder.resolve(name + ".npz"))) {
            given = NDList.decode(root, in);
        } catch (IOException e) {
            throw new IllegalArgumentException("no weights of " + name, e);
        }
        return switch (name.substring(0, 2)) {
            case "W1" -> new Toy(given);
            case "W2" -> new Training(given, Training.toy(), 256);
            case "W3" -> new Training(given, Training.images(), 64);
            case "W5" -> name.endsWith("ml") ? new Likelihood(given) : new Density(given);
            default -> new Images(given);
        };
    }

    private static NDArray get(NDList given, String name) {
        for (NDArray array : given) {
            if (array.getName().equals(name)) {
                NDArray unnamed = array.duplicate();
                unnamed.setName(null);
                return unnamed;
            }
        }
        throw new IllegalArgumentException("no array " + name);
    }

    /** The arrays {@code prefix0, prefix1, …} into those of {@code model}, in their order. */
    private static <T extends Trainable> T with(T model, NDList given, String prefix) {
        int i = 0;
        for (NDArray array : model.arrays().values()) {
            NDArray value = get(given, prefix + i++);
            if (!value.getShape().equals(array.getShape())) {
                throw new IllegalArgumentException(prefix + (i - 1) + " is " + value + ", wanted " + array);
            }
            array.set(value.toByteBuffer());
        }
        return model;
    }

    private static NDList named(NDList list, String... names) {
        for (int i = 0; i < list.size(); i++) {
            list.get(i).setName(i < names.length ? names[i] : names[names.length - 1] + (i - names.length + 1));
        }
        return list;
    }

    private static NDList valueAndGradient(Energy energy, NDArray x) {
        ValueAndGradient both = energy.valueAndGradient(x);
        return named(new NDList(both.value(), both.gradient()), "value", "gradient");
    }

    private static void sample(Energy energy, NDArray from, double step, SamplingPlan plan, long seed) {
        new Langevin(Schedule.constant(step)).run(energy, from, plan, Rng.of(seed));
    }

    private static SamplingPlan plan(int n, Progress progress) {
        return SamplingPlan.of(n).withThinning(n).withProgress(progress); // keeps the last positions, as the peers do
    }

    private static NDArray copy(NDArray array, NDManager scope) {
        NDArray copy = array.duplicate();
        copy.attach(scope);
        return copy;
    }

    /** W1: Langevin on a tanh perceptron. */
    private static final class Toy implements Workload {
        private final Energy energy;
        private final NDArray start;

        Toy(NDList given) {
            start = get(given, "points");
            int d = (int) start.getShape().get(1);
            int h = (int) get(given, "energy1").getShape().get(0);
            Block block = Mlp.of(Activation::tanh, d, h, h, h, 1);
            energy = with(Energy.neural(block, new Shape(d), Rng.of(0)), given, "energy");
        }

        @Override
        public NDList check(NDManager scope) {
            return valueAndGradient(energy, start);
        }

        @Override
        public void run(NDManager scope, int n, long seed, Progress progress) {
            sample(energy, copy(start, scope), 0.005, plan(n, progress), seed); // λ = γ/2
        }
    }

    /** W2 and W3: KALE with the gradient penalty, on 2-D data and on images. */
    private static final class Training implements Workload {
        private final Objective<Gebm> energyLoss = Kale.energyLoss().plus(1, Penalties.gradient());
        private final Gebm model;
        private final NDList given;
        private final DataSource data;
        private final int batch;

        Training(NDList given, Gebm model, int batch) {
            this.given = given;
            this.model = model;
            this.batch = batch;
            with(model.base(), given, "base");
            with(model.energy(), given, "energy");
            data = DataSource.of(get(given, "rows"));
        }

        static Gebm toy() {
            var base = LatentBase.pushForward(
                    DensityBase.standardNormal(2), Mlp.of(Activation::relu, 2, 128, 128, 2), Rng.of(0));
            var critic = Mlp.of(x -> Activation.leakyRelu(x, 0.1f), 2, 128, 128, 1);
            return Gebm.of(base, Energy.neural(critic, new Shape(2), Rng.of(0)));
        }

        static Gebm images() {
            var base = LatentBase.pushForward(DensityBase.standardNormal(Images.LATENT), Images.generator(), Rng.of(0));
            return Gebm.of(base, Energy.neural(Images.energy(SpectralNorm::of), new Shape(1, 28, 28), Rng.of(0)));
        }

        /** Both losses and their gradients at given batches; the interpolates' weights go along. */
        @Override
        public NDList check(NDManager scope) {
            NDList in = new NDList(get(given, "x"), get(given, "z"));
            Rng rng = Rng.of(1);
            NDList weights = new NDList(model.energy().parameters());
            weights.add(model.logPartitionArray());
            Program program = Program.ofRandom((manager, list, key) -> {
                NDArray x = list.get(0);
                Batch detached = new Batch(x, model.base().generate(list.get(1)));
                ParameterGradients energy = Gradients.ofParameters(
                        weights, () -> handed(energyLoss.evaluate((Gebm) model.training("energy"), detached, key)));
                ParameterGradients base = Gradients.ofParameters(model.base().parameters(), () -> {
                    Gebm training = (Gebm) model.training("base");
                    Batch generated = new Batch(x, training.base().generate(list.get(1)));
                    return handed(Kale.baseLoss().evaluate(training, generated, key));
                });
                NDList out = new NDList(energy.others().get(0), base.others().get(0));
                out.addAll(energy.gradients());
                out.addAll(base.gradients());
                return out;
            });
            NDList results = named(program.run(scope, in, rng), "energyLoss", "baseLoss", "gradient");
            long[] perSample = new long[in.get(0).getShape().dimension()];
            Arrays.fill(perSample, 1);
            perSample[0] = in.get(0).getShape().get(0);
            NDArray alpha = rng.fork("second").fork("alpha").uniform(scope, new Shape(perSample));
            alpha.setName("alpha");
            results.add(alpha);
            return results;
        }

        private static Gradients.Loss handed(Loss loss) {
            return new Gradients.Loss(loss.total(), new NDList(loss.total()));
        }

        @Override
        public void run(NDManager scope, int n, long seed, Progress progress) {
            Adam adam = Adam.of(1e-4).withBetas(0.5, 0.999);
            var plan = TrainingPlan.of(n)
                    .withEnergySteps(i -> 5)
                    .withBatchSize(batch)
                    .withProgress(progress)
                    .withOptimizers(adam)
                    .withLogPartitionOptimizer(adam);
            var run = Trainer.alternating(energyLoss, Kale.baseLoss(), plan).fit(model, data, Rng.of(seed));
            run.model().close();
        }
    }

    /** W4: Langevin in the latent space of a generator and an energy of images. */
    private static final class Images implements Workload {
        static final int LATENT = 100;
        private final Energy target;
        private final NDArray start;

        Images(NDList given) {
            start = get(given, "points");
            var base = LatentBase.pushForward(DensityBase.standardNormal(LATENT), generator(), Rng.of(0));
            var energy = Energy.neural(energy(UnaryOperator.identity()), new Shape(1, 28, 28), Rng.of(0));
            target = Gebm.of(with(base, given, "base"), with(energy, given, "energy"))
                    .latentEnergy(100);
        }

        static Block generator() {
            return new SequentialBlock()
                    .add(Linear.builder().setUnits(128 * 7 * 7).build())
                    .addSingleton(h -> h.reshape(-1, 128, 7, 7))
                    .add(BatchNorm.builder().build())
                    .add(Activation.reluBlock())
                    .add(upsampling(64))
                    .add(BatchNorm.builder().build())
                    .add(Activation.reluBlock())
                    .add(upsampling(1))
                    .add(Activation.tanhBlock());
        }

        private static Block upsampling(int channels) {
            return Conv2dTranspose.builder()
                    .setKernelShape(new Shape(4, 4))
                    .optStride(new Shape(2, 2))
                    .optPadding(new Shape(1, 1))
                    .setFilters(channels)
                    .build();
        }

        /** The energy, each of whose convolutions is changed by {@code layer}. */
        static Block energy(UnaryOperator<Block> layer) {
            SequentialBlock block = new SequentialBlock();
            int[][] layers = {{32, 3, 1}, {64, 4, 2}, {128, 4, 2}};
            for (int[] sizes : layers) {
                block.add(layer.apply(Conv2d.builder()
                        .setFilters(sizes[0])
                        .setKernelShape(new Shape(sizes[1], sizes[1]))
                        .optStride(new Shape(sizes[2], sizes[2]))
                        .optPadding(new Shape(1, 1))
                        .build()));
                block.add(Activation.leakyReluBlock(0.1f));
            }
            return block.add(Blocks.batchFlattenBlock())
                    .add(Linear.builder().setUnits(1).build());
        }

        /** The peer's potential has no {@code (d/2)·log 2π}. */
        @Override
        public NDList check(NDManager scope) {
            NDList both = valueAndGradient(target, start);
            NDArray value = both.get(0).sub(0.5 * LATENT * Math.log(2 * Math.PI));
            return named(new NDList(value, both.get(1)), "value", "gradient");
        }

        @Override
        public void run(NDManager scope, int n, long seed, Progress progress) {
            sample(target, copy(start, scope), 0.5e-4, plan(n, progress), seed); // λ = γ/2
        }
    }

    /** W5: an energy step of KALE-F on two flows of 11 dimensions, 100 data and 2,000 base samples. */
    private static final class Density implements Workload {
        private static final int DATA = 100;
        private static final int GENERATED = 2_000;
        private final Objective<Gebm> loss = Kale.energyLoss().plus(0.1, Penalties.gradient());
        private final Gebm model;
        private final NDList given;
        private final DataSource data;

        Density(NDList given) {
            this.given = given;
            int d = (int) get(given, "rows").getShape().get(1);
            Flow base = with(Flow.realNvp(d, Rng.of(0)), given, "base");
            DensityEnergy energy = DensityEnergy.of(with(Flow.realNvp(d, Rng.of(0)), given, "energy"))
                    .withOffset();
            model = Gebm.unnormalized(base, energy);
            data = DataSource.of(get(given, "rows"));
        }

        /** The loss and its gradients; the latents and the interpolates' weights go along. */
        @Override
        public NDList check(NDManager scope) {
            Rng rng = Rng.of(1);
            NDList weights = new NDList(model.energy().parameters());
            weights.add(model.logPartitionArray());
            Flow base = (Flow) model.base();
            Program program = Program.ofRandom((manager, list, key) -> {
                Batch batch = new Batch(list.get(0), base.sample(manager, GENERATED, key.fork("generated")));
                ParameterGradients energy = Gradients.ofParameters(
                        weights, () -> Training.handed(loss.evaluate(model, batch, key.fork("loss"))));
                NDList out = new NDList(energy.others().get(0));
                out.addAll(energy.gradients());
                return out;
            });
            NDList results = named(program.run(scope, new NDList(get(given, "x")), rng), "energyLoss", "gradient");
            NDArray latents = base.prior().sample(scope, GENERATED, rng.fork("generated"));
            latents.setName("u");
            results.add(latents);
            NDArray alpha = rng.fork("loss").fork("second").fork("alpha").uniform(scope, new Shape(DATA, 1));
            alpha.setName("alpha");
            results.add(alpha);
            return results;
        }

        @Override
        public void run(NDManager scope, int n, long seed, Progress progress) {
            Adam adam = Adam.of(1e-4).withBetas(0.5, 0.9);
            var plan = TrainingPlan.of(n)
                    .withEnergySteps(i -> 1)
                    .withBatchSize(DATA, GENERATED)
                    .withProgress(progress)
                    .withOptimizers(adam)
                    .withLogPartitionOptimizer(adam);
            Trainer.energyOnly(loss, plan)
                    .fit(model, data, Rng.of(seed))
                    .model()
                    .close();
        }
    }

    /** W5: a maximum-likelihood step of the same flow, 100 data. */
    private static final class Likelihood implements Workload {
        private final Flow model;
        private final NDList given;
        private final DataSource data;

        Likelihood(NDList given) {
            this.given = given;
            int d = (int) get(given, "rows").getShape().get(1);
            model = with(Flow.realNvp(d, Rng.of(0)), given, "base");
            data = DataSource.of(get(given, "rows"));
        }

        @Override
        public NDList check(NDManager scope) {
            Program program = Program.ofList(list -> {
                ParameterGradients gradients = Gradients.ofParameters(
                        model.parameters(),
                        () -> Training.handed(
                                MaximumLikelihood.loss().evaluate(model, new Batch(list.head()), Rng.of(0))));
                NDList out = new NDList(gradients.others().get(0));
                out.addAll(gradients.gradients());
                return out;
            });
            return named(program.run(scope, new NDList(get(given, "x"))), "loss", "gradient");
        }

        @Override
        public void run(NDManager scope, int n, long seed, Progress progress) {
            var plan = TrainingPlan.of(n).withBatchSize(100).withProgress(progress);
            Trainer.of(plan, Phase.of("flow", MaximumLikelihood.loss(), Adam.of(1e-4)))
                    .fit(model, data, Rng.of(seed))
                    .model()
                    .close();
        }
    }
}
