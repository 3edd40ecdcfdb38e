package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import gebm.core.Rng;
import gebm.flow.Flow;
import gebm.nn.Mlp;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** One row for each kind of base, in both types. */
final class BaseCases {
    record Case(String name, DataType type, Shape sample, Supplier<Base> base) {
        @Override
        public String toString() {
            return name + ", " + type;
        }
    }

    static final Path ORACLES = Path.of("src/test/resources/oracles");

    private BaseCases() {}

    static List<Case> all() {
        List<Case> rows = new ArrayList<>();
        for (DataType type : new DataType[] {DataType.FLOAT32, DataType.FLOAT64}) {
            DensityBase normal = DensityBase.standardNormal(3, type);
            rows.add(new Case("standard normal", type, new Shape(3), () -> normal));
            for (Target target : TargetCases.all()) {
                if (!target.name().startsWith("doubleWell")) { // which draws in Java
                    rows.add(new Case(target.name(), type, new Shape(target.dimension()), () -> target.base(type)));
                }
            }
            rows.add(new Case("RealNVP", type, new Shape(3), () -> Flow.realNvp(3, 3, 5, type, Rng.of(42))));
            rows.add(new Case("uniform", type, new Shape(3), () -> DensityBase.uniform(3, type)));
            rows.add(new Case(
                    "fixed push-forward", type, new Shape(2), () -> LatentBase.fixed(normal, initialized(type))));
            rows.add(new Case("of samples", type, new Shape(2), () -> LatentBase.ofSamples(points(type))));
            rows.add(new Case(
                    "scripted",
                    type,
                    new Shape(1, 8, 8),
                    () -> LatentBase.scripted(
                            DensityBase.standardNormal(4, type),
                            ORACLES.resolve(type == DataType.FLOAT32 ? "generator.pt" : "generator-traced.pt"))));
            rows.add(new Case("push-forward", type, new Shape(2), () -> push(normal, Rng.of(43))));
            rows.add(new Case("push-forward in training", type, new Shape(2), () -> push(normal, Rng.of(43))
                    .training()));
            rows.add(new Case("push-forward to images", type, new Shape(1, 2, 4), () -> {
                var images = new SequentialBlock()
                        .add(Mlp.of(3, 8))
                        .add(new LambdaBlock(
                                list -> new NDList(list.singletonOrThrow().reshape(-1, 1, 2, 4))));
                return LatentBase.pushForward(normal, images, Rng.of(44));
            }));
        }
        return rows;
    }

    /** A block with values, as after DJL's own training. */
    static Block initialized(DataType type) {
        Block block = Mlp.of(3, 6, 2);
        block.initialize(NDManager.newBaseManager(), type, new Shape(2, 3));
        Rng rng = Rng.of(45);
        block.getParameters().forEach(pair -> pair.getValue()
                .getArray()
                .set(rng.fork(pair.getKey())
                        .normal(
                                NDManager.newBaseManager(),
                                pair.getValue().getArray().getShape(),
                                type)
                        .toByteBuffer()));
        return block;
    }

    /** Seven points. */
    static NDArray points(DataType type) {
        return Rng.of(46).normal(NDManager.newBaseManager(), new Shape(7, 2), type);
    }

    private static LatentBase push(DensityBase prior, Rng rng) {
        return LatentBase.pushForward(prior, Mlp.of(3, 6, 2), rng);
    }
}
