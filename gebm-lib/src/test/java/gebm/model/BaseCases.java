package gebm.model;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import gebm.core.Rng;
import gebm.flow.RealNvp;
import gebm.nn.Mlp;
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
            rows.add(new Case("RealNVP", type, new Shape(3), () -> RealNvp.of(3, 3, 5, type, Rng.of(42))));
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

    private static LatentBase push(DensityBase prior, Rng rng) {
        return LatentBase.pushForward(prior, Mlp.of(3, 6, 2), rng);
    }
}
